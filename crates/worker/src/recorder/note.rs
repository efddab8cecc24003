//! What stands beside a media file while it is written: whose it is and what it is kept as, so that a start that finds the
//! file without its rows can make them. One line of JSON each time that something else is wanted; it goes when the file has
//! its rows and is closed.

#[cfg(test)]
mod tests;

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;

use serde_json::{Value, json};
use vivace_base::{AppId, StreamName, Ulid, UnixMs};
use vivace_domain::channel::ChannelId;
use vivace_domain::recording::{RecordFormat, TaskKind, Want};

use super::disk::{DiskFault, Folders};
use super::views::Asked;

/// The most bytes of a note: who changes what is wanted all the time has no more of it noted.
const BYTES_MAX: u64 = 1 << 20;
/// The most bytes of it with what is noted there of recordings that were taken away.
pub(super) const READ_BYTES_MAX: u64 = 2 << 20;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) app: AppId,
    pub(crate) stream: StreamName,
    /// The first file of the stream since nothing stands between them.
    pub(crate) run: Ulid,
    /// The part from which on this counts.
    pub(crate) part: u32,
    /// When that part came.
    pub(crate) begun_at: UnixMs,
    pub(crate) init_bytes: u64,
    pub(crate) codecs: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// The file does not continue the one before.
    pub(crate) discontinuity: bool,
    /// The codecs are configured anew in the file.
    pub(crate) reconfigured: bool,
    pub(crate) asked: Vec<Asked>,
}

impl Note {
    /// Appends a line to the note of a file; on disk when this returns, but for the name of a new one.
    ///
    /// # Errors
    /// [`DiskFault`].
    pub(crate) fn write(&self, folders: &Folders, file: Ulid) -> Result<(), DiskFault> {
        let path = folders.note(file);
        let failed = |error| DiskFault::of(&path, &error);
        let mut note = OpenOptions::new().append(true).create(true).mode(0o600).open(&path).map_err(failed)?;
        let line = format!("{}\n", self.to_json());
        if note.metadata().map_err(failed)?.len().saturating_add(line.len() as u64) > BYTES_MAX {
            return Ok(());
        }
        note.write_all(line.as_bytes()).and_then(|()| note.sync_data()).map_err(failed)
    }

    /// The lines of a file's note that are whole; none if it has no note.
    ///
    /// # Errors
    /// [`DiskFault`].
    pub(crate) fn read(folders: &Folders, file: Ulid) -> Result<Vec<Self>, DiskFault> {
        Ok(lines(folders, file)?.iter().filter_map(Self::of_json).collect())
    }

    /// Takes away the note of a file, if there is one.
    ///
    /// # Errors
    /// [`DiskFault`].
    pub(crate) fn remove(folders: &Folders, file: Ulid) -> Result<(), DiskFault> {
        let path = folders.note(file);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(DiskFault::of(&path, &error)),
            _ => Ok(()),
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "app": self.app.0,
            "stream": self.stream.as_str(),
            "run": self.run.to_string(),
            "part": self.part,
            "begun_at": self.begun_at.0,
            "init_bytes": self.init_bytes,
            "codecs": self.codecs,
            "width": self.width,
            "height": self.height,
            "discontinuity": self.discontinuity,
            "reconfigured": self.reconfigured,
            "asked": self.asked.iter().map(asked_to_json).collect::<Vec<_>>(),
        })
    }

    fn of_json(value: &Value) -> Option<Self> {
        let word = |name: &str| value.get(name)?.as_str();
        let number = |name: &str| value.get(name)?.as_u64();
        let small = |name: &str| u32::try_from(number(name)?).ok();
        let flag = |name: &str| value.get(name)?.as_bool();
        Some(Self {
            app: AppId(small("app")?),
            stream: StreamName::parse(word("stream")?).ok()?,
            run: Ulid::parse(word("run")?).ok()?,
            part: small("part")?,
            begun_at: UnixMs(value.get("begun_at")?.as_i64()?),
            init_bytes: number("init_bytes")?,
            codecs: word("codecs")?.to_owned(),
            width: small("width")?,
            height: small("height")?,
            discontinuity: flag("discontinuity")?,
            reconfigured: flag("reconfigured")?,
            asked: value.get("asked")?.as_array()?.iter().map(asked_of_json).collect::<Option<_>>()?,
        })
    }
}

/// The lines of a file's note that are whole, whatever they say; none if it has no note.
///
/// # Errors
/// [`DiskFault`].
pub(crate) fn lines(folders: &Folders, file: Ulid) -> Result<Vec<Value>, DiskFault> {
    let path = folders.note(file);
    let mut text = Vec::new();
    match File::open(&path).and_then(|note| note.take(READ_BYTES_MAX).read_to_end(&mut text)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(|error| DiskFault::of(&path, &error))?,
    };
    Ok(text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
}

fn asked_to_json(asked: &Asked) -> Value {
    let Asked { task, want, channel, domain, stream_param, epochs: _ } = asked;
    json!({
        "task": task,
        "kind": want.kind.as_str(),
        "format": want.format.as_str(),
        "interval_ms": want.interval_ms,
        "keep_ms": want.keep_ms,
        "name": want.name,
        "template": want.template,
        "channel": channel.map(|channel| channel.0),
        "domain": domain,
        "stream_param": stream_param,
    })
}

fn asked_of_json(value: &Value) -> Option<Asked> {
    let word = |name: &str| value.get(name)?.as_str();
    let number = |name: &str| value.get(name)?.as_u64();
    // Absent is not the same as none.
    let maybe = |name: &str| value.get(name).map(Value::as_u64);
    Some(Asked {
        task: maybe("task")?,
        want: Want {
            kind: TaskKind::parse(word("kind")?)?,
            format: RecordFormat::parse(word("format")?)?,
            interval_ms: number("interval_ms")?,
            keep_ms: number("keep_ms")?,
            name: word("name")?.to_owned(),
            template: maybe("template")?,
        },
        channel: maybe("channel")?.map(ChannelId),
        domain: word("domain")?.to_owned(),
        stream_param: word("stream_param")?.to_owned(),
        // What is noted counts for the parts behind it.
        epochs: Asked::EVERY,
    })
}
