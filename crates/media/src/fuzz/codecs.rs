use bytes::Bytes;
use vivace_base::MediaTime;

use crate::fmp4::{Sample, Track, boxes, fragment, init_segment};
use crate::{Codec, aac, av1, h264, hevc, mp3, opus, size_in_band, vp9};

/// Any bytes as a configuration record, a parameter set and a sample of H.264: no panic, the walk over NAL units stays
/// inside the sample, and a record survives being written and read again.
pub fn h264(data: &[u8]) {
    let _ = h264::Sps::parse(data);
    // Noise hardly ever begins like a parameter set.
    let _ = h264::Sps::parse(&[&[0x67, 100], data].concat());
    for length_size in 0..6 {
        let units = h264::nal_units(data, length_size).map_while(Result::ok).map(<[u8]>::len);
        assert!(units.map(|bytes| bytes + length_size).sum::<usize>() <= data.len(), "more units than sample");
        let _ = h264::is_key(data, length_size);
    }
    if let Ok(record) = h264::ConfigurationRecord::parse(data) {
        for unit in &record.sps {
            let _ = h264::Sps::parse(unit);
        }
        let mut written = Vec::new();
        record.write(&mut written).expect("what was read can be written");
        assert_eq!(h264::ConfigurationRecord::parse(&written).as_ref(), Ok(&record));
        assert_eq!(record.codec_string().len(), "avc1.PPCCLL".len());
    }
    track(Codec::H264, data);
}

/// The same for HEVC.
pub fn hevc(data: &[u8]) {
    for head in [&[][..], &[0x42, 1], &[0x40, 1]] {
        let unit = [head, data].concat();
        let _ = hevc::Sps::parse(&unit);
        let _ = hevc::Vps::parse(&unit);
    }
    for length_size in 0..6 {
        let units = hevc::nal_units(data, length_size).map_while(Result::ok).map(<[u8]>::len);
        assert!(units.map(|bytes| bytes + length_size).sum::<usize>() <= data.len(), "more units than sample");
        let _ = hevc::is_key(data, length_size);
    }
    if let Ok(record) = hevc::ConfigurationRecord::parse(data) {
        let mut written = Vec::new();
        record.write(&mut written).expect("what was read can be written");
        assert_eq!(hevc::ConfigurationRecord::parse(&written).as_ref(), Ok(&record));
        assert!(record.codec_string().starts_with("hvc1."));
    }
    track(Codec::Hevc, data);
}

/// Any bytes as AudioSpecificConfig and ADTS header: what can be written reads the same again.
pub fn aac(data: &[u8]) {
    if let Ok(config) = aac::AudioSpecificConfig::parse(data) {
        assert!(config.samples_per_frame() > 0 && config.output_sample_rate() > 0);
        let mut written = Vec::new();
        if config.write(&mut written).is_ok() {
            assert_eq!(aac::AudioSpecificConfig::parse(&written), Ok(config));
        }
    }
    if let Ok(header) = aac::AdtsHeader::parse(data) {
        let payload_bytes = header.frame_bytes.checked_sub(header.header_bytes()).expect("the header is inside");
        let mut written = Vec::new();
        if let Ok(config) = header.config()
            && aac::AdtsHeader::write(&config, payload_bytes, &mut written).is_ok()
        {
            let again = aac::AdtsHeader::parse(&written).expect("what was written is a header");
            assert_eq!(again.config(), Ok(config));
            assert_eq!(again.frame_bytes - again.header_bytes(), payload_bytes);
        }
    }
    track(Codec::Aac, data);
}

/// Any bytes as an MP3 frame header: no panic, and every frame takes more than its header.
pub fn mp3(data: &[u8]) {
    if let Ok(header) = mp3::FrameHeader::parse(data) {
        assert!(header.frame_bytes > 4 && header.sample_rate >= 8_000 && matches!(header.channels, 1 | 2));
    }
    track(Codec::Mp3, data);
}

