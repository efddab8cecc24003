//! Events for customers' servers, and the pushes whose end is still to be told.
//!
//! An event that waits has a time for its next try, but only if no earlier one of its stream waits: so what is due is
//! found by one index, however long the lines behind those are.

mod pushes;
mod settle;
mod templates;

use std::sync::atomic::Ordering::Relaxed;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use vivace_base::{AppId, StreamName, UnixMs};
use vivace_domain::hook::HookKind;

use crate::{Fault, Listed, Operation, Reader, Store};
pub use pushes::OpenPush;
pub use settle::Settled;
pub use templates::{CallbackRule, CallbackTarget, CallbackTemplate, NewTemplate};

const INSERT: &str = "INSERT INTO outbox (app, stream, kind, url, host, template, body, created_at, attempts, state, \
    next_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 'waiting', CASE WHEN EXISTS (SELECT 1 FROM outbox \
    WHERE app = $1 AND stream = $2 AND state = 'waiting') THEN NULL ELSE $8 END)";
const COUNT: &str = "SELECT (SELECT COUNT(*) FROM outbox WHERE state = 'waiting') \
    + (SELECT COUNT(*) FROM outbox WHERE state <> 'waiting')";
const PRUNE: &str =
    "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE state <> 'waiting' ORDER BY seq LIMIT $1)";
const WAITING: &str = "SELECT COUNT(*), (SELECT MIN(created_at) FROM outbox WHERE next_at IS NOT NULL) \
    FROM outbox WHERE state = 'waiting'";
const NEXT: &str = "SELECT MIN(next_at) FROM outbox WHERE next_at IS NOT NULL";

/// An event that is to be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewHook {
    /// Whose stream it is about.
    pub app: AppId,
    /// The stream.
    pub stream: StreamName,
    /// What happened.
    pub kind: HookKind,
    /// Where it goes: an address as it was given.
    pub url: String,
    /// `HOST:PORT` of the address.
    pub host: String,
    /// The template that the address is from; none if it is the setting's.
    pub template: Option<i64>,
    /// A JSON object with everything but the signature, which is made when it is sent.
    pub body: String,
}

/// What is written together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookRecord {
    /// A push began: its end is to be told too, even by another process.
    Began {
        /// The push.
        push: OpenPush,
        /// What is told of it.
        hook: Option<NewHook>,
    },
    /// A push ended.
    Ended {
        /// The push's number.
        sequence: u64,
        /// What is told of it.
        hook: Option<NewHook>,
    },
    /// Anything else.
    Told(NewHook),
}

/// What became of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Events that wait now.
    pub written: u64,
    /// Events that were left out, because all `limits.outbox_rows_max` places are taken by events that wait.
    pub dropped: u64,
}

/// What has become of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HookState {
    /// It waits for its next try, or for an earlier event of its stream.
    Waiting,
    /// The customer's server has it.
    Delivered,
    /// It was given up.
    Dead,
}

impl HookState {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Dead];

    /// The word in the store and in replies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    /// The state of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// An event of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Its number, which grows and is never used again.
    pub seq: i64,
    /// Whose stream it is about.
    pub app: AppId,
    /// The stream.
    pub stream: String,
    /// `event_type`.
    pub kind: u32,
    /// Where it goes; may hold a key.
    pub url: String,
    /// `HOST:PORT` of the address.
    pub host: String,
    /// The template that the address is from.
    pub template: Option<i64>,
    /// A JSON object with everything but the signature.
    pub body: String,
    /// When it was written.
    pub created_at: UnixMs,
    /// Tries so far.
    pub attempts: u32,
    /// What has become of it.
    pub state: HookState,
    /// When it is tried next; none while an earlier one of its stream waits, and once it is settled.
    pub next_at: Option<UnixMs>,
    /// When it was delivered or given up.
    pub settled_at: Option<UnixMs>,
    /// Why the last try failed.
    pub last_error: Option<String>,
}

/// Which events are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookFilter {
    /// Of this stream only.
    pub stream: Option<String>,
    /// Of this kind only (`event_type`).
    pub kind: Option<u32>,
    /// In this state only.
    pub state: Option<HookState>,
    /// With smaller numbers than this only.
    pub before: Option<i64>,
}

