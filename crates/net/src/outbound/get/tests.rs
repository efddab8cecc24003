use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Get, GetFault, Getter, Got};
use crate::outbound::{Allow, Destination, Outbound, OutboundFault};

/// A server that gives these answers one after the other, and what it was asked. `None` closes the connection.
struct Server {
    listener: TcpListener,
    to: Destination,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = Destination::new("127.0.0.1", listener.local_addr().unwrap().port()).unwrap();
        Self { listener, to }
    }

    /// The heads of the requests over one connection.
    async fn serve(&self, answers: &[&str]) -> Vec<String> {
        let (mut socket, _) = self.listener.accept().await.unwrap();
        let mut heads = Vec::new();
        for answer in answers {
            heads.push(head(&mut socket).await);
            // Who has read enough closes.
            let _ = socket.write_all(answer.as_bytes()).await;
        }
        heads
    }

    fn get(&self) -> Get<'_> {
        Get {
            to: &self.to,
            tls: false,
            host: "h",
            target: "/x?k=1",
            range: None,
            body_bytes_max: 10,
            connect_ms: 5_000,
            within_ms: 5_000,
        }
    }
}

async fn head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap().to_ascii_lowercase()
}

fn getter() -> Getter {
    Getter::new(Arc::new(Outbound::new("127.0.0.1".parse().unwrap(), None).unwrap()))
}

fn body(text: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len())
}

fn is_body(got: &Result<Got, GetFault>, text: &str) -> bool {
    matches!(got, Ok(Got::Body(body)) if body == text)
}

#[tokio::test]
async fn one_connection_serves_many_requests_and_another_one_follows_when_it_has_gone() {
    let (server, mut getter) = (Server::start().await, getter());
    let asking = async {
        for text in ["one", "two", "three"] {
            assert!(is_body(&getter.get(&server.get()).await, text), "{text}");
        }
    };
    let (one, two) = (body("one"), body("two"));
    let serving = async {
        let heads = server.serve(&[&one, &two]).await;
        // Closed while it is kept.
        server.serve(&[&body("three")]).await;
        heads
    };
    let ((), heads) = tokio::join!(asking, serving);
    assert_eq!(heads.len(), 2);
    assert!(heads[0].starts_with("get /x?k=1 http/1.1\r\n") && heads[0].contains("\r\nhost: h\r\n"), "{heads:?}");
}

async fn once(answer: &str, change: impl FnOnce(&mut Get<'_>)) -> Result<Got, GetFault> {
    let (server, mut getter) = (Server::start().await, getter());
    let mut get = server.get();
    change(&mut get);
    let answers = [answer];
    tokio::join!(getter.get(&get), server.serve(&answers)).0
}

#[tokio::test]
async fn answers_are_bounded_whether_they_tell_their_length_or_not() {
    assert!(is_body(&once(&body("0123456789"), |_| {}).await, "0123456789"));
    let gigabyte = once("HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n", |_| {}).await;
    assert!(matches!(gigabyte, Err(GetFault::TooLong { max: 10 })), "{gigabyte:?}");
    let endless = once("HTTP/1.1 200 OK\r\n\r\n0123456789a", |_| {}).await;
    assert!(matches!(endless, Err(GetFault::TooLong { max: 10 })), "{endless:?}");
    let chunked =
        once("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\n012345\r\n6\r\n678901\r\n", |_| {}).await;
    assert!(matches!(chunked, Err(GetFault::TooLong { .. })), "{chunked:?}");
    let head = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(64 << 10));
    let long = once(&head, |_| {}).await;
    assert!(matches!(long, Err(GetFault::Broken(_))), "{long:?}");
}

#[tokio::test]
async fn what_is_no_answer_is_told() {
    let status = once("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", |_| {}).await;
    assert!(matches!(status, Err(GetFault::Status(404))), "{status:?}");
    let elsewhere = once("HTTP/1.1 302 Found\r\nlocation: //g/y\r\ncontent-length: 0\r\n\r\n", |_| {}).await;
    assert!(matches!(&elsewhere, Ok(Got::Elsewhere(to)) if to == "//g/y"), "{elsewhere:?}");
    let nowhere = once("HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n", |_| {}).await;
    assert!(matches!(nowhere, Err(GetFault::NoPlace)), "{nowhere:?}");
    let cut = once("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n0123", |_| {}).await;
    assert!(matches!(cut, Err(GetFault::Broken(_))), "{cut:?}");
    let noise = once("RTMP\r\n\r\n", |_| {}).await;
    assert!(matches!(noise, Err(GetFault::Broken(_))), "{noise:?}");
}

#[tokio::test]
async fn a_server_that_does_not_come_to_its_end_is_not_waited_for() {
    let server = Server::start().await;
    let mut getter = getter();
    let get = Get { within_ms: 200, ..server.get() };
    let (mut socket, asked) = tokio::join!(async { server.listener.accept().await.unwrap().0 }, async {
        let dripping = getter.get(&get).await;
        assert!(matches!(dripping, Err(GetFault::Timeout { ms: 200 })), "{dripping:?}");
    });
    let () = asked;
    // The connection is let go.
    head(&mut socket).await;
    assert_eq!(socket.read(&mut [0; 8]).await.unwrap(), 0);
}

#[tokio::test]
async fn ranges_are_taken_from_parts_and_from_the_whole() {
    let range = |get: &mut Get<'_>| get.range = Some((3, 4));
    let partial = "HTTP/1.1 206 Partial Content\r\ncontent-range: bytes 3-6/99\r\ncontent-length: 4\r\n\r\n3456";
    assert!(is_body(&once(partial, range).await, "3456"));
    assert!(is_body(&once(&body("0123456789abcdef"), range).await, "3456"));
    let other = partial.replace("3-6", "4-7");
    assert!(matches!(once(&other, range).await, Err(GetFault::Range)));
    assert!(matches!(once(&body("01234"), range).await, Err(GetFault::Range)));
    assert!(matches!(
        once("", |get| get.range = Some((0, 11))).await,
        Err(GetFault::TooLong { .. } | GetFault::Broken(_))
    ));
}

#[tokio::test]
async fn addresses_of_this_machine_are_refused_here_too() {
    let server = Server::start().await;
    let mut getter = Getter::new(Arc::new(Outbound::new(Allow::default(), None).unwrap()));
    let refused = getter.get(&server.get()).await;
    assert!(matches!(refused, Err(GetFault::Connect(OutboundFault::Refused { .. }))), "{refused:?}");
}
