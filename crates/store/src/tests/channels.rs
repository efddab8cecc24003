use sqlx::{Connection, SqliteConnection};
use vivace_base::{AppId, Limits, Secret, StreamName, UnixMs};
use vivace_domain::channel::{Channel, ChannelId, Rate, Receiver, Source, SourceKind};
use vivace_domain::ip_list::{Colour, Direction, IpBlock, IpList};
use vivace_domain::rule::{Delay, Forbid, StreamRule};
use vivace_domain::watermark::WatermarkRule;

use super::{Dir, NOW, open};
use crate::{ChannelFilter, FILE_NAME, Fault, Operation, PageAsk, RuleWritten, Store, Watermark, WriteChannelFault};

const APP: AppId = AppId(1);

pub(super) fn name(number: u64) -> StreamName {
    StreamName::parse(&format!("2000_{number:032x}")).unwrap()
}

pub(super) fn channel(number: u64) -> Channel {
    Channel {
        id: ChannelId(1 << 63 | number),
        app: APP,
        name: format!("channel {:05}", 99_999 - number),
        describe: "d".to_owned(),
        source: Source {
            id: u64::MAX - number,
            name: "v".to_owned(),
            kind: SourceKind::RtmpPull,
            address: Some(Secret::new("rtmp://a.example/live/key".to_owned())),
        },
        receiver: Receiver::Both,
        rates: vec![Rate::Original, Rate::Hd],
        watermark: None,
        password: Some(Secret::new("p".to_owned())),
        stream: name(number),
        closed: false,
        created_at: UnixMs(NOW.0 + number as i64 / 2),
        revision: 0,
    }
}

fn ask(filter: ChannelFilter<'_>, offset: u64, limit: u32) -> PageAsk<'_> {
    PageAsk { filter, by_name: false, descending: false, offset, limit }
}

async fn numbers(store: &Store, ask: PageAsk<'_>) -> (u64, Vec<u64>) {
    let page = store.reader().channels(APP, ask).await.unwrap();
    (page.total, page.lines.iter().map(|line| line.id.0 & !(1 << 63)).collect())
}

#[tokio::test]
async fn a_channel_comes_back_as_it_was_written_and_only_to_its_app() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let made = channel(7);
    store.create_channel(&made, 5).await.unwrap();
    assert_eq!(store.reader().channel(APP, made.id).await.unwrap().as_ref(), Some(&made));
    assert_eq!(store.reader().channel_of(APP, &made.stream).await.unwrap().as_ref(), Some(&made));
    assert_eq!(store.reader().pulled_channels().await.unwrap(), std::slice::from_ref(&made));
    assert_eq!(store.reader().channel(AppId(2), made.id).await.unwrap(), None);
    assert_eq!(store.reader().channel_of(AppId(2), &made.stream).await.unwrap(), None);
    let closed = store.replace_channel(&made, &Channel { closed: true, ..made.clone() }).await.unwrap();
    assert_eq!((closed.closed, closed.revision), (true, 1));
    let again = store.replace_channel(&made, &Channel { closed: true, ..made.clone() }).await.unwrap_err();
    assert!(matches!(again, WriteChannelFault::Conflict), "{again:?}");
    assert!(matches!(store.delete_channel(&made).await.unwrap_err(), WriteChannelFault::Conflict));
    store.delete_channel(&closed).await.unwrap();
    assert_eq!(numbers(&store, ask(ChannelFilter::All, 0, 10)).await, (0, vec![]));
}

#[tokio::test]
async fn the_quota_counts_closed_channels_and_is_free_again_after_a_delete() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    for number in 0..3 {
        store.create_channel(&channel(number), 3).await.unwrap();
    }
    let closed = store.replace_channel(&channel(0), &Channel { closed: true, ..channel(0) }).await.unwrap();
    let full = store.create_channel(&channel(3), 3).await.unwrap_err();
    assert!(matches!(full, WriteChannelFault::Quota { limit: 3 }), "{full:?}");
    store.delete_channel(&closed).await.unwrap();
    store.create_channel(&channel(3), 3).await.unwrap();
}

#[tokio::test]
async fn of_many_that_ask_at_once_as_many_get_one_as_there_are() {
    let dir = Dir::new();
    let store = Store::open(&dir.data(), &Limits::default()).await.unwrap();
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.create_channel(&channel(number), 5).await.is_ok() })
        })
        .collect();
    let mut made = 0;
    for task in tasks {
        made += usize::from(task.await.unwrap());
    }
    assert_eq!(made, 5);
}

