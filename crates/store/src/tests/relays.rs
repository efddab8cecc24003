use vivace_base::{StreamName, Ulid};
use vivace_domain::relay::{Direction, Relay, RelayUrl};

use super::{Dir, NOW, open};
use crate::{AddRelay, FIRST_APP, Fault, Operation};

fn relay(number: u128, direction: Direction, stream: &str) -> Relay {
    Relay {
        id: Ulid(number),
        app: FIRST_APP,
        direction,
        stream: StreamName::parse(stream).unwrap(),
        url: RelayUrl::parse("rtmps://h:1936/live/a?key=b", 100).unwrap(),
        enabled: true,
        created_at: NOW,
    }
}

#[tokio::test]
async fn what_was_added_is_there_after_a_restart_and_what_was_removed_is_not() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let (pull, push) = (relay(1, Direction::Pull, "a"), relay(2, Direction::Push, "a"));
    for relay in [&push, &pull] {
        assert_eq!(store.add_relay(relay, 10).await.unwrap(), AddRelay::Added);
    }
    assert!(store.enable_relay(pull.id, false).await.unwrap());
    store.close().await;

    let store = open(&dir.data()).await;
    let stopped = Relay { enabled: false, ..pull.clone() };
    assert_eq!(store.reader().relays().await.unwrap(), [stopped, push]);
    assert!(store.remove_relay(pull.id).await.unwrap());
    assert!(!store.remove_relay(pull.id).await.unwrap());
    assert!(!store.enable_relay(pull.id, true).await.unwrap());
    assert_eq!(store.reader().relays().await.unwrap().len(), 1);
}

#[tokio::test]
async fn one_relay_pulls_into_a_stream_and_there_are_no_more_than_may_be() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    assert_eq!(store.add_relay(&relay(1, Direction::Pull, "a"), 3).await.unwrap(), AddRelay::Added);
    let clash = AddRelay::Pulled { by: Ulid(1) };
    assert_eq!(store.add_relay(&relay(2, Direction::Pull, "a"), 3).await.unwrap(), clash);
    for number in [3, 4] {
        assert_eq!(store.add_relay(&relay(number, Direction::Push, "a"), 3).await.unwrap(), AddRelay::Added);
    }
    assert_eq!(store.add_relay(&relay(5, Direction::Push, "a"), 3).await.unwrap(), AddRelay::Full);
    assert_eq!(store.reader().relays().await.unwrap().len(), 3);
}

#[tokio::test]
async fn an_address_that_is_none_is_damage() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    store.add_relay(&relay(1, Direction::Pull, "a"), 3).await.unwrap();
    sqlx::query("UPDATE relays SET url = 'file:///x'").execute(&store.writer).await.unwrap();
    let fault = store.reader().relays().await.unwrap_err();
    assert!(matches!(fault, Fault::Damaged { doing: Operation::ReadRelays, .. }), "{fault:?}");
}
