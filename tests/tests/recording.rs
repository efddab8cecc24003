//! Recordings: every format plays to its end, whatever happens to publisher, server or disk in between.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use vivace_tests::{
    AAC, Clip, Feeder, Folder, H264, MediaKind, PICTURE, Receiver, Recorded, Role, Rtmp, Server, TONE, Tool, Witness,
    encode, ffmpeg, media_files, played, recordings, wait_for, wait_some, wait_within,
};

/// What a crash may cost: the part in the making, of a second, and what is on its way to the disk.
const LOSS_MS: u64 = 1_200;

fn push_url(server: &Server, name: &str, formats: &str) -> String {
    format!("{}&record={formats}", server.push_url(name))
}

/// Waits until so many recordings of a stream are stored; those.
#[track_caller]
fn stored(data: &Path, stream: &str, count: usize) -> Vec<Recorded> {
    let within = Duration::from_secs(60);
    let mut last = Vec::new();
    wait_within(&format!("{count} recordings of {stream} to be stored"), within, || {
        last = recordings(data, stream);
        last.iter().filter(|one| one.state() == "stored").count() >= count
    });
    last
}

fn parts(server: &Server) -> u64 {
    server.metric("recording_parts_total")
}

/// Encodes so many seconds in real time, and ends.
#[track_caller]
fn encode_for(url: &str, seconds: &str) {
    let mut encoder = encode(ffmpeg(), &[PICTURE, TONE], &[H264, AAC, &["-t", seconds]], url);
    assert!(encoder.wait_within(Duration::from_secs(60)).success(), "{}", encoder.stderr());
}

#[test]
fn a_push_is_kept_in_every_format_that_its_address_names_and_written_once() {
    let receiver = Receiver::start();
    let callback = format!("http://{}/", receiver.address());
    let server = Server::start(&[
        "--limits-publish-grace-ms",
        "300",
        "--outbound-allow",
        "127.0.0.1",
        "--callback-url",
        &callback,
        "--callback-interval-s",
        "1",
    ]);
    encode_for(&push_url(&server, "a", "mp4|flv|hls|aac"), "5");
    let all = stored(&server.data(), "a", 4);
    assert_eq!(all.len(), 4, "{all:?}");
    for one in all.iter().filter(|one| one.format() != "hls") {
        let file = one.file(&server.data());
        let found = played(&file);
        let codecs: &[&str] = if one.format() == "aac" { &["aac"] } else { &["h264", "aac"] };
        assert_eq!(found.codecs, codecs, "{one:?}");
        if one.format() != "aac" {
            assert_eq!(found.pictures, 125, "{one:?}");
            assert!(found.begins_with_key, "{one:?}");
            assert!(found.sound_ahead_ms.abs() < 60.0, "{found:?}");
        }
        assert!((4_900..5_200).contains(&found.length_ms), "{one:?} {found:?}");
        assert!(found.length_ms.abs_diff(one.duration_ms()) < 100, "{one:?} {found:?}");
        assert_eq!(fs::metadata(&file).unwrap().len(), one.bytes());
    }
    let media = media_files(&server.data(), "a");
    assert_eq!(media.len(), 1, "{media:?}");
    assert_eq!(played(&media[0].0).pictures, 125);
    // One copy on disk for all of them.
    assert_eq!(server.metric("recording_written_bytes_total"), media[0].1);
    assert_eq!(fs::metadata(&media[0].0).unwrap().len(), media[0].1);

    // Each is told once, with the file in its place.
    wait_for("all to be told", || receiver.heard().iter().filter(|heard| heard.body["event_type"] == 100).count() == 4);
    for one in &all {
        let heard = receiver.heard();
        let mut told = heard.iter().filter(|heard| heard.body["file_id"] == one.id());
        let body = &told.next().unwrap_or_else(|| panic!("{one:?} was not told")).body;
        assert!(told.next().is_none());
        assert_eq!((body["file_format"].as_str(), body["file_size"].as_u64()), (Some(one.format()), Some(one.bytes())));
        let param = body["stream_param"].as_str().unwrap();
        assert!(param.contains("record=mp4|flv|hls|aac") && !param.contains("txSecret"), "{param}");
    }
}

