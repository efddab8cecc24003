use std::sync::Arc;

use vivace_base::Limits;

use super::{ChunkReader, MESSAGE_BYTES_MAX, Message, write_message};
use crate::engine::Fault;

fn reader() -> ChunkReader {
    ChunkReader::new(Arc::new(Limits::default()))
}

fn read_all(mut input: &[u8]) -> Result<Vec<Message>, Fault> {
    read_with(&mut reader(), &mut input)
}

fn read_with(reader: &mut ChunkReader, input: &mut &[u8]) -> Result<Vec<Message>, Fault> {
    let mut messages = Vec::new();
    while let Some(message) = reader.read(input)? {
        messages.push(message);
    }
    Ok(messages)
}

fn stamps(input: &[u8]) -> Vec<u32> {
    read_all(input).unwrap().iter().map(|message| message.timestamp).collect()
}

/// A chunk of type 0 with an audio message of `body`, at most 128 bytes.
fn whole(chunk_stream: u8, stamp: [u8; 3], body: &[u8]) -> Vec<u8> {
    [&[chunk_stream], &stamp[..], &[0, 0, body.len() as u8, 8, 1, 0, 0, 0], body].concat()
}

fn control(type_id: u8, value: u32) -> Vec<u8> {
    let mut out = Vec::new();
    write_message(&mut out, 2, type_id, 0, 0, &[&value.to_be_bytes()], 128).unwrap();
    out
}

fn body(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at * 7 % 251) as u8).collect()
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

#[test]
fn what_is_written_is_read_at_any_split() {
    let mut random = Random(0x1234_5678_9abc_def1);
    for _ in 0..300 {
        let (mut wire, mut sent) = (Vec::new(), Vec::new());
        let mut chunk_bytes = 128;
        for _ in 0..1 + random.below(12) {
            if random.below(4) == 0 {
                chunk_bytes = 128 + random.below(5_000);
                wire.extend(control(1, chunk_bytes as u32));
            }
            let chunk_stream = [3, 4, 63, 64, 319, 320, 5_000, 65_599][random.below(8)];
            let type_id = [8, 9, 18, 20][random.below(4)];
            let timestamp = [0, 40, 0xff_fffe, 0xff_ffff, 0x100_0000, u32::MAX][random.below(6)];
            let payload = body(random.below(9_000));
            let (left, right) = payload.split_at(random.below(payload.len() + 1));
            write_message(&mut wire, chunk_stream, type_id, timestamp, 1, &[left, right], chunk_bytes).unwrap();
            sent.push(Message { type_id, timestamp, stream_id: 1, payload: payload.into() });
        }
        let mut reader = reader();
        let (mut rest, mut got) = (&wire[..], Vec::new());
        while !rest.is_empty() {
            let bytes_max = [1, 20, 3_000][random.below(3)];
            let (mut part, after) = rest.split_at((1 + random.below(bytes_max)).min(rest.len()));
            got.extend(read_with(&mut reader, &mut part).unwrap());
            rest = after;
        }
        assert_eq!(got, sent);
        assert_eq!(reader.held_bytes(), 0);
    }
}

/// The examples of RTMP 1.0, 5.3.2.1 and 5.3.2.2.
#[test]
fn the_bytes_are_those_of_the_specification() {
    let mut out = Vec::new();
    write_message(&mut out, 4, 9, 1_000, 12_346, &[&body(307)], 128).unwrap();
    assert_eq!(out[..12], [4, 0, 0x03, 0xe8, 0, 0x01, 0x33, 9, 0x3a, 0x30, 0, 0]);
    assert_eq!((out[12 + 128], out[12 + 128 + 1 + 128]), (0xc4, 0xc4));
    assert_eq!(out.len(), 12 + 307 + 2);

    let audio = body(32);
    let second = [&[0x83, 0, 0, 20], &audio[..]].concat();
    let later = [&[0xc3], &audio[..]].concat();
    assert_eq!(
        stamps(&[whole(3, [0, 3, 0xe8], &audio), second, later.clone(), later].concat()),
        [1_000, 1_020, 1_040, 1_060]
    );
}

