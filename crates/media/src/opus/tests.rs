use super::{Fault, Head, Mapping, channels, samples};

const STEREO: &[u8] = include_bytes!("../../testdata/codecs/opus_stereo.head");
const SURROUND: &[u8] = include_bytes!("../../testdata/codecs/opus_5_1.head");
/// The `dOps` boxes that ffmpeg has written for the same sounds.
const STEREO_DOPS: &[u8] = b"\0\x02\x01\x38\0\0\xbb\x80\0\0\0";
const SURROUND_DOPS: &[u8] = b"\0\x06\x01\x38\0\0\xbb\x80\0\0\x01\x04\x02\0\x04\x01\x02\x03\x05";

#[test]
fn headers_of_an_encoder_become_the_boxes_of_a_muxer_and_back() {
    for (head, dops) in [(STEREO, STEREO_DOPS), (SURROUND, SURROUND_DOPS)] {
        let parsed = Head::parse(head).unwrap();
        let (mut as_head, mut as_dops) = (Vec::new(), Vec::new());
        parsed.write(&mut as_head);
        parsed.write_dops(&mut as_dops);
        assert_eq!((as_head.as_slice(), as_dops.as_slice()), (head, dops));
        assert_eq!(Head::parse_dops(dops), Ok(parsed));
    }
    let surround = Head::parse(SURROUND).unwrap();
    assert_eq!((surround.channels, surround.pre_skip, surround.input_sample_rate, surround.gain), (6, 312, 48_000, 0));
    let mapping = Mapping { family: 1, streams: 4, coupled: 2, table: &[0, 4, 1, 2, 3, 5] };
    assert_eq!(surround.mapping, Some(mapping));
    let quiet = Head { gain: -512, ..Head::parse(STEREO).unwrap() };
    let mut out = Vec::new();
    quiet.write_dops(&mut out);
    assert_eq!(Head::parse_dops(&out), Ok(quiet));
}

#[test]
fn headers_out_of_the_standard_are_refused() {
    for end in 8..SURROUND.len() {
        assert_eq!(Head::parse(&SURROUND[..end]), Err(Fault::Truncated), "{end} bytes");
    }
    for end in 0..SURROUND_DOPS.len() {
        assert_eq!(Head::parse_dops(&SURROUND_DOPS[..end]), Err(Fault::Truncated), "{end} bytes");
    }
    let changed = |place: usize, value: u8| {
        let mut bytes = STEREO.to_vec();
        bytes[place] = value;
        Head::parse(&bytes).map(|_| ())
    };
    assert_eq!(changed(0, b'o'), Err(Fault::Magic));
    assert_eq!(changed(8, 16), Err(Fault::Version(16)));
    assert_eq!(changed(8, 2), Ok(()));
    assert_eq!(changed(9, 0), Err(Fault::Channels(0)));
    assert_eq!(changed(9, 3), Err(Fault::Channels(3)));
    assert_eq!(Head::parse_dops(b"\x01"), Err(Fault::Version(1)));
}

#[test]
fn packets_tell_their_length_and_channels() {
    // Configurations of table 2, each with one frame: 10, 60 ms of SILK, 10 and 20 ms hybrid, 2.5 and 20 ms of CELT.
    for (config, length) in [(0, 480), (3, 2_880), (7, 2_880), (12, 480), (15, 960), (16, 120), (31, 960)] {
        assert_eq!(samples(&[config << 3]), Ok(length), "configuration {config}");
    }
    assert_eq!(samples(&[31 << 3 | 1]), Ok(1_920));
    assert_eq!(samples(&[31 << 3 | 2]), Ok(1_920));
    assert_eq!(samples(&[31 << 3 | 3, 6]), Ok(5_760));
    assert_eq!(samples(&[31 << 3 | 3, 0xc0 | 2]), Ok(1_920));
    assert_eq!((channels(&[0xf8]), channels(&[0xfc])), (Ok(1), Ok(2)));
    assert_eq!(Head::of_packet(&[0xfc]).map(|head| head.channels), Ok(2));
}

#[test]
fn packets_out_of_the_standard_are_refused() {
    assert_eq!(samples(&[]), Err(Fault::Truncated));
    assert_eq!(samples(&[31 << 3 | 3]), Err(Fault::Truncated));
    assert_eq!(samples(&[31 << 3 | 3, 0]), Err(Fault::Frames(0)));
    assert_eq!(samples(&[31 << 3 | 3, 7]), Err(Fault::Frames(7)));
    assert_eq!(channels(&[]), Err(Fault::Truncated));
    assert_eq!(Head::of_packet(&[]), Err(Fault::Truncated));
}