#[test]
fn a_publisher_that_comes_back_within_the_grace_goes_on_in_the_same_recording() {
    let server = Server::start(&["--limits-publish-grace-ms", "4000"]);
    let url = push_url(&server, "a", "mp4");
    for _ in 0..2 {
        encode_for(&url, "3");
    }
    let all = stored(&server.data(), "a", 1);
    assert_eq!(all.len(), 1, "{all:?}");
    let found = played(&all[0].file(&server.data()));
    assert_eq!(found.pictures, 150, "{found:?}");
    assert_eq!(media_files(&server.data(), "a").len(), 1);
}

#[test]
fn an_interval_ends_at_a_key_frame_and_no_frame_is_lost() {
    let flags = ["--limits-publish-grace-ms", "300", "--recording-policy", "mp4", "--recording-interval-ms", "2000"];
    let server = Server::start(&flags);
    encode_for(&server.push_url("a"), "9");
    wait_for("the last to be stored", || {
        let all = recordings(&server.data(), "a");
        all.len() >= 3 && all.iter().all(|one| one.state() == "stored") && server.metric("recordings_open") == 0
    });
    let found: Vec<_> = recordings(&server.data(), "a").iter().map(|one| played(&one.file(&server.data()))).collect();
    assert!(found.iter().all(|found| found.begins_with_key), "{found:?}");
    assert_eq!(found.iter().map(|found| found.pictures).sum::<u64>(), 225, "{found:?}");
}

#[test]
fn an_encoder_that_changes_its_picture_begins_another_file_that_plays() {
    let server = Server::start(&["--limits-publish-grace-ms", "300"]);
    let feeder = Feeder::start(&push_url(&server, "a", "mp4|flv"), Clip::h264("320x180"));
    wait_for("a part", || parts(&server) > 0);
    let first = feeder.pictures();
    feeder.switch(Clip::h264("640x360"));
    wait_for("the other picture", || feeder.pictures() > first + 150);
    let sent = feeder.pictures();
    drop(feeder);
    let all = stored(&server.data(), "a", 3);
    let pictures = |format: &str| -> u64 {
        let of = all.iter().filter(|one| one.format() == format);
        of.map(|one| played(&one.file(&server.data())).pictures).sum()
    };
    assert!(pictures("mp4") >= sent, "{} of {sent}", pictures("mp4"));
    assert_eq!(all.iter().filter(|one| one.format() == "mp4").count(), 2, "{all:?}");
}

#[test]
fn an_encoder_that_changes_its_picture_all_the_time_begins_few_files() {
    let arguments = ["--limits-publish-grace-ms", "300", "--limits-recording-files-per-minute-max", "3"];
    let server = Server::start(&arguments);
    let mut publisher = Rtmp::open(&push_url(&server, "a", "mp4"), Role::Publish);
    publisher.ready().unwrap();
    // The header and the key frame of each picture, in turn.
    let clips = ["320x180", "640x360"].map(Clip::h264);
    for turn in 0..40 {
        let video = clips[turn % 2].tags.iter().filter(|tag| tag.kind == vivace_tests::Kind::Video);
        for tag in video.take(2) {
            publisher.send(MediaKind::Video, u32::try_from(turn).unwrap() * 40, &tag.body).unwrap();
        }
    }
    publisher.finish().unwrap();
    let all = stored(&server.data(), "a", 3);
    let pictures: Vec<_> = all.iter().map(|one| played(&one.file(&server.data())).pictures).collect();
    assert_eq!(pictures, [1, 1, 1], "{all:?}");
    assert_eq!(media_files(&server.data(), "a").len(), 3);
    assert_eq!(server.metric("recording_lost_total"), 1);
}

