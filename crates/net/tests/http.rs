//! Clients that keep an HTTP connection without using it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use vivace_net::{HttpFault, HttpLimits, HttpService, Reply, serve_http};

const PATIENCE: Duration = Duration::from_secs(60);
const LIMITS: HttpLimits = HttpLimits {
    head_bytes_max: 16 << 10,
    head_ms_max: 300,
    stall_ms_max: 300,
    streams_max: 10,
    slow_ms_max: 2_000,
    bytes_per_s_min: 1 << 20,
    idle_input_bytes_max: 1 << 20,
};
const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/// Answers everything with this many bytes.
struct Page(usize);

impl HttpService for Page {
    async fn call(self: Arc<Self>, _: Request<Incoming>, _: SocketAddr, _: SocketAddr) -> Reply {
        let body = Full::new(Bytes::from(vec![b'x'; self.0]));
        Reply::Response(Response::new(body.map_err(|never| match never {}).boxed_unsync()))
    }
}

async fn connect(page_bytes: usize) -> (TcpStream, JoinHandle<Result<(), HttpFault>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let client = TcpStream::connect(listener.local_addr().expect("bound")).await.expect("a connection");
    let (socket, peer) = listener.accept().await.expect("a connection");
    let serving = serve_http(
        vivace_net::Stream::Plain(socket),
        peer,
        Arc::new(Page(page_bytes)),
        LIMITS,
        CancellationToken::new(),
        CancellationToken::new(),
    );
    (client, tokio::spawn(serving))
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_let_go() {
    // More than the kernel takes on the client's behalf.
    let (mut client, serving) = connect(64 << 20).await;
    client.write_all(GET).await.expect("connected");
    let ended = timeout(PATIENCE, serving).await.expect("the server waits for ever").expect("no panic");
    assert!(ended.is_err(), "a client that reads nothing has been served");
}

#[tokio::test]
async fn a_client_that_reads_is_served_to_the_end() {
    let (mut client, serving) = connect(64 << 20).await;
    client.write_all(GET).await.expect("connected");
    let (mut left, mut buffer) = (64_usize << 20, vec![0; 4 << 20]);
    while left > 0 {
        let count = timeout(PATIENCE, client.read(&mut buffer)).await.expect("bytes").expect("connected");
        assert!(count > 0, "{left} bytes are missing");
        left = left.saturating_sub(count);
    }
    drop(client);
    timeout(PATIENCE, serving).await.expect("the end").expect("no panic").expect("no fault");
}

#[tokio::test]
async fn a_client_that_asks_nothing_more_is_let_go() {
    let (mut client, serving) = connect(10).await;
    client.write_all(GET).await.expect("connected");
    let mut all = Vec::new();
    timeout(PATIENCE, client.read_to_end(&mut all)).await.expect("the server waits for ever").expect("an end");
    assert!(all.ends_with(b"xxxxxxxxxx"), "{}", String::from_utf8_lossy(&all));
    // How it ends is hyper's matter.
    let _ = timeout(PATIENCE, serving).await.expect("the end").expect("no panic");
}
