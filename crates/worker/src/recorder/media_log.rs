//! The media files of one stream while they are written, with their rows.

use std::sync::Arc;

use bytes::Bytes;
use vivace_base::{AppId, MediaTime, StreamName, Ulid};
use vivace_domain::recording::{MediaFile, MediaPart};

use super::Shared;
use super::disk::{DiskFault, MediaWriter};
use super::engine::{Cut, FileCut, PartCut};
use super::index::Entry;
use super::note::Note;
use super::times::{FileRate, Ids, PartClock, StreamClock, TimeZero};
use super::views::{Asked, Fresh};

/// Puts parts on disk, and their rows behind them.
pub(crate) struct MediaLog {
    shared: Arc<Shared>,
    app: AppId,
    stream: StreamName,
    ids: Ids,
    clock: PartClock,
    now: StreamClock,
    /// The file that is written.
    open: Option<Open>,
    /// The first file since nothing stands between those that are written.
    run: Option<Ulid>,
    /// Files to which nothing comes any more, and of which that is not told yet.
    closed: Vec<Ulid>,
    /// The next part does not continue the one before, whatever the cutter says: something was not written.
    broken: bool,
    rate: FileRate,
    /// The configuration of the parts that are left out, because the minute has seen too many files.
    left_out: Option<FileCut>,
}

/// A file with its first part made on disk, or to be made with it.
struct Open {
    cut: FileCut,
    id: Ulid,
    writer: Option<MediaWriter>,
    /// Where the file ends, with what is on its way to disk.
    bytes: u64,
    parts: u32,
    first: Option<MediaTime>,
    /// What its note says that it is kept as.
    noted: Option<Vec<Asked>>,
}

/// What is to be written to one file at once.
#[derive(Default)]
struct Batch {
    head: Option<MediaFile>,
    bytes: Vec<Bytes>,
    parts: Vec<MediaPart>,
}

impl MediaLog {
    pub(crate) fn new(shared: Arc<Shared>, app: AppId, stream: StreamName, ids: Ids) -> Self {
        let (clock, rate) = (PartClock::default(), FileRate::default());
        let now = StreamClock::set(shared.clock.unix(), shared.clock.mono());
        let (open, run, closed, broken, left_out) = (None, None, Vec::new(), false, None);
        Self { shared, app, stream, ids, clock, now, open, run, closed, broken, rate, left_out }
    }

    /// Writes what was cut, of a stream whose time zero came at `zero` and which is kept as what is `asked`. `written` gets
    /// each part that is on disk, also if a later one fails; its row is on its way then. What begins with these parts is
    /// to be on its way too before [`MediaLog::tell_closed`].
    ///
    /// # Errors
    /// [`DiskFault`]: parts are lost, and the file has ended before them.
    pub(crate) async fn write(
        &mut self,
        cuts: Vec<Cut>,
        zero: TimeZero,
        asked: &[Asked],
        written: &mut Vec<Fresh>,
    ) -> Result<(), DiskFault> {
        let file = self.shared.settings().file;
        let mut batch = Batch::default();
        for cut in cuts {
            match cut {
                Cut::File(cut) => {
                    self.put(&mut batch, asked, written).await?;
                    self.close();
                    self.configure(cut);
                }
                Cut::Part(part) => {
                    self.resume(&part);
                    if self.is_long(&part, file) {
                        self.put(&mut batch, asked, written).await?;
                        self.rotate();
                    }
                    self.add(part, zero, &mut batch);
                }
            }
        }
        self.put(&mut batch, asked, written).await
    }

    /// No more parts come to the file that is open.
    pub(crate) fn close(&mut self) {
        // One without a part was never made.
        match self.open.take() {
            Some(Open { id, parts: 0, .. }) => self.shared.let_go(id),
            Some(Open { id, .. }) => self.closed.push(id),
            None => {}
        }
    }

    /// Tells of the files to which nothing comes any more: behind the begins of what is in them, which nothing else keeps.
    pub(crate) async fn tell_closed(&mut self) {
        for id in self.closed.drain(..) {
            self.shared.index.write(Entry::Close((self.app, self.stream.clone()), id)).await;
        }
    }

    /// Begins the file of another configuration, or leaves out what comes until one may begin.
    fn configure(&mut self, cut: FileCut) {
        if self.may_begin() {
            self.left_out = None;
            self.begin(cut);
            return;
        }
        self.broken = true;
        // Told once for all configurations that are left out together: their number is the publisher's choice.
        if self.left_out.replace(cut).is_none() {
            tracing::warn!(stream = %self.stream, "configured anew too often to be recorded: frames are left out");
            self.shared.tally.lost();
            self.shared.tell_lost(&self.stream, "frames are not recorded: the stream is configured anew too often");
        }
    }

    /// Goes on with the configuration that was left out, where this part can be decoded without those before it.
    fn resume(&mut self, part: &PartCut) {
        if part.key
            && self.left_out.is_some()
            && self.may_begin()
            && let Some(cut) = self.left_out.take()
        {
            self.begin(cut);
        }
    }

    fn may_begin(&mut self) -> bool {
        self.rate.take(self.shared.clock.mono(), self.shared.limits.get().recording_files_per_minute_max)
    }

    fn begin(&mut self, cut: FileCut) {
        let id = self.ids.next(self.shared.clock.unix(), self.shared.rng.as_ref());
        let bytes = cut.init.len() as u64;
        // Before the file is there: nobody shall take it for a dead process' one.
        self.shared.claim(id);
        if cut.discontinuity || self.broken {
            self.clock.release();
        } else {
            self.clock.creep();
        }
        self.open = Some(Open { cut, id, writer: None, bytes, parts: 0, first: None, noted: None });
    }

