//! The Actions of the channel-hosting API, and ours for lists of addresses (dossier `lvb_api`, section b).
//!
//! The way of a call: the access layer ([`crate::access::serve`]) has checked who calls; [`Command::parse`] turns the
//! parameters into a [`Command`], whose values have their type and stand in their range; the server carries it out:
//!
//! ```text
//! impl Execute for ... {
//!     async fn execute(&self, caller: &Caller, command: Command) -> Result<Reply, ActionFault>
//! }
//! ```
//!
//! A [`Reply`] is done, fields beside `code` and `message`, or one outcome for each id of a batch. An [`ActionFault`]
//! gets its number in [`crate::codes::action`], by the Action that it happened to. Parsing judges types and the ranges of
//! paging; what a channel may be is the domain's to judge ([`vivace_domain::channel`]).

mod action;
mod command;
mod parse;
mod record;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use serde_json::{Map, Value};
use thiserror::Error;
use vivace_domain::account::AccountFault;
use vivace_domain::channel::ChannelFault;
use vivace_domain::ip_list::ListFault;
use vivace_domain::picture::PictureFault;
use vivace_gate::Tenant;

pub use action::{Action, Class};
pub use command::{ChannelFilter, Command, ListChannels, ModifyUpstream, OrderBy, Page};
pub use record::{RecordCommand, RecordRefusal, RecordStep, TaskOf};

use crate::access::ParameterFault;
use crate::channels::ChannelInfo;

/// Who has been let in with a call.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The app that everything in the call belongs to, and its account.
    pub tenant: Arc<Tenant>,
    /// The credential that signed, for the log of changes.
    pub secret_id: String,
    /// Where the call came from.
    pub peer: IpAddr,
    /// The call's number in log and reply: `requestId`.
    pub request: String,
}

/// What a command that was carried out answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// Nothing besides success.
    Done,
    /// Fields that stand beside `code` and `message`.
    Fields(Map<String, Value>),
    /// The channel that was asked for, as `channelInfo` beside them.
    Channel(Box<ChannelInfo>),
    /// What became of each id of a batch, in the order of the request.
    Batch(Vec<Outcome>),
}

/// What became of one id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The id, as it was given.
    pub id: String,
    /// Done, or why not.
    pub result: Result<(), ActionFault>,
}

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ActionFault {
    /// A parameter of the Action.
    #[error(transparent)]
    Parameter(#[from] ParameterFault),
    /// The account may not have it.
    #[error(transparent)]
    Account(#[from] AccountFault),
    /// The channel.
    #[error(transparent)]
    Channel(#[from] ChannelFault),
    /// The list of addresses.
    #[error(transparent)]
    List(#[from] ListFault),
    /// Screenshots.
    #[error(transparent)]
    Picture(#[from] PictureFault),
    /// Recordings.
    #[error(transparent)]
    Record(#[from] RecordRefusal),
    /// A part that the action needs is not active.
    #[error("{part} is not active")]
    Inactive {
        /// The part.
        part: &'static str,
    },
    /// The server failed; the log has the reason.
    #[error("the server failed")]
    Internal,
}

/// What carries commands out: the server's use cases.
pub trait Execute: Send + Sync {
    /// Carries out one command for a caller who may give it. What is answered with `Ok` is on disk.
    fn execute(&self, caller: &Caller, command: Command) -> impl Future<Output = Result<Reply, ActionFault>> + Send;
}
