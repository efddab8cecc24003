//! The fuzzing entry points over seeded inputs: random bytes, and a real session with bytes changed.

use std::sync::Arc;

use vivace_base::{Limits, MonoMs};
use vivace_media::amf::Value;

use crate::engine::chunk::write_message;
use crate::engine::handshake::{PACKET_BYTES, RANDOM_BYTES};
use crate::engine::wire::{encode, object};
use crate::engine::{Event, MediaKind, Server, fuzz};

const ROUNDS: u64 = 4_000;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 29)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// What a client sends behind its handshake: connect, publish with media, a second stream that plays, an end.
fn session() -> Vec<u8> {
    let mut wire = Vec::new();
    let mut send = |chunk_stream, type_id, timestamp, stream_id, body: &[u8]| {
        write_message(&mut wire, chunk_stream, type_id, timestamp, stream_id, &[body], 128).unwrap();
    };
    let connect = object([("app", "live".into()), ("tcUrl", "rtmp://h/live".into()), ("capsEx", 7.0.into())]);
    send(3, 20, 0, 0, &encode(&["connect".into(), 1.0.into(), connect]));
    send(3, 20, 0, 0, &encode(&["createStream".into(), 2.0.into(), Value::Null]));
    send(3, 20, 0, 1, &encode(&["publish".into(), 3.0.into(), Value::Null, "a?b=c".into(), "live".into()]));
    send(5, 18, 0, 1, &encode(&["@setDataFrame".into(), "onMetaData".into(), object([("width", 1.0.into())])]));
    for timestamp in [0, 40, 0xff_fff0, 0x100_0010] {
        send(6, 9, timestamp, 1, &[0x17; 300]);
        send(4, 8, timestamp, 1, &[0xaf; 140]);
    }
    send(
        6,
        22,
        9,
        1,
        &[8, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 7, 0, 0, 0, 12, 9, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0, 7, 0, 0, 0, 12],
    );
    send(3, 20, 0, 0, &encode(&["createStream".into(), 4.0.into(), Value::Null]));
    send(3, 17, 0, 2, &[&[0], &encode(&["play".into(), 0.0.into(), Value::Null, "b".into()])[..]].concat());
    send(2, 4, 0, 0, &[0, 3, 0, 0, 0, 2, 0, 0, 3, 0xe8]);
    send(2, 5, 0, 0, &[0, 0, 1, 0]);
    send(2, 2, 0, 0, &[0, 0, 0, 6]);
    send(3, 20, 0, 2, &encode(&["pause".into(), 0.0.into(), Value::Null, true.into(), 0.0.into()]));
    send(3, 20, 0, 0, &encode(&["deleteStream".into(), 0.0.into(), Value::Null, 1.0.into()]));
    wire
}

/// The session with some bytes changed, doubled, moved or cut off.
fn mutated(random: &mut Random, session: &[u8]) -> Vec<u8> {
    let mut data = session.to_vec();
    for _ in 0..1 + random.below(6) {
        let at = random.below(data.len());
        match random.below(6) {
            0 => data[at] = random.next() as u8,
            1 => data[at] ^= 1 << random.below(8),
            2 => data[at] = [0, 0x7f, 0x80, 0xff][random.below(4)],
            3 => data.truncate(at.max(1)),
            4 => drop(data.drain(at..(at + 1 + random.below(40)).min(data.len() - 1).max(at))),
            _ => {
                let again = data[at..(at + 1 + random.below(200)).min(data.len())].to_vec();
                let place = random.below(data.len());
                data.splice(place..place, again);
            }
        }
    }
    data
}

/// The mutations are worth something only if the session below them reaches every state.
#[test]
fn the_session_that_is_mutated_is_a_good_one() {
    let mut server = Server::new(Arc::new(Limits::default()), [0; RANDOM_BYTES]);
    let mut handshake = vec![0; 1 + 2 * PACKET_BYTES];
    handshake[0] = 3;
    server.handle_input(MonoMs(0), &handshake).unwrap();
    let (mut media, mut plays, mut pauses, mut ends) = (0, 0, 0, 0);
    for part in session().chunks(1) {
        server.handle_input(MonoMs(0), part).unwrap();
        while let Some(event) = server.poll_event() {
            match event {
                Event::Publish { stream_id, .. } => assert!(server.accept_publish(stream_id)),
                Event::Play { stream_id, .. } => plays += usize::from(server.accept_play(stream_id)),
                Event::Media { kind: MediaKind::Audio | MediaKind::Video | MediaKind::Data, .. } => media += 1,
                Event::Pause { .. } => pauses += 1,
                Event::Unpublish { .. } => ends += 1,
                _ => {}
            }
        }
        let _sent = server.take_output();
    }
    assert_eq!((media, plays, pauses, ends), (11, 1, 1, 1));
}

#[test]
fn mutated_sessions_do_not_panic() {
    let session = session();
    let mut random = Random(1);
    for _ in 0..ROUNDS {
        let data = mutated(&mut random, &session);
        fuzz::server(&data);
        fuzz::chunk(&data);
    }
}

#[test]
fn random_bytes_do_not_panic() {
    let mut random = Random(2);
    for _ in 0..ROUNDS {
        let bytes = random.below(600);
        let data: Vec<u8> = (0..bytes).map(|_| random.next() as u8 & [0xff, 0x0f, 0x43][random.below(3)]).collect();
        fuzz::server(&data);
        fuzz::chunk(&data);
    }
}
