//! The LVB-code API: `/common_access` (dossier `lvb_api`, section c). Everything stands in the URL; a stamp of the app's
//! `api_key` signs how long the call is good.
//!
//! The way of a call: [`serve`] reads the pairs, asks [`vivace_gate::Access`] who calls, reads the parameters of the
//! [`Interface`] into a [`Command`], and has an [`Execute`] carry it out. A [`Fault`] gets its number in
//! [`crate::codes::code_api`].

mod command;
mod fault;
pub mod fuzz;
mod interface;
mod params;
mod serve;
#[cfg(test)]
mod tests;

pub use command::{Command, ListChannels, Page, Part, State};
pub use fault::Fault;
pub use interface::Interface;
pub use serve::{Answer, Caller, Execute, PATH, Request, refuse, serve};
