//! The server's side of one connection.

mod commands;
mod connect;
mod event;
mod media;
mod streams;

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use vivace_base::{Limits, MonoMs};
use vivace_media::amf::Value;

use self::connect::Connection;
use self::streams::{Role, Streams};
use super::Fault;
use super::chunk::Message;
use super::command::Command;
use super::handshake::{RANDOM_BYTES, ServerHandshake};
use super::link::{Incoming, Link};
use super::wire::{MediaKind, RECONNECT_REQUEST, info, message_type, user_event};

pub use event::{Counters, Event, HowEnded};

/// Events that a session keeps memory for when none waits.
const EVENTS_KEPT: usize = 64;

/// One connection of an encoder or player: bytes go in, events and bytes come out.
///
/// After each [`Self::handle_input`] the caller polls all events, answers them, and takes the output.
pub struct Server {
    limits: Arc<Limits>,
    handshake: Option<ServerHandshake>,
    link: Link,
    connection: Connection,
    reconnects: bool,
    streams: Streams,
    events: VecDeque<Event>,
    counters: Counters,
}

impl Server {
    /// A session before its first byte. `random` fills the handshake.
    pub fn new(limits: Arc<Limits>, random: [u8; RANDOM_BYTES]) -> Self {
        let mut link = Link::new(Arc::clone(&limits), limits.player_reply_bytes_max);
        link.set_granted(false);
        Self {
            handshake: Some(ServerHandshake::new(random)),
            link,
            connection: Connection::Fresh,
            reconnects: false,
            streams: Streams::new(limits.rtmp_message_streams_max),
            events: VecDeque::new(),
            counters: Counters::default(),
            limits,
        }
    }

    /// Takes bytes that the peer sent, cut at any place.
    ///
    /// # Errors
    /// The [`Fault`] that ends the session: events polled before are valid, no more input is to be given.
    pub fn handle_input(&mut self, now: MonoMs, input: &[u8]) -> Result<(), Fault> {
        let mut input = input;
        if let Some(handshake) = &mut self.handshake {
            if !handshake.feed(now, &mut input, self.link.out_mut())? {
                return Ok(());
            }
            self.handshake = None;
        }
        self.link.count_received(input.len());
        while let Some(incoming) = self.link.next(now, &mut input)? {
            match incoming {
                Incoming::Acknowledged(bytes) => self.events.push_back(Event::Acknowledged(bytes)),
                Incoming::BufferLength { stream_id, ms } => {
                    self.events.push_back(Event::BufferLength { stream_id, ms });
                }
                Incoming::StreamEof { .. } => {}
                Incoming::Message(message) => self.on_message(message)?,
            }
        }
        self.link.check_output()
    }

    /// The next event, in the order of arrival.
    pub fn poll_event(&mut self) -> Option<Event> {
        let event = self.events.pop_front();
        if event.is_none() && self.events.capacity() > EVENTS_KEPT {
            self.events.shrink_to(EVENTS_KEPT);
        }
        event
    }

    /// All bytes that wait to be sent.
    pub fn take_output(&mut self) -> Option<Bytes> {
        self.settle_connect();
        self.link.take_output()
    }

    /// Chunk size that the peer reads: 128 until the answer to `connect`, then [`vivace_base::RTMP_CHUNK_BYTES_OUT`].
    pub const fn chunk_bytes_out(&self) -> usize {
        self.link.chunk_bytes_out()
    }

    /// True once the handshake is over.
    pub const fn is_handshake_done(&self) -> bool {
        self.handshake.is_none()
    }

    /// What was received so far, and what of it in vain.
    pub const fn counters(&self) -> Counters {
        Counters { messages: self.link.messages(), ..self.counters }
    }

    /// Sends a ping request.
    pub fn ping(&mut self, now: MonoMs) {
        self.link.ping(now);
    }

    /// When the ping was sent that the peer has not answered yet.
    pub fn ping_waits_since(&self) -> Option<MonoMs> {
        self.link.ping_waits_since()
    }

    /// Milliseconds from the last answered ping to its answer.
    pub const fn round_trip_ms(&self) -> Option<u64> {
        self.link.round_trip_ms()
    }

