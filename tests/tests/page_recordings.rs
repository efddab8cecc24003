//! The page where recordings are looked after: tasks, the room on the disk, and the queue of uploads, with a real browser
//! and a real storage.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use vivace_tests::{
    AAC, BUCKET, Folder, H264, KEY, KEY_ID, PICTURE, S3, S3Kind, Server, TONE, Tool, browser, encode, ffmpeg, wait_for,
    wait_within,
};

const LONG: Duration = Duration::from_secs(120);

#[track_caller]
fn record(server: &Server, name: &str) {
    let url = format!("{}&record=mp4", server.push_url(name));
    let mut encoder = encode(ffmpeg(), &[PICTURE, TONE], &[H264, AAC, &["-t", "3"]], &url);
    assert!(encoder.wait_within(Duration::from_secs(60)).success(), "{}", encoder.stderr());
}

fn uploads(server: &Server, query: &str) -> Vec<Value> {
    server.api(&format!("uploads?{query}"))["items"].as_array().unwrap().clone()
}

/// The page's script, which asks for what is to be done in `folder`.
fn visit(server: &Server, folder: &Folder) -> Tool {
    // The last one says where pictures of the page go, if they are wanted.
    let pictures = std::env::var_os("VIVACE_SCREENSHOTS");
    let args = [Some(server.ask(&["url", "page"]).trim().into()), Some(folder.path().into()), pictures];
    browser::script("keeping.mjs", args.into_iter().flatten())
}

/// Waits until the script asks for something.
#[track_caller]
fn asked(node: &mut Tool, folder: &Folder, question: &str) {
    wait_within(question, LONG, || {
        assert!(node.is_running() || folder.join(question).exists(), "{}{}", node.stdout(), node.stderr());
        folder.join(question).exists()
    });
}

#[test]
fn what_waits_to_be_uploaded_is_seen_with_what_helps_and_tried_and_given_up_on_the_page() {
    let mut s3 = S3::start(S3Kind::S3sFs);
    let folder = Folder::new();
    let settings = folder.join("settings.toml");
    let text = format!(
        "recording.undo_ms = 0\n[limits]\npublish_grace_ms = 300\n[storage.s3]\nendpoint = \"http://{}\"\n\
         bucket = \"{BUCKET}\"\naccess_key_id = \"{KEY_ID}\"\nsecret_access_key = \"{KEY}\"\nprefix = \"one/two\"\n",
        s3.address()
    );
    fs::write(&settings, text).unwrap();
    s3.stop();
    let server = Server::start_in(Folder::new(), &["--config", &settings.display().to_string()]);
    record(&server, "a");
    record(&server, "b");
    // Long enough that a try does not come by itself at once.
    let fails = |one: &Value| one["tries"].as_u64() > Some(2);
    wait_within("both to fail", LONG, || {
        uploads(&server, "state=waiting").iter().filter(|one| fails(one)).count() == 2
    });
    let one = uploads(&server, "state=waiting").remove(0);
    assert_eq!((&one["stream"], &one["format"]), (&json!("b"), &json!("mp4")), "{one}");
    assert_eq!(one["last_reason"], "connect", "{one}");
    assert_eq!(one["key"], format!("one/two/{}.mp4", one["recording"].as_str().unwrap()), "{one}");
    let storage = server.api("storage");
    assert_eq!((&storage["begins"], &storage["free_bytes_min"]), (&json!("yes"), &json!(1 << 30)), "{storage}");
    assert!(storage["bucket"].as_str().is_some_and(|place| place.ends_with(BUCKET)), "{storage}");

    let mut node = visit(&server, &folder);
    asked(&mut node, &folder, "mend");
    s3.resume();
    fs::write(folder.join("mended"), "").unwrap();
    asked(&mut node, &folder, "break");
    let names = s3.names();
    s3.stop();
    fs::write(folder.join("broken"), "").unwrap();
    let seen = browser::seen(node, LONG);
    assert_eq!(seen["faults"], json!([]), "{seen}");
    for width in ["desktop", "phone"] {
        let (uploads, task) = (&seen[width]["uploads"], &seen[width]["task"]);
        assert_eq!((&seen[width]["overflow"], &uploads["overflow"]), (&json!(0), &json!(0)), "{width}: {seen}");
        let says = |value: &Value, text: &str| {
            assert!(value.as_str().is_some_and(|said| said.contains(text)), "{width}: {text} in {value}");
        };
        says(&uploads["state"], "Fails");
        says(&uploads["place"], &format!("/{BUCKET}/one/two/"));
        says(&uploads["next"], "tries failed");
        says(&uploads["failure"], "Remedy: Check that the storage runs");
        says(&uploads["progress"], "0 B of ");
        says(&seen[width]["storage"], "2 recordings");
        assert_eq!(seen[width]["begins"], "yes");
        says(&task["refused"]["said"], "stream");
        assert_eq!((&task["refused"]["marked"], &task["still"]), (&json!("true"), &json!(false)), "{width}: {task}");
        says(&task["text"], "HLS · 0 recordings");
    }
    assert!(seen["focused"].as_str().is_some_and(|label| label.starts_with("Try now: ")), "{seen}");
    assert_eq!(seen["none"], "Nothing waits: all finished recordings are there.");
    assert!(seen["question"].as_str().is_some_and(|asked| asked.contains("one/two/")), "{seen}");
    assert_eq!(seen["chinese"], "存储");
    assert!(!seen["text"].to_string().contains(KEY) && !seen["text"].to_string().contains(KEY_ID), "a secret is shown");

    assert_eq!((names.len(), s3.names()), (2, names), "what was given up is still there");
    assert_eq!(uploads(&server, "state=deleting").len(), 0);
    let trail = server.api("audit?limit=50");
    let noted = |operation: &str| trail["items"].as_array().unwrap().iter().any(|row| row["operation"] == operation);
    assert!(noted("upload.retry") && noted("upload.forget") && noted("record_task.stop"), "{trail}");
}

#[test]
fn a_disk_without_room_is_said_where_recordings_are_looked_after() {
    let server = Server::start(&["--recording-free-bytes-min", "1000000000000000"]);
    wait_for("the room to be looked at", || server.api("storage")["begins"] == "no_room");
    let off = Server::start(&["--recording-on", "false"]);
    assert_eq!(off.api("storage")["begins"], "off");
    assert!(off.api("storage")["bucket"].is_null());
}
