//! The rows of all tables, generated from `tables/*.toml` by `cargo xtask codes --write`; not to be edited here.

mod av_client;
mod av_push;
mod av_record;
mod av_server;
mod liveroom;
mod lvb_access;
mod lvb_video;
mod minilvb;
mod zim;

pub use av_client::AvClient;
pub use av_push::AvPush;
pub use av_record::AvRecord;
pub use av_server::AvServer;
pub use liveroom::Liveroom;
pub use lvb_access::LvbAccess;
pub use lvb_video::LvbVideo;
pub use minilvb::Minilvb;
pub use zim::Zim;

use crate::{Row, Table};

/// The rows of one table, in the published order.
pub(crate) fn rows(table: Table) -> &'static [Row] {
    match table {
        Table::Minilvb => &minilvb::ROWS,
        Table::AvClient => &av_client::ROWS,
        Table::AvServer => &av_server::ROWS,
        Table::AvRecord => &av_record::ROWS,
        Table::AvPush => &av_push::ROWS,
        Table::Zim => &zim::ROWS,
        Table::Liveroom => &liveroom::ROWS,
        Table::LvbAccess => &lvb_access::ROWS,
        Table::LvbVideo => &lvb_video::ROWS,
    }
}

/// The titles of one table, English and Chinese.
pub(crate) fn titles(table: Table) -> (&'static str, &'static str) {
    match table {
        Table::Minilvb => minilvb::TITLES,
        Table::AvClient => av_client::TITLES,
        Table::AvServer => av_server::TITLES,
        Table::AvRecord => av_record::TITLES,
        Table::AvPush => av_push::TITLES,
        Table::Zim => zim::TITLES,
        Table::Liveroom => liveroom::TITLES,
        Table::LvbAccess => lvb_access::TITLES,
        Table::LvbVideo => lvb_video::TITLES,
    }
}
