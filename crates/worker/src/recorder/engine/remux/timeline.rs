use vivace_base::MediaTime;
use vivace_media::fmp4::InputSample;

/// Puts parts one behind the other where a stream has begun anew: its timeline then starts at zero again, and in one
/// file time does not go back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Timeline {
    offset: MediaTime,
    /// When all samples so far have ended.
    end: Option<MediaTime>,
}

/// Sound and pictures of two parts may overlap by less.
const BACK_MAX: MediaTime = MediaTime::from_ms(5_000);

impl Timeline {
    /// What the times of a part are moved by whose first sample this is.
    pub(super) fn begin_part(&mut self, first: &InputSample) -> MediaTime {
        if let Some(end) = self.end
            && first.dts + self.offset < end - BACK_MAX
        {
            self.offset = end - first.dts;
        }
        self.offset
    }

    /// Takes note of a sample.
    pub(super) fn note(&mut self, sample: &InputSample) {
        let end = sample.dts + sample.duration + self.offset;
        self.end = self.end.max(Some(end));
    }
}
