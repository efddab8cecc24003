//! Entry points for fuzzing: any bytes may go in, and nothing may panic or grow without bound.

use std::sync::Arc;

use vivace_base::{Limits, MonoMs};

use super::chunk::ChunkReader;
use super::handshake::{PACKET_BYTES, RANDOM_BYTES, VERSION};
use super::{Event, Server};

/// Puts the handshake in front of `data` and gives both to a session, cut into pieces of pseudo-random length.
///
/// Publishes and plays are accepted or refused in turn, so that the states behind them are reached.
pub fn server(data: &[u8]) {
    let mut cuts = Cuts::new(data);
    let mut server = Server::new(Arc::new(Limits::default()), [0x5a; RANDOM_BYTES]);
    let mut handshake = vec![0; 1 + 2 * PACKET_BYTES];
    if let Some(first) = handshake.first_mut() {
        *first = VERSION;
    }
    let mut now = MonoMs(0);
    for part in cuts.parts(&handshake).into_iter().chain(cuts.parts(data)) {
        now = MonoMs(now.0.saturating_add(1));
        let is_over = server.handle_input(now, part).is_err();
        answer(&mut server, &mut cuts);
        if cuts.one_in(64) {
            server.ping(now);
        }
        if cuts.one_in(2) {
            let _sent = server.take_output();
        }
        if is_over {
            return;
        }
    }
}

/// Gives `data` to a chunk reader, cut into pieces of pseudo-random length.
///
/// # Panics
/// If the unfinished messages hold more than their limit, or the messages more bytes than came in.
pub fn chunk(data: &[u8]) {
    let limits = Arc::new(Limits::default());
    let mut reader = ChunkReader::new(Arc::clone(&limits));
    let mut given_out = 0usize;
    for part in Cuts::new(data).parts(data) {
        let mut part = part;
        while let Ok(Some(message)) = reader.read(&mut part) {
            given_out = given_out.saturating_add(message.payload.len());
        }
        assert!(reader.held_bytes() <= limits.rtmp_partial_bytes_max);
        assert!(given_out.saturating_add(reader.held_bytes()) <= data.len());
    }
}

fn answer(server: &mut Server, cuts: &mut Cuts) {
    while let Some(event) = server.poll_event() {
        match event {
            Event::Connect { .. } if cuts.one_in(8) => {
                server.refuse_connect("NetConnection.Connect.Rejected", "refused");
            }
            Event::Publish { stream_id, .. } if cuts.one_in(4) => {
                server.refuse_publish(stream_id, "NetStream.Publish.Denied", "refused");
            }
            Event::Publish { stream_id, .. } => {
                let _asked = server.accept_publish(stream_id);
            }
            Event::Play { stream_id, .. } if cuts.one_in(4) => {
                server.refuse_play(stream_id, "NetStream.Play.StreamNotFound", "refused");
            }
            Event::Play { stream_id, .. } => {
                let _asked = server.accept_play(stream_id);
                if cuts.one_in(4) {
                    server.end_play(stream_id);
                }
            }
            _ => {}
        }
    }
}

/// Pseudo-random numbers that depend on the input alone, so that a finding repeats (xorshift64).
struct Cuts(u64);

impl Cuts {
    fn new(data: &[u8]) -> Self {
        let fold = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        Self(data.iter().fold(0xcbf2_9ce4_8422_2325, fold) | 1)
    }

    const fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    const fn one_in(&mut self, number: u64) -> bool {
        self.next().is_multiple_of(number)
    }

    fn parts<'a>(&mut self, data: &'a [u8]) -> Vec<&'a [u8]> {
        let mut rest = data;
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let bytes_max = if self.one_in(2) { 8 } else { 4_096 };
            let bytes = (self.next() % bytes_max) as usize + 1;
            let (part, after) = rest.split_at(bytes.min(rest.len()));
            parts.push(part);
            rest = after;
        }
        parts
    }
}
