//! Uploads to S3-compatible storage: what arrives is what was recorded, whatever happens to network, storage and server in
//! between; nothing is deleted before it is there.

mod lvb;

use std::fs;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use lvb::meddle;
use serde_json::Value;
use sha2::{Digest, Sha256};
use vivace_base::Limits;
use vivace_tests::{
    AAC, Answer, BUCKET, Disturbance, FaultProxy, Folder, H264, KEY, KEY_ID, PICTURE, Receiver, Recorded, S3, S3Kind,
    SIGNED, Server, TONE, Timer, encode, ffmpeg, get, recordings, request, wait_for, wait_within,
};

const BOTH: [S3Kind; 2] = [S3Kind::S3sFs, S3Kind::Moto];
/// What happens without delay may take so long on a busy machine.
const SOON: Duration = Duration::from_secs(60);
/// The least that a part may have.
const PART_BYTES: u64 = 5 << 20;

/// A configuration file in a folder of its own.
struct Settings {
    folder: Folder,
}

impl Settings {
    fn new(storage: &str, key: &str, more: &str) -> Self {
        let settings = Self { folder: Folder::new() };
        settings.write(storage, key, more);
        settings
    }

    fn write(&self, storage: &str, key: &str, more: &str) {
        let text = format!(
            "recording.undo_ms = 0\n[limits]\npublish_grace_ms = 300\nupload_backoff_ms_max = 1000\n\
             upload_part_bytes = {PART_BYTES}\n[storage.s3]\nendpoint = \"http://{storage}\"\nbucket = \"{BUCKET}\"\n\
             access_key_id = \"{KEY_ID}\"\nsecret_access_key = \"{key}\"\nprefix = \"one/two\"\n{more}"
        );
        fs::write(self.path(), text).unwrap();
    }

    fn path(&self) -> String {
        self.folder.join("settings.toml").display().to_string()
    }

    #[track_caller]
    fn start(&self, folder: Folder, flags: &[&str]) -> Server {
        let path = self.path();
        let all: Vec<&str> = ["--config", &path].iter().copied().chain(flags.iter().copied()).collect();
        Server::start_in(folder, &all)
    }
}

#[track_caller]
fn record(server: &Server, name: &str, formats: &str) {
    let url = format!("{}&record={formats}", server.push_url(name));
    let mut encoder = encode(ffmpeg(), &[PICTURE, TONE], &[H264, AAC, &["-t", "3"]], &url);
    assert!(encoder.wait_within(Duration::from_secs(60)).success(), "{}", encoder.stderr());
}

/// About 20 MB: four parts and a little.
#[track_caller]
fn record_large(server: &Server, name: &str) {
    let url = format!("{}&record=mp4", server.push_url(name));
    let fill: &[&str] = &["-b:v", "28M", "-minrate", "28M", "-maxrate", "28M", "-bufsize", "4M", "-t", "6"];
    let filler: &[&str] = &["-x264-params", "nal-hrd=cbr:force-cfr=1"];
    let mut encoder = encode(ffmpeg(), &[PICTURE, TONE], &[H264, AAC, fill, filler], &url);
    assert!(encoder.wait_within(Duration::from_secs(90)).success(), "{}", encoder.stderr());
}

#[track_caller]
fn uploads(server: &Server) -> Vec<Value> {
    server.api("uploads")["items"].as_array().unwrap().clone()
}

#[track_caller]
fn in_state(server: &Server, name: &str, state: &str, count: usize) -> Vec<Recorded> {
    let mut all = Vec::new();
    wait_within(&format!("{count} recordings to be {state}"), Duration::from_secs(90), || {
        all = recordings(&server.data(), name);
        all.iter().filter(|one| one.state() == state).count() >= count
    });
    all
}

