//! Recordings through our own API: listed, played, downloaded, deleted and brought back.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};
use vivace_tests::{
    AAC, Answer, H264, PICTURE, Server, TONE, browser, encode, ffmpeg, ffprobe, get, get_with, push, request, split,
    wait_for, wait_some,
};

fn ask(server: &Server, method: &str, path: &str, body: &str) -> Answer {
    let (host, token, bytes) = (&server.http, server.key("api_token"), body.len());
    let head = format!("{method} /api/v1/{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    let head = format!("{head}Authorization: Bearer {token}\r\nContent-Length: {bytes}\r\n\r\n");
    request(host, format!("{head}{body}").as_bytes())
}

#[track_caller]
fn refused(server: &Server, method: &str, path: &str, body: &Value, (status, error): (u16, &str)) -> Value {
    let answer = ask(server, method, path, &if body.is_null() { String::new() } else { body.to_string() });
    assert_eq!((answer.status, answer.json()["error"].as_str()), (status, Some(error)), "{path}: {}", answer.text());
    answer.json()
}

fn recordings(server: &Server, query: &str) -> Vec<Value> {
    server.api(&format!("recordings?{query}"))["items"].as_array().unwrap().clone()
}

#[track_caller]
fn stored(server: &Server, stream: &str, count: usize) -> Vec<Value> {
    wait_some("the recordings to be stored", || {
        let found = recordings(server, &format!("stream={stream}&state=stored"));
        (found.len() == count).then_some(found)
    })
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[test]
fn recordings_are_listed_with_addresses_that_play_and_download() {
    let server = Server::start(&["--limits-publish-grace-ms", "300"]);
    let url = format!("{}&record=mp4|flv|hls|aac", server.push_url("a"));
    let mut encoder = encode(ffmpeg(), &[PICTURE, TONE], &[H264, AAC, &["-t", "6"]], &url);
    assert!(encoder.wait_within(Duration::from_secs(60)).success(), "{}", encoder.stderr());
    for one in stored(&server, "a", 4) {
        for field in
            ["id", "stream", "format", "state", "started_at", "duration_ms", "size_bytes", "download_url", "play_url"]
        {
            assert!(!one[field].is_null(), "{field} in {one}");
        }
        let duration_ms = one["duration_ms"].as_u64().unwrap();
        assert!((5_000..7_500).contains(&duration_ms), "{one}");
        let probe = ffprobe(one["play_url"].as_str().unwrap());
        assert_eq!(
            (probe.codec("audio"), probe.codec("video").is_some()),
            (Some("aac"), one["format"] != "aac"),
            "{one}"
        );
        if one["format"] == "hls" {
            continue;
        }
        let url = one["download_url"].as_str().unwrap();
        let whole = get(url);
        assert_eq!((whole.status, whole.body.len() as u64), (200, one["size_bytes"].as_u64().unwrap()), "{one}");
        assert_eq!(sha256(&whole.body), one["sha256"].as_str().unwrap(), "{one}");
        let part = get_with(url, &[("range", "bytes=10-19")]);
        assert_eq!((part.status, part.body.as_slice()), (206, &whole.body[10..20]), "{one}");
        assert_eq!(get_with(url, &[("range", "bytes=99999999-")]).status, 416, "{one}");
        let name = whole.header("content-disposition").unwrap().to_owned();
        assert!(name.starts_with("inline; filename*=UTF-8''"), "{name}");
        let (authority, path) = split(url);
        let head = format!("HEAD {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let head = request(authority, head.as_bytes());
        let length = whole.body.len().to_string();
        assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some(length.as_str()), 0));
        let post =
            request(authority, format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes());
        assert_eq!(post.status, 405);
    }
    // Page by page, and each once.
    let first = server.api("recordings?limit=3");
    let next = first["next"].as_str().unwrap().to_owned();
    let second = server.api(&format!("recordings?limit=3&cursor={next}"));
    assert_eq!((first["items"].as_array().unwrap().len(), second["items"].as_array().unwrap().len()), (3, 1));
    assert_eq!(second["next"], Value::Null);
    let used = server.api("storage");
    assert_eq!(used["recordings"], 4, "{used}");
    assert!(used["recording_bytes"].as_u64() > Some(0) && used["free_bytes"].as_u64() > Some(0), "{used}");
}

#[test]
fn a_deleted_recording_is_gone_at_once_and_comes_back_whole() {
    let server = Server::start(&["--limits-publish-grace-ms", "300"]);
    let url = format!("{}&record=mp4|hls", server.push_url("a"));
    let mut encoder = encode(ffmpeg(), &[PICTURE, TONE], &[H264, AAC, &["-t", "3"]], &url);
    assert!(encoder.wait_within(Duration::from_secs(60)).success(), "{}", encoder.stderr());
    for one in stored(&server, "a", 2) {
        let (id, url) = (one["id"].as_str().unwrap(), one["download_url"].as_str().unwrap());
        let before = get(url);
        assert_eq!(ask(&server, "DELETE", &format!("recordings/{id}"), "").status, 204);
        assert_eq!(get(url).status, 404);
        refused(&server, "DELETE", &format!("recordings/{id}"), &Value::Null, (404, "unknown_recording"));
        let gone = server.api(&format!("recordings/{id}"));
        assert!(
            gone["download_url"].is_null() && gone["restorable_until_ms"].as_i64() > gone["deleted_at_ms"].as_i64()
        );
        assert_eq!(recordings(&server, "deleted=true").len(), 1);
        assert_eq!(ask(&server, "POST", &format!("recordings/{id}/restore"), "").json()["id"], id);
        assert_eq!(get(url).body, before.body);
        refused(&server, "POST", &format!("recordings/{id}/restore"), &Value::Null, (409, "not_deleted"));
    }
    assert_eq!((recordings(&server, "").len(), recordings(&server, "deleted=true").len()), (2, 0));
    let trail = server.api("audit?limit=2");
    let operations: Vec<&Value> = trail["items"].as_array().unwrap().iter().map(|row| &row["operation"]).collect();
    assert_eq!(operations, ["recording.restore", "recording.delete"]);
}

#[test]
fn a_task_records_what_comes_until_it_is_stopped() {
    let server = Server::start(&["--limits-publish-grace-ms", "300"]);
    let body = json!({"stream": "a", "formats": ["mp4", "hls"]});
    let made = ask(&server, "POST", "record-tasks", &body.to_string());
    assert_eq!((made.status, made.json()["state"].as_str()), (201, Some("running")), "{}", made.text());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let _encoder = push(&server.push_url("a"));
    wait_for("both to be recorded", || recordings(&server, "stream=a&state=recording").len() == 2);
    // What is recorded can be seen meanwhile, and is not deleted under its writer.
    let one = recordings(&server, "stream=a&state=recording").swap_remove(0);
    assert!(one["download_url"].is_null(), "{one}");
    let play_url = one["play_url"].as_str().unwrap().to_owned();
    wait_for("something to be seen of it", || get(&play_url).status == 200);
    assert_eq!(ffprobe(&play_url).size(), Some((320, 180)));
    let path = format!("recordings/{}", one["id"].as_str().unwrap());
    refused(&server, "DELETE", &path, &Value::Null, (409, "not_finished"));
    refused(&server, "DELETE", &format!("record-tasks/{id}"), &Value::Null, (409, "running"));
    assert_eq!(ask(&server, "POST", &format!("record-tasks/{id}/stop"), "").status, 204);
    refused(&server, "POST", &format!("record-tasks/{id}/stop"), &Value::Null, (409, "finished"));
    assert_eq!(stored(&server, "a", 2).len(), 2);
    let task = server.api("record-tasks?stream=a")["items"][0].clone();
    assert_eq!((task["state"].as_str(), task["recordings"].as_u64()), (Some("finished"), Some(2)), "{task}");
    assert_eq!(ask(&server, "DELETE", &format!("record-tasks/{id}"), "").status, 204);
    assert_eq!(recordings(&server, "stream=a").len(), 2);
}

#[test]
fn what_is_wrong_is_named() {
    let server = Server::start(&[]);
    for (body, field) in [
        (json!({}), "stream"),
        (json!({"stream": "a b"}), "stream"),
        (json!({"stream": "a", "formats": ["avi"]}), "formats"),
        (json!({"stream": "a", "formats": []}), "formats"),
        (json!({"stream": "a", "formats": "mp4"}), "formats"),
        (json!({"stream": "a", "begin_at_ms": 2_000_000_000_000_i64, "end_at_ms": 1_999_999_999_999_i64}), "end_at_ms"),
        (json!({"stream": "a", "end_at_ms": 1}), "end_at_ms"),
        (json!({"stream": "a", "interval_ms": 1}), "interval_ms"),
    ] {
        assert_eq!(refused(&server, "POST", "record-tasks", &body, (400, "bad_parameter"))["field"], field, "{body}");
    }
    refused(&server, "GET", "recordings?stream=a%20b", &Value::Null, (400, "bad_parameter"));
    refused(&server, "GET", "recordings?state=gone", &Value::Null, (400, "bad_parameter"));
    refused(&server, "GET", "recordings?cursor=x", &Value::Null, (400, "bad_parameter"));
    refused(&server, "GET", "recordings/x", &Value::Null, (404, "unknown_recording"));
    refused(&server, "POST", "record-tasks/99/stop", &Value::Null, (404, "unknown_task"));
    let host = &server.http;
    for path in
        ["recordings/x.mp4", "recordings/", "recordings/01ARZ3NDEKTSV4RRFFQ69G5FAV.mp4", "recordings/../vivace.db"]
    {
        assert_eq!(get(&format!("http://{host}/{path}")).status, 404, "{path}");
    }
    let off = Server::start(&["--recording-on", "false"]);
    refused(&off, "POST", "record-tasks", &json!({"stream": "a"}), (409, "recording_off"));
}

#[test]
fn the_page_rewinds_a_live_stream_and_plays_downloads_and_restores_recordings() {
    let server = Server::start(&["--limits-publish-grace-ms", "300", "--timeshift-window-ms", "600000"]);
    let url = format!("{}&record=mp4", server.push_url("a"));
    let mut encoder = encode(ffmpeg(), &[PICTURE, TONE], &[H264, AAC, &["-t", "4"]], &url);
    assert!(encoder.wait_within(Duration::from_secs(60)).success(), "{}", encoder.stderr());
    stored(&server, "a", 1);
    let _encoder = push(&server.push_url("a"));
    server.wait_live("a");
    let past =
        format!("{}&from={}", server.play_url("a", "hls"), server.api("status")["now_ms"].as_i64().unwrap() - 500_000);
    // Enough to go to and fro in.
    wait_for("twelve seconds to be kept", || {
        let answer = get(&past);
        let list = answer.text().lines().last().unwrap_or_default().to_owned();
        let base = past.split_once("a.m3u8").unwrap().0;
        answer.status == 200 && get(&format!("{base}{list}")).text().matches("#EXTINF").count() >= 3
    });
    // The last one says where pictures of the page go, if they are wanted.
    let args =
        [Some(server.ask(&["url", "page"]).trim().into()), Some("a".into()), std::env::var_os("VIVACE_SCREENSHOTS")];
    let seen = browser::seen(browser::script("past.mjs", args.into_iter().flatten()), Duration::from_secs(150));
    assert_eq!(seen["faults"], json!([]), "{seen}");
    for view in ["desktop", "phone"] {
        let seen = &seen[view];
        assert_eq!((&seen["overflow"], &seen["rewound"]["width"]), (&json!(0), &json!(320)), "{seen}");
        assert!(seen["ahead"]["at_s"].as_f64() > Some(5.0) && seen["back"]["at_s"].as_f64() < Some(5.0), "{seen}");
        assert!(
            seen["rewound"]["frames"].as_u64() > Some(10) && seen["recording"]["frames"].as_u64() > Some(5),
            "{seen}"
        );
        assert!(seen["date"].as_str().is_some_and(|date| !date.is_empty()), "{seen}");
        assert!(seen["saved"].as_str().is_some_and(|name| name.starts_with("a-") && name.ends_with(".mp4")), "{seen}");
    }
}
