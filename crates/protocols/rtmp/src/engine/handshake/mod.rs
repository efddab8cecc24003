//! The handshake (RTMP 1.0, 5.2), plain and with the HMAC-SHA256 digests that Flash Player 9 introduced.
//!
//! The server answers a digest with a digest and a plain packet with an echo. What the peer sends back last (C2, S2)
//! is counted but not verified: encoders of the field fill it carelessly, and nothing rests on it.

mod client;
mod digest;
mod server;

pub use client::ClientHandshake;
pub use server::ServerHandshake;

use super::{Fault, Looks};

/// Random bytes that one side of a handshake needs.
pub const RANDOM_BYTES: usize = 1_528;
/// Bytes of C1, C2, S1 and S2 each.
pub const PACKET_BYTES: usize = 1_536;
/// The version byte of C0 and S0.
pub const VERSION: u8 = 3;

type Packet = [u8; PACKET_BYTES];

/// Takes C0 or S0.
fn take_version(input: &mut &[u8]) -> Result<Option<u8>, Fault> {
    let Some((&version, rest)) = input.split_first() else { return Ok(None) };
    match version {
        VERSION => {
            *input = rest;
            Ok(Some(version))
        }
        6 | 8 | 9 => Err(Fault::EncryptedHandshake { version }),
        first => Err(Fault::NotRtmp { first, looks: looks_like(input) }),
    }
}

fn looks_like(input: &[u8]) -> Looks {
    const METHODS: [&[u8]; 9] =
        [b"GET ", b"POST ", b"HEAD ", b"PUT ", b"DELETE ", b"OPTIONS ", b"CONNECT ", b"PATCH ", b"DESCRIBE "];
    const TLS_HANDSHAKE_RECORD: u8 = 0x16;
    let is_method = |method: &&[u8]| input.iter().zip(method.iter()).all(|(byte, letter)| byte == letter);
    match input.first() {
        Some(&TLS_HANDSHAKE_RECORD) => Looks::Tls,
        Some(_) if METHODS.iter().any(is_method) => Looks::Http,
        _ => Looks::Unknown,
    }
}

/// Moves bytes from `input` until `packet` is whole; true when it is.
fn fill(packet: &mut Vec<u8>, input: &mut &[u8]) -> bool {
    let missing = PACKET_BYTES.saturating_sub(packet.len());
    let (taken, rest) = input.split_at(missing.min(input.len()));
    packet.extend_from_slice(taken);
    *input = rest;
    packet.len() == PACKET_BYTES
}

/// Drops up to `left` bytes of a packet that is not looked at; true when all have gone.
fn skip(left: &mut usize, input: &mut &[u8]) -> bool {
    let (gone, rest) = input.split_at((*left).min(input.len()));
    *left = left.saturating_sub(gone.len());
    *input = rest;
    *left == 0
}

/// A first packet (C1, S1): time, version, random bytes.
fn first_packet(time_ms: u32, version: [u8; 4], random: &[u8; RANDOM_BYTES]) -> Packet {
    let mut packet = [0; PACKET_BYTES];
    let bytes = time_ms.to_be_bytes().into_iter().chain(version).chain(random.iter().copied());
    for (place, byte) in packet.iter_mut().zip(bytes) {
        *place = byte;
    }
    packet
}

#[cfg(test)]
mod tests;
