use bytes::Bytes;
use vivace_base::MediaTime;

use super::{AudioTag, Fault, ForeignCodec, TagKind, VideoTag, parse_audio, parse_video, to_frame};
use crate::{Codec, Frame, FrameKind};

mod reading;
mod writing;

fn ms(ms: i64) -> MediaTime {
    MediaTime::from_ms(ms)
}

fn video(body: &'static [u8]) -> Result<VideoTag, Fault> {
    parse_video(&Bytes::from_static(body))
}

fn audio(body: &'static [u8]) -> Result<AudioTag, Fault> {
    parse_audio(&Bytes::from_static(body))
}

fn coded_video(codec: Codec, key: bool, cts_ms: i64, data: &'static [u8]) -> Result<VideoTag, Fault> {
    let data = Bytes::from_static(data);
    Ok(VideoTag::Coded { codec, key, cts: ms(cts_ms), timestamp_offset: MediaTime::ZERO, data })
}

fn coded_audio(codec: Codec, data: &'static [u8]) -> Result<AudioTag, Fault> {
    Ok(AudioTag::Coded { codec, timestamp_offset: MediaTime::ZERO, data: Bytes::from_static(data) })
}

fn truncated<T>(kind: TagKind, at: usize, needed_bytes: usize, left_bytes: usize) -> Result<T, Fault> {
    Err(Fault::Truncated { kind, at, needed_bytes, left_bytes })
}

#[test]
fn legacy_video_headers_are_read() {
    let record = Bytes::from_static(b"\x01\x64");
    let start = |codec| Ok(VideoTag::SequenceStart { codec, record: record.clone() });
    assert_eq!(video(b"\x17\x00\x00\x00\x00\x01\x64"), start(Codec::H264));
    assert_eq!(video(b"\x1c\x00\x00\x00\x00\x01\x64"), start(Codec::Hevc));
    assert_eq!(video(b"\x17\x01\x00\x00\x50ab"), coded_video(Codec::H264, true, 80, b"ab"));
    assert_eq!(video(b"\x27\x01\xff\xff\xd8ab"), coded_video(Codec::H264, false, -40, b"ab"));
    assert_eq!(video(b"\x37\x01\x80\x00\x00ab"), coded_video(Codec::H264, false, -8_388_608, b"ab"));
    assert_eq!(video(b"\x47\x01\x7f\xff\xffab"), coded_video(Codec::H264, true, 8_388_607, b"ab"));
    assert_eq!(video(b"\x1c\x01\x00\x00\x00ab"), coded_video(Codec::Hevc, true, 0, b"ab"));
    assert_eq!(video(b"\x07\x01\x00\x00\x00ab"), coded_video(Codec::H264, false, 0, b"ab"));
    assert_eq!(video(b"\x17\x02\x00\x00\x00"), Ok(VideoTag::SequenceEnd { codec: Codec::H264 }));
    assert_eq!(video(b"\x17\x02"), Ok(VideoTag::SequenceEnd { codec: Codec::H264 }));
}

#[test]
fn enhanced_video_headers_are_read() {
    let record = Bytes::from_static(b"\x01\x01");
    let start = |codec| Ok(VideoTag::SequenceStart { codec, record: record.clone() });
    assert_eq!(video(b"\x90hvc1\x01\x01"), start(Codec::Hevc));
    assert_eq!(video(b"\x90avc1\x01\x01"), start(Codec::H264));
    assert_eq!(video(b"\x91hvc1\x00\x00\x21ab"), coded_video(Codec::Hevc, true, 33, b"ab"));
    assert_eq!(video(b"\xa1avc1\xff\xff\xffab"), coded_video(Codec::H264, false, -1, b"ab"));
    assert_eq!(video(b"\xa3hvc1ab"), coded_video(Codec::Hevc, false, 0, b"ab"));
    assert_eq!(video(b"\x93avc1ab"), coded_video(Codec::H264, true, 0, b"ab"));
    assert_eq!(video(b"\x92hvc1"), Ok(VideoTag::SequenceEnd { codec: Codec::Hevc }));
    let data = Bytes::from_static(b"\x02\x00\x09colorInfo\x05");
    assert_eq!(video(b"\x94hvc1\x02\x00\x09colorInfo\x05"), Ok(VideoTag::Metadata { codec: Codec::Hevc, data }));
}

