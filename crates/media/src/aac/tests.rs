#![allow(clippy::unusual_byte_groupings, reason = "bits are grouped by field")]

use super::{AdtsHeader, AudioSpecificConfig, Fault, SpectralBandReplication};

/// What the encoder wrote into an MP4: LC, 44.1 kHz, stereo, and the signal that there is no replication.
const LC_44100: &[u8] = &[0x12, 0x10, 0x56, 0xe5, 0x00];
const ADTS: &[u8] = include_bytes!("../../testdata/codecs/aac_lc_48000.aac");

fn parse(data: &[u8]) -> AudioSpecificConfig {
    AudioSpecificConfig::parse(data).unwrap()
}

fn written(config: &AudioSpecificConfig) -> Vec<u8> {
    let mut out = Vec::new();
    config.write(&mut out).unwrap();
    out
}

#[test]
fn lc_is_read_and_written() {
    let config = parse(LC_44100);
    assert_eq!(config, AudioSpecificConfig::lc(44_100, 2).unwrap());
    assert_eq!(written(&config), [0x12, 0x10]);
    assert_eq!((config.samples_per_frame(), config.output_channels()), (1_024, 2));
    assert_eq!(config.codec_string(), "mp4a.40.2");
    assert_eq!(parse(&[0x11, 0x90]), AudioSpecificConfig::lc(48_000, 2).unwrap());
    assert_eq!(parse(&[0x14, 0x0c]).samples_per_frame(), 960);
}

#[test]
fn hierarchical_replication_and_parametric_stereo() {
    // 5: core 24 kHz (6), 2 channels, output 48 kHz (3), LC.
    let he = parse(&[0b00101_011, 0b0_0010_001, 0b1_00010_00, 0]);
    let sbr = SpectralBandReplication { sample_rate: 48_000, parametric_stereo: false, hierarchical: true };
    assert_eq!((he.object_type, he.sample_rate, he.sbr), (2, 24_000, Some(sbr)));
    assert_eq!((he.samples_per_frame(), he.output_sample_rate(), he.channels), (2_048, 48_000, 2));
    assert_eq!(he.codec_string(), "mp4a.40.5");
    // 29: core 22.05 kHz (7), mono, output 44.1 kHz (4), LC.
    let he2 = parse(&[0b11101_011, 0b1_0001_010, 0b0_00010_00, 0]);
    assert_eq!((he2.channels, he2.output_channels(), he2.output_sample_rate()), (1, 2, 44_100));
    assert_eq!(he2.codec_string(), "mp4a.40.29");
    for config in [he, he2] {
        assert_eq!(parse(&written(&config)), config);
    }
}

#[test]
fn backward_compatible_replication() {
    // LC 24 kHz stereo, then 0x2b7, 5, present, 48 kHz, then 0x548, present.
    let sbr = SpectralBandReplication { sample_rate: 48_000, parametric_stereo: true, hierarchical: false };
    let config = AudioSpecificConfig { sbr: Some(sbr), ..AudioSpecificConfig::lc(24_000, 1).unwrap() };
    assert_eq!(written(&config), [0x13, 0x08, 0x56, 0xe5, 0x9d, 0x48, 0x80]);
    assert_eq!(parse(&written(&config)), config);
    assert_eq!(
        parse(&[0x13, 0x08, 0x56, 0xe5, 0x98]).sbr,
        Some(SpectralBandReplication { parametric_stereo: false, ..sbr })
    );
}

#[test]
fn escaped_object_types_and_explicit_frequencies() {
    // 31, then 42 - 32; index 3; 2 channels.
    let usac = parse(&[0b11111_001, 0b010_0011_0, 0b010_00000]);
    assert_eq!((usac.object_type, usac.sample_rate, usac.channels), (42, 48_000, 2));
    assert_eq!(usac.codec_string(), "mp4a.40.42");
    assert_eq!(usac.write(&mut Vec::new()), Err(Fault::Unwritable));
    let odd = AudioSpecificConfig::lc(37_800, 6).unwrap();
    assert_eq!(written(&odd).len(), 5);
    assert_eq!(parse(&written(&odd)), odd);
}

