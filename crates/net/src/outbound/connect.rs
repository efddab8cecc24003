use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use socket2::SockRef;
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

use super::roots::Roots;
use super::{Allow, OutboundFault};
use crate::listen::keepalive;
use crate::tls::TlsFault;

/// Addresses of one host that are tried.
const ADDRESSES_MAX: usize = 8;

/// Where to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    host: String,
    port: u16,
}

impl Destination {
    /// A host name or an IP address (IPv6 with or without brackets), and a port.
    ///
    /// # Errors
    /// [`OutboundFault::Destination`].
    pub fn new(host: &str, port: u16) -> Result<Self, OutboundFault> {
        let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let host = bracketed.filter(|inner| inner.parse::<Ipv6Addr>().is_ok()).unwrap_or(host);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let is_name = (1..=253).contains(&host.len()) && host.bytes().all(plain);
        if port == 0 || !(is_name || host.parse::<IpAddr>().is_ok()) {
            return Err(OutboundFault::Destination);
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

/// A connection to another server: TCP, or TLS over it.
pub type OutgoingStream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// A connection that has come about.
#[derive(Debug)]
pub struct Outgoing {
    /// The connection.
    pub stream: OutgoingStream,
    /// The address that was looked at and connected to.
    pub address: SocketAddr,
}

/// Connects to other servers.
pub struct Outbound {
    allow: RwLock<Allow>,
    roots: Arc<Roots>,
    client: OnceCell<Arc<ClientConfig>>,
}

impl Outbound {
    /// `ca` is a PEM file of authorities that are believed besides the system's.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn new(allow: Allow, ca: Option<&Path>) -> Result<Self, TlsFault> {
        Ok(Self { allow: RwLock::new(allow), roots: Arc::new(Roots::open(ca)?), client: OnceCell::new() })
    }

    /// From now on these addresses are allowed. Connections that are there stay.
    pub fn set_allow(&self, allow: Allow) {
        *self.allow.write() = allow;
    }

    /// Connects within `ms` milliseconds, the TLS handshake included if it is wanted.
    ///
    /// # Errors
    /// Each [`OutboundFault`].
    pub async fn connect(&self, to: &Destination, tls: bool, ms: u64) -> Result<Outgoing, OutboundFault> {
        // The runtime's clock is the one that its timers go by.
        let until = Instant::now() + Duration::from_millis(ms);
        let late = |what| move |_| OutboundFault::Timeout { what, ms };
        let addresses = timeout_at(until, self.addresses(to)).await.map_err(late("the look-up of the host"))??;
        let (socket, address) = reach(&addresses, until, ms).await?;
        prepare(&socket);
        if !tls {
            return Ok(Outgoing { stream: Either::Left(socket), address });
        }
        let shaking = self.shake_hands(to, socket, address);
        let stream = timeout_at(until, shaking).await.map_err(late("the TLS handshake"))??;
        Ok(Outgoing { stream: Either::Right(Box::new(stream)), address })
    }

    /// The addresses that may be connected to; an address that was looked up is not looked up again.
    async fn addresses(&self, to: &Destination) -> Result<Vec<SocketAddr>, OutboundFault> {
        let unresolved = |source| OutboundFault::Unresolved { host: to.host.clone(), source };
        let found: Vec<SocketAddr> = match to.host.parse::<IpAddr>() {
            Ok(ip) => vec![SocketAddr::new(ip, to.port)],
            Err(_) => lookup_host((to.host.as_str(), to.port)).await.map_err(unresolved)?.collect(),
        };
        let allow = self.allow.read();
        let mut refused = None;
        let mut allowed = Vec::new();
        for address in found {
            match allow.refuses(address.ip()) {
                Some(kind) => {
                    refused.get_or_insert(OutboundFault::Refused { address: address.ip(), kind });
                }
                None => allowed.push(address),
            }
        }
        allowed.truncate(ADDRESSES_MAX);
        match (allowed.is_empty(), refused) {
            (false, _) => Ok(allowed),
            (true, Some(refused)) => Err(refused),
            (true, None) => Err(unresolved(io::ErrorKind::NotFound.into())),
        }
    }

    async fn shake_hands(
        &self,
        to: &Destination,
        socket: TcpStream,
        address: SocketAddr,
    ) -> Result<TlsStream<TcpStream>, OutboundFault> {
        // Hundreds of certificates in files of the system's: read once, at the first use, where a thread may wait.
        let client = self.client.get_or_try_init(|| {
            let roots = self.roots.clone();
            let reading = tokio::task::spawn_blocking(move || roots.client());
            async { reading.await.unwrap_or_else(|error| Err(OutboundFault::Setup(error.to_string()))) }
        });
        let name = ServerName::try_from(to.host.clone()).map_err(|_| OutboundFault::Destination)?;
        let connector = TlsConnector::from(client.await?.clone());
        connector.connect(name, socket).await.map_err(|source| OutboundFault::Tls { address, source })
    }
}

/// Tries one address after the other; each has its share of the time that is left.
async fn reach(addresses: &[SocketAddr], until: Instant, ms: u64) -> Result<(TcpStream, SocketAddr), OutboundFault> {
    let mut last = OutboundFault::Timeout { what: "the connection", ms };
    for (at, &address) in addresses.iter().enumerate() {
        let left = until.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(addresses.len() - at).unwrap_or(u32::MAX);
        match timeout_at(Instant::now() + share, TcpStream::connect(address)).await {
            Ok(Ok(socket)) => return Ok((socket, address)),
            Ok(Err(source)) => last = OutboundFault::Unreachable { address, source },
            Err(_) => last = OutboundFault::Timeout { what: "the connection", ms },
        }
    }
    Err(last)
}

/// The same options as those of accepted connections. Without them it works too, so a refusal is only noted.
fn prepare(socket: &TcpStream) {
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was refused");
    }
    if let Err(error) = SockRef::from(socket).set_tcp_keepalive(&keepalive()) {
        tracing::debug!(%error, "TCP keep-alive was refused");
    }
}
