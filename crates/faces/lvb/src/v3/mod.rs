//! API 3.0 (dossier `lvb_api`, section h): version 2018-08-01 of `live`, signed with TC3-HMAC-SHA256 or with the HMAC of
//! version 2, and answered in an envelope of its own.
//!
//! The way of a call is that of [`crate::access`]: [`is_v3`] tells whose call it is, [`serve`] finds the Action, asks
//! [`vivace_gate::Access`] who calls, reads the parameters into a [`Command`], and has an [`Execute`] carry it out. A
//! [`Fault`] gets its name in [`code`], and its row of the catalogue in [`crate::codes::v3`].

mod action;
mod command;
mod fault;
mod names;
mod params;
mod parse;
mod records;
mod serve;
mod signed;
#[cfg(test)]
mod tests;
mod time;
mod watermarks;

pub use action::{Action, Group};
pub use command::{
    CallbackCommand, Command, DomainCommand, Events, EventsFilter, Page, PictureCommand, PictureTemplateChange,
    PullChange, PullCommand, PullNew, StatisticsCommand, StreamCommand, StreamRef, TaskId, Template, TemplateChange,
    TopOrder,
};
pub use fault::{Fault, code};
pub use names::UNSUPPORTED;
pub use params::Params;
pub use records::{FormatChange, RecordCommand, RecordNew, RecordTemplateChange};
pub use serve::{Answer, Execute, Request, answered, is_v3, refuse, serve};
pub use time::{Form, Moment, utc};
pub use watermarks::WatermarkCommand;

/// The version of the API.
pub const VERSION: &str = "2018-08-01";