/// Any bytes as a configuration record, a sequence header and a temporal unit of AV1: no panic, the walk over OBUs stays
/// inside the unit, and a record survives being written and read again.
pub fn av1(data: &[u8]) {
    let _ = av1::SequenceHeader::parse(data);
    // Noise hardly ever begins like a sequence header OBU.
    let _ = av1::is_key(&[b"\x12\0\x0a\x0a\0\0\0\x02\xaf\xf7\x9b\x5f\x25\x40\x32", data].concat());
    let payloads = av1::obus(data).map_while(Result::ok).map(|obu| obu.payload.len() + 1);
    assert!(payloads.sum::<usize>() <= data.len(), "more OBUs than data");
    assert!(data.ends_with(av1::without_delimiter(data)), "a sample is the end of its unit");
    if let Ok(record) = av1::ConfigurationRecord::parse(data) {
        let mut written = Vec::new();
        record.write(&mut written);
        let again = av1::ConfigurationRecord::parse(&written);
        assert_eq!(again.as_ref(), Ok(&record));
        assert_eq!(record.codec_string().len(), "av01.P.LLT.DD".len());
    }
    track(Codec::Av1, data);
}

/// Any bytes as a configuration record and a frame of VP9: no panic, and a record survives being written and read again.
pub fn vp9(data: &[u8]) {
    let key = vp9::FrameHeader::parse(data).ok().and_then(|header| header.key);
    assert!(key.is_none_or(|key| key.width > 0 && key.height > 0), "a picture without a size");
    if let Ok(record) = vp9::ConfigurationRecord::parse(data) {
        let mut written = Vec::new();
        record.write(&mut written);
        assert_eq!(vp9::ConfigurationRecord::parse(&written), Ok(record));
        assert!(record.codec_string().len() >= "vp09.PP.LL.DD".len());
    }
    track(Codec::Vp9, data);
}

/// Any bytes as an identification header, a `dOps` box and a packet of Opus: what is read survives being written.
pub fn opus(data: &[u8]) {
    let heads = [opus::Head::parse(data), opus::Head::parse_dops(data)];
    for head in heads.into_iter().flatten() {
        let (mut as_head, mut as_dops) = (Vec::new(), Vec::new());
        head.write(&mut as_head);
        head.write_dops(&mut as_dops);
        assert_eq!((opus::Head::parse(&as_head), opus::Head::parse_dops(&as_dops)), (Ok(head), Ok(head)));
    }
    if let Ok(samples) = opus::samples(data) {
        assert!((120..=5_760).contains(&samples), "a packet of {samples} samples");
    }
    let _ = opus::Head::of_packet(data);
    track(Codec::Opus, data);
}

/// Any bytes as boxes, and boxes in boxes: no panic, and no box reaches out of the one around it.
pub fn fmp4_boxes(data: &[u8]) {
    walk(data, 0);
}

fn walk(data: &[u8], depth: usize) {
    const DEPTH_MAX: usize = 8;
    let mut taken_bytes = 0;
    let mut faults = 0;
    for found in boxes(data) {
        assert_eq!(faults, 0, "a box behind a fault");
        match found {
            Ok(found) => {
                taken_bytes += found.payload.len() + 8;
                if depth < DEPTH_MAX {
                    walk(found.payload, depth + 1);
                }
            }
            Err(fault) => {
                assert!(!fault.to_string().is_empty());
                faults += 1;
            }
        }
    }
    assert!(taken_bytes <= data.len(), "more boxes than data");
    assert!(faults == 1 || taken_bytes == data.len() || data.len() >= taken_bytes + 8, "bytes were left out");
}

/// A configuration that makes a track makes a file of whole boxes.
fn track(codec: Codec, config: &[u8]) {
    assert!(size_in_band(codec, config, config).is_none_or(|(width, height)| width > 0 && height > 0));
    let Ok(track) = Track::sized(codec, &Bytes::copy_from_slice(config), Some((320, 180)), 1) else { return };
    assert_eq!(track.size().0 > 0 && track.size().1 > 0, track.is_video());
    let mut file = init_segment(std::slice::from_ref(&track));
    let sample = Sample { dts: time(config), cts: time(config), duration: time(config), key: true, payload: config };
    fragment(1, &track, &[sample, Sample { payload: b"", ..sample }, sample], &mut file).expect("a small fragment");
    let kinds: Result<Vec<_>, _> = boxes(&file).map(|found| found.map(|found| found.kind)).collect();
    assert_eq!(kinds.as_deref(), Ok(&[*b"ftyp", *b"moov", *b"moof", *b"mdat"][..]));
}

