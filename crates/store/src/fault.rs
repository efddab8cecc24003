use std::io;
use std::path::{Path, PathBuf};

use sqlx::migrate::MigrateError;
use thiserror::Error;

/// Why the store did not do what was asked. The class decides the remedy, the rest is for the log.
#[derive(Debug, Error)]
pub enum Fault {
    /// The folder or the file cannot be written: owner, mode, a read-only mount, or something else in their place.
    #[error("{} cannot be written ({doing}): check its owner, its mode, and that the mount is not read-only", file.display())]
    NotWritable {
        /// The file or folder.
        file: PathBuf,
        /// What was being done.
        doing: Operation,
        /// What the system said.
        source: Cause,
    },
    /// The folder or the file cannot be read.
    #[error("{} cannot be read ({doing}): run this as the user that the server runs as", file.display())]
    NotReadable {
        /// The file or folder.
        file: PathBuf,
        /// What was being done.
        doing: Operation,
        /// What the system said.
        source: Cause,
    },
    /// There is no store in the folder.
    #[error("{} does not exist: start the server on this data folder once", file.display())]
    Missing {
        /// The file that is missing.
        file: PathBuf,
    },
    /// No space is left on the disk, or the file has reached `limits.store_bytes_max`.
    #[error("no space is left for {} ({doing}): free some on its disk, or raise store_bytes_max", file.display())]
    DiskFull {
        /// The file.
        file: PathBuf,
        /// What was being done.
        doing: Operation,
        /// What the system said.
        source: Cause,
    },
    /// Another process or task kept the file for longer than `limits.store_busy_ms_max`.
    #[error("{} is locked ({doing}): another process is writing to it", file.display())]
    Locked {
        /// The file.
        file: PathBuf,
        /// What was being done.
        doing: Operation,
        /// What the system said.
        source: Cause,
    },
    /// The file is not a database, or its contents contradict themselves.
    #[error("{} is damaged ({doing}): stop the server and put back a copy", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What was being done.
        doing: Operation,
        /// What the system said.
        source: Cause,
    },
    /// A later version of the server has written the file.
    #[error("{} has schema {found}, this version knows {known}: run the version that wrote it, or a later one", file.display())]
    Newer {
        /// The file.
        file: PathBuf,
        /// Schema of the file.
        found: i64,
        /// Latest schema of this program.
        known: i64,
    },
    /// The file is older than this program and was opened for reading only.
    #[error("{} has schema {found}, this version needs {known}: start this version's server once", file.display())]
    Older {
        /// The file.
        file: PathBuf,
        /// Schema of the file, 0 if it has none.
        found: i64,
        /// Schema that is needed.
        known: i64,
    },
    /// The file was made by a build whose schema of the same number differs.
    #[error("{}: schema {version} was made by another build of this program", file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
        /// The schema that differs.
        version: i64,
    },
    /// Anything else.
    #[error("{}: {doing} failed", file.display())]
    Other {
        /// The file.
        file: PathBuf,
        /// What was being done.
        doing: Operation,
        /// What the system said.
        source: Cause,
    },
}

/// What the operating system or the database said.
#[derive(Debug, Error)]
pub enum Cause {
    /// The operating system.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The database.
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    /// The database, while its schema was brought up to date.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// A column holds what its field cannot.
    #[error("column {column} of table {table} holds a value outside its range")]
    Value {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
}

/// What the store was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Operation {
    /// Making the folder or the file.
    #[error("creating the data folder")]
    Create,
    /// Opening the file.
    #[error("opening")]
    Open,
    /// Bringing the schema up to date.
    #[error("migrating")]
    Migrate,
    /// Reading an app.
    #[error("reading an app")]
    ReadApp,
    /// Writing an app.
    #[error("writing an app")]
    WriteApp,
    /// Reading credentials.
    #[error("reading credentials")]
    ReadCredential,
    /// Writing credentials.
    #[error("writing credentials")]
    WriteCredential,
    /// Reading accounts.
    #[error("reading accounts")]
    ReadAccount,
    /// Writing accounts.
    #[error("writing accounts")]
    WriteAccount,
    /// Reading the memory of signed requests.
    #[error("reading the memory of signed requests")]
    ReadReplay,
    /// Writing the memory of signed requests.
    #[error("writing the memory of signed requests")]
    WriteReplay,
    /// Reading events.
    #[error("reading events")]
    ReadEvents,
    /// Writing events.
    #[error("writing events")]
    WriteEvents,
    /// Reading the numbers of a playlist.
    #[error("reading the numbers of a playlist")]
    ReadHls,
    /// Writing the numbers of a playlist.
    #[error("writing the numbers of a playlist")]
    WriteHls,
    /// Reading callbacks.
    #[error("reading callbacks")]
    ReadHooks,
    /// Writing callbacks.
    #[error("writing callbacks")]
    WriteHooks,
    /// Reading relays.
    #[error("reading relays")]
    ReadRelays,
    /// Writing a relay.
    #[error("writing a relay")]
    WriteRelay,
    /// Reading channels or watermarks.
    #[error("reading channels")]
    ReadChannels,
    /// Writing a channel or a watermark.
    #[error("writing a channel")]
    WriteChannel,
    /// Reading lists of addresses.
    #[error("reading lists of addresses")]
    ReadLists,
    /// Writing a list of addresses.
    #[error("writing a list of addresses")]
    WriteList,
    /// Reading rules of streams.
    #[error("reading rules of streams")]
    ReadRules,
    /// Writing a rule of a stream.
    #[error("writing a rule of a stream")]
    WriteRule,
    /// Reading host names.
    #[error("reading domains")]
    ReadHosts,
    /// Writing a host name or how addresses are signed.
    #[error("writing a domain")]
    WriteHost,
    /// Reading tasks.
    #[error("reading tasks")]
    ReadTasks,
    /// Writing a task.
    #[error("writing a task")]
    WriteTask,
    /// Reading recordings, their tasks or their media.
    #[error("reading recordings")]
    ReadRecordings,
    /// Writing a recording, a task or the index of media.
    #[error("writing a recording")]
    WriteRecording,
    /// Reading the queue of uploads.
    #[error("reading the queue of uploads")]
    ReadUploads,
    /// Writing the queue of uploads.
    #[error("writing the queue of uploads")]
    WriteUpload,
    /// Reading screenshots.
    #[error("reading screenshots")]
    ReadPictures,
    /// Writing a screenshot, or who wants them.
    #[error("writing screenshots")]
    WritePictures,
    /// Reading statistics.
    #[error("reading statistics")]
    ReadStatistics,
    /// Writing statistics.
    #[error("writing statistics")]
    WriteStatistics,
    /// Reading the log of changes.
    #[error("reading the log of changes")]
    ReadAudit,
    /// Writing the log of changes.
    #[error("writing the log of changes")]
    WriteAudit,
    /// Putting the log of what was committed into the database.
    #[error("putting what was committed into the database")]
    Checkpoint,
}

