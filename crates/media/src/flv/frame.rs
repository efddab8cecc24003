use bytes::Bytes;
use vivace_base::MediaTime;

use super::body::Body;
use super::{AudioTag, Fault, TagKind, VideoTag, parse_audio, parse_video};
use crate::amf;
use crate::{Frame, FrameKind};

/// Turns the body of a tag or RTMP message into a frame of the hub; `None` where it carries none.
///
/// `dts` is the message's timestamp, unwrapped; a sub-millisecond modifier of an enhanced header is added to it. `key`
/// is the key frame flag of a picture and false on everything else. Of script messages only `onMetaData` is kept,
/// without the `@setDataFrame` that publishers put in front; its value is not examined.
///
/// # Errors
/// Those of [`parse_video`] and [`parse_audio`]; a script message that does not begin with a name.
pub fn to_frame(kind: TagKind, dts: MediaTime, body: &Bytes) -> Result<Option<Frame>, Fault> {
    match kind {
        TagKind::Video => Ok(video_frame(dts, parse_video(body)?)),
        TagKind::Audio => Ok(audio_frame(dts, parse_audio(body)?)),
        TagKind::Script => script_frame(dts, body),
    }
}

fn video_frame(dts: MediaTime, tag: VideoTag) -> Option<Frame> {
    match tag {
        VideoTag::SequenceStart { codec, record } => Some(Frame {
            kind: FrameKind::VideoConfig,
            codec: Some(codec),
            dts,
            cts: MediaTime::ZERO,
            key: false,
            payload: record,
        }),
        VideoTag::Coded { codec, key, cts, timestamp_offset, data } => Some(Frame {
            kind: FrameKind::Video,
            codec: Some(codec),
            dts: dts + timestamp_offset,
            cts,
            key,
            payload: data,
        }),
        VideoTag::SequenceEnd { .. } | VideoTag::Metadata { .. } | VideoTag::Ignored => None,
    }
}

fn audio_frame(dts: MediaTime, tag: AudioTag) -> Option<Frame> {
    let (kind, codec, dts, payload) = match tag {
        AudioTag::SequenceStart { codec, record } => (FrameKind::AudioConfig, codec, dts, record),
        AudioTag::Coded { codec, timestamp_offset, data } => (FrameKind::Audio, codec, dts + timestamp_offset, data),
        AudioTag::SequenceEnd { .. } | AudioTag::Ignored => return None,
    };
    Some(Frame { kind, codec: Some(codec), dts, cts: MediaTime::ZERO, key: false, payload })
}

fn script_frame(dts: MediaTime, body: &Bytes) -> Result<Option<Frame>, Fault> {
    if body.is_empty() {
        return Ok(None);
    }
    let mut script = Body::new(body, TagKind::Script);
    let mut name = script_name(&mut script)?;
    let mut name_at = 0;
    if name == b"@setDataFrame" {
        name_at = script.at();
        name = script_name(&mut script)?;
    }
    if name != b"onMetaData" || script.rest().is_empty() {
        return Ok(None);
    }
    Ok(Some(Frame {
        kind: FrameKind::Metadata,
        codec: None,
        dts,
        cts: MediaTime::ZERO,
        key: false,
        payload: body.slice(name_at..),
    }))
}

/// An AMF0 string (AMF0 section 2.4); names are compared as bytes and need not be text.
fn script_name<'a>(script: &mut Body<'a>) -> Result<&'a [u8], Fault> {
    let marker = script.u8()?;
    if marker != amf::STRING_MARKER {
        return Err(Fault::ScriptWithoutName { marker });
    }
    let bytes = usize::from(script.u16()?);
    script.take(bytes)
}
