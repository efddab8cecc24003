use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use vivace_base::MediaTime;
use vivace_media::{Frame, FrameKind};

use crate::{Format, FormatKind, Tracks};

/// Where a frame begins within a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Byte index within the block.
    pub at: usize,
    /// Decoding time.
    pub dts: MediaTime,
    /// A reader may begin here.
    pub key: bool,
}

/// The frames of one batch in one format: immutable bytes shared by all readers.
#[derive(Clone, Debug)]
pub struct Block {
    /// Byte position of the block in the format's log.
    pub offset: u64,
    /// Whole frames, one after the other.
    pub bytes: Bytes,
    /// One mark per frame, in order.
    pub marks: Arc<[Mark]>,
}

impl Block {
    /// Byte position just behind the block.
    pub fn end(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }

    /// Decoding time of the last frame.
    pub fn newest(&self) -> MediaTime {
        self.marks.last().map_or(MediaTime::ZERO, |mark| mark.dts)
    }

    /// What the block costs beyond its bytes: tiny frames are mostly bookkeeping.
    fn overhead_bytes(&self) -> u64 {
        (size_of::<Self>() + self.marks.len() * size_of::<Mark>()) as u64
    }

    /// Position of the newest frame at which a reader may begin.
    fn last_key(&self) -> Option<u64> {
        self.marks.iter().rev().find(|mark| mark.key).map(|mark| self.offset + mark.at as u64)
    }
}

/// A window over a format's log: what a delivery thread holds of it, and what the stream keeps.
#[derive(Clone, Debug, Default)]
pub struct View {
    pub(crate) blocks: VecDeque<Block>,
    end: u64,
    overhead_bytes: u64,
}

impl View {
    /// A window that expects the block at `end` next.
    pub const fn starting_at(end: u64) -> Self {
        Self { blocks: VecDeque::new(), end, overhead_bytes: 0 }
    }

    /// Byte position behind the newest block.
    pub const fn end(&self) -> u64 {
        self.end
    }

    /// Byte position of the oldest block held.
    pub fn start(&self) -> u64 {
        self.blocks.front().map_or(self.end, |block| block.offset)
    }

    /// Decoding time of the newest frame.
    pub fn newest(&self) -> MediaTime {
        self.blocks.back().map_or(MediaTime::ZERO, Block::newest)
    }

    /// Bytes held.
    pub fn bytes(&self) -> u64 {
        self.end - self.start()
    }

    /// Position of the newest key frame held, at or behind `from`.
    pub fn newest_key(&self, from: u64) -> Option<u64> {
        let behind = self.blocks.iter().rev().take_while(|block| block.end() > from);
        behind.filter_map(Block::last_key).find(|key| *key >= from)
    }

    /// Memory that it stands for: the bytes, and what it takes to find frames in them.
    fn held_bytes(&self) -> u64 {
        self.bytes() + self.overhead_bytes
    }

    /// The block that holds the byte at `offset`, with its index.
    pub(crate) fn find(&self, offset: u64) -> Option<(usize, &Block)> {
        if self.blocks.back().is_some_and(|last| last.offset <= offset && offset < last.end()) {
            return self.blocks.back().map(|last| (self.blocks.len() - 1, last));
        }
        let index = self.blocks.partition_point(|block| block.end() <= offset);
        self.blocks.get(index).filter(|block| block.offset <= offset).map(|block| (index, block))
    }

    /// Decoding time of the frame that holds the byte at `offset`.
    pub fn time_at(&self, offset: u64) -> Option<MediaTime> {
        let (_, block) = self.find(offset)?;
        let within = usize::try_from(offset - block.offset).ok()?;
        let index = block.marks.partition_point(|mark| mark.at <= within);
        block.marks.get(index.checked_sub(1)?).map(|mark| mark.dts)
    }

