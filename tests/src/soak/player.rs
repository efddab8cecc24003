//! Players of every protocol: what they get is searched for stamps.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use socket2::SockRef;

use super::publisher::Stream;
use super::run::Shared;
use super::stamp::{Finder, Stamp};
use crate::http::open;
use crate::{ClientEvent, Flv, HlsPlayer, Kind, MediaKind, Role, Rtmp, Tls, connect_narrow, split};

/// How a player gets the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Way {
    Rtmp,
    Flv,
    FlvTls,
    Mp4,
    Mp4Tls,
    Hls,
    LowLatency,
}

impl Way {
    pub(super) const ALL: [Self; 7] =
        [Self::Rtmp, Self::Flv, Self::FlvTls, Self::Mp4, Self::Mp4Tls, Self::Hls, Self::LowLatency];

    /// The format of `vivace url play`, and whether it is asked for over TLS.
    pub(super) const fn format(self) -> (&'static str, bool) {
        match self {
            Self::Rtmp => ("rtmp", false),
            Self::Flv => ("flv", false),
            Self::FlvTls => ("flv", true),
            Self::Mp4 => ("mp4", false),
            Self::Mp4Tls => ("mp4", true),
            Self::Hls => ("hls", false),
            Self::LowLatency => ("llhls", false),
        }
    }

    const fn is_hls(self) -> bool {
        matches!(self, Self::Hls | Self::LowLatency)
    }
}

/// How a player goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// It closes its connection; one of HLS asks for nothing any more.
    Leaves,
    /// Its link is cut with a reset.
    Vanishes,
    /// It reads nothing at all, and vanishes then.
    DoesNotRead,
}

/// What one player has seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Seconds of the run, and milliseconds from the publisher to this player.
    pub(super) delays: Vec<(f64, f64)>,
    /// Seconds of the run, and by how many milliseconds sound is later against the picture than its publisher sent it.
    pub(super) offsets: Vec<(f64, f64)>,
    shift_ms: [Option<f64>; 2],
}

impl Seen {
    fn stamp(&mut self, stamp: Stamp, shared: &Shared) {
        let late_us = shared.run.now_us().saturating_sub(stamp.sent_us);
        self.delays.push((shared.run.now_s(), late_us as f64 / 1e3));
    }

    /// A frame of sound or of pictures with its time at the player.
    fn frame(&mut self, is_video: bool, time_ms: u32, body: &[u8], shared: &Shared) {
        let Some(stamp) = Finder::newest(body) else { return };
        self.shift_ms[usize::from(is_video)] = Some(f64::from(time_ms) - stamp.place as f64 / 1e3);
        if !is_video {
            return;
        }
        self.stamp(stamp, shared);
        if let [Some(sound), Some(picture)] = self.shift_ms {
            self.offsets.push((shared.run.now_s(), sound - picture));
        }
    }
}

/// Plays until this second of the run.
///
/// # Errors
/// What ended it before.
pub(super) fn play(
    stream: &Stream,
    url: &str,
    (way, manner): (Way, Manner),
    until_s: f64,
    shared: &Shared,
) -> Result<Seen, String> {
    let mut play = Play { seen: Seen::default(), until_s, shared, holds: stream.holds() };
    let ended = match way {
        Way::Rtmp => play.rtmp(url, manner),
        Way::Hls => play.hls(url),
        Way::LowLatency => play.low_latency(url),
        Way::FlvTls | Way::Mp4Tls => {
            let mut tls = Tls::play(url);
            let ended = play.http(&mut tls, way);
            leave(tls.socket(), manner);
            ended
        }
        Way::Flv | Way::Mp4 => play.plain(url, way, manner),
    };
    debug_assert!(manner != Manner::DoesNotRead || !way.is_hls(), "a player of HLS holds no connection");
    ended.map(|()| play.seen)
}

struct Play<'a> {
    seen: Seen,
    until_s: f64,
    shared: &'a Shared,
    holds: bool,
}

