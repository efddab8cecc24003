use std::collections::BTreeMap;

use vivace_base::{StreamName, UnixMs};
use vivace_domain::channel::Channel;

use super::channels::{channel, name};
use super::{Dir, NOW, event, open};
use crate::{EventKind, FIRST_APP, KnownAsk, KnownState, LiveEvent, Store, StreamMinute};

fn pushed(stream: &str, at: i64) -> LiveEvent {
    LiveEvent { stream: Some(stream.to_owned()), at: UnixMs(at), ..event(EventKind::Published, "") }
}

fn minute(stream: &str, at: i64) -> StreamMinute {
    let (minute, stream) = (UnixMs(at), StreamName::parse(stream).unwrap());
    StreamMinute {
        minute,
        app: FIRST_APP,
        stream,
        bytes_out: 0,
        bytes_in: 0,
        pictures: 0,
        requests: 0,
        online_peak: 0,
        online_sum: 0,
        samples: 1,
        live_ms: 60_000,
        client_ip: String::new(),
        server_ip: String::new(),
        domain: String::new(),
    }
}

async fn page(store: &Store, ask: KnownAsk<'_>) -> (Vec<String>, u64) {
    store.reader().known_streams(FIRST_APP, &ask).await.unwrap()
}

#[tokio::test]
async fn every_page_is_what_going_through_all_streams_gives() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    // 0 to 5 are channels', the odd ones closed; 4 and on were pushed.
    let mut known: BTreeMap<String, (i64, bool)> = BTreeMap::new();
    for number in 0..6 {
        let made = channel(number);
        store.create_channel(&made, 100).await.unwrap();
        if number % 2 == 1 {
            store.replace_channel(&made, &Channel { closed: true, ..made.clone() }).await.unwrap();
        }
        known.insert(made.stream.to_string(), (made.created_at.0, number % 2 == 1));
    }
    let others = ["a", "b", "c", "d", "e"];
    for (at, stream) in (0..).zip(others) {
        store.append_events(&[pushed(stream, NOW.0 - at), pushed(stream, NOW.0 + at)]).await.unwrap();
        known.insert(stream.to_owned(), (NOW.0 - at, false));
    }
    store.append_events(&[pushed(name(4).as_str(), NOW.0 + 50)]).await.unwrap();
    store.add_minutes(&[minute("a", NOW.0 - 100), minute("f", NOW.0)], &[], UnixMs(0), 100).await.unwrap();
    known.insert("f".to_owned(), (NOW.0, false));
    // Live: one that is known, a closed channel's, one too new to be known. Forbidden: one that is live too, a closed
    // channel's, one that is known, one that is not.
    let parse = |text: &str| StreamName::parse(text).unwrap();
    let live = [parse("a"), name(1), parse("new")];
    let forbidden = [name(1), name(3), parse("c"), parse("strange")];
    let now = UnixMs(NOW.0 + 1_000);
    for name in live.iter().chain(&forbidden) {
        known.entry(name.to_string()).or_insert((now.0, false));
    }
    let state_of = |name: &str, closed: bool| {
        let among = |of: &[StreamName]| of.iter().any(|one| one.as_str() == name);
        match (among(&live), among(&forbidden) || closed) {
            (true, _) => KnownState::Live,
            (false, true) => KnownState::Closed,
            (false, false) => KnownState::Idle,
        }
    };
    for state in [None, Some(KnownState::Idle), Some(KnownState::Live), Some(KnownState::Closed)] {
        let of = known.iter().filter(|(name, (_, closed))| state.is_none_or(|state| state_of(name, *closed) == state));
        let mut wanted: Vec<(i64, &String)> = of.map(|(name, (first, _))| (*first, name)).collect();
        wanted.sort_unstable();
        for descending in [false, true] {
            if descending {
                wanted.reverse();
            }
            for offset in 0..known.len() {
                let ask = KnownAsk {
                    live: &live,
                    forbidden: &forbidden,
                    now,
                    state,
                    descending,
                    offset: offset as u64,
                    limit: 3,
                };
                let (streams, total) = page(&store, ask).await;
                let expected: Vec<&String> = wanted.iter().skip(offset).take(3).map(|(_, name)| *name).collect();
                assert_eq!(streams.iter().collect::<Vec<_>>(), expected, "{state:?} {descending} {offset}");
                assert_eq!(total, wanted.len() as u64, "{state:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_stream_is_known_as_long_as_its_channel_or_its_statistics() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let all = async |store: &Store| {
        let ask =
            KnownAsk { live: &[], forbidden: &[], now: NOW, state: None, descending: false, offset: 0, limit: 100 };
        page(store, ask).await
    };
    let (never, once) = (channel(1), channel(2));
    store.create_channel(&never, 100).await.unwrap();
    store.create_channel(&once, 100).await.unwrap();
    store.append_events(&[pushed(once.stream.as_str(), NOW.0 + 5), pushed("a", NOW.0)]).await.unwrap();
    assert_eq!(all(&store).await.1, 3);
    assert!(store.reader().was_pushed(FIRST_APP, &once.stream).await.unwrap());
    assert!(!store.reader().was_pushed(FIRST_APP, &never.stream).await.unwrap());
    store.delete_channel(&never).await.unwrap();
    store.delete_channel(&once).await.unwrap();
    let kept = vec!["a".to_owned(), once.stream.to_string()];
    assert_eq!(all(&store).await, (kept, 2), "what was pushed stays");
    store.add_minutes(&[], &[], UnixMs(NOW.0 + 1), 100).await.unwrap();
    assert_eq!(all(&store).await, (vec![once.stream.to_string()], 1), "by age");
    store.append_events(&[pushed("b", NOW.0 + 6), pushed("c", NOW.0 + 7)]).await.unwrap();
    store.add_minutes(&[], &[], UnixMs(0), 2).await.unwrap();
    assert_eq!(all(&store).await, (vec!["b".to_owned(), "c".to_owned()], 2), "by number");
}
