//! The machine's clock is set in mid-stream: what is recorded, shown of the past and kept does not care.

mod lvb;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use vivace_base::UnixMs;
use vivace_hls::walk::Playlist;
use vivace_lvb::v3::Form;
use vivace_tests::{
    AAC, Answer, Answering, Clip, Feeder, Folder, H264, HlsPlayer, PICTURE, Receiver, Server, TONE, WallClock, encode,
    ffmpeg, get, hang_up, media_files, played, recordings, request, wait_for, wait_within,
};

const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;
/// Media files of five seconds, and a past of a minute.
const FLAGS: [&str; 6] =
    ["--limits-publish-grace-ms", "300", "--timeshift-window-ms", "60000", "--recording-file-ms-max", "5000"];

#[allow(clippy::disallowed_methods, reason = "addresses of the past are made of the time now")]
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

fn ask(server: &Server, method: &str, path: &str, body: &str) -> Answer {
    let (host, token, bytes) = (&server.http, server.key("api_token"), body.len());
    let head = format!("{method} /api/v1/{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    let head = format!("{head}Authorization: Bearer {token}\r\nContent-Length: {bytes}\r\n\r\n");
    request(host, format!("{head}{body}").as_bytes())
}

/// Waits until so much more of its media has been sent.
#[track_caller]
fn send_on(feeder: &Feeder, ms: u32) {
    let until = feeder.newest_ms() + ms;
    wait_within("more media", Duration::from_secs(60), || feeder.newest_ms() >= until);
}

/// The dates of its segments follow their durations: no jump, no overlap.
#[track_caller]
fn dates_are_steady(list: &Playlist) {
    for pair in list.segments.windows(2) {
        let behind = pair[0].date_ms.unwrap() + i64::try_from(pair[0].duration_us / 1_000).unwrap();
        let date = pair[1].date_ms.unwrap();
        assert!(date.abs_diff(behind) <= 500, "a date of {date} behind {behind}");
    }
}

fn length_ms(list: &Playlist) -> u64 {
    list.segments.iter().map(|segment| segment.duration_us).sum::<u64>() / 1_000
}

#[test]
fn a_clock_that_is_set_an_hour_ahead_and_back_costs_nothing_of_recordings_and_of_the_past() {
    let clock = WallClock::new(0);
    let server = Server::start_by(&clock, Folder::new(), &FLAGS);
    let begun = now_ms();
    let feeder = Feeder::start(&format!("{}&record=mp4|flv|hls", server.push_url("a")), Clip::h264("320x180"));
    // Without a recording the window alone keeps it.
    let other = Feeder::start(&server.push_url("b"), Clip::h264("320x180"));
    let shifted = |name: &str, query: &str| format!("{}&{query}", server.play_url(name, "hls"));
    let urls = [shifted("b", "txTimeshift=on&tsDelay=2"), shifted("b", &format!("from={begun}"))];
    let players = urls.map(|url| {
        wait_for("something to be kept", || get(&url).status == 200);
        HlsPlayer::begin(&url)
    });
    for ahead_s in [HOUR_S, -HOUR_S] {
        clock.set(ahead_s);
        let now_ms = server.api("status")["now_ms"].as_i64().unwrap();
        assert!(now_ms.abs_diff(now_by(ahead_s)) < 5_000, "the server's clock is not set");
        // Longer than it is between two looks for what is kept no longer.
        send_on(&feeder, 14_000);
        for player in &players {
            player.watch(1);
            dates_are_steady(&player.now());
        }
        // Who comes now finds the same past.
        let late = HlsPlayer::begin(&shifted("b", &format!("from={begun}")));
        assert!(length_ms(&late.now()) + 12_000 > u64::from(other.newest_ms()), "{:?}", late.now());
        assert!(late.now().segments[0].date_ms.unwrap().abs_diff(begun) < 10_000, "{:?}", late.now());
    }
    let sent = (feeder.pictures(), u64::from(feeder.newest_ms()));
    drop((feeder, other));
    let data = server.data();
    let all = || recordings(&data, "a");
    wait_within("three recordings", Duration::from_secs(60), || {
        all().iter().filter(|one| one.state() == "stored").count() == 3
    });
    for one in all() {
        assert!(one.started_at().abs_diff(begun) < 10_000, "{one:?} of {begun}");
        assert!(one.duration_ms().abs_diff(sent.1) < 1_000, "{one:?} of {sent:?}");
        if one.format() != "hls" {
            let found = played(&one.file(&data));
            assert!(found.pictures >= sent.0 && found.times_grow, "{found:?} of {sent:?}");
            assert!(found.length_ms.abs_diff(one.duration_ms()) < 200, "{found:?} {one:?}");
        }
    }
    assert_eq!(server.metric("recording_lost_total"), 0);
    assert!(media_files(&data, "b").len() >= 4, "{:?}", media_files(&data, "b"));
}

fn now_by(ahead_s: i64) -> i64 {
    now_ms() + ahead_s * 1_000
}

#[test]
fn a_task_that_has_begun_goes_on_when_the_clock_is_set_back_and_ends_by_it() {
    let clock = WallClock::new(0);
    let server = Server::start_by(&clock, Folder::new(), &FLAGS);
    let feeder = Feeder::start(&server.push_url("a"), Clip::h264("320x180"));
    server.wait_live("a");
    let task = json!({"stream": "a", "formats": ["mp4"], "end_at_ms": now_ms() + 20 * 60_000});
    let made = ask(&server, "POST", "record-tasks", &task.to_string());
    assert_eq!(made.status, 201, "{}", made.text());
    let state = |state: &str| recordings(&server.data(), "a").iter().filter(|one| one.state() == state).count();
    wait_for("it to record", || state("recording") == 1);
    send_on(&feeder, 2_000);
    clock.set(-HOUR_S);
    // Nothing but its decisions, once a second, could end it.
    send_on(&feeder, 4_000);
    assert_eq!((state("recording"), recordings(&server.data(), "a").len()), (1, 1));
    clock.set(HOUR_S);
    wait_within("its end", Duration::from_secs(60), || state("stored") == 1);
    let one = recordings(&server.data(), "a").remove(0);
    assert!(one.duration_ms() >= 5_000, "{one:?}");
    assert!(!feeder.has_ended());
}

#[test]
fn files_sort_by_their_media_also_behind_one_that_began_while_the_clock_was_ahead() {
    let clock = WallClock::new(0);
    let server = Server::start_by(&clock, Folder::new(), &FLAGS);
    let data = server.data();
    let files = || -> Vec<_> { media_files(&data, "a").into_iter().map(|(file, _)| file).collect() };
    let feeder = Feeder::start(&server.push_url("a"), Clip::h264("320x180"));
    wait_for("the first file", || files().len() == 1);
    clock.set(HOUR_S);
    wait_within("a file that begins while the clock is ahead", Duration::from_secs(60), || files().len() == 2);
    drop(feeder);
    wait_for("the stream to end", || server.stream("a").is_none());
    let before = files();
    clock.set(0);
    let _feeder = Feeder::start(&server.push_url("a"), Clip::h264("320x180"));
    wait_for("a file of the next push", || files().len() > before.len());
    assert_eq!(files()[..before.len()], before, "{:?}", files());
}

#[test]
fn a_clip_lasts_as_long_as_it_was_to_however_the_clock_is_set() {
    let clock = WallClock::new(0);
    let server = Server::start_by(&clock, Folder::new(), &FLAGS);
    let (channel, info) = lvb::create(&server, &[]);
    let url = info["upstream_address"].as_str().unwrap();
    let feeder = Feeder::start(url, Clip::h264("320x180"));
    wait_for("the channel to be live", || lvb::status(&server, &channel) == "1");
    let (_, name) = url.split_once('?').unwrap().0.rsplit_once('/').unwrap();
    let state = |state: &str| recordings(&server.data(), name).iter().filter(|one| one.state() == state).count();
    for (ahead_s, stored) in [(HOUR_S, 1), (-HOUR_S, 2)] {
        clock.set(0);
        let end = Form::Zone { ahead_min: 480 }.write(UnixMs(now_ms() + 15_000));
        let made = lvb::call(&server, "CreateRecord", &[("channelId", &channel), ("tapeType", "1"), ("endTime", &end)]);
        assert_eq!(lvb::code(&made), "ok", "{made}");
        wait_for("it to record", || state("recording") == 1);
        clock.set(ahead_s);
        // Nothing but decisions, once a second, ends it.
        send_on(&feeder, 5_000);
        assert_eq!(state("recording"), 1, "with the clock {ahead_s} s ahead");
        wait_within("its end", Duration::from_secs(60), || state("stored") == stored);
    }
    for one in recordings(&server.data(), name) {
        assert!((8_000..20_000).contains(&one.duration_ms()), "{one:?}");
    }
    assert!(!feeder.has_ended());
}

#[test]
fn what_waits_for_its_next_try_waits_no_hour_more_when_the_clock_is_set_back() {
    let clock = WallClock::new(0);
    let receiver = Receiver::start();
    receiver.answer(Answering::Status(500));
    let callback = receiver.url("/");
    let flags = ["--outbound-allow", "127.0.0.1", "--callback-url", &callback, "--callback-interval-s", "300"];
    let server = Server::start_by(&clock, Folder::new(), &flags);
    let feeder = Feeder::start(&server.push_url("a"), Clip::h264("320x180"));
    wait_for("a try that fails", || !receiver.heard().is_empty());
    send_on(&feeder, 2_000);
    receiver.answer(Answering::Well);
    clock.set(-HOUR_S);
    assert_eq!(receiver.wait(1)[0]["event_type"], 1);
}

#[track_caller]
fn record(server: &Server, name: &str) {
    let url = format!("{}&record=mp4", server.push_url(name));
    let mut encoder = encode(ffmpeg(), &[PICTURE, TONE], &[H264, AAC, &["-t", "2"]], &url);
    assert!(encoder.wait_within(Duration::from_secs(60)).success(), "{}", encoder.stderr());
    let data = server.data();
    wait_within("it to be stored", Duration::from_secs(60), || {
        recordings(&data, name).iter().any(|one| one.state() == "stored")
    });
}

/// The streams of all recordings that the API lists, the oldest first, once there are so many.
#[track_caller]
fn left(server: &Server, count: usize) -> Vec<String> {
    let mut items = Vec::new();
    wait_within(&format!("{count} recordings to be left"), Duration::from_secs(60), || {
        items = server.api("recordings?limit=100")["items"].as_array().unwrap().clone();
        items.len() == count
    });
    items.sort_by_key(|one| one["started_at"].to_string());
    items.iter().map(|one: &Value| one["stream"].as_str().unwrap().to_owned()).collect()
}

/// Files in the folder of recordings.
fn files(server: &Server) -> usize {
    std::fs::read_dir(server.data().join("recordings")).unwrap().count()
}

#[test]
fn recordings_go_by_age_the_oldest_first_and_not_because_a_clock_is_set_ahead() {
    // Two were made three days ago, one an hour ago.
    let flags = ["--limits-publish-grace-ms", "300", "--recording-keep-days", "2"];
    let clock = WallClock::new(-3 * DAY_S);
    let server = Server::start_by(&clock, Folder::new(), &flags);
    record(&server, "a");
    record(&server, "b");
    let (_, folder) = server.stop();
    clock.set(-HOUR_S);
    let server = Server::start_by(&clock, folder, &flags);
    record(&server, "c");
    assert_eq!((left(&server, 1), files(&server)), (vec!["c".to_owned()], 1));
    wait_for("its media alone to be left", || {
        media_files(&server.data(), "a").is_empty() && media_files(&server.data(), "b").is_empty()
    });
    // Set ahead by days, twice what they are kept for: they stay until somebody has had a day to set it right.
    let (_, folder) = server.stop();
    clock.set(0);
    let server = Server::start_by(&clock, folder, &flags);
    let feeder = Feeder::start(&format!("{}&record=mp4", server.push_url("d")), Clip::h264("320x180"));
    wait_for("it to record", || recordings(&server.data(), "d").len() == 1);
    clock.set(4 * DAY_S);
    send_on(&feeder, 14_000);
    wait_for("it to be told", || server.log().contains("the machine's clock was set ahead"));
    assert_eq!((left(&server, 2), files(&server)), (vec!["c".to_owned(), "d".to_owned()], 1));
}

#[test]
fn recordings_go_by_size_the_oldest_first_and_none_that_goes_on_or_waits_for_its_upload() {
    // A bucket that nobody has: what waits for it may not be taken away.
    let bucket = "[storage.s3]\nendpoint = \"http://127.0.0.1:9\"\nbucket = \"bucket\"\naccess_key_id = \"a\"\n\
                  secret_access_key = \"b\"\n";
    let settings = |bytes_max: u64, more: &str| {
        format!("recording.bytes_max = {bytes_max}\n[limits]\npublish_grace_ms = 300\n{more}")
    };
    let server = Server::start_on_file(&settings(1, bucket));
    for name in ["a", "b", "c"] {
        record(&server, name);
    }
    wait_within("it to be told", Duration::from_secs(60), || {
        server.log().contains("more than recording.bytes_max is kept, and nothing of it may be taken away")
    });
    assert_eq!((left(&server, 3), files(&server)), (["a", "b", "c"].map(str::to_owned).to_vec(), 3));

    let set = |bytes_max| {
        server.set(&settings(bytes_max, ""));
        hang_up(server.pid());
    };
    set(0);
    wait_for("the bucket to be gone", || server.api("storage")["bucket"].is_null());
    let kept = recordings(&server.data(), "b")[0].bytes() + recordings(&server.data(), "c")[0].bytes();
    set(kept);
    assert_eq!(left(&server, 2), ["b", "c"]);
    assert_eq!(server.api("storage")["recording_bytes"], kept);
    // What is being recorded stays, whatever its size.
    let feeder = Feeder::start(&format!("{}&record=mp4", server.push_url("d")), Clip::h264("320x180"));
    wait_for("it to record", || recordings(&server.data(), "d").len() == 1);
    set(1);
    assert_eq!(left(&server, 1), ["d"]);
    wait_for("the files to go", || files(&server) == 0);
    assert_eq!(recordings(&server.data(), "d")[0].state(), "recording");
    send_on(&feeder, 1_000);
    assert!(!feeder.has_ended());
}
