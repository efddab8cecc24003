//! Output rates and watermarks, with real encoders and players: what is made, when it begins and ends, and what becomes of
//! it when the program that makes it fails.

mod lvb;
mod marks;
mod programs;

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use lvb::{call, code, create, created, status, stop};
use marks::{blue, is_red, picture, pixel, serve, v3};
use programs::{children, children_of, cpu_ms, ended, event_kinds, hungry, is_gone, only_child, resident_bytes};
use serde_json::Value;
use vivace_tests::{
    Clip, Feeder, Flv, Folder, HlsPlayer, Kind, Live, Receiver, Role, Rtmp, Server, TONE, Tag, Witness, encode,
    ffmpeg_new, ffprobe, get, resume, suspend, vivace, wait_for, wait_some, wait_within,
};

/// Rates for streams without a channel, which end soon.
const RATES: [&str; 4] = ["--transcode-rates", "550,900", "--transcode-idle-ms", "1500"];
/// Both ends of a scenario are on this machine, which is not a public address.
const LOCAL: [&str; 2] = ["--outbound-allow", "127.0.0.0/8"];
const CHILD_FAILURES: [&str; 6] = ["spawn", "exit", "signal", "hang", "memory", "output"];
/// A failure is noticed within so long.
const NOTICED: Duration = Duration::from_secs(5);

fn source() -> Clip {
    Clip::h264_at("1280x720", 2_500)
}

/// Reads a play until it has so much media; its tags.
fn tags(url: &str, ms: u32) -> Vec<Tag> {
    let mut flv = Flv::open(Live::open(url));
    let mut tags: Vec<Tag> = Vec::new();
    let mut first = None;
    loop {
        let tag = flv.tag().unwrap().expect("the play goes on");
        if tag.is_media() {
            let begun = *first.get_or_insert(tag.time_ms);
            if tag.time_ms.saturating_sub(begun) > ms {
                return tags;
            }
        }
        tags.push(tag);
    }
}

fn is_told(server: &Server, stream: &str, detail: &str) -> bool {
    let found = server.api(&format!("events?stream={stream}"));
    let failed = |event: &Value| event["kind"] == "transcode_failed";
    found["items"].as_array().unwrap().iter().any(|event| failed(event) && event.to_string().contains(detail))
}

#[test]
fn a_rate_is_made_when_it_is_asked_for_and_ends_when_nobody_watches() {
    let receiver = Receiver::start();
    let url = receiver.url("/hook");
    let server =
        Server::start(&[RATES.as_slice(), &LOCAL, &["--callback-url", &url, "--callback-interval-s", "1"]].concat());
    let _feeder = Feeder::start(&server.push_url("a"), source());
    server.wait_live("a");
    assert!(children(server.pid()).is_empty(), "nobody has asked yet");

    let sd = server.play_url("a_550", "flv");
    let probe = ffprobe(&sd);
    assert_eq!((probe.codec("video"), probe.codec("audio")), (Some("h264"), Some("aac")));
    assert_eq!(probe.size(), Some((960, 540)));
    let taken = tags(&sd, 6_000);
    let media: Vec<&Tag> = taken.iter().filter(|tag| tag.is_media()).collect();
    let bits: usize = media.iter().map(|tag| tag.body.len() * 8).sum();
    let ms = media.last().unwrap().time_ms - media[0].time_ms;
    let kbps = bits / ms as usize;
    assert!((385..=715).contains(&kbps), "{kbps} kbit/s");
    // As in the source: a key frame each 1.2 s or less, picture and sound at their own times.
    let keys: Vec<u32> = media.iter().filter(|tag| tag.is_key()).map(|tag| tag.time_ms).collect();
    assert!(keys.windows(2).all(|pair| pair[1] - pair[0] <= 1_250), "{keys:?}");
    let first = |kind| media.iter().find(|tag| tag.kind == kind).unwrap().time_ms;
    assert!(first(Kind::Video).abs_diff(first(Kind::Audio)) < 200, "sound goes with the picture");

    // Two players, by two protocols, share what is made.
    let (one, two) = (Witness::watch(&server, "a_550"), Witness::watch(&server, "a_550"));
    one.goes_on();
    two.goes_on();
    assert_eq!(ffprobe(&server.play_url("a_550", "rtmp")).size(), Some((960, 540)));
    assert_eq!(children(server.pid()).len(), 1);
    // A signature that was made for the stream opens its rates too.
    assert_eq!(ffprobe(&server.play_url("a", "flv").replace("/a.flv", "/a_900.flv")).size(), Some((1_280, 720)));
    let denied = Rtmp::open(&server.push_url("a_550"), Role::Publish).ready().unwrap_err().description;
    assert!(denied.contains("lvb-video/20108"), "{denied}");
    assert_eq!(event_kinds(&server, "a_550").iter().filter(|kind| *kind == "transcode_runs").count(), 1);

    drop((one, two));
    wait_for("the rates to end", || children(server.pid()).is_empty() && server.stream("a_550").is_none());
    wait_for("the end to be told", || event_kinds(&server, "a_550").contains(&"transcode_ended".to_owned()));
    assert_eq!(server.metric("transcode_streams"), 0);
    assert!(ffprobe(&sd).size().is_some(), "it begins anew");
    // A rate is no push: customers hear of the stream alone.
    for event in receiver.wait(1) {
        assert_eq!(event["stream_id"], "a", "{event}");
    }
}

