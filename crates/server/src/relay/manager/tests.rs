use std::future::pending;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::*;
use crate::{Auth, Config, Server};

/// A manager of a server that does not serve, in a folder of its own.
struct Scene {
    shared: Arc<Shared>,
    running: JoinHandle<()>,
    data: PathBuf,
}

/// With a task that does not end when it is told to, as that of the relay `frozen`.
async fn scene(frozen: Ulid) -> (Scene, tokio::task::AbortHandle) {
    let data = std::env::temp_dir().join(format!("vivace-server-manager-{}", std::process::id()));
    let local = SocketAddr::from(([127, 0, 0, 1], 0));
    let listeners = Config { rtmp: local, http: local, rtmps: None, https: None, ..Config::default() };
    let server =
        Server::load(Config { data: data.clone(), play_auth: Auth::Open, ..listeners }).await.expect("a server");
    let (shared, store, mut manager) = (server.shared.clone(), server.store.clone(), server.manager);
    let work = tokio::spawn(pending());
    let thaw = work.abort_handle();
    let stop = CancellationToken::new();
    let task = manager.job(&shared, &store, &stop, frozen).task;
    *task.lock() = Some(Task { stop, work });
    drop(task);
    let running = tokio::spawn(manager.run(shared.clone(), store, Vec::new()));
    (Scene { shared, running, data }, thaw)
}

#[tokio::test]
async fn a_task_that_does_not_end_holds_up_those_who_wait_for_it_and_nobody_else() {
    let (frozen, other) = (Ulid(1), Ulid(2));
    let (scene, thaw) = scene(frozen).await;
    let shared = &scene.shared;
    let ask = || {
        let shared = shared.clone();
        tokio::spawn(async move { shared.relays.ask(|reply| Ask::Unpull(frozen, reply)).await })
    };
    let waiting: Vec<_> = (0..WAITING_MAX).map(|_| ask()).collect();
    // Behind as many as may wait, which the manager has taken then.
    let refused = ask().await.expect("an answer");
    assert!(matches!(refused, Err(RelayFault::Silent { .. })), "{refused:?}");
    for _ in 0..100 {
        shared.relays.ask(|reply| Ask::Unpull(other, reply)).await.expect("an answer");
    }
    assert!(waiting.iter().all(|one| !one.is_finished()), "an answer while the task still runs");
    thaw.abort();
    for one in waiting {
        one.await.expect("an answer").expect("it has ended");
    }
    shared.stop.cancel();
    scene.running.await.expect("the manager ends");
    std::fs::remove_dir_all(&scene.data).expect("the folder of the test");
}