#[test]
fn a_message_type_3_after_type_0_repeats_its_timestamp_as_delta() {
    assert_eq!(stamps(&[whole(3, [0, 0, 40], &[1]), vec![0xc3, 2], vec![0xc3, 3]].concat()), [40, 80, 120]);
}

#[test]
fn deltas_pass_24_bits_and_2_to_the_32() {
    let past_24 = [whole(3, [0xff, 0xff, 0xfe], &[1]), vec![0x83, 0, 0, 20, 2], vec![0xc3, 3]].concat();
    assert_eq!(stamps(&past_24), [0xff_fffe, 0x100_0012, 0x100_0026]);

    let mut past_32 = Vec::new();
    write_message(&mut past_32, 3, 8, u32::MAX - 9, 1, &[&[1]], 128).unwrap();
    past_32.extend([0x83, 0, 0, 20, 2]);
    past_32.extend([0xc3, 3]);
    assert_eq!(stamps(&past_32), [u32::MAX - 9, 10, 30]);
}

#[test]
fn extended_timestamps_are_written_in_every_chunk() {
    let mut out = Vec::new();
    write_message(&mut out, 5, 9, 0x0102_0304, 1, &[&body(200)], 128).unwrap();
    assert_eq!(out[1..4], [0xff; 3]);
    assert_eq!(out[12..16], [1, 2, 3, 4]);
    assert_eq!(out[16 + 128..16 + 128 + 5], [0xc5, 1, 2, 3, 4]);
    assert_eq!(read_all(&out).unwrap()[0].payload, body(200));

    let mut at_the_edge = Vec::new();
    write_message(&mut at_the_edge, 5, 9, 0xff_ffff, 1, &[&[7]], 128).unwrap();
    assert_eq!(at_the_edge[12..], [0, 0xff, 0xff, 0xff, 7]);
    assert_eq!(stamps(&at_the_edge), [0xff_ffff]);
}

#[test]
fn encoders_that_do_not_repeat_the_extended_timestamp_are_read() {
    let stamp = [1, 2, 3, 4];
    // What follows the header of type 3 differs from the timestamp at each of its four bytes in turn, and the last
    // message's rest is shorter than a timestamp.
    for (rest, next_starts) in
        [(&[9u8, 9, 9, 9, 9][..], 9u8), (&[1, 9, 9], 8), (&[1, 2, 9, 3], 7), (&[1, 2], 3), (&[1], 2)]
    {
        let payload = [&body(128)[..], rest].concat();
        let head = [&[5, 0xff, 0xff, 0xff, 0, 0, payload.len() as u8, 9, 1, 0, 0, 0], &stamp[..]].concat();
        let next = whole(6, [0, 0, 5], &[next_starts]);
        let wire = [&head[..], &payload[..128], &[0xc5], rest, &next].concat();
        for step in 1..8 {
            let mut reader = reader();
            let mut got = Vec::new();
            for part in wire.chunks(step) {
                got.extend(read_with(&mut reader, &mut &*part).unwrap());
            }
            assert_eq!(got.len(), 2, "rest {rest:?}, step {step}");
            assert_eq!((got[0].timestamp, &got[0].payload[..]), (0x0102_0304, &payload[..]));
            assert_eq!((got[1].timestamp, &got[1].payload[..]), (5, &[next_starts][..]));
        }
    }
}

