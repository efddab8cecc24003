use bytes::Bytes;
use vivace_base::{Limits, MediaTime};

use crate::Frame;
use crate::flv::{Fault, Reader, Tag, TagKind, file_header, to_frame, write_tag};

const SI24_MIN: i64 = -0x80_0000;
const SI24_MAX: i64 = 0x7F_FFFF;

/// Any bytes as tag bodies and as a file: no panic, a file reads the same however it is cut into pieces, and each
/// frame survives being written and read again.
pub fn flv(data: &[u8]) {
    let body = Bytes::copy_from_slice(data);
    for kind in [TagKind::Audio, TagKind::Video, TagKind::Script] {
        check_body(kind, MediaTime::from_ms(40), &body);
    }
    check_file(data);
    // Noise hardly ever begins like a file, so the bytes are also taken for what follows a file's header.
    check_file(&[file_header(true, true).as_slice(), data].concat());
}

fn check_file(data: &[u8]) {
    let (tags, fault) = read(data, data.len().max(1));
    let piece_bytes = usize::from(data.last().copied().unwrap_or(0) % 7) + 1;
    assert_eq!((&tags, fault), (&read(data, piece_bytes).0, read(data, piece_bytes).1), "pieces change the result");
    for tag in &tags {
        check_body(tag.kind, MediaTime::from_ms(i64::from(tag.timestamp_ms)), &tag.body);
    }
}

/// Small limits, so that inputs of the size a fuzzer makes reach them.
fn read(data: &[u8], piece_bytes: usize) -> (Vec<Tag>, Option<Fault>) {
    let limits = Limits { rtmp_audio_message_bytes_max: 64, rtmp_command_message_bytes_max: 96, ..Limits::default() };
    let mut reader = Reader::new(&limits);
    let mut tags = Vec::new();
    for piece in data.chunks(piece_bytes) {
        reader.feed(piece);
        loop {
            match reader.next() {
                Ok(Some(tag)) => tags.push(tag),
                Ok(None) => break,
                Err(fault) => {
                    assert_eq!(reader.next(), Err(fault), "a fault stays");
                    return (tags, Some(fault));
                }
            }
        }
    }
    (tags, reader.finish().err())
}

fn check_body(kind: TagKind, dts: MediaTime, body: &Bytes) {
    match to_frame(kind, dts, body) {
        Ok(Some(frame)) => round_trip(&frame),
        Ok(None) => {}
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
}

fn round_trip(frame: &Frame) {
    let timestamp_ms = u32::try_from(frame.dts.ms()).expect("timestamps here have 32 bits");
    let mut file = file_header(true, true).to_vec();
    write_tag(frame, timestamp_ms, &mut file).expect("bodies here are short");
    let mut reader = Reader::new(&Limits::default());
    reader.feed(&file);
    let tag = reader.next().expect("what was written is FLV").expect("and is whole");
    assert_eq!(tag.timestamp_ms, timestamp_ms);
    let again = to_frame(tag.kind, MediaTime::from_ms(i64::from(tag.timestamp_ms)), &tag.body);
    assert_eq!(again, Ok(Some(in_milliseconds(frame))));
    assert_eq!(reader.finish(), Ok(()));
}

/// The frame as the container can hold it.
fn in_milliseconds(frame: &Frame) -> Frame {
    let dts_ms = frame.dts.ms();
    let cts_ms = ((frame.dts + frame.cts).ms() - dts_ms).clamp(SI24_MIN, SI24_MAX);
    Frame { dts: MediaTime::from_ms(dts_ms), cts: MediaTime::from_ms(cts_ms), ..frame.clone() }
}

#[cfg(test)]
mod tests {
    use super::flv;
    use crate::fuzz::inputs::{Random, mutations};

    /// Bodies of each header form, and a file with a tag of each kind.
    const SEEDS: [&[u8]; 15] = [
        b"\x17\x00\0\0\0\x01\x64\0\x1f",
        b"\x27\x01\0\0\x50\0\0\0\x02\x41\x9a",
        b"\x1c\x01\xff\xff\xd8\0\0\0\x02\x26\x01",
        b"\x90hvc1\x01\x01\x60",
        b"\x91hvc1\0\0\x21\0\0\0\x01\x26",
        b"\xa7\x02\x07\xa1\x20\x03avc1\0\0\0\x01\x41",
        b"\x90av01\x81\0\x0c\0",
        b"\xa1vp09\x86\0\x40",
        b"\x90OpusOpusHead\x01\x02\x38\x01",
        b"\x91Opus\xfc\x12",
        b"\x82\xd5\x55",
        b"\xaf\x01\x21\x10",
        b"\x97\x02\x00\x03\xe8\x01mp4a\x21\x10",
        b"\x02\x00\x0d@setDataFrame\x02\x00\x0aonMetaData\x08\0\0\0\x00\x00\x00\x09",
        b"FLV\x01\x05\0\0\0\x09\0\0\0\0\x08\0\0\x04\0\0\x10\x01\0\0\0\xaf\x01\x21\x10\0\0\0\x0f\
          \x09\0\0\x07\0\0\x20\0\0\0\0\x17\x01\0\0\0\x65\x88\0\0\0\x12\x12\0\0\x01\0\0\0\0\0\0\0\x05\0\0\0\x0c",
    ];

    #[test]
    fn noise_and_mutated_inputs_break_no_promise() {
        let mut random = Random::new(0x5EED_0002);
        for _ in 0..4_000 {
            flv(&random.bytes(80));
        }
        for seed in SEEDS {
            mutations(seed, 1_000, &mut random, flv);
        }
    }
}
