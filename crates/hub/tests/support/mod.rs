//! A hand-wound clock, a seeded die, and a wire format whose bytes say what they are.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bytes::Bytes;
use vivace_base::{Clock, MediaTime, MonoMs, UnixMs};
use vivace_hub::{Format, FormatKind, Stream, Tracks, Wake};
use vivace_media::{Codec, Container, Frame, FrameKind};

/// A clock that stands still until it is wound on.
#[derive(Default)]
pub struct HandClock(AtomicU64);

impl HandClock {
    pub fn starting_at(ms: u64) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(ms)))
    }

    pub fn wind(&self, ms: u64) {
        self.0.fetch_add(ms, Relaxed);
    }
}

impl Clock for HandClock {
    fn unix(&self) -> UnixMs {
        UnixMs(0)
    }

    fn mono(&self) -> MonoMs {
        MonoMs(self.0.load(Relaxed))
    }
}

/// Nobody to wake; the calls are counted.
#[derive(Default)]
pub struct Calls(pub AtomicU64);

impl Wake for Calls {
    fn wake(&self, _: &Arc<Stream>) {
        self.0.fetch_add(1, Relaxed);
    }
}

/// A reproducible die (xorshift64*).
pub struct Die(u64);

impl Die {
    pub fn seeded(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound.max(1)
    }
}

/// What stands in a reader's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// The container's header.
    Preamble,
    /// Headers before a new beginning, with the video configuration they carry.
    Headers { version: u64 },
    /// A video configuration in the log.
    Config { version: u64 },
    /// A picture or a sound.
    Frame { video: bool, key: bool, dts: MediaTime, number: u64, version: u64 },
    /// Metadata in the log.
    Metadata,
    /// A slow reader is told.
    Notice { skipped: MediaTime },
    /// Bytes to one reader alone.
    Reply(u8),
}

/// Pictures and sound.
pub const ALL: FormatKind =
    FormatKind { name: "test-all", container: Container::Flv, make: || Box::new(Marked { video: true }) };
/// Sound only.
pub const SOUND: FormatKind =
    FormatKind { name: "test-sound", container: Container::Flv, make: || Box::new(Marked { video: false }) };

struct Marked {
    video: bool,
}