/// Kills a server at a moment of no choice of its own, and starts it again: what was recorded is there, and how much of it
/// is not.
#[track_caller]
fn kill_once(folder: Folder, clip: &Clip, seed: u64) -> (Folder, u64) {
    let server = Server::start_in(folder, &["--limits-publish-grace-ms", "300"]);
    let name = format!("s{seed}");
    let feeder = Feeder::start(&push_url(&server, &name, "mp4|flv|hls"), clip.clone());
    wait_for("two parts", || parts(&server) >= 2 && recordings(&server.data(), &name).len() == 3);
    // Somewhere in a part, and in what follows from it.
    let moment = feeder.newest_ms() + u32::try_from(seed.wrapping_mul(2_654_435_761) % 2_300).unwrap();
    wait_for("the moment", || feeder.newest_ms() >= moment);
    let sent_ms = u64::from(feeder.newest_ms());
    let folder = server.kill_9();
    drop(feeder);
    let data = folder.join("data");
    // What nobody knows of is kept, what was not finished goes.
    let stray = data.join("media/01ARZ3NDEKTSV4RRFFQ69G5FAV.mp4");
    let unfinished = data.join("recordings/01ARZ3NDEKTSV4RRFFQ69G5FAV.mp4.tmp");
    fs::write(&stray, "x").unwrap();
    fs::write(&unfinished, "x").unwrap();

    let server = Server::start_in(folder, &["--limits-publish-grace-ms", "300"]);
    let all = stored(&data, &name, 3);
    let mut lost = 0;
    for one in &all {
        let file = if one.format() == "hls" { media_files(&data, &name)[0].0.clone() } else { one.file(&data) };
        let found = played(&file);
        assert!(found.begins_with_key, "{found:?}");
        lost = lost.max(sent_ms.saturating_sub(found.length_ms));
    }
    assert!(lost <= LOSS_MS, "{lost} ms are lost of {sent_ms}");
    wait_for("the folders to be tidied", || !stray.exists() && !unfinished.exists());
    assert!(data.join("recordings-without-rows/01ARZ3NDEKTSV4RRFFQ69G5FAV.mp4").exists());
    for (file, bytes) in media_files(&data, &name) {
        assert_eq!(fs::metadata(&file).unwrap().len(), bytes, "{}", file.display());
    }
    let (status, folder) = server.stop();
    assert!(status.success());
    fs::remove_dir_all(data.join("recordings-without-rows")).unwrap();
    (folder, lost)
}

#[test]
fn killed_at_any_moment_a_recording_plays_to_within_a_part_of_it() {
    let times: u64 = std::env::var("VIVACE_RECORDING_KILLS").ok().and_then(|times| times.parse().ok()).unwrap_or(3);
    let clip = Clip::h264("320x180");
    let mut folder = Folder::new();
    let mut lost = Vec::new();
    for seed in 1..=times {
        let (left, ms) = kill_once(folder, &clip, seed);
        folder = left;
        lost.push(ms);
    }
    println!("lost, ms: {lost:?}");
}

#[test]
fn a_process_that_takes_over_goes_on_with_other_files_and_no_picture_is_lost() {
    let mut server = Server::start(&["--limits-upgrade-drain-ms-max", "60000", "--limits-publish-grace-ms", "300"]);
    let feeder = Feeder::start_following(&push_url(&server, "a", "mp4"), Clip::h264("320x180"));
    wait_for("two parts", || parts(&server) >= 2);
    let mut old = server.take_over(&["--limits-publish-grace-ms", "300"]);
    wait_for("the publisher to move", || feeder.moves().len() == 1);
    wait_for("the old process to end", || !old.is_running());
    wait_for("two parts of the new process", || parts(&server) >= 2);
    let before = feeder.pictures();
    wait_for("more pictures", || feeder.pictures() >= before + 25);
    drop(feeder);
    let all = stored(&server.data(), "a", 2);
    assert_eq!(all.len(), 2, "{all:?}\n{}", old.stderr());
    let found: Vec<_> = all.iter().map(|one| played(&one.file(&server.data()))).collect();
    assert!(found.iter().all(|found| found.begins_with_key), "{found:?}");
    let kept: u64 = found.iter().map(|found| found.pictures).sum();
    assert!(kept >= before + 25, "{kept} of at least {} pictures are kept", before + 25);
    assert_eq!(media_files(&server.data(), "a").len(), 2);
}

