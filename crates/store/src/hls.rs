//! The numbers of HLS playlists, which only grow, over every restart.

mod log;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use vivace_base::{AppId, StreamName, UnixMs};

use crate::{Fault, Operation, Reader, Store};
pub use log::HlsLog;

const SELECT: &str = "SELECT media_sequence, discontinuity_sequence, program_date_time FROM hls_numbers \
    WHERE app = $1 AND stream = $2";
const RAISE: &str = "INSERT INTO hls_numbers \
    (app, stream, updated_at, media_sequence, discontinuity_sequence, program_date_time) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (app, stream) DO UPDATE SET updated_at = excluded.updated_at, \
    media_sequence = MAX(media_sequence, excluded.media_sequence), \
    discontinuity_sequence = MAX(discontinuity_sequence, excluded.discontinuity_sequence), \
    program_date_time = MAX(program_date_time, excluded.program_date_time)";
const GIVE_BACK: &str = "UPDATE hls_numbers SET media_sequence = $3, discontinuity_sequence = $4 \
    WHERE app = $1 AND stream = $2 AND media_sequence = $5 AND discontinuity_sequence = $6";
const PRUNE: &str = "DELETE FROM hls_numbers WHERE updated_at < \
    (SELECT updated_at FROM hls_numbers ORDER BY updated_at DESC LIMIT 1 OFFSET $1)";

/// Numbers that have not been told yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HlsNumbers {
    /// The next media sequence number.
    pub media_sequence: u64,
    /// The next discontinuity sequence number.
    pub discontinuity_sequence: u64,
    /// No date after this has been told.
    pub program_date_time: UnixMs,
}

/// What is to be written of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HlsChange {
    /// Numbers below these are taken. What is written never falls.
    Raise(HlsNumbers),
    /// The run is over: of the numbers `taken`, those from `unused` on were not told. If another run has taken more since,
    /// nothing is changed.
    GiveBack {
        /// What was written last.
        taken: HlsNumbers,
        /// Where the next run may go on.
        unused: HlsNumbers,
    },
}

impl Store {
    /// Takes `count` media and discontinuity sequence numbers for a run; the first of them. They are taken on disk when
    /// this returns.
    pub async fn hls_take(
        &self,
        app: AppId,
        stream: &StreamName,
        count: u64,
        now: UnixMs,
    ) -> Result<HlsNumbers, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteHls, error);
        let mut write = self.write(Operation::WriteHls).await?;
        let found = sqlx::query(SELECT).bind(i64::from(app.0)).bind(stream.as_str()).fetch_optional(&mut *write).await;
        let first = found.map_err(failed)?.map(|row| self.reader.numbers(&row)).transpose()?.unwrap_or_default();
        let taken = HlsNumbers {
            media_sequence: first.media_sequence.saturating_add(count),
            discontinuity_sequence: first.discontinuity_sequence.saturating_add(count),
            ..first
        };
        change(&mut write, app, stream, &HlsChange::Raise(taken), now).await.map_err(failed)?;
        let kept = i64::try_from(self.hls_streams_kept_max.saturating_sub(1)).unwrap_or(i64::MAX);
        sqlx::query(PRUNE).bind(kept).execute(&mut *write).await.map_err(failed)?;
        write.commit().await.map_err(failed)?;
        Ok(first)
    }

    /// Writes changes in order, all or none.
    pub(crate) async fn change_hls(&self, changes: &[(AppId, StreamName, HlsChange, UnixMs)]) -> Result<(), Fault> {
        let failed = |error| self.reader.fault(Operation::WriteHls, error);
        let mut write = self.write(Operation::WriteHls).await?;
        for (app, stream, what, now) in changes {
            change(&mut write, *app, stream, what, *now).await.map_err(failed)?;
        }
        write.commit().await.map_err(failed)
    }
}

impl Reader {
    /// The numbers at which a stream's next run goes on; `None` if it has had no run.
    pub async fn hls_state(&self, app: AppId, stream: &StreamName) -> Result<Option<HlsNumbers>, Fault> {
        let found = sqlx::query(SELECT).bind(i64::from(app.0)).bind(stream.as_str()).fetch_optional(&self.pool).await;
        let row = found.map_err(|error| self.fault(Operation::ReadHls, error))?;
        row.map(|row| self.numbers(&row)).transpose()
    }

    fn numbers(&self, row: &SqliteRow) -> Result<HlsNumbers, Fault> {
        let number = |column: &'static str| -> Result<i64, Fault> {
            row.try_get(column).map_err(|error| self.fault(Operation::ReadHls, error))
        };
        Ok(HlsNumbers {
            media_sequence: number("media_sequence")?.cast_unsigned(),
            discontinuity_sequence: number("discontinuity_sequence")?.cast_unsigned(),
            program_date_time: UnixMs(number("program_date_time")?),
        })
    }
}

async fn change(
    connection: &mut SqliteConnection,
    app: AppId,
    stream: &StreamName,
    what: &HlsChange,
    now: UnixMs,
) -> Result<(), sqlx::Error> {
    match what {
        HlsChange::Raise(numbers) => sqlx::query(RAISE)
            .bind(i64::from(app.0))
            .bind(stream.as_str())
            .bind(now.0)
            .bind(numbers.media_sequence.cast_signed())
            .bind(numbers.discontinuity_sequence.cast_signed())
            .bind(numbers.program_date_time.0),
        HlsChange::GiveBack { taken, unused } => sqlx::query(GIVE_BACK)
            .bind(i64::from(app.0))
            .bind(stream.as_str())
            .bind(unused.media_sequence.cast_signed())
            .bind(unused.discontinuity_sequence.cast_signed())
            .bind(taken.media_sequence.cast_signed())
            .bind(taken.discontinuity_sequence.cast_signed()),
    }
    .execute(connection)
    .await
    .map(|_| ())
}
