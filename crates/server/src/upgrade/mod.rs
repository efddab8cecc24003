//! Upgrade without a cut: a new process takes the listening sockets, and the old one lets its sessions end.
//!
//! Over the control socket in the data folder the new one asks, and gets the listeners, the folder's lock and what players
//! hold of the old one. When it is ready, the old one stops accepting; when it accepts, the old one lets go. Whichever
//! process fails before that, the other goes on as if nothing had been. The listening sockets stay open all the time.

mod arrivals;
mod drain;
mod fault;
mod give;
mod message;
mod origin;
mod take;
#[cfg(test)]
mod tests;

pub(crate) use arrivals::Arrivals;
pub(crate) use drain::{Departures, drain};
pub use fault::UpgradeFault;
pub(crate) use give::{Estate, Giver};
pub(crate) use message::Listed;
pub(crate) use origin::Origin;
pub(crate) use take::{Predecessor, ask};

/// Name of the control socket in the data folder.
const SOCKET: &str = "control.sock";