#[test]
fn pictures_of_av1_and_vp9_have_no_composition_time() {
    for (codec, start, coded, coded_x, end) in [
        (Codec::Av1, b"\x90av01\x81\0", b"\x91av01ab", b"\xa3av01ab", b"\x92av01"),
        (Codec::Vp9, b"\x90vp09\x81\0", b"\x91vp09ab", b"\xa3vp09ab", b"\x92vp09"),
    ] {
        let record = Bytes::from_static(b"\x81\0");
        assert_eq!(video(start), Ok(VideoTag::SequenceStart { codec, record }));
        assert_eq!(video(coded), coded_video(codec, true, 0, b"ab"));
        assert_eq!(video(coded_x), coded_video(codec, false, 0, b"ab"));
        assert_eq!(video(end), Ok(VideoTag::SequenceEnd { codec }));
    }
    assert_eq!(video(b"\x91av01"), Ok(VideoTag::Ignored));
}

#[test]
fn opus_and_g711_are_read() {
    let record = Bytes::from_static(b"OpusHead");
    assert_eq!(audio(b"\x90OpusOpusHead"), Ok(AudioTag::SequenceStart { codec: Codec::Opus, record }));
    assert_eq!(audio(b"\x90Opus"), Ok(AudioTag::Ignored));
    assert_eq!(audio(b"\x91Opusab"), coded_audio(Codec::Opus, b"ab"));
    assert_eq!(audio(b"\x94Opus\x01\x01\0\0\0\x04"), Ok(AudioTag::Ignored));
    assert_eq!(audio(b"\x92Opus"), Ok(AudioTag::SequenceEnd { codec: Codec::Opus }));
    assert_eq!(audio(b"\x72ab"), coded_audio(Codec::G711A, b"ab"));
    assert_eq!(audio(b"\x8eab"), coded_audio(Codec::G711U, b"ab"));
    assert_eq!(audio(b"\x82"), Ok(AudioTag::Ignored));
}

#[test]
fn modifiers_before_the_fourcc_are_skipped_and_the_nanoseconds_kept() {
    let with_offset = |ticks, data: &'static [u8]| {
        let (data, timestamp_offset) = (Bytes::from_static(data), MediaTime::from_ticks(ticks));
        Ok(VideoTag::Coded { codec: Codec::Hevc, key: true, cts: MediaTime::ZERO, timestamp_offset, data })
    };
    // 500,000 ns are 45 ticks.
    assert_eq!(video(b"\x97\x02\x07\xa1\x20\x03hvc1ab"), with_offset(45, b"ab"));
    // An offset beyond the millisecond stays below it.
    assert_eq!(video(b"\x97\x02\xff\xff\xff\x03hvc1ab"), with_offset(89, b"ab"));
    // A modifier of an unknown kind, then the offset, then the packet.
    assert_eq!(video(b"\x97\x00\xee\x17\x02\x07\xa1\x20\x03hvc1ab"), with_offset(45, b"ab"));
    assert_eq!(video(b"\x97\x00\xee\x53hvc1ab"), with_offset(0, b"ab"));

    // A length of 256 stands for a length of 16 bits that follows.
    let mut long = b"\x97\xff\x01\x2b".to_vec();
    long.extend_from_slice(&[0xEE; 300]);
    long.extend_from_slice(b"\x13hvc1ab");
    assert_eq!(parse_video(&long.into()), with_offset(0, b"ab"));

    let (data, timestamp_offset) = (Bytes::from_static(b"ab"), MediaTime::from_ticks(45));
    let sound = Ok(AudioTag::Coded { codec: Codec::Aac, timestamp_offset, data });
    assert_eq!(audio(b"\x97\x02\x07\xa1\x20\x01mp4aab"), sound);
}

#[test]
fn audio_headers_are_read() {
    let record = Bytes::from_static(b"\x12\x10");
    let start = Ok(AudioTag::SequenceStart { codec: Codec::Aac, record });
    assert_eq!(audio(b"\xaf\x00\x12\x10"), start);
    assert_eq!(audio(b"\x90mp4a\x12\x10"), start);
    assert_eq!(audio(b"\xaf\x01ab"), coded_audio(Codec::Aac, b"ab"));
    assert_eq!(audio(b"\xa0\x01ab"), coded_audio(Codec::Aac, b"ab"));
    assert_eq!(audio(b"\x2f\xff\xfb"), coded_audio(Codec::Mp3, b"\xff\xfb"));
    assert_eq!(audio(b"\xe2\xff\xfb"), coded_audio(Codec::Mp3, b"\xff\xfb"));
    assert_eq!(audio(b"\x91mp4aab"), coded_audio(Codec::Aac, b"ab"));
    assert_eq!(audio(b"\x91.mp3\xff\xfb"), coded_audio(Codec::Mp3, b"\xff\xfb"));
    assert_eq!(audio(b"\x92mp4a"), Ok(AudioTag::SequenceEnd { codec: Codec::Aac }));
    assert_eq!(audio(b"\x90.mp3"), Ok(AudioTag::Ignored));
    assert_eq!(audio(b"\x94mp4a\x01\x02\0\0\0\x03"), Ok(AudioTag::Ignored));
}

