use bytes::Bytes;
use vivace_base::{Limits, MediaTime, UnixMs};
use vivace_hub::{Config, Tracks};
use vivace_media::{Codec, Frame, FrameKind};

use crate::engine::{Flavor, Resume, Segmenter, Settings, Skip, Wanted, master, media};
use crate::walk::Walker;

/// Two configurations of H.264 (320x240, baseline) that differ in their last byte, which no reader looks at.
const AVCC: &[u8] =
    b"\x01\x42\xc0\x0c\xff\xe1\x00\x16\x67\x42\xc0\x0c\xda\x05\x07\xec\x04\x40\0\0\x03\0\x40\0\0\x07\x83\xc5\
                      \x0a\xa8\x01\0\x04\x68\xce\x0f\xc8";
const AVCC_OTHER: &[u8] =
    b"\x01\x42\xc0\x0c\xff\xe1\x00\x16\x67\x42\xc0\x0c\xda\x05\x07\xec\x04\x40\0\0\x03\0\x40\0\0\x07\x83\
                            \xc5\x0a\xa8\x01\0\x04\x68\xce\x0f\xc9";
const ASC: &[u8] = &[0x12, 0x10];
/// Small, so that inputs of the size a fuzzer makes reach it.
const BYTES_MAX: usize = 32 << 10;
/// Steps of one input that are taken.
const STEPS_MAX: usize = 800;
/// Frames are shorter than this.
const FRAME_BYTES_MAX: usize = 2 << 10;

/// `data` as frames of a publisher, as interruptions and as changes of what it sends: each playlist on the way is
/// walked over. Once more with few bytes, which shorten the list.
///
/// # Panics
/// If two playlists contradict each other, a playlist names what is not there, or more is held than the limit.
pub fn segmenter(data: &[u8]) {
    let settings = Settings::new(&Limits::default(), 2_000, 200);
    Run::new(settings).all(data, Run::walk);
    Run::new(Settings { bytes_max: BYTES_MAX, ..settings }).all(data, Run::count);
}

struct Run {
    segmenter: Segmenter,
    tracks: Tracks,
    epoch: u64,
    /// Where the pictures and the sound are.
    dts: [MediaTime; 2],
    now_ms: i64,
    walkers: [Walker; 3],
}

const FLAVORS: [Flavor; 3] = [Flavor::Mp4, Flavor::LowLatency, Flavor::Ts];

impl Run {
    fn new(settings: Settings) -> Self {
        Self {
            segmenter: Segmenter::new(settings, Resume { media_sequence: 5, ..Resume::default() }),
            tracks: tracks(0),
            epoch: 1,
            dts: [MediaTime::ZERO; 2],
            now_ms: 1_767_323_045_678,
            walkers: Default::default(),
        }
    }

    /// Takes all steps, and checks after each.
    fn all(mut self, data: &[u8], check: fn(&mut Self, usize)) {
        for (at, step) in data.as_chunks::<3>().0.iter().take(STEPS_MAX).enumerate() {
            self.step(*step);
            check(&mut self, at);
        }
        self.segmenter.end();
        (0..FLAVORS.len()).for_each(|at| check(&mut self, at));
    }

    fn step(&mut self, [what, a, b]: [u8; 3]) {
        let word = u16::from_be_bytes([a, b]);
        match what & 15 {
            0..=9 => self.frame(what, word),
            10 => self.segmenter.interrupt(),
            11 => self.epoch += 1,
            12 => self.tracks = tracks(a),
            13 => self.segmenter.set_transport(a & 1 == 0),
            14 => self.now_ms += i64::from(word.cast_signed()),
            // A step of the timeline as long as the hub lets through, either way.
            _ => {
                let step = MediaTime::from_ms(i64::from(word.cast_signed()).clamp(-3_000, 3_000));
                self.dts = self.dts.map(|dts| (dts + step).max(MediaTime::ZERO));
            }
        }
    }

    /// One frame, a few milliseconds after the one before it on its track.
    fn frame(&mut self, what: u8, word: u16) {
        let video = what & 1 == 0;
        let at = usize::from(!video);
        self.dts[at] = self.dts[at] + MediaTime::from_ms(i64::from(word & 0x1ff));
        self.now_ms += i64::from(word & 0xff);
        let key = video && what & 0x30 == 0;
        let bytes = usize::from(word >> 9) * if what & 0x40 == 0 { 1 } else { FRAME_BYTES_MAX / 128 };
        let payload = if video { unit(key, bytes) } else { vec![7; bytes] };
        let (kind, codec) = if video { (FrameKind::Video, Codec::H264) } else { (FrameKind::Audio, Codec::Aac) };
        let cts = MediaTime::from_ms(if video { i64::from(what >> 4) * 10 } else { 0 });
        let frame = Frame { kind, codec: Some(codec), dts: self.dts[at], cts, key, payload: payload.into() };
        self.segmenter.push(&[frame], &self.tracks, self.epoch, UnixMs(self.now_ms));
    }

    fn count(&mut self, _: usize) {
        let (waiting, held) = (self.segmenter.waiting_bytes(), self.segmenter.window().bytes());
        assert!(waiting <= BYTES_MAX, "{waiting} bytes wait");
        // A whole segment and the one in the making stay, whatever the limit says; each is cut at a third of it.
        assert!(held <= 4 * BYTES_MAX, "{held} bytes are held");
    }

    /// Looks at the playlist of one flavor: a player sees not every one either, and an input takes a third of the time.
    fn walk(&mut self, at: usize) {
        let window = self.segmenter.window();
        let Some((flavor, walker)) = FLAVORS.into_iter().zip(&mut self.walkers).nth(at % FLAVORS.len()) else { return };
        let Some(text) = media(window, flavor, None) else { return };
        let list = match walker.add(&text) {
            Ok(list) => list,
            Err(fault) => panic!("{fault}\n{text}"),
        };
        for listed in &list.segments {
            let found = window.segment(listed.sequence).expect("a listed segment is there");
            assert!(listed.uri.is_empty() || window.has(Wanted::Segment(found.sequence)));
        }
        if at.is_multiple_of(16) {
            let delta = media(window, flavor, Some(Skip::Segments)).expect("it is there without a skip");
            assert!(delta.len() <= text.len() + 40, "a delta update is longer than the playlist");
            assert!(master(window, flavor, "x.m3u8").is_some());
        }
    }
}

fn tracks(which: u8) -> Tracks {
    let mut tracks = Tracks::default();
    let record = if which & 4 == 0 { AVCC } else { AVCC_OTHER };
    let config = |codec, record| Config { codec, record: Bytes::from_static(record), size: None };
    tracks.video = (which & 1 == 0).then(|| config(Codec::H264, record));
    tracks.audio = (which & 2 == 0).then(|| config(Codec::Aac, ASC));
    tracks
}

/// A sample of one NAL unit.
fn unit(key: bool, bytes: usize) -> Vec<u8> {
    let mut sample = (bytes as u32 + 1).to_be_bytes().to_vec();
    sample.push(if key { 0x65 } else { 0x41 });
    sample.resize(bytes + 5, 1);
    sample
}
