use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqliteConnection};

use crate::Store;
use crate::audit::{self, NewAudit, Note};
use crate::checkpoint::Uncopied;

/// A transaction that holds the right to write from its start, so that what it reads stays true until its end.
///
/// Dropped without [`Write::commit`], on error or because its caller was cancelled, it closes its connection, and the
/// database undoes what it did. The connection cannot be used again: SQLite undoes a transaction by itself when the
/// disk is full, and one that counts on undoing it once more stays stuck.
///
/// What the change is noted as goes to disk with it: both or neither.
pub(crate) struct Write {
    connection: PoolConnection<Sqlite>,
    committed: bool,
    note: Option<Note>,
    audit_rows_max: i64,
    uncopied: Arc<Uncopied>,
}

impl Write {
    pub(crate) async fn begin(store: &Store) -> Result<Self, sqlx::Error> {
        let (note, uncopied) = (store.note.clone(), store.uncopied.clone());
        let (connection, audit_rows_max) = (store.writer.acquire().await?, store.audit_rows_max);
        let mut write = Self { connection, committed: false, note, audit_rows_max, uncopied };
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *write).await?;
        Ok(write)
    }

    /// Puts the transaction on disk.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        self.commit_made(0).await
    }

    /// Puts a transaction on disk that may have changed nothing, which is not noted then.
    pub(crate) async fn commit_if(mut self, changed: bool) -> Result<(), sqlx::Error> {
        self.note = self.note.take().filter(|_| changed);
        self.commit().await
    }

    /// Puts a transaction on disk that has made what has this number.
    pub(crate) async fn commit_made(mut self, number: i64) -> Result<(), sqlx::Error> {
        let noted = self.note.take().map(|note| note.of(number));
        if let Some(new) = &noted {
            let max = self.audit_rows_max;
            audit::note(&mut self, new, max).await?;
        }
        sqlx::query("COMMIT").execute(&mut *self).await?;
        self.committed = true;
        self.uncopied.committed();
        if let Some(new) = noted {
            let NewAudit { app, face, who, peer, operation, subject, .. } = new;
            tracing::info!(target: "audit", app = app.0, face, who, peer, operation, subject, "changed");
        }
        Ok(())
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        if !self.committed {
            self.connection.close_on_drop();
        }
    }
}

impl Deref for Write {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}
