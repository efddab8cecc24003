//! The folder of recordings: whose it is, what happens when it is named anew, and what is in it that should not be.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use vivace_tests::{
    AAC, Clip, FREE_PORTS, Feeder, Finished, Folder, H264, PICTURE, Recorded, Server, TONE, Tool, command, encode,
    ffmpeg, get, get_with, media_files, recordings, wait_for, wait_some, wait_within,
};

const GRACE: [&str; 2] = ["--limits-publish-grace-ms", "300"];

fn flags<'a>(dir: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["--recording-dir", dir][..], &GRACE, more].concat()
}

/// Encodes three seconds, and waits until all that is kept of them is stored.
#[track_caller]
fn record(server: &Server, formats: &str) -> Vec<Recorded> {
    let url = format!("{}&record={formats}", server.push_url("a"));
    let mut encoder = encode(ffmpeg(), &[PICTURE, TONE], &[H264, AAC, &["-t", "3"]], &url);
    assert!(encoder.wait_within(Duration::from_secs(60)).success(), "{}", encoder.stderr());
    stored(server, formats.split('|').count())
}

#[track_caller]
fn stored(server: &Server, count: usize) -> Vec<Recorded> {
    let mut all = Vec::new();
    wait_within("recordings to be stored", Duration::from_secs(60), || {
        all = recordings(&server.data(), "a");
        all.iter().filter(|one| one.state() == "stored").count() == count
    });
    all
}

/// `vivace COMMAND` on a data folder, with that folder of recordings.
fn run(what: &str, data: &Path, dir: &str, more: &[&str]) -> Finished {
    let mut command = command();
    Finished::run(command.args([what, "--data"]).arg(data).args(FREE_PORTS).args(["--recording-dir", dir]).args(more))
}

/// What the doctor says of one thing.
#[track_caller]
fn told(data: &Path, dir: &str, more: &[&str], check: &str) -> Value {
    let said = run("doctor", data, dir, &[&["--json"], more].concat()).stdout;
    let said: Value = serde_json::from_str(&said).unwrap();
    let found = said["checks"].as_array().unwrap().iter().find(|found| found["check"] == check);
    found.unwrap_or_else(|| panic!("no {check} in {said:#}")).clone()
}

fn has_strays(dir: &Path) -> bool {
    dir.join("recordings-without-rows").exists()
}

#[test]
fn a_second_server_does_not_take_the_folder_of_the_first() {
    let folder = Folder::new();
    let (kept, other) = (folder.join("kept"), folder.join("other"));
    let dir = kept.to_str().unwrap();
    let server = Server::start(&flags(dir, &[]));
    let feeder = Feeder::start(&format!("{}&record=mp4", server.push_url("a")), Clip::h264("320x180"));
    wait_for("parts on disk", || server.metric("recording_parts_total") > 1);
    let refused = |what: &str| {
        let refused = run("serve", &other, dir, &[]);
        assert_ne!(refused.code, 0, "{what}");
        let data = server.data().canonicalize().unwrap();
        for word in [dir, data.to_str().unwrap(), "belongs to", "recording.dir", "recordings.owner"] {
            assert!(refused.stderr.contains(word), "{what}: {word} is not in {}", refused.stderr);
        }
    };
    refused("a folder that is new");
    refused("one that has its database");
    let found = told(&other, dir, &[], "recordings");
    assert_eq!(found["level"], "fail", "{found:#}");
    assert!(found["remedy"].as_str().unwrap().contains("recordings.owner"), "{found:#}");
    assert_eq!(told(&server.data(), dir, &[], "recordings")["level"], "ok");
    assert!(!has_strays(&kept));

    // A data folder that was moved keeps what is its own, and what was cut off is mended.
    drop(feeder);
    let old = server.kill_9();
    let moved = Folder::new();
    fs::rename(old.join("data"), moved.join("data")).unwrap();
    let server = Server::start_in(moved, &flags(dir, &[]));
    let all = stored(&server, 1);
    assert!(kept.join(format!("recordings/{}.mp4", all[0].id())).exists() && !has_strays(&kept));
    // Also when nobody serves it, it stays its own.
    let (_, moved) = server.stop();
    let late = run("serve", &other, dir, &[]);
    assert!(late.code != 0 && late.stderr.contains(moved.join("data").to_str().unwrap()), "{}", late.stderr);
}

