use vivace_base::MediaTime;
use vivace_hub::{Format, FormatKind, Tracks};
use vivace_media::{Container, Frame, FrameKind, amf, flv};

use crate::websocket::framed;

/// FLV over HTTP.
pub const FLV: FormatKind = FormatKind { name: "flv", container: Container::Flv, make: || Box::new(Flv) };
/// FLV over WebSocket: one message per tag.
pub const WS_FLV: FormatKind = FormatKind { name: "ws-flv", container: Container::Flv, make: || Box::new(WsFlv(Flv)) };

struct Flv;

impl Format for Flv {
    fn preamble(&mut self, tracks: &Tracks, out: &mut Vec<u8>) {
        out.extend_from_slice(&flv::file_header(tracks.audio.is_some(), tracks.video.is_some()));
    }

    fn headers(&mut self, tracks: &Tracks, start: MediaTime, out: &mut Vec<u8>) {
        tracks.header_frames(start, |frame| tag(frame, out));
    }

    fn frame(&mut self, frame: &Frame, _: &Tracks, out: &mut Vec<u8>) {
        tag(frame, out);
    }

    fn skip_notice(&mut self, skipped: MediaTime, out: &mut Vec<u8>) {
        let mut payload = Vec::new();
        amf::encode_str(&mut payload, "onStatus");
        amf::encode_object(&mut payload, |object| {
            object.str("level", "warning").str("code", "NetStream.Play.InsufficientBW");
            object.str("description", &format!("{} ms skipped", skipped.ms()));
        });
        let kind = FrameKind::Metadata;
        tag(
            &Frame {
                kind,
                codec: None,
                dts: MediaTime::ZERO,
                cts: MediaTime::ZERO,
                key: false,
                payload: payload.into(),
            },
            out,
        );
    }
}

fn tag(frame: &Frame, out: &mut Vec<u8>) {
    let begun = out.len();
    // FLV counts milliseconds in 32 bits and starts over after 49.7 days. Metadata stands at 0: behind it, FFmpeg takes
    // metadata for a track of text.
    let timestamp = if frame.kind == FrameKind::Metadata { 0 } else { frame.dts.ms() as u32 };
    if flv::write_tag(frame, timestamp, out).is_err() {
        // Longer than a tag can say: the frame is left out, whole.
        out.truncate(begun);
    }
}

struct WsFlv(Flv);

impl Format for WsFlv {
    fn preamble(&mut self, tracks: &Tracks, out: &mut Vec<u8>) {
        framed(out, |out| self.0.preamble(tracks, out));
    }

    fn headers(&mut self, tracks: &Tracks, start: MediaTime, out: &mut Vec<u8>) {
        framed(out, |out| self.0.headers(tracks, start, out));
    }

    fn frame(&mut self, frame: &Frame, tracks: &Tracks, out: &mut Vec<u8>) {
        framed(out, |out| self.0.frame(frame, tracks, out));
    }

    fn skip_notice(&mut self, skipped: MediaTime, out: &mut Vec<u8>) {
        framed(out, |out| self.0.skip_notice(skipped, out));
    }
}
