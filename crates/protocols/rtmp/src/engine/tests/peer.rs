//! A hand-made client, so that the server is tested with what a well-behaved client would not send.

use std::sync::Arc;

use bytes::Bytes;
use vivace_base::{Limits, MonoMs};
use vivace_media::amf::{Decoder, Value};

use crate::engine::chunk::{ChunkReader, Message, write_message};
use crate::engine::handshake::{PACKET_BYTES, RANDOM_BYTES};
use crate::engine::wire::{encode, message_type, object};
use crate::engine::{Event, Fault, Server};

pub(super) struct Peer {
    pub(super) server: Server,
    pub(super) now: MonoMs,
    reader: ChunkReader,
}

impl Peer {
    /// Behind a plain handshake.
    pub(super) fn new() -> Self {
        Self::with(Limits::default())
    }

    pub(super) fn with(limits: Limits) -> Self {
        let mut server = Server::new(Arc::new(limits), [7; RANDOM_BYTES]);
        let mut handshake = vec![0; 1 + 2 * PACKET_BYTES];
        handshake[0] = 3;
        server.handle_input(MonoMs(1), &handshake).unwrap();
        assert_eq!(server.take_output().map(|out| out.len()), Some(1 + 2 * PACKET_BYTES));
        assert!(server.is_handshake_done());
        Self { server, now: MonoMs(1), reader: ChunkReader::new(Arc::new(Limits::default())) }
    }

    /// Behind `connect` and one `createStream`.
    pub(super) fn connected() -> Self {
        let mut peer = Self::new();
        peer.connect();
        assert_eq!(peer.create_stream(), Some(1));
        peer
    }

    pub(super) fn connect(&mut self) -> Vec<Message> {
        let given = object([("app", "live".into()), ("tcUrl", "rtmp://host/live".into())]);
        self.call(0, &["connect".into(), 1.0.into(), given]);
        assert!(matches!(self.server.poll_event(), Some(Event::Connect { .. })));
        self.answers()
    }

    pub(super) fn create_stream(&mut self) -> Option<u32> {
        self.call(0, &["createStream".into(), 2.0.into(), Value::Null]);
        let answer = self.answer();
        (answer[0].as_str() == Some("_result")).then(|| answer[3].as_f64().unwrap() as u32)
    }

    /// Publishes on a message stream and is granted it.
    pub(super) fn publish(&mut self, stream_id: u32, name: &str) {
        self.call(stream_id, &["publish".into(), 3.0.into(), Value::Null, name.into(), "live".into()]);
        assert!(matches!(self.server.poll_event(), Some(Event::Publish { .. })));
        assert!(self.server.accept_publish(stream_id));
        assert_eq!(self.codes(), ["NetStream.Publish.Start"]);
    }

    pub(super) fn call(&mut self, stream_id: u32, values: &[Value]) {
        self.send(message_type::COMMAND_AMF0, 0, stream_id, &encode(values)).unwrap();
    }

    pub(super) fn send(&mut self, type_id: u8, timestamp: u32, stream_id: u32, body: &[u8]) -> Result<(), Fault> {
        let mut wire = Vec::new();
        write_message(&mut wire, 3, type_id, timestamp, stream_id, &[body], 128).unwrap();
        self.server.handle_input(self.now, &wire)
    }

    pub(super) fn event(&mut self) -> Option<Event> {
        self.server.poll_event()
    }

    /// Every message that the server sent since the last look.
    pub(super) fn answers(&mut self) -> Vec<Message> {
        let out = self.server.take_output().unwrap_or_default();
        let mut input = &out[..];
        let mut messages = Vec::new();
        while let Some(message) = self.reader.read(&mut input).unwrap() {
            messages.push(message);
        }
        messages
    }

    /// The only command among the answers.
    pub(super) fn answer(&mut self) -> Vec<Value> {
        let mut commands = commands(&self.answers());
        assert_eq!(commands.len(), 1, "{commands:?}");
        commands.remove(0)
    }

    /// Codes of all status, result and error objects that the server sent.
    pub(super) fn codes(&mut self) -> Vec<String> {
        let commands = commands(&self.answers());
        let code = |values: &Vec<Value>| values.last()?.get("code")?.as_str().map(str::to_owned);
        commands.iter().filter_map(code).collect()
    }
}

/// The values of all command and data messages.
pub(super) fn commands(messages: &[Message]) -> Vec<Vec<Value>> {
    let amf = [message_type::COMMAND_AMF0, message_type::DATA_AMF0];
    messages.iter().filter(|message| amf.contains(&message.type_id)).map(|message| values(&message.payload)).collect()
}

fn values(payload: &Bytes) -> Vec<Value> {
    let limits = Limits::default();
    let mut decoder = Decoder::new(payload, &limits);
    std::iter::from_fn(|| decoder.next().unwrap()).collect()
}
