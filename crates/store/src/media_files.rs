//! The index of the media that is kept of streams: files, and the parts in them.
//!
//! The parts of a file that is written are rows; a closed file's are packed into one value, so that a day of a stream
//! costs a few rows and not 86,400.

mod packed;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use vivace_base::{AppId, MediaTime, StreamName, Ulid, UnixMs};
use vivace_domain::recording::{MediaFile, MediaPart, PartAt, Recording};

use crate::listed::{self, cursor};
use crate::{Fault, Listed, Operation, Reader, Store, TimedKey};

const FILE_COLUMNS: &str = "id, app, stream, begun_at, ended_at, init_bytes, codecs, width, height, discontinuity, closed, \
    bytes";
const OPEN: &str = "INSERT INTO media_files (id, app, stream, begun_at, init_bytes, codecs, width, height, discontinuity, \
    closed, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0)";
const APPEND: &str = "INSERT INTO media_parts (file, number, offset, bytes, begun_at, dts, duration, flags) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const PARTS: &str = "SELECT number, offset, bytes, begun_at, dts, duration, flags FROM media_parts WHERE file = $1 \
    ORDER BY number";
const CLOSE: &str = "UPDATE media_files SET closed = 1, bytes = $2, ended_at = $3, parts = $4 WHERE id = $1";
const BEHIND: &str = "SELECT id FROM media_files WHERE app = $1 AND stream = $2 AND (ended_at IS NULL OR ended_at > $3) \
    ORDER BY id LIMIT 1";
/// Whether a recording `r` covers a file `f`.
const COVERS: &str = "r.app = f.app AND r.stream = f.stream AND r.first_file <= f.id \
    AND (r.last_file IS NULL OR r.last_file >= f.id)";
/// Whether a recording `r` that is over still needs its media. One that is served from the media itself looks at it for as
/// long as it is there, and one of which nothing could be made has nothing else; the others have a file of their own.
const HOLDS: &str = "r.last_file IS NOT NULL AND (r.state = 'failed' OR r.format = 'hls' \
    AND NOT EXISTS (SELECT 1 FROM uploads AS u WHERE u.recording = r.id AND u.local_gone_at IS NOT NULL))";
const MAKING: &str = "r.state IN ('recording', 'finalizing')";

/// The times of streams that have one of their own.
const OWN: &str =
    "own (app, stream, at) AS MATERIALIZED (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($2))";
/// Whether a file `f` ended before the time that counts for its stream.
const ENDED: &str = "f.ended_at < $1 AND NOT EXISTS (SELECT 1 FROM own WHERE own.app = f.app AND own.stream = f.stream \
    AND f.ended_at >= own.at)";

/// What stands in for `ORDER BY` of a stream's files: their ids sort by the time they were begun.
const IN_ORDER: &str = "ORDER BY id";

/// Which closed media files are meant: those that ended before a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndedBefore {
    /// The time.
    pub at: UnixMs,
    /// Streams for which it is an earlier one.
    pub own: Vec<(AppId, StreamName, UnixMs)>,
}

impl From<UnixMs> for EndedBefore {
    fn from(at: UnixMs) -> Self {
        Self { at, own: Vec::new() }
    }
}

impl EndedBefore {
    /// The streams' own times; names of streams have nothing that is not plain in JSON.
    fn own_json(&self) -> String {
        let own = self.own.iter().map(|(app, stream, at)| format!("[{},\"{stream}\",{}]", app.0, at.0));
        format!("[{}]", own.collect::<Vec<_>>().join(","))
    }
}

impl Store {
    /// Writes a file that is begun. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written, or there is a file of this id.
    pub async fn open_media_file(&self, file: &MediaFile) -> Result<(), Fault> {
        let failed = |error| self.reader.fault(Operation::WriteRecording, error);
        let mut write = self.write(Operation::WriteRecording).await?;
        let open = sqlx::query(OPEN)
            .bind(file.id.to_string())
            .bind(i64::from(file.app.0))
            .bind(file.stream.as_str())
            .bind(file.begun_at.0)
            .bind(file.init_bytes.cast_signed())
            .bind(&file.codecs)
            .bind(i64::from(file.width))
            .bind(i64::from(file.height))
            .bind(file.discontinuity);
        open.execute(&mut *write).await.map_err(failed)?;
        write.commit().await.map_err(failed)
    }

