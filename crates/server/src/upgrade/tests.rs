use std::net::SocketAddr;

use tokio::time::pause;
use vivace_net::control;

use super::give::{Estate, Giver};
use super::message::{ANSWER, Message, VERSION, WORK, hear, say};
use super::{SOCKET, UpgradeFault};
use crate::{Config, Server};

#[tokio::test]
async fn a_process_that_is_ready_too_late_is_told_that_this_one_goes_on() {
    let data = std::env::temp_dir().join(format!("vivace-server-upgrade-{}", std::process::id()));
    let local = SocketAddr::from(([127, 0, 0, 1], 0));
    let config = Config { rtmp: local, http: local, rtmps: None, https: None, data: data.clone(), ..Config::default() };
    let server = Server::load(config).await.unwrap();
    let estate = Estate { listeners: Vec::new(), lock: server.lock.descriptor().unwrap() };
    let giver = Giver::open(&data, estate);
    let mut late = control::connect(&data, SOCKET).await.unwrap();
    let waits = async {
        say(&mut late, &Message::TakeOver { version: VERSION, pid: 1 }, &[]).await.unwrap();
        let (offer, _) = hear(&mut late, ANSWER).await.unwrap();
        assert!(matches!(offer, Message::Offer(_)));
        // From here on only the waiting is left, which takes no time then.
        pause();
        hear(&mut late, 2 * WORK).await
    };
    let heard = tokio::select! {
        _ = giver.heir(&server.shared) => panic!("it is not ready"),
        heard = waits => heard,
    };
    // A connection that closes without a word would say that this process has ended.
    let told = matches!(&heard, Err(UpgradeFault::Refused { reason }) if reason.contains("goes on"));
    assert!(told, "{:?}", heard.err());
    drop((giver, server));
    std::fs::remove_dir_all(data).unwrap();
}