impl Store {
    /// Writes records in order, all or none. It is on disk when this returns.
    ///
    /// If there are `limits.outbox_rows_max` events, the oldest that are settled go; if all wait, new ones are left out.
    pub async fn record_hooks(&self, records: &[HookRecord], now: UnixMs) -> Result<Recorded, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteHooks, error);
        let mut write = self.write(Operation::WriteHooks).await?;
        let hooks = records.iter().filter(|record| hook(record).is_some()).count();
        let mut free = self.make_room(&mut write, hooks).await.map_err(failed)?;
        let mut done = Recorded::default();
        for record in records {
            pushes::apply(&mut write, record).await.map_err(failed)?;
            match hook(record) {
                None => {}
                Some(_) if free == 0 => done.dropped += 1,
                Some(new) => {
                    insert(&mut write, new, now).await.map_err(failed)?;
                    free -= 1;
                    done.written += 1;
                }
            }
        }
        write.commit().await.map_err(failed)?;
        Ok(done)
    }

    /// Writes an event once more, as a new one at the end of its stream's line. `None` if there is no such event of the
    /// app, or it waits anyway, or no place is free.
    pub async fn resend_hook(&self, app: AppId, seq: i64, now: UnixMs) -> Result<Option<i64>, Fault> {
        const AGAIN: &str = "INSERT INTO outbox (app, stream, kind, url, host, template, body, created_at, attempts, state, \
            next_at) SELECT app, stream, kind, url, host, template, body, $3, 0, 'waiting', CASE WHEN EXISTS (SELECT 1 \
            FROM outbox AS o WHERE o.app = outbox.app AND o.stream = outbox.stream AND o.state = 'waiting') THEN NULL \
            ELSE $3 END FROM outbox WHERE app = $1 AND seq = $2 AND state <> 'waiting' RETURNING seq";
        let failed = |error| self.reader.fault(Operation::WriteHooks, error);
        let mut write = self.write(Operation::WriteHooks).await?;
        let query = sqlx::query_scalar(AGAIN).bind(i64::from(app.0)).bind(seq).bind(now.0);
        let again: Option<i64> = query.fetch_optional(&mut *write).await.map_err(failed)?;
        if again.is_some() {
            // Behind the copy: making room may take the original.
            let rows: i64 = sqlx::query_scalar(COUNT).fetch_one(&mut *write).await.map_err(failed)?;
            let over = rows.saturating_sub(self.outbox_rows_max);
            let gone = sqlx::query(PRUNE).bind(over.max(0)).execute(&mut *write).await.map_err(failed)?;
            if over > 0 && gone.rows_affected() == 0 {
                return Ok(None);
            }
        }
        match again {
            Some(seq) => write.commit_made(seq).await.map_err(failed)?,
            None => write.commit_if(false).await.map_err(failed)?,
        }
        Ok(again)
    }

    /// Writes as many of these events as there are places for; how many have none. [`Store::left_out`] once it is committed.
    pub(crate) async fn put_hooks(
        &self,
        write: &mut SqliteConnection,
        hooks: &[NewHook],
        now: UnixMs,
    ) -> Result<u64, sqlx::Error> {
        let free = usize::try_from(self.make_room(&mut *write, hooks.len()).await?).unwrap_or(0);
        for hook in hooks.iter().take(free) {
            insert(&mut *write, hook, now).await?;
        }
        Ok(hooks.len().saturating_sub(free) as u64)
    }

    /// Counts events that had no place beside what they tell of, for [`Store::take_hooks_left_out`].
    pub(crate) fn left_out(&self, dropped: u64) {
        self.hooks_left_out.fetch_add(dropped, Relaxed);
    }

    /// How many events of recordings and uploads were left out since this was last asked, because the outbox had no place
    /// for them. Who asks counts and notes them.
    pub fn take_hooks_left_out(&self) -> u64 {
        self.hooks_left_out.swap(0, Relaxed)
    }

    /// Places for new events, after as many settled ones have gone as are needed for `wanted`.
    pub(crate) async fn make_room(&self, write: &mut SqliteConnection, wanted: usize) -> Result<i64, sqlx::Error> {
        if wanted == 0 {
            return Ok(0);
        }
        let rows: i64 = sqlx::query_scalar(COUNT).fetch_one(&mut *write).await?;
        let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
        let over = rows.saturating_add(wanted).saturating_sub(self.outbox_rows_max);
        let gone = if over > 0 { sqlx::query(PRUNE).bind(over).execute(write).await?.rows_affected() } else { 0 };
        Ok(self.outbox_rows_max.saturating_sub(rows).saturating_add_unsigned(gone).max(0))
    }
}

impl Reader {
    /// Events whose time has come, by their numbers, at most `count`, but none of these numbers and none for these hosts.
    pub async fn due_hooks(
        &self,
        now: UnixMs,
        seqs: &[i64],
        hosts: &[String],
        count: usize,
    ) -> Result<Vec<Listed<Hook, i64>>, Fault> {
        const DUE: &str = "SELECT seq, app, stream, kind, url, host, template, body, created_at, attempts, state, next_at, \
            settled_at, last_error FROM outbox WHERE next_at <= $1 \
            AND seq NOT IN (SELECT value FROM json_each($2)) AND host NOT IN (SELECT value FROM json_each($3)) \
            ORDER BY next_at, seq LIMIT $4";
        let seqs = format!("[{}]", seqs.iter().map(i64::to_string).collect::<Vec<_>>().join(","));
        // Hosts are names, addresses and ports: none has a character that JSON would escape.
        let hosts = hosts.iter().map(|host| format!("\"{host}\"")).collect::<Vec<_>>().join(",");
        let query = sqlx::query(DUE).bind(now.0).bind(seqs).bind(format!("[{hosts}]"));
        let query = query.bind(i64::try_from(count).unwrap_or(i64::MAX));
        self.listed(Operation::ReadHooks, query, |row| row.try_get("seq"), Self::hook).await
    }

