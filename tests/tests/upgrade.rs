//! Upgrade without a cut: a new process takes the listening sockets over, and the old one lets its sessions go.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

use vivace_tests::{
    ClientEvent, Clip, Feeder, Folder, HlsPlayer, MediaKind, Role, Rtmp, Server, Tls, Tool, Witness, ffmpeg, get,
    handshake, push, raw, shake_hands, split, tls_request, vivace, wait_for, wait_some,
};

/// Clients that connect one after the other without a pause, until it is dropped.
struct Rush {
    stop: Arc<AtomicBool>,
    served: Arc<AtomicU64>,
    threads: Vec<JoinHandle<()>>,
}

impl Rush {
    /// Each client of HTTP wants an answer, each of RTMP a handshake, with and without TLS.
    fn begin(server: &Server) -> Self {
        let (stop, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let repeat = |visit: Box<dyn Fn() + Send>| {
            let (stop, served) = (stop.clone(), served.clone());
            std::thread::spawn(move || {
                while !stop.load(Relaxed) {
                    visit();
                    served.fetch_add(1, Relaxed);
                    std::thread::sleep(Duration::from_millis(2));
                }
            })
        };
        let (http, rtmp) = (format!("http://{}/healthz", server.http), server.rtmp.clone());
        let (https, rtmps) = (server.https.clone(), server.rtmps.clone());
        let threads = vec![
            repeat(Box::new(move || assert_eq!(get(&http).status, 200))),
            repeat(Box::new(move || drop(handshake(&rtmp)))),
            repeat(Box::new(move || {
                assert_eq!(tls_request(&https, &raw("GET /healthz", &https, "", b"")).status, 200)
            })),
            repeat(Box::new(move || shake_hands(&mut Tls::open(&rtmps)))),
        ];
        Self { stop, served, threads }
    }

    fn go_on(&self) {
        let before = self.served.load(Relaxed);
        wait_for("more clients to be served", || self.served.load(Relaxed) >= before + 40);
    }

    #[track_caller]
    fn end(self) {
        self.stop.store(true, Relaxed);
        for thread in self.threads {
            thread.join().expect("a client was refused, or cut without an answer");
        }
    }
}

fn ready_pid(server: &Server) -> u64 {
    let text = std::fs::read(server.data().join("ready.json")).unwrap();
    serde_json::from_slice::<serde_json::Value>(&text).unwrap()["pid"].as_u64().unwrap()
}

#[track_caller]
fn ends_well(old: &mut Tool) {
    assert_eq!(old.wait().code(), Some(0), "{}", old.stderr());
    assert!(old.stderr().contains("handed over"), "{}", old.stderr());
}

#[test]
fn nobody_who_connects_is_refused_while_one_process_follows_the_other() {
    let mut server = Server::start(&[]);
    let before = [&server.rtmp, &server.http, &server.rtmps, &server.https].map(String::clone);
    let rush = Rush::begin(&server);
    rush.go_on();
    for _ in 0..3 {
        let mut old = server.take_over(&[]);
        rush.go_on();
        ends_well(&mut old);
        rush.go_on();
        assert_eq!(ready_pid(&server), u64::from(server.pid()));
        assert!(server.data().join("control.sock").exists());
    }
    rush.end();
    let after = [&server.rtmp, &server.http, &server.rtmps, &server.https].map(String::clone);
    assert_eq!(before, after);
    let (status, folder) = server.stop();
    assert_eq!(status.code(), Some(0));
    assert!(!folder.join("data/ready.json").exists() && !folder.join("data/control.sock").exists());
}

#[test]
fn a_publisher_that_is_asked_moves_at_a_key_frame_and_its_players_have_all_until_then() {
    let mut server = Server::start(&["--limits-upgrade-drain-ms-max", "60000"]);
    let clip = Clip::h264("320x180");
    let feeder = Feeder::start_following(&server.push_url("a"), clip.clone());
    server.wait_live("a");
    let witness = Witness::watch(&server, "a");
    let mut player = Rtmp::open_following(&server.play_url("a", "rtmp"), Role::Play);
    player.ready().unwrap();
    let recorder = Folder::new();
    let file = recorder.join("a.flv");
    let mut recording =
        Tool::start(ffmpeg().args(["-i", &server.play_url("a", "flv"), "-c", "copy", "-f", "flv"]).arg(&file));
    witness.goes_on();
    wait_for("the recording to begin", || std::fs::metadata(&file).is_ok_and(|file| file.len() > 10_000));

    let mut old = server.take_over(&[]);
    // At once: the stream is on its way, and whoever asks for it waits.
    let fresh = Witness::watch(&server, "a");
    wait_for("the publisher to move", || feeder.moves().len() == 1);
    fresh.goes_on();

    assert_eq!(witness.end(), "closed between two tags");
    // The new connection begins with a key frame; all before it has gone over the old one, and to its players.
    let moved_at = feeder.moves()[0];
    let last_ms = witness.seen().newest_ms;
    assert!(
        last_ms < moved_at && last_ms + 100 > moved_at,
        "the last picture at {last_ms} ms, the move at {moved_at} ms"
    );
    assert_eq!(witness.seen().skips, 0);
    assert_eq!(recording.wait().code(), Some(0), "{}", recording.stderr());

    let mut last = 0;
    let mut asked = false;
    while let Some(event) = player.event() {
        match event {
            ClientEvent::Media { kind: MediaKind::Video, timestamp, .. } => last = timestamp,
            ClientEvent::ReconnectRequest { .. } => asked = true,
            ClientEvent::Ended => break,
            _ => {}
        }
    }
    assert!(asked, "the player was not asked");
    assert!(last + 100 > moved_at, "the player's last picture is at {last} ms");
    drop(player);
    ends_well(&mut old);
    assert!(old.stderr().contains("publishers_moved=1"), "{}", old.stderr());
    assert!(old.stderr().contains("players_cut=0"), "{}", old.stderr());

    // And once more.
    let mut old = server.take_over(&[]);
    wait_for("the publisher to move again", || feeder.moves().len() == 2);
    assert_eq!(fresh.end(), "closed between two tags");
    ends_well(&mut old);
    server.wait_live("a");
    assert!(!feeder.has_ended());
}

/// An encoder that is started again whenever it ends.
struct Restarted {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Restarted {
    fn begin(url: String) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = Some(std::thread::spawn(move || {
            while !stopped.load(Relaxed) {
                let mut encoder = push(&url);
                while encoder.is_running() && !stopped.load(Relaxed) {
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
        }));
        Self { stop, thread }
    }
}

impl Drop for Restarted {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// A player of HLS with a session, each of whose requests comes over a connection of its own.
struct Poller {
    player: HlsPlayer,
    newest: Option<u64>,
}

impl Poller {
    fn begin(url: &str) -> Self {
        Self { player: HlsPlayer::begin(url), newest: None }
    }

