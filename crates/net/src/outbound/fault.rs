use std::io;
use std::net::{IpAddr, SocketAddr};

use thiserror::Error;

use super::Kind;

/// Why a connection to another server did not come about.
#[derive(Debug, Error)]
pub enum OutboundFault {
    /// Every address of the host is one that this server does not connect to.
    #[error(
        "{address} is {kind}, which this server does not connect to: add it to the setting outbound.allow to permit it"
    )]
    Refused {
        /// The first such address.
        address: IpAddr,
        /// What it is.
        kind: Kind,
    },
    /// The host is neither a name nor an address, or the port is 0.
    #[error("the host or the port cannot be connected to")]
    Destination,
    /// The host name has no address.
    #[error("the host {host} has no address: {source}")]
    Unresolved {
        /// The name.
        host: String,
        /// The system's reason.
        source: io::Error,
    },
    /// No address of the host takes the connection.
    #[error("{address} cannot be reached: {source}")]
    Unreachable {
        /// The last one that was tried.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// The handshake of TLS failed: most often the server's certificate is not trusted.
    #[error("TLS with {address} failed: {source}")]
    Tls {
        /// The server.
        address: SocketAddr,
        /// The reason.
        source: io::Error,
    },
    /// TLS cannot be used at all: this machine has no root certificates.
    #[error("there are no root certificates to check the server's by: install the system's, or set outbound.ca")]
    NoRoots,
    /// The TLS library does not take its settings.
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
    /// It took too long.
    #[error("{what} took longer than {ms} ms")]
    Timeout {
        /// What was under way.
        what: &'static str,
        /// The limit for all of it.
        ms: u64,
    },
}

impl OutboundFault {
    /// Whether only the operator can change it: another try of the same is in vain.
    pub const fn is_lasting(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Destination | Self::NoRoots | Self::Setup(_))
    }
}