    /// When the next event is due, those that are due already included.
    pub async fn hooks_next_at(&self) -> Result<Option<UnixMs>, Fault> {
        let next = sqlx::query_scalar(NEXT).fetch_one(&self.pool).await;
        let next: Option<i64> = next.map_err(|error| self.fault(Operation::ReadHooks, error))?;
        Ok(next.map(UnixMs))
    }

    /// How many events wait, and when the oldest of them was written.
    pub async fn hooks_waiting(&self) -> Result<(u64, Option<UnixMs>), Fault> {
        let failed = |error| self.fault(Operation::ReadHooks, error);
        let row = sqlx::query(WAITING).fetch_one(&self.pool).await.map_err(failed)?;
        let count: i64 = row.try_get(0).map_err(failed)?;
        let oldest: Option<i64> = row.try_get(1).map_err(failed)?;
        Ok((count.unsigned_abs(), oldest.map(UnixMs)))
    }

    /// An app's events, newest first, at most `count`.
    pub async fn hooks(&self, app: AppId, filter: &HookFilter, count: u32) -> Result<Vec<Hook>, Fault> {
        const LIST: &str = "SELECT seq, app, stream, kind, url, host, template, body, created_at, attempts, state, next_at, \
            settled_at, last_error FROM outbox WHERE app = $1 AND seq < $2 AND ($3 IS NULL OR stream = $3) \
            AND ($4 IS NULL OR kind = $4) AND ($5 IS NULL OR state = $5) ORDER BY seq DESC LIMIT $6";
        let query = sqlx::query(LIST).bind(i64::from(app.0)).bind(filter.before.unwrap_or(i64::MAX));
        let query = query.bind(filter.stream.as_deref()).bind(filter.kind.map(i64::from));
        let rows = query.bind(filter.state.map(HookState::as_str)).bind(i64::from(count)).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadHooks, error))?;
        rows.iter().map(|row| self.hook(row)).collect()
    }

    fn hook(&self, row: &SqliteRow) -> Result<Hook, Fault> {
        let odd = |column| Fault::value(&self.file, Operation::ReadHooks, "outbox", column);
        let number = |column| {
            let wide: i64 = self.hook_field(row, column)?;
            u32::try_from(wide).map_err(|_| odd(column))
        };
        let state: String = self.hook_field(row, "state")?;
        let time = |column| self.hook_field::<Option<i64>>(row, column).map(|at| at.map(UnixMs));
        Ok(Hook {
            seq: self.hook_field(row, "seq")?,
            app: AppId(number("app")?),
            stream: self.hook_field(row, "stream")?,
            kind: number("kind")?,
            url: self.hook_field(row, "url")?,
            host: self.hook_field(row, "host")?,
            template: self.hook_field(row, "template")?,
            body: self.hook_field(row, "body")?,
            created_at: UnixMs(self.hook_field(row, "created_at")?),
            attempts: number("attempts")?,
            state: HookState::parse(&state).ok_or_else(|| odd("state"))?,
            next_at: time("next_at")?,
            settled_at: time("settled_at")?,
            last_error: self.hook_field(row, "last_error")?,
        })
    }

    fn hook_field<'r, T>(&self, row: &'r SqliteRow, column: &'static str) -> Result<T, Fault>
    where
        T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
    {
        row.try_get(column).map_err(|error| self.fault(Operation::ReadHooks, error))
    }
}

const fn hook(record: &HookRecord) -> Option<&NewHook> {
    match record {
        HookRecord::Began { hook, .. } | HookRecord::Ended { hook, .. } => hook.as_ref(),
        HookRecord::Told(hook) => Some(hook),
    }
}

pub(crate) async fn insert(connection: &mut SqliteConnection, hook: &NewHook, now: UnixMs) -> Result<(), sqlx::Error> {
    sqlx::query(INSERT)
        .bind(i64::from(hook.app.0))
        .bind(hook.stream.as_str())
        .bind(i64::from(hook.kind.number()))
        .bind(&hook.url)
        .bind(&hook.host)
        .bind(hook.template)
        .bind(&hook.body)
        .bind(now.0)
        .execute(connection)
        .await
        .map(|_| ())
}
