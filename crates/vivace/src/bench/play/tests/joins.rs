//! Parsers of the player's side, fed byte by byte.

use std::sync::Arc;

use bytes::Bytes;
use vivace_base::{Limits, MediaTime, MonoMs};
use vivace_media::Codec;
use vivace_media::flv::file_header;
use vivace_media::fmp4::{Sample, Track, fragment, init_segment};
use vivace_rtmp::engine::chunk::write_message;
use vivace_rtmp::engine::{Event, MediaKind, Server};

use super::super::http::{Head, HttpFault};
use super::super::join::{Join, JoinFault, Seen};
use super::super::mp4::{Mp4Fault, Scanner};
use super::target;

const HTTP_OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\n\r\n";
const KEY_PICTURE: &[u8] = &[0x17, 1, 0, 0, 0, 0, 0, 0, 1, 0x65];
const OTHER_PICTURE: &[u8] = &[0x27, 1, 0, 0, 0, 0, 0, 0, 1, 0x41];
const NOW: MonoMs = MonoMs(1);

fn join(url: &str) -> Join {
    Join::new(&target(url), &Arc::new(Limits::default()), NOW)
}

/// Feeds byte by byte; after how many the first media and the first key frame were seen.
fn feed_bytes(mut feed: impl FnMut(&[u8]) -> Seen, stream: &[u8]) -> (Option<usize>, Option<usize>) {
    let (mut media, mut key) = (None, None);
    for (at, byte) in stream.iter().enumerate() {
        let seen = feed(&[*byte]);
        media = media.or(seen.media.then_some(at + 1));
        key = key.or(seen.key.then_some(at + 1));
    }
    (media, key)
}

fn tag(kind: u8, body: &[u8]) -> Vec<u8> {
    let [_, size @ ..] = (body.len() as u32).to_be_bytes();
    [&[kind][..], &size, &[0; 7], body, &(body.len() as u32 + 11).to_be_bytes()].concat()
}

#[test]
fn a_key_frame_of_flv_is_seen_when_its_tag_is_whole() {
    let front = [HTTP_OK, &file_header(true, true), &tag(18, b"\x02\x00\x00"), &tag(9, OTHER_PICTURE)].concat();
    let stream = [&front[..], &tag(8, &[0xaf, 1, 9]), &tag(9, KEY_PICTURE), &tag(9, OTHER_PICTURE)].concat();
    let mut join = join("http://h/live/a.flv");
    let request = join.take_output().expect("a request");
    assert!(request.starts_with(b"GET /live/a.flv HTTP/1.1\r\n"));
    let seen = feed_bytes(|bytes| join.feed(NOW, bytes).expect("FLV"), &stream);
    let key = front.len() + tag(8, &[0; 3]).len() + 11 + KEY_PICTURE.len();
    assert_eq!(seen, (Some(front.len() - 4), Some(key)));
    assert_eq!(join.take_output(), None);
}

#[test]
fn a_head_that_announces_no_plain_stream_is_told() {
    let refused = |head: &str| {
        let mut parser = Head::default();
        head.bytes().find_map(|byte| parser.feed(&mut &[byte][..]).err())
    };
    let status = refused("HTTP/1.1 403 Forbidden\r\nX-Code: 1\r\n\r\n");
    assert_eq!(status, Some(HttpFault::Status("HTTP/1.1 403 Forbidden".to_owned())));
    assert_eq!(refused("HTTP/1.1 200 OK\r\ntransfer-encoding:  Chunked\r\n\r\n"), Some(HttpFault::Chunked));
    assert_eq!(refused("SSH-2.0-x\x07\r\n\r\n"), Some(HttpFault::NotHttp("SSH-2.0-x".to_owned())));
    assert!(matches!(refused(&"x".repeat(1 << 20)), Some(HttpFault::HeadTooLong(_))));
    assert_eq!(refused("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n"), None);
}

#[test]
fn what_follows_the_head_is_left_for_the_body() {
    let (mut head, mut input) = (Head::default(), &b"HTTP/1.1 200 OK\r\n\r\nFLV"[..]);
    assert_eq!(head.feed(&mut input), Ok(true));
    assert_eq!(input, b"FLV");
}