/// A small file system of its own; none where this user may not mount one.
struct SmallDisk {
    at: PathBuf,
    _folder: Folder,
}

impl SmallDisk {
    fn mount(megabytes: u32) -> Option<Self> {
        let folder = Folder::new();
        let at = folder.join("disk");
        fs::create_dir(&at).unwrap();
        let options = format!("size={megabytes}m");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&at).status();
        done.is_ok_and(|status| status.success()).then_some(Self { at, _folder: folder })
    }

    fn grow(&self, megabytes: u32) {
        let options = format!("remount,size={megabytes}m");
        let done = Command::new("mount").args(["-o", &options]).arg(&self.at).status();
        assert!(done.unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.at).status();
    }
}

#[test]
fn a_disk_that_fills_up_cuts_the_recording_and_nothing_else_and_is_tried_again() {
    let Some(disk) = SmallDisk::mount(3) else {
        return println!("not run: a small disk takes the right to mount one");
    };
    let dir = disk.at.display().to_string();
    let server = Server::start(&[
        "--limits-publish-grace-ms",
        "300",
        "--recording-dir",
        &dir,
        "--recording-free-bytes-min",
        "0",
    ]);
    let feeder = Feeder::start(&push_url(&server, "a", "hls|mp4"), Clip::h264_at("640x360", 6_000));
    server.wait_live("a");
    let witness = Witness::watch(&server, "a");
    wait_for("the disk to be full", || server.metric("recording_disk_faults_total{reason=\"full\"}") > 0);
    // What came before is kept, and says why it ended: HLS needs no other file, the MP4 waits for room.
    let cut = wait_some("the recording to be stored", || {
        let all = recordings(&server.data(), "a");
        all.into_iter().find(|one| one.format() == "hls" && one.state() == "stored")
    });
    assert!(cut.failure().contains("no space is left"), "{cut:?}");
    assert!(cut.duration_ms() >= 1_000, "{cut:?}");
    witness.goes_on();
    assert!(!feeder.has_ended());
    assert_eq!(server.metric("panics_total"), 0);
    let waiting =
        |format: &str| recordings(&server.data(), "a").into_iter().find(|one| one.format() == format).unwrap();
    assert_eq!(waiting("mp4").state(), "finalizing");

    disk.grow(200);
    wait_within("the MP4 of before", Duration::from_secs(60), || waiting("mp4").state() == "stored");
    let file = disk.at.join("recordings").join(format!("{}.mp4", waiting("mp4").id()));
    let found = played(&file);
    assert!(found.begins_with_key && found.length_ms >= 1_000, "{found:?}");
    wait_for("another recording", || recordings(&server.data(), "a").iter().any(|one| one.state() == "recording"));
    witness.goes_on();
    drop(feeder);
    wait_for("the rest to be stored", || recordings(&server.data(), "a").iter().all(|one| one.state() == "stored"));
}

#[test]
fn where_room_is_short_nothing_begins_and_streams_go_on() {
    let server = Server::start(&["--limits-publish-grace-ms", "300", "--recording-free-bytes-min", "9000000000000000"]);
    let _feeder = Feeder::start(&push_url(&server, "a", "mp4"), Clip::h264("320x180"));
    server.wait_live("a");
    Witness::watch(&server, "a").goes_on();
    wait_for("the refusal", || server.metric("recordings_refused_total") == 1);
    assert!(recordings(&server.data(), "a").is_empty());
    assert!(media_files(&server.data(), "a").is_empty());
    assert_eq!(fs::read_dir(server.data().join("media")).unwrap().count(), 0);
}

