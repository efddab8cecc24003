//! What happened to live streams, one row each, oldest rows dropped.

mod known;
mod log;
mod page;
mod pushes;

use std::borrow::Cow;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use vivace_base::{SessionId, UnixMs};

use crate::{Fault, Operation, Reader, Store};
pub use known::{KnownAsk, KnownState};
pub use log::{EventCounts, EventLog};
pub use page::{EventFilter, EventRow};
pub use pushes::{PushAsk, PushName, PushRecord};

const INSERT: &str = "INSERT INTO live_events (at, session, stream, peer, kind, code_table, code, detail) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const PRUNE: &str = "DELETE FROM live_events WHERE id <= (SELECT MAX(id) FROM live_events) - $1";
pub(crate) const REFUSALS: &str = "SELECT at, session, stream, peer, kind, code_table, code, detail FROM live_events \
    WHERE kind IN ('refused_publish', 'refused_play') ORDER BY id DESC LIMIT $1";

const NEWEST: &str = "SELECT MAX(at) FROM (SELECT at FROM live_events UNION ALL SELECT updated_at FROM hls_numbers)";

/// One thing that happened. Texts longer than `limits.event_text_bytes_max` are cut when they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveEvent {
    /// When.
    pub at: UnixMs,
    /// In which connection.
    pub session: SessionId,
    /// The stream, as the peer named it: in a refusal it need not be a stream name. Readers escape it.
    pub stream: Option<String>,
    /// The peer's address and port.
    pub peer: String,
    /// What.
    pub kind: EventKind,
    /// Table of the code, such as `lvb-access`.
    pub table: Option<Cow<'static, str>>,
    /// The code's number in that table.
    pub code: Option<u32>,
    /// The fault's sentence, or what else there is to say.
    pub detail: String,
}

/// Kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A publish began.
    Published,
    /// A publish began within the grace of the one before and continues its stream.
    Resumed,
    /// A publish took the name from the session that held it.
    TookOver,
    /// A publish ended.
    Ended,
    /// A publish was refused.
    RefusedPublish,
    /// A play began.
    Played,
    /// A play ended.
    PlayEnded,
    /// A play was refused.
    RefusedPlay,
    /// A call of a signed API was refused.
    RefusedCall,
    /// A relay has begun to run.
    RelayRuns,
    /// A relay was cut, or could not begin.
    RelayFailed,
    /// A program beside the server has begun to make a stream.
    TranscodeRuns,
    /// One was ended because its stream is over, or nobody wants it any more.
    TranscodeEnded,
    /// One failed, or could not begin.
    TranscodeFailed,
    /// A callback was given up.
    CallbackDead,
    /// Callbacks were left out.
    CallbackDropped,
    /// A recording has begun, ended, or been stored.
    Recording,
    /// A recording came to nothing, or did not begin.
    RecordingFailed,
}

impl EventKind {
    /// Each of them.
    pub const ALL: [Self; 18] = [
        Self::Published,
        Self::Resumed,
        Self::TookOver,
        Self::Ended,
        Self::RefusedPublish,
        Self::Played,
        Self::PlayEnded,
        Self::RefusedPlay,
        Self::RefusedCall,
        Self::RelayRuns,
        Self::RelayFailed,
        Self::TranscodeRuns,
        Self::TranscodeEnded,
        Self::TranscodeFailed,
        Self::CallbackDead,
        Self::CallbackDropped,
        Self::Recording,
        Self::RecordingFailed,
    ];

