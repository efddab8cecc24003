#![allow(clippy::unusual_byte_groupings, reason = "bits are grouped by field")]

use super::{ConfigurationRecord, Fault, NAL_PPS, ProfileTierLevel, Sps, Vps, is_key};
use crate::FrameRate;
use crate::bits::BitWriter;

const MAIN: &[u8] = include_bytes!("../../testdata/codecs/hevc_main_1080p.hvcc");
const MAIN_10: &[u8] = include_bytes!("../../testdata/codecs/hevc_main10_638x358.hvcc");
const REXT: &[u8] = include_bytes!("../../testdata/codecs/hevc_rext_1282x722.hvcc");
const LAYERS: &[u8] = include_bytes!("../../testdata/codecs/hevc_high_tier_layers_1080p.hvcc");

const RECORDS: [&[u8]; 4] = [MAIN, MAIN_10, REXT, LAYERS];

fn sps_of(record: &[u8]) -> Sps {
    Sps::parse(ConfigurationRecord::parse(record).unwrap().sps().unwrap()).unwrap()
}

#[test]
fn records_of_an_encoder_survive_the_round_trip_to_the_byte() {
    for bytes in RECORDS {
        let record = ConfigurationRecord::parse(bytes).unwrap();
        assert_eq!((record.length_size, record.units(NAL_PPS).count()), (4, 1));
        let mut out = Vec::new();
        record.write(&mut out).unwrap();
        assert_eq!(out, bytes);
    }
}

#[test]
fn codec_strings_tell_profile_compatibility_tier_level_and_constraints() {
    let strings = RECORDS.map(|bytes| ConfigurationRecord::parse(bytes).unwrap().codec_string());
    assert_eq!(strings, ["hvc1.1.6.L120.90", "hvc1.2.4.L90.90", "hvc1.4.10.L153.9D.8", "hvc1.1.6.H153.90"]);
    let profile = ProfileTierLevel {
        space: 2,
        high_tier: false,
        profile: 4,
        compatibility: 0x0800_0000,
        constraints: [0xb0, 0, 0x10, 0, 0, 0],
        level: 93,
    };
    assert_eq!(profile.codec_string(), "hvc1.B4.10.L93.B0.0.10");
    assert_eq!(ProfileTierLevel { constraints: [0; 6], space: 0, ..profile }.codec_string(), "hvc1.4.10.L93");
}

#[test]
fn sizes_stand_inside_the_conformance_window() {
    let sizes = RECORDS.map(|bytes| (sps_of(bytes).width, sps_of(bytes).height));
    assert_eq!(sizes, [(1920, 1080), (638, 358), (1282, 722), (1920, 1080)]);
}

#[test]
fn frame_rates_come_from_the_timing_in_the_vui() {
    let rates = RECORDS.map(|bytes| sps_of(bytes).frame_rate);
    assert_eq!(rates, [25, 50, 60, 60].map(|numerator| Some(FrameRate { numerator, denominator: 1 })));
}

#[test]
fn sets_agree_with_the_record() {
    for bytes in RECORDS {
        let record = ConfigurationRecord::parse(bytes).unwrap();
        let (sps, vps) = (sps_of(bytes), Vps::parse(record.vps().unwrap()).unwrap());
        assert_eq!((sps.profile, vps.profile), (record.profile, record.profile));
        assert_eq!((sps.chroma_format, sps.bit_depth_luma), (record.chroma_format, record.bit_depth_luma));
        assert_eq!((sps.sub_layers, vps.sub_layers), (record.temporal_layers, record.temporal_layers));
    }
    assert_eq!(sps_of(LAYERS).sub_layers, 2);
    assert_eq!((sps_of(REXT).chroma_format, sps_of(REXT).bit_depth_luma), (2, 10));
    assert!(sps_of(LAYERS).reorder_pictures_max > 0);
}

#[test]
fn every_cut_of_a_record_is_a_fault() {
    for bytes in RECORDS {
        for end in 0..bytes.len() {
            assert_eq!(ConfigurationRecord::parse(&bytes[..end]), Err(Fault::Truncated), "{end} bytes");
        }
    }
}

#[test]
fn records_out_of_the_standard_are_refused() {
    let changed = |place: usize, value: u8| {
        let mut bytes = MAIN.to_vec();
        bytes[place] = value;
        ConfigurationRecord::parse(&bytes).map(|_| ())
    };
    assert_eq!(changed(0, 2), Err(Fault::Version(2)));
    assert_eq!(changed(0, 0), Ok(()));
    assert_eq!(changed(21, 0x0e), Err(Fault::LengthSize(3)));
    assert_eq!(changed(24, 0xff), Err(Fault::TooManyUnits(256)));
}

/// `profile_tier_level` of Main with two sub-layers, the lower of which tells profile and level.
fn profile(bits: &mut BitWriter<'_>) {
    for byte in [1, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93, 0b1100_0000, 0] {
        bits.bits(8, byte);
    }
    (0..12).for_each(|_| bits.bits(8, 0x55));
}

