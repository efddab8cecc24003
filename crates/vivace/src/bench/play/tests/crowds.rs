//! Whole crowds against a server on the loopback address.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use vivace_media::Codec;
use vivace_media::flv::file_header;

use super::super::super::clock::{MS, nap_until, now_ns};
use super::super::super::push::Counters;
use super::super::super::stamp;
use super::super::crowd::{Crowd, Measured, Plan};
use super::super::report::Report;
use super::plan;

/// Accepts connections until it is dropped, each served by a thread.
struct Peer {
    port: u16,
    stop: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Peer {
    fn start(serve: fn(TcpStream)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let accepting = thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                thread::spawn(move || serve(stream));
            }
        });
        Self { port, stop, accepting: Some(accepting) }
    }

    fn plan(&self, count: usize) -> Plan {
        plan(&format!("http://127.0.0.1:{}/live/a.flv", self.port), count)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        if let Some(accepting) = self.accepting.take() {
            accepting.join().expect("the peer");
        }
    }
}

fn run(plan: &Plan) -> Measured {
    Crowd::new(plan).and_then(|crowd| crowd.run(&Counters::default())).expect("a run")
}

fn report(plan: &Plan, measured: Measured) -> Report {
    Report::of(plan, measured, None, Some(1.0), None)
}

fn take_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|taken| taken == 1) {
        request.extend_from_slice(&byte);
    }
}

fn picture() -> Vec<u8> {
    let sei = stamp::sei(Codec::H264, 4, now_ns()).expect("H.264");
    let body = [&[0x17, 1, 0, 0, 0][..], &sei, &[0, 0, 0, 1, 0x65]].concat();
    let [_, size @ ..] = (body.len() as u32).to_be_bytes();
    [&[9][..], &size, &[0; 7], &body, &(body.len() as u32 + 11).to_be_bytes()].concat()
}

fn stream_pictures(mut stream: TcpStream) {
    take_request(&mut stream);
    let head = [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &file_header(false, true)].concat();
    let mut sent = stream.write_all(&head);
    while sent.is_ok() {
        sent = stream.write_all(&picture());
        nap_until(now_ns().saturating_add(2 * MS));
    }
}

fn refuse(mut stream: TcpStream) {
    take_request(&mut stream);
    drop(stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
}

fn end_after_the_key_frame(mut stream: TcpStream) {
    take_request(&mut stream);
    let bytes = [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &file_header(false, true), &picture()].concat();
    drop(stream.write_all(&bytes));
}

#[test]
fn players_that_are_served_are_counted_and_probes_measure_the_delay() {
    let peer = Peer::start(stream_pictures);
    let plan = peer.plan(5);
    let measured = run(&plan);
    assert!(measured.reasons.clone().into_failures().is_empty(), "{:?}", measured.reasons);
    assert!(measured.players.iter().all(|(tally, bytes)| *bytes > 0 && tally.first_ns.is_some()), "{measured:?}");
    let report = report(&plan, measured);
    assert_eq!((report.joined, report.dead, report.no_key, report.stalled), (5, 0, 0, 0));
    assert!(report.delay_ms.is_some_and(|delay| delay.samples > 0), "{report:?}");
    assert_eq!(report.starved, Some(0));
    assert_eq!((report.cpu_s, report.push_mbps), (None, None));
    let json = serde_json::to_string(&report).expect("JSON");
    assert!(json.contains("\"proto\":\"flv\"") && json.contains("\"cpu_s\":null"), "{json}");
}

#[test]
fn each_refusal_is_counted_with_its_status_line_and_the_run_ends_by_itself() {
    let peer = Peer::start(refuse);
    let plan = peer.plan(4);
    let report = report(&plan, run(&plan));
    assert_eq!((report.joined, report.dead, report.no_key), (0, 4, 4));
    let failures: Vec<(&str, u64)> = report.failures.iter().map(|of| (of.reason.as_str(), of.count)).collect();
    assert_eq!(failures, [("HTTP answered \"HTTP/1.1 404 Not Found\"", 4)]);
    assert!(report.table().contains("4 x HTTP answered"), "{}", report.table());
}

#[test]
fn a_connection_that_ends_after_the_key_frame_joined_and_died() {
    let peer = Peer::start(end_after_the_key_frame);
    let plan = peer.plan(2);
    let report = report(&plan, run(&plan));
    assert_eq!((report.joined, report.dead, report.starved), (2, 2, Some(2)));
    assert_eq!(report.failures.iter().map(|of| of.count).sum::<u64>(), 2);
}

#[test]
fn nobody_listening_is_a_reason_too() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let plan = plan(&format!("rtmp://127.0.0.1:{port}/live/a"), 3);
    let report = report(&plan, run(&plan));
    assert_eq!((report.joined, report.dead), (0, 3));
    assert!(report.failures.iter().all(|of| of.reason.starts_with("cannot connect")), "{:?}", report.failures);
}
