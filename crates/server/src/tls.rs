use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use vivace_base::UnixMs;
use vivace_lvb::connect::CLOUD_NAMES;
use vivace_net::tls::{Acceptor, Certificates, Files, Look, TlsFault, own_names};
use vivace_net::{BindFault, Listener};

use crate::load::address;
use crate::shared::Shared;
use crate::{Config, LoadFault};

/// A certificate that ends within so many seconds is warned of.
pub const WARN_S: i64 = 14 * 86_400;
/// How often it is warned of, in looks.
const WARN_EVERY: u64 = 86_400;
/// Between two looks at the files.
const LOOK: Duration = Duration::from_secs(1);

/// A listener whose connections begin with a TLS handshake.
pub(crate) struct TlsListener {
    pub(crate) listener: Listener,
    pub(crate) acceptor: Acceptor,
    role: &'static str,
    asked: SocketAddr,
}

impl TlsListener {
    /// Opens one, if it is wanted, by `open`.
    pub(crate) fn open(
        role: &'static str,
        at: Option<SocketAddr>,
        certificates: Option<&Arc<Certificates>>,
        alpn: &[&[u8]],
        open: impl FnOnce(SocketAddr) -> Result<Listener, BindFault>,
    ) -> Result<Option<Self>, LoadFault> {
        let (Some(asked), Some(certificates)) = (at, certificates) else { return Ok(None) };
        let acceptor = Acceptor::new(certificates.clone(), alpn)?;
        let listener = open(asked)?;
        Ok(Some(Self { listener, acceptor, role, asked }))
    }

    /// The address taken.
    pub(crate) fn address(&self) -> Result<SocketAddr, BindFault> {
        address(&self.listener, self.role, self.asked)
    }
}

/// The certificate of the TLS listeners; none if there are none. A self-signed one is made where the settings name no
/// file and none is there.
pub(crate) fn certificates(config: &Config, now: UnixMs) -> Result<Option<Arc<Certificates>>, TlsFault> {
    let Some((files, may_make)) = certificate_files(config) else { return Ok(None) };
    let names = names(config);
    let certificates = Certificates::open(files, may_make.then_some(names.as_slice()), now)?;
    Ok(Some(Arc::new(certificates)))
}

/// Where the certificate of the TLS listeners is, and whether a self-signed one is made there if neither file is; none
/// if there are no such listeners.
pub fn certificate_files(config: &Config) -> Option<(Files, bool)> {
    if config.rtmps.is_none() && config.https.is_none() {
        return None;
    }
    let tls = &config.tls;
    Some((files(config), tls.cert.is_none() && tls.key.is_none()))
}

/// Where the certificate and its key are.
pub(crate) fn files(config: &Config) -> Files {
    let in_data = |name| config.data.join("tls").join(name);
    Files {
        cert: config.tls.cert.clone().unwrap_or_else(|| in_data("cert.pem")),
        key: config.tls.key.clone().unwrap_or_else(|| in_data("key.pem")),
    }
}

fn names(config: &Config) -> Vec<String> {
    if !config.tls.names.is_empty() {
        return config.tls.names.clone();
    }
    let mut names = own_names();
    if let Some(host) = &config.public_host {
        let host = host.trim_matches(['[', ']']).to_owned();
        if !names.contains(&host) {
            names.push(host);
        }
    }
    names.extend(CLOUD_NAMES.map(str::to_owned));
    names
}

/// Follows the certificate's files, and warns of its end.
pub(crate) async fn follow(shared: &Shared) {
    let Some(certificates) = &shared.certificates else { return pending().await };
    if certificates.were_made() {
        let (files, names) = (certificates.files(), names(&shared.config()));
        let path = files.cert.display();
        let hint = "clients do not trust it unless they are told to";
        tracing::info!(%path, ?names, hint, "a self-signed certificate was made");
    }
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for count in 0_u64.. {
        looks.tick().await;
        look(shared, certificates, count.is_multiple_of(WARN_EVERY)).await;
    }
}

async fn look(shared: &Shared, certificates: &Arc<Certificates>, warn: bool) {
    let files = certificates.files();
    let (cert, key) = (files.cert.display(), files.key.display());
    // The files may be on a disk that does not answer.
    let looked = tokio::task::spawn_blocking({
        let certificates = certificates.clone();
        move || certificates.look()
    });
    let expires_in_s = || certificates.expires_in_s(shared.clock.unix());
    let swapped = match looked.await {
        Ok(Look::Swapped) => {
            tracing::info!(%cert, expires_in_s = expires_in_s(), "a new certificate is in use");
            true
        }
        Ok(Look::Kept(fault)) => {
            tracing::error!(%cert, %key, %fault, remedy = fault.remedy(), "the new certificate cannot be used; the old one stays");
            false
        }
        Ok(Look::Same) | Err(_) => false,
    };
    if swapped || warn {
        warn_of_end(&cert, expires_in_s());
    }
}

fn warn_of_end(cert: &dyn std::fmt::Display, expires_in_s: i64) {
    let remedy = "install a new pair in its place; it is taken into use at once. A self-signed pair is made anew at the \
                  next start if both files are removed";
    if expires_in_s <= 0 {
        tracing::error!(%cert, expired_s_ago = -expires_in_s, remedy, "the certificate has expired: clients refuse it");
    } else if expires_in_s < WARN_S {
        tracing::warn!(%cert, expires_in_s, remedy, "the certificate expires soon");
    }
}
