use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use vivace_base::Limits;

use super::stream::{ChunkStream, Head};
use super::{CHUNK_BYTES_DEFAULT, Message};
use crate::engine::Fault;
use crate::engine::wire::{be32, message_type};

/// Puts messages together from chunks that arrive in pieces of any size.
///
/// Set Chunk Size and Abort Message take effect in here and are not given out.
pub struct ChunkReader {
    limits: Arc<Limits>,
    /// Bytes that unfinished messages may hold.
    partial_bytes_max: usize,
    chunk_bytes: usize,
    streams: Vec<ChunkStream>,
    held_bytes: usize,
    stage: Stage,
    /// Beginning of the header that is being read.
    head: Vec<u8>,
    /// Bytes taken for a repeated timestamp that turned out not to be one; at most three.
    replay: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Stage {
    Head,
    /// Compares with the extended timestamp, which most but not all encoders repeat in chunks of type 3.
    Repeat {
        at: usize,
        expected: [u8; 4],
        matched: usize,
    },
    Body {
        at: usize,
        left: usize,
    },
}

enum Step {
    Message(Message),
    Again,
    Starved,
}

impl ChunkReader {
    /// A reader at the start of a connection, with chunks of 128 bytes.
    pub fn new(limits: Arc<Limits>) -> Self {
        Self {
            partial_bytes_max: limits.rtmp_partial_bytes_max,
            limits,
            chunk_bytes: CHUNK_BYTES_DEFAULT,
            streams: Vec::new(),
            held_bytes: 0,
            stage: Stage::Head,
            head: Vec::with_capacity(Head::BYTES_MAX),
            replay: Vec::new(),
        }
    }

    /// Takes bytes from the front of `input` until a message is complete; `None` when they are used up.
    ///
    /// # Errors
    /// A [`Fault`] after which the connection cannot be read any further.
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Option<Message>, Fault> {
        loop {
            let is_replay = !self.replay.is_empty();
            let step = if is_replay { self.step_replay()? } else { self.step(input)? };
            match step {
                Step::Message(message) => return Ok(Some(message)),
                Step::Starved if !is_replay => return Ok(None),
                Step::Starved | Step::Again => {}
            }
        }
    }

    /// Whether the peer may send media: before it may, its unfinished messages are commands, and short.
    pub fn set_granted(&mut self, granted: bool) {
        let (most, pending) = (self.limits.rtmp_partial_bytes_max, self.limits.rtmp_pending_partial_bytes_max);
        self.partial_bytes_max = if granted { most } else { pending.min(most) };
    }

    /// Bytes that unfinished messages hold.
    pub const fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// Memory taken for the bodies of unfinished messages.
    #[cfg(test)]
    pub(super) fn memory_bytes(&self) -> usize {
        self.streams.iter().map(|stream| stream.body.capacity()).sum()
    }

    fn step_replay(&mut self) -> Result<Step, Fault> {
        let held = mem::take(&mut self.replay);
        let mut bytes = held.as_slice();
        let step = self.step(&mut bytes)?;
        self.replay.extend_from_slice(bytes);
        Ok(step)
    }

    fn step(&mut self, input: &mut &[u8]) -> Result<Step, Fault> {
        match self.stage {
            Stage::Head => {
                if self.fill_head(input) {
                    self.begin_chunk()
                } else {
                    Ok(Step::Starved)
                }
            }
            Stage::Repeat { at, expected, matched } => Ok(self.match_repeat(at, expected, matched, input)),
            Stage::Body { at, left } => self.take_body(at, left, input),
        }
    }

    fn fill_head(&mut self, input: &mut &[u8]) -> bool {
        loop {
            let missing = Head::bytes_needed(&self.head).saturating_sub(self.head.len());
            if missing == 0 {
                return true;
            }
            if input.is_empty() {
                return false;
            }
            self.head.extend_from_slice(take(input, missing));
        }
    }

    fn begin_chunk(&mut self) -> Result<Step, Fault> {
        let head = Head::parse(&self.head);
        self.head.clear();
        let at = self.stream_at(&head)?;
        let Some(stream) = self.streams.get_mut(at) else { return Ok(Step::Again) };
        stream.begin_chunk(&head, &self.limits)?;
        self.stage = match stream.extended {
            Some(stamp) if head.format == 3 => Stage::Repeat { at, expected: stamp.to_be_bytes(), matched: 0 },
            _ => self.body_stage(at),
        };
        Ok(Step::Again)
    }

