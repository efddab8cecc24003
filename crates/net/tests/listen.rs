//! Connections at the limits of a listener.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use vivace_net::{Listener, Place, Quota, Seat};

const PATIENCE: Duration = Duration::from_secs(30);

struct Door {
    listener: Listener,
    connections: Arc<Quota>,
    pending: Arc<Quota>,
}

impl Door {
    fn open(connections: Arc<Quota>, pending_max: usize) -> Self {
        let pending = Quota::new("pending_connections_max", pending_max);
        let address = ([127, 0, 0, 1], 0).into();
        let listener = Listener::bind("test", address, connections.clone(), pending.clone()).expect("a free port");
        Self { listener, connections, pending }
    }

    async fn knock(&self) -> TcpStream {
        TcpStream::connect(self.listener.address().expect("bound")).await.expect("a connection")
    }

    /// A connection that is let in.
    async fn enter(&self) -> (TcpStream, TcpStream, Seat, Place) {
        let client = self.knock().await;
        let (served, peer, seat, place) = timeout(PATIENCE, self.listener.accept()).await.expect("a seat is free");
        assert_eq!(peer, client.local_addr().expect("connected"));
        (client, served, seat, place)
    }

    /// A connection that is closed at once.
    async fn is_refused(&self) {
        let mut client = self.knock().await;
        let closed = async {
            match client.read(&mut [0; 1]).await {
                Ok(count) => count == 0,
                Err(error) => error.kind() == ErrorKind::ConnectionReset,
            }
        };
        tokio::select! {
            closed = timeout(PATIENCE, closed) => assert_eq!(closed, Ok(true)),
            _ = self.listener.accept() => panic!("one more than the limit is let in"),
        }
    }
}

#[tokio::test]
async fn a_peer_at_a_limit_is_closed_and_counted_and_not_left_waiting() {
    let door = Door::open(Quota::new("connections_max", 3), 2);
    let first = door.enter().await;
    let (second_client, second_served, second_seat, second_place) = door.enter().await;
    door.is_refused().await;
    assert_eq!((door.pending.refused(), door.connections.refused()), (1, 0));
    assert_eq!((door.pending.taken(), door.connections.taken()), (2, 2), "the seat of the refused one is kept");

    // Granted something: its place is free, its seat is not.
    drop(second_place);
    let third = door.enter().await;
    door.is_refused().await;
    assert_eq!((door.pending.refused(), door.connections.refused()), (1, 1));

    drop((second_client, second_served, second_seat, third, first));
    assert_eq!((door.pending.taken(), door.connections.taken()), (0, 0));
    drop(door.enter().await);
}

#[tokio::test]
async fn a_listener_that_waits_holds_no_seat_of_the_others() {
    let seats = Quota::new("connections_max", 1);
    let (idle, door) = (Door::open(seats.clone(), 1), Door::open(seats, 1));
    tokio::select! {
        biased;
        _ = idle.listener.accept() => panic!("nobody came"),
        _ = door.enter() => {}
    }
}
