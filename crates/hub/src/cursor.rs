use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::Bytes;
use vivace_base::MediaTime;

use crate::View;

/// Where a reader begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Start {
    /// At the newest key frame held: a picture at once, up to one GOP behind.
    #[default]
    Fast,
    /// At the next key frame: the lowest delay, and a wait of up to one GOP.
    Live,
}

/// One reader's place in the bytes of its format: an offset, and the few bytes of its own that go first.
#[derive(Debug, Default)]
pub struct Cursor {
    own: VecDeque<Bytes>,
    own_bytes: usize,
    offset: Option<u64>,
}

/// Pieces handed to one vectored write.
pub const SLICES_MAX: usize = 64;

impl Cursor {
    /// A reader that gets `head` and then waits to be placed.
    pub fn new(head: Bytes) -> Self {
        let mut cursor = Self::default();
        cursor.queue(head);
        cursor
    }

    /// Whether the reader has a place in the log.
    pub const fn is_placed(&self) -> bool {
        self.offset.is_some()
    }

    /// Puts the reader at a frame's first byte, after `preamble`.
    pub fn place(&mut self, preamble: Bytes, offset: u64) {
        self.queue(preamble);
        self.offset = Some(offset);
    }

    /// Takes the reader off the log until it is placed again. A frame that is half sent is finished first, so that
    /// its bytes stay whole. Returns where the next frame would have been, and its time.
    pub fn unplace(&mut self, view: &View) -> Option<(u64, MediaTime)> {
        self.finish_frame(view);
        let offset = self.offset.take()?;
        Some((offset, view.time_at(offset).unwrap_or_else(|| view.newest())))
    }

    /// Bytes of its own that wait.
    pub const fn own_bytes(&self) -> usize {
        self.own_bytes
    }

    /// Sends bytes to this reader alone, between two frames.
    pub fn insert(&mut self, bytes: Bytes, view: &View) {
        self.finish_frame(view);
        self.queue(bytes);
    }

    /// How far the reader is behind the newest frame.
    pub fn lag(&self, view: &View) -> MediaTime {
        match self.offset {
            Some(offset) if offset < view.end() => {
                view.time_at(offset).map_or(MediaTime::ZERO, |time| view.newest() - time)
            }
            _ => MediaTime::ZERO,
        }
    }

    /// Bytes of the log that the reader has not taken.
    pub fn lag_bytes(&self, view: &View) -> u64 {
        self.offset.map_or(0, |offset| view.end().saturating_sub(offset))
    }

    /// Whether the reader still needs bytes before `start`.
    pub fn needs_before(&self, start: u64) -> bool {
        self.offset.is_some_and(|offset| offset < start)
    }

    /// What to send next, in order; at most [`SLICES_MAX`] pieces.
    pub fn slices<'a>(&'a self, view: &'a View, out: &mut Vec<IoSlice<'a>>) {
        out.extend(self.own.iter().take(SLICES_MAX).map(|piece| IoSlice::new(piece)));
        if self.own.len() >= SLICES_MAX {
            // The log comes behind all of them.
            return;
        }
        let Some((index, first)) = self.offset.and_then(|offset| view.find(offset)) else { return };
        let skip = self.offset.map_or(0, |offset| offset - first.offset);
        let head = usize::try_from(skip).ok().and_then(|skip| first.bytes.get(skip..)).unwrap_or_default();
        out.push(IoSlice::new(head));
        let room = SLICES_MAX.saturating_sub(out.len());
        out.extend(view.blocks.iter().skip(index + 1).take(room).map(|block| IoSlice::new(&block.bytes)));
    }

    /// What to send next, in order, as shared bytes: each with the index from which on it is to be sent.
    pub fn pieces<'a>(&'a self, view: &'a View) -> impl Iterator<Item = (&'a Bytes, usize)> {
        let offset = self.offset.unwrap_or(view.end());
        let first = view.find(offset).map_or(view.blocks.len(), |(index, _)| index);
        let log = view.blocks.range(first..).map(move |block| {
            let skip = usize::try_from(offset.saturating_sub(block.offset)).unwrap_or(usize::MAX);
            (&block.bytes, skip)
        });
        self.own.iter().map(|piece| (piece, 0)).chain(log)
    }

    /// What to send next when it is one piece of the log: the common case of a reader at the live edge.
    pub fn single<'a>(&self, view: &'a View) -> Option<&'a [u8]> {
        if !self.own.is_empty() {
            return None;
        }
        let offset = self.offset?;
        let (index, block) = view.find(offset)?;
        if index + 1 != view.blocks.len() {
            return None;
        }
        block.bytes.get(usize::try_from(offset - block.offset).ok()?..)
    }

    /// The socket took `taken` bytes of what [`Cursor::slices`] gave.
    pub fn advance(&mut self, mut taken: usize) {
        while let Some(front) = self.own.front_mut() {
            let step = taken.min(front.len());
            taken -= step;
            self.own_bytes -= step;
            if step < front.len() {
                bytes::Buf::advance(front, step);
                return;
            }
            self.own.pop_front();
        }
        if let Some(offset) = self.offset.as_mut() {
            *offset += taken as u64;
        }
    }

    /// Whether nothing waits to be sent.
    pub fn is_idle(&self, view: &View) -> bool {
        self.own.is_empty() && self.offset.is_none_or(|offset| offset >= view.end())
    }

    fn queue(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.own_bytes += bytes.len();
            self.own.push_back(bytes);
        }
    }

    /// Turns the rest of a frame that is half sent into bytes of its own, so that others may follow it.
    fn finish_frame(&mut self, view: &View) {
        let Some(offset) = self.offset else { return };
        if let Some((rest, next)) = view.rest_of_frame(offset) {
            self.queue(rest);
            self.offset = Some(next);
        }
    }
}
