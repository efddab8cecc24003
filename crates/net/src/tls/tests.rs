use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream as StdStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use tokio::net::TcpListener;
use vivace_base::UnixMs;

use super::{ALPN_HTTP1, ALPN_HTTP2, Acceptor, Certificates, Files, HandshakeFault, Look, TlsFault, make};
use crate::testing::{connect, trusting};

/// 14 November 2023.
const NOW: UnixMs = UnixMs(1_700_000_000_000);

/// What `openssl x509 -req -signkey KEY` makes of a request.
const VERSION_1: &str = "\
-----BEGIN CERTIFICATE-----
MIIBIjCBywIUFM9L42JMr/yqXdsq7b5/1AZhlR8wCgYIKoZIzj0EAwIwFDESMBAG
A1UEAwwJYi5leGFtcGxlMCAXDTI2MTEyMTA5NDA1MVoYDzIxMjYxMDI4MDk0MDUx
WjAUMRIwEAYDVQQDDAliLmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AASQKrDUhZEE5CCOvcYTsR6VIuwPa5vz5RD8cQcXwjGp4q2+NH4VamxCDWOsccsq
Cx9By+E7p7dB26fHKSBXymtqMAoGCCqGSM49BAMCA0YAMEMCH2oT2fS9FOK9n/p6
9Uf9qAIOoUFNDZ1pL5BNPSYvCjwCIBjt/hr8s8T4A5JhxJHAKstE8G59KuGtVHQY
FG0Hh8n+
-----END CERTIFICATE-----
";

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let path =
            std::env::temp_dir().join(format!("vivace-tls-{}-{}", std::process::id(), NEXT.fetch_add(1, Relaxed)));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn files(&self) -> Files {
        Files { cert: self.0.join("tls/cert.pem"), key: self.0.join("tls/key.pem") }
    }

    /// A self-signed pair of this name.
    fn with(name: &str) -> (Self, Certificates) {
        let folder = Self::new();
        let certificates = Certificates::open(folder.files(), Some(&[name.to_owned()]), NOW).unwrap();
        (folder, certificates)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Looks until the files have been read.
fn look(certificates: &Certificates) -> Look {
    assert!(matches!(certificates.look(), Look::Same), "a change is taken up at the first look");
    certificates.look()
}

#[test]
fn a_pair_is_made_once_and_its_key_is_private() {
    let (folder, first) = Folder::with("localhost");
    let files = folder.files();
    assert!(first.were_made());
    assert_eq!((mode(&files.key), mode(&files.cert), mode(files.key.parent().unwrap())), (0o600, 0o644, 0o700));
    assert_eq!(fs::read_dir(files.key.parent().unwrap()).unwrap().count(), 2, "a draft was left behind");
    let left_s = first.expires_in_s(NOW);
    assert!((800 * 86_400..=825 * 86_400).contains(&left_s), "{left_s}");
    assert!(first.expires_in_s(UnixMs(NOW.0 + 830 * 86_400_000)) < 0);
    let text = fs::read(&files.cert).unwrap();

    let again = Certificates::open(files.clone(), Some(&["other".to_owned()]), NOW).unwrap();
    assert!(!again.were_made());
    assert_eq!(fs::read(&files.cert).unwrap(), text);
}

#[test]
fn a_new_pair_is_used_and_a_broken_one_is_not() {
    let (folder, certificates) = Folder::with("localhost");
    let files = folder.files();
    let (other, _) = Folder::with("localhost");
    let in_use = || certificates.current.read().key.cert.clone();
    let first = in_use();
    assert!(matches!(certificates.look(), Look::Same));

    // The certificate has been copied, the key has not yet.
    fs::copy(other.files().cert, &files.cert).unwrap();
    match look(&certificates) {
        Look::Kept(TlsFault::Mismatch { cert, key }) => {
            assert_eq!((cert, key), (files.cert.clone(), files.key.clone()))
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(in_use(), first);
    assert!(matches!(certificates.look(), Look::Same), "one fault is told twice");

    fs::copy(other.files().key, &files.key).unwrap();
    assert!(matches!(look(&certificates), Look::Swapped));
    let second = in_use();
    assert_ne!(second, first);

    fs::write(&files.cert, "not a certificate").unwrap();
    assert!(matches!(look(&certificates), Look::Kept(TlsFault::Pem { wanted: "certificate", .. })));
    fs::remove_file(&files.cert).unwrap();
    assert!(matches!(look(&certificates), Look::Kept(TlsFault::Unreadable { .. })));
    assert_eq!(in_use(), second);
    assert_eq!((certificates.swaps(), certificates.faults()), (1, 3));
}

#[test]
fn other_files_are_followed_and_the_old_pair_stays_until_theirs_can_be_used() {
    let (_folder, certificates) = Folder::with("localhost");
    let (other, _) = Folder::with("localhost");
    let in_use = || certificates.current.read().key.cert.clone();
    let first = in_use();
    certificates.follow(certificates.files());
    assert!(matches!(look(&certificates), Look::Same), "nothing has changed");

    let nowhere = Folder::new();
    certificates.follow(nowhere.files());
    assert!(matches!(look(&certificates), Look::Kept(TlsFault::Unreadable { .. })));
    assert_eq!(in_use(), first);
    certificates.follow(other.files());
    assert!(matches!(look(&certificates), Look::Swapped));
    assert_ne!(in_use(), first);
}

#[test]
fn a_pair_that_cannot_be_used_is_told_with_file_reason_and_remedy() {
    let (folder, _) = Folder::with("localhost");
    let files = folder.files();
    let (cert, key) = (fs::read_to_string(&files.cert).unwrap(), fs::read_to_string(&files.key).unwrap());
    let other = make::make(&["localhost".to_owned()], NOW).unwrap();
    let cut = &cert[..cert.len() / 2];
    let garbled = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (cert_text, key_text, path, said) in [
        ("", key.as_str(), &files.cert, "no such block"),
        (cut, &key, &files.cert, "has no end"),
        (garbled, &key, &files.cert, "no X.509 certificate"),
        (VERSION_1, &key, &files.cert, "version 3, with a subjectAltName, is needed"),
        (&key, &key, &files.cert, "no such block"),
        (&cert, "", &files.key, "no such block"),
        (&cert, &cert, &files.key, "no such block"),
        (&cert, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", &files.key, "cannot be used"),
        (&other.certificate, &key, &files.key, "does not belong"),
    ] {
        fs::write(&files.cert, cert_text).unwrap();
        fs::write(&files.key, key_text).unwrap();
        let fault = Certificates::open(files.clone(), None, NOW).unwrap_err();
        let told = fault.to_string();
        assert!(told.contains(said) && told.contains(path.to_str().unwrap()), "{said}: {told}");
        assert!(!fault.remedy().is_empty());
        assert!(!told.contains("AAAA"), "{told}");
    }
    fs::remove_file(&files.key).unwrap();
    fs::write(&files.cert, &cert).unwrap();
    // One of the two is there: somebody's certificate, which nothing is written over.
    let fault = Certificates::open(files.clone(), Some(&["localhost".to_owned()]), NOW).unwrap_err();
    assert!(fault.to_string().contains("key.pem cannot be read"), "{fault}");
    assert_eq!(fs::read_to_string(&files.cert).unwrap(), cert);
}

#[test]
fn names_that_are_none_are_refused() {
    let folder = Folder::new();
    let fault = Certificates::open(folder.files(), Some(&["b\u{fc}cher.example".to_owned()]), NOW).unwrap_err();
    assert!(matches!(fault, TlsFault::Make { .. }), "{fault}");
    assert!(folder.files().are_missing());
}

/// What the acceptor makes of a client that does this.
async fn accepted(
    handshake_ms_max: u64,
    client: impl FnOnce(StdStream, &Path) + Send + 'static,
) -> Result<crate::Stream, HandshakeFault> {
    let (folder, certificates) = Folder::with("localhost");
    let acceptor = Acceptor::new(Arc::new(certificates), &[ALPN_HTTP2, ALPN_HTTP1]).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let running = tokio::task::spawn_blocking(move || {
        client(StdStream::connect(address).unwrap(), &folder.files().cert);
    });
    let (socket, _) = listener.accept().await.unwrap();
    let stream = acceptor.accept(socket, handshake_ms_max).await;
    running.await.unwrap();
    stream
}

#[tokio::test]
async fn a_client_that_trusts_the_certificate_finds_its_names_in_it() {
    let (folder, certificates) = {
        let folder = Folder::new();
        let names = super::own_names();
        let certificates = Certificates::open(folder.files(), Some(&names), now()).unwrap();
        (folder, certificates)
    };
    let acceptor = Acceptor::new(Arc::new(certificates), &[ALPN_HTTP2]).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    for name in super::own_names() {
        let cert = folder.files().cert;
        let known = name.clone();
        let client = tokio::task::spawn_blocking(move || {
            connect(StdStream::connect(address).unwrap(), &known, trusting(&cert, &[ALPN_HTTP2]))
        });
        let (socket, _) = listener.accept().await.unwrap();
        let stream = acceptor.accept(socket, 5_000).await.unwrap();
        assert!(stream.is_http2());
        assert!(client.await.unwrap().is_ok(), "{name}");
    }
    let cert = folder.files().cert;
    let client = tokio::task::spawn_blocking(move || {
        connect(StdStream::connect(address).unwrap(), "other.example", trusting(&cert, &[]))
    });
    let (socket, _) = listener.accept().await.unwrap();
    assert!(acceptor.accept(socket, 5_000).await.is_err());
    assert!(client.await.unwrap().is_err(), "a name that is not in it is taken");
}

/// The machine's time: certificates are checked against it by the client.
fn now() -> UnixMs {
    use vivace_base::Clock;
    crate::MachineClock::new().unix()
}

#[tokio::test]
async fn who_does_not_speak_tls_is_told_what_it_speaks() {
    let fault = accepted(5_000, |mut socket, _| socket.write_all(&[3; 1_537]).unwrap()).await.err().unwrap();
    assert!(matches!(fault, HandshakeFault::NoTls { what: "RTMP" }), "{fault}");

    let fault = accepted(5_000, |mut socket, _| {
        socket.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("https://"), "{answer}");
    });
    let fault = fault.await.err().unwrap();
    assert!(matches!(fault, HandshakeFault::NoTls { what: "HTTP" }), "{fault}");

    let fault = accepted(5_000, |mut socket, _| socket.write_all(&[0xff; 9]).unwrap()).await.err().unwrap();
    assert!(matches!(fault, HandshakeFault::NoTls { .. }), "{fault}");
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_ended() {
    // Silent from the start, silent in the middle, gone, garbled.
    let wait = |mut socket: StdStream| {
        let _ = socket.read(&mut [0; 64]);
    };
    let fault = accepted(50, move |socket, _| wait(socket)).await.err().unwrap();
    assert!(matches!(fault, HandshakeFault::TooLate { ms: 50 }), "{fault}");
    let fault = accepted(50, move |mut socket, _| {
        socket.write_all(&[22, 3, 1, 2, 0, 1]).unwrap();
        wait(socket);
    });
    let fault = fault.await.err().unwrap();
    assert!(matches!(fault, HandshakeFault::TooLate { ms: 50 }), "{fault}");
    let fault = accepted(5_000, |socket, _| socket.shutdown(Shutdown::Both).unwrap()).await.err().unwrap();
    assert!(matches!(fault, HandshakeFault::Closed), "{fault}");
    let fault = accepted(5_000, move |mut socket, _| {
        socket.write_all(&[22, 3, 1, 0, 4, 9, 9, 9, 9]).unwrap();
        wait(socket);
    });
    let fault = fault.await.err().unwrap();
    assert!(matches!(fault, HandshakeFault::Failed(_)), "{fault}");
}
