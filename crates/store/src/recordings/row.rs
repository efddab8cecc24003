//! A recording as a row.

use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Row, Sqlite};
use vivace_base::{AppId, StreamName, Ulid, UnixMs};
use vivace_domain::channel::ChannelId;
use vivace_domain::recording::{PartAt, RecordFormat, RecordState, Recording, TaskKind};

use crate::{Fault, Operation, Reader};

/// The columns in the order in which [`bind`] takes the fields.
pub(crate) const COLUMNS: &str = "id, app, task, kind, stream, channel, format, state, name, domain, stream_param, \
    started_at, ended_at, first_file, first_part, last_file, last_part, duration_ms, bytes, sha256, failure, keep_until, \
    deleted_at";

pub(crate) type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

/// Binds every field, as $1 to $23.
pub(super) fn bind<'q>(query: Query<'q>, recording: &'q Recording) -> Query<'q> {
    query
        .bind(recording.id.to_string())
        .bind(i64::from(recording.app.0))
        .bind(recording.task.map(u64::cast_signed))
        .bind(recording.kind.as_str())
        .bind(recording.stream.as_str())
        .bind(recording.channel.map(|channel| channel.0.cast_signed()))
        .bind(recording.format.as_str())
        .bind(recording.state.as_str())
        .bind(&recording.name)
        .bind(&recording.domain)
        .bind(&recording.stream_param)
        .bind(recording.started_at.0)
        .bind(recording.ended_at.map(|at| at.0))
        .bind(recording.first.file.to_string())
        .bind(i64::from(recording.first.part))
        .bind(recording.last.map(|last| last.file.to_string()))
        .bind(recording.last.map(|last| i64::from(last.part)))
        .bind(recording.duration_ms.cast_signed())
        .bind(recording.bytes.cast_signed())
        .bind(recording.sha256.map(Vec::from))
        .bind(&recording.failure)
        .bind(recording.keep_until.map(|at| at.0))
        .bind(recording.deleted_at.map(|at| at.0))
}

impl Reader {
    /// The recording in a row that has [`COLUMNS`].
    pub(crate) fn parse_recording(&self, row: &SqliteRow) -> Result<Recording, Fault> {
        let odd = |column| Fault::value(self.file(), Operation::ReadRecordings, "recordings", column);
        let failed = |error| self.fault(Operation::ReadRecordings, error);
        let text = |column: &'static str| row.try_get::<String, _>(column).map_err(failed);
        let number = |column: &'static str| row.try_get::<i64, _>(column).map_err(failed);
        let maybe = |column: &'static str| row.try_get::<Option<i64>, _>(column).map_err(failed);
        let count = |column| u64::try_from(number(column)?).map_err(|_| odd(column));
        let ulid = |text: &str, column| Ulid::parse(text).map_err(|_| odd(column));
        let part = |number: i64, column| u32::try_from(number).map_err(|_| odd(column));
        let first = PartAt {
            file: ulid(&text("first_file")?, "first_file")?,
            part: part(number("first_part")?, "first_part")?,
        };
        let last_file: Option<String> = row.try_get("last_file").map_err(failed)?;
        let last = match (last_file, maybe("last_part")?) {
            (Some(file), Some(number)) => {
                Some(PartAt { file: ulid(&file, "last_file")?, part: part(number, "last_part")? })
            }
            (None, None) => None,
            _ => return Err(odd("last_part")),
        };
        let sha256: Option<Vec<u8>> = row.try_get("sha256").map_err(failed)?;
        Ok(Recording {
            id: ulid(&text("id")?, "id")?,
            app: AppId(u32::try_from(number("app")?).map_err(|_| odd("app"))?),
            task: maybe("task")?.map(i64::cast_unsigned),
            kind: TaskKind::parse(&text("kind")?).ok_or_else(|| odd("kind"))?,
            stream: StreamName::parse(&text("stream")?).map_err(|_| odd("stream"))?,
            channel: maybe("channel")?.map(|channel| ChannelId(channel.cast_unsigned())),
            format: RecordFormat::parse(&text("format")?).ok_or_else(|| odd("format"))?,
            state: RecordState::parse(&text("state")?).ok_or_else(|| odd("state"))?,
            name: text("name")?,
            domain: text("domain")?,
            stream_param: text("stream_param")?,
            started_at: UnixMs(number("started_at")?),
            ended_at: maybe("ended_at")?.map(UnixMs),
            first,
            last,
            duration_ms: count("duration_ms")?,
            bytes: count("bytes")?,
            sha256: sha256.map(|sum| <[u8; 32]>::try_from(sum).map_err(|_| odd("sha256"))).transpose()?,
            failure: row.try_get("failure").map_err(failed)?,
            keep_until: maybe("keep_until")?.map(UnixMs),
            deleted_at: maybe("deleted_at")?.map(UnixMs),
        })
    }
}
