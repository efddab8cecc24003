//! Sockets: listeners with accept limits, HTTP connections that can be taken back for live play, and the delivery
//! threads that own players' sockets in bulk.

mod clock;
pub mod delivery;
mod http;
mod listen;
mod quota;
mod write_deadline;

pub use clock::{MachineClock, MachineRng};
pub use http::{BoxError, HttpLimits, HttpService, Reply, Takeover, serve_http};
pub use listen::{BindFault, Listener, Place, Seat};
pub use quota::{Quota, Share};