    /// Goes on in another file with the same configuration.
    fn rotate(&mut self) {
        let Some(cut) = self.open.as_ref().map(|open| FileCut { discontinuity: false, ..open.cut.clone() }) else {
            return;
        };
        self.close();
        self.begin(cut);
    }

    /// Whether the file that is open is long enough, and another can begin with this part.
    fn is_long(&self, part: &PartCut, file: MediaTime) -> bool {
        let first = self.open.as_ref().and_then(|open| open.first);
        part.key && first.is_some_and(|first| part.dts - first >= file)
    }

    /// Dates a part and gives it its place.
    fn add(&mut self, cut: PartCut, zero: TimeZero, batch: &mut Batch) {
        let Some(open) = &mut self.open else { return };
        let Ok(bytes) = u32::try_from(cut.bytes.len()) else { return };
        if cut.discontinuity {
            self.clock.release();
        }
        let mono = self.shared.clock.mono();
        let now = self.now.follow(self.shared.clock.unix(), mono);
        let (clock, window_ms) = (self.shared.clock.as_ref(), self.shared.settings().shift_ms);
        self.shared.dates.put(self.app, &self.stream, self.now, clock, window_ms);
        let begun_at = self.clock.begun_at(cut.dts, cut.duration, cut.dts + zero.since(cut.dts, mono), now);
        let discontinuity = cut.discontinuity | std::mem::take(&mut self.broken);
        if open.parts == 0 {
            let (width, height) = open.cut.size.map_or((0, 0), |(width, height)| (width.into(), height.into()));
            batch.bytes.push(open.cut.init.clone());
            batch.head = Some(MediaFile {
                id: open.id,
                app: self.app,
                stream: self.stream.clone(),
                begun_at,
                init_bytes: open.cut.init.len() as u64,
                codecs: open.cut.codecs.clone(),
                width,
                height,
                discontinuity: open.cut.discontinuity | discontinuity,
                closed: false,
                ended_at: None,
                bytes: 0,
            });
        }
        let (number, offset) = (open.parts, open.bytes);
        let PartCut { dts, duration, key, .. } = cut;
        batch.parts.push(MediaPart { number, offset, bytes, begun_at, dts, duration, key, discontinuity });
        batch.bytes.push(cut.bytes);
        open.parts += 1;
        open.bytes += u64::from(bytes);
        open.first.get_or_insert(dts);
    }

    /// Puts on disk what was added, then its rows on their way.
    async fn put(&mut self, batch: &mut Batch, asked: &[Asked], written: &mut Vec<Fresh>) -> Result<(), DiskFault> {
        let Batch { head, bytes, parts } = std::mem::take(batch);
        let Some(open) = self.open.as_mut().filter(|_| !bytes.is_empty()) else { return Ok(()) };
        let (id, writer, reconfigured) = (open.id, open.writer.take(), open.cut.discontinuity);
        let run = *self.run.get_or_insert(id);
        let note = open.note(self.app, &self.stream, run, asked, parts.first());
        let put = self.shared.disk.run(move |folders, counts| {
            let mut writer = writer.map_or_else(|| MediaWriter::create(folders, id), Ok)?;
            // Before the part: a part whose file nobody knows of would be lost with the rows that wait.
            let noted = note.map_or(Ok(()), |note| note.write(folders, id));
            match noted.and_then(|()| writer.append(folders, counts, &bytes)) {
                Ok(()) => Ok(writer),
                Err(fault) => {
                    writer.give_up(folders, id);
                    Err(fault)
                }
            }
        });
        match put.await {
            Ok(writer) => open.writer = Some(writer),
            Err(fault) => {
                (self.broken, self.open, self.run) = (true, None, None);
                match head {
                    Some(_) => self.shared.let_go(id),
                    None => self.closed.push(id),
                }
                return Err(fault);
            }
        }
        if let Some(head) = head {
            self.shared.index.write(Entry::Open(Box::new(head))).await;
        }
        for part in parts {
            self.shared.tally.part();
            self.shared.index.write(Entry::Part(id, part)).await;
            written.push(Fresh { file: id, part, reconfigured: reconfigured && part.number == 0 });
        }
        Ok(())
    }
}

impl Open {
    /// What is to be noted before a part, if it is not yet.
    fn note(
        &mut self,
        app: AppId,
        stream: &StreamName,
        run: Ulid,
        asked: &[Asked],
        part: Option<&MediaPart>,
    ) -> Option<Note> {
        let part = part.filter(|_| self.noted.as_deref() != Some(asked))?;
        self.noted = Some(asked.to_vec());
        let (width, height) = self.cut.size.map_or((0, 0), |(width, height)| (width.into(), height.into()));
        Some(Note {
            app,
            stream: stream.clone(),
            run,
            part: part.number,
            begun_at: part.begun_at,
            init_bytes: self.cut.init.len() as u64,
            codecs: self.cut.codecs.clone(),
            width,
            height,
            discontinuity: self.cut.discontinuity | part.discontinuity,
            reconfigured: self.cut.discontinuity,
            asked: asked.to_vec(),
        })
    }
}

impl Drop for MediaLog {
    fn drop(&mut self) {
        let (clock, window_ms) = (self.shared.clock.as_ref(), self.shared.settings().shift_ms);
        self.shared.dates.remove(self.app, &self.stream, clock, window_ms);
    }
}
