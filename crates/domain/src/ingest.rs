//! What goes wrong in a running push: looked at frame by frame, counted, and told in reports.

#[cfg(test)]
mod tests;

use vivace_base::MonoMs;

/// What may go wrong in a push (dossier `lvb_api`, section e, event 321).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Anomaly {
    /// The video's timestamps moved backwards.
    VideoBackwards,
    /// The audio's timestamps moved backwards.
    AudioBackwards,
    /// The video's timestamps jumped ahead by more than [`JUMP_MS`].
    VideoJump,
    /// The audio's timestamps jumped ahead by more than [`JUMP_MS`].
    AudioJump,
    /// Two pictures came more than [`VIDEO_LATE_MS`] apart.
    VideoLate,
    /// Two frames of sound came more than [`AUDIO_LATE_MS`] apart.
    AudioLate,
    /// Another video codec.
    VideoCodecChanged,
    /// Another audio codec.
    AudioCodecChanged,
    /// A picture before its codec's header.
    VideoNoHeader,
    /// Sound before its codec's header.
    AudioNoHeader,
    /// Fewer than [`FRAME_RATE_MIN`] pictures a second.
    LowFrameRate,
    /// Key frames more than [`GOP_MS`] apart.
    LongGop,
}

/// A step of timestamps that is a jump.
pub const JUMP_MS: i64 = 1_000;
/// Pictures come this close to each other.
pub const VIDEO_LATE_MS: u64 = 3_000;
/// Frames of sound come this close to each other.
pub const AUDIO_LATE_MS: u64 = 1_000;
/// Pictures a second.
pub const FRAME_RATE_MIN: u64 = 5;
/// Key frames come this close to each other.
pub const GOP_MS: i64 = 10_000;

/// Occurrences of one kind that a report tells one by one; the others are counted.
const DETAILS_MAX: usize = 10;

/// One occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// When.
    pub at: MonoMs,
    /// Milliseconds, or pictures a second, that were measured; 0 where there is nothing to measure.
    pub measured: i64,
}

/// What has happened since the report before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnomalyReport {
    /// What.
    pub anomaly: Anomaly,
    /// How often.
    pub count: u64,
    /// The first of them.
    pub first: Vec<Occurrence>,
}

/// What one frame is, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IngestFrame {
    /// A picture or its header, otherwise sound.
    pub video: bool,
    /// A codec's header and no media.
    pub header: bool,
    /// A picture that needs no other.
    pub key: bool,
    /// The codec needs a header before its media.
    pub needs_header: bool,
    /// A number for the codec, each its own.
    pub codec: u32,
    /// The publisher's own decoding time in milliseconds.
    pub dts_ms: i64,
}

/// Watches one push. Takes constant memory.
#[derive(Clone, Debug, Default)]
pub struct IngestWatch {
    video: Lane,
    audio: Lane,
    key_at: Option<i64>,
    pictures: u64,
    reported_at: Option<MonoMs>,
    found: Vec<AnomalyReport>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Lane {
    codec: Option<u32>,
    has_header: bool,
    last: Option<(i64, MonoMs)>,
}

/// The anomalies of one of the two lanes.
struct Names {
    backwards: Anomaly,
    jump: Anomaly,
    late: Anomaly,
    late_ms: u64,
    codec: Anomaly,
    no_header: Anomaly,
}

const VIDEO: Names = Names {
    backwards: Anomaly::VideoBackwards,
    jump: Anomaly::VideoJump,
    late: Anomaly::VideoLate,
    late_ms: VIDEO_LATE_MS,
    codec: Anomaly::VideoCodecChanged,
    no_header: Anomaly::VideoNoHeader,
};
const AUDIO: Names = Names {
    backwards: Anomaly::AudioBackwards,
    jump: Anomaly::AudioJump,
    late: Anomaly::AudioLate,
    late_ms: AUDIO_LATE_MS,
    codec: Anomaly::AudioCodecChanged,
    no_header: Anomaly::AudioNoHeader,
};

impl IngestWatch {
    /// Looks at a frame that has come `now`.
    pub fn look(&mut self, frame: IngestFrame, now: MonoMs) {
        let names = if frame.video { &VIDEO } else { &AUDIO };
        let lane = if frame.video { &mut self.video } else { &mut self.audio };
        let before = *lane;
        if lane.codec.replace(frame.codec) != Some(frame.codec) {
            lane.has_header = false;
        }
        lane.has_header |= frame.header;
        let has_header = lane.has_header;
        if !frame.header {
            lane.last = Some((frame.dts_ms, now));
        }
        if before.codec.is_some_and(|codec| codec != frame.codec) {
            self.note(names.codec, now, 0);
        }
        if frame.header {
            return;
        }
        if frame.needs_header && !has_header {
            self.note(names.no_header, now, 0);
        }
        if let Some((dts_ms, heard_at)) = before.last {
            self.step(names, frame.dts_ms.saturating_sub(dts_ms), now.since(heard_at), now);
        }
        if frame.video {
            self.picture(frame, now);
        }
    }

    /// What was found since the last call, `None` the first time and for a time without pictures or sound.
    pub fn report(&mut self, now: MonoMs) -> Vec<AnomalyReport> {
        let since = self.reported_at.replace(now);
        let pictures = std::mem::take(&mut self.pictures);
        let ms = since.map_or(0, |since| now.since(since));
        // Within the first interval it is not known for how long there have been pictures.
        if ms >= 1_000 && self.video.last.is_some() {
            let rate = pictures.saturating_mul(1_000) / ms;
            if rate < FRAME_RATE_MIN {
                self.note(Anomaly::LowFrameRate, now, i64::try_from(rate).unwrap_or(i64::MAX));
            }
        }
        let mut found = std::mem::take(&mut self.found);
        found.sort_by_key(|report| report.anomaly);
        found
    }

    fn step(&mut self, names: &Names, step_ms: i64, waited_ms: u64, now: MonoMs) {
        if step_ms < 0 {
            self.note(names.backwards, now, step_ms);
        } else if step_ms > JUMP_MS {
            self.note(names.jump, now, step_ms);
        }
        if waited_ms > names.late_ms {
            self.note(names.late, now, i64::try_from(waited_ms).unwrap_or(i64::MAX));
        }
    }

    fn picture(&mut self, frame: IngestFrame, now: MonoMs) {
        self.pictures = self.pictures.saturating_add(1);
        if frame.key
            && let Some(before) = self.key_at.replace(frame.dts_ms)
        {
            let apart = frame.dts_ms.saturating_sub(before);
            if apart > GOP_MS {
                self.note(Anomaly::LongGop, now, apart);
            }
        }
    }

    fn note(&mut self, anomaly: Anomaly, at: MonoMs, measured: i64) {
        let place = self.found.iter().position(|report| report.anomaly == anomaly).unwrap_or_else(|| {
            self.found.push(AnomalyReport { anomaly, count: 0, first: Vec::new() });
            self.found.len() - 1
        });
        if let Some(report) = self.found.get_mut(place) {
            report.count = report.count.saturating_add(1);
            if report.first.len() < DETAILS_MAX {
                report.first.push(Occurrence { at, measured });
            }
        }
    }
}