#[test]
fn a_program_config_element_tells_the_channels() {
    // LC 48 kHz, configuration 0; front: one single and one pair, back: one pair, one effects channel; no comment.
    let data = [
        0b00010_001,
        0b1_0000_000,
        0b0000_01_00,
        0b11_0010_00,
        0b00_0001_01,
        0b000_0000_0,
        0b00_0_0000_1,
        0b0001_1_000,
        0b1_0000_000,
        0,
    ];
    let config = parse(&data);
    assert_eq!((config.channel_configuration, config.channels), (0, 6));
    assert_eq!(AudioSpecificConfig::parse(&data[..9]), Err(Fault::Truncated));
    assert_eq!(config.write(&mut Vec::new()), Err(Fault::Unwritable));
}

#[test]
fn reserved_values_are_refused() {
    assert_eq!(AudioSpecificConfig::parse(&[]), Err(Fault::Truncated));
    assert_eq!(AudioSpecificConfig::parse(&[0x12]), Err(Fault::Truncated));
    assert_eq!(AudioSpecificConfig::parse(&[0, 0, 0]), Err(Fault::ObjectType(0)));
    assert_eq!(AudioSpecificConfig::parse(&[0x16, 0x90]), Err(Fault::SamplingFrequency(13)));
    assert_eq!(AudioSpecificConfig::parse(&[0x12, 0x40]), Err(Fault::ChannelConfiguration(8)));
    assert_eq!(AudioSpecificConfig::parse(&[0x17, 0x80, 0, 0, 0x10]), Err(Fault::SamplingFrequency(15)));
    assert_eq!(AudioSpecificConfig::lc(0, 2), Err(Fault::SamplingFrequency(15)));
}

#[test]
fn an_adts_stream_is_walked_frame_by_frame() {
    let mut rest = ADTS;
    let mut frames = 0;
    while !rest.is_empty() {
        let header = AdtsHeader::parse(rest).unwrap();
        assert_eq!(header.config(), AudioSpecificConfig::lc(48_000, 2));
        let mut written = Vec::new();
        let payload_bytes = header.frame_bytes - header.header_bytes();
        AdtsHeader::write(&header.config().unwrap(), payload_bytes, &mut written).unwrap();
        assert_eq!(written, rest[..AdtsHeader::BYTES]);
        rest = &rest[header.frame_bytes..];
        frames += 1;
    }
    assert!(frames > 10, "{frames} frames");
}

#[test]
fn adts_headers_out_of_the_standard_are_refused() {
    let changed = |place: usize, value: u8| {
        let mut bytes = ADTS[..7].to_vec();
        bytes[place] = value;
        AdtsHeader::parse(&bytes).map(|header| header.header_bytes())
    };
    assert_eq!(changed(0, 0xfe), Err(Fault::SyncWord));
    assert_eq!(changed(1, 0xf3), Err(Fault::SyncWord));
    assert_eq!(changed(1, 0xf0), Ok(9));
    assert_eq!(changed(2, 0x74), Err(Fault::SamplingFrequency(13)));
    assert_eq!(AdtsHeader::parse(&[0xff, 0xf1, 0x4c, 0x80, 0, 0xdf, 0xfc]), Err(Fault::FrameLength(6)));
    assert_eq!(AdtsHeader::parse(&ADTS[..6]), Err(Fault::Truncated));
    let config = AudioSpecificConfig::lc(48_000, 2).unwrap();
    assert_eq!(AdtsHeader::write(&config, 8_185, &mut Vec::new()), Err(Fault::Unwritable));
    assert_eq!(AdtsHeader::write(&config, 8_184, &mut Vec::new()), Ok(()));
}