#[test]
fn bodies_with_nothing_for_a_decoder_are_ignored() {
    for body in [b"".as_slice(), b"\x57\x00", b"\x52", b"\xd0\x00", b"\x17\x01\x00\x00\x00", b"\x93hvc1"] {
        assert_eq!(video(body), Ok(VideoTag::Ignored), "{body:?}");
    }
    for body in [b"".as_slice(), b"\xaf\x01", b"\x2f", b"\x91mp4a"] {
        assert_eq!(audio(body), Ok(AudioTag::Ignored), "{body:?}");
    }
}

#[test]
fn other_codecs_are_refused_by_name() {
    let cases: [(Result<VideoTag, Fault>, &str); 7] = [
        (video(b"\x12\x00"), "video codec Sorenson H.263 (id 2) is not supported"),
        (video(b"\x24"), "video codec VP6 (id 4) is not supported"),
        (video(b"\x1d\x01"), "video codec AV1 (id 13) is not supported"),
        (video(b"\x10"), "video codec unknown (id 0) is not supported"),
        (video(b"\x90vvc1\x81"), "video codec VVC (FourCC vvc1) is not supported"),
        (video(b"\x95vp08"), "video codec VP8 (FourCC vp08) is not supported"),
        (video(b"\x90\x00\xffa\n"), "video codec unknown (FourCC \\x00\\xffa\\n) is not supported"),
    ];
    for (result, text) in cases {
        assert_eq!(result.map_err(|fault| fault.to_string()), Err(text.to_owned()));
    }
    let cases: [(Result<AudioTag, Fault>, &str); 7] = [
        (audio(b"\x6fab"), "audio codec Nellymoser (id 6) is not supported"),
        (audio(b"\xb2ab"), "audio codec Speex (id 11) is not supported"),
        (audio(b"\x73ab"), "audio codec G.711 in stereo (id 7) is not supported"),
        (audio(b"\x8fab"), "audio codec G.711 in stereo (id 8) is not supported"),
        (audio(b"\xdfab"), "audio codec Opus (id 13) is not supported"),
        (audio(b"\x91ac-3ab"), "audio codec AC-3 (FourCC ac-3) is not supported"),
        (audio(b"\x90fLaC"), "audio codec FLAC (FourCC fLaC) is not supported"),
    ];
    for (result, text) in cases {
        assert_eq!(result.map_err(|fault| fault.to_string()), Err(text.to_owned()));
    }
    let codec = ForeignCodec::FourCc(*b"vvc1");
    assert_eq!(video(b"\x90vvc1"), Err(Fault::UnsupportedCodec { kind: TagKind::Video, codec }));
}

#[test]
fn several_tracks_and_unknown_packet_types_are_refused() {
    assert_eq!(video(b"\x96\x00avc1\x00"), Err(Fault::UnsupportedMultitrack { kind: TagKind::Video }));
    assert_eq!(audio(b"\x95\x11mp4a\x00"), Err(Fault::UnsupportedMultitrack { kind: TagKind::Audio }));
    // Behind a modifier as well.
    assert_eq!(video(b"\x97\x00\xee\x06\x01avc1"), Err(Fault::UnsupportedMultitrack { kind: TagKind::Video }));

    let unknown = |kind, packet_type| Fault::UnknownPacketType { kind, packet_type };
    assert_eq!(video(b"\x17\x03\x00\x00\x00a"), Err(unknown(TagKind::Video, 3)));
    assert_eq!(video(b"\x95hvc1a"), Err(unknown(TagKind::Video, 5)));
    assert_eq!(video(b"\x9fhvc1a"), Err(unknown(TagKind::Video, 15)));
    assert_eq!(audio(b"\xaf\x02a"), Err(unknown(TagKind::Audio, 2)));
    assert_eq!(audio(b"\x93mp4aa"), Err(unknown(TagKind::Audio, 3)));
}

