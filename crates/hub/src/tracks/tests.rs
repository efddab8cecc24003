use bytes::Bytes;
use vivace_base::MediaTime;
use vivace_media::{Codec, Container, Frame, FrameKind, fmp4, opus};

use super::Tracks;
use crate::FormatKind;

const VPCC: &[u8] = b"\x00\x0b\x82\x02\x02\x02\0\0";
const KEY_318X178: &[u8] = b"\x82\x49\x83\x42\x00\x13\xd0\x0b\x16";
const KEY_320X178: &[u8] = b"\x82\x49\x83\x42\x00\x13\xf0\x0b\x16";
const INTER: &[u8] = b"\x86\x00\x40\x92";

fn frame(kind: FrameKind, codec: Codec, payload: &'static [u8]) -> Frame {
    let (dts, cts, payload) = (MediaTime::ZERO, MediaTime::ZERO, Bytes::from_static(payload));
    let key = kind == FrameKind::Video && payload != INTER;
    Frame { kind, codec: Some(codec), dts, cts, key, payload }
}

/// Whether each frame in turn changes a configuration.
fn note(tracks: &mut Tracks, frames: &[Frame]) -> Vec<bool> {
    let mut changes = Vec::new();
    for frame in frames {
        changes.push(tracks.changes(frame));
        tracks.note(frame);
    }
    changes
}

#[test]
fn key_frames_of_vp9_tell_the_size_and_a_repeated_record_does_not_forget_it() {
    let mut tracks = Tracks::default();
    let vp9 = |kind, payload| frame(kind, Codec::Vp9, payload);
    let record = vp9(FrameKind::VideoConfig, VPCC);
    let size = |tracks: &Tracks| tracks.video.as_ref().unwrap().track(1).map(|track| track.size());
    assert_eq!(note(&mut tracks, std::slice::from_ref(&record)), [true]);
    assert_eq!(size(&tracks), Err(fmp4::Fault::SizeUnknown));
    let frames = [vp9(FrameKind::Video, INTER), vp9(FrameKind::Video, KEY_318X178), vp9(FrameKind::Video, KEY_318X178)];
    assert_eq!(note(&mut tracks, &frames), [false, true, false]);
    assert_eq!(size(&tracks), Ok((318, 178)));
    assert_eq!(note(&mut tracks, &[record, vp9(FrameKind::Video, KEY_320X178)]), [false, true]);
    assert_eq!(size(&tracks), Ok((320, 178)));
}

#[test]
fn pictures_of_another_codec_than_the_record_tell_no_size() {
    let mut tracks = Tracks::default();
    let frames =
        [frame(FrameKind::VideoConfig, Codec::Av1, b"\x81\0\0\0"), frame(FrameKind::Video, Codec::Vp9, KEY_318X178)];
    assert_eq!(note(&mut tracks, &frames), [true, false]);
}

#[test]
fn opus_without_a_header_gets_one_and_a_header_that_came_stays() {
    let mut tracks = Tracks::default();
    note(&mut tracks, &[frame(FrameKind::Audio, Codec::Opus, b"\xfc\0")]);
    let head = |tracks: &Tracks| {
        let config = tracks.audio.clone().unwrap();
        assert_eq!(config.codec, Codec::Opus);
        let head = opus::Head::parse(&config.record).unwrap();
        (head.channels, head.pre_skip)
    };
    assert_eq!(head(&tracks), (2, 0));
    let given = b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0";
    note(
        &mut tracks,
        &[frame(FrameKind::AudioConfig, Codec::Opus, given), frame(FrameKind::Audio, Codec::Opus, b"\xfc\0")],
    );
    assert_eq!(head(&tracks), (1, 312));
}

#[test]
fn only_codecs_with_a_record_send_one() {
    for (codec, told) in [(Codec::Mp3, 0), (Codec::G711A, 0), (Codec::G711U, 0), (Codec::Opus, 1)] {
        let mut tracks = Tracks::default();
        note(&mut tracks, &[frame(FrameKind::Audio, codec, b"\xfc\0")]);
        assert_eq!(tracks.audio.as_ref().map(|audio| audio.codec), Some(codec));
        let mut given = 0;
        tracks.header_frames(MediaTime::ZERO, |_| given += 1);
        assert_eq!(given, told, "{codec:?}");
    }
    let mut tracks = Tracks::default();
    note(&mut tracks, &[frame(FrameKind::Audio, Codec::Aac, b"\x21")]);
    assert_eq!(tracks.audio, None, "AAC means nothing without its record");
}

#[test]
fn what_a_format_cannot_carry_is_found_in_either_track() {
    let kind = |container| FormatKind { name: "test", container, make: || unreachable!("nobody reads") };
    let mut tracks = Tracks::default();
    assert_eq!(kind(Container::MpegTs).uncarried(&tracks), None);
    note(&mut tracks, &[frame(FrameKind::Audio, Codec::G711A, b"x")]);
    assert_eq!(kind(Container::Fmp4).uncarried(&tracks), Some(Codec::G711A));
    assert_eq!(kind(Container::Flv).uncarried(&tracks), None);
    note(&mut tracks, &[frame(FrameKind::VideoConfig, Codec::Vp9, VPCC)]);
    assert_eq!(kind(Container::MpegTs).uncarried(&tracks), Some(Codec::Vp9));
}