fn ue(bits: &mut BitWriter<'_>, values: &[u32]) {
    values.iter().for_each(|value| bits.ue(*value));
}

/// Coding tools that the encoder at hand does not write into its sets.
fn unusual_sps() -> Vec<u8> {
    let mut out = vec![0x42, 1];
    let mut bits = BitWriter::new(&mut out);
    bits.bits(8, 0b0000_0011);
    profile(&mut bits);
    ue(&mut bits, &[0, 1, 1_288, 728]);
    bits.flag(true);
    ue(&mut bits, &[1, 3, 0, 4, 0, 0, 4]);
    bits.flag(true);
    ue(&mut bits, &[4, 1, 0, 4, 2, 0]); // ordering of both sub-layers
    ue(&mut bits, &[0, 3, 0, 3, 1, 1]);
    bits.bits(2, 0b11); // scaling lists, in the set
    for size in 0..4 {
        for matrix in 0..if size == 3 { 2 } else { 6 } {
            bits.flag(matrix % 2 == 1);
            if matrix % 2 == 0 {
                bits.ue(0);
                continue;
            }
            let coefficients = if size == 0 { 16 } else { 64 } + u32::from(size > 1);
            (0..coefficients).for_each(|place| bits.se(place as i32 % 5 - 2));
        }
    }
    bits.bits(3, 0b111); // asymmetric partitions, offset, PCM
    bits.bits(8, 0x77);
    ue(&mut bits, &[0, 2]);
    bits.flag(false);
    reference_sets(&mut bits);
    bits.bits(2, 0b11);
    vui(&mut bits);
    out
}

fn reference_sets(bits: &mut BitWriter<'_>) {
    bits.ue(3);
    ue(bits, &[2, 1]); // set 0 names three pictures
    for _ in 0..3 {
        bits.ue(0);
        bits.flag(true);
    }
    bits.bits(2, 0b10); // set 1 is predicted, sign
    bits.ue(0);
    bits.bits(6, 0b1_01_00_1); // used, kept unused, dropped, used: three of four stay
    bits.bits(2, 0b10); // set 2 is predicted from three again
    bits.ue(1);
    bits.bits(4, 0b1111);
    bits.flag(true); // long-term
    bits.ue(2);
    (0..2).for_each(|_| bits.bits(9, 0x101));
}

fn vui(bits: &mut BitWriter<'_>) {
    bits.flag(true);
    bits.flag(true); // aspect ratio
    bits.bits(8, 255);
    bits.bits(32, 0x0010_000b);
    bits.bits(2, 0b11); // overscan
    bits.bits(6, 0b1_101_0_1); // signal type with colour
    bits.bits(24, 0x01_0101);
    bits.flag(true);
    ue(bits, &[0, 0]);
    bits.bits(3, 0);
    bits.flag(true);
    ue(bits, &[0, 0, 0, 8]);
    bits.flag(true);
    bits.bits(32, 1_001);
    bits.bits(32, 60_000);
    bits.bits(8, 0x80);
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
fn sets_with_every_coding_tool_are_read_to_the_timing() {
    let sps = Sps::parse(&escaped(&unusual_sps())).unwrap();
    assert_eq!((sps.width, sps.height, sps.sub_layers, sps.reorder_pictures_max), (1280, 720, 2, 2));
    assert_eq!(sps.frame_rate, Some(FrameRate { numerator: 60_000, denominator: 1_001 }));
}

#[test]
fn a_video_parameter_set_tells_its_timing_behind_layer_sets() {
    let mut out = vec![0x40, 1];
    let mut bits = BitWriter::new(&mut out);
    bits.bits(16, 0b0101_11_000001_001_1);
    bits.bits(16, 0xffff);
    profile(&mut bits);
    bits.flag(false);
    ue(&mut bits, &[4, 2, 0]);
    bits.bits(6, 1);
    bits.ue(2);
    bits.bits(4, 0b1101); // two sets of two layers
    bits.flag(true);
    bits.bits(32, 1_001);
    bits.bits(32, 24_000);
    let vps = Vps::parse(&escaped(&out)).unwrap();
    assert_eq!((vps.id, vps.sub_layers), (5, 2));
    assert_eq!(vps.frame_rate, Some(FrameRate { numerator: 24_000, denominator: 1_001 }));
}

#[test]
fn damage_behind_the_size_costs_only_the_frame_rate() {
    let whole = unusual_sps();
    let cut = Sps::parse(&escaped(&whole[..whole.len() - 6])).unwrap();
    assert_eq!((cut.width, cut.height, cut.frame_rate), (1280, 720, None));
    assert_eq!(Sps::parse(&escaped(&whole[..30])), Err(Fault::Truncated));
    assert_eq!(Sps::parse(&[0x44, 1, 0, 0]), Err(Fault::UnitType(34)));
}

#[test]
fn key_frames_are_intra_random_access_pictures() {
    for (kind, key) in [(1u8, false), (15, false), (16, true), (19, true), (21, true), (22, false), (35, false)] {
        assert_eq!(is_key(&[0, 2, kind << 1, 1], 2), Ok(key), "type {kind}");
    }
}
