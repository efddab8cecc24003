use std::fs::{self, File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, InconsistentKeys};
use vivace_base::{Secret, UnixMs};

use super::TlsFault;
use super::expiry::not_after;

/// A chain of certificates with its key takes a few kilobytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Where the certificate and its key are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The certificate, the server's own first, then those of its issuers; PEM.
    pub cert: PathBuf,
    /// Its private key without a passphrase; PEM.
    pub key: PathBuf,
}

/// A certificate with its key, ready for handshakes.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) key: Arc<CertifiedKey>,
    pub(super) expires_at: UnixMs,
}

/// What a look at both files sees without reading them: they have changed when this has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp([Option<(u64, u64, i64, i64)>; 2]);

impl Files {
    /// Whether neither file is there.
    pub(super) fn are_missing(&self) -> bool {
        [&self.cert, &self.key].into_iter().all(|path| matches!(path.try_exists(), Ok(false)))
    }

    pub(super) fn stamp(&self) -> Stamp {
        let of = |data: Metadata| (data.ino(), data.size(), data.mtime(), data.mtime_nsec());
        Stamp([&self.cert, &self.key].map(|path| fs::metadata(path).ok().map(of)))
    }

    /// Reads both files and sees whether they belong together.
    pub(super) fn load(&self, provider: &CryptoProvider) -> Result<Pair, TlsFault> {
        let chain = read_certificates(&self.cert)?;
        let first = chain.first().map(|first| not_after(first));
        let expires_at = first.flatten().ok_or_else(|| TlsFault::Certificate {
            path: self.cert.clone(),
            reason: "it is no X.509 certificate".to_owned(),
        })?;
        let text = read(&self.key)?;
        let key =
            PrivateKeyDer::from_pem_slice(text.reveal()).map_err(|error| pem(&self.key, "private key", &error))?;
        let key = CertifiedKey::from_der(chain, key, provider).map_err(|error| self.unfit(&error))?;
        Ok(Pair { key: Arc::new(key), expires_at })
    }

    fn unfit(&self, error: &Error) -> TlsFault {
        match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                TlsFault::Mismatch { cert: self.cert.clone(), key: self.key.clone() }
            }
            Error::InvalidCertificate(reason) => {
                TlsFault::Certificate { path: self.cert.clone(), reason: in_words(reason) }
            }
            other => TlsFault::Key { path: self.key.clone(), reason: other.to_string() },
        }
    }
}

/// Every certificate in a PEM file, one at least.
pub(crate) fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let text = read(path)?;
    let blocks: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.reveal()).collect();
    let found = blocks.map_err(|error| pem(path, "certificate", &error))?;
    if found.is_empty() {
        return Err(pem(path, "certificate", &rustls::pki_types::pem::Error::NoItemsFound));
    }
    Ok(found)
}

/// A file's bytes; they may be a key's.
fn read(path: &Path) -> Result<Secret<Vec<u8>>, TlsFault> {
    let unreadable = |source| TlsFault::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    if bytes > FILE_BYTES_MAX {
        return Err(TlsFault::TooLarge { path: path.to_owned(), bytes, max: FILE_BYTES_MAX });
    }
    let mut text = Vec::new();
    file.take(FILE_BYTES_MAX).read_to_end(&mut text).map_err(unreadable)?;
    Ok(Secret::new(text))
}

fn in_words(reason: &CertificateError) -> String {
    match reason {
        // What `openssl x509 -req` issues unless it is given extensions.
        CertificateError::Other(inner) if inner.to_string() == "UnsupportedCertVersion" => {
            "it is of X.509 version 1, which has no names; version 3, with a subjectAltName, is needed".to_owned()
        }
        CertificateError::Other(inner) => inner.to_string(),
        other => other.to_string(),
    }
}

fn pem(path: &Path, wanted: &'static str, error: &rustls::pki_types::pem::Error) -> TlsFault {
    use rustls::pki_types::pem::Error;
    // The library's own words may quote the file's content.
    let reason = match error {
        Error::NoItemsFound => "there is no such block",
        Error::MissingSectionEnd { .. } => "a block has no end",
        Error::IllegalSectionStart { .. } => "the first line of a block is malformed",
        Error::Base64Decode(_) => "a block is no base64",
        _ => "it cannot be read",
    };
    TlsFault::Pem { path: path.to_owned(), wanted, reason: reason.to_owned() }
}
