//! Where media files stand in the playlists that move on with the clock: numbers that only grow.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use vivace_base::{AppId, StreamName, Ulid};

use crate::{Fault, Operation, Reader, Store};

const SELECT: &str = "SELECT file, sequence, discontinuity FROM archive_numbers WHERE app = $1 AND stream = $2 \
    AND file >= COALESCE((SELECT MAX(file) FROM archive_numbers WHERE app = $1 AND stream = $2 AND file <= $3), $3) \
    AND ($4 IS NULL OR file <= $4) ORDER BY file";
const INSERT: &str = "INSERT OR IGNORE INTO archive_numbers (file, app, stream, sequence, discontinuity) \
    VALUES ($1, $2, $3, $4, $5)";
/// Files that are gone, but the newest: those to come count on from it.
const PRUNE: &str = "DELETE FROM archive_numbers WHERE app = $1 AND stream = $2 \
    AND file < (SELECT MAX(file) FROM archive_numbers WHERE app = $1 AND stream = $2) \
    AND NOT EXISTS (SELECT 1 FROM media_files WHERE id = archive_numbers.file)";

/// Where the first segment of a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveNumbers {
    /// The file.
    pub file: Ulid,
    /// Media sequence number of its first segment.
    pub sequence: u64,
    /// Discontinuities before it.
    pub discontinuity: u64,
}

impl Store {
    /// Writes the numbers of a stream's files, all or none. A file that has numbers keeps them. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn put_archive_numbers(
        &self,
        app: AppId,
        stream: &StreamName,
        numbers: &[ArchiveNumbers],
    ) -> Result<(), Fault> {
        let failed = |error| self.reader.fault(Operation::WriteRecording, error);
        let mut write = self.write(Operation::WriteRecording).await?;
        for ArchiveNumbers { file, sequence, discontinuity } in numbers {
            let insert = sqlx::query(INSERT).bind(file.to_string()).bind(i64::from(app.0)).bind(stream.as_str());
            let insert = insert.bind(sequence.cast_signed()).bind(discontinuity.cast_signed());
            insert.execute(&mut *write).await.map_err(failed)?;
        }
        let prune = sqlx::query(PRUNE).bind(i64::from(app.0)).bind(stream.as_str());
        prune.execute(&mut *write).await.map_err(failed)?;
        write.commit().await.map_err(failed)
    }
}

impl Reader {
    /// The numbers of a stream's files from one to another of them, both included, in the order of the files; to the newest
    /// if no last one is said. If the first has none, those of the newest before it that has some come before.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn archive_numbers(
        &self,
        app: AppId,
        stream: &StreamName,
        first: Ulid,
        last: Option<Ulid>,
    ) -> Result<Vec<ArchiveNumbers>, Fault> {
        let select = sqlx::query(SELECT).bind(i64::from(app.0)).bind(stream.as_str());
        let select = select.bind(first.to_string()).bind(last.map(|last| last.to_string()));
        let rows = select.fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadRecordings, error))?;
        rows.iter().map(|row| self.archive_row(row)).collect()
    }

    fn archive_row(&self, row: &SqliteRow) -> Result<ArchiveNumbers, Fault> {
        let odd = |column| Fault::value(self.file(), Operation::ReadRecordings, "archive_numbers", column);
        let failed = |error| self.fault(Operation::ReadRecordings, error);
        let file: String = row.try_get("file").map_err(failed)?;
        let number = |column: &'static str| {
            let number: i64 = row.try_get(column).map_err(failed)?;
            u64::try_from(number).map_err(|_| odd(column))
        };
        Ok(ArchiveNumbers {
            file: Ulid::parse(&file).map_err(|_| odd("file"))?,
            sequence: number("sequence")?,
            discontinuity: number("discontinuity")?,
        })
    }
}
