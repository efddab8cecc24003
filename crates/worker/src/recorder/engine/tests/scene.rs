use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bytes::Bytes;
use vivace_base::{AppId, Clock, Limits, MediaTime, MonoMs, SessionId, StreamName, UnixMs};
use vivace_domain::claim::Owner;
use vivace_hub::{Batch, Follower, Hub, Publisher, Stream, Wake};
use vivace_media::fmp4::Reader;
use vivace_media::{Codec, Frame, FrameKind};

use crate::recorder::engine::{Cut, CutRules, Cutter, FileCut, PartCut};

/// H.264, Main, 638x358.
pub(crate) const AVCC: &[u8] = include_bytes!("../../../../../media/testdata/codecs/h264_main_638x358.avcc");
pub(crate) const AAC_48: &[u8] = &[0x11, 0x90];
pub(crate) const AAC_44: &[u8] = &[0x12, 0x10];

#[derive(Default)]
struct HandClock(AtomicU64);

impl Clock for HandClock {
    fn mono(&self) -> MonoMs {
        MonoMs(self.0.load(Relaxed))
    }

    fn unix(&self) -> UnixMs {
        UnixMs(self.0.load(Relaxed).cast_signed())
    }
}

struct Nobody;

impl Wake for Nobody {
    fn wake(&self, _: &Arc<Stream>) {}
}

/// One stream with its follower and cutter.
pub(crate) struct Scene {
    hub: Arc<Hub>,
    clock: Arc<HandClock>,
    publisher: Option<Publisher>,
    follower: Follower,
    pub(crate) cutter: Cutter,
    pub(crate) cuts: Vec<Cut>,
    /// What the cutter was given, in order.
    pub(crate) given: Vec<Frame>,
}

fn publish(hub: &Arc<Hub>) -> Publisher {
    let name = StreamName::parse("a").unwrap();
    hub.publish(AppId(1), &name, Owner::Key(AppId(1)), SessionId(1)).map_err(|fault| fault.to_string()).unwrap()
}

impl Scene {
    pub(crate) fn new(part_ms: i64) -> Self {
        let clock = Arc::new(HandClock::default());
        let hub = Hub::new(Arc::new(Limits::default()), clock.clone(), Arc::new(Nobody), 0);
        let publisher = publish(&hub);
        let follower = publisher.stream().follow(4_096, Box::new(|| {}));
        let rules = CutRules { part: MediaTime::from_ms(part_ms), bytes_max: 1 << 24 };
        let (cuts, given) = (Vec::new(), Vec::new());
        Self { hub, clock, publisher: Some(publisher), follower, cutter: Cutter::new(rules), cuts, given }
    }

    /// Another session of the same publisher.
    pub(crate) fn reconnect(&mut self) {
        self.take();
        self.publisher = None;
        self.publisher = Some(publish(&self.hub));
    }

    pub(crate) fn push(&mut self, frame: Frame) {
        self.clock.0.fetch_add(5, Relaxed);
        let publisher = self.publisher.as_ref().unwrap();
        publisher.push(frame).unwrap();
        publisher.stream().close_if_due(MonoMs(self.clock.0.load(Relaxed)));
        self.take();
    }

    fn take(&mut self) {
        let followed = self.follower.take();
        assert!(!followed.lost);
        for batch in &followed.batches {
            self.batch(batch);
        }
    }

    pub(crate) fn batch(&mut self, batch: &Batch) {
        self.given.extend(batch.frames.iter().cloned());
        self.cutter.push(batch, &mut self.cuts);
    }

    pub(crate) fn lose(&mut self) {
        self.follow_to_the_end();
        self.cutter.lost(&mut self.cuts);
    }

    /// What the hub still holds back.
    pub(crate) fn follow_to_the_end(&mut self) {
        let now = self.clock.0.fetch_add(60_000, Relaxed) + 60_000;
        self.follower.stream().close_if_due(MonoMs(now));
        self.take();
    }

    pub(crate) fn end(&mut self) {
        self.follow_to_the_end();
        self.cutter.flush(&mut self.cuts);
    }

    pub(crate) fn parts(&self) -> Vec<&PartCut> {
        self.cuts.iter().filter_map(|cut| if let Cut::Part(part) = cut { Some(part) } else { None }).collect()
    }

    pub(crate) fn files(&self) -> Vec<&FileCut> {
        self.cuts.iter().filter_map(|cut| if let Cut::File(file) = cut { Some(file) } else { None }).collect()
    }

    /// The frames of the parts, part by part.
    pub(crate) fn read(&self) -> Vec<Vec<Frame>> {
        let mut reader: Option<Reader> = None;
        let mut parts = Vec::new();
        for cut in &self.cuts {
            match cut {
                Cut::File(file) => reader = Some(Reader::parse(&file.init).unwrap()),
                Cut::Part(part) => {
                    let frames = reader.as_mut().expect("a file before its parts").frames(&part.bytes, 0);
                    parts.push(frames.collect::<Result<Vec<_>, _>>().unwrap());
                }
            }
        }
        parts
    }
}

pub(crate) fn frame(kind: FrameKind, codec: Codec, ms: i64, key: bool, payload: &[u8]) -> Frame {
    let payload = Bytes::copy_from_slice(payload);
    Frame { kind, codec: Some(codec), dts: MediaTime::from_ms(ms), cts: MediaTime::ZERO, key, payload }
}

pub(crate) fn video_config(record: &[u8]) -> Frame {
    frame(FrameKind::VideoConfig, Codec::H264, 0, false, record)
}

pub(crate) fn audio_config(record: &[u8]) -> Frame {
    frame(FrameKind::AudioConfig, Codec::Aac, 0, false, record)
}

pub(crate) fn picture(ms: i64, key: bool) -> Frame {
    frame(FrameKind::Video, Codec::H264, ms, key, format!("\0\0\0\x08{}{ms:07}", u8::from(key)).as_bytes())
}

pub(crate) fn sound(ms: i64) -> Frame {
    frame(FrameKind::Audio, Codec::Aac, ms, false, format!("sound {ms}").as_bytes())
}
