//! Peers that only connect, by the thousand.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use vivace_tests::{
    BASE_BYTES, PENDING_BYTES, Siege, closed, connect_from, get, handshake, raise_file_limit, request, wait_for,
    wait_within,
};

const SOON: Duration = Duration::from_secs(25);

fn open(authority: &str) -> TcpStream {
    TcpStream::connect(authority).unwrap()
}

/// An address of this machine that nobody else here uses.
fn elsewhere(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(127, 0, 7, last))
}

/// Connects that succeed or not: at a limit the server closes at once.
fn knock(authority: &str) -> Option<TcpStream> {
    let to: SocketAddr = authority.parse().unwrap();
    TcpStream::connect_timeout(&to, SOON).ok()
}

/// Ten thousand, or as many as this machine's limit of files allows.
#[test]
fn ten_thousand_silent_connections_cost_little_each_and_are_let_go() {
    let files = raise_file_limit();
    let count = usize::try_from(files.saturating_sub(2_000)).unwrap().min(10_000);
    let all = count.to_string();
    let siege = Siege::new(&[
        "--limits-pending-connections-max",
        &all,
        "--limits-connections-per-address-max",
        "20000",
        "--limits-pending-connections-per-address-max",
        &all,
        "--limits-handshake-ms-max",
        "6000",
    ]);
    let listeners = [&siege.server().rtmp, &siege.server().http, &siege.server().rtmps, &siege.server().https];
    let silent: Vec<TcpStream> = (0..count).map(|turn| open(listeners[turn % 4])).collect();
    println!("{} silent connections of at most {files} files", silent.len());
    for reason in ["rtmp_handshake_late", "http_head_late", "tls_handshake_late"] {
        wait_within(reason, SOON, || siege.server().closed(reason) >= (count / 4) as u64 - 1);
    }
    wait_for("all to be let go", || siege.server().metric("open_connections") < 10);
    drop(silent);
    siege.ends_within(BASE_BYTES + count as u64 * PENDING_BYTES);
}

#[test]
fn one_address_does_not_take_the_places_of_the_others() {
    let siege = Siege::new(&["--limits-pending-connections-per-address-max", "20"]);
    let (rtmp, http) = (siege.server().rtmp.clone(), siege.server().http.clone());
    let _silent: Vec<TcpStream> = (0..20).map(|_| connect_from(elsewhere(1), &rtmp)).collect();
    for _ in 0..30 {
        closed(&mut connect_from(elsewhere(1), &rtmp), SOON);
    }
    siege.turns_away("address_pending", 30);
    let limit = "refused_connections_total{limit=\"pending_connections_per_address_max\"}";
    assert_eq!(siege.server().metric(limit), 30);
    assert!(siege.server().log().contains("pending_connections_per_address_max"));
    // Another address is served, and so is this one over HTTP, which has places of its own.
    handshake(&rtmp);
    closed_is_503(&http, &siege);
    siege.ends_within(BASE_BYTES + 50 * PENDING_BYTES);
}

/// A client of HTTP that finds no place is told so in its own language.
fn closed_is_503(http: &str, siege: &Siege) {
    let _silent: Vec<TcpStream> = (0..20).map(|_| connect_from(elsewhere(2), http)).collect();
    wait_for("the places to be taken", || siege.server().metric("pending_connections") >= 40);
    let said = closed(&mut connect_from(elsewhere(2), http), SOON);
    let said = String::from_utf8_lossy(&said);
    assert!(said.starts_with("HTTP/1.1 503 ") && said.contains("Retry-After: "), "{said}");
    assert_eq!(get(&format!("http://{http}/healthz")).status, 200, "another address is turned away");
}

#[test]
fn all_connections_of_one_address_are_limited_too() {
    let siege = Siege::new(&["--limits-connections-per-address-max", "20"]);
    let rtmp = siege.server().rtmp.clone();
    let _silent: Vec<TcpStream> = (0..20).map(|_| connect_from(elsewhere(3), &rtmp)).collect();
    closed(&mut connect_from(elsewhere(3), &rtmp), SOON);
    siege.turns_away("address_connections", 1);
    siege.ends_within(BASE_BYTES + 20 * PENDING_BYTES);
}

/// Who holds what it opens gets as many places as an address has on each listener, and each one beyond is closed and
/// counted, whatever the rate.
#[test]
fn thousands_that_one_address_holds_open_are_refused_one_by_one() {
    const PLACES: usize = 200;
    const ALL: usize = 4_000;
    raise_file_limit();
    let places = PLACES.to_string();
    let late = ["--limits-handshake-ms-max", "120000", "--limits-pending-connections-per-address-max", &places];
    let siege = Siege::new(&late);
    let (rtmp, http) = (siege.server().rtmp.clone(), siege.server().http.clone());
    let to = |turn: usize| if turn.is_multiple_of(2) { &rtmp } else { &http };
    let mut held: Vec<TcpStream> = (0..ALL).map(|turn| connect_from(elsewhere(4), to(turn))).collect();
    siege.turns_away("address_pending", (ALL - 2 * PLACES) as u64);
    for (turn, socket) in held.iter_mut().enumerate().skip(2 * PLACES) {
        let said = closed(socket, SOON);
        assert!(said.is_empty() || to(turn) == &http && said.starts_with(b"HTTP/1.1 503 "), "{turn}: {said:?}");
    }
    // The others have places of their own, and all of theirs come back.
    handshake(&rtmp);
    assert_eq!(get(&format!("http://{http}/healthz")).status, 200);
    drop(held);
    wait_for("all of them to be gone", || siege.server().metric("open_connections") < 10);
    siege.ends_within(BASE_BYTES + (2 * PLACES as u64) * PENDING_BYTES);
}

/// A thousand a second from one address: those within the limits are answered, and nothing of them stays.
#[test]
fn thousands_of_connects_from_one_address_leave_nothing_behind() {
    let siege = Siege::new(&["--limits-handshake-ms-max", "1500"]);
    let (rtmp, http) = (siege.server().rtmp.clone(), siege.server().http.clone());
    let before = siege.server().metric("connections_total");
    for turn in 0..4_000 {
        drop(knock(if turn % 2 == 0 { &rtmp } else { &http }));
    }
    let answer = request(&http, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_eq!(answer.status, 200);
    let seen = || {
        let refused = siege.server().closed("address_pending") + siege.server().closed("pending_connections");
        siege.server().metric("connections_total") + refused - before
    };
    wait_for("all of them to be seen", || seen() >= 4_000);
    wait_for("all of them to be gone", || siege.server().metric("open_connections") < 10);
    siege.ends_within(BASE_BYTES + 4_000 * PENDING_BYTES);
}
