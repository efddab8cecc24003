//! The one way to other servers: finds their address, looks at it, connects to the very address it has looked at.
//!
//! Addresses come from operators and from callers of APIs, so they may point at what only this machine can reach: its own
//! services, its neighbours, the cloud's metadata. Such addresses are refused unless the operator has allowed them.

mod address;
mod allow;
mod connect;
mod fault;
mod get;
mod roots;

pub use address::{Kind, kind_of};
pub use allow::{Allow, AllowFault};
pub use connect::{Destination, Outbound, Outgoing, OutgoingStream};
pub use fault::OutboundFault;
pub use get::{Get, GetFault, Getter, Got};

#[cfg(test)]
mod tests;
