use bytes::Bytes;
use vivace_base::MediaTime;
use vivace_hub::Config;
use vivace_media::fmp4::{self, Sample, Track, fragment};
use vivace_media::{Codec, Frame, aac, g711, mp3, opus};

/// One track: its description, and the frames that are in no part yet, in order of decoding time.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) config: Config,
    pub(super) track: Track,
    pub(super) waiting: Vec<Held>,
    pub(super) waiting_bytes: usize,
    /// Time from frame to frame, as lately seen or as the codec tells it.
    interval: MediaTime,
    last: Option<MediaTime>,
}

/// One frame that waits.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) dts: MediaTime,
    cts: MediaTime,
    pub(super) key: bool,
    payload: Bytes,
}

/// A longer step is a hole, not a frame's duration.
const INTERVAL_MAX: MediaTime = MediaTime::from_ms(500);
/// Until two pictures have come.
const INTERVAL: MediaTime = MediaTime::from_ms(40);

impl Lane {
    pub(super) fn new(config: &Config, id: u32) -> Result<Self, fmp4::Fault> {
        let track = match config.codec {
            Codec::G711A | Codec::G711U => Track::g711(config.codec, id),
            _ => config.track(id),
        }?;
        let (waiting, waiting_bytes) = (Vec::new(), 0);
        Ok(Self { config: config.clone(), track, waiting, waiting_bytes, interval: INTERVAL, last: None })
    }

    /// Takes a frame. Within a track, time never goes back.
    pub(super) fn hold(&mut self, frame: &Frame) {
        let dts = self.last.map_or(frame.dts, |last| last.max(frame.dts));
        if let Some(told) = duration(&self.config, &frame.payload) {
            self.interval = told;
        } else if let Some(last) = self.last
            && dts > last
            && dts - last <= INTERVAL_MAX
        {
            self.interval = dts - last;
        }
        self.last = Some(dts);
        self.waiting_bytes = self.waiting_bytes.saturating_add(cost_bytes(&frame.payload));
        self.waiting.push(Held { dts, cts: frame.cts, key: frame.key, payload: frame.payload.clone() });
    }

    /// When its newest frame ends.
    pub(super) fn end(&self) -> Option<MediaTime> {
        self.last.map(|last| last + self.interval)
    }

    /// How many frames wait that are decoded before `end`.
    pub(super) fn before(&self, end: MediaTime) -> usize {
        self.waiting.partition_point(|held| held.dts < end)
    }

    /// Appends the first `count` frames that wait as one fragment and lets them go. `next` is when the frame behind them
    /// is decoded, if it does not wait.
    pub(super) fn write(
        &mut self,
        count: usize,
        next: Option<MediaTime>,
        sequence: u32,
        out: &mut Vec<u8>,
    ) -> Result<(), fmp4::Fault> {
        let next = self.waiting.get(count).map(|held| held.dts).or(next);
        let taken: Vec<Held> = self.waiting.drain(..count.min(self.waiting.len())).collect();
        let bytes: usize = taken.iter().map(|held| cost_bytes(&held.payload)).sum();
        self.waiting_bytes = self.waiting_bytes.saturating_sub(bytes);
        let samples: Vec<Sample<'_>> = taken
            .iter()
            .map(|held| {
                let Held { dts, cts, key, ref payload } = *held;
                // Counts for the last one: the others last until the next.
                let duration = next.map_or(self.interval, |next| next - dts);
                Sample { dts, cts, duration, key, payload }
            })
            .collect();
        fragment(sequence, &self.track, &samples, out)
    }
}

/// What a frame that waits counts for.
const fn cost_bytes(payload: &Bytes) -> usize {
    payload.len().saturating_add(size_of::<Held>())
}

/// How long a frame of sound lasts by its codec.
fn duration(config: &Config, payload: &[u8]) -> Option<MediaTime> {
    let (samples, rate) = match config.codec {
        Codec::Aac => {
            let parsed = aac::AudioSpecificConfig::parse(&config.record).ok()?;
            (parsed.samples_per_frame(), parsed.output_sample_rate())
        }
        Codec::Mp3 => {
            let header = mp3::FrameHeader::parse(payload).ok()?;
            (header.samples_per_frame(), header.sample_rate)
        }
        Codec::Opus => (opus::samples(payload).ok()?, opus::SAMPLE_RATE),
        Codec::G711A | Codec::G711U => (u32::try_from(payload.len()).ok()?, g711::SAMPLE_RATE),
        Codec::H264 | Codec::Hevc | Codec::Av1 | Codec::Vp9 => return None,
    };
    let ticks = i64::from(samples).saturating_mul(MediaTime::HZ).checked_div(i64::from(rate))?;
    (ticks > 0).then(|| MediaTime::from_ticks(ticks))
}
