use vivace_base::{MediaTime, RTMP_CHUNK_BYTES_OUT};
use vivace_hub::{Format, FormatKind, Tracks};
use vivace_media::flv::{self, TagKind};
use vivace_media::{Container, Frame, FrameKind, amf};

use crate::engine::MediaKind;
use crate::engine::chunk::write_message;

/// RTMP messages on message stream 1, in chunks of the size that the server announces to everybody.
pub const RTMP: FormatKind =
    FormatKind { name: "rtmp", container: Container::Flv, make: || Box::new(Messages::new(Wanted::Both)) };
/// The same for a player that has said `receiveVideo(false)`.
pub const RTMP_AUDIO: FormatKind =
    FormatKind { name: "rtmp-audio", container: Container::Flv, make: || Box::new(Messages::new(Wanted::Audio)) };
/// The same for a player that has said `receiveAudio(false)`.
pub const RTMP_VIDEO: FormatKind =
    FormatKind { name: "rtmp-video", container: Container::Flv, make: || Box::new(Messages::new(Wanted::Video)) };

/// The message stream that all players share, so that they can share bytes.
pub const STREAM_ID: u32 = 1;

/// AMF0 of the name that publishers put in front of metadata.
const SET_DATA_FRAME: &[u8] = b"\x02\x00\x0d@setDataFrame";

/// Appends what stands before a frame's payload in the message that publishes it; the message's kind.
pub(crate) fn published(frame: &Frame, head: &mut Vec<u8>) -> MediaKind {
    if frame.kind == FrameKind::Metadata {
        head.extend_from_slice(SET_DATA_FRAME);
    }
    flv::body_header(frame, head);
    kind_of(frame)
}

fn kind_of(frame: &Frame) -> MediaKind {
    match flv::tag_kind(frame) {
        TagKind::Audio => MediaKind::Audio,
        TagKind::Video => MediaKind::Video,
        TagKind::Script => MediaKind::Data,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Both,
    Audio,
    Video,
}

struct Messages {
    wanted: Wanted,
    head: Vec<u8>,
}

impl Messages {
    fn new(wanted: Wanted) -> Self {
        Self { wanted, head: Vec::new() }
    }

    fn message(&mut self, frame: &Frame, out: &mut Vec<u8>) {
        let kind = kind_of(frame);
        let (type_id, chunk_stream) = kind.message_type_and_chunk_stream();
        self.head.clear();
        flv::body_header(frame, &mut self.head);
        // RTMP counts milliseconds in 32 bits and starts over after 49.7 days. Metadata stands at 0: behind it, FFmpeg
        // takes metadata for a track of text.
        let timestamp = if frame.kind == FrameKind::Metadata { 0 } else { frame.dts.ms() as u32 };
        let parts = [self.head.as_slice(), frame.payload.as_ref()];
        if let Err(fault) =
            write_message(out, chunk_stream, type_id, timestamp, STREAM_ID, &parts, RTMP_CHUNK_BYTES_OUT)
        {
            tracing::warn!(%fault, "a frame is left out");
        }
    }
}

impl Format for Messages {
    /// An RTMP connection has no header of its own once it plays.
    fn preamble(&mut self, _: &Tracks, _: &mut Vec<u8>) {}

    fn headers(&mut self, tracks: &Tracks, start: MediaTime, out: &mut Vec<u8>) {
        tracks.header_frames(start, |frame| self.frame(frame, tracks, out));
    }

    fn frame(&mut self, frame: &Frame, _: &Tracks, out: &mut Vec<u8>) {
        let unwanted = match frame.kind {
            FrameKind::Video | FrameKind::VideoConfig => self.wanted == Wanted::Audio,
            FrameKind::Audio | FrameKind::AudioConfig => self.wanted == Wanted::Video,
            FrameKind::Metadata => false,
        };
        if !unwanted {
            self.message(frame, out);
        }
    }

    fn skip_notice(&mut self, skipped: MediaTime, out: &mut Vec<u8>) {
        let mut payload = Vec::new();
        amf::encode_str(&mut payload, "onStatus");
        amf::encode_number(&mut payload, 0.0);
        amf::encode_null(&mut payload);
        amf::encode_object(&mut payload, |object| {
            object.str("level", "warning").str("code", "NetStream.Play.InsufficientBW");
            object.str("description", &format!("{} ms skipped", skipped.ms()));
        });
        use crate::engine::wire::{chunk_stream, message_type};
        let (stream, kind) = (chunk_stream::STREAM, message_type::COMMAND_AMF0);
        if let Err(fault) = write_message(out, stream, kind, 0, STREAM_ID, &[&payload], RTMP_CHUNK_BYTES_OUT) {
            tracing::warn!(%fault, "a notice is left out");
        }
    }
}