    /// Byte position of the first frame that begins at or behind `offset`, and the bytes up to there.
    pub(crate) fn rest_of_frame(&self, offset: u64) -> Option<(Bytes, u64)> {
        let (_, block) = self.find(offset)?;
        let within = usize::try_from(offset - block.offset).ok()?;
        let index = block.marks.partition_point(|mark| mark.at < within);
        let next = block.marks.get(index).map_or(block.bytes.len(), |mark| mark.at);
        Some((block.bytes.slice(within..next), block.offset + next as u64))
    }

    /// Appends the next block.
    pub fn push(&mut self, block: Block) {
        self.end = block.end();
        self.overhead_bytes += block.overhead_bytes();
        self.blocks.push_back(block);
    }

    /// Lets go of the blocks that end at or before `start`.
    pub fn trim(&mut self, start: u64) {
        while self.blocks.front().is_some_and(|block| block.end() <= start) {
            let gone = self.blocks.pop_front().map_or(0, |block| block.overhead_bytes());
            self.overhead_bytes = self.overhead_bytes.saturating_sub(gone);
        }
    }
}

/// One format's encoder with the bytes that its readers still need.
pub(crate) struct History {
    pub(crate) kind: FormatKind,
    pub(crate) view: View,
    pub(crate) readers: usize,
    format: Box<dyn Format>,
    key: Option<u64>,
    /// A key frame left no trace in this format, and nothing has followed it yet.
    key_hidden: bool,
}

/// Bounds of what a history keeps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keep {
    pub(crate) lag_max: MediaTime,
    pub(crate) gop_max: MediaTime,
    pub(crate) bytes_max: u64,
}

impl History {
    pub(crate) fn new(kind: FormatKind) -> Self {
        Self { kind, view: View::default(), readers: 0, format: (kind.make)(), key: None, key_hidden: false }
    }

    pub(crate) fn format(&mut self) -> &mut dyn Format {
        self.format.as_mut()
    }

    /// Turns a batch into a block. Frames that the format cannot carry leave no trace. Where these are the pictures,
    /// a reader may begin at the sound behind a key frame instead.
    pub(crate) fn append<'a>(&mut self, frames: impl Iterator<Item = &'a Frame>, tracks: &Tracks) {
        let mut bytes = Vec::new();
        let mut marks = Vec::new();
        for frame in frames {
            let at = bytes.len();
            self.format.frame(frame, tracks, &mut bytes);
            if bytes.len() > at {
                let key = frame.key || (self.key_hidden && frame.kind == FrameKind::Audio);
                self.key_hidden &= !key && frame.kind != FrameKind::Video;
                marks.push(Mark { at, dts: frame.dts, key });
            } else {
                self.key_hidden |= frame.key;
            }
        }
        if marks.is_empty() {
            return;
        }
        let block =
            Block { offset: self.view.end(), bytes: Bytes::from(bytes.into_boxed_slice()), marks: marks.into() };
        self.key = block.last_key().or(self.key);
        self.view.push(block);
    }

    /// Where a fast start begins: the newest key frame, unless it has grown too old or too large to be kept.
    pub(crate) fn fast_start(&self) -> Option<u64> {
        self.key.filter(|key| *key >= self.view.start())
    }

    /// No reader may begin at what is held now: a configuration changed, or the publisher did.
    pub(crate) fn forget_key(&mut self) {
        self.key = None;
        self.key_hidden = false;
    }

    /// Lets go of what neither a slow reader nor a fast start can ask for.
    pub(crate) fn trim(&mut self, keep: Keep) {
        let newest = self.view.newest();
        while let Some(front) = self.view.blocks.front() {
            let age = newest - front.newest();
            let in_gop = self.key.is_some_and(|key| front.end() > key) && age <= keep.gop_max;
            if (in_gop || age <= keep.lag_max) && self.view.held_bytes() <= keep.bytes_max {
                break;
            }
            let end = front.end();
            self.view.trim(end);
        }
    }
}
