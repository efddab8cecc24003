//! A channel as a row.

use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Row, Sqlite};
use vivace_base::{AppId, Secret, StreamName, UnixMs};
use vivace_domain::channel::{Channel, ChannelId, Rate, Receiver, Source, SourceKind};

use crate::{Fault, Operation, Reader};

/// The columns in the order in which [`bind`] takes the fields.
pub(super) const COLUMNS: &str = "id, app, name, description, source_id, source_name, source_kind, source_address, \
    receiver, rates, watermark, password, stream, closed, created_at, revision";

type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

/// Binds every field, as $1 to $16.
pub(super) fn bind<'q>(query: Query<'q>, channel: &Channel) -> Query<'q> {
    let source = &channel.source;
    query
        .bind(channel.id.0.cast_signed())
        .bind(i64::from(channel.app.0))
        .bind(channel.name.clone())
        .bind(channel.describe.clone())
        .bind(source.id.cast_signed())
        .bind(source.name.clone())
        .bind(source.kind.number())
        .bind(source.address.as_ref().map(|address| address.reveal().clone()))
        .bind(channel.receiver.number())
        .bind(written(&channel.rates))
        .bind(channel.watermark.map(u64::cast_signed))
        .bind(channel.password.as_ref().map(|password| password.reveal().clone()))
        .bind(channel.stream.as_str().to_owned())
        .bind(channel.closed)
        .bind(channel.created_at.0)
        .bind(channel.revision.cast_signed())
}

impl Reader {
    /// The channel in a row that has [`COLUMNS`].
    pub(super) fn parse_channel(&self, row: &SqliteRow) -> Result<Channel, Fault> {
        let odd = |column| Fault::value(self.file(), Operation::ReadChannels, "channels", column);
        let number = |column| self.cell::<i64>(row, column);
        let text = |column| self.cell::<String>(row, column);
        let secret = |column| Ok::<_, Fault>(self.cell::<Option<String>>(row, column)?.map(Secret::new));
        let kind = SourceKind::from_number(number("source_kind")?).ok_or_else(|| odd("source_kind"))?;
        let address = secret("source_address")?;
        if (kind == SourceKind::Push) != address.is_none() {
            return Err(odd("source_address"));
        }
        let source = Source { id: number("source_id")?.cast_unsigned(), name: text("source_name")?, kind, address };
        Ok(Channel {
            id: ChannelId(number("id")?.cast_unsigned()),
            app: AppId(u32::try_from(number("app")?).map_err(|_| odd("app"))?),
            name: text("name")?,
            describe: text("description")?,
            source,
            receiver: Receiver::from_number(number("receiver")?).ok_or_else(|| odd("receiver"))?,
            rates: read(&text("rates")?).ok_or_else(|| odd("rates"))?,
            watermark: self.cell::<Option<i64>>(row, "watermark")?.map(i64::cast_unsigned),
            password: secret("password")?,
            stream: StreamName::parse(&text("stream")?).map_err(|_| odd("stream"))?,
            closed: self.cell(row, "closed")?,
            created_at: UnixMs(number("created_at")?),
            revision: number("revision")?.cast_unsigned(),
        })
    }

    pub(super) fn cell<'r, T>(&self, row: &'r SqliteRow, column: &'static str) -> Result<T, Fault>
    where
        T: sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite>,
    {
        row.try_get(column).map_err(|error| self.fault(Operation::ReadChannels, error))
    }
}

/// Rates as `0,10,20`.
fn written(rates: &[Rate]) -> String {
    rates.iter().map(|rate| rate.number().to_string()).collect::<Vec<_>>().join(",")
}

fn read(text: &str) -> Option<Vec<Rate>> {
    text.split(',').map(|number| number.parse().ok().and_then(Rate::from_number)).collect()
}
