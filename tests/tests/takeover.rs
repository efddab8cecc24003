//! Who may publish under a name that is held: its owner again, at once or within the grace time, and nobody else.

use std::fs::File;
use std::io::BufReader;
use std::time::Duration;

use vivace_tests::{
    Clip, Feeder, Flv, Folder, Kind, Role, Rtmp, Scene, Server, Tool, Witness, authority, connect_from, ffmpeg, get,
    push, suspend, wait_for, wait_within,
};

/// A player that copies FLV to a file as it comes.
fn copy(server: &Server, name: &str, folder: &Folder) -> Tool {
    let mut command = ffmpeg();
    command.args(["-i", &server.play_url(name, "flv"), "-c", "copy", "-flush_packets", "1", "-f", "flv"]);
    Tool::start(command.arg(folder.join("copy.flv")))
}

/// Decoding times of the pictures that have been copied so far.
fn copied(folder: &Folder) -> Vec<u32> {
    let file = BufReader::new(File::open(folder.join("copy.flv")).unwrap());
    let tags = Flv::open(file).whole_tags();
    tags.into_iter().filter(|tag| tag.kind == Kind::Video && tag.is_media()).map(|tag| tag.time_ms).collect()
}

fn has_copied(folder: &Folder, pictures: usize) -> bool {
    std::fs::metadata(folder.join("copy.flv")).is_ok_and(|file| file.len() > 1_000) && copied(folder).len() >= pictures
}

#[test]
fn players_stay_while_a_publisher_that_was_killed_comes_back_within_the_grace() {
    let server = Server::start(&[]);
    let url = server.push_url("a");
    let mut encoder = push(&url);
    server.wait_live("a");
    let witness = Witness::watch(&server, "a");
    let folder = Folder::new();
    let mut player = copy(&server, "a", &folder);
    wait_for("the first copied pictures", || has_copied(&folder, 25));

    encoder.kill_9();
    wait_for("the grace time to begin", || server.metric("streams_in_grace") == 1);
    assert_eq!(server.metric("streams"), 0);
    assert_eq!(server.stream("a").unwrap()["state"], "grace");
    let before = copied(&folder).len();

    let _again = push(&url);
    server.wait_live("a");
    wait_for("pictures of the second push", || has_copied(&folder, before + 50));
    witness.goes_on();
    assert!(player.is_running(), "the player was ended");
    let times = copied(&folder);
    let falls = times.windows(2).find(|pair| pair[1] <= pair[0]);
    assert_eq!(falls, None, "times of the copy go back");
    assert_eq!(server.metric("plays_total"), 2, "nobody has played anew");
}

#[test]
fn when_the_grace_is_over_players_are_ended_and_the_name_is_free() {
    let server = Server::start(&["--limits-publish-grace-ms", "1500"]);
    let mut encoder = push(&server.push_url("a"));
    server.wait_live("a");
    let witness = Witness::watch(&server, "a");
    witness.goes_on();
    encoder.kill_9();
    assert_eq!(witness.end(), "closed between two tags");
    wait_for("the list of streams to be empty", || server.streams().is_empty());
    assert_eq!(get(&server.play_url("a", "flv")).status, 404);
    assert_eq!((server.metric("streams"), server.metric("streams_in_grace")), (0, 0));
}

#[test]
fn a_second_push_of_the_owner_ends_the_first_and_players_go_on() {
    let server = Server::start(&[]);
    let url = server.push_url("a");
    let mut first = push(&url);
    server.wait_live("a");
    let witness = Witness::watch(&server, "a");
    witness.goes_on();
    let session = server.stream("a").unwrap()["session"].clone();

    let mut second = push(&url);
    let status = first.wait();
    assert!(!status.success(), "the first encoder was not told of its end");
    wait_for("the second session to hold the name", || server.stream("a").is_some_and(|one| one["session"] != session));
    witness.goes_on();
    witness.goes_on();
    assert!(second.is_running());
    assert_eq!(server.metric("streams"), 1);
}

#[test]
fn the_publisher_that_is_replaced_is_told_why() {
    let server = Server::start(&[]);
    let url = server.push_url("a");
    let first = Feeder::start(&url, Clip::h264("320x180"));
    server.wait_live("a");
    let _second = Feeder::start(&url, Clip::h264("320x180"));
    wait_for("the end of the first push", || first.has_ended());
    let heard = format!("{:?}", first.heard());
    assert!(heard.contains("replaced by a new push") && heard.contains("21/102"), "{heard}");
}

/// reaches: lvb-video/20108
#[test]
fn a_stranger_gets_no_name_that_is_held() {
    let mut scene = Scene::new(&["--push-auth", "open"]);
    let url = scene.server.push_url("other");
    let from = "127.0.0.2".parse().unwrap();
    let mut stranger = Rtmp::ask(connect_from(from, authority(&url)), authority(&url), "live", "other", Role::Publish);
    let denied = stranger.ready().unwrap_err();
    assert_eq!(denied.code, "NetStream.Publish.BadName");
    assert!(denied.description.contains("lvb-video/20108"), "{}", denied.description);
    assert_eq!(scene.server.refused("publish", "lvb-video/20108"), 1);
    let refusals = scene.server.api("refusals");
    assert_eq!(refusals["items"][0]["code"], 20_108);
    assert_eq!(refusals["items"][0]["peer"], "127.0.0.2");
    scene.is_untouched();

    // The same stranger under a name that nobody holds is welcome: the name was the reason.
    let mut stranger = Rtmp::ask(connect_from(from, authority(&url)), authority(&url), "live", "free", Role::Publish);
    stranger.ready().unwrap();
}

#[test]
fn a_publisher_that_is_lost_without_a_word_is_noticed_within_ten_seconds() {
    let server = Server::start(&[]);
    let encoder = push(&server.push_url("a"));
    server.wait_live("a");
    suspend(encoder.pid());
    wait_within("the stream to be live no more", Duration::from_secs(10), || server.metric("streams") == 0);
    assert_eq!(server.metric("streams_in_grace"), 1);
}
