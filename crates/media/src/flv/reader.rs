use bytes::{Buf, Bytes, BytesMut};
use vivace_base::Limits;

use super::{Fault, TagKind};

const FILE_HEADER_BYTES: usize = 9;
const TAG_HEADER_BYTES: usize = 11;
const PREVIOUS_TAG_SIZE_BYTES: usize = 4;

/// One tag of a file or of an HTTP-FLV body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// What it carries.
    pub kind: TagKind,
    /// Its timestamp, with the extended byte.
    pub timestamp_ms: u32,
    /// Its body, for [`parse_video`](super::parse_video), [`parse_audio`](super::parse_audio) or
    /// [`to_frame`](super::to_frame).
    pub body: Bytes,
}

/// Takes a file apart as its bytes arrive (annex E.2 to E.4.1).
///
/// Call [`next`](Self::next) after each [`feed`](Self::feed) until it gives `None`: then less than one tag is held, and
/// a tag that is longer than its limit is refused as soon as its header is there. Previous tag sizes are skipped, since
/// writers get them wrong and forward reading needs none. After a fault the reader gives the same fault again.
#[derive(Debug)]
pub struct Reader {
    audio_bytes_max: usize,
    video_bytes_max: usize,
    script_bytes_max: usize,
    buffer: BytesMut,
    /// Offset in the file of the first byte in `buffer`.
    offset: u64,
    expects: Expects,
    fault: Option<Fault>,
}

/// What the bytes in the buffer begin with.
#[derive(Clone, Copy, Debug)]
enum Expects {
    FileHeader,
    /// The rest of a file header that is longer than it needs to be, and the previous tag size.
    Skipped(usize),
    Tag,
}

/// The fields of a tag header.
struct TagHeader {
    kind: TagKind,
    body_bytes: usize,
    timestamp_ms: u32,
}

impl Reader {
    /// A reader at the start of a file. Tags may be as long as RTMP messages of their kind.
    pub fn new(limits: &Limits) -> Self {
        Self {
            audio_bytes_max: limits.rtmp_audio_message_bytes_max,
            video_bytes_max: limits.rtmp_video_message_bytes_max,
            script_bytes_max: limits.rtmp_command_message_bytes_max,
            buffer: BytesMut::new(),
            offset: 0,
            expects: Expects::FileHeader,
            fault: None,
        }
    }

    /// Adds the bytes that arrived.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.fault.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next whole tag; `None` until more bytes are fed.
    ///
    /// # Errors
    /// The bytes are not FLV, a tag is encrypted, of an unknown kind or longer than its limit.
    #[expect(clippy::should_implement_trait, reason = "an iterator would go on after a fault")]
    pub fn next(&mut self) -> Result<Option<Tag>, Fault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        self.step().inspect_err(|fault| {
            self.fault = Some(*fault);
            self.buffer = BytesMut::new();
        })
    }

    /// Bytes of the file up to the next tag that is not whole yet.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// To be asked at the end of the file.
    ///
    /// # Errors
    /// The file ends inside its header or inside a tag. A missing last previous tag size is no fault.
    pub fn finish(&self) -> Result<(), Fault> {
        match (self.fault, self.expects) {
            (Some(fault), _) => Err(fault),
            (None, Expects::Skipped(_)) => Ok(()),
            (None, Expects::Tag) if self.buffer.is_empty() => Ok(()),
            (None, Expects::Tag | Expects::FileHeader) => {
                Err(Fault::FileTruncated { offset: self.offset.saturating_add(self.buffer.len() as u64) })
            }
        }
    }

    fn step(&mut self) -> Result<Option<Tag>, Fault> {
        loop {
            match self.expects {
                Expects::FileHeader => {
                    let Some(header_bytes) = self.file_header()? else { return Ok(None) };
                    self.expects = Expects::Skipped(header_bytes.saturating_add(PREVIOUS_TAG_SIZE_BYTES));
                }
                Expects::Skipped(bytes) => {
                    let now = bytes.min(self.buffer.len());
                    self.consume(now);
                    if now < bytes {
                        self.expects = Expects::Skipped(bytes - now);
                        return Ok(None);
                    }
                    self.expects = Expects::Tag;
                }
                Expects::Tag => return self.tag(),
            }
        }
    }

    /// Length of the whole file header; `None` until it is there.
    fn file_header(&self) -> Result<Option<usize>, Fault> {
        let known = self.buffer.len().min(4);
        if self.buffer.get(..known) != b"FLV\x01".get(..known) {
            return Err(Fault::NotFlv);
        }
        let Some([_, _, _, _, _flags, length @ ..]) = self.buffer.first_chunk::<FILE_HEADER_BYTES>() else {
            return Ok(None);
        };
        let bytes = u32::from_be_bytes(*length);
        match usize::try_from(bytes) {
            Ok(header_bytes) if (FILE_HEADER_BYTES..=self.script_bytes_max).contains(&header_bytes) => {
                Ok(Some(header_bytes))
            }
            _ => Err(Fault::HeaderLength { bytes }),
        }
    }

    fn tag(&mut self) -> Result<Option<Tag>, Fault> {
        let Some(header) = self.tag_header()? else { return Ok(None) };
        if self.buffer.len() - TAG_HEADER_BYTES < header.body_bytes {
            return Ok(None);
        }
        self.consume(TAG_HEADER_BYTES);
        let body = self.buffer.split_to(header.body_bytes).freeze();
        self.offset = self.offset.saturating_add(header.body_bytes as u64);
        self.expects = Expects::Skipped(PREVIOUS_TAG_SIZE_BYTES);
        Ok(Some(Tag { kind: header.kind, timestamp_ms: header.timestamp_ms, body }))
    }

    fn tag_header(&self) -> Result<Option<TagHeader>, Fault> {
        let offset = self.offset;
        let Some(&[flags, size_high, size_middle, size_low, high, middle, low, extended, ..]) =
            self.buffer.first_chunk::<TAG_HEADER_BYTES>()
        else {
            return Ok(None);
        };
        if flags & 0x20 != 0 {
            return Err(Fault::FilteredTag { offset });
        }
        let number = flags & 0x1F;
        let kind = TagKind::from_number(number).ok_or(Fault::UnknownTagKind { offset, number })?;
        let bytes_max = match kind {
            TagKind::Audio => self.audio_bytes_max,
            TagKind::Video => self.video_bytes_max,
            TagKind::Script => self.script_bytes_max,
        };
        let size = u32::from_be_bytes([0, size_high, size_middle, size_low]);
        let body_bytes = usize::try_from(size).unwrap_or(usize::MAX);
        if body_bytes > bytes_max {
            return Err(Fault::TagTooLarge { offset, kind, bytes: body_bytes, bytes_max });
        }
        let timestamp_ms = u32::from_be_bytes([extended, high, middle, low]);
        Ok(Some(TagHeader { kind, body_bytes, timestamp_ms }))
    }

    fn consume(&mut self, bytes: usize) {
        self.buffer.advance(bytes);
        self.offset = self.offset.saturating_add(bytes as u64);
    }
}
