//! The whole server, assembled from a [`Config`]: load it, ask it for its addresses, run it.

mod config;
mod fault;
mod http;
mod keeper;
mod load;
mod lock;
mod metrics;
mod rates;
mod ready;
mod refusals;
mod rtmp;
mod run;
mod sessions;
mod shared;
mod tls;
mod view;

pub use config::{Auth, Config, TlsConfig};
pub use fault::{LoadFault, RunFault};
pub use load::{Addresses, Server};
pub use vivace_net::BindFault;
pub use vivace_net::tls::TlsFault;
