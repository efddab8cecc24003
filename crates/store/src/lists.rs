//! Black and white lists of addresses.

use std::fmt::Write as _;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use vivace_base::{AppId, UnixMs};
use vivace_domain::ip_list::{Colour, Direction, IpBlock, IpList};

use crate::{Fault, Operation, Reader, Store};

const SELECT: &str = "SELECT app, direction, colour, blocks FROM ip_lists";
const WRITE: &str = "INSERT INTO ip_lists (app, direction, colour, blocks, updated_at) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (app, direction) DO UPDATE SET colour = excluded.colour, blocks = excluded.blocks, \
    updated_at = excluded.updated_at";
const DELETE: &str = "DELETE FROM ip_lists WHERE app = $1 AND direction = $2";

/// A list with whose it is and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptList {
    /// Whose.
    pub app: AppId,
    /// What for.
    pub direction: Direction,
    /// The list.
    pub list: IpList,
}

impl Store {
    /// Writes an app's list of a direction over the one before; without one, takes it away. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn set_ip_list(
        &self,
        app: AppId,
        direction: Direction,
        list: Option<&IpList>,
        now: UnixMs,
    ) -> Result<(), Fault> {
        let failed = |error| self.reader.fault(Operation::WriteList, error);
        let mut write = self.write(Operation::WriteList).await?;
        let query = match list {
            None => sqlx::query(DELETE).bind(i64::from(app.0)).bind(word(direction)),
            Some(list) => sqlx::query(WRITE)
                .bind(i64::from(app.0))
                .bind(word(direction))
                .bind(colour_word(list.colour))
                .bind(written(&list.blocks))
                .bind(now.0),
        };
        query.execute(&mut *write).await.map_err(failed)?;
        write.commit().await.map_err(failed)
    }
}

impl Reader {
    /// Every list: there are two of an app at most.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn ip_lists(&self) -> Result<Vec<KeptList>, Fault> {
        let rows = sqlx::query(SELECT).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadLists, error))?;
        rows.iter().map(|row| self.ip_list(row)).collect()
    }

    fn ip_list(&self, row: &SqliteRow) -> Result<KeptList, Fault> {
        let odd = |column| Fault::value(self.file(), Operation::ReadLists, "ip_lists", column);
        let text = |column: &'static str| {
            row.try_get::<String, _>(column).map_err(|error| self.fault(Operation::ReadLists, error))
        };
        let app: i64 = row.try_get("app").map_err(|error| self.fault(Operation::ReadLists, error))?;
        let direction = match text("direction")?.as_str() {
            "push" => Direction::Push,
            "play" => Direction::Play,
            _ => return Err(odd("direction")),
        };
        let colour = match text("colour")?.as_str() {
            "black" => Colour::Black,
            "white" => Colour::White,
            _ => return Err(odd("colour")),
        };
        let blocks = read(&text("blocks")?).ok_or_else(|| odd("blocks"))?;
        let app = AppId(u32::try_from(app).map_err(|_| odd("app"))?);
        Ok(KeptList { app, direction, list: IpList { colour, blocks } })
    }
}

const fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Push => "push",
        Direction::Play => "play",
    }
}

const fn colour_word(colour: Colour) -> &'static str {
    match colour {
        Colour::Black => "black",
        Colour::White => "white",
    }
}

fn written(blocks: &[IpBlock]) -> String {
    let mut text = String::new();
    for block in blocks {
        let address = u128::from_be_bytes(block.octets());
        // Writing to a string cannot fail.
        let _ = write!(text, "{address:032x}/{} ", block.prefix());
    }
    text.truncate(text.trim_end().len());
    text
}

fn read(text: &str) -> Option<Vec<IpBlock>> {
    let block = |word: &str| {
        let (address, prefix) = word.split_once('/')?;
        IpBlock::new(u128::from_str_radix(address, 16).ok()?.to_be_bytes(), prefix.parse().ok()?)
    };
    text.split_whitespace().map(block).collect()
}