impl Fault {
    /// Whether a row contradicts others, or itself: it will be refused whenever it is tried.
    pub fn is_constraint(&self) -> bool {
        let Self::Other { source: Cause::Sql(sqlx::Error::Database(said)), .. } = self else { return false };
        // SQLITE_CONSTRAINT, in the low byte of each of its extended codes.
        said.code().and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == 19)
    }

    pub(crate) fn sql(file: &Path, doing: Operation, error: sqlx::Error) -> Self {
        let class = class_of(&error);
        Self::of(class, file, doing, Cause::Sql(error))
    }

    pub(crate) fn io(file: &Path, doing: Operation, error: io::Error) -> Self {
        use io::ErrorKind as Kind;
        let class = match error.kind() {
            Kind::PermissionDenied | Kind::ReadOnlyFilesystem | Kind::NotADirectory | Kind::IsADirectory => {
                Class::NotWritable
            }
            Kind::AlreadyExists => Class::NotWritable,
            Kind::StorageFull | Kind::QuotaExceeded => Class::DiskFull,
            _ => Class::Other,
        };
        Self::of(class, file, doing, Cause::Io(error))
    }

    pub(crate) fn migrate(file: &Path, known: i64, error: MigrateError) -> Self {
        let doing = Operation::Migrate;
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => Self::sql(file, doing, error),
            MigrateError::VersionMissing(found) => Self::Newer { file: file.to_owned(), found, known },
            MigrateError::VersionMismatch(version) => Self::Foreign { file: file.to_owned(), version },
            other => Self::of(Class::Other, file, doing, Cause::Migrate(other)),
        }
    }

    /// The file is not one of this program's.
    pub(crate) fn foreign(file: &Path, doing: Operation) -> Self {
        Self::of(Class::Damaged, file, doing, Cause::Io(io::ErrorKind::InvalidData.into()))
    }

    pub(crate) fn value(file: &Path, doing: Operation, table: &'static str, column: &'static str) -> Self {
        Self::of(Class::Damaged, file, doing, Cause::Value { table, column })
    }

    /// The same fault as one who only reads meets it.
    pub(crate) fn when_reading(self) -> Self {
        match self {
            Self::NotWritable { file, doing, source } => Self::NotReadable { file, doing, source },
            other => other,
        }
    }

    fn of(class: Class, file: &Path, doing: Operation, source: Cause) -> Self {
        let file = file.to_owned();
        match class {
            Class::NotWritable => Self::NotWritable { file, doing, source },
            Class::DiskFull => Self::DiskFull { file, doing, source },
            Class::Locked => Self::Locked { file, doing, source },
            Class::Damaged => Self::Damaged { file, doing, source },
            Class::Other => Self::Other { file, doing, source },
        }
    }
}

#[derive(Clone, Copy)]
enum Class {
    NotWritable,
    DiskFull,
    Locked,
    Damaged,
    Other,
}

fn class_of(error: &sqlx::Error) -> Class {
    match error {
        sqlx::Error::Database(said) => {
            said.code().and_then(|code| code.parse().ok()).map_or(Class::Other, class_of_sqlite)
        }
        // The one writing connection is in use for as long as a statement may wait.
        sqlx::Error::PoolTimedOut => Class::Locked,
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Class::Damaged,
        _ => Class::Other,
    }
}

/// By SQLite's result codes; the low byte of an extended code is the primary one.
fn class_of_sqlite(code: u32) -> Class {
    const IOERR_SHMSIZE: u32 = 4_874;
    match (code, code & 0xff) {
        // The shared index of the write-ahead log could not be made longer.
        (IOERR_SHMSIZE, _) | (_, 13) => Class::DiskFull,
        (_, 3 | 8 | 14 | 23) => Class::NotWritable,
        (_, 5 | 6) => Class::Locked,
        (_, 11 | 26) => Class::Damaged,
        _ => Class::Other,
    }
}