    /// The chunk stream of a header; made if it may be.
    ///
    /// A first chunk of type 1 is accepted, because encoders of the field begin so: it counts from timestamp 0.
    fn stream_at(&mut self, head: &Head) -> Result<usize, Fault> {
        if let Some(at) = self.streams.iter().position(|stream| stream.id == head.chunk_stream) {
            return Ok(at);
        }
        if head.format > 1 {
            return Err(Fault::ChunkStreamUnknown { chunk_stream: head.chunk_stream, format: head.format });
        }
        let allowed = self.limits.rtmp_chunk_streams_max;
        if self.streams.len() >= allowed {
            return Err(Fault::ChunkStreams { chunk_stream: head.chunk_stream, allowed });
        }
        self.streams.push(ChunkStream::new(head.chunk_stream));
        Ok(self.streams.len().saturating_sub(1))
    }

    fn body_stage(&self, at: usize) -> Stage {
        let missing = self.streams.get(at).map_or(0, |stream| stream.length.saturating_sub(stream.body.len()));
        Stage::Body { at, left: missing.min(self.chunk_bytes) }
    }

    fn match_repeat(&mut self, at: usize, expected: [u8; 4], matched: usize, input: &mut &[u8]) -> Step {
        let Some(wanted) = expected.get(matched) else {
            self.stage = self.body_stage(at);
            return Step::Again;
        };
        match input.first() {
            None => Step::Starved,
            Some(byte) if byte == wanted => {
                take(input, 1);
                self.stage = Stage::Repeat { at, expected, matched: matched.saturating_add(1) };
                Step::Again
            }
            Some(_) => {
                self.replay.extend(expected.iter().take(matched));
                self.stage = self.body_stage(at);
                Step::Again
            }
        }
    }

    fn take_body(&mut self, at: usize, left: usize, input: &mut &[u8]) -> Result<Step, Fault> {
        if left > 0 && input.is_empty() {
            return Ok(Step::Starved);
        }
        let bytes = take(input, left);
        let allowed = self.partial_bytes_max;
        let held = self.held_bytes.saturating_add(bytes.len());
        let Some(stream) = self.streams.get_mut(at) else { return Ok(Step::Again) };
        if held > allowed {
            return Err(Fault::PartialBytes { chunk_stream: stream.id, held, allowed });
        }
        stream.push(bytes);
        self.held_bytes = held;
        let left = left.saturating_sub(bytes.len());
        if left > 0 {
            self.stage = Stage::Body { at, left };
            return Ok(Step::Starved);
        }
        self.stage = Stage::Head;
        if stream.body.len() < stream.length {
            return Ok(Step::Again);
        }
        stream.open = false;
        self.held_bytes = held.saturating_sub(stream.body.len());
        let message = Message {
            type_id: stream.type_id,
            timestamp: stream.timestamp,
            stream_id: stream.stream_id,
            payload: Bytes::from(mem::take(&mut stream.body)),
        };
        self.deliver(message)
    }

    fn deliver(&mut self, message: Message) -> Result<Step, Fault> {
        match message.type_id {
            message_type::SET_CHUNK_SIZE => self.set_chunk_size(&message)?,
            message_type::ABORT => self.abort(&message)?,
            _ => return Ok(Step::Message(message)),
        }
        Ok(Step::Again)
    }

    fn set_chunk_size(&mut self, message: &Message) -> Result<(), Fault> {
        let announced = be32(message, 0)?;
        let (allowed_min, allowed_max) = (self.limits.rtmp_chunk_bytes_min, self.limits.rtmp_chunk_bytes_max);
        let bytes = usize::try_from(announced).unwrap_or(usize::MAX);
        if bytes < allowed_min || bytes > allowed_max {
            return Err(Fault::ChunkSize { announced, allowed_min, allowed_max });
        }
        self.chunk_bytes = bytes.max(1);
        Ok(())
    }

    fn abort(&mut self, message: &Message) -> Result<(), Fault> {
        let chunk_stream = be32(message, 0)?;
        if let Some(stream) = self.streams.iter_mut().find(|stream| stream.id == chunk_stream) {
            self.held_bytes = self.held_bytes.saturating_sub(stream.body.len());
            stream.open = false;
            stream.body = Vec::new();
        }
        Ok(())
    }
}

/// Takes up to `bytes_max` bytes from the front of `input`.
fn take<'a>(input: &mut &'a [u8], bytes_max: usize) -> &'a [u8] {
    let (taken, rest) = input.split_at(bytes_max.min(input.len()));
    *input = rest;
    taken
}