    /// Asks once; whether there was a segment that is new.
    fn look(&mut self) -> bool {
        let list = self.player.now();
        assert!(!list.ended, "the player is told that the stream is over");
        let newest = list.newest_whole();
        std::mem::replace(&mut self.newest, newest) < newest
    }
}

#[test]
fn an_encoder_that_cannot_be_asked_is_closed_at_once_and_players_of_hls_go_on() {
    let mut server = Server::start(&["--limits-upgrade-drain-ms-max", "3000"]);
    let _encoder = Restarted::begin(server.push_url("a"));
    server.wait_live("a");
    let mut pollers = ["hls", "llhls"].map(|format| Poller::begin(&server.play_url("a", format)));
    let folder = Folder::new();
    let file = folder.join("hls.ts");
    let mut player =
        Tool::start(ffmpeg().args(["-i", &server.play_url("a", "hls"), "-c", "copy", "-f", "mpegts"]).arg(&file));
    let size = || std::fs::metadata(&file).map_or(0, |file| file.len());
    for _ in 0..2 {
        pollers.iter_mut().for_each(|poller| wait_for("a new segment", || poller.look()));
    }
    wait_for("the player's bytes", || size() > 0);

    let mut old = server.take_over(&[]);
    let before = size();
    for _ in 0..3 {
        pollers.iter_mut().for_each(|poller| wait_for("a new segment of the new process", || poller.look()));
    }
    ends_well(&mut old);
    assert!(old.stderr().contains("publishers_closed=1"), "{}", old.stderr());
    wait_for("the player's bytes from the new process", || size() > before + 100_000);
    assert!(player.is_running(), "the player has ended");
}

#[test]
fn a_stream_whose_name_is_like_that_of_a_rate_is_waited_for_as_any_other() {
    let mut server = Server::start(&[]);
    let feeder = Feeder::start_following(&server.push_url("a"), Clip::h264("320x180"));
    let other = Feeder::start(&server.push_url("a_550"), Clip::h264("320x180"));
    server.wait_live("a");
    server.wait_live("a_550");
    let mut old = server.take_over(&[]);
    wait_for("one of them to move", || feeder.moves().len() == 1);
    wait_for("the other one to be closed", || other.has_ended());
    std::thread::scope(|scope| {
        let player = scope.spawn(|| Witness::watch(&server, "a_550"));
        let _again = Feeder::start(&server.push_url("a_550"), Clip::h264("320x180"));
        player.join().expect("it is let in").goes_on();
    });
    ends_well(&mut old);
}

#[test]
fn a_client_with_an_open_connection_is_sent_to_the_new_process() {
    let mut server = Server::start(&["--limits-upgrade-drain-ms-max", "60000"]);
    let encoder = push(&server.push_url("a"));
    server.wait_live("a");
    let url = server.play_url("a", "hls");
    let (authority, path) = split(&url);
    let mut socket = TcpStream::connect(authority).unwrap();
    let mut ask = || {
        write!(socket, "GET {path} HTTP/1.1\r\nHost: {authority}\r\n\r\n").unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if socket.read(&mut byte).unwrap() == 0 {
                break;
            }
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        socket.read_exact(&mut body).unwrap();
        head
    };
    assert!(ask().starts_with("http/1.1 200 "));
    let mut old = server.take_over(&[]);
    wait_for("the encoder to be closed", || old.stderr().contains("publish ends"));
    let moved = ask();
    assert!(moved.starts_with("http/1.1 307 ") && moved.contains("connection: close"), "{moved}");
    assert!(moved.contains(&format!("location: {}", path.to_ascii_lowercase())), "{moved}");
    ends_well(&mut old);
    drop(encoder);
}

/// What the control socket carries, spoken by hand.
struct Impostor(UnixStream);

impl Impostor {
    fn connect(server: &Server) -> Self {
        let socket = UnixStream::connect(server.data().join("control.sock")).unwrap();
        socket.set_read_timeout(Some(vivace_tests::PATIENCE)).unwrap();
        Self(socket)
    }

