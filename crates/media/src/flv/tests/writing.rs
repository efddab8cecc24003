use bytes::Bytes;
use vivace_base::MediaTime;

use super::super::{Fault, TAG_OVERHEAD_BYTES, TagKind, body_header, file_header, tag_kind, write_tag};
use super::ms;
use crate::{Codec, Frame, FrameKind};

fn frame(kind: FrameKind, codec: Option<Codec>, cts_ms: i64, key: bool) -> Frame {
    Frame { kind, codec, dts: ms(1_000), cts: ms(cts_ms), key, payload: Bytes::from_static(b"ab") }
}

fn header(frame: &Frame) -> Vec<u8> {
    let mut out = Vec::new();
    body_header(frame, &mut out);
    out
}

#[test]
fn body_headers_are_those_that_players_know() {
    use Codec::{Aac, Av1, G711A, G711U, H264, Hevc, Mp3, Opus, Vp9};
    use FrameKind::{Audio, AudioConfig, Metadata, Video, VideoConfig};
    let cases: [(Frame, &[u8]); 21] = [
        (frame(VideoConfig, Some(H264), 0, false), b"\x17\x00\x00\x00\x00"),
        (frame(Video, Some(H264), 80, true), b"\x17\x01\x00\x00\x50"),
        (frame(Video, Some(H264), -40, false), b"\x27\x01\xff\xff\xd8"),
        (frame(Video, Some(H264), 10_000_000, false), b"\x27\x01\x7f\xff\xff"),
        (frame(Video, Some(H264), -10_000_000, false), b"\x27\x01\x80\x00\x00"),
        (frame(VideoConfig, Some(Hevc), 0, false), b"\x90hvc1"),
        (frame(Video, Some(Hevc), 0, true), b"\x93hvc1"),
        (frame(Video, Some(Hevc), 0, false), b"\xa3hvc1"),
        (frame(Video, Some(Hevc), 33, false), b"\xa1hvc1\x00\x00\x21"),
        (frame(AudioConfig, Some(Aac), 0, false), b"\xaf\x00"),
        (frame(Audio, Some(Aac), 0, false), b"\xaf\x01"),
        (frame(Audio, Some(Mp3), 0, false), b"\x2f"),
        (frame(VideoConfig, Some(Av1), 0, false), b"\x90av01"),
        (frame(Video, Some(Av1), 0, true), b"\x91av01"),
        (frame(Video, Some(Av1), 0, false), b"\xa1av01"),
        (frame(Video, Some(Vp9), 0, false), b"\xa1vp09"),
        (frame(AudioConfig, Some(Opus), 0, false), b"\x90Opus"),
        (frame(Audio, Some(Opus), 0, false), b"\x91Opus"),
        (frame(Audio, Some(G711A), 0, false), b"\x72"),
        (frame(Audio, Some(G711U), 0, false), b"\x82"),
        (frame(Metadata, None, 0, false), b""),
    ];
    for (frame, bytes) in cases {
        assert_eq!(header(&frame), bytes, "{frame:?}");
    }
}

#[test]
fn times_between_milliseconds_keep_the_presentation_time_to_the_millisecond() {
    // 60 pictures a second, decoded one picture before they are shown: 16 2/3 ms.
    for picture in 0..60 {
        let (dts, cts) = (MediaTime::from_ticks(picture * 1_500), MediaTime::from_ticks(1_500));
        let header = header(&Frame { dts, cts, ..frame(FrameKind::Video, Some(Codec::H264), 0, false) });
        assert_eq!(dts.ms() + i64::from(header[4]), (dts + cts).ms());
    }
}

#[test]
fn a_tag_has_its_size_its_extended_timestamp_and_its_size_again() {
    let mut out = b"before".to_vec();
    write_tag(&frame(FrameKind::Audio, Some(Codec::Aac), 0, false), 0x0102_0304, &mut out).unwrap();
    assert_eq!(out, b"before\x08\x00\x00\x04\x02\x03\x04\x01\x00\x00\x00\xaf\x01ab\x00\x00\x00\x0f");
    assert_eq!(out.len(), "before".len() + 2 + 2 + TAG_OVERHEAD_BYTES);
}

#[test]
fn a_body_that_24_bits_cannot_count_is_refused_and_leaves_nothing() {
    let payload = Bytes::from(vec![0; 0xFF_FFFF - 4]);
    let longest = Frame { payload: payload.slice(1..), ..frame(FrameKind::Video, Some(Codec::H264), 0, true) };
    let too_long = Frame { payload, ..longest.clone() };
    let mut out = b"before".to_vec();
    let fault = Fault::TagTooLong { kind: TagKind::Video, bytes: 0x100_0000 };
    assert_eq!(write_tag(&too_long, 0, &mut out), Err(fault));
    assert_eq!(out, b"before");
    assert_eq!(write_tag(&longest, 0, &mut out), Ok(()));
    assert_eq!(out.get(6..10), Some(b"\x09\xff\xff\xff".as_slice()));
}

#[test]
fn the_file_header_announces_what_the_file_has() {
    assert_eq!(&file_header(true, true), b"FLV\x01\x05\0\0\0\x09\0\0\0\0");
    assert_eq!(&file_header(true, false), b"FLV\x01\x04\0\0\0\x09\0\0\0\0");
    assert_eq!(&file_header(false, true), b"FLV\x01\x01\0\0\0\x09\0\0\0\0");
}

#[test]
fn kinds_of_tags_follow_the_kind_of_frame() {
    let kind = |kind| tag_kind(&frame(kind, None, 0, false));
    assert_eq!(kind(FrameKind::Metadata), TagKind::Script);
    assert_eq!(kind(FrameKind::VideoConfig), TagKind::Video);
    assert_eq!(kind(FrameKind::AudioConfig), TagKind::Audio);
    for kind in [TagKind::Audio, TagKind::Video, TagKind::Script] {
        assert_eq!(TagKind::from_number(kind.number()), Some(kind));
    }
    assert_eq!(TagKind::from_number(15), None);
}
