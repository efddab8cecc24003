use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use vivace_base::{AppId, StreamName, UnixMs};

use super::HookRecord;
use crate::{Fault, Operation, Reader, Store};

const OPEN: &str = "INSERT INTO callback_pushes (sequence, app, stream, channel, domain, path, node, user_ip, stream_param, \
    began_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) ON CONFLICT (sequence) DO NOTHING";
const CLOSE: &str = "DELETE FROM callback_pushes WHERE sequence = $1";
const SEEN: &str = "UPDATE callback_pushes SET seen_at = $1";
const LIST: &str = "SELECT sequence, app, stream, channel, domain, path, node, user_ip, stream_param, began_at, seen_at \
    FROM callback_pushes ORDER BY began_at, sequence";

/// A push whose begin has been told and whose end has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPush {
    /// The same in the events of its begin and its end.
    pub sequence: u64,
    /// Whose stream it is.
    pub app: AppId,
    /// The stream.
    pub stream: StreamName,
    /// The channel's number in channel mode, otherwise the stream's name.
    pub channel: String,
    /// The host name that it was pushed to.
    pub domain: String,
    /// The application name that it was pushed to.
    pub path: String,
    /// This server's address as the publisher reached it.
    pub node: String,
    /// The publisher's address.
    pub user_ip: String,
    /// The query of the push address; holds its signature.
    pub stream_param: String,
    /// When it began.
    pub began_at: UnixMs,
    /// When it was last known to run.
    pub seen_at: UnixMs,
}

impl Store {
    /// Notes that every push that is open now runs.
    pub async fn pushes_seen(&self, now: UnixMs) -> Result<(), Fault> {
        let failed = |error| self.reader.fault(Operation::WriteHooks, error);
        let mut write = self.write(Operation::WriteHooks).await?;
        sqlx::query(SEEN).bind(now.0).execute(&mut *write).await.map_err(failed)?;
        write.commit().await.map_err(failed)
    }
}

impl Reader {
    /// Pushes whose end has not been told, oldest first.
    pub async fn open_pushes(&self) -> Result<Vec<OpenPush>, Fault> {
        let rows = sqlx::query(LIST).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadHooks, error))?;
        rows.iter().map(|row| self.open_push(row)).collect()
    }

    fn open_push(&self, row: &SqliteRow) -> Result<OpenPush, Fault> {
        let odd = |column| Fault::value(&self.file, Operation::ReadHooks, "callback_pushes", column);
        let text = |column| self.hook_field::<String>(row, column);
        let number = |column| self.hook_field::<i64>(row, column);
        Ok(OpenPush {
            sequence: number("sequence")?.cast_unsigned(),
            app: AppId(u32::try_from(number("app")?).map_err(|_| odd("app"))?),
            stream: StreamName::parse(&text("stream")?).map_err(|_| odd("stream"))?,
            channel: text("channel")?,
            domain: text("domain")?,
            path: text("path")?,
            node: text("node")?,
            user_ip: text("user_ip")?,
            stream_param: text("stream_param")?,
            began_at: UnixMs(number("began_at")?),
            seen_at: UnixMs(number("seen_at")?),
        })
    }
}

/// What a record says of pushes that are open.
pub(super) async fn apply(connection: &mut SqliteConnection, record: &HookRecord) -> Result<(), sqlx::Error> {
    match record {
        HookRecord::Told(_) => return Ok(()),
        HookRecord::Ended { sequence, .. } => sqlx::query(CLOSE).bind(sequence.cast_signed()),
        HookRecord::Began { push, .. } => sqlx::query(OPEN)
            .bind(push.sequence.cast_signed())
            .bind(i64::from(push.app.0))
            .bind(push.stream.as_str())
            .bind(&push.channel)
            .bind(&push.domain)
            .bind(&push.path)
            .bind(&push.node)
            .bind(&push.user_ip)
            .bind(&push.stream_param)
            .bind(push.began_at.0),
    }
    .execute(connection)
    .await
    .map(|_| ())
}
