use super::{ChromaExtension, ConfigurationRecord, Fault, Sps, is_key, nal_units};
use crate::FrameRate;
use crate::bits::BitWriter;

const BASELINE: &[u8] = include_bytes!("../../testdata/codecs/h264_baseline_320x240.avcc");
const MAIN: &[u8] = include_bytes!("../../testdata/codecs/h264_main_638x358.avcc");
const HIGH: &[u8] = include_bytes!("../../testdata/codecs/h264_high_1080p.avcc");
const HIGH_422: &[u8] = include_bytes!("../../testdata/codecs/h264_high422_interlaced_720x576.avcc");
const HIGH_444: &[u8] = include_bytes!("../../testdata/codecs/h264_high444_1278x718.avcc");

const RECORDS: [&[u8]; 5] = [BASELINE, MAIN, HIGH, HIGH_422, HIGH_444];

fn sps_of(record: &[u8]) -> Sps {
    Sps::parse(ConfigurationRecord::parse(record).unwrap().sps[0]).unwrap()
}

#[test]
fn records_of_an_encoder_survive_the_round_trip_to_the_byte() {
    for bytes in RECORDS {
        let record = ConfigurationRecord::parse(bytes).unwrap();
        assert_eq!((record.sps.len(), record.pps.len(), record.length_size), (1, 1, 4));
        let mut out = Vec::new();
        record.write(&mut out).unwrap();
        assert_eq!(out, bytes);
    }
}

#[test]
fn codec_strings_tell_profile_constraints_and_level() {
    let strings = RECORDS.map(|bytes| ConfigurationRecord::parse(bytes).unwrap().codec_string());
    assert_eq!(strings, ["avc1.42C00C", "avc1.4D401E", "avc1.640028", "avc1.7A001E", "avc1.F4001F"]);
}

#[test]
fn sizes_stand_after_cropping() {
    let sizes = RECORDS.map(|bytes| (sps_of(bytes).width, sps_of(bytes).height));
    assert_eq!(sizes, [(320, 240), (638, 358), (1920, 1080), (720, 576), (1278, 718)]);
}

#[test]
fn frame_rates_come_from_the_timing_in_the_vui() {
    let rate = |numerator, denominator| Some(FrameRate { numerator, denominator });
    let rates = RECORDS.map(|bytes| sps_of(bytes).frame_rate);
    assert_eq!(rates, [rate(30, 2), rate(50, 2), rate(60_000, 2_002), rate(50, 2), rate(48_000, 2_002)]);
    assert_eq!(rates[0].unwrap().per_second(), 15.0);
}

#[test]
fn profiles_tell_reordering_chroma_and_fields() {
    let [baseline, main, _, high_422, high_444] = RECORDS.map(sps_of);
    assert_eq!((baseline.profile, baseline.constraints, baseline.level), (66, 0xc0, 12));
    assert_eq!(baseline.reorder_frames_max, Some(0));
    assert!(main.reorder_frames_max > Some(0));
    assert!(main.progressive);
    assert!(!high_422.progressive);
    assert_eq!((high_422.chroma_format, high_422.bit_depth_luma, high_422.bit_depth_chroma), (2, 10, 10));
    assert_eq!((high_444.chroma_format, high_444.bit_depth_luma, high_444.profile), (3, 8, 244));
    assert!(high_422.reorder_frames_max.is_some(), "read behind the HRD parameters");
}

#[test]
fn the_chroma_extension_is_read_and_may_be_missing() {
    let extension = |bytes| ConfigurationRecord::parse(bytes).unwrap().extension;
    let told = ChromaExtension { chroma_format: 2, bit_depth_luma: 10, bit_depth_chroma: 10, sps_extensions: vec![] };
    assert_eq!(extension(HIGH_422), Some(told));
    assert_eq!(extension(&HIGH_422[..HIGH_422.len() - 4]), None);
    assert_eq!(extension(BASELINE), None);
}

#[test]
fn every_cut_of_a_record_is_a_fault_or_lacks_the_extension() {
    for bytes in RECORDS {
        let extension_bytes = if ConfigurationRecord::parse(bytes).unwrap().extension.is_some() { 4 } else { 0 };
        for end in 0..bytes.len() - extension_bytes {
            assert_eq!(ConfigurationRecord::parse(&bytes[..end]), Err(Fault::Truncated), "{end} bytes");
        }
    }
}

#[test]
fn versions_and_length_sizes_out_of_the_standard_are_refused() {
    assert_eq!(ConfigurationRecord::parse(&[2, 66, 0, 30, 0xff, 0xe0, 0]), Err(Fault::Version(2)));
    assert_eq!(ConfigurationRecord::parse(&[1, 66, 0, 30, 0xfe, 0xe0, 0]), Err(Fault::LengthSize(3)));
}

