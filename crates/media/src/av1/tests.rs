#![allow(clippy::unusual_byte_groupings, reason = "bits are grouped by field")]

use super::{ConfigurationRecord, Fault, OBU_FRAME, OBU_SEQUENCE_HEADER, OBU_TEMPORAL_DELIMITER};
use super::{SequenceHeader, is_key, obus, without_delimiter};
use crate::bits::BitWriter;

const MAIN: &[u8] = include_bytes!("../../testdata/codecs/av1_main_318x178.av1c");
const MAIN_10: &[u8] = include_bytes!("../../testdata/codecs/av1_main10_200x120.av1c");
const HIGH_444: &[u8] = include_bytes!("../../testdata/codecs/av1_high444_1282x722.av1c");
const MONOCHROME: &[u8] = include_bytes!("../../testdata/codecs/av1_monochrome_64x48.av1c");
const RECORDS: [&[u8]; 4] = [MAIN, MAIN_10, HIGH_444, MONOCHROME];

/// The first temporal unit of a still grey picture, and the one behind it.
const KEY_UNIT: &[u8] =
    b"\x12\x00\x0a\x0a\0\0\0\x02\xaf\xf7\x9b\x5f\x25\x40\x32\x0d\x10\0\x96\x80\0\x08\0\0\x01\x55\x4d\xfa\x80";
const INTER_UNIT: &[u8] = b"\x12\x00\x32\x10\x30\x03\xc0\x80\0\0\x06\xc0\0\0\x0a\0\x20\0\x99\x10";

fn header_of(record: &[u8]) -> SequenceHeader {
    ConfigurationRecord::parse(record).unwrap().sequence_header().unwrap().unwrap()
}

#[test]
fn records_of_encoders_survive_the_round_trip_to_the_byte() {
    for bytes in RECORDS {
        let mut out = Vec::new();
        ConfigurationRecord::parse(bytes).unwrap().write(&mut out);
        assert_eq!(out, bytes);
    }
}

#[test]
fn sizes_and_formats_stand_in_the_sequence_header() {
    let facts = RECORDS.map(|bytes| {
        let header = header_of(bytes);
        (header.width, header.height, header.bit_depth, header.monochrome, header.subsampling)
    });
    let expected = [
        (318, 178, 8, false, (true, true)),
        (200, 120, 10, false, (true, true)),
        (1282, 722, 10, false, (false, false)),
        (64, 48, 8, true, (true, true)),
    ];
    assert_eq!(facts, expected);
}

#[test]
fn record_and_sequence_header_agree() {
    for bytes in RECORDS {
        let (record, header) = (ConfigurationRecord::parse(bytes).unwrap(), header_of(bytes));
        assert_eq!((record.profile, record.level, record.high_tier), (header.profile, header.level, header.high_tier));
        assert_eq!((record.bit_depth, record.monochrome), (header.bit_depth, header.monochrome));
        assert_eq!(record.subsampling, header.subsampling);
    }
}

#[test]
fn codec_strings_tell_profile_level_tier_and_depth() {
    let strings = RECORDS.map(|bytes| ConfigurationRecord::parse(bytes).unwrap().codec_string());
    assert_eq!(strings, ["av01.0.00M.08", "av01.0.00M.10", "av01.1.08M.10", "av01.0.00M.08"]);
    let record = ConfigurationRecord { high_tier: true, level: 13, ..ConfigurationRecord::parse(MAIN).unwrap() };
    assert_eq!(record.codec_string(), "av01.0.13H.08");
}

#[test]
fn records_out_of_the_standard_are_refused() {
    for end in 0..4 {
        assert_eq!(ConfigurationRecord::parse(&MAIN[..end]), Err(Fault::Truncated));
    }
    assert_eq!(ConfigurationRecord::parse(&[1, 0, 0, 0]), Err(Fault::Version(1)));
    assert_eq!(ConfigurationRecord::parse(&[0x81, 0x60, 0, 0]), Err(Fault::Profile(3)));
    let bare = ConfigurationRecord::parse(&MAIN[..4]).unwrap();
    assert_eq!(bare.sequence_header(), Ok(None));
    let cut = ConfigurationRecord::parse(&MAIN[..9]).unwrap();
    assert_eq!(cut.sequence_header(), Err(Fault::ObuCut { announced: 11, left: 3 }));
}