#[tokio::test]
async fn pages_meet_without_gap_or_overlap_in_both_directions() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    for number in 0..25 {
        store.create_channel(&channel(number), 100).await.unwrap();
        if number % 5 == 0 {
            store.replace_channel(&channel(number), &Channel { closed: true, ..channel(number) }).await.unwrap();
        }
    }
    let live = [name(1), name(2), name(5), name(99)];
    let table = [
        (ChannelFilter::All, (0..25).collect::<Vec<u64>>()),
        (ChannelFilter::Closed, vec![0, 5, 10, 15, 20]),
        (ChannelFilter::Among(&live), vec![1, 2]),
        (ChannelFilter::Without(&live), (3..25).filter(|number| number % 5 != 0).collect()),
    ];
    for (filter, wanted) in table {
        for (by_name, descending) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut wanted = wanted.clone();
            // Names fall where numbers grow.
            if by_name != descending {
                wanted.reverse();
            }
            for limit in [1, 4, 7, 100] {
                let mut found = Vec::new();
                for page in 0..(25 / u64::from(limit) + 2) {
                    let ask = PageAsk { by_name, descending, ..ask(filter, page * u64::from(limit), limit) };
                    let (total, page) = numbers(&store, ask).await;
                    assert_eq!(total, wanted.len() as u64);
                    found.extend(page);
                }
                assert_eq!(found, wanted, "{filter:?} {by_name} {descending} {limit}");
            }
        }
    }
}

#[tokio::test]
async fn a_watermark_must_be_there_when_a_channel_names_it() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let new = Watermark {
        id: 0,
        name: "logo".to_owned(),
        picture: "https://a.example/logo.png".to_owned(),
        x: 5,
        y: 5,
        created_at: NOW,
    };
    let id = store.create_watermark(APP, &new, 1).await.unwrap().unwrap();
    assert_eq!(store.create_watermark(APP, &new, 1).await.unwrap(), None);
    store.create_channel(&Channel { watermark: Some(id), ..channel(1) }, 5).await.unwrap();
    let unknown = store.create_channel(&Channel { watermark: Some(id + 1), ..channel(2) }, 5).await.unwrap_err();
    assert!(matches!(unknown, WriteChannelFault::Watermark { id: asked } if asked == id + 1), "{unknown:?}");
    let foreign = Channel { app: AppId(2), watermark: Some(id), ..channel(3) };
    assert!(matches!(store.create_channel(&foreign, 5).await.unwrap_err(), WriteChannelFault::Watermark { .. }));
    assert_eq!(store.reader().watermarks(APP, 0, 10).await.unwrap(), [Watermark { id, ..new }]);
    assert!(store.delete_watermark(APP, id).await.unwrap() && !store.delete_watermark(APP, id).await.unwrap());
}

#[tokio::test]
async fn a_rule_and_its_watermark_hold_each_other() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let new = Watermark::gone(0);
    let id = store.create_watermark(APP, &new, 2).await.unwrap().unwrap();
    let rule = |stream: &str, watermark| WatermarkRule {
        domain: "push.example.com".to_owned(),
        path: "live".to_owned(),
        stream: stream.to_owned(),
        watermark,
        created_at: NOW,
    };
    let create = async |app, new| store.create_watermark_rule(app, &new, 1).await.unwrap();
    assert_eq!(create(APP, rule("s", id + 1)).await, RuleWritten::NoTemplate);
    assert_eq!(create(AppId(2), rule("s", id)).await, RuleWritten::NoTemplate, "it is another app's");
    assert_eq!(create(APP, rule("s", id)).await, RuleWritten::Made);
    assert_eq!(create(APP, rule("s", id)).await, RuleWritten::Known);
    assert_eq!(create(APP, rule("t", id)).await, RuleWritten::Full);
    assert_eq!(create(APP, rule("s", id)).await, RuleWritten::Known, "it would be none more");
    assert_eq!(store.reader().watermark_rules(None).await.unwrap(), [(APP, rule("s", id))]);
    assert_eq!(store.reader().watermark_rules(Some(AppId(2))).await.unwrap(), []);
    assert!(!store.delete_watermark(APP, id).await.unwrap(), "a rule names it");
    assert!(!store.delete_watermark_rule(AppId(2), &rule("s", id)).await.unwrap());
    assert!(store.delete_watermark_rule(APP, &rule("s", 0)).await.unwrap());
    assert!(!store.delete_watermark_rule(APP, &rule("s", 0)).await.unwrap());
    assert!(store.delete_watermark(APP, id).await.unwrap());
}

