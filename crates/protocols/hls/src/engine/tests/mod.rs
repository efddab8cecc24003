mod archive;
mod cutting;
mod hostile;
mod playlists;
mod promises;
mod query;
mod reels;

use bytes::Bytes;
use vivace_base::{Limits, MediaTime, UnixMs};
use vivace_hub::{Config, Tracks};
use vivace_media::{Codec, Frame, FrameKind};

use super::{Flavor, Resume, Segmenter, Settings, Skip, media};
use crate::walk::Walker;

const AVCC: &[u8] = include_bytes!("../../../../../media/testdata/codecs/h264_main_638x358.avcc");
const AVCC_OTHER: &[u8] = include_bytes!("../../../../../media/testdata/codecs/h264_high_1080p.avcc");
const ASC: &[u8] = &[0x12, 0x10];
const NOW: UnixMs = UnixMs(1_767_323_045_678);

fn settings() -> Settings {
    Settings::new(&Limits::default(), 2_000, 200)
}

fn tracks(video: Option<&'static [u8]>, audio: bool) -> Tracks {
    let mut tracks = Tracks::default();
    tracks.video = video.map(|record| Config { codec: Codec::H264, record: Bytes::from_static(record), size: None });
    tracks.audio = audio.then(|| Config { codec: Codec::Aac, record: Bytes::from_static(ASC), size: None });
    tracks
}

fn picture(dts: MediaTime, key: bool) -> Frame {
    let payload = Bytes::from_static(if key { &[0, 0, 0, 3, 0x65, 1, 2] } else { &[0, 0, 0, 3, 0x41, 1, 2] });
    let (kind, codec) = (FrameKind::Video, Some(Codec::H264));
    Frame { kind, codec, dts, cts: MediaTime::from_ms(40), key, payload }
}

fn sound(dts: MediaTime) -> Frame {
    let (kind, codec, payload) = (FrameKind::Audio, Some(Codec::Aac), Bytes::from_static(&[7; 20]));
    Frame { kind, codec, dts, cts: MediaTime::ZERO, key: false, payload }
}

/// A stream as an encoder sends it: times rounded to milliseconds, pictures and sound interleaved.
struct Feed {
    segmenter: Segmenter,
    tracks: Tracks,
    epoch: u64,
    walker: Walker,
    flavor: Flavor,
    /// Pictures in a thousand seconds, and in one GOP.
    rate: (i64, i64),
    pictures: i64,
    sounds: i64,
    start_ms: i64,
    /// How much later it comes than its time says.
    late_ms: i64,
}

impl Feed {
    fn new(resume: Resume, rate: (i64, i64)) -> Self {
        Self {
            segmenter: Segmenter::new(settings(), resume),
            tracks: tracks(Some(AVCC), true),
            epoch: 1,
            walker: Walker::default(),
            flavor: Flavor::LowLatency,
            rate,
            pictures: 0,
            sounds: 0,
            start_ms: 0,
            late_ms: 0,
        }
    }

    fn now_ms(&self) -> i64 {
        self.start_ms + self.pictures * 1_000_000 / self.rate.0
    }

    /// Sends pictures with their sound; each playlist on the way is walked over.
    fn pictures(&mut self, count: i64) {
        for _ in 0..count {
            let ms = self.now_ms();
            let mut frames = vec![picture(MediaTime::from_ms(ms), self.pictures % self.rate.1 == 0)];
            while self.tracks.audio.is_some() && self.start_ms + self.sounds * 1_024_000 / 44_100 <= ms {
                frames.push(sound(MediaTime::from_ms(self.start_ms + self.sounds * 1_024_000 / 44_100)));
                self.sounds += 1;
            }
            self.segmenter.push(&frames, &self.tracks, self.epoch, UnixMs(NOW.0 + ms + self.late_ms));
            self.pictures += 1;
            self.walk();
        }
    }

    fn walk(&mut self) {
        // As a whole, and as who has that is given it.
        for skip in [None, Some(Skip::Segments)] {
            let Some(text) = media(self.segmenter.window(), self.flavor, skip) else { return };
            if let Err(fault) = self.walker.add(&text) {
                panic!("{fault}\n{text}");
            }
        }
    }

    /// Another encoder goes on, on the same timeline, `gap_ms` of real time later.
    fn restart(&mut self, rate: (i64, i64)) {
        self.start_ms = self.now_ms();
        (self.pictures, self.sounds, self.rate) = (0, 0, rate);
        self.epoch += 1;
    }

    fn text(&self) -> String {
        media(self.segmenter.window(), self.flavor, None).unwrap()
    }
}
