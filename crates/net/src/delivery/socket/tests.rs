use std::io::{ErrorKind, IoSlice, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use mio::{Events, Interest, Poll, Token};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, ServerConnection};

use super::{Socket, Wire};
use crate::delivery::mailbox::Mailbox;
use crate::testing::{Client, connect, trusting};

/// Longer than any buffer on the way.
const LONG: usize = 9 << 20;
const PATIENCE: Duration = Duration::from_secs(20);

/// A peer that reads and writes as a player does.
trait Peer: Read + Write + Send {}
impl<P: Read + Write + Send> Peer for P {}

fn tcp() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    (listener.accept().unwrap().0, client)
}

fn tls() -> (Wire, Client) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let file =
        std::env::temp_dir().join(format!("vivace-wire-{}-{:?}.pem", std::process::id(), thread::current().id()));
    std::fs::write(&file, certificate.pem()).unwrap();
    let config = trusting(&file, &[]);
    std::fs::remove_file(&file).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let pair = CertifiedKey::from_der(vec![certificate.der().clone()], key.into(), &provider).unwrap();
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let resolver = Arc::new(rustls::sign::SingleCertAndKey::from(pair));
    let server = builder.with_no_client_auth().with_cert_resolver(resolver);
    let (mut ours, theirs) = tcp();
    let shaking = thread::spawn(move || connect(theirs, "localhost", config).unwrap());
    let mut connection = ServerConnection::new(Arc::new(server)).unwrap();
    while connection.is_handshaking() {
        connection.complete_io(&mut ours).unwrap();
    }
    ours.set_nonblocking(true).unwrap();
    (Socket::Tls(ours, Box::new(connection)).into(), shaking.join().unwrap())
}

fn all() -> [(&'static str, Wire, Box<dyn Peer>); 2] {
    let (ours, theirs) = tcp();
    ours.set_nonblocking(true).unwrap();
    let (wire, client) = tls();
    [("plain", Socket::Plain(ours).into(), Box::new(theirs)), ("tls", wire, Box::new(client))]
}

/// Waits for readiness as a delivery thread does.
struct Readiness(Poll, Events);

impl Readiness {
    fn of(wire: &mut Wire) -> Self {
        let (mailbox, poll) = Mailbox::new().unwrap();
        wire.register(poll.registry(), &Arc::new(mailbox), 0).unwrap();
        Self(poll, Events::with_capacity(4))
    }

    #[track_caller]
    fn wait(&mut self) {
        self.0.poll(&mut self.1, Some(PATIENCE)).unwrap();
        assert!(!self.1.is_empty(), "the socket is not ready");
    }
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 + at / 251) as u8).collect()
}