#[tokio::test]
async fn lists_and_rules_come_back_as_they_were_written() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let block = |last, prefix| IpBlock::new([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, last], prefix).unwrap();
    let list = IpList::new(Colour::White, vec![block(1, 128), block(0, 120)], 9).unwrap();
    store.set_ip_list(APP, Direction::Push, Some(&list), NOW).await.unwrap();
    let kept = store.reader().ip_lists().await.unwrap();
    assert_eq!((kept[0].app, kept[0].direction, &kept[0].list), (APP, Direction::Push, &list));
    store.set_ip_list(APP, Direction::Push, None, NOW).await.unwrap();
    assert!(store.reader().ip_lists().await.unwrap().is_empty());

    let until = UnixMs(NOW.0 + 10);
    let forbid = Some(Forbid { until, reason: "why".to_owned() });
    let rule = StreamRule { forbid, delay: Some(Delay { ms: 9_000, until: Some(until) }) };
    assert!(store.set_rule(APP, &name(1), &rule, 1, NOW).await.unwrap());
    assert!(!store.set_rule(APP, &name(2), &rule, 1, NOW).await.unwrap(), "there is room for one");
    let kept = store.reader().rules().await.unwrap();
    assert_eq!((&kept[0].stream, &kept[0].rule, kept.len()), (&name(1), &rule, 1));
    assert!(store.set_rule(APP, &name(2), &rule, 1, until).await.unwrap(), "one that is over leaves room");
    assert!(store.set_rule(APP, &name(2), &StreamRule::default(), 1, NOW).await.unwrap());
    assert!(store.reader().rules().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_row_that_contradicts_itself_is_damage() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    store.create_channel(&channel(1), 5).await.unwrap();
    let url = format!("sqlite://{}", dir.data().join(FILE_NAME).display());
    let mut other = SqliteConnection::connect(&url).await.unwrap();
    for change in ["receiver = 9", "rates = ''", "source_address = NULL", "stream = '../x'", "source_kind = 0"] {
        let sql = format!("UPDATE channels SET {change}");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut other).await.unwrap();
        let fault = store.reader().channel(APP, channel(1).id).await.unwrap_err();
        assert!(matches!(fault, Fault::Damaged { doing: Operation::ReadChannels, .. }), "{change}: {fault:?}");
        sqlx::query("DELETE FROM channels").execute(&mut other).await.unwrap();
        sqlx::query("DELETE FROM channel_counts").execute(&mut other).await.unwrap();
        store.create_channel(&channel(1), 5).await.unwrap();
    }
}

#[tokio::test]
async fn pages_from_the_middle_of_many_are_those_of_the_index_and_see_every_change() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    fill(&dir, 0, 3_000).await;
    for (by_name, descending) in [(false, false), (false, true), (true, true)] {
        let page = |offset| PageAsk { by_name, descending, ..ask(ChannelFilter::All, offset, 7) };
        // The first is read by the index, the later ones by the order in memory.
        let by_index = numbers(&store, page(1_500)).await;
        for _ in 0..2 {
            assert_eq!(numbers(&store, page(1_500)).await, by_index);
        }
        let gone = store.reader().channel(APP, ChannelId(1 << 63 | by_index.1[0])).await.unwrap().unwrap();
        let closed = store.replace_channel(&gone, &Channel { closed: true, ..gone.clone() }).await.unwrap();
        store.delete_channel(&closed).await.unwrap();
        for _ in 0..3 {
            let (total, page) = numbers(&store, page(1_500)).await;
            assert_eq!((total, &page[..6]), (by_index.0 - 1, &by_index.1[1..]));
        }
    }
}

async fn other_of(dir: &Dir) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}", dir.data().join(FILE_NAME).display())).await.unwrap()
}

/// Many channels in one transaction.
async fn fill(dir: &Dir, from: u64, to: u64) {
    let mut other = other_of(dir).await;
    sqlx::query("BEGIN").execute(&mut other).await.unwrap();
    for number in from..to {
        let sql = "INSERT INTO channels (id, app, name, description, source_id, source_name, source_kind, receiver, \
            rates, stream, closed, created_at, revision) VALUES ($1, 1, $2, '', 1, 'v', 1, 3, '0', $3, 0, $4, 0)";
        let insert = sqlx::query(sql).bind((1_u64 << 63 | number).cast_signed()).bind(format!("channel {number}"));
        let insert = insert.bind(name(number).to_string()).bind(NOW.0 + number as i64);
        insert.execute(&mut other).await.unwrap();
    }
    let count = "INSERT INTO channel_counts (app, closed, count, changes) VALUES (1, 0, $1, 1) \
        ON CONFLICT (app, closed) DO UPDATE SET count = excluded.count, changes = changes + 1";
    sqlx::query(count).bind(to as i64).execute(&mut other).await.unwrap();
    sqlx::query("COMMIT").execute(&mut other).await.unwrap();
}
