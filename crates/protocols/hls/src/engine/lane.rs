use bytes::Bytes;
use vivace_base::MediaTime;
use vivace_hub::Config;
use vivace_media::fmp4::{self, Sample, Track};
use vivace_media::{Codec, Frame, aac, mp3};

/// One track: its description, and the frames that are in no part yet.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) config: Config,
    pub(super) track: Track,
    /// Time from frame to frame, as lately seen.
    pub(super) interval: MediaTime,
    pub(super) waiting: Vec<Held>,
    pub(super) waiting_bytes: usize,
    clock: Option<SampleClock>,
    last: Option<MediaTime>,
}

/// One frame with its place in time.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) dts: MediaTime,
    pub(super) cts: MediaTime,
    pub(super) key: bool,
    pub(super) payload: Bytes,
}

/// A longer step is a gap, not a frame's duration.
pub(super) const INTERVAL_MAX: MediaTime = MediaTime::from_ms(500);
/// What a frame that waits counts for beside its payload.
const HELD_BYTES: usize = size_of::<Held>();

impl Lane {
    pub(super) fn new(config: &Config, id: u32) -> Result<Self, fmp4::Fault> {
        let track = config.track(id)?;
        let clock = SampleClock::of(config);
        let interval = clock.as_ref().map_or(MediaTime::from_ms(40), SampleClock::interval);
        let (waiting, waiting_bytes, last) = (Vec::new(), 0, None);
        Ok(Self { config: config.clone(), track, interval, waiting, waiting_bytes, clock, last })
    }

    /// The time of the next frame: that of sound is counted in samples, because senders round it to milliseconds.
    pub(super) fn place(&mut self, dts: MediaTime) -> MediaTime {
        let placed = self.clock.as_mut().map_or(dts, |clock| clock.place(dts));
        let placed = self.last.map_or(placed, |last| placed.max(last));
        if let Some(last) = self.last.replace(placed)
            && self.clock.is_none()
        {
            let seen = placed - last;
            if seen > MediaTime::ZERO && seen <= INTERVAL_MAX {
                let ticks = (self.interval.ticks() * 3 + seen.ticks()) / 4;
                // A change of rate is believed at once, jitter is smoothed.
                let far = (self.interval - seen).ticks().abs() > seen.ticks() / 4;
                self.interval = if far { seen } else { MediaTime::from_ticks(ticks) };
            }
        }
        placed
    }

    pub(super) fn hold(&mut self, frame: &Frame, dts: MediaTime) {
        self.waiting_bytes += frame.payload.len() + HELD_BYTES;
        self.waiting.push(Held { dts, cts: frame.cts, key: frame.key, payload: frame.payload.clone() });
    }

    /// Takes the frames before `end`, in order.
    pub(super) fn take_before(&mut self, end: MediaTime) -> Vec<Held> {
        let count = self.waiting.partition_point(|held| held.dts < end);
        let taken: Vec<Held> = self.waiting.drain(..count).collect();
        self.waiting_bytes -= taken.iter().map(|held| held.payload.len() + HELD_BYTES).sum::<usize>();
        taken
    }

    pub(super) fn forget(&mut self) {
        self.waiting.clear();
        self.waiting_bytes = 0;
        self.last = None;
    }

    /// When the newest frame ends.
    pub(super) fn end(&self) -> Option<MediaTime> {
        self.last.map(|last| last + self.interval)
    }
}

impl Held {
    /// The sample, which lasts until `next` if that is known.
    pub(super) fn sample(&self, next: Option<MediaTime>, interval: MediaTime) -> Sample<'_> {
        let duration = next.map_or(interval, |next| next - self.dts);
        Sample { dts: self.dts, cts: self.cts, duration, key: self.key, payload: &self.payload }
    }
}

/// Counts samples of sound, and follows the sender's own times where they are further off than rounding makes them.
#[derive(Debug)]
struct SampleClock {
    frame_samples: i64,
    rate: i64,
    base: Option<MediaTime>,
    frames: i64,
}

const ROUNDING_MAX: MediaTime = MediaTime::from_ms(10);

impl SampleClock {
    fn of(config: &Config) -> Option<Self> {
        let (frame_samples, rate) = match config.codec {
            Codec::Aac => {
                let parsed = aac::AudioSpecificConfig::parse(&config.record).ok()?;
                (parsed.samples_per_frame(), parsed.output_sample_rate())
            }
            Codec::Mp3 => {
                let header = mp3::FrameHeader::parse(&config.record).ok()?;
                (header.samples_per_frame(), header.sample_rate)
            }
            _ => return None,
        };
        let (frame_samples, rate) = (i64::from(frame_samples), i64::from(rate));
        (rate > 0).then_some(Self { frame_samples, rate, base: None, frames: 0 })
    }

    fn interval(&self) -> MediaTime {
        MediaTime::from_ticks(self.frame_samples * MediaTime::HZ / self.rate)
    }

    fn place(&mut self, dts: MediaTime) -> MediaTime {
        if let Some(base) = self.base {
            let ticks = self.frames.saturating_mul(self.frame_samples).saturating_mul(MediaTime::HZ) / self.rate;
            let expected = base + MediaTime::from_ticks(ticks);
            if (dts - expected).ticks().abs() <= ROUNDING_MAX.ticks() {
                self.frames += 1;
                return expected;
            }
        }
        self.base = Some(dts);
        self.frames = 1;
        dts
    }
}
