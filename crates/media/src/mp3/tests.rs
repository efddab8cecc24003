use super::{Fault, FrameHeader, Version};

const MPEG1: &[u8] = include_bytes!("../../testdata/codecs/mp3_44100.mp3");
const MPEG2: &[u8] = include_bytes!("../../testdata/codecs/mp3_22050.mp3");

/// Every frame of a file, each found at the end of the one before.
fn walk(mut rest: &[u8]) -> Vec<FrameHeader> {
    let mut headers = Vec::new();
    while !rest.is_empty() {
        let header = FrameHeader::parse(rest).unwrap();
        rest = &rest[header.frame_bytes..];
        headers.push(header);
    }
    headers
}

#[test]
fn files_of_an_encoder_are_walked_to_their_last_byte() {
    let headers = walk(MPEG1);
    assert!(headers.len() > 10);
    for header in headers {
        assert_eq!((header.version, header.sample_rate, header.channels), (Version::Mpeg1, 44_100, 2));
        assert_eq!((header.bit_rate, header.samples_per_frame()), (64_000, 1_152));
        assert_eq!(header.codec_string(), "mp4a.6B");
    }
    let headers = walk(MPEG2);
    assert!(headers.len() > 10);
    for header in headers {
        assert_eq!((header.version, header.sample_rate, header.channels), (Version::Mpeg2, 22_050, 1));
        assert_eq!((header.bit_rate, header.samples_per_frame()), (32_000, 576));
        assert_eq!(header.codec_string(), "mp4a.69");
    }
}

#[test]
fn sizes_follow_rate_frequency_and_padding() {
    let size = |head: [u8; 4]| FrameHeader::parse(&head).unwrap().frame_bytes;
    assert_eq!(size([0xff, 0xfb, 0x90, 0x00]), 417); // 128 kbit/s, 44.1 kHz
    assert_eq!(size([0xff, 0xfb, 0x92, 0x00]), 418);
    assert_eq!(size([0xff, 0xfb, 0xe8, 0x00]), 1_440); // 320 kbit/s, 32 kHz
    assert_eq!(size([0xff, 0xe3, 0x18, 0x00]), 72); // MPEG-2.5: 8 kbit/s, 8 kHz
    assert!(FrameHeader::parse(&[0xff, 0xfa, 0x90, 0x00]).unwrap().checksum);
}

#[test]
fn headers_out_of_the_standard_are_refused() {
    for (head, fault) in [
        (&[0xff, 0xfb, 0x90][..], Fault::Truncated),
        (&[0xff, 0x1b, 0x90, 0], Fault::SyncWord),
        (&[0xff, 0xeb, 0x90, 0], Fault::Version),
        (&[0xff, 0xfd, 0x90, 0], Fault::Layer),
        (&[0xff, 0xfb, 0x00, 0], Fault::BitRate(0)),
        (&[0xff, 0xfb, 0xf0, 0], Fault::BitRate(15)),
        (&[0xff, 0xfb, 0x9c, 0], Fault::SamplingFrequency),
    ] {
        assert_eq!(FrameHeader::parse(head), Err(fault));
    }
}
