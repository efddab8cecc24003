use bytes::Bytes;

use super::Server;
use super::event::Event;
use super::streams::Role;
use crate::engine::Fault;
use crate::engine::chunk::Message;
use crate::engine::wire::{MediaKind, message_type};

/// Header of a part of an aggregate message: that of an FLV tag.
const PART_HEADER_BYTES: usize = 11;
/// Length of the part, repeated behind it.
const BACK_POINTER_BYTES: usize = 4;

impl Server {
    /// Gives out media of an accepted publish; the rest is counted.
    pub(super) fn on_media(&mut self, message: Message, kind: MediaKind) {
        let Some(stream_id) = self.media_stream(message.stream_id) else {
            self.counters.media_not_accepted = self.counters.media_not_accepted.saturating_add(1);
            return;
        };
        let body = match message.type_id {
            message_type::DATA_AMF3 => without_format_byte(message.payload),
            _ => message.payload,
        };
        if body.is_empty() {
            self.counters.media_empty = self.counters.media_empty.saturating_add(1);
            return;
        }
        self.events.push_back(Event::Media { stream_id, kind, timestamp: message.timestamp, body });
    }

    /// Splits an aggregate message (RTMP 1.0, 7.1.6): the first part has the timestamp of the message.
    pub(super) fn on_aggregate(&mut self, message: &Message) -> Result<(), Fault> {
        let mut at = 0;
        let mut offset = None;
        let allowed = self.limits.rtmp_aggregate_parts_max;
        let mut parts_left = allowed;
        while at < message.payload.len() {
            // Parts without a body cost an event each: as many as fit into a message would be a hundred times its bytes.
            parts_left = parts_left.checked_sub(1).ok_or(Fault::AggregateParts { allowed })?;
            let part = Part::read(&message.payload, at)?;
            let offset = *offset.get_or_insert(message.timestamp.wrapping_sub(part.timestamp));
            match MediaKind::of_message_type(part.type_id) {
                Some(kind) => {
                    let timestamp = part.timestamp.wrapping_add(offset);
                    let (type_id, stream_id) = (part.type_id, message.stream_id);
                    self.on_media(Message { type_id, timestamp, stream_id, payload: part.body }, kind);
                }
                None => self.counters.ignored = self.counters.ignored.saturating_add(1),
            }
            at = part.end;
        }
        Ok(())
    }

    /// The accepted publish that media belongs to. Media on the connection's own stream 0 belongs to the only one:
    /// a first chunk of type 1 has no message stream id.
    fn media_stream(&self, stream_id: u32) -> Option<u32> {
        let id = if stream_id == 0 { self.streams.publishing(None)? } else { stream_id };
        (self.streams.role(id) == Some(Role::Publishing)).then_some(id)
    }
}

struct Part {
    type_id: u8,
    timestamp: u32,
    body: Bytes,
    /// Where the next part begins.
    end: usize,
}

impl Part {
    fn read(aggregate: &Bytes, at: usize) -> Result<Self, Fault> {
        let left = aggregate.len().saturating_sub(at);
        let too_short = |needed| Fault::Aggregate { at, needed, left };
        let header = aggregate.get(at..).and_then(<[u8]>::first_chunk::<PART_HEADER_BYTES>);
        let [type_id, l0, l1, l2, t1, t2, t3, t0, ..] = *header.ok_or_else(|| too_short(PART_HEADER_BYTES))?;
        let length = u32::from_be_bytes([0, l0, l1, l2]) as usize;
        let body_at = at.saturating_add(PART_HEADER_BYTES);
        let body_end = body_at.saturating_add(length);
        if body_end > aggregate.len() {
            return Err(too_short(PART_HEADER_BYTES.saturating_add(length)));
        }
        Ok(Self {
            type_id,
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            // A copy: a slice would keep the whole aggregate alive for as long as its smallest frame.
            body: Bytes::copy_from_slice(aggregate.get(body_at..body_end).unwrap_or_default()),
            end: body_end.saturating_add(BACK_POINTER_BYTES),
        })
    }
}

/// Data in AMF3 begins with a byte 0, and goes on in AMF0.
fn without_format_byte(payload: Bytes) -> Bytes {
    if payload.first() == Some(&0) { payload.slice(1..) } else { payload }
}
