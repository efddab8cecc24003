use std::mem::{Discriminant, discriminant};

use vivace_base::MonoMs;

use super::cuts::Cuts;
use crate::engine::Fault;
use crate::engine::handshake::{ClientHandshake, PACKET_BYTES, RANDOM_BYTES, ServerHandshake, VERSION};

/// The bytes of one side of a handshake: version byte and two packets.
const SIDE_BYTES: usize = 1 + 2 * PACKET_BYTES;

/// Any bytes as a client's and as a server's handshake, whole and cut; then the two sides with each other, with random
/// bytes from `data`.
///
/// # Panics
/// If cuts change the answer, more is answered than a handshake has, or what follows the handshake is touched.
pub fn handshake(data: &[u8]) {
    // A packet that begins with `data` and is filled up: an input is rarely that long.
    let mut filled: Vec<u8> = [&[VERSION], data].concat();
    filled.resize(filled.len().max(SIDE_BYTES + 3), 0x5a);
    for input in [data, filled.as_slice()] {
        let parts = || Cuts::new(data).parts(input);
        assert_eq!(server(&[input]), server(&parts()));
        for digest in [false, true] {
            assert_eq!(client(digest, &[input]), client(digest, &parts()));
        }
    }
    let random = std::array::from_fn(|at| data.get(at).copied().unwrap_or(at as u8));
    for digest in [false, true] {
        meet(digest, random);
    }
}

/// What was answered and how many bytes were left for the chunks, or the fault.
type Answer = (Vec<u8>, Result<Option<usize>, Discriminant<Fault>>);

fn server(parts: &[&[u8]]) -> Answer {
    let mut handshake = ServerHandshake::new([7; RANDOM_BYTES]);
    feed(parts, |input, out| handshake.feed(MonoMs(9), input, out))
}

fn client(digest: bool, parts: &[&[u8]]) -> Answer {
    let mut out = Vec::new();
    let mut handshake = ClientHandshake::start(digest, [7; RANDOM_BYTES], MonoMs(9), &mut out);
    feed(parts, |input, out| handshake.feed(input, out))
}

fn feed(parts: &[&[u8]], mut step: impl FnMut(&mut &[u8], &mut Vec<u8>) -> Result<bool, Fault>) -> Answer {
    let mut out = Vec::new();
    let total: usize = parts.iter().map(|part| part.len()).sum();
    let mut taken = 0usize;
    for part in parts {
        let mut left = *part;
        let done = step(&mut left, &mut out);
        taken = taken.saturating_add(part.len().saturating_sub(left.len()));
        assert!(out.len() <= SIDE_BYTES, "more is answered than a handshake has");
        match done {
            Ok(true) => {
                assert_eq!(taken, SIDE_BYTES, "a handshake ends where it ends");
                return (out, Ok(total.checked_sub(taken)));
            }
            Ok(false) => assert!(left.is_empty(), "bytes of the handshake are left"),
            // What a peer that is no client looks like is told from the bytes that are there.
            Err(fault) => return (out, Err(discriminant(&fault))),
        }
    }
    (out, Ok(None))
}

fn meet(digest: bool, random: [u8; RANDOM_BYTES]) {
    let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
    let mut client = ClientHandshake::start(digest, random, MonoMs(1), &mut to_server);
    let mut server = ServerHandshake::new(random);
    let first = server.feed(MonoMs(2), &mut to_server.as_slice(), &mut to_client);
    assert_eq!(first, Ok(false));
    let mut answer = Vec::new();
    assert_eq!(client.feed(&mut to_client.as_slice(), &mut answer), Ok(true));
    assert_eq!(server.feed(MonoMs(3), &mut answer.as_slice(), &mut to_client), Ok(true));
}
