//! TLS: a certificate that is followed on disk and swapped under live connections, and the handshake of a listener.

mod accept;
mod certificates;
mod expiry;
mod facts;
mod fault;
pub mod fuzz;
mod make;
mod pair;
#[cfg(test)]
mod tests;

pub use accept::{ALPN_HTTP1, ALPN_HTTP2, Acceptor, HandshakeFault};
pub use certificates::{Certificates, Look};
pub use facts::CertificateFacts;
pub use fault::TlsFault;
pub use make::own_names;
pub use pair::Files;
pub(crate) use pair::read_certificates;