/// A sequence header with every part that the encoders at hand leave out.
fn unusual_header() -> Vec<u8> {
    let mut out = Vec::new();
    let mut bits = BitWriter::new(&mut out);
    bits.bits(5, 0b010_00); // Professional
    bits.flag(true); // timing
    bits.bits(32, 1_001);
    bits.bits(32, 60_000);
    bits.flag(true);
    bits.ue(1);
    bits.flag(true); // decoder model, delays of 8 bits
    bits.bits(5, 7);
    bits.bits(32, 5);
    bits.bits(10, 0);
    bits.flag(true); // initial display delay
    bits.bits(5, 1); // two operating points
    bits.bits(12, 0x103);
    bits.bits(6, 9 << 1 | 1); // level with a tier
    bits.bits(18, 1 << 17 | 0x5555); // decoder model
    bits.bits(5, 0b1_0110);
    bits.bits(12, 0x101);
    bits.bits(5, 3);
    bits.bits(2, 0);
    bits.bits(8, 10 << 4 | 9);
    bits.bits(11, 1_919);
    bits.bits(10, 1_079 - 56);
    bits.bits(8, 0b1_0010_011); // frame ids
    bits.bits(3, 0b111);
    bits.bits(7, 0b1111_1_11); // order hints
    bits.bits(3, 0b01_0); // screen content, motion vectors as told
    bits.bits(1, 1);
    bits.bits(3, 6);
    bits.bits(3, 0b111);
    bits.bits(4, 0b11_0_1); // 12 bits, colour, description
    bits.bits(24, 0x09_1009);
    bits.bits(3, 0b0_10); // 4:2:2
    bits.bits(2, 0);
    out
}

#[test]
fn headers_with_every_part_are_read_to_the_subsampling() {
    let header = SequenceHeader::parse(&unusual_header()).unwrap();
    let expected = SequenceHeader {
        profile: 2,
        level: 9,
        high_tier: true,
        reduced_still_picture: false,
        width: 1_920,
        height: 1_024,
        bit_depth: 12,
        monochrome: false,
        subsampling: (true, false),
    };
    assert_eq!(header, expected);
    let whole = unusual_header();
    for end in 0..whole.len() - 1 {
        assert_eq!(SequenceHeader::parse(&whole[..end]), Err(Fault::Truncated), "{end} bytes");
    }
    assert_eq!(SequenceHeader::parse(&[0xe0]), Err(Fault::Profile(7)));
}

#[test]
fn units_are_walked_and_broken_ones_end_the_walk() {
    let kinds = |unit| obus(unit).map(|obu| obu.map(|obu| (obu.kind, obu.payload.len()))).collect::<Vec<_>>();
    let whole = [Ok((OBU_TEMPORAL_DELIMITER, 0)), Ok((OBU_SEQUENCE_HEADER, 10)), Ok((OBU_FRAME, 13))];
    assert_eq!(kinds(KEY_UNIT), whole);
    assert_eq!(kinds(b"\x32\x81\x00x\x30rest"), [Ok((OBU_FRAME, 1)), Ok((OBU_FRAME, 4))]);
    assert_eq!(kinds(b"\x36\x08\x01x"), [Ok((OBU_FRAME, 1))]);
    assert_eq!(kinds(b"\x32\x02x"), [Err(Fault::ObuCut { announced: 2, left: 1 })]);
    assert_eq!(kinds(b"\x80"), [Err(Fault::Forbidden)]);
    assert_eq!(kinds(b"\x32\xff\xff\xff\xff\xff\xff\xff\xff\x01"), [Err(Fault::Code)]);
    assert_eq!(kinds(b"\x32\xff\xff\xff\xff\x7f"), [Err(Fault::Code)]);
    assert_eq!(kinds(b"\x32\x80"), [Err(Fault::Truncated)]);
}

#[test]
fn key_units_have_a_sequence_header_and_a_shown_key_frame() {
    assert_eq!((is_key(KEY_UNIT), is_key(INTER_UNIT)), (Ok(true), Ok(false)));
    // The same frame without its sequence header, or hidden.
    assert_eq!(is_key(&KEY_UNIT[14..]), Ok(false));
    let mut hidden = KEY_UNIT.to_vec();
    hidden[16] &= !0x10;
    assert_eq!(is_key(&hidden), Ok(false));
    assert_eq!(is_key(b""), Ok(false));
}

#[test]
fn samples_begin_behind_the_temporal_delimiter() {
    assert_eq!(without_delimiter(KEY_UNIT), &KEY_UNIT[2..]);
    assert_eq!(without_delimiter(&INTER_UNIT[2..]), &INTER_UNIT[2..]);
    assert_eq!(without_delimiter(b"\x12\x00\x12\x00\x32\x00"), b"\x32\x00");
    assert_eq!(without_delimiter(b"\x12"), b"\x12");
    assert_eq!(without_delimiter(b""), b"");
}