#[test]
fn a_rest_that_begins_like_the_timestamp_may_run_into_the_next_chunk() {
    // One byte of body is left and equals the first byte of the timestamp; the next header begins like the rest of it.
    let payload = [&body(128)[..], &[1]].concat();
    let head = [5, 0xff, 0xff, 0xff, 0, 0, 129, 9, 1, 0, 0, 0, 1, 6, 0, 7];
    let wire = [&head[..], &payload[..128], &[0xc5, 1], &whole(6, [0, 0, 5], &[4])].concat();
    let got = read_all(&wire).unwrap();
    assert_eq!(got.len(), 2);
    assert_eq!((&got[0].payload[..], &got[1].payload[..]), (&payload[..], &[4][..]));
    assert_eq!(got[1].timestamp, 5);
}

#[test]
fn unfinished_messages_of_several_chunk_streams_do_not_mix() {
    let (video, audio) = (body(300), vec![0xaa; 130]);
    let video_head = [6, 0, 0, 9, 0, 0x01, 0x2c, 9, 1, 0, 0, 0];
    let audio_head = [4, 0, 0, 8, 0, 0, 130, 8, 1, 0, 0, 0];
    let wire = [
        &video_head[..],
        &video[..128],
        &audio_head,
        &audio[..128],
        &[0xc6],
        &video[128..256],
        &[0xc4],
        &audio[128..],
        &[0xc6],
        &video[256..],
    ]
    .concat();
    let got = read_all(&wire).unwrap();
    assert_eq!((got[0].type_id, got[0].timestamp, &got[0].payload[..]), (8, 8, &audio[..]));
    assert_eq!((got[1].type_id, got[1].timestamp, &got[1].payload[..]), (9, 9, &video[..]));
}

#[test]
fn the_chunk_size_may_change_inside_a_message() {
    let payload = body(600);
    let head = [6, 0, 0, 9, 0, 0x02, 0x58, 9, 1, 0, 0, 0];
    let wire = [&head[..], &payload[..128], &control(1, 400), &[0xc6], &payload[128..528], &[0xc6], &payload[528..]];
    assert_eq!(read_all(&wire.concat()).unwrap()[0].payload, payload);
}

#[test]
fn an_aborted_message_is_forgotten() {
    let head = [6, 0, 0, 9, 0, 0x02, 0x58, 9, 1, 0, 0, 0];
    let wire = [&head[..], &body(128), &control(2, 6), &whole(6, [0, 0, 1], &[5])].concat();
    let mut reader = reader();
    let got = read_with(&mut reader, &mut &wire[..]).unwrap();
    assert_eq!((got.len(), &got[0].payload[..], reader.held_bytes()), (1, &[5][..], 0));
    assert_eq!(read_all(&control(2, 999)), Ok(vec![]));
}

#[test]
fn empty_messages_and_a_first_chunk_of_type_1_are_read() {
    let first = [0x43, 0, 0, 30, 0, 0, 1, 8, 0xee];
    let got = read_all(&[&first[..], &whole(4, [0, 0, 9], &[])].concat()).unwrap();
    assert_eq!((got[0].timestamp, got[0].stream_id, &got[0].payload[..]), (30, 0, &[0xee][..]));
    assert_eq!((got[1].timestamp, got[1].payload.len()), (9, 0));
}

#[test]
fn headers_of_type_1_and_2_inside_a_message_may_change_nothing() {
    let payload = body(130);
    let head = [6, 0, 0, 9, 0, 0, 130, 9, 1, 0, 0, 0];
    let start = [&head[..], &payload[..128]].concat();
    let same = [&start[..], &[0x46, 0, 0, 50, 0, 0, 130, 9], &payload[128..]].concat();
    let got = read_all(&same).unwrap();
    assert_eq!((got[0].timestamp, &got[0].payload[..]), (9, &payload[..]));

    let longer = [&start[..], &[0x46, 0, 0, 50, 0, 0, 131, 9]].concat();
    assert_eq!(read_all(&longer), Err(Fault::LengthChanged { chunk_stream: 6, announced: 130, changed: 131 }));
    let again = [&start[..], &head].concat();
    assert_eq!(read_all(&again), Err(Fault::MessageInterrupted { chunk_stream: 6, received: 128, announced: 130 }));
}

