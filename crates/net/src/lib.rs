//! Sockets: listeners with accept limits, TLS, HTTP connections that can be taken back for live play, the delivery
//! threads that own players' sockets in bulk, and the one client that connects to other servers.

mod clock;
pub mod control;
mod cork;
pub mod delivery;
mod http;
mod listen;
pub mod outbound;
mod per_address;
mod quota;
mod stream;
#[cfg(test)]
mod testing;
pub mod tls;
mod write_deadline;

pub use clock::{MachineClock, MachineRng};
pub use cork::Corkable;
pub use http::{BoxError, HttpFault, HttpLimits, HttpService, LiveBody, Reply, Takeover, serve_http};
pub use listen::{BACKLOG, BindFault, Listener, Place, Seat};
pub use quota::{Full, Quota, Share};
pub use stream::Stream;
