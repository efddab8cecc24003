use super::{CHUNK_STREAM_MAX, EXTENDED};
use crate::engine::Fault;

/// Longest message: its length has 24 bits.
pub const MESSAGE_BYTES_MAX: usize = 0xff_ffff;

const START: u8 = 0;
const CONTINUE: u8 = 3;

/// Appends one message as chunks to `out`: a chunk of type 0, then chunks of type 3.
///
/// The body is `body_parts` one after the other. The bytes depend on the arguments alone and on nothing sent before,
/// so all connections with the same chunk size can be sent the same ones. `timestamp` is in milliseconds modulo 2^32;
/// `chunk_stream` is brought into 2 to 65,599 and `chunk_bytes` to at least 1.
///
/// # Errors
/// [`Fault::MessageTooLong`] for more than [`MESSAGE_BYTES_MAX`] bytes; `out` is as before.
pub fn write_message(
    out: &mut Vec<u8>,
    chunk_stream: u32,
    type_id: u8,
    timestamp: u32,
    stream_id: u32,
    body_parts: &[&[u8]],
    chunk_bytes: usize,
) -> Result<(), Fault> {
    let chunk_stream = chunk_stream.clamp(2, CHUNK_STREAM_MAX);
    let chunk_bytes = chunk_bytes.max(1);
    let length = body_parts.iter().fold(0usize, |sum, part| sum.saturating_add(part.len()));
    if length > MESSAGE_BYTES_MAX {
        let allowed = MESSAGE_BYTES_MAX;
        return Err(Fault::MessageTooLong { chunk_stream, message_type: type_id, announced: length, allowed });
    }
    out.reserve(length.saturating_add(18).saturating_add((length / chunk_bytes).saturating_mul(7)));
    basic_header(out, START, chunk_stream);
    out.extend_from_slice(&big24(timestamp.min(EXTENDED)));
    out.extend_from_slice(&big24(length as u32));
    out.push(type_id);
    out.extend_from_slice(&stream_id.to_le_bytes());
    extended(out, timestamp);
    let mut left = chunk_bytes;
    for part in body_parts {
        let mut part = *part;
        while !part.is_empty() {
            if left == 0 {
                basic_header(out, CONTINUE, chunk_stream);
                extended(out, timestamp);
                left = chunk_bytes;
            }
            let (now, rest) = part.split_at(left.min(part.len()));
            out.extend_from_slice(now);
            left = left.saturating_sub(now.len());
            part = rest;
        }
    }
    Ok(())
}

fn basic_header(out: &mut Vec<u8>, format: u8, chunk_stream: u32) {
    let format = format << 6;
    let above = chunk_stream.saturating_sub(64);
    match chunk_stream {
        0..64 => out.push(format | chunk_stream as u8),
        64..320 => out.extend_from_slice(&[format, above as u8]),
        _ => out.extend_from_slice(&[format | 1, above as u8, (above >> 8) as u8]),
    }
}

fn extended(out: &mut Vec<u8>, timestamp: u32) {
    if timestamp >= EXTENDED {
        out.extend_from_slice(&timestamp.to_be_bytes());
    }
}

const fn big24(value: u32) -> [u8; 3] {
    let [_, high, middle, low] = value.to_be_bytes();
    [high, middle, low]
}
