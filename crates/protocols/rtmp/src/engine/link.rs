use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use vivace_base::{Limits, MonoMs};
use vivace_media::amf::Value;

use super::Fault;
use super::chunk::{CHUNK_BYTES_DEFAULT, ChunkReader, Message, write_message};
use super::wire::{self, chunk_stream, message_type, user_event};

/// Bytes after which either side acknowledges, until told otherwise.
pub(super) const WINDOW_BYTES: u32 = 2_500_000;

/// What both sides do alike once the handshake is over: chunks, acknowledgements, pings, bounded output.
pub(super) struct Link {
    reader: ChunkReader,
    out: Vec<u8>,
    out_bytes_max: usize,
    chunk_bytes_out: usize,
    /// Bytes received since the handshake, modulo 2^32 as the protocol counts them.
    received: u32,
    acknowledged: u32,
    /// Whole messages received.
    messages: u64,
    /// The peer wants an acknowledgement after this many bytes.
    peer_window: u32,
    own_window: u32,
    ping: Option<Ping>,
    round_trip_ms: Option<u64>,
}

struct Ping {
    stamp: u32,
    sent: MonoMs,
}

/// What is left for the sessions to handle.
pub(super) enum Incoming {
    /// The peer has received this many bytes, modulo 2^32.
    Acknowledged(u32),
    BufferLength {
        stream_id: u32,
        ms: u32,
    },
    StreamEof {
        stream_id: u32,
    },
    Message(Message),
}

impl Link {
    pub(super) fn new(limits: Arc<Limits>, out_bytes_max: usize) -> Self {
        Self {
            reader: ChunkReader::new(limits),
            out: Vec::new(),
            out_bytes_max,
            chunk_bytes_out: CHUNK_BYTES_DEFAULT,
            received: 0,
            acknowledged: 0,
            messages: 0,
            peer_window: WINDOW_BYTES,
            own_window: 0,
            ping: None,
            round_trip_ms: None,
        }
    }

    /// Whether the peer may send media.
    pub(super) fn set_granted(&mut self, granted: bool) {
        self.reader.set_granted(granted);
    }