#[test]
fn a_process_that_takes_over_goes_on_in_the_folder() {
    let folder = Folder::new();
    let kept = folder.join("kept");
    let dir = kept.to_str().unwrap();
    let mut server = Server::start(&flags(dir, &[]));
    let feeder = Feeder::start_following(&format!("{}&record=mp4", server.push_url("a")), Clip::h264("320x180"));
    wait_for("parts on disk", || server.metric("recording_parts_total") > 1);
    let mut old: Tool = server.take_over(&flags(dir, &[]));
    wait_for("the publisher to move", || feeder.moves().len() == 1);
    assert_eq!(old.wait().code(), Some(0), "{}", old.stderr());
    wait_for("parts of the new process", || server.metric("recording_parts_total") > 1);
    let refused = run("serve", &folder.join("other"), dir, &[]);
    assert!(refused.code != 0 && refused.stderr.contains("belongs to"), "{}", refused.stderr);
    drop(feeder);
    stored(&server, 2);
    assert!(!has_strays(&kept));
    assert_eq!(server.api("storage")["stray_files"], 0);
}

#[test]
fn a_server_that_waits_for_the_folder_says_so() {
    let folder = Folder::new();
    let kept = folder.join("kept");
    let flags = flags(kept.to_str().unwrap(), &["--limits-drain-ms-max", "100"]);
    let (_, data) = Server::start(&flags).stop();
    let owner = fs::File::options().write(true).open(kept.join("recordings.owner")).unwrap();
    owner.lock().unwrap();
    let server = Server::start_in(data, &flags);
    wait_for("it to be told", || server.log().contains("still keeps its recordings there"));
    assert!(server.log().contains(kept.to_str().unwrap()));
    fs::write(kept.join("media/01ARZ3NDEKTSV4RRFFQ69G5FAV.mp4"), "nobody knows").unwrap();
    drop(owner);
    wait_for("it to be alone", || has_strays(&kept));
}

#[test]
fn a_folder_that_is_named_anew_is_told_until_the_files_are_there() {
    let folder = Folder::new();
    let (before, now) = (folder.join("before"), folder.join("now"));
    let (before_dir, now_dir) = (before.to_str().unwrap(), now.to_str().unwrap());
    let server = Server::start(&flags(before_dir, &[]));
    let all = record(&server, "mp4|hls");
    wait_for("its folder to be known", || told(&server.data(), now_dir, &[], "recordings")["level"] == "warn");
    let (_, data) = server.stop();
    let server = Server::start_in(data, &flags(now_dir, &[]));
    let missing = |server: &Server| server.api("storage")["missing_files"].as_u64().unwrap();
    wait_for("what is missing to be told", || missing(&server) == 2);
    assert_eq!(server.metric("recording_missing_files"), 2);
    let log = wait_some("the log to say so", || {
        server.log().lines().find(|line| line.contains("not where it is looked for")).map(str::to_owned)
    });
    for word in [before_dir, now_dir, "recordings=1", "media_files=1", "recording.dir"] {
        assert!(log.contains(word), "{word} is not in {log}");
    }
    let found = told(&server.data(), now_dir, &[], "recordings");
    assert!(found["level"] == "warn" && found["found"].as_str().unwrap().contains(before_dir), "{found:#}");
    let status = |server: &Server, one: &Recorded| {
        let extension = if one.format() == "hls" { "m3u8" } else { one.format() };
        get(&format!("http://{}/recordings/{}.{extension}", server.http, one.id())).status
    };
    for one in &all {
        assert_eq!(status(&server, one), 410, "{one:?}");
    }
    assert_eq!(recordings(&server.data(), "a").len(), 2);

    let (_, data) = server.stop();
    for part in ["media", "recordings"] {
        fs::remove_dir(now.join(part)).unwrap();
        fs::rename(before.join(part), now.join(part)).unwrap();
    }
    let server = Server::start_in(data, &flags(now_dir, &[]));
    for one in &all {
        assert_eq!(status(&server, one), 200, "{one:?}");
    }
    assert_eq!(missing(&server), 0);
    wait_for("the new folder to be the known one", || {
        told(&server.data(), now_dir, &[], "recordings")["level"] == "ok"
    });
}

