//! Recordings of a server that is killed where it hurts: while its store is locked, while files are made, in the grace of
//! a publisher. What came before is there at the next start, and told of once.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use vivace_tests::{
    Clip, Feeder, Folder, MediaKind, Receiver, Recorded, Role, Rtmp, Server, Tool, media_files, played, recordings,
    wait_for, wait_within,
};

/// What a kill may cost: the part in the making, of a second, and what is on its way to the disk.
const LOSS_MS: u64 = 1_200;
/// What a part that was torn costs beside it.
const PART_MS: u64 = 1_200;

fn push_url(server: &Server, formats: &str) -> String {
    format!("{}&record={formats}", server.push_url("a"))
}

#[track_caller]
fn stored(data: &Path, count: usize) -> Vec<Recorded> {
    let mut last = Vec::new();
    wait_within(&format!("{count} recordings to be stored"), Duration::from_secs(60), || {
        last = recordings(data, "a");
        last.iter().filter(|one| one.state() == "stored").count() >= count
    });
    last
}

fn parts(server: &Server) -> u64 {
    server.metric("recording_parts_total")
}

/// The settings of a server that tells a receiver.
fn telling(receiver: &Receiver, grace_ms: &str) -> Vec<String> {
    let url = format!("http://{}/", receiver.address());
    ["--limits-publish-grace-ms", grace_ms, "--limits-store-busy-ms-max", "200", "--outbound-allow", "127.0.0.1"]
        .into_iter()
        .map(str::to_owned)
        .chain(["--callback-url".to_owned(), url])
        .collect()
}