impl Play<'_> {
    fn is_over(&self) -> bool {
        self.shared.run.now_s() >= self.until_s || self.shared.players_over()
    }

    fn plain(&mut self, url: &str, way: Way, manner: Manner) -> Result<(), String> {
        let (authority, path) = split(url);
        let narrow = manner == Manner::DoesNotRead;
        let mut socket = if narrow { connect_narrow(authority) } else { open(authority) };
        let asked = write!(socket, "GET {path} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
        asked.map_err(|error| error.to_string())?;
        let head = head(&mut socket)?;
        if !head.starts_with("HTTP/1.1 200 ") {
            return Err(head.lines().next().unwrap_or_default().to_owned());
        }
        if narrow {
            while !self.is_over() {
                sleep(Duration::from_millis(100));
            }
            leave(&socket, Manner::Vanishes);
            return Ok(());
        }
        let ended = self.http(&mut socket, way);
        leave(&socket, manner);
        ended
    }

    /// The body of a response that does not end.
    fn http(&mut self, input: &mut impl Read, way: Way) -> Result<(), String> {
        if matches!(way, Way::Mp4 | Way::Mp4Tls) {
            return self.bytes(input);
        }
        // A stream may end before its first byte.
        let mut header = [0; 13];
        input.read_exact(&mut header).map_err(|error| error.to_string())?;
        let mut flv = Flv::open(header.as_slice().chain(input));
        while !self.is_over() {
            let tag = flv.tag().map_err(|error| error.to_string())?.ok_or("the server has ended it")?;
            if tag.is_media() {
                self.seen.frame(tag.kind == Kind::Video, tag.time_ms, &tag.body, self.shared);
            }
        }
        Ok(())
    }

    fn bytes(&mut self, input: &mut impl Read) -> Result<(), String> {
        let (mut finder, mut buffer) = (Finder::default(), [0; 16 << 10]);
        while !self.is_over() {
            let count = input.read(&mut buffer).map_err(|error| error.to_string())?;
            if count == 0 {
                return Err("the server has ended it".to_owned());
            }
            let mut newest = None;
            finder.feed(&buffer[..count], |stamp| newest = Some(stamp));
            if let Some(stamp) = newest {
                self.seen.stamp(stamp, self.shared);
            }
        }
        Ok(())
    }

    fn rtmp(&mut self, url: &str, manner: Manner) -> Result<(), String> {
        let mut rtmp = Rtmp::open(url, Role::Play);
        rtmp.ready().map_err(|denied| format!("{denied:?}"))?;
        while !self.is_over() {
            match rtmp.event().ok_or("the server has closed the connection")? {
                ClientEvent::Media { kind, timestamp, body } if kind != MediaKind::Data => {
                    self.seen.frame(kind == MediaKind::Video, timestamp, &body, self.shared);
                }
                ClientEvent::Ended => return Err("the server has ended it".to_owned()),
                _ => {}
            }
        }
        leave(rtmp.socket(), manner);
        Ok(())
    }

    /// Asks for the playlist as a plain player of HLS does, and for each new segment.
    fn hls(&mut self, url: &str) -> Result<(), String> {
        let player = HlsPlayer::begin(url);
        let mut last = None;
        while !self.is_over() {
            let list = player.now();
            let new = list.segments.iter().rev().find(|segment| !segment.uri.is_empty());
            if let Some(segment) = new.filter(|segment| Some(segment.sequence) > last) {
                last = Some(segment.sequence);
                self.file(&player, &segment.uri)?;
            }
            sleep(Duration::from_millis(400));
        }
        Ok(())
    }

    /// Asks for each part before it is there.
    fn low_latency(&mut self, url: &str) -> Result<(), String> {
        let player = HlsPlayer::begin(url);
        while !self.is_over() {
            match player.now().hint {
                Some(part) => self.file(&player, &part)?,
                None => sleep(Duration::from_millis(50)),
            }
        }
        Ok(())
    }

    /// A file of the playlist. What a hint promises may become a gap where the publisher is away.
    fn file(&mut self, player: &HlsPlayer, name: &str) -> Result<(), String> {
        let answer = player.get(name);
        if answer.status == 200 {
            if let Some(stamp) = Finder::newest(&answer.body) {
                self.seen.stamp(stamp, self.shared);
            }
            return Ok(());
        }
        if self.holds && name.starts_with('s') {
            return Err(format!("{} for {name}, which is listed", answer.status));
        }
        Ok(())
    }
}

fn head(socket: &mut TcpStream) -> Result<String, String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).map_err(|error| error.to_string())?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn leave(socket: &TcpStream, manner: Manner) {
    if manner != Manner::Leaves {
        // A socket that lingers for no time ends with a reset.
        let _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
    }
}
