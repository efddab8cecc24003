//! Our own API: open to the bearer of the app's token, and to nobody else.

use vivace_tests::{Server, count_frames, ffmpeg, get, get_with, push, wait_for};

/// Everything under `/api/v1`, and what is not there.
const PATHS: [&str; 5] = ["status", "streams", "refusals", "push-url?name=a", "no-such-thing"];

/// The scenarios run on the machine of the server: its loopback address is no key.
#[test]
fn without_the_token_nothing_is_told_to_anybody() {
    let server = Server::start(&[]);
    let token = server.key("api_token");
    let wrong = ["", "Bearer ", "Bearer wrong", &format!("Bearer {token}x"), &format!("Basic {token}"), &token];
    for path in PATHS {
        let url = format!("http://{}/api/v1/{path}", server.http);
        let answer = get(&url);
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        for value in wrong {
            let answer = get_with(&url, &[("Authorization", value), ("X-Forwarded-For", "127.0.0.1")]);
            assert_eq!(answer.status, 401, "{path} with {value:?}");
            assert!(!answer.text().contains(&token));
        }
        // A token in the address would stand in logs of proxies: it opens nothing.
        let joint = if path.contains('?') { '&' } else { '?' };
        assert_eq!(get(&format!("{url}{joint}token={token}")).status, 401);
    }
}

#[test]
fn with_the_token_it_tells_what_is_live() {
    let server = Server::start(&[]);
    assert!(server.streams().is_empty());
    let url = server.api("push-url?name=a")["url"].as_str().unwrap().to_owned();
    let _encoder = push(&url);
    server.wait_live("a");
    let status = server.api("status");
    assert_eq!(status["streams"], 1);
    assert_eq!(server.rtmp.rsplit(':').next().unwrap(), status["rtmp_port"].to_string());
    let stream = server.stream("a").unwrap();
    assert_eq!((stream["video"]["height"].as_u64(), stream["audio"]["name"].as_str()), (Some(180), Some("AAC")));
    // The rates are measured over a second.
    wait_for("the rates of the stream", || {
        let stream = server.stream("a").unwrap();
        stream["bits_per_second"].as_u64() > Some(10_000)
            && (15..=35).contains(&stream["video"]["fps"].as_u64().unwrap())
    });
    newest_frame_runs_with_the_clock(&server);
    // The addresses of the list work as they are.
    let play = &stream["play"];
    let frames = count_frames(ffmpeg(), &format!("http://{}{}", server.http, play["flv"].as_str().unwrap()));
    assert!(frames > 60, "{frames} pictures in three seconds");
    for (form, playlist) in [("hls", "a/index.m3u8?k="), ("llhls", "a/ll.m3u8?k=")] {
        let master = get(&format!("http://{}{}", server.http, play[form].as_str().unwrap()));
        assert!(master.status == 200 && master.text().contains(playlist), "{form}: {}", master.text());
    }
    let bearer = format!("Bearer {}", server.key("api_token"));
    let status_of =
        |path: &str| get_with(&format!("http://{}/api/v1/{path}", server.http), &[("Authorization", &bearer)]).status;
    assert_eq!(status_of("no-such-thing"), 404);
    for query in ["", "?name=", "?name=..", "?name=a&name=b", "?name=a%20b"] {
        assert_eq!(status_of(&format!("push-url{query}")), 400, "{query}");
    }
}

/// What the page measures delay by: when the newest timestamp came, on the clock that `now_ms` tells.
#[track_caller]
fn newest_frame_runs_with_the_clock(server: &Server) {
    let read = || {
        let newest = server.stream("a").unwrap()["newest"].take();
        (newest["timestamp_ms"].as_i64().unwrap(), newest["at_ms"].as_i64().unwrap())
    };
    let (first_ms, first_at_ms) = read();
    wait_for("the newest frame to move on by as much as the clock", || {
        let (timestamp_ms, at_ms) = read();
        assert!(at_ms <= server.api("status")["now_ms"].as_i64().unwrap(), "a frame from the future");
        timestamp_ms - first_ms > 500 && ((at_ms - first_at_ms) - (timestamp_ms - first_ms)).abs() < 200
    });
}

#[test]
fn page_open_shows_the_lists_to_anybody_and_gives_no_right_to_push() {
    let server = Server::start(&["--page-open", "true"]);
    for path in &PATHS[..4] {
        let status = if path.starts_with("push-url") { 401 } else { 200 };
        assert_eq!(get(&format!("http://{}/api/v1/{path}", server.http)).status, status, "{path}");
    }
}

#[test]
fn metrics_tell_numbers_and_no_names() {
    let server = Server::start(&[]);
    let _encoder = push(&server.push_url("a-name-that-is-a-secret"));
    server.wait_live("a-name-that-is-a-secret");
    wait_for("bytes to be counted", || server.metric("received_bytes_total") > 0);
    assert_eq!((server.metric("streams"), server.metric("publishes_total")), (1, 1));
    let text = get(&format!("http://{}/metrics", server.http)).text();
    for word in ["a-name-that-is-a-secret", "127.0.0.1", &server.key("push_key")] {
        assert!(!text.contains(word), "{word} is in the metrics");
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        let known = name.starts_with("vivace_") || name.starts_with("process_");
        assert!(known && value.parse::<f64>().is_ok_and(f64::is_finite), "{line}");
    }
}

#[test]
fn the_page_is_there_and_runs_only_our_own_scripts() {
    let server = Server::start(&[]);
    let page = get(&format!("http://{}/", server.http));
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert!(page.header("content-security-policy").unwrap().contains("script-src 'self'"));
    assert!(!page.text().contains(&server.key("api_token")));
    assert_eq!(get(&format!("http://{}/no-such-page", server.http)).status, 404);
}
