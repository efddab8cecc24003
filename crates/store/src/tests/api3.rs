//! Host names, tasks, statistics and past pushes.

use vivace_base::{AppId, Secret, SessionId, StreamName, Ulid, UnixMs};
use vivace_domain::host::{AuthChange, Host, HostName, UrlAuth};
use vivace_domain::ip_list::Direction;
use vivace_domain::relay::RelayUrl;
use vivace_domain::task::PullTask;

use super::{Dir, NOW, Seeded, event, open};
use crate::{
    AddHost, ClientMinute, ClientOrder, EventKind, FIRST_APP, LiveEvent, PlayMinute, PushAsk, PushName, StreamMinute,
};

fn host(name: &str) -> Host {
    let name = HostName::parse(name).unwrap();
    Host { name, direction: Direction::Push, enabled: true, play_type: 2, created_at: NOW }
}

#[tokio::test]
async fn host_names_and_keys_stay_over_a_restart() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let (app, _) = store.app_or_create(&Seeded::new(1), NOW).await.unwrap();
    assert_eq!(store.add_host(FIRST_APP, &host("a.example"), 2).await.unwrap(), AddHost::Added);
    assert_eq!(store.add_host(FIRST_APP, &host("a.example"), 2).await.unwrap(), AddHost::Known);
    assert_eq!(store.add_host(FIRST_APP, &host("b.example"), 2).await.unwrap(), AddHost::Added);
    assert_eq!(store.add_host(FIRST_APP, &host("c.example"), 2).await.unwrap(), AddHost::Full);
    let name = |text| HostName::parse(text).unwrap();
    assert!(store.enable_host(FIRST_APP, &name("a.example"), false).await.unwrap());
    assert!(!store.enable_host(AppId(9), &name("a.example"), false).await.unwrap());
    assert!(!store.remove_host(FIRST_APP, &name("b.example"), Direction::Play).await.unwrap());
    assert!(store.remove_host(FIRST_APP, &name("b.example"), Direction::Push).await.unwrap());
    let change = AuthChange { key: Some(Secret::new("new".to_owned())), ..AuthChange::default() };
    let auth = UrlAuth { enabled: Some(false), delta_s: 60 };
    store.set_url_auth(FIRST_APP, Direction::Play, &change, auth).await.unwrap();
    store.close().await;

    let store = open(&dir.data()).await;
    let disabled = Host { enabled: false, ..host("a.example") };
    assert_eq!(store.reader().hosts().await.unwrap(), [(FIRST_APP, disabled)]);
    assert_eq!(store.reader().url_auths().await.unwrap(), [((FIRST_APP, Direction::Play), auth)]);
    let keys = store.app(FIRST_APP).await.unwrap().unwrap().keys;
    assert_eq!(keys.play_key.reveal(), "new");
    assert_eq!((keys.play_key_backup, keys.push_key), (app.keys.play_key_backup, app.keys.push_key));
    store.close().await;
}

#[tokio::test]
async fn tasks_stay_over_a_restart() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let url = |text| RelayUrl::parse(text, 100).unwrap();
    let task = PullTask {
        id: Ulid(u128::from(u64::MAX) + 1),
        given_id: "mine".to_owned(),
        stream: StreamName::parse("cam").unwrap(),
        domain: "d.example".to_owned(),
        source: url("rtmp://h:1935/live/a?key=b"),
        target: None,
        begin_at: NOW,
        end_at: UnixMs(NOW.0 + 60_000),
        paused: false,
        comment: "c".to_owned(),
        created_by: "me".to_owned(),
        updated_by: "me".to_owned(),
        created_at: NOW,
        updated_at: NOW,
    };
    store.put_task(FIRST_APP, &task).await.unwrap();
    let target = Some(url("rtmps://t:1936/live/b"));
    let changed = PullTask { paused: true, target, updated_by: "you".to_owned(), ..task.clone() };
    store.put_task(FIRST_APP, &changed).await.unwrap();
    store.close().await;

    let store = open(&dir.data()).await;
    assert_eq!(store.reader().tasks(FIRST_APP).await.unwrap(), [changed]);
    assert_eq!(store.reader().tasks(AppId(9)).await.unwrap(), []);
    assert!(!store.remove_task(AppId(9), task.id).await.unwrap());
    assert!(store.remove_task(FIRST_APP, task.id).await.unwrap());
    assert_eq!(store.reader().tasks(FIRST_APP).await.unwrap(), []);
    store.close().await;
}

fn minute(at: i64, stream: &str, bytes_out: u64) -> StreamMinute {
    StreamMinute {
        minute: UnixMs(at * 60_000),
        app: FIRST_APP,
        stream: StreamName::parse(stream).unwrap(),
        bytes_out,
        bytes_in: 10,
        pictures: 25,
        requests: 1,
        online_peak: 3,
        online_sum: 5,
        samples: 2,
        live_ms: 1_000,
        client_ip: "192.0.2.1".to_owned(),
        server_ip: "192.0.2.9".to_owned(),
        domain: "d.example".to_owned(),
    }
}

