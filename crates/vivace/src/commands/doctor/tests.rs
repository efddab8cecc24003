use std::path::PathBuf;

use vivace_base::{SessionId, UnixMs};
use vivace_server::Config;
use vivace_store::{EventKind, LiveEvent, Store};

use super::{Finding, Level, clock, store};
use crate::machine;

/// A data folder with the store of a server that has seen one event at this time.
async fn folder(name: &str, at: UnixMs) -> Config {
    let data = std::env::temp_dir().join(format!("vivace-doctor-{}-{name}", std::process::id()));
    let config = Config { data, ..Config::default() };
    let store = Store::open(&config.data, &config.limits).await.unwrap();
    let event = LiveEvent {
        at,
        session: SessionId(1),
        stream: None,
        peer: "192.0.2.1:1".to_owned(),
        kind: EventKind::Published,
        table: None,
        code: None,
        detail: String::new(),
    };
    store.append_events(&[event]).await.unwrap();
    store.close().await;
    config
}

fn examine(name: &str, at: UnixMs) -> Vec<Finding> {
    let config = tokio::runtime::Runtime::new().unwrap().block_on(folder(name, at));
    let (mut findings, newest) = store::look(&config).unwrap();
    findings.extend(clock::look(machine::unix_now(), newest));
    std::fs::remove_dir_all(&config.data).unwrap();
    findings
}

#[test]
fn an_event_of_tomorrow_says_that_the_clock_has_gone_back() {
    let now = machine::unix_now();
    let findings = examine("tomorrow", UnixMs(now.0 + 2 * 86_400_000));
    let clock = findings.iter().find(|finding| finding.check == "clock").unwrap();
    assert!(clock.level == Level::Fail && clock.found.contains("gone back"), "{clock:?}");
    assert!(findings.iter().any(|finding| finding.check == "database" && finding.level == Level::Ok));

    let clock = examine("today", now).into_iter().find(|finding| finding.check == "clock").unwrap();
    assert_eq!(clock.level, Level::Ok, "{clock:?}");
}

#[test]
fn a_folder_of_another_kind_of_database_is_told() {
    let data = std::env::temp_dir().join(format!("vivace-doctor-{}-odd", std::process::id()));
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("vivace.db"), "this is no database, however long it is made to be").unwrap();
    let config = Config { data: PathBuf::from(&data), ..Config::default() };
    let (findings, _) = store::look(&config).unwrap();
    std::fs::remove_dir_all(&data).unwrap();
    assert_eq!(findings.first().map(|finding| finding.level), Some(Level::Fail), "{findings:?}");
}