    /// The output, for the handshake to append to.
    pub(super) const fn out_mut(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    pub(super) fn take_output(&mut self) -> Option<Bytes> {
        if self.out.is_empty() { None } else { Some(Bytes::from(mem::take(&mut self.out))) }
    }

    pub(super) const fn chunk_bytes_out(&self) -> usize {
        self.chunk_bytes_out
    }

    pub(super) const fn messages(&self) -> u64 {
        self.messages
    }

    pub(super) const fn round_trip_ms(&self) -> Option<u64> {
        self.round_trip_ms
    }

    /// When the ping was sent that is not answered yet.
    pub(super) fn ping_waits_since(&self) -> Option<MonoMs> {
        self.ping.as_ref().map(|ping| ping.sent)
    }

    /// Counts bytes that follow the handshake, and acknowledges them once a window is full.
    pub(super) fn count_received(&mut self, bytes: usize) {
        self.received = self.received.wrapping_add(bytes as u32);
        if self.received.wrapping_sub(self.acknowledged) >= self.peer_window {
            self.acknowledged = self.received;
            self.control(message_type::ACKNOWLEDGEMENT, &self.received.to_be_bytes());
        }
    }

    /// The next message that concerns the session; `None` when the input is used up.
    pub(super) fn next(&mut self, now: MonoMs, input: &mut &[u8]) -> Result<Option<Incoming>, Fault> {
        while let Some(message) = self.reader.read(input)? {
            self.messages = self.messages.saturating_add(1);
            let incoming = match message.type_id {
                message_type::ACKNOWLEDGEMENT => Some(Incoming::Acknowledged(wire::be32(&message, 0)?)),
                message_type::WINDOW_ACK_SIZE => self.window_ack_size(&message)?,
                message_type::SET_PEER_BANDWIDTH => self.set_peer_bandwidth(&message)?,
                message_type::USER_CONTROL => self.user_control(now, &message)?,
                _ => Some(Incoming::Message(message)),
            };
            self.check_output()?;
            if incoming.is_some() {
                return Ok(incoming);
            }
        }
        Ok(None)
    }

    /// # Errors
    /// [`Fault::OutputFull`]: the peer asked for more than it took.
    pub(super) const fn check_output(&self) -> Result<(), Fault> {
        let (held, allowed) = (self.out.len(), self.out_bytes_max);
        if held > allowed { Err(Fault::OutputFull { held, allowed }) } else { Ok(()) }
    }

    fn window_ack_size(&mut self, message: &Message) -> Result<Option<Incoming>, Fault> {
        self.peer_window = wire::be32(message, 0)?.max(1);
        Ok(None)
    }

    /// The peer limits our output: we tell it the window that makes it acknowledge as often (RTMP 1.0, 5.4.5).
    fn set_peer_bandwidth(&mut self, message: &Message) -> Result<Option<Incoming>, Fault> {
        let bytes = wire::be32(message, 0)?;
        if bytes > 0 && bytes != self.own_window {
            self.announce_window(bytes);
        }
        Ok(None)
    }

    fn user_control(&mut self, now: MonoMs, message: &Message) -> Result<Option<Incoming>, Fault> {
        match wire::be16(message)? {
            user_event::STREAM_EOF => Ok(Some(Incoming::StreamEof { stream_id: wire::be32(message, 2)? })),
            user_event::SET_BUFFER_LENGTH => {
                let (stream_id, ms) = (wire::be32(message, 2)?, wire::be32(message, 6)?);
                Ok(Some(Incoming::BufferLength { stream_id, ms }))
            }
            user_event::PING_REQUEST => {
                let stamp = wire::be32(message, 2)?;
                self.user_event(user_event::PING_RESPONSE, stamp);
                Ok(None)
            }
            user_event::PING_RESPONSE => {
                let stamp = wire::be32(message, 2)?;
                if let Some(ping) = self.ping.take_if(|ping| ping.stamp == stamp) {
                    self.round_trip_ms = Some(now.since(ping.sent));
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// Sends a ping request. One that is not answered stays the one that is waited for.
    pub(super) fn ping(&mut self, now: MonoMs) {
        let stamp = now.0 as u32;
        let waiting = self.ping.get_or_insert(Ping { stamp, sent: now }).stamp;
        self.user_event(user_event::PING_REQUEST, waiting);
    }

    pub(super) fn announce_window(&mut self, bytes: u32) {
        self.own_window = bytes;
        self.control(message_type::WINDOW_ACK_SIZE, &bytes.to_be_bytes());
    }

    /// Set Peer Bandwidth with the limit type "dynamic".
    pub(super) fn limit_peer(&mut self, bytes: u32) {
        const DYNAMIC: u8 = 2;
        let [a, b, c, d] = bytes.to_be_bytes();
        self.control(message_type::SET_PEER_BANDWIDTH, &[a, b, c, d, DYNAMIC]);
    }

    pub(super) fn announce_chunk_bytes(&mut self, bytes: usize) {
        // The protocol allows 31 bits, and a message has no more than 24.
        let bytes = bytes.clamp(1, 0xff_ffff);
        self.control(message_type::SET_CHUNK_SIZE, &(bytes as u32).to_be_bytes());
        self.chunk_bytes_out = bytes;
    }

    pub(super) fn user_event(&mut self, event: u16, value: u32) {
        self.control(message_type::USER_CONTROL, &[&event.to_be_bytes()[..], &value.to_be_bytes()].concat());
    }

    /// SetBufferLength (RTMP 1.0, 7.1.7): how much the player keeps ahead.
    pub(super) fn set_buffer_length(&mut self, stream_id: u32, ms: u32) {
        let event = user_event::SET_BUFFER_LENGTH.to_be_bytes();
        self.control(message_type::USER_CONTROL, &[&event[..], &stream_id.to_be_bytes(), &ms.to_be_bytes()].concat());
    }

    /// A command: on its own chunk stream for the connection, on another for message streams.
    pub(super) fn command(&mut self, stream_id: u32, values: &[Value]) {
        let on = if stream_id == 0 { chunk_stream::COMMAND } else { chunk_stream::STREAM };
        self.small(on, message_type::COMMAND_AMF0, stream_id, &wire::encode(values));
    }

    /// # Errors
    /// [`Fault::MessageTooLong`] beyond 24 bits of length, [`Fault::OutputFull`] when too much waits already.
    pub(super) fn media(
        &mut self,
        kind: wire::MediaKind,
        timestamp: u32,
        stream_id: u32,
        body_parts: &[&[u8]],
    ) -> Result<(), Fault> {
        self.check_output()?;
        let (type_id, on) = kind.message_type_and_chunk_stream();
        write_message(&mut self.out, on, type_id, timestamp, stream_id, body_parts, self.chunk_bytes_out)
    }

    fn control(&mut self, type_id: u8, body: &[u8]) {
        self.small(chunk_stream::CONTROL, type_id, 0, body);
    }

    fn small(&mut self, on: u32, type_id: u8, stream_id: u32, body: &[u8]) {
        let written = write_message(&mut self.out, on, type_id, 0, stream_id, &[body], self.chunk_bytes_out);
        debug_assert!(written.is_ok(), "replies are a few hundred bytes");
    }
}
