//! Which data folder this is.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use vivace_base::Ulid;
use vivace_domain::recording::RecordFormat;

use crate::{Fault, Operation, Reader, Store};

const SELECT: &str = "SELECT id, recordings_dir, EXISTS (SELECT 1 FROM media_files) OR EXISTS (SELECT 1 FROM recordings \
    WHERE format <> 'hls' AND state IN ('stored', 'uploaded') AND NOT EXISTS (SELECT 1 FROM uploads \
    WHERE recording = recordings.id AND local_gone_at IS NOT NULL)) AS has_files FROM folder";
const UPDATE: &str = "UPDATE folder SET recordings_dir = $1";
const MEDIA: &str = "SELECT id FROM media_files WHERE id > $1 ORDER BY id LIMIT $2";
/// Those that have a file of their own which was not left to the bucket.
const FILES: &str = "SELECT id, format FROM recordings WHERE id > $1 AND format <> 'hls' AND state IN ('stored', 'uploaded') \
    AND NOT EXISTS (SELECT 1 FROM uploads WHERE recording = recordings.id AND local_gone_at IS NOT NULL) \
    ORDER BY id LIMIT $2";

/// What a data folder says of itself. A copy says the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFolder {
    /// Made at random with the database: 32 hexadecimal digits.
    pub id: String,
    /// The folder in which all of its recordings were found last; none before the first look.
    pub recordings_dir: Option<String>,
    /// Whether some of their files are to be there.
    pub has_files: bool,
}

impl Store {
    /// All recordings were found in this folder. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn set_recordings_dir(&self, dir: &str) -> Result<(), Fault> {
        let failed = |error| self.reader.fault(Operation::WriteRecording, error);
        let mut write = self.write(Operation::WriteRecording).await?;
        sqlx::query(UPDATE).bind(dir).execute(&mut *write).await.map_err(failed)?;
        write.commit().await.map_err(failed)
    }
}

impl Reader {
    /// Which data folder this is.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn data_folder(&self) -> Result<DataFolder, Fault> {
        let failed = |error| self.fault(Operation::ReadRecordings, error);
        let row = sqlx::query(SELECT).fetch_one(&self.pool).await.map_err(failed)?;
        Ok(DataFolder {
            id: row.try_get("id").map_err(failed)?,
            recordings_dir: row.try_get("recordings_dir").map_err(failed)?,
            has_files: row.try_get("has_files").map_err(failed)?,
        })
    }

    /// Media files that are to be on this disk, by id from behind `after` on.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn media_files_here(&self, after: Option<Ulid>, limit: u32) -> Result<Vec<Ulid>, Fault> {
        let rows = sqlx::query(MEDIA).bind(begin(after)).bind(i64::from(limit)).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadRecordings, error))?;
        rows.iter().map(|row| self.folder_id(row, "media_files")).collect()
    }

    /// Recordings whose own files are to be on this disk, with their formats, by id from behind `after` on.
    ///
    /// # Errors
    /// As [`Reader::media_files_here`].
    pub async fn recorded_files_here(
        &self,
        after: Option<Ulid>,
        limit: u32,
    ) -> Result<Vec<(Ulid, RecordFormat)>, Fault> {
        let failed = |error| self.fault(Operation::ReadRecordings, error);
        let odd = || Fault::value(self.file(), Operation::ReadRecordings, "recordings", "format");
        let rows = sqlx::query(FILES).bind(begin(after)).bind(i64::from(limit)).fetch_all(&self.pool).await;
        let rows = rows.map_err(failed)?;
        let one = |row| {
            let format: String = SqliteRow::try_get(row, "format").map_err(failed)?;
            Ok((self.folder_id(row, "recordings")?, RecordFormat::parse(&format).ok_or_else(odd)?))
        };
        rows.iter().map(one).collect()
    }

    fn folder_id(&self, row: &SqliteRow, table: &'static str) -> Result<Ulid, Fault> {
        let id: String = row.try_get("id").map_err(|error| self.fault(Operation::ReadRecordings, error))?;
        Ulid::parse(&id).map_err(|_| Fault::value(self.file(), Operation::ReadRecordings, table, "id"))
    }
}

/// Before all ids, if none is given.
fn begin(after: Option<Ulid>) -> String {
    after.map_or_else(String::new, |after| after.to_string())
}
