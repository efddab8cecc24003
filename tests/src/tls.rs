use std::fs;
use std::io::{Read, Result, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned};

use crate::sign::unix_s;
use crate::{http, split};

/// A connection over TLS to a server whose certificate is looked at and not judged.
pub struct Tls(StreamOwned<ClientConnection, TcpStream>);

impl Tls {
    /// Shakes hands with `host:port`.
    ///
    /// # Panics
    /// There is no such listener, or the handshake fails.
    #[track_caller]
    pub fn open(authority: &str) -> Self {
        Self::over(http::open(authority), &[])
    }

    /// Shakes hands over this socket, and offers these protocols by ALPN.
    ///
    /// # Panics
    /// The handshake fails.
    #[track_caller]
    pub fn over(mut socket: TcpStream, alpn: &[&[u8]]) -> Self {
        let name = ServerName::try_from("localhost").unwrap();
        let mut connection = ClientConnection::new(config(alpn), name).unwrap();
        while connection.is_handshaking() {
            connection.complete_io(&mut socket).unwrap();
        }
        Self(StreamOwned::new(connection, socket))
    }

    /// Begins to play this `https` URL over HTTP/1.1; what is read from now on is the stream.
    ///
    /// # Panics
    /// It is refused.
    #[track_caller]
    pub fn play(url: &str) -> Self {
        Self::play_over(http::open(split(url).0), url)
    }

    /// The same over this socket.
    #[track_caller]
    pub fn play_over(socket: TcpStream, url: &str) -> Self {
        let (authority, path) = split(url);
        let mut tls = Self::over(socket, &[]);
        write!(tls, "GET {path} HTTP/1.1\r\nHost: {authority}\r\n\r\n").unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            tls.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        assert!(head.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&head));
        tls
    }

    /// The certificate that the server has shown, in DER.
    pub fn certificate(&self) -> Vec<u8> {
        self.0.conn.peer_certificates().unwrap()[0].to_vec()
    }

    /// The socket below.
    pub fn socket(&self) -> &TcpStream {
        &self.0.sock
    }
}

impl Read for Tls {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Tls {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        self.0.flush()
    }
}

/// Writes a new self-signed pair for this name over the files; the certificate in DER.
pub fn self_signed(name: &str, cert: &Path, key: &Path) -> Vec<u8> {
    self_signed_until(name, cert, key, None)
}

/// The same, which ends within so many seconds, or has ended so long ago.
pub fn self_signed_ending(name: &str, cert: &Path, key: &Path, left_s: i64) -> Vec<u8> {
    self_signed_until(name, cert, key, Some(unix_s().saturating_add_signed(left_s)))
}

fn self_signed_until(name: &str, cert: &Path, key: &Path, end_s: Option<u64>) -> Vec<u8> {
    let mut asked = CertificateParams::new([name.to_owned()]).unwrap();
    if let Some(end_s) = end_s {
        asked.not_after = date_time_ymd(1970, 1, 1) + Duration::from_secs(end_s);
    }
    let pair = KeyPair::generate().unwrap();
    let made = asked.self_signed(&pair).unwrap();
    fs::write(cert, made.pem()).unwrap();
    fs::write(key, pair.serialize_pem()).unwrap();
    made.der().to_vec()
}

/// The certificate that a listener shows to a new connection, in DER.
#[track_caller]
pub fn certificate_of(authority: &str) -> Vec<u8> {
    Tls::open(authority).certificate()
}

fn config(alpn: &[&[u8]]) -> Arc<ClientConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let verifier = Arc::new(Anybody(provider));
    let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Arc::new(config)
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
    ) -> std::result::Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