#[test]
fn chunk_sizes_outside_the_limits_are_refused() {
    for announced in [0, 1, 127, 65_537, 0x7fff_ffff, u32::MAX] {
        let expected = Fault::ChunkSize { announced, allowed_min: 128, allowed_max: 65_536 };
        assert_eq!(read_all(&control(1, announced)), Err(expected));
    }
    let mut short = Vec::new();
    write_message(&mut short, 2, 1, 0, 0, &[&[0, 1]], 128).unwrap();
    assert_eq!(read_all(&short), Err(Fault::ControlTooShort { message_type: 1, received: 2, needed: 4 }));
}

#[test]
fn continuations_of_nothing_are_refused() {
    for format in [2, 3] {
        let expected = Fault::ChunkStreamUnknown { chunk_stream: 7, format };
        assert_eq!(read_all(&[format << 6 | 7, 0, 0, 0]), Err(expected));
    }
}

#[test]
fn lengths_are_refused_before_memory_is_taken() {
    let limits = Limits::default();
    for (type_id, allowed) in [
        (8, limits.rtmp_audio_message_bytes_max),
        (9, limits.rtmp_video_message_bytes_max),
        (22, limits.rtmp_video_message_bytes_max),
        (20, limits.rtmp_command_message_bytes_max),
        (99, limits.rtmp_command_message_bytes_max),
    ] {
        let announced = 0xff_fffe;
        let head = [6, 0, 0, 0, 0xff, 0xff, 0xfe, type_id, 1, 0, 0, 0];
        let expected = Fault::MessageTooLong { chunk_stream: 6, message_type: type_id, announced, allowed };
        assert_eq!(read_all(&head), Err(expected));
    }
}

#[test]
fn chunk_streams_and_unfinished_bytes_are_limited() {
    let limits = Limits { rtmp_chunk_streams_max: 2, rtmp_partial_bytes_max: 300, ..Limits::default() };
    let head = |chunk_stream: u8| [&[chunk_stream, 0, 0, 0, 0, 0x01, 0x2c, 9, 1, 0, 0, 0][..], &body(128)].concat();
    let mut reader = ChunkReader::new(Arc::new(limits));
    assert_eq!(reader.read(&mut &head(3)[..]), Ok(None));
    assert_eq!(reader.read(&mut &head(4)[..]), Ok(None));
    assert_eq!(reader.held_bytes(), 256);
    let third = reader.read(&mut &head(5)[..]);
    assert_eq!(third, Err(Fault::ChunkStreams { chunk_stream: 5, allowed: 2 }));
    let more = reader.read(&mut &[&[0xc3], &body(128)[..]].concat()[..]);
    assert_eq!(more, Err(Fault::PartialBytes { chunk_stream: 3, held: 384, allowed: 300 }));
}

#[test]
fn memory_follows_what_arrived() {
    let head = [6, 0, 0, 0, 0x3f, 0xff, 0xff, 9, 1, 0, 0, 0];
    let mut reader = reader();
    assert_eq!(reader.read(&mut &[&head[..], &body(100)].concat()[..]), Ok(None));
    assert_eq!(reader.held_bytes(), 100);
    assert!(reader.memory_bytes() <= 4_096, "{}", reader.memory_bytes());
}

#[test]
fn a_body_beyond_24_bits_is_not_written() {
    let mut out = vec![1];
    let part = vec![0; MESSAGE_BYTES_MAX];
    let written = write_message(&mut out, 6, 9, 0, 1, &[&part, &[0]], 60_000);
    let (announced, allowed) = (MESSAGE_BYTES_MAX + 1, MESSAGE_BYTES_MAX);
    assert_eq!(written, Err(Fault::MessageTooLong { chunk_stream: 6, message_type: 9, announced, allowed }));
    assert_eq!(out, [1]);
}