/// Writes everything, in one piece or in several, and sees that it has left.
fn send_all(wire: &mut Wire, bytes: &[u8], pieces: bool) {
    let mut ready = Readiness::of(wire);
    let mut sent = 0;
    while sent < bytes.len() || wire.holds_output() {
        let rest = &bytes[sent..];
        let taken = match (rest.is_empty(), pieces) {
            (true, _) => wire.flush().map(|_| 0),
            (false, false) => wire.write(rest),
            (false, true) => {
                let (a, b) = rest.split_at(rest.len() / 3);
                wire.write_vectored(&[IoSlice::new(a), IoSlice::new(b)])
            }
        };
        match taken {
            Ok(taken) => {
                sent += taken;
                if sent == bytes.len() && wire.holds_output() {
                    ready.wait();
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => ready.wait(),
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn every_kind_carries_more_than_its_buffers_hold() {
    for pieces in [false, true] {
        for (kind, mut wire, mut peer) in all() {
            let reading = thread::spawn(move || {
                let mut got = vec![0; LONG];
                peer.read_exact(&mut got).unwrap();
                got
            });
            let bytes = pattern(LONG);
            send_all(&mut wire, &bytes, pieces);
            assert!(reading.join().unwrap() == bytes, "{kind}");
        }
    }
}

#[test]
fn every_kind_hears_its_peer_and_its_end() {
    for (kind, mut wire, mut peer) in all() {
        let mut ready = Readiness::of(&mut wire);
        peer.write_all(b"pause, please").unwrap();
        peer.flush().unwrap();
        let mut heard = Vec::new();
        let mut buffer = [0; 5];
        while heard.len() < 13 {
            match wire.read(&mut buffer) {
                Ok(0) => panic!("{kind} has ended"),
                Ok(count) => heard.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => ready.wait(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => panic!("{kind}: {error}"),
            }
        }
        assert_eq!(heard, b"pause, please", "{kind}");
        drop(peer);
        loop {
            match wire.read(&mut buffer) {
                Ok(0) => break,
                // A client that closes over unread session tickets resets; that is an end too.
                Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
                Err(error) if error.kind() == ErrorKind::WouldBlock => ready.wait(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => panic!("{kind}: {other:?}"),
            }
        }
    }
}

#[test]
fn tls_takes_no_more_from_the_log_than_one_buffer() {
    let (mut wire, mut client) = tls();
    let bytes = pattern(LONG);
    let mut sent = 0;
    let full = loop {
        match wire.write(&bytes[sent..]) {
            Ok(taken) => sent += taken,
            Err(error) => break error,
        }
    };
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
    assert!(wire.holds_output());
    assert!(sent < LONG, "a player that takes nothing took everything");
    let Wire::Tls(tls) = &mut wire else { unreachable!() };
    // What waits is what one write may leave: the rest of a buffer of 64 KiB with the frames of its records.
    let mut waits = Vec::new();
    while tls.connection.wants_write() {
        tls.connection.write_tls(&mut waits).unwrap();
    }
    assert!(waits.len() < 80 << 10, "{} bytes wait", waits.len());
    // Nothing that was taken is lost or doubled.
    let reading = thread::spawn(move || {
        let mut got = vec![0; sent];
        client.read_exact(&mut got).unwrap();
        got
    });
    let Wire::Tls(tls) = wire else { unreachable!() };
    let socket = std::net::TcpStream::from(std::os::fd::OwnedFd::from(tls.socket));
    socket.set_nonblocking(false).unwrap();
    (&socket).write_all(&waits).unwrap();
    assert!(reading.join().unwrap() == bytes[..sent]);
}

#[test]
fn tls_says_goodbye() {
    let (mut wire, mut client) = tls();
    send_all(&mut wire, b"the end", false);
    wire.close();
    drop(wire);
    let mut got = Vec::new();
    // Without the goodbye, this would be an error: the stream may have been cut by anybody.
    client.read_to_end(&mut got).unwrap();
    assert_eq!(got, b"the end");
}

#[test]
fn tls_keeps_what_came_with_the_handshake() {
    let (mut wire, mut client) = tls();
    client.write_all(b"early").unwrap();
    let Wire::Tls(tls) = &mut wire else { unreachable!() };
    let mut ready = Poll::new().unwrap();
    ready.registry().register(&mut tls.socket, Token(0), Interest::READABLE).unwrap();
    ready.poll(&mut Events::with_capacity(1), Some(PATIENCE)).unwrap();
    tls.connection.read_tls(&mut tls.socket).unwrap();
    tls.connection.process_new_packets().unwrap();
    assert!(wire.may_hold_input());
    let mut buffer = [0; 16];
    assert_eq!(wire.read(&mut buffer).unwrap(), 5);
    assert_eq!(wire.read(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn records_without_content_are_no_reason_to_stay() {
    let (mut wire, mut client) = tls();
    let mut ready = Readiness::of(&mut wire);
    client.conn.refresh_traffic_keys().unwrap();
    client.conn.complete_io(&mut client.sock).unwrap();
    let asked_again = loop {
        match wire.read(&mut [0; 16]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => ready.wait(),
            Err(error) => break error.kind(),
            Ok(count) => panic!("{count} bytes"),
        }
    };
    assert_eq!(asked_again, ErrorKind::Interrupted);
}

#[test]
fn bytes_that_are_no_tls_end_the_play_with_an_alert() {
    let (mut wire, mut client) = tls();
    let mut ready = Readiness::of(&mut wire);
    client.sock.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let fault = loop {
        match wire.read(&mut [0; 16]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => ready.wait(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => break error,
            Ok(count) => panic!("{count} bytes"),
        }
    };
    assert_eq!(fault.kind(), ErrorKind::InvalidData);
    let told = client.read(&mut [0; 16]).unwrap_err();
    assert!(told.to_string().contains("alert"), "{told}");
}