fn video() -> Track {
    let record = include_bytes!("../../../../../media/testdata/codecs/h264_main_638x358.avcc");
    Track::from_config(Codec::H264, &Bytes::from_static(record), 1).expect("H.264")
}

fn audio() -> Track {
    Track::from_config(Codec::Aac, &Bytes::from_static(&[0x12, 0x10]), 2).expect("AAC")
}

fn fragment_of(track: &Track, keys: &[bool]) -> Vec<u8> {
    let sample = |&key: &bool| {
        let zero = MediaTime::ZERO;
        Sample { dts: zero, cts: zero, duration: zero, key, payload: b"payload" }
    };
    let samples: Vec<Sample<'_>> = keys.iter().map(sample).collect();
    let mut out = Vec::new();
    fragment(1, track, &samples, &mut out).expect("a small fragment");
    out
}

#[test]
fn a_key_frame_of_mp4_is_seen_when_its_data_is_whole() {
    let front = [init_segment(&[audio(), video()]), fragment_of(&audio(), &[true])].concat();
    let batch = fragment_of(&video(), &[false, true]);
    let stream = [&front[..], &fragment_of(&video(), &[false]), &batch, &fragment_of(&video(), &[false])].concat();
    let mut scanner = Scanner::default();
    let seen = feed_bytes(|bytes| scanner.feed(bytes).expect("MP4"), &stream);
    let key = front.len() + fragment_of(&video(), &[false]).len() + batch.len();
    assert_eq!(seen, (Some(front.len()), Some(key)));
    let whole = Scanner::default().feed(&stream);
    assert_eq!(whole, Ok(Seen { media: true, key: true }));
}

fn boxed(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    [&(content.len() as u32 + 8).to_be_bytes()[..], kind, &content].concat()
}

/// The forms of other writers: flags of the first sample only, of the track, and of the whole file.
#[test]
fn sample_flags_are_found_wherever_they_are_written() {
    const SYNC: [u8; 4] = [2, 0, 0, 0];
    const NOT_SYNC: [u8; 4] = [1, 1, 0, 0];
    let words = |words: &[[u8; 4]]| words.concat();
    let moof = |tfhd: &[u8], trun: &[u8]| {
        boxed(b"moof", &[&boxed(b"traf", &[&boxed(b"tfhd", &[tfhd]), &boxed(b"trun", &[trun])])])
    };
    let of_track = words(&[[0, 0, 0, 0x28], [0, 0, 0, 1], [0, 0, 0, 9], SYNC]);
    let plain = words(&[[0; 4], [0, 0, 0, 1]]);
    let no_flags = words(&[[0; 4], [0, 0, 0, 2]]);
    let first_only = words(&[[0, 0, 0, 5], [0, 0, 0, 2], [0; 4], SYNC]);
    let not_first = words(&[[0, 0, 0, 5], [0, 0, 0, 1], [0; 4], NOT_SYNC]);
    let key = |default: [u8; 4], tfhd: &[u8], trun: &[u8]| {
        let trex = boxed(b"trex", &[&words(&[[0; 4], [0, 0, 0, 1], [0, 0, 0, 1], [0; 4], [0; 4], default])]);
        let tkhd = boxed(b"tkhd", &[&words(&[[0; 4], [0; 4], [0; 4], [0, 0, 0, 1]])]);
        let mdia = boxed(b"mdia", &[&boxed(b"hdlr", &[&[0; 8], b"vide"])]);
        let moov = boxed(b"moov", &[&boxed(b"trak", &[&tkhd, &mdia]), &boxed(b"mvex", &[&trex])]);
        let stream = [boxed(b"ftyp", &[b"iso6"]), moov, moof(tfhd, trun), boxed(b"mdat", &[])].concat();
        Scanner::default().feed(&stream).map(|seen| seen.key)
    };
    assert_eq!(key(NOT_SYNC, &of_track, &no_flags), Ok(true));
    assert_eq!(key(NOT_SYNC, &plain, &no_flags), Ok(false));
    assert_eq!(key(SYNC, &plain, &no_flags), Ok(true));
    assert_eq!(key(NOT_SYNC, &plain, &first_only), Ok(true));
    assert_eq!(key(SYNC, &plain, &not_first), Ok(false));
    assert_eq!(key(SYNC, &plain, &[0; 4]), Err(Mp4Fault::Truncated(*b"moof")));
}