#[test]
fn a_record_that_its_fields_cannot_count_is_not_written() {
    let long = vec![0x67; 65_536];
    let mut record = ConfigurationRecord::parse(BASELINE).unwrap();
    record.sps = vec![&long];
    assert_eq!(record.write(&mut Vec::new()), Err(Fault::Unwritable));
    record.sps = vec![&[0x67]; 32];
    assert_eq!(record.write(&mut Vec::new()), Err(Fault::Unwritable));
    record.length_size = 3;
    assert_eq!(record.write(&mut Vec::new()), Err(Fault::LengthSize(3)));
}

/// A set of High 4:4:4 with scaling lists and picture order of type 1, which the encoder at hand does not write.
fn unusual_sps(columns: u32, crop_right: u32) -> Vec<u8> {
    let mut out = vec![0x67, 244, 0, 40];
    let mut bits = BitWriter::new(&mut out);
    for value in [0, 3] {
        bits.ue(value); // id, chroma_format_idc
    }
    bits.flag(false);
    bits.ue(2);
    bits.ue(1);
    bits.bits(2, 0b01); // no bypass; a scaling matrix
    for list in 0..12 {
        bits.flag(list % 3 != 2);
        match list % 3 {
            0 => (0..if list < 6 { 16 } else { 64 }).for_each(|place| bits.se(if place % 2 == 0 { 3 } else { -1 })),
            1 => bits.se(-8), // the next scale is zero: the list ends here
            _ => {}
        }
    }
    bits.ue(0);
    bits.ue(1); // pic_order_cnt_type
    bits.flag(false);
    bits.se(-7);
    bits.se(7);
    bits.ue(3);
    (0..3).for_each(|offset| bits.se(offset - 1));
    bits.ue(4);
    bits.flag(false);
    bits.ue(columns - 1);
    bits.ue(44);
    bits.bits(3, 0b111); // frames only, direct_8x8_inference, cropping
    for value in [0, crop_right, 0, 0] {
        bits.ue(value);
    }
    bits.bits(2, 0b01); // no VUI, stop bit
    escaped(&out)
}

/// With emulation prevention bytes, as a NAL unit carries it.
fn escaped(bytes: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    for byte in bytes {
        if *byte <= 3 && out.ends_with(&[0, 0]) {
            out.push(3);
        }
        out.push(*byte);
    }
    out
}

#[test]
fn scaling_lists_and_picture_order_cycles_are_passed_over() {
    let sps = Sps::parse(&unusual_sps(80, 5)).unwrap();
    assert_eq!((sps.width, sps.height, sps.bit_depth_luma, sps.bit_depth_chroma), (1275, 720, 10, 9));
    assert_eq!((sps.frame_rate, sps.reorder_frames_max), (None, None));
}

#[test]
fn pictures_without_a_size_are_refused() {
    assert_eq!(Sps::parse(&unusual_sps(80, 1280)), Err(Fault::Dimensions));
    assert_eq!(Sps::parse(&unusual_sps(80, 1281)), Err(Fault::Dimensions));
    assert_eq!(Sps::parse(&unusual_sps(4_096, 0)), Err(Fault::Dimensions));
    assert_eq!(Sps::parse(&unusual_sps(4_096, 1)).unwrap().width, 65_535);
}

#[test]
fn a_set_that_ends_early_is_refused_and_a_vui_that_ends_early_is_not() {
    let sps = ConfigurationRecord::parse(HIGH).unwrap().sps[0];
    for end in 0..11 {
        assert_eq!(Sps::parse(&sps[..end]).unwrap_err(), Fault::Truncated, "{end} bytes");
    }
    let cut = Sps::parse(&sps[..16]).unwrap();
    assert_eq!((cut.width, cut.height, cut.frame_rate), (1920, 1080, None));
    assert_eq!(Sps::parse(&[0x68, 1, 2, 3]), Err(Fault::UnitType(8)));
}

#[test]
fn key_frames_hold_an_idr_slice() {
    assert_eq!(is_key(&[0, 0, 0, 1, 0x09, 0, 0, 0, 2, 0x65, 0x88], 4), Ok(true));
    assert_eq!(is_key(&[0, 0, 0, 1, 0x09, 0, 0, 0, 2, 0x41, 0x9a], 4), Ok(false));
    assert_eq!(is_key(&[0, 0, 0, 9, 0x09], 4), Err(Fault::UnitCut { announced: 9, left: 1 }));
    assert_eq!(nal_units(&[1, 0x65, 1, 0x41], 1).collect::<Result<Vec<_>, _>>().unwrap(), [[0x65], [0x41]]);
}
