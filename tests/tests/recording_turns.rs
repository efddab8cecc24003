//! Recordings of pushes that follow each other closely, and what they say of their begin.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use vivace_tests::{
    Clip, Feeder, Kind, MediaKind, Role, Rtmp, Server, played, recordings, request, wait_for, wait_some, wait_within,
};

fn push_url(server: &Server, name: &str) -> String {
    format!("{}&record=mp4", server.push_url(name))
}

#[allow(clippy::disallowed_methods, reason = "the begin that a server tells is compared with the time now")]
fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap()
}

/// Sends so many pictures as fast as they are taken, and ends; when the stream has ended too.
#[track_caller]
fn push_pictures(server: &Server, clip: &Clip, count: usize) {
    let mut publisher = Rtmp::open(&push_url(server, "a"), Role::Publish);
    publisher.ready().unwrap();
    send_pictures(&mut publisher, clip, count);
    publisher.finish().unwrap();
    wait_for("the stream to end", || server.stream("a").is_none());
}

/// Sends so many pictures as fast as they are taken.
#[track_caller]
fn send_pictures(publisher: &mut Rtmp, clip: &Clip, count: usize) {
    let video = || clip.tags.iter().filter(|tag| tag.kind == Kind::Video);
    let headers = video().filter(|tag| !tag.is_media()).take(1);
    let pictures = || video().filter(|tag| tag.is_media());
    let length = clip.length_ms();
    let mut time_ms = 0;
    for header in headers {
        publisher.send(MediaKind::Video, 0, &header.body).unwrap();
    }
    for (number, picture) in pictures().cycle().take(count).enumerate() {
        let turn = u32::try_from(number / pictures().count()).unwrap();
        time_ms = time_ms.max(turn * length + picture.time_ms);
        publisher.send(MediaKind::Video, time_ms, &picture.body).unwrap();
    }
}

#[test]
fn of_pushes_that_follow_each_other_closely_each_picture_is_in_a_recording() {
    let server = Server::start(&["--limits-publish-grace-ms", "100", "--limits-recording-files-per-minute-max", "100"]);
    let clip = Clip::h264("320x180");
    let counts = [75, 8, 75, 8, 8, 8, 75, 8, 8, 8, 8, 8];
    for count in counts {
        push_pictures(&server, &clip, count);
    }
    let mut found = Vec::new();
    wait_within("all recordings to be stored", Duration::from_secs(60), || {
        found = recordings(&server.data(), "a");
        found.iter().filter(|one| one.state() == "stored").count() >= counts.len()
    });
    found.sort_by(|one, other| one.id().cmp(other.id()));
    let pictures: Vec<_> = found.iter().map(|one| played(&one.file(&server.data())).pictures).collect();
    assert_eq!(pictures, counts.map(|count| count as u64), "{found:?}");
    assert_eq!(server.metric("recording_lost_total"), 0);
}

#[test]
fn a_recording_begins_when_its_first_picture_came() {
    let server = Server::start(&["--limits-publish-grace-ms", "5000"]);
    let feeder = Feeder::start(&push_url(&server, "a"), Clip::h264("320x180"));
    wait_for("a third of a second", || feeder.pictures() >= 8);
    let newest = now_ms();
    drop(feeder);
    let begun = wait_some("the recording to begin", || recordings(&server.data(), "a").pop());
    assert!(begun.started_at() <= newest, "{} ms behind the eighth picture", begun.started_at() - newest);
}

#[test]
fn on_a_delayed_stream_each_recording_has_what_its_own_push_has_sent() {
    let server = Server::start(&["--limits-publish-grace-ms", "5000"]);
    let (body, token) = (r#"{"ms":8000}"#, server.key("api_token"));
    let head = format!("PUT /api/v1/streams/a/delay HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", server.http);
    let head = format!("{head}Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n", body.len());
    let answer = request(&server.http, format!("{head}{body}").as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let clip = Clip::h264("320x180");
    // Each goes on before a picture of the one before is shown.
    for (asks, count) in [("&record=flv", 75), ("", 60), ("&record=mp4", 50), ("&record=mp4|flv", 40)] {
        let mut publisher = Rtmp::open(&format!("{}{asks}", server.push_url("a")), Role::Publish);
        publisher.ready().unwrap();
        send_pictures(&mut publisher, &clip, count);
        publisher.finish().unwrap();
        wait_for("all of it to have come", || server.stream("a").is_some_and(|stream| stream["state"] == "grace"));
    }
    let mut found = Vec::new();
    wait_within("three recordings to be stored", Duration::from_secs(60), || {
        found = recordings(&server.data(), "a");
        found.iter().filter(|one| one.state() == "stored").count() >= 3
    });
    let mut kept: Vec<_> =
        found.iter().map(|one| (one.format().to_owned(), played(&one.file(&server.data())).pictures)).collect();
    kept.sort();
    let expected = [("flv", 40), ("flv", 75), ("mp4", 90)];
    assert_eq!(kept, expected.map(|(format, pictures)| (format.to_owned(), pictures)), "{found:?}");
}

#[test]
fn a_push_that_finds_no_room_is_told_with_the_code_of_that() {
    let server = Server::start(&["--recording-free-bytes-min", "9000000000000000"]);
    let _feeder = Feeder::start(&push_url(&server, "a"), Clip::h264("320x180"));
    let event = wait_some("the refusal", || {
        let events = server.api("events?kind=recording_failed&stream=a");
        events["items"].as_array().unwrap().first().cloned()
    });
    assert_eq!((event["table"].as_str(), event["code"].as_u64()), (Some("lvb-video"), Some(20320)), "{event}");
    assert!(event["detail"].as_str().unwrap().contains("recording.free_bytes_min"), "{event}");
}
