use super::Entry;

/// The samples of one track: four bytes for each, and eight for each run of equal durations and offsets.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) sizes: Vec<u32>,
    /// Durations by run; the one of the last sample stands beside them.
    pub(super) durations: Vec<(u32, u32)>,
    pub(super) compositions: Vec<(u32, i32)>,
    /// Numbers of the key samples, from one.
    pub(super) keys: Vec<u32>,
    pub(super) chunks: Vec<Chunk>,
    pub(super) first_dts: i64,
    pub(super) last_dts: i64,
    pub(super) last_duration: u32,
    /// Presentation time of what is shown first.
    pub(super) first_pts: i64,
    /// When what is shown last ends.
    pub(super) end_pts: i64,
}

/// Samples that stand one behind the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    /// Behind the header of `mdat`.
    pub(super) offset: u64,
    pub(super) samples: u32,
    pub(super) bytes: u32,
}

/// A longer chunk is begun anew, so that a player that reads a whole one need not hold much.
const CHUNK_BYTES_MAX: u32 = 1 << 20;

impl Tables {
    pub(super) fn add(&mut self, entry: &Entry, offset: u64, apart: bool) {
        let count = self.sizes.len() as u32;
        let dts = if count == 0 { entry.dts_ticks } else { entry.dts_ticks.max(self.last_dts) };
        if count == 0 {
            self.first_dts = dts;
        } else {
            let step = u32::try_from(dts.saturating_sub(self.last_dts)).unwrap_or(u32::MAX);
            run(&mut self.durations, step);
            // A step that is longer than the table can tell is as long as it can.
            self.last_dts = self.last_dts.saturating_add(i64::from(step));
        }
        let dts = if count == 0 { dts } else { self.last_dts };
        let pts = entry.dts_ticks.saturating_add(i64::from(entry.cts_ticks));
        let cts = pts.saturating_sub(dts).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
        run(&mut self.compositions, cts);
        let pts = dts.saturating_add(i64::from(cts));
        let end = pts.saturating_add(i64::from(entry.duration_ticks));
        self.first_pts = if count == 0 { pts } else { self.first_pts.min(pts) };
        self.end_pts = if count == 0 { end } else { self.end_pts.max(end) };
        (self.last_dts, self.last_duration) = (dts, entry.duration_ticks);
        if entry.key {
            self.keys.push(count.saturating_add(1));
        }
        self.sizes.push(entry.bytes);
        match self.chunks.last_mut().filter(|chunk| !apart && chunk.bytes < CHUNK_BYTES_MAX) {
            Some(chunk) => {
                chunk.samples = chunk.samples.saturating_add(1);
                chunk.bytes = chunk.bytes.saturating_add(entry.bytes);
            }
            None => self.chunks.push(Chunk { offset, samples: 1, bytes: entry.bytes }),
        }
    }

    /// When the track begins: what would be shown before the first sample is decoded cannot be.
    pub(super) fn begin(&self) -> i64 {
        self.first_pts.max(self.first_dts)
    }

    /// Memory that is held.
    pub(super) const fn memory_bytes(&self) -> usize {
        self.sizes.capacity() * 4
            + self.durations.capacity() * 8
            + self.compositions.capacity() * 8
            + self.keys.capacity() * 4
            + self.chunks.capacity() * size_of::<Chunk>()
    }

    /// Ticks from the first sample to the end of the last, as the reader adds them up.
    pub(super) const fn media_ticks(&self) -> u64 {
        self.last_dts.abs_diff(self.first_dts).saturating_add(self.last_duration as u64)
    }
}

/// Adds a value to runs of equal ones.
fn run<T: Copy + PartialEq>(runs: &mut Vec<(u32, T)>, value: T) {
    match runs.last_mut().filter(|(count, last)| *last == value && *count < u32::MAX) {
        Some((count, _)) => *count += 1,
        None => runs.push((1, value)),
    }
}