    /// Writes parts of any number of files that are open, all in one transaction: all or none. On disk when this
    /// returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written, a part of this number is there, or a file is not.
    pub async fn append_parts(&self, parts: &[(Ulid, MediaPart)]) -> Result<(), Fault> {
        if parts.is_empty() {
            return Ok(());
        }
        let failed = |error| self.reader.fault(Operation::WriteRecording, error);
        let mut write = self.write(Operation::WriteRecording).await?;
        for (file, part) in parts {
            let append = sqlx::query(APPEND)
                .bind(file.to_string())
                .bind(i64::from(part.number))
                .bind(part.offset.cast_signed())
                .bind(i64::from(part.bytes))
                .bind(part.begun_at.0)
                .bind(part.dts.ticks())
                .bind(part.duration.ticks())
                .bind(i64::from(packed::flags(part)));
            append.execute(&mut *write).await.map_err(failed)?;
        }
        write.commit().await.map_err(failed)
    }

    /// Closes a file: no part follows, and its parts are packed. A closed one stays as it is. False if there is no such
    /// file. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written, or a row is damaged.
    pub async fn close_media_file(&self, id: Ulid) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteRecording, error);
        let mut write = self.write(Operation::WriteRecording).await?;
        let sql = format!("SELECT {FILE_COLUMNS} FROM media_files WHERE id = $1");
        let found = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(&mut *write).await;
        let Some(row) = found.map_err(failed)? else { return Ok(false) };
        let file = self.reader.media_file_row(&row)?;
        if file.closed {
            return Ok(true);
        }
        let parts = self.reader.open_parts(&mut write, id).await?;
        let bytes = parts.iter().fold(file.init_bytes, |bytes, part| bytes.saturating_add(part.bytes.into()));
        let ended_at = parts.last().map_or(file.begun_at, MediaPart::ended_at);
        let close = sqlx::query(CLOSE).bind(id.to_string()).bind(bytes.cast_signed()).bind(ended_at.0);
        close.bind(packed::pack(&parts)).execute(&mut *write).await.map_err(failed)?;
        let clear = sqlx::query("DELETE FROM media_parts WHERE file = $1").bind(id.to_string());
        clear.execute(&mut *write).await.map_err(failed)?;
        write.commit().await.map_err(failed)?;
        Ok(true)
    }

    /// Takes a file and its parts out of the index; false if there is no such file. On disk when this returns, so the
    /// file itself may be deleted behind it.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn remove_media_file(&self, id: Ulid) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteRecording, error);
        let mut write = self.write(Operation::WriteRecording).await?;
        let delete = sqlx::query("DELETE FROM media_files WHERE id = $1").bind(id.to_string());
        let touched = delete.execute(&mut *write).await.map_err(failed)?.rows_affected();
        write.commit().await.map_err(failed)?;
        Ok(touched > 0)
    }
}

