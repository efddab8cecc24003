use super::{ConfigurationRecord, Fault, FrameHeader, KeyHeader, is_key};

/// Beginnings of frames that libvpx has made: profile 0, 1 and 3, and a picture behind the first.
const PROFILE_0: &[u8] = b"\x82\x49\x83\x42\x00\x13\xd0\x0b\x16\x36\x38\x24\x1c";
const PROFILE_1: &[u8] = b"\xa2\x49\x83\x42\x00\x01\x8e\x00\xee\xc6\xc7\x04\x83";
const PROFILE_3: &[u8] = b"\xb1\x24\xc1\xa1\x02\x00\x63\x80\x3b\xb1\xb1\xc1\x20";
const INTER: &[u8] = b"\x86\x00\x40\x92\x1c\xfc\x5e\x00\x00\x05\x70\xac\x20";

/// Records that ffmpeg has written into MP4, with version and flags in front.
const RECORD_0: &[u8] = b"\x01\0\0\0\x00\x0b\x82\x02\x02\x02\0\0";
const RECORD_3: &[u8] = b"\x01\0\0\0\x03\x0a\xa4\x02\x02\x02\0\0";

#[test]
fn key_frames_tell_size_and_format() {
    let key = |bytes| FrameHeader::parse(bytes).unwrap().key;
    let told = |bit_depth, subsampling, width, height| Some(KeyHeader { bit_depth, subsampling, width, height });
    assert_eq!(key(PROFILE_0), told(8, (true, true), 318, 178));
    assert_eq!(key(PROFILE_1), told(8, (false, false), 200, 120));
    assert_eq!(key(PROFILE_3), told(10, (true, false), 200, 120));
    assert_eq!(FrameHeader::parse(INTER), Ok(FrameHeader { profile: 0, shown: true, key: None }));
    assert_eq!((is_key(PROFILE_0), is_key(INTER)), (Ok(true), Ok(false)));
    let profiles = [PROFILE_0, PROFILE_1, PROFILE_3].map(|bytes| FrameHeader::parse(bytes).unwrap().profile);
    assert_eq!(profiles, [0, 1, 3]);
}

#[test]
fn frames_out_of_the_standard_are_refused() {
    for end in 0..9 {
        assert_eq!(FrameHeader::parse(&PROFILE_0[..end]), Err(Fault::Truncated), "{end} bytes");
    }
    assert_eq!(FrameHeader::parse(b"\x42"), Err(Fault::FrameMarker));
    assert_eq!(FrameHeader::parse(b"\x82\x49\x83\x43\x00\x13\xd0\x0b\x16"), Err(Fault::SyncCode));
    assert_eq!(FrameHeader::parse(b"\xb8"), Err(Fault::Profile(4)));
    assert_eq!(FrameHeader::parse(b"\x82\x49\x83\x42\x0f\xff\xf0\x0b\x16"), Err(Fault::Dimensions));
    // A picture that was decoded before is shown.
    assert_eq!(FrameHeader::parse(b"\x88"), Ok(FrameHeader { profile: 0, shown: true, key: None }));
}

#[test]
fn records_are_read_with_and_without_the_head_of_their_box() {
    for bytes in [RECORD_0, RECORD_3] {
        let record = ConfigurationRecord::parse(bytes).unwrap();
        assert_eq!(ConfigurationRecord::parse(&bytes[4..]), Ok(record));
        let mut out = Vec::new();
        record.write(&mut out);
        assert_eq!(out, &bytes[4..]);
    }
    let record = ConfigurationRecord::parse(RECORD_3).unwrap();
    assert_eq!((record.profile, record.bit_depth, record.chroma_subsampling, record.full_range), (3, 10, 2, false));
}

#[test]
fn codec_strings_tell_profile_level_and_depth() {
    let record = |bytes| ConfigurationRecord::parse(bytes).unwrap();
    assert_eq!(record(RECORD_0).codec_string(), "vp09.00.11.08");
    assert_eq!(record(RECORD_3).codec_string(), "vp09.03.10.10");
    let silent = ConfigurationRecord { level: 0, ..record(RECORD_0) };
    assert_eq!(silent.with_level_for(318, 178), record(RECORD_0));
    assert_eq!(silent.with_level_for(1_920, 1_080).codec_string(), "vp09.00.40.08");
    assert_eq!(silent.with_level_for(u16::MAX, u16::MAX).level, 62);
    assert_eq!(record(RECORD_3).with_level_for(1_920, 1_080), record(RECORD_3));
}

#[test]
fn records_out_of_the_standard_are_refused() {
    for bytes in [&RECORD_0[..11], &RECORD_0[4..11], b""] {
        assert_eq!(ConfigurationRecord::parse(bytes), Err(Fault::Truncated));
    }
    assert_eq!(ConfigurationRecord::parse(b"\x04\x0b\x82\x02\x02\x02\0\0"), Err(Fault::Profile(4)));
    assert_eq!(ConfigurationRecord::parse(b"\x00\x0b\x92\x02\x02\x02\0\0"), Err(Fault::BitDepth(9)));
}
