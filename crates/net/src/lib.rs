//! Sockets: listeners with accept limits, HTTP connections that can be taken back for live play, and the delivery
//! threads that own players' sockets in bulk.

mod clock;
pub mod delivery;
mod http;
mod listen;

pub use clock::{MachineClock, MachineRng};
pub use http::{BoxError, HttpLimits, HttpService, Reply, Takeover, serve_http};
pub use listen::{BindFault, Listener, Seat};