    /// The word in the store and in replies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Resumed => "resumed",
            Self::TookOver => "took_over",
            Self::Ended => "ended",
            Self::RefusedPublish => "refused_publish",
            Self::Played => "played",
            Self::PlayEnded => "play_ended",
            Self::RefusedPlay => "refused_play",
            Self::RefusedCall => "refused_call",
            Self::RelayRuns => "relay_runs",
            Self::RelayFailed => "relay_failed",
            Self::TranscodeRuns => "transcode_runs",
            Self::TranscodeEnded => "transcode_ended",
            Self::TranscodeFailed => "transcode_failed",
            Self::CallbackDead => "callback_dead",
            Self::CallbackDropped => "callback_dropped",
            Self::Recording => "recording",
            Self::RecordingFailed => "recording_failed",
        }
    }

    /// The kind of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl Store {
    /// Writes a batch, all of it or nothing, and drops what is over `limits.events_kept_max`.
    ///
    /// It is on disk when this returns. The media path does not wait for that: it uses [`Store::event_log`].
    pub async fn append_events(&self, events: &[LiveEvent]) -> Result<(), Fault> {
        let failed = |error| self.reader.fault(Operation::WriteEvents, error);
        let mut write = self.write(Operation::WriteEvents).await?;
        for event in events {
            insert(&mut write, event, self.reader.event_text_bytes_max).await.map_err(failed)?;
        }
        let kept = i64::try_from(self.events_kept_max).unwrap_or(i64::MAX);
        sqlx::query(PRUNE).bind(kept).execute(&mut *write).await.map_err(failed)?;
        write.commit().await.map_err(failed)
    }

    /// The last refused publishes and plays, newest first, at most `count`.
    pub async fn recent_refusals(&self, count: u32) -> Result<Vec<LiveEvent>, Fault> {
        self.reader.recent_refusals(count).await
    }
}

impl Reader {
    /// The last refused publishes and plays, newest first, at most `count`.
    pub async fn recent_refusals(&self, count: u32) -> Result<Vec<LiveEvent>, Fault> {
        let rows = sqlx::query(REFUSALS).bind(i64::from(count)).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadEvents, error))?;
        rows.iter().map(|row| self.event(row)).collect()
    }

    /// Events in the store.
    pub async fn events_count(&self) -> Result<u64, Fault> {
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM live_events").fetch_one(&self.pool).await;
        let count: i64 = count.map_err(|error| self.fault(Operation::ReadEvents, error))?;
        Ok(count.unsigned_abs())
    }

    /// The newest time in the store, of events and of HLS numbers.
    pub async fn newest_at(&self) -> Result<Option<UnixMs>, Fault> {
        let newest = sqlx::query_scalar(NEWEST).fetch_one(&self.pool).await;
        let newest: Option<i64> = newest.map_err(|error| self.fault(Operation::ReadEvents, error))?;
        Ok(newest.map(UnixMs))
    }

    fn event(&self, row: &SqliteRow) -> Result<LiveEvent, Fault> {
        let odd = |column| Fault::value(&self.file, Operation::ReadEvents, "live_events", column);
        let kind: String = self.field(row, "kind")?;
        let code: Option<i64> = self.field(row, "code")?;
        let table: Option<String> = self.field(row, "code_table")?;
        Ok(LiveEvent {
            at: UnixMs(self.field(row, "at")?),
            session: SessionId(self.field::<i64>(row, "session")?.cast_unsigned()),
            stream: self.field(row, "stream")?,
            peer: self.field(row, "peer")?,
            kind: EventKind::parse(&kind).ok_or_else(|| odd("kind"))?,
            table: table.map(Cow::Owned),
            code: code.map(|wide| u32::try_from(wide).map_err(|_| odd("code"))).transpose()?,
            detail: self.field(row, "detail")?,
        })
    }

    fn field<'r, T>(&self, row: &'r SqliteRow, column: &'static str) -> Result<T, Fault>
    where
        T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
    {
        row.try_get(column).map_err(|error| self.fault(Operation::ReadEvents, error))
    }
}

async fn insert(
    connection: &mut SqliteConnection,
    event: &LiveEvent,
    text_bytes_max: usize,
) -> Result<(), sqlx::Error> {
    let cut = |text| cut(text, text_bytes_max);
    sqlx::query(INSERT)
        .bind(event.at.0)
        .bind(event.session.0.cast_signed())
        .bind(event.stream.as_deref().map(cut))
        .bind(cut(&event.peer))
        .bind(event.kind.as_str())
        .bind(event.table.as_deref())
        .bind(event.code.map(i64::from))
        .bind(cut(&event.detail))
        .execute(connection)
        .await
        .map(|_| ())
}

/// The longest beginning of at most `bytes_max` bytes that does not split a character.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max)).unwrap_or(text)
}