#[test]
fn players_of_hls_choose_among_the_rates() {
    let server = Server::start(&RATES);
    let _feeder = Feeder::start(&server.push_url("a"), source());
    server.wait_live("a");
    let answer = get(&server.play_url("a", "hls"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let master = answer.text();
    assert_eq!(master.matches("#EXT-X-STREAM-INF").count(), 3, "{master}");
    assert!(master.contains("RESOLUTION=960x540") && master.contains("RESOLUTION=1280x720"), "{master}");
    assert!(children(server.pid()).is_empty(), "to name a rate does not make it");
    let line = master.lines().find(|line| line.starts_with("a_550/")).unwrap();
    let list = get(&format!("http://{}/live/{line}", server.http));
    assert_eq!(list.status, 200, "{}", list.text());
    assert!(list.text().contains("#EXTINF"), "{}", list.text());
    assert_eq!(children(server.pid()).len(), 1);
    let own = HlsPlayer::begin(&server.play_url("a_550", "hls"));
    assert_eq!(own.master.matches("#EXT-X-STREAM-INF").count(), 1, "a rate has no rates: {}", own.master);
    let wrong = line.replace("?k=", "?k=A").replace("a_550/", "a_900/");
    assert_eq!(get(&format!("http://{}/live/{wrong}", server.http)).status, 403);
    assert_eq!(children(server.pid()).len(), 1, "a wrong token makes nothing");
}

#[test]
fn what_fails_is_noticed_and_made_anew() {
    let server = Server::start(&RATES);
    let feeder = Feeder::start(&server.push_url("a"), source());
    server.wait_live("a");
    let (player, original) = (Witness::watch(&server, "a_550"), Witness::watch(&server, "a"));
    player.goes_on();
    let anew = |before: u32, what: &str| {
        wait_within(what, NOTICED, || is_gone(before));
        let now = wait_some("another one", || children(server.pid()).into_iter().find(|pid| *pid != before));
        player.goes_on();
        original.goes_on();
        now
    };
    let first = only_child(&server);
    assert!(Command::new("kill").args(["-9", &first.to_string()]).status().unwrap().success());
    let second = anew(first, "a killed program to be gone");
    wait_for("the kill to be counted", || ended(&server, "rate", "signal") == 1);
    suspend(second);
    let third = anew(second, "a program that stands still to be ended");
    resume(third);
    wait_for("the standstill to be counted", || ended(&server, "rate", "hang") == 1);
    assert!(event_kinds(&server, "a_550").contains(&"transcode_failed".to_owned()));

    // Another publisher, with another picture: another program, and the players stay.
    drop(feeder);
    let _feeder = Feeder::start(&server.push_url("a"), Clip::h264_at("640x360", 1_500));
    wait_for("the old program to be gone", || is_gone(third));
    player.goes_on();
    assert_eq!(ffprobe(&server.play_url("a_550", "flv")).size(), Some((640, 360)), "nothing is made larger");
    assert_eq!(ended(&server, "rate", "signal") + ended(&server, "rate", "hang") + ended(&server, "rate", "exit"), 2);
    let all: u64 = server.metric("children_started_total{kind=\"rate\"}");
    assert_eq!((all, children(server.pid()).len()), (4, 1));
}

#[test]
fn every_source_becomes_h264_with_aac() {
    let server = Server::start(&RATES);
    let picture = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"];
    let sources: [(&str, &[&str]); 4] = [
        ("mp3", &["-c:v", "libx264", "-g", "25", "-bf", "2", "-c:a", "libmp3lame"]),
        ("g711", &["-c:v", "libx264", "-g", "25", "-bf", "0", "-c:a", "pcm_alaw", "-ar", "8000"]),
        (
            "hevc",
            &["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "keyint=25:log-level=error", "-c:a", "aac"],
        ),
        ("opus", &["-c:v", "libx264", "-g", "25", "-bf", "0", "-c:a", "libopus"]),
    ];
    for (name, options) in sources {
        let _encoder =
            encode(ffmpeg_new(), &[&picture, TONE], &[&["-pix_fmt", "yuv420p"], options], &server.push_url(name));
        server.wait_live(name);
        let probe = ffprobe(&server.play_url(&format!("{name}_550"), "flv"));
        assert_eq!((probe.codec("video"), probe.codec("audio")), (Some("h264"), Some("aac")), "{name}");
        assert_eq!(probe.size(), Some((320, 180)), "{name}");
    }
    assert_eq!(CHILD_FAILURES.map(|reason| ended(&server, "rate", reason)), [0; 6]);
}

/// A server whose FFmpeg is a program that does nothing but take what it can get, and a player that has it started.
fn with_hungry(how: &str, limits: &[&str]) -> (Server, Feeder, TcpStream) {
    let folder = Folder::new();
    let program = hungry(&folder, how);
    let silent = ["--limits-child-silent-ms-max", "600000", "--ffmpeg-path", program.to_str().unwrap()];
    let server = Server::start_in(folder, &[RATES.as_slice(), &silent, limits].concat());
    let feeder = Feeder::start(&server.push_url("a"), Clip::h264("320x180"));
    server.wait_live("a");
    // Nothing comes of what it asks for, so it does not wait for that.
    let url = server.play_url("a_550", "flv");
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut player = TcpStream::connect(host).unwrap();
    write!(player, "GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    (server, feeder, player)
}

#[test]
fn a_program_that_leaks_or_has_others_leak_is_ended_soon_after_it_has_too_much() {
    const MAX: u64 = 150_000_000;
    for how in ["grows", "has-one-grow"] {
        let (server, _feeder, _player) = with_hungry(how, &["--limits-child-memory-bytes-max", &MAX.to_string()]);
        let child = only_child(&server);
        let grows = wait_some("the one that grows", || match how {
            "grows" => Some(child),
            _ => children_of(child).first().copied(),
        });
        wait_for("it to have too much", || is_gone(grows) || resident_bytes(grows) > MAX);
        wait_within("it to be ended", NOTICED, || is_gone(child) && is_gone(grows));
        wait_for("its end to be counted", || ended(&server, "rate", "memory") >= 1);
        assert_eq!(
            CHILD_FAILURES.map(|reason| ended(&server, "rate", reason) > 0),
            [false, false, false, false, true, false]
        );
        assert!(server.stream("a").is_some());
    }
}

#[test]
fn a_program_that_burns_more_of_the_processor_than_it_may_is_ended() {
    let (server, _feeder, _player) = with_hungry("spins", &["--limits-child-cpu-percent-max", "5"]);
    let child = only_child(&server);
    wait_within("it to be ended", Duration::from_secs(60), || is_gone(child));
    wait_for("its end to be counted", || ended(&server, "rate", "cpu") >= 1);
    wait_for("it to be told", || is_told(&server, "a_550", "processor"));
    assert!(server.stream("a").is_some());
    // With what it may have, it goes on.
    let (server, _feeder, _player) = with_hungry("spins", &["--limits-child-cpu-percent-max", "100000"]);
    let child = only_child(&server);
    wait_within("two windows to pass", Duration::from_secs(60), || cpu_ms(child) > 8_000);
    assert!(!is_gone(child) && ended(&server, "rate", "cpu") == 0);
}

#[test]
fn no_program_outlives_the_server() {
    let server = Server::start(&RATES);
    let _feeder = Feeder::start(&server.push_url("a"), source());
    server.wait_live("a");
    let player = Witness::watch(&server, "a_550");
    player.goes_on();
    let child = only_child(&server);
    let limits = fs::read_to_string(format!("/proc/{child}/limits")).unwrap();
    assert!(
        limits.lines().any(|line| line.starts_with("Max address space") && line.contains("4294967296")),
        "{limits}"
    );
    let environment = fs::read(format!("/proc/{child}/environ")).unwrap();
    assert!(environment.starts_with(b"PATH=") && environment.iter().filter(|byte| **byte == 0).count() == 1);
    let _folder = server.kill_9();
    wait_for("the program to be gone with the server", || is_gone(child));
}

/// reaches: lvb-access/5200
#[test]
fn where_there_is_no_place_for_one_more_it_is_refused() {
    let server = Server::start(&[RATES.as_slice(), &["--limits-children-max", "1"]].concat());
    let _feeder = Feeder::start(&server.push_url("a"), source());
    server.wait_live("a");
    let player = Witness::watch(&server, "a_550");
    let refused = get(&server.play_url("a_900", "flv"));
    assert_eq!((refused.status, refused.header("x-vivace-code")), (503, Some("lvb-access/5200")));
    player.goes_on();
    assert_eq!((server.metric("children_refused_total"), server.metric("children_places")), (1, 1));
}

#[test]
fn a_rate_ends_with_its_channel_and_is_made_only_if_the_channel_has_it() {
    let server = Server::start(&[]);
    let (id, info) = create(&server, &[("outputRate.0", "0"), ("outputRate.1", "10")]);
    let sd = &info["downstream_address"][1];
    assert_eq!(sd["rate_type"], 10);
    let flv = sd["flv_downstream_address"].as_str().unwrap();
    assert_eq!(get(flv).status, 404, "it is not live");
    let _feeder = Feeder::start(info["upstream_address"].as_str().unwrap(), source());
    wait_for("the channel to be live", || status(&server, &id) == "1");
    let hls = sd["hls_downstream_address"].as_str().unwrap();
    assert_eq!(ffprobe(flv).size(), Some((960, 540)));
    assert_eq!(ffprobe(hls).size(), Some((960, 540)));
    let hd = info["downstream_address"][0]["flv_downstream_address"].as_str().unwrap().replace(".flv", "_900.flv");
    let refused = get(&hd);
    assert_eq!(
        (refused.status, refused.header("x-vivace-code")),
        (501, Some("lvb-video/20114")),
        "the channel lacks it"
    );
    let child = only_child(&server);
    assert_eq!(stop(&server, &id), "ok");
    wait_for("the rate to end with its channel", || is_gone(child));
    assert_eq!(get(flv).status, 404);
}

/// reaches: lvb-video/20114
#[test]
fn without_ffmpeg_what_takes_it_is_refused_and_streams_go_on() {
    let server = Server::start(&[RATES.as_slice(), &["--ffmpeg-path", "/no/such/ffmpeg"]].concat());
    let refused = created(&server, &[("outputRate.0", "0"), ("outputRate.1", "10")]);
    assert_eq!(code(&refused), "lvb-video/20114", "{refused}");
    let (id, info) = create(&server, &[]);
    let change = [("channelId", id.as_str()), ("channelName", "a"), ("outputRate.0", "0"), ("outputRate.1", "20")];
    assert_eq!(code(&call(&server, "ModifyLVBChannel", &change)), "lvb-video/20114");
    assert_eq!(code(&call(&server, "ModifyLVBChannel", &change[..2])), "ok");
    let mark = v3(&server, "AddLiveWatermark", &[("WatermarkName", "m"), ("PictureUrl", "http://a.example/m.png")]);
    assert_eq!(mark["Error"]["Code"], "ResourceUnavailable", "{mark}");
    let _feeder = Feeder::start(info["upstream_address"].as_str().unwrap(), source());
    wait_for("the channel to be live", || status(&server, &id) == "1");
    let _other = Feeder::start(&server.push_url("a"), source());
    server.wait_live("a");
    let refused = get(&server.play_url("a_550", "flv"));
    assert_eq!((refused.status, refused.header("x-vivace-code")), (501, Some("lvb-video/20114")));
    assert_eq!(ffprobe(&server.play_url("a", "flv")).size(), Some((1_280, 720)));
    let said = vivace(&["doctor", "--json", "--ffmpeg-path", "/no/such/ffmpeg"]).stdout;
    let report: Value = serde_json::from_str(&said).unwrap();
    let line = report["checks"].as_array().unwrap().iter().find(|check| check["check"] == "ffmpeg").unwrap();
    assert_eq!(line["level"], "warn", "{line}");
}

#[test]
fn a_watermark_is_seen_in_what_is_played() {
    let server = Server::start(&LOCAL);
    let file = picture("red", "64x32", &server.data().join("mark.png"));
    let picture_url = serve(file);
    let add = [("WatermarkName", "m"), ("PictureUrl", picture_url.as_str()), ("XPosition", "50"), ("YPosition", "10")];
    let added = v3(&server, "AddLiveWatermark", &add);
    let mark = added["WatermarkId"].to_string();
    let listed = v3(&server, "DescribeLiveWatermarks", &[]);
    assert_eq!((&listed["TotalNum"], &listed["WatermarkList"][0]["XPosition"]), (&1.into(), &50.into()), "{listed}");

    let (id, info) = create(&server, &[("watermarkId", &mark), ("outputRate.0", "0"), ("outputRate.1", "10")]);
    let upstream = info["upstream_address"].as_str().unwrap();
    let feeder = Feeder::start(upstream, blue());
    wait_for("the channel to be live", || status(&server, &id) == "1");
    let flv = info["downstream_address"][0]["flv_downstream_address"].as_str().unwrap();
    let probe = ffprobe(flv);
    assert_eq!((probe.size(), probe.codec("audio")), (Some((640, 360)), Some("aac")));
    // Half of 640 from the left, a tenth of 360 from the top. What came before the picture is shown without it.
    wait_for("the mark to be seen", || is_red(pixel(flv, 324, 40)));
    assert!(!is_red(pixel(flv, 310, 40)) && !is_red(pixel(flv, 324, 30)), "it stands where it was put");
    assert!(!is_red(pixel(flv, 390, 40)) && !is_red(pixel(flv, 324, 72)), "it is as large as it is");
    // Its rate has the mark too.
    let sd = info["downstream_address"][1]["flv_downstream_address"].as_str().unwrap();
    assert!(is_red(pixel(sd, 324, 40)), "{:?}", pixel(sd, 324, 40));
    assert_eq!(
        code(&call(&server, "ModifyLVBChannel", &[("channelId", &id), ("channelName", "n"), ("watermarkId", "0")])),
        "lvb-video/20108"
    );

    // The program fails: another one goes on, and the publisher's next session has its own.
    let name = upstream.split("/live/").nth(1).unwrap().split('?').next().unwrap().to_owned();
    let player = Witness::watch(&server, &name);
    player.goes_on();
    let child = wait_some("the program of the mark", || {
        children(server.pid()).into_iter().find(|pid| {
            String::from_utf8_lossy(&fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default()).contains("overlay")
        })
    });
    assert!(Command::new("kill").args(["-9", &child.to_string()]).status().unwrap().success());
    wait_within("the killed program to be gone", NOTICED, || is_gone(child));
    player.goes_on();
    wait_for("the kill to be counted", || ended(&server, "watermark", "signal") == 1);
    drop(feeder);
    let feeder = Feeder::start(upstream, blue());
    player.goes_on();
    assert!(is_red(pixel(flv, 324, 40)));

    // Where it is moved to, the next push shows it; where it was taken away, none.
    assert_eq!(stop(&server, &id), "ok");
    wait_for("the push to end", || feeder.has_ended());
    assert_eq!(
        v3(&server, "UpdateLiveWatermark", &[("WatermarkId", &mark), ("XPosition", "0"), ("YPosition", "0")])["Error"],
        Value::Null
    );
    assert_eq!(code(&call(&server, "StartLVBChannel", &[("channelIds.0", &id)])), "ok");
    let feeder = Feeder::start(upstream, blue());
    wait_for("the channel to be live", || status(&server, &id) == "1");
    assert!(is_red(pixel(flv, 4, 4)) && !is_red(pixel(flv, 324, 40)));
    assert_eq!(stop(&server, &id), "ok");
    wait_for("the push to end", || feeder.has_ended());
    assert_eq!(v3(&server, "DeleteLiveWatermark", &[("WatermarkId", &mark)])["Error"], Value::Null);
    assert_eq!(
        v3(&server, "DescribeLiveWatermark", &[("WatermarkId", &mark)])["Error"]["Code"],
        "ResourceNotFound.WatermarkNotExist"
    );
    assert_eq!(code(&call(&server, "StartLVBChannel", &[("channelIds.0", &id)])), "ok");
    let _feeder = Feeder::start(upstream, blue());
    wait_for("the channel to be live", || status(&server, &id) == "1");
    assert!(!is_red(pixel(flv, 4, 4)));
    let gone = format!("watermark {mark}: the watermark of the channel is gone");
    wait_for("it to be told", || is_told(&server, &name, &gone));
}

#[test]
fn where_a_watermark_cannot_be_put_in_the_stream_is_shown_without_it_until_it_can() {
    let limits = ["--limits-children-max", "1", "--limits-child-backoff-ms-max", "500"];
    let server = Server::start(&[RATES.as_slice(), &LOCAL, &limits].concat());
    let picture_url = serve(picture("red", "64x32", &server.data().join("mark.png")));
    let added = v3(&server, "AddLiveWatermark", &[("WatermarkName", "m"), ("PictureUrl", picture_url.as_str())]);
    let (id, info) = create(&server, &[("watermarkId", &added["WatermarkId"].to_string())]);
    let upstream = info["upstream_address"].as_str().unwrap();
    let name = upstream.split("/live/").nth(1).unwrap().split('?').next().unwrap().to_owned();
    let flv = info["downstream_address"][0]["flv_downstream_address"].as_str().unwrap();
    let feeder = Feeder::start(upstream, blue());
    wait_for("the channel to be live", || status(&server, &id) == "1");
    wait_for("the mark to be seen", || is_red(pixel(flv, 4, 4)));
    assert_eq!(stop(&server, &id), "ok");
    wait_for("the push to end", || feeder.has_ended() && children(server.pid()).is_empty());

    // Another stream's rate has the only place at the next push.
    let _other = Feeder::start(&server.push_url("a"), source());
    server.wait_live("a");
    let rate = Witness::watch(&server, "a_550");
    rate.goes_on();
    assert_eq!(code(&call(&server, "StartLVBChannel", &[("channelIds.0", &id)])), "ok");
    let _feeder = Feeder::start(upstream, blue());
    wait_for("the channel to be live", || status(&server, &id) == "1");
    assert!(!is_red(pixel(flv, 4, 4)));
    wait_for("it to be told", || is_told(&server, &name, "shown without its watermark"));
    drop(rate);
    wait_for("the mark to be seen again", || is_red(pixel(flv, 4, 4)));
}

#[test]
fn a_watermark_whose_picture_is_not_to_be_had_leaves_the_stream_as_it_is_and_is_told() {
    let server = Server::start(&LOCAL);
    let picture_url = serve(b"GIF89a is no picture that is taken".to_vec());
    let added = v3(&server, "AddLiveWatermark", &[("WatermarkName", "m"), ("PictureUrl", picture_url.as_str())]);
    let mark = added["WatermarkId"].to_string();
    let (id, info) = create(&server, &[("watermarkId", &mark)]);
    let _feeder = Feeder::start(info["upstream_address"].as_str().unwrap(), blue());
    wait_for("the channel to be live", || status(&server, &id) == "1");
    let flv = info["downstream_address"][0]["flv_downstream_address"].as_str().unwrap();
    assert!(!is_red(pixel(flv, 4, 4)));
    let name = info["upstream_address"].as_str().unwrap().split("/live/").nth(1).unwrap().split('?').next().unwrap();
    wait_for("it to be told", || event_kinds(&server, name).contains(&"transcode_failed".to_owned()));
}

#[test]
fn the_picture_of_a_watermark_goes_with_it_once_no_stream_has_it() {
    let server = Server::start(&LOCAL);
    let picture_url = serve(picture("red", "64x32", &server.data().join("mark.png")));
    let added = v3(&server, "AddLiveWatermark", &[("WatermarkName", "m"), ("PictureUrl", picture_url.as_str())]);
    let mark = added["WatermarkId"].to_string();
    let kept = |data: &Path| {
        let entries = fs::read_dir(data.join("watermarks")).map(|found| found.flatten().collect::<Vec<_>>());
        let mut names: Vec<_> = entries.unwrap_or_default().iter().map(fs::DirEntry::file_name).collect();
        names.sort();
        names
    };
    let (id, info) = create(&server, &[("watermarkId", &mark)]);
    let feeder = Feeder::start(info["upstream_address"].as_str().unwrap(), blue());
    wait_for("the channel to be live", || status(&server, &id) == "1");
    let flv = info["downstream_address"][0]["flv_downstream_address"].as_str().unwrap();
    wait_for("the mark to be seen", || is_red(pixel(flv, 4, 4)));
    let data = server.data();
    assert_eq!(kept(&data).len(), 1);

    // Who watches goes on with it, also behind another program.
    assert_eq!(v3(&server, "DeleteLiveWatermark", &[("WatermarkId", &mark)])["Error"], Value::Null);
    let child = only_child(&server);
    assert!(Command::new("kill").args(["-9", &child.to_string()]).status().unwrap().success());
    wait_for("another program", || children(server.pid()).iter().any(|pid| *pid != child && !is_gone(*pid)));
    assert!(is_red(pixel(flv, 4, 4)));
    assert_eq!(kept(&data).len(), 1);
    assert_eq!(stop(&server, &id), "ok");
    wait_for("the push to end", || feeder.has_ended());
    wait_for("the picture to be gone", || kept(&data).is_empty());

    // What a server that was killed has left behind goes at the next start, and nothing else does.
    let other = v3(&server, "AddLiveWatermark", &[("WatermarkName", "n"), ("PictureUrl", picture_url.as_str())]);
    let (own, theirs) = (format!("{}-0000000a.png", other["WatermarkId"]), "notes.txt");
    let folder = server.kill_9();
    for name in [&own, "4000-0000000a.png", "4000-0000000b.png.new", theirs] {
        fs::write(data.join("watermarks").join(name), b"picture").unwrap();
    }
    let server = Server::start_in(folder, &LOCAL);
    assert_eq!(kept(&server.data()), [own.as_str(), theirs]);
}
