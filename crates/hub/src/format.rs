use vivace_base::MediaTime;
use vivace_media::{Codec, Container, Frame};

use crate::Tracks;

/// Turns frames into the bytes of one wire format, once for all readers of that format.
pub trait Format: Send {
    /// Writes what a reader gets once, before anything else: the container's own header.
    fn preamble(&mut self, tracks: &Tracks, out: &mut Vec<u8>);

    /// Writes what a decoder needs before the frame at `start`: metadata and sequence headers. A reader gets it when
    /// it begins, and again when it has lost frames.
    fn headers(&mut self, tracks: &Tracks, start: MediaTime, out: &mut Vec<u8>);

    /// Writes one frame. Writing nothing means that the format cannot carry it.
    fn frame(&mut self, frame: &Frame, tracks: &Tracks, out: &mut Vec<u8>);

    /// Writes what tells a slow reader that it loses `skipped` of media time; nothing where the format has no word for it.
    fn skip_notice(&mut self, skipped: MediaTime, out: &mut Vec<u8>);
}

/// A wire format by name, with the way to make its encoder for one stream.
#[derive(Clone, Copy, Debug)]
pub struct FormatKind {
    /// Unique name, also the label in metrics: `rtmp`, `flv`, `mp4`, ...
    pub name: &'static str,
    /// What frames are wrapped in, which decides about the codecs that it carries.
    pub container: Container,
    /// Makes an encoder with no history.
    pub make: fn() -> Box<dyn Format>,
}

impl FormatKind {
    /// The first codec of a stream that the format cannot carry.
    pub fn uncarried(&self, tracks: &Tracks) -> Option<Codec> {
        tracks.codecs().find(|codec| !self.container.carries(*codec))
    }
}

impl PartialEq for FormatKind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for FormatKind {}