#[test]
fn what_is_no_fragmented_mp4_ends_the_player() {
    let refused = |bytes: &[u8]| Scanner::default().feed(bytes).err();
    assert_eq!(refused(b"<html><body>"), Some(Mp4Fault::NotMp4(*b"l><b")));
    let ftyp = boxed(b"ftyp", &[b"iso6"]);
    let after = |head: &[u8]| refused(&[&ftyp[..], head].concat());
    assert_eq!(after(b"\0\0\0\0mdat"), Some(Mp4Fault::BoxLength { kind: *b"mdat", bytes: 0 }));
    assert_eq!(after(b"\xff\0\0\0moov"), Some(Mp4Fault::BoxLength { kind: *b"moov", bytes: 0xff00_0000 }));
    let large = after(b"\0\0\0\x01moof\0\0\0\0\0\0\0\x20");
    assert_eq!(large, Some(Mp4Fault::BoxLength { kind: *b"moof", bytes: 32 }));
    assert_eq!(after(&boxed(b"moov", &[b"\0\0\0\x09trak"])), Some(Mp4Fault::Truncated(*b"moov")));
}

/// Both sides talk until neither has anything to say, one byte at a time.
fn talk(join: &mut Join, server: &mut Server, answer: &mut impl FnMut(&mut Server, Event)) -> Result<Seen, JoinFault> {
    let mut seen = Seen::default();
    loop {
        let asked = join.take_output().unwrap_or_default();
        asked.iter().for_each(|byte| server.handle_input(NOW, &[*byte]).expect("a client of ours"));
        while let Some(event) = server.poll_event() {
            answer(server, event);
        }
        let said = server.take_output().unwrap_or_default();
        for byte in &said {
            seen = join.feed(NOW, &[*byte])?;
        }
        if asked.is_empty() && said.is_empty() {
            return Ok(seen);
        }
    }
}

fn server() -> Server {
    Server::new(Arc::new(Limits::default()), super::super::super::push::handshake_bytes())
}

#[test]
fn a_key_frame_of_rtmp_is_seen_when_its_message_is_whole() {
    let (mut join, mut server, mut playing) = (join("rtmp://h/live/a?k=v"), server(), None);
    let seen = talk(&mut join, &mut server, &mut |server, event| {
        if let Event::Play { stream_id, name, .. } = event {
            assert_eq!(name, "a?k=v");
            assert!(server.accept_play(stream_id));
            playing = Some(stream_id);
        }
    });
    assert_eq!(seen.expect("RTMP"), Seen::default());
    let (stream_id, mut stream) = (playing.expect("a play"), Vec::new());
    let (kind, on) = MediaKind::Video.message_type_and_chunk_stream();
    let long_key = [KEY_PICTURE, &[0; 100_000]].concat();
    let mut ends = Vec::new();
    for body in [OTHER_PICTURE, &long_key[..]] {
        let chunk_bytes = server.chunk_bytes_out();
        write_message(&mut stream, on, kind, 0, stream_id, &[body], chunk_bytes).expect("no long message");
        ends.push(Some(stream.len()));
    }
    let (media, key) = feed_bytes(|bytes| join.feed(NOW, bytes).expect("RTMP"), &stream);
    assert_eq!(vec![media, key], ends);
}

#[test]
fn a_refused_play_is_told_with_its_code() {
    let (mut join, mut server) = (join("rtmp://h/live/a"), server());
    let fault = talk(&mut join, &mut server, &mut |server, event| {
        if let Event::Play { stream_id, .. } = event {
            assert!(server.refuse_play(stream_id, "NetStream.Play.StreamNotFound", "30001: no such stream"));
        }
    });
    let text = fault.err().map(|fault| fault.to_string());
    assert_eq!(text.as_deref(), Some("onStatus NetStream.Play.StreamNotFound: 30001: no such stream"));
}
