use std::path::PathBuf;

use thiserror::Error;

/// Why a certificate and its key cannot be used. Each names the file; [`TlsFault::remedy`] says what to do.
#[derive(Debug, Error)]
pub enum TlsFault {
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file is larger than any certificate or key.
    #[error("{} has {bytes} bytes, more than {max}", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// What is allowed.
        max: u64,
    },
    /// A file holds no block of the kind that is wanted, or a broken one.
    #[error("{} holds no usable {wanted} in PEM form: {reason}", .path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        wanted: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The certificate is no X.509 certificate.
    #[error("the certificate in {} cannot be used: {reason}", .path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The key is of no kind that TLS uses.
    #[error("the private key in {} cannot be used: {reason}", .path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The key belongs to another certificate.
    #[error("the private key in {} does not belong to the first certificate in {}", .key.display(), .cert.display())]
    Mismatch {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// A self-signed pair cannot be written.
    #[error("a self-signed certificate cannot be written to {}: {source}", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A self-signed pair cannot be made.
    #[error("a self-signed certificate for {names} cannot be made: {reason}")]
    Make {
        /// The names it should have.
        names: String,
        /// What is wrong.
        reason: String,
    },
    /// The TLS library does not take its settings; a fault of the build.
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

impl TlsFault {
    /// What to do about it.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => {
                "put the pair there and let the server's user read it; without both files in the data folder, a \
                 self-signed pair is made at the next start; `rtmps` and `https` set to nothing need none"
            }
            Self::TooLarge { .. } | Self::Pem { .. } => {
                "the certificate's file holds CERTIFICATE blocks, the server's own first and then those of its issuers \
                 (fullchain.pem); the key's file holds one PRIVATE KEY block without a passphrase (privkey.pem)"
            }
            Self::Certificate { .. } => {
                "`openssl x509 -noout -text -in FILE` shows what it holds; have it issued again"
            }
            Self::Key { .. } => {
                "use an RSA (2048 bits or more), ECDSA P-256 or P-384, or Ed25519 key without a passphrase"
            }
            Self::Mismatch { .. } => {
                "install both files of the same issue, the certificate of the server first in its file"
            }
            Self::Unwritable { .. } => {
                "let the server's user write there, or name a pair with `tls.cert` and `tls.key`"
            }
            Self::Make { .. } => "set `tls.names` to host names and IP addresses",
            Self::Setup(_) => "report it; until then `rtmps` and `https` set to nothing start the server without TLS",
        }
    }
}