    /// Grants a publish: StreamBegin and `NetStream.Publish.Start`. Media is given out from here on.
    ///
    /// False if the client no longer asks for it.
    #[must_use]
    pub fn accept_publish(&mut self, stream_id: u32) -> bool {
        let asked = self.streams.advance(stream_id, Role::PublishAsked, Role::Publishing);
        if asked {
            self.link.set_granted(true);
            self.link.user_event(user_event::STREAM_BEGIN, stream_id);
            self.status(stream_id, "status", "NetStream.Publish.Start", "Start publishing.");
        }
        asked
    }

    /// Refuses a publish, or ends one that was granted, with `onStatus` of level error.
    ///
    /// False if the client does not publish there (any more).
    pub fn refuse_publish(&mut self, stream_id: u32, code: &str, description: &str) -> bool {
        let asked = self.streams.advance(stream_id, Role::PublishAsked, Role::Idle)
            || self.streams.advance(stream_id, Role::Publishing, Role::Idle);
        if asked {
            self.status(stream_id, "error", code, description);
        }
        asked
    }

    /// Grants a play: StreamBegin, `NetStream.Play.Reset` and `NetStream.Play.Start`. What the caller sends after this
    /// output are the stream's own messages.
    ///
    /// The data messages of Flash (`|RtmpSampleAccess`, `NetStream.Data.Start`) are left out: players of today show
    /// them as a data track that the stream does not have.
    ///
    /// False if the client no longer asks for it.
    #[must_use]
    pub fn accept_play(&mut self, stream_id: u32) -> bool {
        let asked = self.streams.advance(stream_id, Role::PlayAsked, Role::Playing);
        if asked {
            self.link.user_event(user_event::STREAM_BEGIN, stream_id);
            self.status(stream_id, "status", "NetStream.Play.Reset", "Playing and resetting stream.");
            self.status(stream_id, "status", "NetStream.Play.Start", "Started playing stream.");
        }
        asked
    }

    /// Refuses a play, or ends one that was granted, with `onStatus` of level error.
    ///
    /// False if the client does not play there (any more).
    pub fn refuse_play(&mut self, stream_id: u32, code: &str, description: &str) -> bool {
        let asked = self.streams.advance(stream_id, Role::PlayAsked, Role::Idle)
            || self.streams.advance(stream_id, Role::Playing, Role::Idle);
        if asked {
            self.status(stream_id, "error", code, description);
        }
        asked
    }

    /// Tells a player that its stream is over: `NetStream.Play.UnpublishNotify` and StreamEOF. It may stay and wait.
    ///
    /// False if nothing plays there.
    pub fn end_play(&mut self, stream_id: u32) -> bool {
        let plays = self.streams.role(stream_id) == Some(Role::Playing);
        if plays {
            self.status(stream_id, "status", "NetStream.Play.UnpublishNotify", "The stream is over.");
            self.link.user_event(user_event::STREAM_EOF, stream_id);
        }
        plays
    }

    /// Asks the client to connect anew to the same address and then to leave this connection (Enhanced RTMP v2,
    /// "Reconnect Request").
    ///
    /// False, and nothing is said, if the client has not announced that it follows such a request.
    pub fn request_reconnect(&mut self, description: &str) -> bool {
        if self.reconnects {
            self.status(0, "status", RECONNECT_REQUEST, description);
        }
        self.reconnects
    }

    /// Sends `onStatus` on a message stream; `level` is `status`, `warning` or `error` (RTMP 1.0, 7.2.2).
    pub fn status(&mut self, stream_id: u32, level: &str, code: &str, description: &str) {
        let information = info(level, code, description);
        self.link.command(stream_id, &["onStatus".into(), 0.0.into(), Value::Null, information]);
    }

    fn on_message(&mut self, message: Message) -> Result<(), Fault> {
        match message.type_id {
            message_type::COMMAND_AMF0 | message_type::COMMAND_AMF3 => {
                self.on_command(&Command::decode(&message, &self.limits)?);
                return self.link.check_output();
            }
            message_type::AGGREGATE => return self.on_aggregate(&message),
            type_id => match MediaKind::of_message_type(type_id) {
                Some(kind) => self.on_media(message, kind),
                None => self.counters.ignored = self.counters.ignored.saturating_add(1),
            },
        }
        Ok(())
    }
}
