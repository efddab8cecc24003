//! Entry point for fuzzing: any bytes may go in, nothing may panic.

use bytes::Bytes;
use vivace_base::{Limits, MediaTime};
use vivace_media::fmp4::{Track, init_segment};
use vivace_media::{Codec, Frame, FrameKind};

use super::unpack::Unpack;

/// When the source's timeline begins.
const BASE: MediaTime = MediaTime::from_ms(5_000);

/// Any bytes as what comes from a child. The first byte says what was asked of it and whether what follows stands behind a
/// good beginning, the second how it is cut: the frames are the same however that is.
///
/// # Panics
/// If a promise is broken.
pub fn unpack(data: &[u8]) {
    let Some((&[what, step], rest)) = data.split_first_chunk() else { return };
    let sound = match what % 3 {
        0 => None,
        1 => Some(Codec::Aac),
        _ => Some(Codec::Opus),
    };
    let bytes = [beginning(sound.filter(|_| what & 0x80 != 0)), rest.to_vec()].concat();
    let (whole, pieces) = (read(&bytes, bytes.len().max(1), sound), read(&bytes, usize::from(step).max(1), sound));
    if let (Some(whole), Some(pieces)) = (whole, pieces) {
        assert_eq!(whole, pieces, "cuts change the frames");
        let expected = |frame: &Frame| match sound {
            None => matches!(frame.codec, None | Some(Codec::H264 | Codec::Aac)),
            codec => frame.codec == codec,
        };
        assert!(whole.iter().all(expected), "a codec that nobody has asked for");
        let bytes_of = |frame: &Frame| {
            if matches!(frame.kind, FrameKind::Video | FrameKind::Audio) { frame.payload.len() } else { 0 }
        };
        assert!(whole.iter().map(bytes_of).sum::<usize>() <= bytes.len(), "more frames than bytes");
    }
}

/// An initialization segment of the codec.
fn beginning(codec: Option<Codec>) -> Vec<u8> {
    let config: &[u8] = match codec {
        Some(Codec::Aac) => &[0x12, 0x10],
        Some(_) => b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0",
        None => return Vec::new(),
    };
    let track = codec.map(|codec| Track::from_config(codec, &Bytes::from_static(config), 1).expect("a configuration"));
    init_segment(track.as_slice())
}

/// All frames; none if the bytes cannot be read.
fn read(bytes: &[u8], step: usize, sound: Option<Codec>) -> Option<Vec<Frame>> {
    let mut unpack = Unpack::new(&Limits::default(), BASE, sound);
    let mut frames = Vec::new();
    for piece in bytes.chunks(step) {
        unpack.feed(piece);
        loop {
            match unpack.next() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(fault) => {
                    assert!(!fault.to_string().is_empty());
                    return None;
                }
            }
        }
    }
    Some(frames)
}
