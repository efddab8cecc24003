use std::net::SocketAddr;

use tokio::time::pause;
use vivace_net::control;

use super::give::{Estate, Giver};
use super::message::{ANSWER, Listed, Message, Offer, VERSION, WORK, hear, message, say};
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

/// The messages of one process to the other.
fn messages() -> Vec<Vec<u8>> {
    let address = SocketAddr::from(([127, 0, 0, 1], 1_935));
    let listeners = vec![Listed { role: "RTMP".to_owned(), asked: address, address }];
    let streams = vec![(1, "cam".to_owned()), (u32::MAX, "\u{1f3a5}".to_owned())];
    let offer = Offer { version: VERSION, pid: 7, listeners, token_key: vec![0, 255], streams };
    let all = [
        Message::TakeOver { version: VERSION, pid: 1 },
        Message::Refused { reason: "why".to_owned() },
        Message::Offer(offer),
        Message::Ready,
        Message::Yours,
        Message::Accepting,
        Message::Released,
    ];
    all.iter().map(|one| serde_json::to_vec(one).unwrap()).collect()
}

/// The reader is serde's, so no fuzz target is linked with this crate for it: each message cut at each place and with each
/// byte changed to each other is read as what it says, or refused.
#[test]
fn no_bytes_on_the_control_socket_are_more_than_a_fault() {
    let mut read = 0;
    for bytes in messages() {
        for end in 0..bytes.len() {
            assert!(matches!(message(&bytes[..end]), Err(UpgradeFault::Malformed(_))), "half a message is read");
        }
        for at in 0..bytes.len() {
            for byte in 0..=u8::MAX {
                let mut changed = bytes.clone();
                changed[at] = byte;
                let Ok(one) = message(&changed) else { continue };
                let written = serde_json::to_vec(&one).unwrap();
                let again = message(&written).unwrap_or_else(|fault| panic!("what was read cannot be: {fault}"));
                assert_eq!(serde_json::to_vec(&again).unwrap(), written);
                read += 1;
            }
        }
    }
    assert!(read > 0, "nothing is read at all");
    let deep = [b"{\"say\":".to_vec(), b"[".repeat(100_000)].concat();
    assert!(message(&deep).is_err() && message(b"").is_err() && message(&[0xff; 64]).is_err());
}
