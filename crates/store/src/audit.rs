//! Who changed what, when, and how it was before. A change and its row are one transaction. Oldest rows are dropped.

use std::fmt;
use std::sync::Arc;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use vivace_base::{AppId, UnixMs};

use crate::{Fault, Operation, Reader, Store};

const INSERT: &str = "INSERT INTO audit (at, app, face, who, peer, operation, subject, before, after) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id";
const PRUNE: &str = "DELETE FROM audit WHERE id <= $1 - $2";
const LIST: &str = "SELECT id, at, app, face, who, peer, operation, subject, before, after FROM audit \
    WHERE app = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
const LIST_SUBJECT: &str = "SELECT id, at, app, face, who, peer, operation, subject, before, after FROM audit \
    WHERE app = $1 AND id < $2 AND subject = $4 ORDER BY id DESC LIMIT $3";
const ONE: &str = "SELECT id, at, app, face, who, peer, operation, subject, before, after FROM audit \
    WHERE app = $1 AND id = $2";
const NEWER: &str = "SELECT MIN(id) FROM audit WHERE app = $1 AND subject = $2 AND id > $3 \
    AND (before IS NOT NULL OR after IS NOT NULL)";

/// A change that is to be noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAudit {
    /// When.
    pub at: UnixMs,
    /// Whose thing was changed.
    pub app: AppId,
    /// The face that the call came by.
    pub face: String,
    /// Who did it: a public part of the credential.
    pub who: String,
    /// From where.
    pub peer: Option<String>,
    /// What was done.
    pub operation: String,
    /// To what.
    pub subject: String,
    /// How it was, as JSON; none for what is new.
    pub before: Option<String>,
    /// How it is, as JSON; none for what is gone.
    pub after: Option<String>,
}

/// What a change is noted as. Its row may tell the number that the change gives to what it makes; it is 0 for one that
/// gives none.
#[derive(Clone)]
pub struct Note(Arc<dyn Fn(i64) -> NewAudit + Send + Sync>);

impl Note {
    /// A note that is made of the number.
    pub fn numbered(row: impl Fn(i64) -> NewAudit + Send + Sync + 'static) -> Self {
        Self(Arc::new(row))
    }

    pub(crate) fn of(&self, number: i64) -> NewAudit {
        (self.0)(number)
    }
}

impl From<NewAudit> for Note {
    fn from(row: NewAudit) -> Self {
        Self::numbered(move |_| row.clone())
    }
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.of(0).fmt(f)
    }
}

/// A change that was noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number, which grows and is never used again.
    pub id: i64,
    /// The change.
    pub change: NewAudit,
}

/// Which changes are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this subject only.
    pub subject: Option<String>,
    /// With smaller numbers than this only.
    pub before: Option<i64>,
}

impl Store {
    /// The store for one change, which is noted in its own transaction: both are on disk, or neither. What changes
    /// nothing is not noted.
    pub fn noted(&self, note: impl Into<Note>) -> Self {
        Self { note: Some(note.into()), ..self.clone() }
    }

    /// Notes what has changed nothing of the store, and drops what is over `limits.audit_rows_max`. On disk when this
    /// returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn append_audit(&self, new: &NewAudit) -> Result<(), Fault> {
        let failed = |error| self.reader.fault(Operation::WriteAudit, error);
        let write = self.noted(new.clone()).write(Operation::WriteAudit).await?;
        write.commit().await.map_err(failed)
    }
}

impl Reader {
    /// An app's changes, newest first, at most `count`.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn audit(&self, app: AppId, filter: &AuditFilter, count: u32) -> Result<Vec<AuditRow>, Fault> {
        let sql = if filter.subject.is_some() { LIST_SUBJECT } else { LIST };
        let query = sqlx::query(sql).bind(i64::from(app.0)).bind(filter.before.unwrap_or(i64::MAX));
        let query = query.bind(i64::from(count));
        let query = if let Some(subject) = &filter.subject { query.bind(subject) } else { query };
        let rows = query.fetch_all(&self.pool).await.map_err(|error| self.fault(Operation::ReadAudit, error))?;
        rows.iter().map(|row| self.audit_row(row)).collect()
    }

    /// One change of an app.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or the row is damaged.
    pub async fn audit_of(&self, app: AppId, id: i64) -> Result<Option<AuditRow>, Fault> {
        let found = sqlx::query(ONE).bind(i64::from(app.0)).bind(id).fetch_optional(&self.pool).await;
        let row = found.map_err(|error| self.fault(Operation::ReadAudit, error))?;
        row.map(|row| self.audit_row(&row)).transpose()
    }

    /// The first change of the same subject behind this one, of those that say how it is or was.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn audit_newer(&self, app: AppId, subject: &str, id: i64) -> Result<Option<i64>, Fault> {
        let newer = sqlx::query_scalar(NEWER).bind(i64::from(app.0)).bind(subject).bind(id).fetch_one(&self.pool).await;
        newer.map_err(|error| self.fault(Operation::ReadAudit, error))
    }

    fn audit_row(&self, row: &SqliteRow) -> Result<AuditRow, Fault> {
        let failed = |error| self.fault(Operation::ReadAudit, error);
        let text = |column: &'static str| row.try_get::<String, _>(column).map_err(failed);
        let maybe = |column: &'static str| row.try_get::<Option<String>, _>(column).map_err(failed);
        let number = |column: &'static str| row.try_get::<i64, _>(column).map_err(failed);
        let odd = |column| Fault::value(&self.file, Operation::ReadAudit, "audit", column);
        let change = NewAudit {
            at: UnixMs(number("at")?),
            app: AppId(u32::try_from(number("app")?).map_err(|_| odd("app"))?),
            face: text("face")?,
            who: text("who")?,
            peer: maybe("peer")?,
            operation: text("operation")?,
            subject: text("subject")?,
            before: maybe("before")?,
            after: maybe("after")?,
        };
        Ok(AuditRow { id: number("id")?, change })
    }
}

/// Notes a change within the transaction that makes it, so that there is never one without the other.
pub(crate) async fn note(connection: &mut SqliteConnection, new: &NewAudit, rows_max: i64) -> Result<i64, sqlx::Error> {
    let insert = sqlx::query_scalar(INSERT).bind(new.at.0).bind(i64::from(new.app.0)).bind(&new.face).bind(&new.who);
    let insert = insert.bind(&new.peer).bind(&new.operation).bind(&new.subject).bind(&new.before).bind(&new.after);
    let id: i64 = insert.fetch_one(&mut *connection).await?;
    sqlx::query(PRUNE).bind(id).bind(rows_max).execute(connection).await?;
    Ok(id)
}
