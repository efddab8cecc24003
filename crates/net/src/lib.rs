//! Sockets: listeners with accept limits, TLS, HTTP connections that can be taken back for live play, and the delivery
//! threads that own players' sockets in bulk.

mod clock;
pub mod delivery;
mod http;
mod listen;
mod quota;
mod stream;
#[cfg(test)]
mod testing;
pub mod tls;
mod write_deadline;

pub use clock::{MachineClock, MachineRng};
pub use http::{BoxError, HttpLimits, HttpService, LiveBody, Reply, Takeover, serve_http};
pub use listen::{BindFault, Listener, Place, Seat};
pub use quota::{Quota, Share};
pub use stream::Stream;
