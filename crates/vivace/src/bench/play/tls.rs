//! TLS of a player: a client that takes any certificate, because only its cost is asked here.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};

/// One player's side of a TLS connection.
pub(super) struct Tls(ClientConnection);

/// What all players' connections share, so that sessions may be resumed as browsers do.
#[derive(Clone)]
pub(super) struct TlsClient {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl TlsClient {
    /// A client that asks for `host`.
    ///
    /// # Errors
    /// No TLS name or address is spelled like that.
    pub(super) fn new(host: &str) -> Result<Self, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder =
            ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
        let verifier = Arc::new(Anybody(provider));
        let config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        let name = ServerName::try_from(host.to_owned()).map_err(|error| Error::General(error.to_string()))?;
        Ok(Self { config: Arc::new(config), name })
    }

    /// A connection that has not begun.
    ///
    /// # Errors
    /// As of rustls.
    pub(super) fn connect(&self) -> Result<Tls, Error> {
        ClientConnection::new(Arc::clone(&self.config), self.name.clone()).map(Tls)
    }
}

impl Tls {
    /// Whether no bytes can be exchanged yet.
    pub(super) fn is_handshaking(&self) -> bool {
        self.0.is_handshaking()
    }

    /// Takes one receive's worth from the socket; plain bytes into `out`, and how many came over the wire. 0 at the end.
    ///
    /// # Errors
    /// Of the socket, or [`io::ErrorKind::InvalidData`] for what is no TLS.
    pub(super) fn receive(&mut self, mut socket: &TcpStream, out: &mut Vec<u8>) -> io::Result<usize> {
        out.clear();
        let taken = self.0.read_tls(&mut socket)?;
        let state = self.0.process_new_packets().map_err(|fault| io::Error::new(io::ErrorKind::InvalidData, fault))?;
        out.resize(state.plaintext_bytes_to_read(), 0);
        self.0.reader().read_exact(out)?;
        Ok(taken)
    }

    /// Encrypts what is to be sent.
    ///
    /// # Errors
    /// As of rustls.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.writer().write_all(bytes)
    }

    /// Sends what waits, as far as the socket takes it.
    ///
    /// # Errors
    /// Of the socket.
    pub(super) fn flush(&mut self, mut socket: &TcpStream) -> io::Result<()> {
        while self.0.wants_write() {
            match self.0.write_tls(&mut socket) {
                Ok(_) => {}
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Takes every certificate; signatures of the handshake are still checked.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