#[test]
fn a_store_that_another_program_keeps_locked_costs_no_frame() {
    let server = Server::start(&["--limits-publish-grace-ms", "300", "--limits-store-busy-ms-max", "200"]);
    let mut publisher = Rtmp::open(&push_url(&server, "a", "mp4"), Role::Publish);
    publisher.ready().unwrap();
    let feeder = Feeder::over(publisher, Clip::h264("320x180"));
    wait_for("a part", || parts(&server) > 0);
    let file = server.data().join("vivace.db");
    let program = format!(
        "import sqlite3, time\ndb = sqlite3.connect({:?}, isolation_level=None)\ndb.execute('BEGIN IMMEDIATE')\n\
         print('locked', flush=True)\ntime.sleep(600)\n",
        file.display().to_string()
    );
    let mut other = Tool::start(Command::new("python3").args(["-c", &program]));
    wait_for("the store to be locked", || other.stdout().contains("locked"));
    wait_for("rows to be refused", || server.metric("recording_rows_refused_total") > 0);
    let before = parts(&server);
    wait_for("parts that go to disk all the same", || parts(&server) >= before + 3);
    other.kill_9();
    let sent = feeder.pictures();
    drop(feeder);
    let all = stored(&server.data(), "a", 1);
    let found = played(&all[0].file(&server.data()));
    assert!(all.len() == 1 && found.pictures >= sent, "{found:?} of {sent}");
    assert_eq!(server.metric("recording_lost_total"), 0);
}

#[test]
fn sound_alone_is_recorded() {
    let server = Server::start(&["--limits-publish-grace-ms", "300"]);
    let mut publisher = Rtmp::open(&push_url(&server, "a", "mp4|aac"), Role::Publish);
    publisher.ready().unwrap();
    let clip = Clip::h264("320x180");
    let sounds = clip.tags.iter().filter(|tag| tag.kind == vivace_tests::Kind::Audio);
    let mut sent = 0;
    for tag in sounds {
        publisher.send(MediaKind::Audio, tag.time_ms, &tag.body).unwrap();
        sent += u64::from(tag.is_media());
    }
    publisher.finish().unwrap();
    let all = stored(&server.data(), "a", 2);
    for one in &all {
        assert_eq!(played(&one.file(&server.data())).codecs, ["aac"], "{one:?} {sent}");
    }
}

#[test]
fn hls_of_what_hls_does_not_carry_fails_by_its_name_and_the_other_formats_are_made() {
    let server = Server::start(&["--limits-publish-grace-ms", "300"]);
    let url = push_url(&server, "a", "hls|flv");
    let alaw: &[&str] = &["-c:a", "pcm_alaw", "-ar", "8000", "-ac", "1"];
    let mut encoder = encode(ffmpeg(), &[PICTURE, TONE], &[H264, alaw, &["-t", "3"]], &url);
    assert!(encoder.wait_within(Duration::from_secs(60)).success(), "{}", encoder.stderr());
    let all = stored(&server.data(), "a", 1);
    let flv = all.iter().find(|one| one.format() == "flv").unwrap();
    assert_eq!(
        (flv.state(), played(&flv.file(&server.data())).codecs),
        ("stored", vec!["h264".into(), "pcm_alaw".into()])
    );
    let mut failed = Vec::new();
    wait_for("the other to have failed", || {
        failed = recordings(&server.data(), "a").into_iter().filter(|one| one.state() == "failed").collect();
        failed.len() == 1
    });
    assert_eq!((failed[0].format(), failed[0].failure()), ("hls", "G.711 is not carried in HLS"));
}
