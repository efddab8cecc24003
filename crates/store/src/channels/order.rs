//! The order of an app's channels in memory, so that a page from the middle of very many costs what the first one does.
//!
//! The store is the truth: an order holds for one number of changes, which stands in the store and is read with each page.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use sqlx::SqliteConnection;
use vivace_base::AppId;

/// Pages that begin closer to an end are read from the database's index.
pub(super) const NEAR: u64 = 500;
/// Orders kept.
const ORDERS_MAX: usize = 16;

/// Which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Which {
    pub(super) app: AppId,
    pub(super) closed_only: bool,
    pub(super) by_name: bool,
}

/// The orders that were asked for.
#[derive(Debug, Default)]
pub(crate) struct Orders(Mutex<HashMap<Which, Order>>);

#[derive(Clone, Debug)]
struct Order {
    changes: i64,
    /// None until it is asked for a second time: where channels change all the time it would be in vain.
    ids: Option<Arc<[i64]>>,
}

impl Orders {
    /// The numbers of the channels in ascending order after so many changes, if it is worth while to know.
    pub(super) async fn get(
        &self,
        connection: &mut SqliteConnection,
        which: Which,
        changes: i64,
    ) -> Result<Option<Arc<[i64]>>, sqlx::Error> {
        match self.known(which, changes) {
            Known::Not => return Ok(None),
            Known::Order(ids) => return Ok(Some(ids)),
            Known::Asked => {}
        }
        let state = if which.closed_only { " AND closed = 1" } else { "" };
        let key = if which.by_name { "name" } else { "created_at" };
        let sql = format!("SELECT id FROM channels WHERE app = $1{state} ORDER BY {key}, id");
        let ids = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(i64::from(which.app.0));
        let ids: Arc<[i64]> = ids.fetch_all(connection).await?.into();
        self.0.lock().insert(which, Order { changes, ids: Some(ids.clone()) });
        Ok(Some(ids))
    }

    fn known(&self, which: Which, changes: i64) -> Known {
        let mut orders = self.0.lock();
        match orders.get(&which) {
            Some(order) if order.changes == changes => order.ids.clone().map_or(Known::Asked, Known::Order),
            _ => {
                if orders.len() >= ORDERS_MAX {
                    orders.clear();
                }
                orders.insert(which, Order { changes, ids: None });
                Known::Not
            }
        }
    }
}

enum Known {
    /// It is asked for the first time since the last change.
    Not,
    /// It was asked for before.
    Asked,
    Order(Arc<[i64]>),
}
