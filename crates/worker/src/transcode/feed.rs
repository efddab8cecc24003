use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use tokio::process::ChildStdin;
use vivace_base::Clock;
use vivace_hub::{Format, FormatKind, Tracks};
use vivace_media::{Codec, Container, Frame, FrameKind, amf};

use super::Feeds;
use super::source::{Source, Start};
use super::weave::Aside;
use crate::child::Progress;

/// How the giving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fed {
    /// Another publisher, or other codecs: another child goes on.
    Renewed,
    /// The stream is over.
    Over,
    /// The child takes nothing any more.
    Broken,
}

/// Milliseconds that a child's clock counts: FLV has 32 bits for them, and a reader may take the last for a sign.
const FEED_MS_MAX: i64 = 1 << 30;

/// The format for a stream, the name of FFmpeg's demuxer for it, and the codec of the sound that passes.
pub(super) fn format(feeds: &Feeds, tracks: &Tracks) -> (FormatKind, &'static str, Option<Codec>) {
    let (video, audio) = (tracks.video.as_ref(), tracks.audio.as_ref().map(|audio| audio.codec));
    let plain = video.is_none_or(|video| video.codec == Codec::H264) && audio != Some(Codec::Opus);
    let (kind, name) = if plain { (feeds.flv, "flv") } else { (feeds.mp4, "mp4") };
    (kind, name, audio.filter(|codec| kind.container.carries(*codec)))
}

/// What of a stream a child is given, and how.
pub(super) struct Feed<'a> {
    pub(super) kind: FormatKind,
    /// The tracks that it gets.
    pub(super) tracks: Tracks,
    /// Where pictures go that it does not get.
    pub(super) aside: Option<&'a Aside>,
}

/// Gives a child the stream until something ends that.
pub(super) async fn feed(
    source: &mut Source,
    start: &Start,
    what: &Feed<'_>,
    mut input: ChildStdin,
    progress: &Progress,
    clock: &dyn Clock,
) -> Fed {
    let mut format = (what.kind.make)();
    let mut bytes = head(format.as_mut(), &what.tracks, start.frame_rate);
    let mut intro = Intro::new(what.kind, &what.tracks);
    loop {
        let Some(batch) = source.next().await else { return Fed::Over };
        let same = batch.tracks.video == start.tracks.video && batch.tracks.audio == start.tracks.audio;
        let ms = batch.frames.last().map_or(0, |frame| (frame.dts - start.base).ms());
        if batch.epoch != start.epoch || !same || ms > FEED_MS_MAX {
            source.put_back(batch);
            return Fed::Renewed;
        }
        for frame in &batch.frames {
            if !source.is_useful(frame) {
                continue;
            }
            match what.aside {
                Some(aside) if frame.kind == FrameKind::Video => {
                    aside.picture(frame.clone());
                    continue;
                }
                Some(aside) => aside.sound(frame.dts),
                None => {}
            }
            let frame = Frame { dts: frame.dts - start.base, ..frame.clone() };
            intro.write(format.as_mut(), &frame, &what.tracks, &mut bytes);
        }
        if bytes.is_empty() {
            continue;
        }
        progress.offers(clock.mono());
        if input.write_all(&bytes).await.is_err() {
            return Fed::Broken;
        }
        progress.took();
        bytes.clear();
    }
}

/// Sound without a header of its own shows itself by its first frame, and a demuxer that looks at a few bytes only must find
/// that before the first picture. So pictures wait for it.
struct Intro {
    held: Option<Vec<u8>>,
    pictures: u32,
}

/// Pictures that wait for the first sound: none comes any more then.
const HELD_MAX: u32 = 50;

impl Intro {
    fn new(kind: FormatKind, tracks: &Tracks) -> Self {
        let hidden = tracks.audio.as_ref().is_some_and(|audio| !audio.codec.has_record());
        let waits = hidden && tracks.video.is_some() && kind.container == Container::Flv;
        Self { held: waits.then(Vec::new), pictures: 0 }
    }

    fn write(&mut self, format: &mut dyn Format, frame: &Frame, tracks: &Tracks, out: &mut Vec<u8>) {
        let Some(mut held) = self.held.take() else { return format.frame(frame, tracks, out) };
        if frame.kind == FrameKind::Audio {
            format.frame(frame, tracks, out);
            return out.append(&mut held);
        }
        format.frame(frame, tracks, &mut held);
        self.pictures += 1;
        if self.pictures > HELD_MAX {
            return out.append(&mut held);
        }
        self.held = Some(held);
    }
}

/// What goes first. Of the publisher's metadata the child gets nothing: it may be of any length, and only the rate of the
/// pictures would matter.
fn head(format: &mut dyn Format, tracks: &Tracks, frame_rate: Option<f64>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut tracks = tracks.clone();
    tracks.metadata = frame_rate.filter(|_| tracks.video.is_some()).map(metadata);
    format.preamble(&tracks, &mut bytes);
    format.headers(&tracks, vivace_base::MediaTime::ZERO, &mut bytes);
    bytes
}

fn metadata(frame_rate: f64) -> Bytes {
    let mut out = Vec::new();
    amf::encode_str(&mut out, "onMetaData");
    amf::encode_object(&mut out, |object| {
        object.number("framerate", frame_rate);
    });
    out.into()
}
