//! Recordings that were taken away while something stands beside their files still: that is noted there too, or the start
//! that goes by it would make them anew.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use serde_json::{Value, json};
use vivace_base::Ulid;
use vivace_domain::recording::{PartAt, RecordFormat, Recording};
use vivace_store::Fault;

use super::disk::{DiskFault, Folders};
use super::note::{self, READ_BYTES_MAX};
use super::shared::Shared;
use super::views::Asked;

/// What was taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gone {
    task: Option<u64>,
    format: RecordFormat,
    first: PartAt,
    last: PartAt,
}

/// Why that cannot be noted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GoneFault {
    #[error(transparent)]
    Store(#[from] Fault),
    #[error(transparent)]
    Disk(#[from] DiskFault),
}

impl Gone {
    /// What a recording is, once it is taken away.
    pub(crate) fn of(Recording { task, format, first, last, .. }: &Recording) -> Self {
        // One that has no end has nothing of another file.
        let last = last.unwrap_or(PartAt { part: u32::MAX, ..*first });
        Self { task: *task, format: *format, first: *first, last }
    }

    /// Whether it had this part of what is asked for.
    pub(crate) fn had(&self, asked: &Asked, at: PartAt) -> bool {
        (self.task, self.format) == (asked.task, asked.want.format) && (self.first..=self.last).contains(&at)
    }

    /// What was noted beside a file.
    ///
    /// # Errors
    /// [`DiskFault`].
    pub(crate) fn read(folders: &Folders, file: Ulid) -> Result<Vec<Self>, DiskFault> {
        Ok(note::lines(folders, file)?.iter().filter_map(Self::of_json).collect())
    }

    /// Appends it to what stands beside a file, if anything does; on disk when this returns.
    fn write(&self, folders: &Folders, file: Ulid) -> Result<(), DiskFault> {
        let path = folders.note(file);
        let note = OpenOptions::new().append(true).open(&path);
        let written = note.and_then(|mut note| {
            let line = format!("\n{}\n", self.to_json());
            if note.metadata()?.len().saturating_add(line.len() as u64) > READ_BYTES_MAX {
                return Ok(());
            }
            note.write_all(line.as_bytes()).and_then(|()| note.sync_data())
        });
        match written {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(DiskFault::of(&path, &error)),
            _ => Ok(()),
        }
    }

    fn to_json(&self) -> Value {
        let Self { task, format, first, last } = self;
        let at = |at: &PartAt| json!([at.file.to_string(), at.part]);
        json!({ "gone": format.as_str(), "task": task, "first": at(first), "last": at(last) })
    }

    fn of_json(value: &Value) -> Option<Self> {
        let at = |name: &str| {
            let (file, part) = (value.get(name)?.get(0)?.as_str()?, value.get(name)?.get(1)?.as_u64()?);
            Some(PartAt { file: Ulid::parse(file).ok()?, part: u32::try_from(part).ok()? })
        };
        let format = RecordFormat::parse(value.get("gone")?.as_str()?)?;
        Some(Self { task: value.get("task")?.as_u64(), format, first: at("first")?, last: at("last")? })
    }
}

/// Notes that a recording is taken away, beside those of its files of which anything is noted.
///
/// # Errors
/// [`GoneFault`]: it must not be taken away yet.
pub(crate) async fn note(shared: &Shared, recording: &Recording) -> Result<(), GoneFault> {
    let gone = Gone::of(recording);
    let (from, to) = (gone.first.file, gone.last.file);
    let noted = shared.noted(from, to);
    if noted.as_ref().is_some_and(HashSet::is_empty) {
        return Ok(());
    }
    let files = shared.store.reader().media_files_between(recording.app, &recording.stream, from, Some(to)).await?;
    let may_be = |id: &Ulid| noted.as_ref().is_none_or(|noted| noted.contains(id));
    let files: Vec<Ulid> = files.into_iter().map(|file| file.id).filter(may_be).collect();
    let written = shared.disk.run(move |folders, _| files.into_iter().try_for_each(|id| gone.write(folders, id)));
    Ok(written.await?)
}
