//! Players of every kind while one process follows the other: each gets its stream to the last frame and an orderly end, and
//! its like finds the new process.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;

use bytes::Bytes;
use vivace_media::FrameKind;
use vivace_media::fmp4::{Reader, whole_bytes};
use vivace_tests::{Clip, Feeder, Flv, Folder, Kind, Live, Server, Tls, Tool, WebSocket, ffmpeg, wait_for};

/// A player of what goes over HTTP: how it is called, and how its address is asked for.
struct Sort {
    name: &'static str,
    format: &'static str,
    tls: bool,
}

const SORTS: [Sort; 6] = [
    Sort { name: "FLV", format: "flv", tls: false },
    Sort { name: "fMP4", format: "mp4", tls: false },
    Sort { name: "FLV over WebSocket", format: "ws-flv", tls: false },
    Sort { name: "fMP4 over WebSocket", format: "ws-mp4", tls: false },
    Sort { name: "FLV over HTTPS", format: "flv", tls: true },
    Sort { name: "fMP4 over HTTPS", format: "mp4", tls: true },
];

/// A WebSocket whose stream has ended only with the code of a server that goes.
struct Parting(WebSocket);

impl Read for Parting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(buffer)?;
        assert!(count > 0 || self.0.closed == Some(1_001), "closed with {:?}", self.0.closed);
        Ok(count)
    }
}

/// A player that reads until its play ends.
struct Reading {
    sort: &'static Sort,
    bytes: Arc<AtomicU64>,
    thread: JoinHandle<io::Result<Vec<u8>>>,
}

impl Reading {
    fn begin(server: &Server, sort: &'static Sort) -> Self {
        let tls: &[&str] = if sort.tls { &["--tls"] } else { &[] };
        let url = server.ask(&[&["url", "play", "a", "--format", sort.format], tls].concat());
        let mut input: Box<dyn Read + Send> = match (sort.tls, sort.format.starts_with("ws")) {
            (true, _) => Box::new(Tls::play(&url)),
            (false, true) => Box::new(Parting(WebSocket::open(&url))),
            (false, false) => Box::new(Live::open(&url)),
        };
        let bytes = Arc::new(AtomicU64::new(0));
        let count = bytes.clone();
        let thread = std::thread::spawn(move || {
            let (mut all, mut piece) = (Vec::new(), vec![0; 64 << 10]);
            // Over TLS an end without its farewell is a fault.
            while let taken @ 1.. = input.read(&mut piece)? {
                all.extend_from_slice(&piece[..taken]);
                count.store(all.len() as u64, Relaxed);
            }
            Ok(all)
        });
        Self { sort, bytes, thread }
    }

    #[track_caller]
    fn goes_on(&self) {
        let before = self.bytes.load(Relaxed);
        wait_for(self.sort.name, || self.bytes.load(Relaxed) > before + 20_000);
    }

    /// Time of the last picture, in milliseconds. Nothing follows it that is cut short.
    #[track_caller]
    fn end(self) -> i64 {
        let name = self.sort.name;
        let all = self.thread.join().expect(name).unwrap_or_else(|error| panic!("{name} is broken off: {error}"));
        if self.sort.format.ends_with("flv") {
            last_of_flv(&all)
        } else {
            assert_eq!(whole_bytes(&all), all.len(), "{name} ends within a fragment");
            let all = Bytes::from(all);
            let mut reader = Reader::parse(&all).expect(name);
            let frames = reader.frames(&all, 0).map(|frame| frame.expect(name));
            frames.filter(|frame| frame.kind == FrameKind::Video).last().expect(name).dts.ms()
        }
    }
}

#[track_caller]
fn last_of_flv(all: &[u8]) -> i64 {
    let (mut flv, mut last) = (Flv::open(all), 0);
    while let Some(tag) = flv.tag().expect("it ends between two tags") {
        if tag.kind == Kind::Video && tag.is_media() {
            last = i64::from(tag.time_ms);
        }
    }
    last
}

#[test]
fn players_of_every_kind_have_all_of_the_old_process_and_find_the_new_one() {
    let mut server = Server::start(&["--limits-upgrade-drain-ms-max", "60000"]);
    let feeder = Feeder::start_following(&server.push_url("a"), Clip::h264("320x180"));
    server.wait_live("a");
    let players: Vec<Reading> = SORTS.iter().map(|sort| Reading::begin(&server, sort)).collect();
    let folder = Folder::new();
    let file = folder.join("rtmps.flv");
    let rtmps = server.ask(&["url", "play", "a", "--format", "rtmp", "--tls"]);
    let mut rtmps_player = Tool::start(ffmpeg().args(["-i", &rtmps, "-c", "copy", "-copyts", "-f", "flv"]).arg(&file));
    let size = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |file| file.len());
    players.iter().for_each(Reading::goes_on);
    wait_for("the player over RTMPS", || size(&file) > 20_000);

    let mut old = server.take_over(&[]);
    // The stream is on its way: whoever asks for it waits.
    let fresh: Vec<Reading> = SORTS.iter().map(|sort| Reading::begin(&server, sort)).collect();
    let next = folder.join("next.flv");
    let mut next_player = Tool::start(ffmpeg().args(["-i", &rtmps, "-c", "copy", "-f", "flv"]).arg(&next));
    wait_for("the publisher to move", || feeder.moves().len() == 1);
    let moved_at = i64::from(feeder.moves()[0]);
    let is_last = |ms: i64| ms < moved_at && ms + 100 > moved_at;
    for player in players {
        let name = player.sort.name;
        let last = player.end();
        assert!(is_last(last), "{name}: the last picture at {last} ms, the move at {moved_at} ms");
    }
    assert_eq!(rtmps_player.wait().code(), Some(0), "{}", rtmps_player.stderr());
    let last = last_of_flv(&std::fs::read(&file).unwrap());
    assert!(is_last(last), "RTMPS: the last picture at {last} ms, the move at {moved_at} ms");

    fresh.iter().for_each(Reading::goes_on);
    wait_for("the player over RTMPS of the new process", || size(&next) > 20_000);
    assert_eq!(old.wait().code(), Some(0), "{}", old.stderr());
    assert!(old.stderr().contains("players_cut=0"), "{}", old.stderr());
    assert!(next_player.is_running() && !feeder.has_ended());

    // A server that stops ends them as well.
    let (status, _folder) = server.stop();
    assert_eq!(status.code(), Some(0));
    fresh.into_iter().for_each(|player| assert!(player.end() > 0));
    assert_eq!(next_player.wait().code(), Some(0), "{}", next_player.stderr());
}