/// Waits for a failure that says this.
#[track_caller]
fn failure(server: &Server, word: &str) -> Value {
    let mut last = Vec::new();
    wait_within(&format!("a failure with `{word}`, not {last:?}"), Duration::from_secs(60), || {
        last = uploads(server);
        last.iter().any(|one| one["last_failure"].as_str().is_some_and(|said| said.contains(word)))
    });
    last.remove(0)
}

fn sum(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

#[track_caller]
fn same(s3: &S3, server: &Server, one: &Recorded) {
    let object = s3.object(&format!("one/two/{}.{}", one.id(), one.format()));
    let file = fs::read(one.file(&server.data())).unwrap();
    assert_eq!((object.len(), sum(&object)), (file.len(), sum(&file)), "{one:?}");
}

/// Pictures that ffprobe finds at an address; what leads on from there is signed, or is asked for with a signature.
#[track_caller]
fn pictures(url: &str, is_signed: bool) -> u64 {
    let mut probe = std::process::Command::new("ffprobe");
    let args = ["-v", "error", "-select_streams", "v", "-count_packets", "-show_entries", "stream=nb_read_packets"];
    let headers = format!("{}: {}\r\n", SIGNED.0, SIGNED.1);
    let signed: &[&str] = if is_signed { &[] } else { &["-headers", &headers] };
    let said = probe.args(args).args(signed).args(["-of", "csv=p=0", url]).output().unwrap();
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let first = text.lines().next().unwrap_or_default().trim_end_matches(',');
    first.parse().unwrap_or_else(|_| panic!("{url}: {text} {}", String::from_utf8_lossy(&said.stderr)))
}

fn call(server: &Server, method: &str, path: &str) -> Answer {
    let (host, token) = (&server.http, server.key("api_token"));
    let head = format!(
        "{method} /api/v1/{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n"
    );
    request(host, head.as_bytes())
}

#[test]
fn every_format_arrives_as_it_was_recorded_and_plays_from_the_bucket() {
    for kind in BOTH {
        let (s3, receiver) = (S3::start(kind), Receiver::start());
        let settings = Settings::new(&s3.address(), KEY, "");
        let callback = format!("http://{}/", receiver.address());
        let told = ["--outbound-allow", "127.0.0.1", "--callback-url", &callback, "--callback-interval-s", "1"];
        let server = settings.start(Folder::new(), &told);
        record(&server, "a", "mp4|flv|hls");
        let all = in_state(&server, "a", "uploaded", 3);
        for one in all.iter().filter(|one| one.format() != "hls") {
            same(&s3, &server, one);
        }
        // Each is told once, when it is there.
        let told = || receiver.heard().iter().filter(|heard| heard.body["event_type"] == 100).count();
        wait_for("all to be told", || told() == 3);
        assert_eq!(server.metric("uploads_total"), 3, "{kind:?}");
        let hls = all.iter().find(|one| one.format() == "hls").unwrap();
        assert_eq!(s3.names().len(), 4, "{:?}", s3.names());
        if kind == S3Kind::Moto {
            assert_eq!(pictures(&format!("http://{}/{BUCKET}/one/two/{}.m3u8", s3.address(), hls.id()), false), 75);
        }

        // Without local files players are sent to the bucket.
        settings.write(&s3.address(), KEY, "[storage]\nkeep_local = \"no\"\n");
        let server = settings.start(server.kill_9(), &[]);
        let gone = |one: &Value| one["is_local"] == false;
        wait_within("the local files to go", Duration::from_secs(60), || uploads(&server).iter().all(gone));
        for one in all.iter().filter(|one| one.format() != "hls") {
            assert!(!one.file(&server.data()).exists(), "{one:?}");
            let answer = get(&format!("http://{}/recordings/{}.{}", server.http, one.id(), one.format()));
            assert_eq!(answer.status, 302, "{}", answer.head);
            let found = get(answer.header("Location").unwrap());
            assert_eq!((found.status, found.body.len() as u64), (200, one.bytes()));
            assert_eq!(sum(&found.body), sum(&s3.object(&format!("one/two/{}.{}", one.id(), one.format()))));
        }
        let playlist = format!("http://{}/recordings/{}.m3u8", server.http, hls.id());
        wait_within("the media to go", Duration::from_secs(60), || {
            fs::read_dir(server.data().join("media")).unwrap().next().is_none()
        });
        assert_eq!(pictures(&playlist, true), 75, "{kind:?}");

        // What is deleted goes from the bucket too.
        for one in &all {
            assert_eq!(call(&server, "DELETE", &format!("recordings/{}", one.id())).status, 204);
        }
        wait_within("the copies to go", Duration::from_secs(60), || {
            s3.names().is_empty() && uploads(&server).is_empty()
        });
    }
}

#[test]
fn a_storage_that_is_down_cuts_or_fails_for_a_while_gets_all_in_the_end() {
    let mut s3 = S3::start(S3Kind::S3sFs);
    let proxy = FaultProxy::start(&s3.address());
    let settings = Settings::new(&proxy.address(), KEY, "");
    s3.stop();
    let asked: Option<u64> = std::env::var("VIVACE_STORAGE_DOWN_S").ok().and_then(|text| text.parse().ok());
    let longest = asked.map_or("1000".to_owned(), |_| Limits::default().upload_backoff_ms_max.to_string());
    let server = settings.start(Folder::new(), &["--limits-upload-backoff-ms-max", &longest]);
    record(&server, "a", "mp4|hls");
    let (down, failed) = (Timer::new(Duration::from_secs(asked.unwrap_or(4))), failure(&server, ""));
    assert_eq!((failed["state"].as_str(), failed["next_try_ms"].is_i64()), (Some("waiting"), true), "{failed}");
    let tries = || server.metric("uploads_failed_total{reason=\"broken\"}");
    wait_within("the end of its absence", down.left() + SOON, || down.is_over() && tries() >= 4);
    assert_eq!(recordings(&server.data(), "a").iter().filter(|one| one.state() == "stored").count(), 2);
    let (tried, lines) = (tries(), server.log().lines().count());
    s3.resume();
    let back = Timer::new(down.elapsed() * 2 + SOON);
    wait_within("both to be uploaded", back.left(), || server.metric("uploads_total") == 2);
    in_state(&server, "a", "uploaded", 2);
    // The first try that failed, and one a minute; not each.
    let log = server.log();
    let said = |what: &str| log.lines().filter(|line| line.contains(what)).count() as u64;
    let minutes = down.elapsed().as_secs() / 60;
    assert!((1..=1 + minutes).contains(&said("uploads fail: tried again")), "{log}");
    assert!(said("the storage works again") >= 1, "{log}");
    println!(
        "away for {} s: {tried} tries and {lines} lines of log for two recordings; all there {:.1} s after its return",
        down.elapsed().as_secs() - back.elapsed().as_secs(),
        back.elapsed().as_secs_f64(),
    );

    proxy.set(Disturbance::Status500);
    record(&server, "b", "mp4");
    let failed = failure(&server, "status 500, InternalError: We are sorry");
    assert_eq!(failed["state"], "waiting");
    proxy.set(Disturbance::CutAfter(3_000));
    let cut = server.metric("uploads_failed_total{reason=\"broken\"}");
    wait_for("cuts in mid-object", || server.metric("uploads_failed_total{reason=\"broken\"}") > cut + 1);
    assert!(uploads(&server).iter().any(|one| one["state"] == "waiting"));
    proxy.set(Disturbance::None);
    let all = in_state(&server, "b", "uploaded", 1);
    same(&s3, &server, &all[0]);
}

#[test]
fn a_server_that_is_killed_in_mid_upload_sends_no_finished_part_again() {
    for kind in BOTH {
        let s3 = S3::start(kind);
        let proxy = FaultProxy::start(&s3.address());
        let settings = Settings::new(&proxy.address(), KEY, "");
        let server = settings.start(Folder::new(), &[]);
        // Two parts, and the third in the middle.
        proxy.set(Disturbance::HoldAfter(PART_BYTES * 5 / 2));
        record_large(&server, "a");
        let done = || uploads(&server).first().and_then(|one| one["bytes_done"].as_u64()).unwrap_or(0);
        wait_within("two parts", Duration::from_secs(60), || done() == 2 * PART_BYTES);
        let folder = server.kill_9();
        let before = proxy.passed();
        proxy.set(Disturbance::None);
        let server = settings.start(folder, &[]);
        let all = in_state(&server, "a", "uploaded", 1);
        let (bytes, sent) = (all[0].bytes(), proxy.passed() - before);
        assert!(bytes > 3 * PART_BYTES, "{bytes}");
        let rest = bytes - 2 * PART_BYTES;
        assert!((rest..rest + 64_000).contains(&sent), "{sent} of {bytes} were sent again, {rest} were missing");
        same(&s3, &server, &all[0]);
    }
}

#[test]
fn a_wrong_key_and_a_bucket_that_is_gone_are_told_and_nothing_is_deleted() {
    let s3 = S3::start(S3Kind::S3sFs);
    let settings = Settings::new(&s3.address(), "wrong", "[storage]\nkeep_local = \"no\"\n");
    let server = settings.start(Folder::new(), &[]);
    record(&server, "a", "mp4");
    let failed = failure(&server, "status 403, SignatureDoesNotMatch");
    assert_eq!(failed["bytes_done"], 0);
    let one = in_state(&server, "a", "stored", 1).remove(0);
    assert!(!server.log().contains("wrong"), "the key is in the log");

    let s3 = S3::start_without_bucket();
    settings.write(&s3.address(), KEY, "[storage]\nkeep_local = \"no\"\n");
    let server = settings.start(server.kill_9(), &[]);
    failure(&server, "NoSuchBucket");
    assert!(one.file(&server.data()).exists());
    assert_eq!(in_state(&server, "a", "stored", 1).len(), 1);
    s3.make_bucket();
    let id = uploads(&server)[0]["recording"].as_str().unwrap().to_owned();
    let status = call(&server, "POST", &format!("uploads/{id}/retry")).status;
    assert!(matches!(status, 204 | 404), "{status}");
    in_state(&server, "a", "uploaded", 1);
    assert_eq!(call(&server, "POST", &format!("uploads/{id}/retry")).status, 404);
    wait_within("the local file to go", Duration::from_secs(60), || !one.file(&server.data()).exists());
}

#[test]
fn what_arrives_with_another_byte_is_sent_anew_and_the_file_stays() {
    for (kind, reason) in BOTH.into_iter().zip(["status", "verify"]) {
        let s3 = S3::start(kind);
        let proxy = FaultProxy::start(&s3.address());
        let settings = Settings::new(&proxy.address(), KEY, "[storage]\nkeep_local = \"no\"\n");
        let server = settings.start(Folder::new(), &[]);
        proxy.set(Disturbance::Corrupt(20_000));
        record(&server, "a", "mp4");
        let metric = format!("uploads_failed_total{{reason=\"{reason}\"}}");
        wait_within("the difference to be seen", Duration::from_secs(60), || server.metric(&metric) > 0);
        let one = recordings(&server.data(), "a").remove(0);
        assert_eq!(one.state(), "stored", "{kind:?}");
        let file = fs::read(one.file(&server.data())).unwrap();
        proxy.set(Disturbance::None);
        in_state(&server, "a", "uploaded", 1);
        assert_eq!(sum(&s3.object(&format!("one/two/{}.mp4", one.id()))), sum(&file), "{kind:?}");
        assert_eq!(server.metric("uploads_differed_total") > 0, kind == S3Kind::Moto);
    }
}

#[test]
fn what_can_never_be_uploaded_is_given_up_and_told_of_where_it_is() {
    let (s3, receiver) = (S3::start(S3Kind::S3sFs), Receiver::start());
    let settings = Settings::new(&s3.address(), KEY, "");
    let callback = receiver.url("/");
    // No playlist is as short as that.
    let flags =
        ["--limits-upload-playlist-bytes-max", "100", "--outbound-allow", "127.0.0.1", "--callback-url", &callback];
    let flags = [&flags[..], &["--callback-interval-s", "1"]].concat();
    let server = settings.start(Folder::new(), &flags);
    record(&server, "a", "hls");
    let failed = failure(&server, "more than can be uploaded");
    let told = || receiver.taken().into_iter().filter(|event| event["event_type"] == 100).collect::<Vec<_>>();
    wait_for("it to be told", || told().len() == 1);
    let url = told()[0]["video_url"].as_str().unwrap().to_owned();
    assert!(get(&url).text().starts_with("#EXTM3U"), "{url}");
    let shown = |one: &Value| (one["state"].clone(), one["next_try_ms"].clone());
    assert_eq!(shown(&failed), ("failed".into(), Value::Null), "{failed}");
    // Asked for by hand it is tried once more, and told of no more.
    let id = failed["recording"].as_str().unwrap();
    let tries = || uploads(&server)[0]["tries"].as_u64().unwrap();
    let before = tries();
    assert_eq!(call(&server, "POST", &format!("uploads/{id}/retry")).status, 204);
    wait_for("another try", || tries() > before && uploads(&server)[0]["state"] == "failed");
    assert_eq!(told().len(), 1);
    assert!(s3.names().is_empty());
}

#[test]
fn places_that_cannot_be_read_keep_none_behind_them_from_the_bucket() {
    let s3 = S3::start(S3Kind::S3sFs);
    let settings = Settings::new(&s3.address(), KEY, "");
    let server = settings.start(Folder::new(), &[]);
    // More than are looked at at once, all of them due before what follows.
    let program = "for number in range(70):\n    db.execute(\"INSERT INTO uploads (recording, app, state, place, told, tries, \
        next_at, created_at) VALUES (?, -1, 'deleting', '', 1, 0, 0, 0)\", (f'x{number}',))\n";
    meddle(&server.data(), program);
    record(&server, "a", "mp4");
    let all = in_state(&server, "a", "uploaded", 1);
    same(&s3, &server, &all[0]);
}

#[test]
fn players_of_an_uploaded_playlist_hold_a_place_while_the_bucket_is_asked() {
    let s3 = S3::start(S3Kind::S3sFs);
    let proxy = FaultProxy::start(&s3.address());
    let settings = Settings::new(&proxy.address(), KEY, "[storage]\nkeep_local = \"no\"\n");
    let server = settings.start(Folder::new(), &["--limits-kept-reads-per-address-max", "1"]);
    record(&server, "a", "hls");
    let one = in_state(&server, "a", "uploaded", 1).remove(0);
    wait_within("the local files to go", Duration::from_secs(60), || uploads(&server)[0]["is_local"] == false);
    let playlist = format!("http://{}/recordings/{}.m3u8", server.http, one.id());
    proxy.set(Disturbance::HoldAfter(0));
    let (answers, answered) = mpsc::sync_channel(2);
    for _ in 0..2 {
        let (answers, playlist) = (answers.clone(), playlist.clone());
        thread::spawn(move || answers.send(get(&playlist)).unwrap());
    }
    // The first that is answered is the one without a place.
    let busy = answered.recv_timeout(SOON).unwrap();
    assert_eq!((busy.status, busy.header("retry-after")), (503, Some("1")), "{}", busy.text());
    proxy.set(Disturbance::None);
    answered.recv_timeout(SOON).unwrap();
    let whole = get(&playlist);
    assert!(whole.status == 200 && whole.text().starts_with("#EXTM3U"), "{}", whole.text());
}