#[tokio::test]
async fn minutes_add_up_and_the_old_ones_go() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let client = |address: &str, requests| ClientMinute {
        minute: UnixMs(60_000),
        app: FIRST_APP,
        address: address.to_owned(),
        bytes: 100,
        requests,
        failed: 1,
    };
    let rows = [minute(1, "a", 100), minute(1, "b", 1), minute(2, "a", 7)];
    let clients = [client("192.0.2.1", 2), client("192.0.2.2", 5)];
    store.add_minutes(&rows, &clients, UnixMs(0), 100).await.unwrap();
    // The same minute once more, as a process writes it that has taken over.
    store.add_minutes(&[minute(1, "a", 50)], &clients[..1], UnixMs(0), 100).await.unwrap();
    let all = (UnixMs(0), UnixMs(600_000));
    let reader = store.reader();
    let play =
        |minute: i64, bytes, requests, online| PlayMinute { minute: UnixMs(minute * 60_000), bytes, requests, online };
    assert_eq!(reader.play_minutes(FIRST_APP, all, None).await.unwrap(), [play(1, 151, 3, 6), play(2, 7, 1, 3)]);
    assert_eq!(reader.play_minutes(FIRST_APP, all, Some("a")).await.unwrap(), [play(1, 150, 2, 3), play(2, 7, 1, 3)]);
    assert_eq!(reader.play_minutes(FIRST_APP, (UnixMs(60_001), UnixMs(119_999)), None).await.unwrap(), []);
    assert_eq!(reader.play_minutes(AppId(9), all, None).await.unwrap(), []);
    let pushed = reader.push_minutes(FIRST_APP, "a", all).await.unwrap();
    assert_eq!((pushed.len(), pushed[0].bytes_in, pushed[0].live_ms, pushed[0].samples), (2, 20, 2_000, 4));
    let top = |order, part| reader.client_sums(FIRST_APP, all, order, part);
    let (by_requests, count) = top(ClientOrder::Requests, (0, 1)).await.unwrap();
    assert_eq!((by_requests[0].address.as_str(), by_requests[0].requests, count), ("192.0.2.2", 5, 2));
    let (by_bytes, _) = top(ClientOrder::Bytes, (0, 10)).await.unwrap();
    assert_eq!((by_bytes[0].address.as_str(), by_bytes[0].bytes, by_bytes[0].failed), ("192.0.2.1", 200, 2));

    // By age, and by number: whole minutes go.
    store.add_minutes(&[minute(9, "a", 1)], &[], UnixMs(120_000), 100).await.unwrap();
    assert_eq!(reader.play_minutes(FIRST_APP, all, None).await.unwrap(), [play(2, 7, 1, 3), play(9, 1, 1, 3)]);
    assert_eq!(top(ClientOrder::Requests, (0, 10)).await.unwrap(), (vec![], 0));
    store.add_minutes(&[minute(10, "a", 2)], &[], UnixMs(0), 2).await.unwrap();
    assert_eq!(reader.play_minutes(FIRST_APP, all, None).await.unwrap(), [play(9, 1, 1, 3), play(10, 2, 1, 3)]);
    store.close().await;
}

#[tokio::test]
async fn past_pushes_have_their_begin_and_refused_ones_have_none() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let at = |ms: i64, session, kind, stream: &str| LiveEvent {
        at: UnixMs(NOW.0 + ms),
        session: SessionId(session),
        stream: Some(stream.to_owned()),
        ..event(kind, "why")
    };
    let events = [
        at(0, 1, EventKind::Published, "cam"),
        at(5, 2, EventKind::RefusedPublish, "cam2…"),
        at(9, 1, EventKind::Ended, "cam"),
        at(10, 3, EventKind::Resumed, "cam"),
        at(20, 4, EventKind::Ended, "other"),
    ];
    store.append_events(&events).await.unwrap();
    let ask = |name, refused| PushAsk {
        from: NOW,
        to: UnixMs(NOW.0 + 100),
        name,
        refused,
        ascending: true,
        offset: 0,
        limit: 10,
    };
    let reader = store.reader();
    let (found, count) = reader.past_pushes(&ask(PushName::All, true)).await.unwrap();
    let facts: Vec<_> =
        found.iter().map(|push| (push.stream.as_str(), push.begun_at, push.ended_at.0 - NOW.0, push.refused)).collect();
    assert_eq!(facts, [("cam2", None, 5, true), ("cam", Some(NOW), 9, false), ("other", None, 20, false)]);
    assert_eq!(count, 3);
    let names = |name, refused| async move {
        let (found, count) = reader.past_pushes(&ask(name, refused)).await.unwrap();
        (found.into_iter().map(|push| push.stream).collect::<Vec<_>>().join(" "), count)
    };
    assert_eq!(names(PushName::Holds("am".to_owned()), true).await, ("cam2 cam".to_owned(), 2));
    assert_eq!(names(PushName::Is("cam2".to_owned()), true).await, ("cam2".to_owned(), 1));
    assert_eq!(names(PushName::Is("cam".to_owned()), true).await, ("cam".to_owned(), 1));
    assert_eq!(names(PushName::All, false).await, ("cam other".to_owned(), 2));
    let newest = PushAsk { ascending: false, offset: 1, limit: 1, ..ask(PushName::All, true) };
    assert_eq!(reader.past_pushes(&newest).await.unwrap().0[0].stream, "cam");
    store.close().await;
}
