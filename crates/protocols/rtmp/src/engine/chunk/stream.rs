use vivace_base::Limits;

use super::EXTENDED;
use crate::engine::Fault;
use crate::engine::wire::message_type;

/// Bytes that the first memory of a message is at least taken for.
const FIRST_BYTES: usize = 4 << 10;

/// Header of one chunk, taken apart.
pub(super) struct Head {
    pub(super) format: u8,
    pub(super) chunk_stream: u32,
    /// Absolute timestamp (type 0) or delta (types 1 and 2).
    stamp: u32,
    /// `stamp`, if it came as an extended timestamp.
    extended: Option<u32>,
    length: usize,
    type_id: u8,
    stream_id: u32,
}

impl Head {
    /// Longest header: three bytes of id, eleven of fields, four of extended timestamp.
    pub(super) const BYTES_MAX: usize = 18;

    /// Bytes that the header takes, as far as `head`, its beginning, tells.
    pub(super) fn bytes_needed(head: &[u8]) -> usize {
        let Some(&first) = head.first() else { return 1 };
        let basic = basic_bytes(first);
        let fields = field_bytes(first >> 6);
        let is_extended = fields > 0 && head.get(basic..basic + 3) == Some(&[0xff; 3][..]);
        if head.len() < basic {
            basic
        } else if is_extended {
            basic + fields + 4
        } else {
            basic + fields
        }
    }

    /// Takes a whole header apart; what is missing in it reads as 0.
    pub(super) fn parse(head: &[u8]) -> Self {
        let byte = |at: usize| head.get(at).map_or(0, |&byte| u32::from(byte));
        let first = head.first().copied().unwrap_or_default();
        let basic = basic_bytes(first);
        let format = first >> 6;
        let fields = field_bytes(format);
        let big24 = |at: usize| byte(at) << 16 | byte(at + 1) << 8 | byte(at + 2);
        let after = basic + fields;
        let extended = (fields > 0 && big24(basic) == EXTENDED).then(|| byte(after) << 24 | big24(after + 1));
        let field = |needs: usize, value: u32| if fields >= needs { value } else { 0 };
        Self {
            format,
            chunk_stream: match basic {
                1 => u32::from(first & 0x3f),
                2 => 64 + byte(1),
                _ => 64 + byte(1) + (byte(2) << 8),
            },
            stamp: extended.unwrap_or_else(|| field(3, big24(basic))),
            extended,
            length: field(7, big24(basic + 3)) as usize,
            type_id: field(7, byte(basic + 6)) as u8,
            stream_id: field(
                11,
                byte(basic + 7) | byte(basic + 8) << 8 | byte(basic + 9) << 16 | byte(basic + 10) << 24,
            ),
        }
    }
}

const fn basic_bytes(first: u8) -> usize {
    match first & 0x3f {
        0 => 2,
        1 => 3,
        _ => 1,
    }
}

const fn field_bytes(format: u8) -> usize {
    match format {
        0 => 11,
        1 => 7,
        2 => 3,
        _ => 0,
    }
}

/// What a chunk stream remembers between chunks, and its unfinished message.
#[derive(Default)]
pub(super) struct ChunkStream {
    pub(super) id: u32,
    pub(super) timestamp: u32,
    delta: u32,
    /// Extended timestamp of the last header of type 0 to 2, which chunks of type 3 repeat.
    pub(super) extended: Option<u32>,
    pub(super) length: usize,
    pub(super) type_id: u8,
    pub(super) stream_id: u32,
    /// A message has begun and is not complete.
    pub(super) open: bool,
    pub(super) body: Vec<u8>,
}

impl ChunkStream {
    pub(super) fn new(id: u32) -> Self {
        Self { id, ..Self::default() }
    }

    /// Applies the header of a chunk: the next piece of the open message, or the start of one.
    pub(super) fn begin_chunk(&mut self, head: &Head, limits: &Limits) -> Result<(), Fault> {
        if self.open { self.check_same_message(head) } else { self.begin_message(head, limits) }
    }

    /// Some encoders send headers of type 1 or 2 inside a message; they may change nothing.
    fn check_same_message(&self, head: &Head) -> Result<(), Fault> {
        match head.format {
            0 => Err(Fault::MessageInterrupted {
                chunk_stream: self.id,
                received: self.body.len(),
                announced: self.length,
            }),
            1 if head.length != self.length => {
                Err(Fault::LengthChanged { chunk_stream: self.id, announced: self.length, changed: head.length })
            }
            _ => Ok(()),
        }
    }

    fn begin_message(&mut self, head: &Head, limits: &Limits) -> Result<(), Fault> {
        if head.format <= 2 {
            self.delta = head.stamp;
            self.extended = head.extended;
        }
        self.timestamp = if head.format == 0 { head.stamp } else { self.timestamp.wrapping_add(self.delta) };
        if head.format <= 1 {
            self.length = head.length;
            self.type_id = head.type_id;
        }
        if head.format == 0 {
            self.stream_id = head.stream_id;
        }
        let allowed = message_bytes_max(self.type_id, limits);
        if self.length > allowed {
            return Err(Fault::MessageTooLong {
                chunk_stream: self.id,
                message_type: self.type_id,
                announced: self.length,
                allowed,
            });
        }
        self.open = true;
        Ok(())
    }

    /// Adds bytes to the open message. Memory follows what arrived, not what was announced.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let needed = self.body.len().saturating_add(bytes.len());
        if needed > self.body.capacity() {
            let target = needed.max(self.body.capacity().saturating_mul(2)).max(FIRST_BYTES);
            let target = target.min(self.length).max(needed);
            self.body.reserve_exact(target.saturating_sub(self.body.len()));
        }
        self.body.extend_from_slice(bytes);
    }
}

fn message_bytes_max(type_id: u8, limits: &Limits) -> usize {
    match type_id {
        message_type::VIDEO | message_type::AGGREGATE => limits.rtmp_video_message_bytes_max,
        message_type::AUDIO => limits.rtmp_audio_message_bytes_max,
        _ => limits.rtmp_command_message_bytes_max,
    }
}
