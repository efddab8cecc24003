use bytes::Bytes;
use vivace_base::Limits;
use vivace_media::flv::{AudioTag, Reader, Tag, TagKind, VideoTag, parse_audio, parse_video};

use crate::fault::Fault;

/// The clip itself; `assets/README.md` says how it was made.
const FILE: &[u8] = include_bytes!("../../../assets/demo.flv");

/// Length of one round. It holds whole numbers of pictures and of audio frames, so that rounds join without a seam.
pub(super) const ROUND_MS: u32 = 8_000;

/// A clip to be sent over and over.
#[derive(Debug)]
pub(super) struct Clip {
    /// What a stream begins with: metadata and sequence headers.
    pub(super) headers: Vec<Tag>,
    /// The frames of one round, in order of time. Never empty.
    pub(super) frames: Vec<Tag>,
}

impl Clip {
    /// Takes the built-in file apart.
    ///
    /// # Errors
    /// [`Fault::Clip`], which would be a fault of the build.
    pub(super) fn load() -> Result<Self, Fault> {
        let mut reader = Reader::new(&Limits::default());
        reader.feed(FILE);
        let mut clip = Self { headers: Vec::new(), frames: Vec::new() };
        while let Some(tag) = reader.next().map_err(Fault::Clip)? {
            match part(&tag).map_err(Fault::Clip)? {
                Part::Header => clip.headers.push(tag),
                Part::Frame => clip.frames.push(tag),
                Part::Nothing => {}
            }
        }
        reader.finish().map_err(Fault::Clip)?;
        Ok(clip)
    }
}

enum Part {
    Header,
    Frame,
    Nothing,
}

fn part(tag: &Tag) -> Result<Part, vivace_media::flv::Fault> {
    let body: &Bytes = &tag.body;
    Ok(match tag.kind {
        TagKind::Script => Part::Header,
        TagKind::Video => match parse_video(body)? {
            VideoTag::SequenceStart { .. } => Part::Header,
            VideoTag::Coded { .. } => Part::Frame,
            _ => Part::Nothing,
        },
        TagKind::Audio => match parse_audio(body)? {
            AudioTag::SequenceStart { .. } => Part::Header,
            AudioTag::Coded { .. } => Part::Frame,
            _ => Part::Nothing,
        },
    })
}

#[cfg(test)]
mod tests {
    use vivace_base::MediaTime;
    use vivace_media::flv::{TagKind, VideoTag, parse_video};

    use super::{Clip, FILE, ROUND_MS};

    #[test]
    fn the_clip_is_small_and_joins_itself() {
        assert!(FILE.len() < 1 << 20);
        let clip = Clip::load().unwrap();
        assert_eq!(clip.headers.len(), 3);
        let times = |kind| {
            let frames = clip.frames.iter().filter(move |tag| tag.kind == kind);
            frames.map(|tag| tag.timestamp_ms).collect::<Vec<_>>()
        };
        for (kind, frames, frame_ms) in [(TagKind::Video, 240, 1_000.0 / 30.0), (TagKind::Audio, 375, 64.0 / 3.0)] {
            let times = times(kind);
            assert_eq!((times.len(), times[0]), (frames, 0), "{kind}");
            for (at, next) in times.iter().skip(1).chain([&ROUND_MS]).enumerate() {
                let off_ms = f64::from(*next) - (at as f64 + 1.0) * frame_ms;
                assert!(off_ms.abs() <= 1.0, "{kind} frame {at}: {off_ms} ms off");
            }
        }
        assert!(clip.frames.is_sorted_by_key(|tag| tag.timestamp_ms));
    }

    #[test]
    fn a_key_frame_comes_each_second_and_no_picture_is_reordered() {
        let clip = Clip::load().unwrap();
        let mut keys = Vec::new();
        for tag in clip.frames.iter().filter(|tag| tag.kind == TagKind::Video) {
            let VideoTag::Coded { key, cts, .. } = parse_video(&tag.body).unwrap() else { panic!("no picture") };
            assert_eq!(cts, MediaTime::ZERO);
            if key {
                keys.push(tag.timestamp_ms);
            }
        }
        assert_eq!(keys, [0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000]);
    }
}
