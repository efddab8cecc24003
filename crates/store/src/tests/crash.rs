use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{Dir, NOW, Seeded, event, open};
use crate::{EventKind, FIRST_APP, Store};

/// Set in the second process, which is this same test started again.
const DATA_DIR: &str = "VIVACE_STORE_TEST_DATA_DIR";
const NAME: &str = "tests::crash::a_server_that_is_killed_loses_nothing_that_it_acknowledged";

/// Ends the second process however the test ends.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The second process: acknowledges each write with a line, until it is killed.
async fn serve(data: &Path) {
    let store = open(data).await;
    let (app, created) = store.app_or_create(&Seeded::new(7), NOW).await.unwrap();
    assert!(created);
    let mut out = std::io::stdout();
    writeln!(out, "\napp {}", app.keys.api_token.reveal()).unwrap();
    for number in 1.. {
        store.append_events(&vec![event(EventKind::Published, "x"); 3]).await.unwrap();
        // The parent has gone: nobody is left to be told.
        if writeln!(out, "event {number}").and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_server_that_is_killed_loses_nothing_that_it_acknowledged() {
    if let Some(data) = std::env::var_os(DATA_DIR) {
        return serve(Path::new(&data)).await;
    }
    let dir = Dir::new();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([NAME, "--exact", "--nocapture"]).env(DATA_DIR, dir.data());
    let mut server = Server(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let token = lines.find_map(|line| line.strip_prefix("app ").map(str::to_owned)).expect("an app");

    // A second process on the same file, while the first one writes.
    let reader = Store::open_read_only(&dir.data(), &super::limits()).await.unwrap();
    assert_eq!(reader.app(FIRST_APP).await.unwrap().unwrap().keys.api_token.reveal(), &token);
    reader.close().await;
    let second = Store::open(&dir.data(), &vivace_base::Limits::default()).await.unwrap();
    assert!(!second.app_or_create(&Seeded::new(8), NOW).await.unwrap().1);
    second.close().await;

    let last = lines.find(|line| line == "event 30").expect("thirty batches");
    server.0.kill().unwrap();
    server.0.wait().unwrap();
    let acknowledged = lines.filter_map(|line| line.strip_prefix("event ").map(str::to_owned)).last().unwrap_or(last);
    let acknowledged: u64 = acknowledged.trim_start_matches("event ").parse().unwrap();

    let store = open(&dir.data()).await;
    assert_eq!(store.app(FIRST_APP).await.unwrap().unwrap().keys.api_token.reveal(), &token);
    let events = store.reader().events_count().await.unwrap();
    assert!(events >= 3 * acknowledged, "{events} events, {acknowledged} batches were acknowledged");
    assert_eq!(events % 3, 0, "a batch is written whole or not at all");
    let check: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&store.writer).await.unwrap();
    assert_eq!(check, "ok");
}
