use super::fields::Fields;
use super::runs::{COMPOSITION, DURATION, FLAGS, Run, SIZE, runs};
use super::{InputSample, InputTrack};
use crate::fmp4::{Boxes, Fault, boxes};

/// The samples of a piece of a file; nothing follows a fault.
#[derive(Debug)]
pub struct Samples<'a> {
    tracks: &'a [InputTrack],
    clocks: &'a mut [i64],
    data: &'a [u8],
    file_at: u64,
    boxes: Boxes<'a>,
    runs: std::vec::IntoIter<Run<'a>>,
    run: Option<Open<'a>>,
    /// What offsets of the track fragment count from.
    base: i64,
    /// Where the run before ends.
    end: i64,
    /// No byte belongs to two samples, so all samples together are no longer than the data.
    payload_left: usize,
}

/// The run that is being read.
#[derive(Debug)]
struct Open<'a> {
    run: Run<'a>,
    fields: Fields<'a>,
    left: u32,
}

impl<'a> Samples<'a> {
    pub(super) fn new(tracks: &'a [InputTrack], clocks: &'a mut [i64], data: &'a [u8], file_at: u64) -> Self {
        let (boxes, runs) = (boxes(data), Vec::new().into_iter());
        Self { tracks, clocks, data, file_at, boxes, runs, run: None, base: 0, end: 0, payload_left: data.len() }
    }

    fn take(&mut self) -> Result<Option<InputSample>, Fault> {
        loop {
            if let Some(open) = self.run.as_mut().filter(|open| open.left > 0) {
                let first = open.left == open.run.count;
                open.left -= 1;
                let (run, fields) = (open.run, &mut open.fields);
                let told = Told::read(&run, fields, first)?;
                return self.sample(&run, told).map(Some);
            }
            if let Some(run) = self.runs.next() {
                self.begin(run)?;
            } else if !self.next_fragment()? {
                return Ok(None);
            }
        }
    }

    /// Reads the runs of the next `moof`.
    fn next_fragment(&mut self) -> Result<bool, Fault> {
        loop {
            let at = self.data.len().saturating_sub(self.boxes.left());
            let Some(found) = self.boxes.next() else { return Ok(false) };
            let found = found?;
            if found.kind == *b"moof" {
                let at = i64::try_from(at).map_err(|_| Fault::DataOutside)?;
                let mut found_runs = Vec::new();
                runs(found.payload, at, self.file_at, self.tracks, &mut found_runs)?;
                self.end = at;
                self.runs = found_runs.into_iter();
                return Ok(true);
            }
        }
    }

    fn begin(&mut self, run: Run<'a>) -> Result<(), Fault> {
        if let Some(opens) = run.opens {
            self.base = opens.base.unwrap_or(self.end);
            self.end = self.base;
            if let (Some(time), Some(clock)) = (opens.decode_time, self.clocks.get_mut(run.track)) {
                let shift = self.tracks.get(run.track).map_or(0, |track| track.shift);
                *clock = time.saturating_add(shift);
            }
        }
        if let Some(offset) = run.data_offset {
            self.end = self.base.checked_add(i64::from(offset)).ok_or(Fault::DataOutside)?;
        }
        self.run = Some(Open { run, fields: Fields::new(b"trun", run.entries), left: run.count });
        Ok(())
    }

    fn sample(&mut self, run: &Run<'_>, told: Told) -> Result<InputSample, Fault> {
        let at = usize::try_from(self.end).map_err(|_| Fault::DataOutside)?;
        let bytes = usize::try_from(told.size).map_err(|_| Fault::DataOutside)?;
        at.checked_add(bytes).filter(|end| *end <= self.data.len()).ok_or(Fault::DataOutside)?;
        self.payload_left = self.payload_left.checked_sub(bytes).ok_or(Fault::DataOutside)?;
        self.end = self.end.saturating_add(i64::from(told.size));
        let (Some(track), Some(clock)) = (self.tracks.get(run.track), self.clocks.get_mut(run.track)) else {
            return Err(Fault::DataOutside);
        };
        let ticks = *clock;
        *clock = clock.saturating_add(i64::from(told.duration));
        let (track, next) = (&track.track, *clock);
        let dts = track.time(ticks);
        Ok(InputSample {
            track: run.track,
            dts_ticks: ticks,
            cts_ticks: told.cts,
            duration_ticks: told.duration,
            dts,
            cts: track.time(ticks.saturating_add(i64::from(told.cts))) - dts,
            duration: track.time(next) - dts,
            key: told.flags & NOT_SYNC == 0,
            at,
            bytes,
        })
    }
}

const NOT_SYNC: u32 = 1 << 16;

/// What run and defaults tell of a sample.
struct Told {
    duration: u32,
    size: u32,
    flags: u32,
    cts: i32,
}

impl Told {
    fn read(run: &Run<'_>, fields: &mut Fields<'_>, first: bool) -> Result<Self, Fault> {
        let mut told =
            Self { duration: run.defaults.duration, size: run.defaults.size, flags: run.defaults.flags, cts: 0 };
        if run.flags & DURATION != 0 {
            told.duration = fields.u32()?;
        }
        if run.flags & SIZE != 0 {
            told.size = fields.u32()?;
        }
        if run.flags & FLAGS != 0 {
            told.flags = fields.u32()?;
        } else if let Some(flags) = run.first_flags.filter(|_| first) {
            told.flags = flags;
        }
        if run.flags & COMPOSITION != 0 {
            // Of 32 bits without a sign in version 0, where no file has need of the highest.
            told.cts = fields.i32()?;
        }
        Ok(told)
    }
}

impl Iterator for Samples<'_> {
    type Item = Result<InputSample, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let taken = self.take();
        if taken.is_err() {
            (self.run, self.runs, self.boxes) = (None, Vec::new().into_iter(), boxes(&[]));
        }
        taken.transpose()
    }
}