#[test]
fn a_disk_that_is_not_mounted_is_no_new_folder() {
    let folder = Folder::new();
    let (kept, away, other) = (folder.join("kept"), folder.join("away"), folder.join("other"));
    let dir = kept.to_str().unwrap();
    let server = Server::start(&flags(dir, &[]));
    let all = record(&server, "mp4");
    wait_for("its folder to be known", || {
        told(&server.data(), other.to_str().unwrap(), &[], "recordings")["level"] == "warn"
    });
    let (_, data) = server.stop();
    fs::rename(&kept, &away).unwrap();
    fs::create_dir(&kept).unwrap();
    let refused = run("serve", &data.join("data"), dir, &[]);
    assert_ne!(refused.code, 0);
    for word in [dir, "not mounted", "recordings.owner"] {
        assert!(refused.stderr.contains(word), "{word} is not in {}", refused.stderr);
    }
    let found = told(&data.join("data"), dir, &[], "recordings");
    assert!(found["level"] == "fail" && found["found"].as_str().unwrap().contains("not mounted"), "{found:#}");
    assert_eq!(fs::read_dir(&kept).unwrap().count(), 0);

    fs::remove_dir(&kept).unwrap();
    fs::rename(&away, &kept).unwrap();
    let server = Server::start_in(data, &flags(dir, &[]));
    assert_eq!(get(&format!("http://{}/recordings/{}.mp4", server.http, all[0].id())).status, 200);
    assert_eq!(server.api("storage")["missing_files"], 0);
}

#[test]
fn what_no_row_knows_of_is_counted_until_somebody_takes_it_away() {
    let (_, folder) = Server::start(&GRACE).stop();
    let data = folder.join("data");
    fs::write(data.join("media/01ARZ3NDEKTSV4RRFFQ69G5FAV.mp4"), "nobody knows").unwrap();
    let server = Server::start_in(folder, &GRACE);
    wait_for("it to be counted", || server.api("storage")["stray_files"] == 1);
    assert_eq!(server.api("storage")["stray_bytes"], 12);
    assert_eq!((server.metric("recording_stray_files"), server.metric("recording_stray_bytes")), (1, 12));
    assert!(server.log().contains("recordings-without-rows"));
    fs::remove_dir_all(data.join("recordings-without-rows")).unwrap();
    wait_within("it to be gone", Duration::from_secs(90), || server.api("storage")["stray_files"] == 0);
}

#[test]
fn a_folder_is_not_another_ones_because_its_database_is_of_another_version() {
    let (_, folder) = Server::start(&GRACE).stop();
    let data = folder.join("data");
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'of the version to come', 1, x'', 0)";
    let older = "DELETE FROM _sqlx_migrations WHERE version IN (9999, (SELECT MAX(version) FROM _sqlx_migrations \
                 WHERE version < 9999))";
    for schema in [newer, older] {
        let program = format!(
            "import sqlite3\ndb = sqlite3.connect({:?})\ndb.execute({schema:?})\ndb.commit()",
            data.join("vivace.db")
        );
        Finished::run(std::process::Command::new("python3").args(["-c", &program])).ok();
        assert_ne!(told(&data, data.to_str().unwrap(), &[], "database")["level"], "ok");
        let found = told(&data, data.to_str().unwrap(), &[], "recordings");
        assert_eq!(found["level"], "ok", "{found:#}");
    }
}

