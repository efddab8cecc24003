//! The client's side: publishes one stream to another server, or plays one from it.

mod commands;
mod event;

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use vivace_base::{Limits, MonoMs};

use super::Fault;
use super::chunk::{CHUNK_BYTES_DEFAULT, Message};
use super::command::Command;
use super::handshake::{ClientHandshake, RANDOM_BYTES};
use super::link::{Incoming, Link, WINDOW_BYTES};
use super::wire::{MediaKind, message_type};

pub use event::{ClientConfig, ClientEvent, Role};

/// How far a client has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Connecting,
    Creating,
    Starting { stream_id: u32 },
    Ready { stream_id: u32 },
    Over,
}

/// One connection to a server: bytes go in, events and bytes come out.
///
/// The first output is there at once; then, after each [`Self::handle_input`], the caller polls all events and takes
/// the output.
pub struct Client {
    limits: Arc<Limits>,
    config: ClientConfig,
    handshake: Option<ClientHandshake>,
    link: Link,
    stage: Stage,
    reconnects: bool,
    ended: bool,
    events: VecDeque<ClientEvent>,
}

impl Client {
    /// A client whose first output is C0 and C1. `random` fills the handshake.
    pub fn new(limits: Arc<Limits>, config: ClientConfig, random: [u8; RANDOM_BYTES], now: MonoMs) -> Self {
        let mut link = Link::new(Arc::clone(&limits), limits.reader_lag_bytes_max);
        let handshake = ClientHandshake::start(config.digest, random, now, link.out_mut());
        Self {
            limits,
            config,
            handshake: Some(handshake),
            link,
            stage: Stage::Connecting,
            reconnects: false,
            ended: false,
            events: VecDeque::new(),
        }
    }

    /// Announces in `connect` that [`ClientEvent::ReconnectRequest`] will be followed. Called before the first input.
    #[must_use]
    pub const fn with_reconnects(mut self) -> Self {
        self.reconnects = true;
        self
    }

    /// Takes bytes that the server sent, cut at any place.
    ///
    /// # Errors
    /// The [`Fault`] that ends the session: events polled before are valid, no more input is to be given.
    pub fn handle_input(&mut self, now: MonoMs, input: &[u8]) -> Result<(), Fault> {
        let mut input = input;
        if let Some(handshake) = &mut self.handshake {
            if !handshake.feed(&mut input, self.link.out_mut())? {
                return Ok(());
            }
            self.handshake = None;
            self.connect();
        }
        self.link.count_received(input.len());
        while let Some(incoming) = self.link.next(now, &mut input)? {
            match incoming {
                Incoming::Acknowledged(bytes) => self.events.push_back(ClientEvent::Acknowledged(bytes)),
                Incoming::StreamEof { stream_id } if self.stage == (Stage::Ready { stream_id }) => self.end(),
                Incoming::StreamEof { .. } | Incoming::BufferLength { .. } => {}
                Incoming::Message(message) => self.on_message(message)?,
            }
        }
        self.link.check_output()
    }

    /// The next event, in the order of arrival.
    pub fn poll_event(&mut self) -> Option<ClientEvent> {
        self.events.pop_front()
    }

    /// All bytes that wait to be sent.
    pub fn take_output(&mut self) -> Option<Bytes> {
        self.link.take_output()
    }

    /// Sends one message of the published stream; its body is `body_parts` one after the other.
    ///
    /// False if nothing was sent, because the publish is not granted or over.
    ///
    /// # Errors
    /// [`Fault::OutputFull`] when more than `reader_lag_bytes_max` waits to be sent already, [`Fault::MessageTooLong`]
    /// for a body beyond 24 bits of length.
    pub fn write_media(&mut self, kind: MediaKind, timestamp: u32, body_parts: &[&[u8]]) -> Result<bool, Fault> {
        match (self.stage, self.config.role) {
            (Stage::Ready { stream_id }, Role::Publish) => {
                self.link.media(kind, timestamp, stream_id, body_parts)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Takes leave: `FCUnpublish` for a publisher, then `deleteStream`.
    pub fn finish(&mut self) {
        if let Stage::Starting { stream_id } | Stage::Ready { stream_id } = self.stage {
            self.leave(stream_id);
        }
        self.stage = Stage::Over;
    }

    /// Sends a ping request.
    pub fn ping(&mut self, now: MonoMs) {
        self.link.ping(now);
    }

    /// When the ping was sent that the server has not answered yet.
    pub fn ping_waits_since(&self) -> Option<MonoMs> {
        self.link.ping_waits_since()
    }

    /// Milliseconds from the last answered ping to its answer.
    pub const fn round_trip_ms(&self) -> Option<u64> {
        self.link.round_trip_ms()
    }

    fn connect(&mut self) {
        self.link.announce_window(WINDOW_BYTES);
        if self.config.chunk_bytes_out != CHUNK_BYTES_DEFAULT {
            self.link.announce_chunk_bytes(self.config.chunk_bytes_out);
        }
        self.send_connect();
    }

    fn on_message(&mut self, message: Message) -> Result<(), Fault> {
        match message.type_id {
            message_type::COMMAND_AMF0 | message_type::COMMAND_AMF3 => {
                self.on_command(&Command::decode(&message, &self.limits)?);
            }
            message_type::DATA_AMF0 | message_type::DATA_AMF3 => self.on_data(message)?,
            type_id => {
                if let Some(kind) = MediaKind::of_message_type(type_id) {
                    self.on_media(message, kind);
                }
            }
        }
        Ok(())
    }

    fn on_media(&mut self, message: Message, kind: MediaKind) {
        // A connection plays one stream, and some servers (FFmpeg's) send it on another message stream than they granted.
        if matches!(self.stage, Stage::Ready { .. }) && self.config.role == Role::Play && !message.payload.is_empty() {
            let (timestamp, body) = (message.timestamp, message.payload);
            self.events.push_back(ClientEvent::Media { kind, timestamp, body });
        }
    }

    fn end(&mut self) {
        if !self.ended {
            self.ended = true;
            self.events.push_back(ClientEvent::Ended);
        }
    }
}
