use std::mem::{Discriminant, discriminant};
use std::sync::Arc;

use vivace_base::Limits;

use super::cuts::Cuts;
use crate::engine::Fault;
use crate::engine::chunk::{ChunkReader, Message, write_message};
use crate::engine::wire::message_type;

/// Gives `data` to a chunk reader, whole and cut into pieces of pseudo-random length.
///
/// # Panics
/// If the cuts change what is read, the unfinished messages hold more than their limit, or the messages have more bytes
/// than came in.
pub fn chunk(data: &[u8]) {
    // Small, so that inputs of the size a fuzzer makes reach it.
    let small = Limits { rtmp_partial_bytes_max: 256, rtmp_chunk_streams_max: 3, ..Limits::default() };
    for limits in [Limits::default(), small] {
        let limits = Arc::new(limits);
        let whole = read(&limits, [data].into_iter(), data.len());
        let cut = read(&limits, Cuts::new(data).parts(data).into_iter(), data.len());
        assert_eq!(whole, cut, "cuts change what is read");
    }
}

fn read<'a>(
    limits: &Arc<Limits>,
    parts: impl Iterator<Item = &'a [u8]>,
    data_bytes: usize,
) -> (Vec<Message>, Option<Discriminant<Fault>>) {
    let mut reader = ChunkReader::new(Arc::clone(limits));
    let mut messages: Vec<Message> = Vec::new();
    let mut given_out = 0usize;
    for part in parts {
        let mut part = part;
        loop {
            let read = reader.read(&mut part);
            assert!(reader.held_bytes() <= limits.rtmp_partial_bytes_max, "more is held than the limit");
            match read {
                Ok(Some(message)) => {
                    given_out = given_out.saturating_add(message.payload.len());
                    assert!(given_out.saturating_add(reader.held_bytes()) <= data_bytes, "bytes out of nowhere");
                    messages.push(message);
                }
                Ok(None) => break,
                Err(fault) => {
                    assert!(!fault.to_string().is_empty());
                    // How much was held when it was too much depends on the cuts.
                    return (messages, Some(discriminant(&fault)));
                }
            }
        }
    }
    (messages, None)
}

/// Writes messages whose fields and bodies are taken from `data`, and reads them again.
///
/// # Panics
/// If what is read is not what was written.
pub fn chunk_write(data: &[u8]) {
    let (mut wire, mut written) = (Vec::new(), Vec::new());
    let mut rest = data;
    // The reader takes the standard's 128 bytes as long as no other size is announced.
    const CHUNK_BYTES: usize = 128;
    while let Some((fields, after)) = rest.split_first_chunk::<13>() {
        let [on_high, on_low, kind, t0, t1, t2, t3, s0, s1, s2, s3, bytes_high, bytes_low] = *fields;
        // Few chunk streams, because a reader has only so many; each of the three lengths of a header is among them.
        let chunk_stream = [3, 63, 64, 319, 320, 65_599][usize::from(on_high ^ on_low) % 6];
        let wanted = usize::from(u16::from_be_bytes([bytes_high, bytes_low]) % 1_024);
        let (body, after) = after.split_at(wanted.min(after.len()));
        rest = after;
        let (timestamp, stream_id) = (u32::from_be_bytes([t0, t1, t2, t3]), u32::from_be_bytes([s0, s1, s2, s3]));
        // These two are the reader's own business.
        let type_id = if matches!(kind, message_type::SET_CHUNK_SIZE | message_type::ABORT) { 9 } else { kind };
        let (head, tail) = body.split_at(body.len() / 3);
        write_message(&mut wire, chunk_stream, type_id, timestamp, stream_id, &[head, &[], tail], CHUNK_BYTES)
            .expect("bodies here are short");
        written.push(Message { type_id, timestamp, stream_id, payload: bytes::Bytes::copy_from_slice(body) });
    }
    let limits = Arc::new(Limits::default());
    let parts = Cuts::new(data).parts(&wire);
    assert_eq!(read(&limits, parts.into_iter(), wire.len()), (written, None));
}