fn start(folder: Folder, flags: &[String]) -> Server {
    Server::start_in(folder, &flags.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Each recording is told of once, and nothing else as one.
#[track_caller]
fn told_once(receiver: &Receiver, all: &[Recorded]) {
    let told = || -> Vec<String> {
        let heard = receiver.taken().into_iter().filter(|body| body["event_type"] == 100);
        let mut ids: Vec<_> = heard.map(|body| body["file_id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    wait_for("all to be told", || told().len() >= all.len());
    let mut ids: Vec<_> = all.iter().map(|one| one.id().to_owned()).collect();
    ids.sort();
    assert_eq!(told(), ids);
}

/// Locks the store until it is killed.
#[track_caller]
fn lock(server: &Server) -> Tool {
    let program = format!(
        "import sqlite3, time\ndb = sqlite3.connect({:?}, isolation_level=None, timeout=30)\n\
         db.execute('BEGIN IMMEDIATE')\nprint('locked', flush=True)\ntime.sleep(600)\n",
        server.data().join("vivace.db").display().to_string()
    );
    let other = Tool::start(Command::new("python3").args(["-c", &program]));
    wait_for("the store to be locked", || other.stdout().contains("locked"));
    other
}

/// Kills a server that has recorded, with its store locked, from the first part on; the time that was sent.
#[track_caller]
fn kill_locked(server: Server, formats: &str) -> (Folder, u64) {
    let mut publisher = Rtmp::open(&push_url(&server, formats), Role::Publish);
    publisher.ready().unwrap();
    let mut other = lock(&server);
    let feeder = Feeder::over(publisher, Clip::h264("320x180"));
    wait_for("parts on disk", || parts(&server) >= 4);
    let sent_ms = u64::from(feeder.newest_ms());
    let folder = server.kill_9();
    other.kill_9();
    drop(feeder);
    (folder, sent_ms)
}

/// The files in the folder of media.
fn media(data: &Path) -> Vec<PathBuf> {
    fs::read_dir(data.join("media")).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn killed_with_its_store_locked_all_that_is_on_disk_becomes_recordings() {
    let receiver = Receiver::start();
    let flags = telling(&receiver, "300");
    let (folder, sent_ms) = kill_locked(start(Folder::new(), &flags), "mp4|flv|hls");
    let data = folder.join("data");
    assert!(recordings(&data, "a").is_empty() && media_files(&data, "a").is_empty(), "nothing has a row");

    let server = start(folder, &flags);
    let all = stored(&data, 3);
    assert_eq!(all.len(), 3, "{all:?}");
    for one in &all {
        let found = match one.format() {
            "hls" => played(Path::new(play_url(&server, one).as_str())),
            _ => played(&one.file(&data)),
        };
        assert!(found.begins_with_key && found.length_ms + LOSS_MS >= sent_ms, "{found:?} of {sent_ms}");
        assert!(one.duration_ms() + LOSS_MS >= sent_ms, "{one:?}");
    }
    told_once(&receiver, &all);
    assert!(receiver.taken().iter().any(|body| body["stream_param"].to_string().contains("record=mp4|flv|hls")));
    assert!(!data.join("recordings-without-rows").exists());
    // Nothing is left beside the file, and nothing is made a second time.
    wait_for("the notes to go", || media(&data).len() == 1);
    let (status, folder) = server.stop();
    assert!(status.success());
    let server = start(folder, &flags);
    encode_one(&server);
    wait_for("the next recordings", || {
        recordings(&data, "a").iter().filter(|one| one.state() == "stored").count() == 4
    });
    assert_eq!(recordings(&data, "a").len(), 4);
    drop(server);
}

/// A short push of its own.
#[track_caller]
fn encode_one(server: &Server) {
    let mut publisher = Rtmp::open(&push_url(server, "mp4"), Role::Publish);
    publisher.ready().unwrap();
    for tag in &Clip::h264("320x180").tags {
        let kind = if tag.kind == vivace_tests::Kind::Video { MediaKind::Video } else { MediaKind::Audio };
        publisher.send(kind, tag.time_ms, &tag.body).unwrap();
    }
    publisher.finish().unwrap();
}

/// Where a recording is played.
#[track_caller]
fn play_url(server: &Server, one: &Recorded) -> String {
    let found = server.api(&format!("recordings/{}", one.id()));
    found["play_url"].as_str().unwrap_or_else(|| panic!("{found}")).to_owned()
}

#[test]
fn what_got_its_length_and_never_its_bytes_is_cut_off() {
    let (folder, sent_ms) = kill_locked(start(Folder::new(), &telling(&Receiver::start(), "300")), "mp4");
    let data = folder.join("data");
    let file = media(&data).into_iter().find(|path| path.extension().is_some_and(|end| end == "mp4")).unwrap();
    // As a power failure leaves it: the last pages of the file are there and empty.
    let bytes = fs::metadata(&file).unwrap().len();
    let from = (bytes - 1_500) & !1_023;
    let zeros = vec![0; usize::try_from(bytes - from).unwrap()];
    OpenOptions::new().write(true).open(&file).unwrap().write_all_at(&zeros, from).unwrap();

    let server = Server::start_in(folder, &["--limits-publish-grace-ms", "300"]);
    let all = stored(&data, 1);
    let found = played(&all[0].file(&data));
    let lost_ms = sent_ms.saturating_sub(found.length_ms);
    assert!(found.begins_with_key && lost_ms <= LOSS_MS + PART_MS, "{lost_ms} ms are lost of {sent_ms}");
    let (media, expected) = media_files(&data, "a").remove(0);
    assert!(expected <= from && fs::metadata(media).unwrap().len() == expected, "{expected} of {from}");
    drop(server);
}

#[test]
fn killed_while_its_file_is_to_be_made_a_recording_is_made_and_told_of_once() {
    let receiver = Receiver::start();
    let settings = |free_bytes: u64| {
        let url = format!("http://{}/", receiver.address());
        format!(
            "[limits]\npublish_grace_ms = 300\n[outbound]\nallow = \"127.0.0.1\"\n[callback]\nurl = \"{url}\"\n\
             [recording]\nfree_bytes_min = {free_bytes}\n"
        )
    };
    let server = Server::start_on_file(&settings(0));
    let feeder = Feeder::start(&push_url(&server, "mp4|hls"), Clip::h264("320x180"));
    wait_for("two parts", || parts(&server) >= 2);
    // Where hardly any room is left recordings are closed, and a file that takes room waits.
    server.set(&settings(9_000_000_000_000_000));
    let data = server.data();
    wait_for("the end", || recordings(&data, "a").iter().all(|one| one.state() != "recording"));
    let waits =
        |data: &Path| recordings(data, "a").iter().any(|one| one.format() == "mp4" && one.state() == "finalizing");
    assert!(waits(&data));
    let folder = server.kill_9();
    drop(feeder);
    assert!(waits(&data));
    let server = start(folder, &telling(&receiver, "300"));
    let all = stored(&data, 2);
    assert_eq!(all.len(), 2, "{all:?}");
    told_once(&receiver, &all);
    drop(server);
}

#[test]
fn killed_while_it_waits_for_a_publisher_a_recording_ends_with_what_came() {
    let receiver = Receiver::start();
    let flags = telling(&receiver, "300");
    let server = start(Folder::new(), &telling(&receiver, "60000"));
    let feeder = Feeder::start(&push_url(&server, "mp4|hls"), Clip::h264("320x180"));
    wait_for("two parts", || parts(&server) >= 2);
    let sent_ms = u64::from(feeder.newest_ms());
    drop(feeder);
    wait_for("the publisher to be gone", || server.log().contains("publish ends"));
    let data = server.data();
    let folder = server.kill_9();
    assert!(recordings(&data, "a").iter().all(|one| one.state() == "recording"));
    let server = start(folder, &flags);
    let all = stored(&data, 2);
    assert_eq!(all.len(), 2, "{all:?}");
    for one in &all {
        let found = played(Path::new(play_url(&server, one).as_str()));
        assert!(found.begins_with_key && found.length_ms + LOSS_MS >= sent_ms, "{found:?} of {sent_ms}");
    }
    told_once(&receiver, &all);
    drop(server);
}