#[test]
fn the_doctor_looks_at_the_folder_and_its_room() {
    let folder = Folder::new();
    let (data, file, dir) = (folder.join("data"), folder.join("file"), folder.join("kept"));
    fs::write(&file, "").unwrap();
    for wrong in [&file, &file.join("deeper")] {
        let found = told(&data, wrong.to_str().unwrap(), &[], "recordings");
        assert!(found["level"] == "fail" && found["remedy"].is_string(), "{found:#}");
    }
    let dir = dir.to_str().unwrap();
    let found = told(&data, dir, &[], "recordings");
    assert!(found["level"] == "ok" && !Path::new(dir).exists(), "{found:#}");
    let room = rustix::fs::statvfs(folder.path()).unwrap();
    let free = room.f_bavail * room.f_frsize;
    let space = |min: u64| told(&data, dir, &["--recording-free-bytes-min", &min.to_string()], "recordings space");
    assert_eq!(space(0)["level"], "ok");
    let found = space(free * 3 / 2);
    assert!(found["level"] == "warn" && found["found"].as_str().unwrap().contains("no recording begins"), "{found:#}");
    let found = space(free * 3);
    assert!(
        found["found"].as_str().unwrap().contains("nothing is recorded") && found["remedy"].is_string(),
        "{found:#}"
    );
}

#[test]
fn a_download_goes_on_where_it_was_and_is_nobody_elses() {
    let server = Server::start(&GRACE);
    let all = record(&server, "mp4|hls");
    let one = all.iter().find(|one| one.format() == "mp4").unwrap();
    let url = format!("http://{}/recordings/{}.mp4", server.http, one.id());
    let whole = get(&url);
    let tag = whole.header("etag").unwrap().to_owned();
    assert!(tag.starts_with(&format!("\"{}-", one.id())), "{tag}");
    assert_eq!(whole.header("cache-control"), Some("private, no-cache"));
    let ask = |headers: &[(&str, &str)]| get_with(&url, headers);
    let same = ask(&[("If-None-Match", &tag)]);
    assert_eq!((same.status, same.body.len(), same.header("etag")), (304, 0, Some(tag.as_str())));
    let rest = ask(&[("Range", "bytes=100-"), ("If-Range", &tag)]);
    assert_eq!((rest.status, rest.body.as_slice()), (206, &whole.body[100..]));
    let other = ask(&[("Range", "bytes=100-"), ("If-Range", "\"another\"")]);
    assert_eq!((other.status, other.body.len()), (200, whole.body.len()));
    assert_eq!(ask(&[("Range", "bytes=0-99999999999999999999")]).status, 206);

    // What is below a playlist too.
    let hls = all.iter().find(|one| one.format() == "hls").unwrap();
    let list = get(&format!("http://{}/recordings/{}.m3u8", server.http, hls.id())).text();
    let segment = list.lines().find(|line| !line.starts_with('#')).unwrap();
    let segment = get(&format!("http://{}/recordings/{segment}", server.http));
    assert!(segment.status == 200 && segment.header("etag").is_some(), "{}", segment.head);
    assert_eq!(segment.header("cache-control"), Some("private, no-cache"));

    // Deleted, it is gone at once, also for who has the address and the bytes.
    server.ask(&["record", "delete", one.id()]);
    assert_eq!((get(&url).status, ask(&[("If-None-Match", &tag)]).status), (404, 404));
    assert_eq!(media_files(&server.data(), "a").len(), 1);
}

#[test]
fn a_wish_to_record_that_is_said_twice_keeps_no_stream_off_the_air() {
    let server = Server::start(&GRACE);
    let url = format!("{}&record=mp4&record=flv&record_interval=5", server.push_url("a"));
    let feeder = Feeder::start(&url, Clip::h264("320x180"));
    server.wait_live("a");
    wait_for("both formats", || server.metric("recordings_open") == 2);
    let events = wait_some("it to be noted", || {
        let events = server.api("events?stream=a");
        let items = events["items"].as_array()?.clone();
        items.into_iter().find(|event| event["kind"] == "recording_failed")
    });
    assert!(events["detail"].as_str().unwrap().contains("stands twice"), "{events:#}");
    drop(feeder);
    stored(&server, 2);
}
