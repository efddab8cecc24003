//! Making the files, and connections to them.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection, SqlitePool};
use vivace_base::Limits;

use crate::checkpoint::BACKSTOP_PAGES;
use crate::{FILE_NAME, Fault, Operation, Reader, Store};

const PAGE_BYTES: u32 = 4_096;
/// Pages that each connection keeps. The operating system keeps them as well, for all connections at once, so more here is
/// memory for little.
const CACHE_KIB: u32 = 512;

static MIGRATIONS: Migrator = sqlx::migrate!();

pub(crate) async fn writable(dir: &Path, limits: &Limits) -> Result<Store, Fault> {
    let file = make_files(dir)?;
    let writer = connect(&file, limits).await?;
    if let Err(fault) = migrate(&writer, &file).await {
        writer.close().await;
        return Err(fault);
    }
    let pool = readers(&file, limits);
    let reader = Reader { file, pool, orders: Arc::default(), event_text_bytes_max: limits.event_text_bytes_max };
    let (events_kept_max, hls_streams_kept_max) = (limits.events_kept_max, limits.hls_streams_kept_max);
    let outbox_rows_max = i64::try_from(limits.outbox_rows_max).unwrap_or(i64::MAX);
    let audit_rows_max = i64::try_from(limits.audit_rows_max).unwrap_or(i64::MAX);
    let copier = pool_options(1, limits).connect_lazy_with(options(&reader.file, limits));
    let uncopied = Arc::default();
    Ok(Store {
        reader,
        writer,
        copier,
        uncopied,
        events_kept_max,
        hls_streams_kept_max,
        outbox_rows_max,
        hooks_left_out: Arc::default(),
        audit_rows_max,
        note: None,
    })
}

pub(crate) async fn read_only(dir: &Path, limits: &Limits) -> Result<Reader, Fault> {
    let file = dir.join(FILE_NAME);
    // Looked at by its path: closing a second descriptor of the file would drop SQLite's locks in this process.
    match fs::metadata(&file) {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Err(Fault::io(&file, Operation::Open, io::ErrorKind::IsADirectory.into()).when_reading()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Fault::Missing { file }),
        Err(error) => return Err(Fault::io(&file, Operation::Open, error).when_reading()),
    }
    let reader = Reader {
        pool: readers(&file, limits),
        file,
        orders: Arc::default(),
        event_text_bytes_max: limits.event_text_bytes_max,
    };
    if let Err(fault) = check_schema(&reader).await {
        reader.close().await;
        return Err(fault.when_reading());
    }
    Ok(reader)
}

/// The one writing connection. It lives as long as the store: SQLite has one writer at a time anyway, and here those who
/// wait for it do so in order.
async fn connect(file: &Path, limits: &Limits) -> Result<SqlitePool, Fault> {
    let options = options(file, limits)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .page_size(PAGE_BYTES)
        .pragma("wal_autocheckpoint", BACKSTOP_PAGES.to_string())
        .pragma("max_page_count", (limits.store_bytes_max / u64::from(PAGE_BYTES)).to_string());
    let locked = || Fault::sql(file, Operation::Open, sqlx::Error::PoolTimedOut);
    let connecting = async {
        loop {
            let pool = pool_options(1, limits).max_lifetime(None).idle_timeout(None);
            match pool.connect_with(options.clone()).await.map_err(|error| Fault::sql(file, Operation::Open, error)) {
                // SQLite does not wait for another that turns on the write-ahead log at this moment.
                Err(Fault::Locked { .. }) => tokio::time::sleep(Duration::from_millis(5)).await,
                connected => return connected,
            }
        }
    };
    let wait = Duration::from_millis(limits.store_busy_ms_max);
    tokio::time::timeout(wait, connecting).await.unwrap_or_else(|_| Err(locked()))
}

fn options(file: &Path, limits: &Limits) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(false)
        .busy_timeout(Duration::from_millis(limits.store_busy_ms_max))
        // Negative: in KiB.
        .pragma("cache_size", format!("-{CACHE_KIB}"))
        .disable_statement_logging()
}

fn pool_options(connections_max: u32, limits: &Limits) -> SqlitePoolOptions {
    // One statement may wait its whole time, and the next one in line gets as much again.
    let wait = Duration::from_millis(limits.store_busy_ms_max.saturating_mul(2).max(1));
    SqlitePoolOptions::new().max_connections(connections_max.max(1)).acquire_timeout(wait).test_before_acquire(false)
}

fn readers(file: &Path, limits: &Limits) -> SqlitePool {
    pool_options(limits.store_readers_max, limits).connect_lazy_with(options(file, limits).read_only(true))
}

/// Makes the folder and an empty file before anything is written, so that the keys are never readable by others.
pub(crate) fn make_files(dir: &Path) -> Result<PathBuf, Fault> {
    let file = dir.join(FILE_NAME);
    let doing = Operation::Create;
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|error| Fault::io(dir, doing, error))?;
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file) {
        Ok(made) => {
            made.sync_all().map_err(|error| Fault::io(&file, doing, error))?;
            keep_name(dir)?;
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => narrow_mode(&file)?,
        Err(error) => return Err(Fault::io(&file, doing, error)),
    }
    Ok(file)
}

/// A new name is on disk only when its folder is; file systems that cannot sync a folder do it by themselves.
fn keep_name(dir: &Path) -> Result<(), Fault> {
    match File::open(dir).and_then(|folder| folder.sync_all()) {
        Err(error) if error.kind() != io::ErrorKind::InvalidInput => Err(Fault::io(dir, Operation::Create, error)),
        _ => Ok(()),
    }
}

/// Takes from the group and from others what a copy or a careless umask gave them.
fn narrow_mode(file: &Path) -> Result<(), Fault> {
    let failed = |error| Fault::io(file, Operation::Create, error);
    let found = fs::metadata(file).map_err(failed)?;
    if !found.is_file() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    if found.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(file, Permissions::from_mode(0o600)).map_err(failed)?;
    }
    Ok(())
}

/// Brings the schema up to date, all steps or none. The right to write is taken first: two servers that start at once
/// do not meet halfway, and a file that SQLite could open only for reading is found out here.
async fn migrate(writer: &SqlitePool, file: &Path) -> Result<(), Fault> {
    let failed = |error| Fault::sql(file, Operation::Migrate, error);
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    let (found, known) = (schema_of(&mut transaction).await.map_err(failed)?, schema_known());
    if found > known {
        return Err(Fault::Newer { file: file.to_owned(), found, known });
    }
    // The documented `run` gives a future that cannot change threads (its bound holds for one lifetime only).
    let migrated = MIGRATIONS.run_direct(None, &mut *transaction, false).await;
    migrated.map_err(|error| Fault::migrate(file, known, error))?;
    transaction.commit().await.map_err(failed)
}

async fn check_schema(reader: &Reader) -> Result<(), Fault> {
    let failed = |error| reader.fault(Operation::Open, error);
    let mut connection = reader.pool.acquire().await.map_err(failed)?;
    let (found, known) = (schema_of(&mut connection).await.map_err(failed)?, schema_known());
    let file = reader.file.clone();
    match found.cmp(&known) {
        std::cmp::Ordering::Less => Err(Fault::Older { file, found, known }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(Fault::Newer { file, found, known }),
    }
}

fn schema_known() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Number of the last migration that the file has had, 0 if none.
async fn schema_of(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    let has = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'";
    let tables: i64 = sqlx::query_scalar(has).fetch_one(&mut *connection).await?;
    if tables == 0 {
        return Ok(0);
    }
    let last = "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations WHERE success";
    sqlx::query_scalar(last).fetch_one(connection).await
}
