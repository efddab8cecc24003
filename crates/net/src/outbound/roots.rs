use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

use super::OutboundFault;
use crate::tls::{TlsFault, read_certificates};

/// Whom outgoing connections believe: the authorities that the system trusts, and those in a file of the operator's.
pub(super) struct Roots {
    own: Vec<CertificateDer<'static>>,
}

impl Roots {
    /// Reads the operator's file; the system's are read when they are needed.
    pub(super) fn open(file: Option<&Path>) -> Result<Self, TlsFault> {
        let own = file.map(read_certificates).transpose()?.unwrap_or_default();
        // One that cannot be used is told at the start and not at the first connection.
        let mut store = RootCertStore::empty();
        for certificate in &own {
            store.add(certificate.clone()).map_err(|error| TlsFault::Certificate {
                path: file.map(Path::to_owned).unwrap_or_default(),
                reason: error.to_string(),
            })?;
        }
        Ok(Self { own })
    }

    /// A client that believes them. Reads files: not for threads that must not wait.
    pub(super) fn client(&self) -> Result<Arc<ClientConfig>, OutboundFault> {
        let mut store = RootCertStore::empty();
        let system = rustls_native_certs::load_native_certs();
        for error in &system.errors {
            tracing::warn!(%error, "some of the system's root certificates cannot be read");
        }
        // One in hundreds that the library does not understand is no reason to believe none.
        let (_, ignored) = store.add_parsable_certificates(system.certs);
        if ignored > 0 {
            tracing::debug!(ignored, "some of the system's root certificates cannot be used");
        }
        store.add_parsable_certificates(self.own.iter().cloned());
        if store.is_empty() {
            return Err(OutboundFault::NoRoots);
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| OutboundFault::Setup(error.to_string()))?;
        Ok(Arc::new(builder.with_root_certificates(store).with_no_client_auth()))
    }
}
