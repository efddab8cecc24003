use std::net::SocketAddr;

use vivace_base::Limits;

use super::{Applied, merge};
use crate::{Auth, Config};

fn keys(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

#[test]
fn live_keys_are_taken_and_the_others_are_told_and_kept() {
    let running = Config::default();
    let asked = Config {
        rtmp: SocketAddr::from(([127, 0, 0, 1], 1940)),
        play_auth: Auth::Open,
        limits: Limits { connections_max: 7, store_readers_max: 9, ..Limits::default() },
        ..Config::default()
    };
    let (config, applied) = merge(&running, asked.clone());
    assert_eq!(applied.changed, keys(&["play.auth", "limits.connections_max"]));
    assert_eq!(applied.restart_needed, keys(&["rtmp", "limits.store_readers_max"]));
    assert_eq!((config.rtmp, config.play_auth), (running.rtmp, Auth::Open));
    assert_eq!((config.limits.connections_max, config.limits.store_readers_max), (7, 4));

    // Once more: nothing changes, and the restart is still needed. Changed back, it is not.
    let (config, again) = merge(&config, asked);
    assert_eq!(again, Applied { restart_needed: applied.restart_needed, ..Applied::default() });
    let (_, back) = merge(&config, running);
    assert_eq!(back, Applied { changed: applied.changed, ..Applied::default() });
}