fn record(out: &mut Vec<u8>, tag: u8, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    out.push(tag);
    out.extend_from_slice(&(length as u32).to_be_bytes());
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

/// A reply to one reader.
pub fn reply(sign: u8) -> Vec<u8> {
    let mut out = Vec::new();
    record(&mut out, b'R', &[&[sign; 9]]);
    out
}

impl Format for Marked {
    fn preamble(&mut self, _: &Tracks, out: &mut Vec<u8>) {
        record(out, b'P', &[]);
    }

    fn headers(&mut self, tracks: &Tracks, _: MediaTime, out: &mut Vec<u8>) {
        let version = tracks.video.as_ref().map_or(&[0; 8][..], |video| video.record.as_ref());
        record(out, b'H', &[version]);
    }

    fn frame(&mut self, frame: &Frame, tracks: &Tracks, out: &mut Vec<u8>) {
        let video = matches!(frame.kind, FrameKind::Video | FrameKind::VideoConfig);
        if video && !self.video {
            return;
        }
        match frame.kind {
            FrameKind::VideoConfig => record(out, b'C', &[&frame.payload]),
            FrameKind::Video | FrameKind::Audio => {
                let now = tracks.video.as_ref().map(|video| number(&video.record));
                assert!(!video || now == Some(number(&frame.payload[8..])), "a picture is encoded under {now:?}");
                let flags = [u8::from(video), u8::from(frame.key)];
                record(out, b'F', &[&flags, &frame.dts.ticks().to_be_bytes(), &frame.payload]);
            }
            FrameKind::Metadata => record(out, b'M', &[]),
            FrameKind::AudioConfig => {}
        }
    }

    fn skip_notice(&mut self, skipped: MediaTime, out: &mut Vec<u8>) {
        record(out, b'N', &[&skipped.ticks().to_be_bytes()]);
    }
}

/// Takes the whole records off the front of `bytes`; what stays is the start of one more. Panics on anything torn.
pub fn parse(bytes: &mut Vec<u8>) -> Vec<Record> {
    let (mut records, mut at) = (Vec::new(), 0);
    while let Some(head) = bytes.get(at..at + 5) {
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let Some(body) = bytes.get(at + 5..at + 5 + length) else {
            assert!(length <= 1 << 20, "no record is as long as {length} bytes");
            break;
        };
        records.push(parse_one(head[0], body));
        at += 5 + length;
    }
    bytes.drain(..at);
    records
}

fn number(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(bytes[..8].try_into().expect("eight bytes"))
}

fn parse_one(tag: u8, body: &[u8]) -> Record {
    let ticks = |bytes: &[u8]| MediaTime::from_ticks(number(bytes) as i64);
    match tag {
        b'P' if body.is_empty() => Record::Preamble,
        b'H' => Record::Headers { version: number(body) },
        b'C' => Record::Config { version: number(body) },
        b'M' if body.is_empty() => Record::Metadata,
        b'N' => Record::Notice { skipped: ticks(body) },
        b'R' => {
            assert!(body.len() == 9 && body.iter().all(|byte| *byte == body[0]), "a reply is torn");
            Record::Reply(body[0])
        }
        b'F' => {
            let payload = &body[10..];
            let number_here = number(payload);
            assert!(payload[16..].iter().all(|byte| *byte == number_here as u8), "frame {number_here} is torn");
            Record::Frame {
                video: body[0] == 1,
                key: body[1] == 1,
                dts: ticks(&body[2..]),
                number: number_here,
                version: number(&payload[8..]),
            }
        }
        other => panic!("no record begins with {other:#x}: the bytes are torn"),
    }
}

/// A coded frame that carries its number, its configuration's version, and filling.
pub fn frame(kind: FrameKind, ms: i64, key: bool, number: u64, version: u64, filling: usize) -> Frame {
    let codec = if kind == FrameKind::Video { Codec::H264 } else { Codec::Aac };
    let mut payload = [number.to_be_bytes(), version.to_be_bytes()].concat();
    payload.resize(16 + filling, number as u8);
    coded(kind, codec, ms, key, payload)
}

pub fn video(ms: i64, key: bool, number: u64) -> Frame {
    frame(FrameKind::Video, ms, key, number, 1, 100)
}

pub fn audio(ms: i64, number: u64) -> Frame {
    frame(FrameKind::Audio, ms, false, number, 1, 20)
}

/// A configuration; `version` makes the difference.
pub fn config(kind: FrameKind, version: u64) -> Frame {
    let codec = if kind == FrameKind::VideoConfig { Codec::H264 } else { Codec::Aac };
    coded(kind, codec, 0, false, version.to_be_bytes().to_vec())
}

fn coded(kind: FrameKind, codec: Codec, ms: i64, key: bool, payload: Vec<u8>) -> Frame {
    let (dts, payload) = (MediaTime::from_ms(ms), Bytes::from(payload));
    Frame { kind, codec: Some(codec), dts, cts: MediaTime::ZERO, key, payload }
}

/// Checks one reader's records as they come.
#[derive(Default)]
pub struct Watcher {
    begun: bool,
    fresh: bool,
    version: u64,
    last: Option<u64>,
    times: [MediaTime; 2],
    pub frames: u64,
    pub gaps: u64,
    pub notices: u64,
    pub replies: u64,
}

impl Watcher {
    /// `carried` tells whether the reader's format carries the frame of that number.
    pub fn see(&mut self, record: &Record, carried: impl Fn(u64) -> bool) {
        match *record {
            Record::Preamble => assert!(!std::mem::replace(&mut self.begun, true), "a second preamble"),
            Record::Headers { version } => {
                assert!(self.begun, "headers before the preamble");
                (self.fresh, self.version) = (true, version);
            }
            Record::Config { version } => self.version = version,
            Record::Frame { video, key, dts, number, version } => {
                self.on_frame(video, key, dts, number, carried);
                if video {
                    assert_eq!(version, self.version, "frame {number} under another configuration");
                }
            }
            Record::Metadata => {}
            Record::Notice { skipped } => {
                self.notices += 1;
                assert!(skipped >= MediaTime::ZERO, "time does not go back");
            }
            Record::Reply(_) => self.replies += 1,
        }
    }

    fn on_frame(&mut self, video: bool, key: bool, dts: MediaTime, number: u64, carried: impl Fn(u64) -> bool) {
        assert!(self.begun, "a frame before the preamble");
        if let Some(last) = self.last {
            assert!(number > last, "frame {number} after frame {last}");
            let gap = (last + 1..number).any(&carried);
            assert!(!gap || self.fresh, "frames between {last} and {number} are missing without new headers");
            self.gaps += u64::from(gap);
        } else {
            assert!(self.fresh, "the first frame has no headers");
        }
        if std::mem::take(&mut self.fresh) && carried(0) {
            assert!(key, "frame {number} follows headers and is no key frame");
        }
        let time = &mut self.times[usize::from(video)];
        assert!(dts >= *time, "the time of frame {number} goes back");
        *time = dts;
        self.last = Some(number);
        self.frames += 1;
    }
}