impl Reader {
    /// A stream's files that hold something of the time from `from` up to `to`, in the order of their begin. An open
    /// file reaches to the end of time.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn media_files(
        &self,
        app: AppId,
        stream: &StreamName,
        from: UnixMs,
        to: UnixMs,
    ) -> Result<Vec<MediaFile>, Fault> {
        let sql = format!(
            "SELECT {FILE_COLUMNS} FROM media_files WHERE app = $1 AND stream = $2 AND begun_at < $4 \
            AND (ended_at IS NULL OR ended_at > $3) {IN_ORDER}"
        );
        let select = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(app.0)).bind(stream.as_str());
        self.files(select.bind(from.0).bind(to.0)).await
    }

    /// A stream's files from one to another of them, both included; to the newest if no last one is said.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn media_files_between(
        &self,
        app: AppId,
        stream: &StreamName,
        first: Ulid,
        last: Option<Ulid>,
    ) -> Result<Vec<MediaFile>, Fault> {
        let sql = format!(
            "SELECT {FILE_COLUMNS} FROM media_files WHERE app = $1 AND stream = $2 AND id >= $3 \
            AND ($4 IS NULL OR id <= $4) {IN_ORDER}"
        );
        let select = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(app.0)).bind(stream.as_str());
        self.files(select.bind(first.to_string()).bind(last.map(|last| last.to_string()))).await
    }

    /// The first of a stream's files, in their order, that holds something of the time behind `from`.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or the row is damaged.
    pub async fn media_file_behind(
        &self,
        app: AppId,
        stream: &StreamName,
        from: UnixMs,
    ) -> Result<Option<Ulid>, Fault> {
        let select = sqlx::query_scalar(BEHIND).bind(i64::from(app.0)).bind(stream.as_str()).bind(from.0);
        let id: Option<String> =
            select.fetch_optional(&self.pool).await.map_err(|error| self.fault(Operation::ReadRecordings, error))?;
        let odd = |_| Fault::value(self.file(), Operation::ReadRecordings, "media_files", "id");
        id.map(|id| Ulid::parse(&id).map_err(odd)).transpose()
    }

    /// At most `limit` of a stream's files that hold something of the time from `from` up to `until`, newest first, those
    /// before the one of id `before`.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn newest_media_files(
        &self,
        app: AppId,
        stream: &StreamName,
        (from, until): (UnixMs, UnixMs),
        before: Option<Ulid>,
        limit: u32,
    ) -> Result<Vec<MediaFile>, Fault> {
        let sql = format!(
            "SELECT {FILE_COLUMNS} FROM media_files WHERE app = $1 AND stream = $2 AND begun_at <= $4 \
            AND (ended_at IS NULL OR ended_at > $3) AND ($5 IS NULL OR id < $5) ORDER BY id DESC LIMIT $6"
        );
        let select = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(app.0)).bind(stream.as_str());
        let before = before.map(|before| before.to_string());
        self.files(select.bind(from.0).bind(until.0).bind(before).bind(i64::from(limit))).await
    }

    /// A stream's newest file, by its id.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or the row is damaged.
    pub async fn newest_media_file(&self, app: AppId, stream: &StreamName) -> Result<Option<Ulid>, Fault> {
        let newest = sqlx::query_scalar("SELECT MAX(id) FROM media_files WHERE app = $1 AND stream = $2");
        let newest = newest.bind(i64::from(app.0)).bind(stream.as_str()).fetch_one(&self.pool).await;
        let newest: Option<String> = newest.map_err(|error| self.fault(Operation::ReadRecordings, error))?;
        let odd = |_| Fault::value(self.file(), Operation::ReadRecordings, "media_files", "id");
        newest.map(|id| Ulid::parse(&id).map_err(odd)).transpose()
    }

    /// One file.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or the row is damaged.
    pub async fn media_file(&self, id: Ulid) -> Result<Option<MediaFile>, Fault> {
        let sql = format!("SELECT {FILE_COLUMNS} FROM media_files WHERE id = $1");
        let files = self.files(sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.to_string())).await?;
        Ok(files.into_iter().next())
    }

    /// At most `limit` files that nobody has closed, oldest first, those behind the one of id `after`: those that are
    /// written, and after a crash those that were.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn open_media_files(&self, after: Option<&str>, limit: u32) -> Result<Vec<Listed<MediaFile>>, Fault> {
        let sql = format!("SELECT {FILE_COLUMNS} FROM media_files WHERE closed = 0 AND id > $1 {IN_ORDER} LIMIT $2");
        let select = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(after.unwrap_or_default()).bind(i64::from(limit));
        self.listed(Operation::ReadRecordings, select, listed::id, Self::media_file_row).await
    }

    /// At most `limit` closed files that ended before a time and that no recording needs: what may be deleted. In the order
    /// of their end, those behind `after`: the end and the id of one.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn unused_media_files(
        &self,
        ended: &EndedBefore,
        after: Option<&TimedKey>,
        limit: u32,
    ) -> Result<Vec<Listed<MediaFile, TimedKey>>, Fault> {
        let columns = FILE_COLUMNS.split(", ").map(|column| format!("f.{column}")).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "WITH {OWN} SELECT {columns} FROM media_files AS f WHERE f.closed = 1 AND {ENDED} \
            AND (f.ended_at, f.id) > ($3, $4) AND NOT EXISTS (SELECT 1 FROM recordings AS r WHERE {COVERS} \
            AND ({MAKING} OR {HOLDS})) ORDER BY f.ended_at, f.id LIMIT $5"
        );
        let (at, id) = cursor(after);
        let select = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(ended.at.0).bind(ended.own_json());
        let select = select.bind(at).bind(id).bind(i64::from(limit));
        self.listed(Operation::ReadRecordings, select, listed::timed("ended_at"), Self::media_file_row).await
    }

    /// Bytes of an app's closed media files that ended before a time and that only recordings hold that may be taken away:
    /// none that is being made, none whose deletion may be taken back. Of those that one recording covers, if one is said.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn media_bytes_freeable(
        &self,
        app: AppId,
        ended: &EndedBefore,
        of: Option<&Recording>,
    ) -> Result<u64, Fault> {
        let part = if of.is_some() { "AND f.stream = $4 AND f.id >= $5 AND f.id <= $6" } else { "" };
        let sql = format!(
            "WITH {OWN} SELECT COALESCE(SUM(f.bytes), 0) FROM media_files AS f WHERE f.app = $3 AND f.closed = 1 \
            AND {ENDED} {part} AND NOT EXISTS (SELECT 1 FROM recordings AS r WHERE {COVERS} \
            AND ({MAKING} OR r.deleted_at IS NOT NULL AND {HOLDS}))"
        );
        let select = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(ended.at.0).bind(ended.own_json());
        let mut select = select.bind(i64::from(app.0));
        if let Some(Recording { stream, first, last, .. }) = of {
            let last = last.map_or_else(String::new, |last| last.file.to_string());
            select = select.bind(stream.as_str().to_owned()).bind(first.file.to_string()).bind(last);
        }
        let bytes: i64 =
            select.fetch_one(&self.pool).await.map_err(|error| self.fault(Operation::ReadRecordings, error))?;
        Ok(bytes.unsigned_abs())
    }

    /// Milliseconds and bytes of the media that a recording has now.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn recorded_so_far(&self, recording: &Recording) -> Result<(u64, u64), Fault> {
        let Recording { app, stream, first, last, .. } = recording;
        let (mut duration, mut bytes) = (MediaTime::ZERO, 0_u64);
        for file in self.media_files_between(*app, stream, first.file, last.map(|last| last.file)).await? {
            for part in self.media_parts(file.id).await? {
                let at = PartAt { file: file.id, part: part.number };
                if at >= *first && last.is_none_or(|last| at <= last) {
                    duration = duration + part.duration;
                    bytes = bytes.saturating_add(part.bytes.into());
                }
            }
        }
        Ok((duration.ms().max(0).unsigned_abs(), bytes))
    }

    /// The parts of a file, in order; none if there is no such file.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or what it has of the file is damaged.
    pub async fn media_parts(&self, file: Ulid) -> Result<Vec<MediaPart>, Fault> {
        let failed = |error| self.fault(Operation::ReadRecordings, error);
        // Both in one view: a file may be closed in between.
        let mut read = self.pool.begin().await.map_err(failed)?;
        let found = sqlx::query_scalar("SELECT parts FROM media_files WHERE id = $1").bind(file.to_string());
        let packed: Option<Option<Vec<u8>>> = found.fetch_optional(&mut *read).await.map_err(failed)?;
        let parts = match packed {
            None => Vec::new(),
            Some(Some(packed)) => packed::unpack(&packed)
                .ok_or_else(|| Fault::value(self.file(), Operation::ReadRecordings, "media_files", "parts"))?,
            Some(None) => self.open_parts(&mut read, file).await?,
        };
        read.rollback().await.map_err(failed)?;
        Ok(parts)
    }

    async fn open_parts(&self, connection: &mut SqliteConnection, file: Ulid) -> Result<Vec<MediaPart>, Fault> {
        let rows = sqlx::query(PARTS).bind(file.to_string()).fetch_all(connection).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadRecordings, error))?;
        rows.iter().map(|row| self.part_row(row)).collect()
    }

    async fn files<'q>(
        &self,
        query: sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>,
    ) -> Result<Vec<MediaFile>, Fault> {
        let rows = query.fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadRecordings, error))?;
        rows.iter().map(|row| self.media_file_row(row)).collect()
    }

    fn media_file_row(&self, row: &SqliteRow) -> Result<MediaFile, Fault> {
        let odd = |column| Fault::value(self.file(), Operation::ReadRecordings, "media_files", column);
        let failed = |error| self.fault(Operation::ReadRecordings, error);
        let text = |column: &'static str| row.try_get::<String, _>(column).map_err(failed);
        let number = |column: &'static str| row.try_get::<i64, _>(column).map_err(failed);
        let count = |column| u64::try_from(number(column)?).map_err(|_| odd(column));
        let small = |column| u32::try_from(number(column)?).map_err(|_| odd(column));
        let ended_at: Option<i64> = row.try_get("ended_at").map_err(failed)?;
        let closed = number("closed")? != 0;
        if closed != ended_at.is_some() {
            return Err(odd("ended_at"));
        }
        Ok(MediaFile {
            id: Ulid::parse(&text("id")?).map_err(|_| odd("id"))?,
            app: AppId(small("app")?),
            stream: StreamName::parse(&text("stream")?).map_err(|_| odd("stream"))?,
            begun_at: UnixMs(number("begun_at")?),
            init_bytes: count("init_bytes")?,
            codecs: text("codecs")?,
            width: small("width")?,
            height: small("height")?,
            discontinuity: number("discontinuity")? != 0,
            closed,
            ended_at: ended_at.map(UnixMs),
            bytes: count("bytes")?,
        })
    }

    fn part_row(&self, row: &SqliteRow) -> Result<MediaPart, Fault> {
        let odd = |column| Fault::value(self.file(), Operation::ReadRecordings, "media_parts", column);
        let failed = |error| self.fault(Operation::ReadRecordings, error);
        let number = |column: &'static str| row.try_get::<i64, _>(column).map_err(failed);
        let small = |column| u32::try_from(number(column)?).map_err(|_| odd(column));
        let part = MediaPart {
            number: small("number")?,
            offset: u64::try_from(number("offset")?).map_err(|_| odd("offset"))?,
            bytes: small("bytes")?,
            begun_at: UnixMs(number("begun_at")?),
            dts: MediaTime::from_ticks(number("dts")?),
            duration: MediaTime::from_ticks(number("duration")?),
            key: false,
            discontinuity: false,
        };
        let flags = u8::try_from(number("flags")?).map_err(|_| odd("flags"))?;
        packed::flagged(part, flags).ok_or_else(|| odd("flags"))
    }
}
