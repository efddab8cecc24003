use bytes::Bytes;
use vivace_base::Limits;

use super::super::{Fault, Reader, Tag, TagKind, file_header};

/// A tag as a writer of other making would have it, with a previous tag size that is wrong.
fn tag_bytes(first_byte: u8, timestamp_ms: u32, body: &[u8]) -> Vec<u8> {
    let [_, size @ ..] = (body.len() as u32).to_be_bytes();
    let [extended, low @ ..] = timestamp_ms.to_be_bytes();
    [&[first_byte], &size[..], &low[..], &[extended], &[0, 0, 1], body, b"\xde\xad\xbe\xef"].concat()
}

fn read(bytes: &[u8]) -> (Vec<Tag>, Result<(), Fault>) {
    let mut reader = Reader::new(&Limits::default());
    reader.feed(bytes);
    let mut tags = Vec::new();
    loop {
        match reader.next() {
            Ok(Some(tag)) => tags.push(tag),
            Ok(None) => return (tags, reader.finish()),
            Err(fault) => return (tags, Err(fault)),
        }
    }
}

fn after_header(bytes: &[u8]) -> (Vec<Tag>, Result<(), Fault>) {
    read(&[&file_header(true, true), bytes].concat())
}

#[test]
fn tags_are_read_however_the_bytes_arrive() {
    let file = [
        file_header(true, true).to_vec(),
        tag_bytes(18, 0, b"script"),
        tag_bytes(9, 0x0102_0304, b"video"),
        tag_bytes(8, u32::MAX, b""),
    ]
    .concat();
    let tag = |kind, timestamp_ms, body: &'static [u8]| Tag { kind, timestamp_ms, body: Bytes::from_static(body) };
    let expected = vec![
        tag(TagKind::Script, 0, b"script"),
        tag(TagKind::Video, 0x0102_0304, b"video"),
        tag(TagKind::Audio, u32::MAX, b""),
    ];
    assert_eq!(read(&file), (expected.clone(), Ok(())));

    let mut reader = Reader::new(&Limits::default());
    let mut tags = Vec::new();
    for byte in &file {
        reader.feed(std::slice::from_ref(byte));
        tags.extend(reader.next().unwrap());
    }
    assert_eq!(tags, expected);
    assert_eq!(reader.offset(), file.len() as u64);
}

#[test]
fn a_longer_file_header_is_skipped_and_a_last_size_may_be_missing() {
    let file = [b"FLV\x01\x05\0\0\0\x0bxx\0\0\0\0".to_vec(), tag_bytes(8, 7, b"a")].concat();
    for end in [file.len(), file.len() - 2, file.len() - 4] {
        let (tags, result) = read(&file[..end]);
        assert_eq!((tags.len(), result), (1, Ok(())));
    }
}

#[test]
fn what_is_not_flv_is_refused_at_its_first_wrong_byte() {
    for start in [b"G".as_slice(), b"FLX", b"FLV\x02", b"\0\0\0\x18ftypisom"] {
        assert_eq!(read(start).1, Err(Fault::NotFlv), "{start:?}");
    }
    assert_eq!(read(b"FLV\x01\x05\0\0\0\x08").1, Err(Fault::HeaderLength { bytes: 8 }));
    assert_eq!(read(b"FLV\x01\x05\xff\xff\xff\xff").1, Err(Fault::HeaderLength { bytes: u32::MAX }));
}

#[test]
fn encrypted_and_unknown_tags_are_refused_with_their_offset() {
    assert_eq!(after_header(&tag_bytes(0x29, 0, b"a")).1, Err(Fault::FilteredTag { offset: 13 }));
    let second = [tag_bytes(8, 0, b"abc"), tag_bytes(15, 0, b"a")].concat();
    assert_eq!(after_header(&second).1, Err(Fault::UnknownTagKind { offset: 13 + 18, number: 15 }));
}

#[test]
fn a_tag_over_its_limit_is_refused_by_its_header_alone() {
    let limits = Limits::default();
    let cases = [
        (TagKind::Audio, limits.rtmp_audio_message_bytes_max),
        (TagKind::Video, limits.rtmp_video_message_bytes_max),
        (TagKind::Script, limits.rtmp_command_message_bytes_max),
    ];
    for (kind, bytes_max) in cases {
        let header = |bytes: usize| {
            let [_, size @ ..] = (bytes as u32).to_be_bytes();
            [&[kind.number()], &size[..], &[0; 7]].concat()
        };
        let fault = Fault::TagTooLarge { offset: 13, kind, bytes: bytes_max + 1, bytes_max };
        assert_eq!(after_header(&header(bytes_max + 1)).1, Err(fault));
        // One of the limit's own length is waited for.
        assert_eq!(after_header(&header(bytes_max)).1, Err(Fault::FileTruncated { offset: 13 + 11 }));
    }
}

#[test]
fn a_fault_stays_and_later_bytes_are_not_kept() {
    let mut reader = Reader::new(&Limits::default());
    reader.feed(b"GIF89a");
    assert_eq!(reader.next(), Err(Fault::NotFlv));
    reader.feed(&file_header(true, true));
    assert_eq!(reader.next(), Err(Fault::NotFlv));
    assert_eq!(reader.finish(), Err(Fault::NotFlv));
}

#[test]
fn a_file_that_ends_inside_something_is_told_so() {
    assert_eq!(read(b"FLV\x01").1, Err(Fault::FileTruncated { offset: 4 }));
    assert_eq!(read(b"").1, Err(Fault::FileTruncated { offset: 0 }));
    assert_eq!(after_header(b"").1, Ok(()));
    assert_eq!(after_header(&tag_bytes(8, 0, b"abc")[..12]).1, Err(Fault::FileTruncated { offset: 13 + 12 }));
}