    fn say(&mut self, text: &str) {
        self.0.write_all(&u32::try_from(text.len()).unwrap().to_be_bytes()).unwrap();
        self.0.write_all(text.as_bytes()).unwrap();
    }

    /// The next message; empty when the server has closed.
    fn hear(&mut self) -> String {
        let mut length = [0; 4];
        if self.0.read_exact(&mut length).is_err() {
            return String::new();
        }
        let mut text = vec![0; u32::from_be_bytes(length) as usize];
        self.0.read_exact(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    }
}

#[test]
fn a_process_that_fails_at_any_point_leaves_the_old_one_serving() {
    let mut server = Server::start(&[]);
    let feeder = Feeder::start_following(&server.push_url("a"), Clip::h264("320x180"));
    server.wait_live("a");
    let witness = Witness::watch(&server, "a");
    let rush = Rush::begin(&server);
    let pid = u64::from(server.pid());
    let goes_on = |server: &mut Server| {
        rush.go_on();
        witness.goes_on();
        assert!(server.is_running() && feeder.moves().is_empty());
        assert_eq!(ready_pid(server), pid);
    };

    // Settings that cannot be used: a port that is taken, a certificate that is not there, a flag that is none.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().to_string();
    for (flags, said) in [
        (["--http", port.as_str()], "is in use"),
        (["--tls-cert", "/nowhere/cert.pem"], "/nowhere/cert.pem"),
        (["--no-such-flag", "1"], "--no-such-flag"),
    ] {
        let mut failing = Server::start_taking_over(&server.data(), &flags);
        assert_ne!(failing.wait().code(), Some(0));
        assert!(failing.stderr().contains(said), "{}", failing.stderr());
        goes_on(&mut server);
    }

    // One that says what makes no sense, or another version, or leaves at any step.
    for said in ["", "no JSON", r#"{"say":"ready"}"#, r#"{"say":"take-over"}"#] {
        let mut impostor = Impostor::connect(&server);
        impostor.say(said);
        assert_eq!(impostor.hear(), "", "{said}");
    }
    let mut newer = Impostor::connect(&server);
    newer.say(r#"{"say":"take-over","version":2,"pid":1}"#);
    assert!(newer.hear().contains(r#""say":"refused""#));
    let mut gone = Impostor::connect(&server);
    gone.say(r#"{"say":"take-over","version":1,"pid":1}"#);
    drop(gone);
    goes_on(&mut server);

    let mut gone = Impostor::connect(&server);
    gone.say(r#"{"say":"take-over","version":1,"pid":1}"#);
    assert!(gone.hear().contains(r#""say":"offer""#));
    let mut second = Impostor::connect(&server);
    assert!(second.hear().contains("at this moment"), "two take over at once");
    gone.say(r#"{"say":"ready"}"#);
    assert!(gone.hear().contains(r#""say":"yours""#));
    drop(gone);
    goes_on(&mut server);

    // One that is too late is told, and does not go on.
    let mut late = Impostor::connect(&server);
    late.say(r#"{"say":"take-over","version":1,"pid":1}"#);
    assert!(late.hear().contains(r#""say":"offer""#));
    late.say(r#"{"say":"ready"}"#);
    assert!(late.hear().contains(r#""say":"yours""#));
    assert!(late.hear().contains(r#""say":"refused""#));
    goes_on(&mut server);

    // After all that, one that works.
    let mut old = server.take_over(&[]);
    wait_for("the publisher to move", || feeder.moves().len() == 1);
    rush.go_on();
    ends_well(&mut old);
    rush.end();
}

#[test]
fn without_being_told_to_a_second_server_says_who_runs() {
    let mut server = Server::start(&[]);
    let data = server.data();
    let second = vivace(&["serve", "--data", data.to_str().unwrap()]);
    assert_eq!(second.code, 1);
    assert!(
        second.stderr.contains("another server runs") && second.stderr.contains("--take-over"),
        "{}",
        second.stderr
    );
    assert!(server.is_running());
    // And where none runs, there is nothing to take over.
    let (_, folder) = server.stop();
    let mut alone = Server::start_taking_over(&folder.join("data"), &[]);
    wait_for("ready.json", || folder.join("data/ready.json").exists());
    assert!(alone.stderr().contains("nothing to take over"), "{}", alone.stderr());
    alone.terminate();
    assert_eq!(alone.wait().code(), Some(0));
}

#[test]
fn an_address_that_has_changed_is_opened_and_the_old_one_is_let_go() {
    let mut server = Server::start(&[]);
    let (rtmp, http) = (server.rtmp.clone(), server.http.clone());
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut old = server.take_over(&["--http", &free, "--rtmps", ""]);
    assert_eq!((&server.rtmp, &server.http), (&rtmp, &free));
    ends_well(&mut old);
    assert!(TcpStream::connect(&http).is_err(), "the old address is still open");
    assert_eq!(get(&format!("http://{}/healthz", server.http)).status, 200);
    assert!(server.log().contains("not taken over"), "{}", server.log());
}

/// A publisher that announces that it follows a reconnect request, and does not.
fn stubborn(server: &Server) -> Rtmp {
    let mut rtmp = Rtmp::open_following(&server.push_url("a"), Role::Publish);
    rtmp.ready().unwrap();
    rtmp
}

#[test]
fn who_does_not_leave_is_cut_when_time_is_up_or_when_the_old_process_is_stopped() {
    let mut server = Server::start(&["--limits-upgrade-drain-ms-max", "500"]);
    let mut publisher = stubborn(&server);
    let mut old = server.take_over(&["--limits-upgrade-drain-ms-max", "600000"]);
    wait_some("the request", || matches!(publisher.event()?, ClientEvent::ReconnectRequest { .. }).then_some(()));
    ends_well(&mut old);
    assert!(old.stderr().contains("publishers_cut=1"), "{}", old.stderr());

    // A drain that would take ten minutes: a third process takes over meanwhile, and a signal ends the waiting.
    let _publisher = stubborn(&server);
    let mut second = server.take_over(&["--limits-upgrade-drain-ms-max", "600000"]);
    let mut third = server.take_over(&[]);
    ends_well(&mut third);
    assert!(second.is_running());
    second.terminate();
    ends_well(&mut second);
    assert!(second.stderr().contains("publishers_cut=1"), "{}", second.stderr());
    assert!(server.is_running());
}