#[test]
fn headers_that_are_cut_short_are_refused_where_they_end() {
    assert_eq!(video(b"\x17"), truncated(TagKind::Video, 1, 1, 0));
    assert_eq!(video(b"\x17\x01\x00\x00"), truncated(TagKind::Video, 2, 3, 2));
    assert_eq!(video(b"\x90hvc"), truncated(TagKind::Video, 1, 4, 3));
    assert_eq!(video(b"\x91hvc1\x00"), truncated(TagKind::Video, 5, 3, 1));
    assert_eq!(video(b"\x97"), truncated(TagKind::Video, 1, 1, 0));
    assert_eq!(video(b"\x97\xff\xff\xff\xee"), truncated(TagKind::Video, 4, 65_536, 1));
    assert_eq!(video(b"\x97\x02\x00\x00\x00"), truncated(TagKind::Video, 5, 1, 0));
    assert_eq!(audio(b"\xaf"), truncated(TagKind::Audio, 1, 1, 0));
    assert_eq!(audio(b"\x91mp4"), truncated(TagKind::Audio, 1, 4, 3));
}

#[test]
fn payloads_share_the_memory_of_the_body() {
    let body = Bytes::from(b"\x27\x01\x00\x00\x00payload".to_vec());
    let Ok(VideoTag::Coded { data, .. }) = parse_video(&body) else { panic!("a coded picture") };
    assert_eq!(data.as_ptr(), body[5..].as_ptr());
}

#[test]
fn bodies_become_frames() {
    let frame = |kind, body: &'static [u8]| to_frame(kind, ms(40), &Bytes::from_static(body));
    let expected = |kind, codec, dts, cts, key, payload: &'static [u8]| {
        Ok(Some(Frame { kind, codec: Some(codec), dts, cts, key, payload: Bytes::from_static(payload) }))
    };
    let zero = MediaTime::ZERO;
    let config = expected(FrameKind::VideoConfig, Codec::H264, ms(40), zero, false, b"\x01");
    assert_eq!(frame(TagKind::Video, b"\x17\x00\x00\x00\x00\x01"), config);
    let picture = expected(FrameKind::Video, Codec::H264, ms(40), ms(80), true, b"ab");
    assert_eq!(frame(TagKind::Video, b"\x17\x01\x00\x00\x50ab"), picture);
    let finer = expected(FrameKind::Video, Codec::Hevc, ms(40) + MediaTime::from_ticks(45), zero, false, b"ab");
    assert_eq!(frame(TagKind::Video, b"\xa7\x02\x07\xa1\x20\x03hvc1ab"), finer);
    let sound_config = expected(FrameKind::AudioConfig, Codec::Aac, ms(40), zero, false, b"\x12\x10");
    assert_eq!(frame(TagKind::Audio, b"\xaf\x00\x12\x10"), sound_config);
    assert_eq!(frame(TagKind::Audio, b"\x2fab"), expected(FrameKind::Audio, Codec::Mp3, ms(40), zero, false, b"ab"));
    for body in [b"".as_slice(), b"\x57\x00", b"\x17\x02\x00\x00\x00", b"\x94hvc1\x02"] {
        assert_eq!(frame(TagKind::Video, body), Ok(None));
    }
    assert_eq!(frame(TagKind::Audio, b""), Ok(None));
    assert_eq!(frame(TagKind::Audio, b"\x92mp4a"), Ok(None));
}

#[test]
fn of_script_messages_only_metadata_is_kept_without_its_envelope() {
    let script = |body: &'static [u8]| to_frame(TagKind::Script, ms(0), &Bytes::from_static(body));
    let payload = b"\x02\x00\x0aonMetaData\x08\0\0\0\0\0\0\x09";
    let metadata = Ok(Some(Frame {
        kind: FrameKind::Metadata,
        codec: None,
        dts: ms(0),
        cts: ms(0),
        key: false,
        payload: Bytes::from_static(payload),
    }));
    assert_eq!(script(payload), metadata);
    assert_eq!(script(b"\x02\x00\x0d@setDataFrame\x02\x00\x0aonMetaData\x08\0\0\0\0\0\0\x09"), metadata);
    for body in [
        b"".as_slice(),
        b"\x02\x00\x0aonTextData\x05",
        b"\x02\x00\x0aonMetaData",
        b"\x02\x00\x0f@clearDataFrame\x02\x00\x0aonMetaData",
        b"\x02\x00\x02\xff\xfe\x05",
    ] {
        assert_eq!(script(body), Ok(None), "{body:?}");
    }
    assert_eq!(script(b"\x05"), Err(Fault::ScriptWithoutName { marker: 5 }));
    assert_eq!(script(b"\x02\x00\x0d@setDataFrame\x08\0\0\0\0\0\0\x09"), Err(Fault::ScriptWithoutName { marker: 8 }));
    assert_eq!(script(b"\x02\xff\xffon"), truncated(TagKind::Script, 3, 65_535, 2));
    assert_eq!(script(b"\x02\x00\x0d@setDataFrame"), truncated(TagKind::Script, 16, 1, 0));
}
