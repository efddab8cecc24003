//! Copies, their objects and parts as rows.

use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Row, Sqlite};
use vivace_base::{AppId, Ulid, UnixMs};

use super::{Upload, UploadObject, UploadPart, UploadSource, UploadState};
use crate::{Fault, Operation, Reader};

pub(super) const UPLOAD: &str = "recording, app, state, place, told, tries, next_at, failure, reason, created_at, \
    uploaded_at, local_gone_at";
pub(super) const OBJECT: &str = "number, key, source, file, init_bytes, offset, bytes, part_bytes, upload, verified";

pub(super) type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

const FILE: &str = "file";
const MEDIA: &str = "media";
const PLAYLIST: &str = "playlist";

/// Binds what is planned, as $2 to $9.
pub(super) fn bind_object<'q>(query: Query<'q>, object: &'q UploadObject) -> Query<'q> {
    let (word, file, init_bytes, offset) = match object.source {
        UploadSource::File => (FILE, None, 0, 0),
        UploadSource::Media { file, init_bytes, offset } => (MEDIA, Some(file.to_string()), init_bytes, offset),
        UploadSource::Playlist => (PLAYLIST, None, 0, 0),
    };
    query
        .bind(i64::from(object.number))
        .bind(&object.key)
        .bind(word)
        .bind(file)
        .bind(init_bytes.cast_signed())
        .bind(offset.cast_signed())
        .bind(object.bytes.cast_signed())
        .bind(object.part_bytes.cast_signed())
}

/// Reads columns of one table.
struct Columns<'a> {
    reader: &'a Reader,
    row: &'a SqliteRow,
    table: &'static str,
}

impl Columns<'_> {
    fn odd(&self, column: &'static str) -> Fault {
        Fault::value(self.reader.file(), Operation::ReadUploads, self.table, column)
    }

    fn text(&self, column: &'static str) -> Result<String, Fault> {
        self.row.try_get(column).map_err(|error| self.reader.fault(Operation::ReadUploads, error))
    }

    fn maybe_text(&self, column: &'static str) -> Result<Option<String>, Fault> {
        self.row.try_get(column).map_err(|error| self.reader.fault(Operation::ReadUploads, error))
    }

    fn number(&self, column: &'static str) -> Result<i64, Fault> {
        self.row.try_get(column).map_err(|error| self.reader.fault(Operation::ReadUploads, error))
    }

    fn time(&self, column: &'static str) -> Result<Option<UnixMs>, Fault> {
        let time: Result<Option<i64>, _> = self.row.try_get(column);
        Ok(time.map_err(|error| self.reader.fault(Operation::ReadUploads, error))?.map(UnixMs))
    }

    fn small(&self, column: &'static str) -> Result<u32, Fault> {
        u32::try_from(self.number(column)?).map_err(|_| self.odd(column))
    }

    fn count(&self, column: &'static str) -> Result<u64, Fault> {
        u64::try_from(self.number(column)?).map_err(|_| self.odd(column))
    }

    fn ulid(&self, text: &str, column: &'static str) -> Result<Ulid, Fault> {
        Ulid::parse(text).map_err(|_| self.odd(column))
    }
}

impl Reader {
    pub(super) fn parse_upload(&self, row: &SqliteRow) -> Result<Upload, Fault> {
        let columns = Columns { reader: self, row, table: "uploads" };
        Ok(Upload {
            recording: columns.ulid(&columns.text("recording")?, "recording")?,
            app: AppId(columns.small("app")?),
            state: UploadState::parse(&columns.text("state")?).ok_or_else(|| columns.odd("state"))?,
            place: columns.text("place")?,
            told: columns.number("told")? != 0,
            tries: columns.small("tries")?,
            next_at: columns.time("next_at")?,
            failure: columns.maybe_text("failure")?,
            reason: columns.maybe_text("reason")?,
            created_at: UnixMs(columns.number("created_at")?),
            uploaded_at: columns.time("uploaded_at")?,
            local_gone_at: columns.time("local_gone_at")?,
        })
    }

    pub(super) fn parse_object(&self, row: &SqliteRow) -> Result<UploadObject, Fault> {
        let columns = Columns { reader: self, row, table: "upload_objects" };
        let source = match (columns.text("source")?.as_str(), columns.maybe_text("file")?) {
            (FILE, None) => UploadSource::File,
            (PLAYLIST, None) => UploadSource::Playlist,
            (MEDIA, Some(file)) => UploadSource::Media {
                file: columns.ulid(&file, "file")?,
                init_bytes: columns.count("init_bytes")?,
                offset: columns.count("offset")?,
            },
            _ => return Err(columns.odd("source")),
        };
        Ok(UploadObject {
            number: columns.small("number")?,
            key: columns.text("key")?,
            source,
            bytes: columns.count("bytes")?,
            part_bytes: columns.count("part_bytes")?,
            upload: columns.maybe_text("upload")?,
            verified: columns.number("verified")? != 0,
        })
    }

    pub(super) fn parse_part(&self, row: &SqliteRow) -> Result<UploadPart, Fault> {
        let columns = Columns { reader: self, row, table: "upload_parts" };
        let md5: Vec<u8> = row.try_get("md5").map_err(|error| self.fault(Operation::ReadUploads, error))?;
        Ok(UploadPart {
            number: columns.small("number")?,
            etag: columns.text("etag")?,
            md5: md5.try_into().map_err(|_| columns.odd("md5"))?,
            bytes: columns.count("bytes")?,
        })
    }
}
