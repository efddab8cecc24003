//! What a page of channels and a create with its row of the log of changes cost, with 100 and with 100,000 channels in the
//! store, and a page of the streams that are known with 1,000,000 events beside them:
//! `cargo run --release -p vivace-store --example channel_costs`.
#![expect(clippy::disallowed_methods, reason = "it measures real time")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use sqlx::{Connection, SqliteConnection};
use vivace_base::{AppId, Limits, StreamName, UnixMs};
use vivace_domain::channel::{Channel, ChannelId, Rate, Receiver, Source, SourceKind};
use vivace_store::{ChannelFilter, FILE_NAME, KnownAsk, KnownState, NewAudit, PageAsk, Store};

const APP: AppId = AppId(1);
const PAGES: u64 = 2_000;
const CREATES: u64 = 5_000;
const EVENTS: u64 = 1_000_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::temp_dir().join(format!("vivace-channel-costs-{}", std::process::id()));
    let measured = measure(&dir).await;
    std::fs::remove_dir_all(&dir)?;
    measured
}

async fn measure(dir: &Path) -> Result<(), Box<dyn Error>> {
    let store = Store::open(dir, &Limits::default()).await?;
    let keeping = tokio::spawn({
        let store = store.clone();
        async move { store.keep().await }
    });
    let mut there = 0;
    for count in [100_u64, 100_000] {
        fill(dir, there, count).await?;
        for (which, offset) in [("first", 0), ("third of", count / 3), ("middle", count / 2), ("last", count - 20)] {
            let mut times = Vec::new();
            for _ in 0..PAGES {
                let ask = PageAsk { filter: ChannelFilter::All, by_name: false, descending: false, offset, limit: 20 };
                let began = Instant::now();
                store.reader().channels(APP, ask).await?;
                times.push(began.elapsed().as_micros());
            }
            tell(&format!("{count} channels, {which} page"), times);
        }
        let mut bare = SqliteConnection::connect(&url(&dir.join(format!("bare-{count}")))).await?;
        for set in ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "CREATE TABLE t (x TEXT)"] {
            sqlx::query(set).execute(&mut bare).await?;
        }
        let (mut creates, mut commits) = (Vec::new(), Vec::new());
        for number in 0..CREATES {
            let channel = channel(1 << 40 | count << 20 | number)?;
            let began = Instant::now();
            store.noted(row(&channel)).create_channel(&channel, u64::MAX).await?;
            creates.push(began.elapsed().as_micros());
            let began = Instant::now();
            sqlx::query("INSERT INTO t (x) VALUES ('x')").execute(&mut bare).await?;
            commits.push(began.elapsed().as_micros());
            store.delete_channel(&channel).await?;
        }
        tell(&format!("{count} channels, create"), creates);
        tell("bare commit", commits);
        there = count;
    }
    push(dir).await?;
    for (which, descending, offset) in [("first", false, 0), ("last", true, 0), ("middle", false, 50_000)] {
        for state in [None, Some(KnownState::Idle)] {
            let mut times = Vec::new();
            for _ in 0..PAGES / 10 {
                let (live, now) = ([StreamName::parse("pushed_7")?], UnixMs(1 << 42));
                let ask = KnownAsk { live: &live, forbidden: &[], now, state, descending, offset, limit: 20 };
                let began = Instant::now();
                store.reader().known_streams(APP, &ask).await?;
                times.push(began.elapsed().as_micros());
            }
            tell(&format!("known streams, {state:?}, {which} page"), times);
        }
    }
    keeping.abort();
    store.close().await;
    Ok(())
}

fn tell(what: &str, mut times: Vec<u128>) {
    times.sort_unstable();
    let at = |of: usize, all: usize| times.get(times.len() * of / all).copied().unwrap_or_default();
    println!("{what}: p50 {} us, p90 {} us, p99 {} us, p99.9 {} us", at(1, 2), at(9, 10), at(99, 100), at(999, 1_000));
}

fn url(file: &Path) -> String {
    format!("sqlite://{}?mode=rwc", file.display())
}

fn channel(number: u64) -> Result<Channel, Box<dyn Error>> {
    Ok(Channel {
        id: ChannelId(1 << 63 | number),
        app: APP,
        name: "channel".to_owned(),
        describe: String::new(),
        source: Source { id: 1, name: "v".to_owned(), kind: SourceKind::Push, address: None },
        receiver: Receiver::Both,
        rates: vec![Rate::Original],
        watermark: None,
        password: None,
        stream: StreamName::parse(&format!("2000_{number:032x}"))?,
        closed: false,
        created_at: UnixMs(1 << 42),
        revision: 0,
    })
}

fn row(channel: &Channel) -> NewAudit {
    NewAudit {
        at: channel.created_at,
        app: APP,
        face: "lvb-v2".to_owned(),
        who: "AKID".to_owned(),
        peer: Some("192.0.2.1".to_owned()),
        operation: "channel.create".to_owned(),
        subject: format!("channel/{}", channel.id),
        before: None,
        after: Some("{}".repeat(150)),
    }
}

/// Many pushes in one transaction, of 1,000 streams.
async fn push(dir: &Path) -> Result<(), Box<dyn Error>> {
    let mut other = SqliteConnection::connect(&url(&dir.join(FILE_NAME))).await?;
    let sql = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < $1) \
        INSERT INTO live_events (at, session, stream, peer, kind, detail) \
        SELECT x, x, 'pushed_' || (x % 1000), '192.0.2.1:1', CASE x % 2 WHEN 0 THEN 'published' ELSE 'ended' END, '' FROM n";
    sqlx::query(sql).bind(EVENTS.cast_signed()).execute(&mut other).await?;
    Ok(())
}

/// Many channels in one transaction.
async fn fill(dir: &Path, from: u64, to: u64) -> Result<(), Box<dyn Error>> {
    let mut other = SqliteConnection::connect(&url(&dir.join(FILE_NAME))).await?;
    sqlx::query("BEGIN").execute(&mut other).await?;
    for number in from..to {
        let sql = "INSERT INTO channels (id, app, name, description, source_id, source_name, source_kind, receiver, \
            rates, stream, closed, created_at, revision) VALUES ($1, 1, $2, '', 1, 'v', 1, 3, '0', $3, 0, $4, 0)";
        let insert = sqlx::query(sql).bind((1_u64 << 63 | number).cast_signed()).bind(format!("channel {number}"));
        let insert = insert.bind(format!("2000_{number:032x}")).bind(number.cast_signed());
        insert.execute(&mut other).await?;
    }
    let count = "INSERT INTO channel_counts (app, closed, count, changes) VALUES (1, 0, $1, 1) \
        ON CONFLICT (app, closed) DO UPDATE SET count = excluded.count, changes = changes + 1";
    sqlx::query(count).bind(to.cast_signed()).execute(&mut other).await?;
    sqlx::query("COMMIT").execute(&mut other).await?;
    Ok(())
}
