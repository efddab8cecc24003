use bytes::Bytes;
use vivace_base::MediaTime;
use vivace_media::fmp4::{Sample, fragment};

use super::lane::{Held, Lane};

/// The frames of one part, by track.
pub(super) struct Taken {
    pub(super) video: Vec<Held>,
    pub(super) audio: Vec<Held>,
}

impl Taken {
    pub(super) fn is_empty(&self) -> bool {
        self.video.is_empty() && self.audio.is_empty()
    }

    /// Whether decoding may begin with this part.
    pub(super) fn is_independent(&self, has_video: bool) -> bool {
        if has_video { self.video.first().is_some_and(|held| held.key) } else { true }
    }
}

/// The part's bytes: a fragment for each track that has frames in it.
pub(super) fn part_bytes(taken: &Taken, video: Option<&Lane>, audio: Option<&Lane>, sequence: &mut u32) -> Bytes {
    let payload = |held: &[Held]| held.iter().map(|held| held.payload.len() + 16).sum::<usize>();
    let mut out = Vec::with_capacity(payload(&taken.video) + payload(&taken.audio) + 256);
    for (lane, held) in [(video, &taken.video), (audio, &taken.audio)] {
        let Some(lane) = lane else { continue };
        // What waits behind the part tells when its last frame ends.
        let next = lane.waiting.first().map(|held| held.dts);
        let samples = samples(held, next, lane.interval);
        if samples.is_empty() {
            continue;
        }
        *sequence = sequence.wrapping_add(1).max(1);
        if let Err(fault) = fragment(*sequence, &lane.track, &samples, &mut out) {
            tracing::warn!(%fault, "frames cannot be written as MP4 and are left out");
        }
    }
    Bytes::from(out.into_boxed_slice())
}

/// Frames as samples, of which each lasts until the next.
pub(super) fn samples(held: &[Held], next: Option<MediaTime>, interval: MediaTime) -> Vec<Sample<'_>> {
    let ends = held.iter().skip(1).map(|held| Some(held.dts)).chain([next]);
    held.iter().zip(ends).map(|(held, end)| held.sample(end, interval)).collect()
}