/// Some time, at times one at the ends of the range.
fn time(data: &[u8]) -> MediaTime {
    let word = data.last_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes));
    MediaTime::from_ticks(word >> (word & 0x38))
}

#[cfg(test)]
mod tests {
    use super::{aac, av1, fmp4_boxes, h264, hevc, mp3, opus, vp9};
    use crate::fuzz::inputs::{Random, mutations};

    macro_rules! sample {
        ($name:literal) => {
            include_bytes!(concat!("../../testdata/codecs/", $name)).as_slice()
        };
    }

    fn run(seed: u64, valid: &[&[u8]], check: fn(&[u8])) {
        let mut random = Random::new(seed);
        for _ in 0..4_000 {
            check(&random.bytes(96));
        }
        for input in valid {
            mutations(input, 2_000, &mut random, check);
        }
    }

    #[test]
    fn h264_holds_against_noise_and_mutations() {
        let valid = [
            sample!("h264_baseline_320x240.avcc"),
            sample!("h264_main_638x358.avcc"),
            sample!("h264_high422_interlaced_720x576.avcc"),
            sample!("h264_high444_1278x718.avcc"),
            b"\0\0\0\x02\x65\x88\0\0\0\x02\x41\x9a",
        ];
        run(0x5EED_0011, &valid, h264);
    }

    #[test]
    fn hevc_holds_against_noise_and_mutations() {
        let valid = [
            sample!("hevc_main10_638x358.hvcc"),
            sample!("hevc_rext_1282x722.hvcc"),
            sample!("hevc_high_tier_layers_1080p.hvcc"),
            b"\0\0\0\x02\x26\x01\0\0\0\x02\x02\x01",
        ];
        run(0x5EED_0012, &valid, hevc);
    }

    #[test]
    fn aac_holds_against_noise_and_mutations() {
        let valid: [&[u8]; 5] = [
            b"\x12\x10\x56\xe5\x00",
            b"\x2b\x11\x88\0",
            b"\xeb\x8a\x08\0",
            b"\x13\x08\x56\xe5\x9d\x48\x80",
            b"\xff\xf1\x4c\x80\x13\x7f\xfc\x21\x28",
        ];
        run(0x5EED_0013, &valid, aac);
    }

    #[test]
    fn mp3_holds_against_noise_and_mutations() {
        let valid: [&[u8]; 3] = [b"\xff\xfb\x50\x64\0\0", b"\xff\xf3\x40\xc4", b"\xff\xe3\x18\0"];
        run(0x5EED_0014, &valid, mp3);
    }

    #[test]
    fn av1_holds_against_noise_and_mutations() {
        let valid = [
            sample!("av1_main_318x178.av1c"),
            sample!("av1_high444_1282x722.av1c"),
            b"\x12\0\x0a\x0a\0\0\0\x02\xaf\xf7\x9b\x5f\x25\x40\x32\x0d\x10\0\x96\x80\0\x08\0\0\x01\x55\x4d\xfa\x80",
        ];
        run(0x5EED_0016, &valid, av1);
    }

    #[test]
    fn vp9_holds_against_noise_and_mutations() {
        let valid: [&[u8]; 3] = [
            b"\x01\0\0\0\x00\x0b\x82\x02\x02\x02\0\0",
            b"\x82\x49\x83\x42\x00\x13\xd0\x0b\x16\x36\x38\x24\x1c",
            b"\xb1\x24\xc1\xa1\x02\x00\x63\x80\x3b\xb1\xb1\xc1\x20",
        ];
        run(0x5EED_0017, &valid, vp9);
    }

    #[test]
    fn opus_holds_against_noise_and_mutations() {
        let valid: [&[u8]; 4] = [
            sample!("opus_5_1.head"),
            sample!("opus_stereo.head"),
            b"\0\x06\x01\x38\0\0\xbb\x80\0\0\x01\x04\x02\0\x04\x01\x02\x03\x05",
            b"\xfb\x06\0",
        ];
        run(0x5EED_0018, &valid, opus);
    }

    #[test]
    fn boxes_hold_against_noise_and_mutations() {
        run(0x5EED_0015, &[sample!("hevc_main10_638x358.mp4"), b"\0\0\0\x01free\0\0\0\0\0\0\0\x12ab"], fmp4_boxes);
    }
}
