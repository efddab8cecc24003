//! Screenshots with real encoders and the real FFmpeg: what is in them, when they are taken, who is told, and what happens
//! when they cannot be taken.

mod lvb;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;

use lvb::{call, code, create, stop, v3};
use serde_json::{Value, json};
use vivace_tests::{
    AAC, Answer, Clip, Feeder, Finished, Folder, H264, Kind, PICTURE, Receiver, Scene, Server, Tool, encode, ffmpeg,
    ffmpeg_new, get, get_with, push, request, sign, vivace, wait_for, wait_some,
};

/// Grey that grows by four steps of 255 each second, with a key frame each second or so.
const CLOCK: &[&str] = &["-f", "lavfi", "-i", "color=black:size=320x180:rate=25,geq=lum='20+4*floor(T)':cb=128:cr=128"];
/// Nothing but red.
const RED: &[&str] = &["-f", "lavfi", "-i", "color=red:size=320x180:rate=25"];

/// One red, green and blue for the whole of a picture.
#[track_caller]
fn colour(jpeg: &[u8]) -> [u8; 3] {
    let folder = Folder::new();
    let (file, out) = (folder.join("a.jpg"), folder.join("a.rgb"));
    fs::write(&file, jpeg).unwrap();
    let mut command = ffmpeg();
    command.arg("-i").arg(&file).args(["-vf", "scale=1:1:flags=area", "-f", "rawvideo", "-pix_fmt", "rgb24"]).arg(&out);
    Finished::run(&mut command).ok();
    fs::read(out).unwrap().try_into().unwrap()
}

/// Width and height of a JPEG file, as another program reads them.
#[track_caller]
fn size(jpeg: &[u8]) -> String {
    let folder = Folder::new();
    let file = folder.join("a.jpg");
    fs::write(&file, jpeg).unwrap();
    let mut command = std::process::Command::new("ffprobe");
    command.args(["-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0"]).arg(&file);
    Finished::run(&mut command).ok().trim().to_owned()
}

/// A call of our own API with the app's token.
#[track_caller]
fn ask(server: &Server, method: &str, path: &str) -> Answer {
    let (http, token) = (&server.http, server.key("api_token"));
    let head = format!("{method} /api/v1/{path} HTTP/1.1\r\nHost: {http}\r\nAuthorization: Bearer {token}\r\n");
    request(http, format!("{head}Content-Length: 0\r\nConnection: close\r\n\r\n").as_bytes())
}

/// Takes a screenshot now.
#[track_caller]
fn shoot(server: &Server, stream: &str) -> Value {
    let answer = ask(server, "POST", &format!("streams/{stream}/screenshot"));
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

/// How many pictures were not taken for this reason.
#[track_caller]
fn failed(server: &Server, reason: &str) -> u64 {
    server.metric(&format!("pictures_failed_total{{reason=\"{reason}\"}}"))
}

/// A call of API 3.0 that must be done.
#[track_caller]
fn v3_done(server: &Server, action: &str, params: Value) -> Value {
    let said = v3(server, &json!([[action, params]])).remove(0);
    assert!(said["Code"].is_null(), "{action}: {said}");
    said
}

fn unix_s() -> i64 {
    i64::from_str_radix(&vivace_tests::later(), 16).unwrap() - 3_600
}

#[test]
fn a_screenshot_shows_what_is_on_air_and_is_fetched_by_its_address() {
    let server = Server::start(&[]);
    let _encoder = encode(ffmpeg(), &[CLOCK], &[H264], &server.push_url("a"));
    server.wait_live("a");
    let first = shoot(&server, "a");
    assert_eq!((&first["stream"], &first["width"], &first["height"]), (&"a".into(), &320.into(), &180.into()));
    let url = first["url"].as_str().unwrap();
    let picture = get(url);
    assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/jpeg")));
    assert_eq!(picture.body.len() as u64, first["size_bytes"].as_u64().unwrap());
    assert_eq!(size(&picture.body), "mjpeg,320,180");
    let name = first["name"].as_str().unwrap();
    assert!(name.starts_with("/20") && name.contains("/a-screenshot-") && name.ends_with("-320x180.jpg"), "{name}");

    // A later one is brighter, by as much as its time is later: it shows the newest key frame, which comes each 1.2 s.
    let grey = |jpeg: &[u8]| i64::from(colour(jpeg)[0]);
    let dark = grey(&picture.body);
    let second = wait_some("a much later picture", || {
        let later = shoot(&server, "a");
        let bright = grey(&get(later["url"].as_str().unwrap()).body);
        (bright - dark >= 14).then_some((later, bright))
    });
    let at = |picture: &Value| picture["taken_at_ms"].as_i64().unwrap();
    // From 16 to 235 in the stream is from 0 to 255 in the picture.
    let (shown_s, real_s) = ((second.1 - dark) as f64 / 4.0 * 219.0 / 255.0, (at(&second.0) - at(&first)) as f64 / 1e3);
    assert!((shown_s - real_s).abs() < 2.6, "{shown_s} s are seen to pass, and {real_s} s have passed");

    let etag = picture.header("etag").unwrap();
    assert!(picture.header("cache-control").unwrap().contains("immutable"));
    assert_eq!(get_with(url, &[("If-None-Match", etag)]).status, 304);
    assert_eq!(get_with(url, &[("If-None-Match", &format!("\"x\", W/{etag}"))]).status, 304);
    for (tag, status) in [(etag, 206), ("\"x\"", 200)] {
        let part = get_with(url, &[("Range", "bytes=2-5"), ("If-Range", tag)]);
        assert_eq!((part.status, part.header("etag")), (status, Some(etag)), "{tag}");
    }
    let part = get_with(url, &[("Range", "bytes=2-5")]);
    assert_eq!((part.status, part.body.as_slice()), (206, &picture.body[2..6]));
    assert_eq!(get_with(url, &[("Range", "bytes=99999999-")]).status, 416);
    let (head, tail) = url.split_at(url.len() - 8);
    let forged = if tail.starts_with('0') { tail.replacen('0', "1", 1) } else { format!("0{}", &tail[1..]) };
    for odd in [format!("{head}{forged}"), url.replace(".jpg", ".png"), url.replace("/pictures/", "/pictures/../")] {
        assert_eq!(get(&odd).status, 404, "{odd}");
    }

    let listed = server.api("screenshots?stream=a&limit=1");
    assert_eq!((&listed["items"][0]["id"], listed["next"].is_string()), (&second.0["id"], true));
    let file = server.data().join("pictures").join(format!("{}.jpg", first["id"].as_str().unwrap()));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let audit = server.api("audit?limit=100").to_string();
    assert!(audit.contains("screenshot.take") && audit.contains(first["id"].as_str().unwrap()), "{audit}");
    let unsigned =
        request(&server.http, b"POST /api/v1/streams/a/screenshot HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!(unsigned.status, 401);
    assert_eq!(ask(&server, "POST", "streams/b/screenshot").status, 404);
}

#[test]
fn a_picture_is_taken_of_each_codec() {
    let server = Server::start(&[]);
    let codecs: [(&str, &[&str]); 3] = [
        (
            "hevc",
            &["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-x265-params", "keyint=25:bframes=0"],
        ),
        ("vp9", &["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "25"]),
        ("av1", &["-c:v", "libsvtav1", "-preset", "12", "-g", "25", "-pix_fmt", "yuv420p"]),
    ];
    for (name, options) in codecs {
        let _encoder = encode(ffmpeg_new(), &[RED], &[options], &server.push_url(name));
        server.wait_live(name);
        let picture = get(shoot(&server, name)["url"].as_str().unwrap());
        let [red, green, blue] = colour(&picture.body);
        assert!(red > 230 && green < 25 && blue < 25, "{name}: {red} {green} {blue}");
    }
}

#[test]
fn a_rule_has_pictures_taken_and_each_is_told_and_read_once() {
    let receiver = Receiver::start();
    let url = receiver.url("/events");
    let sent = ["--callback-url", &url, "--callback-interval-s", "1"];
    let flags = [&["--outbound-allow", "127.0.0.1", "--lvb-utc-offset-min", "0"][..], &sent].concat();
    let server = Server::start(&[&flags[..], &["--limits-api-queries-per-minute-max", "10000"]].concat());
    let push_url = server.push_url("a").replace("127.0.0.1", "localhost");
    let _encoder = encode(ffmpeg(), &[RED], &[H264], &push_url);
    server.wait_live("a");
    let template = json!({"TemplateName": "small", "SnapshotInterval": 2, "Width": 160});
    let id = v3_done(&server, "CreateLiveSnapshotTemplate", template)["TemplateId"].clone();
    let streams = json!({"DomainName": "localhost", "AppName": "live", "StreamName": ""});
    let mut rule = streams.clone();
    rule["TemplateId"] = id.clone();
    v3_done(&server, "CreateLiveSnapshotRule", rule.clone());
    let events = wait_some("three events of pictures", || {
        let events: Vec<Value> = receiver.taken().into_iter().filter(|event| event["event_type"] == 200).collect();
        (events.len() >= 3).then_some(events)
    });
    let said = v3(
        &server,
        &json!([
            ["CreateLiveSnapshotRule", rule],
            ["DeleteLiveSnapshotTemplate", {"TemplateId": id}],
            ["DescribeLiveSnapshotRules", {}],
            ["ModifyLiveSnapshotTemplate", {"TemplateId": id, "Description": "d"}],
            ["DescribeLiveSnapshotTemplates", {}],
            ["DeleteLiveSnapshotRule", streams],
            ["DeleteLiveSnapshotRule", streams],
            ["DeleteLiveSnapshotTemplate", {"TemplateId": id}],
            ["DescribeLiveSnapshotTemplate", {"TemplateId": id}],
            ["CreateLiveSnapshotTemplate", {"TemplateName": "n", "SnapshotInterval": 1}],
            ["CreateLiveSnapshotTemplate", {"TemplateName": "n", "PornFlag": 1}],
            ["CreateLiveSnapshotTemplate", {"TemplateName": "n", "CosBucket": "b"}],
        ]),
    );
    let codes: Vec<&str> = said.iter().map(|one| one["Code"].as_str().unwrap_or("ok")).collect();
    assert_eq!(
        codes,
        [
            "FailedOperation.RuleAlreadyExist",
            "FailedOperation.RuleAlreadyExist",
            "ok",
            "ok",
            "ok",
            "ok",
            "InvalidParameter.RuleNotFound",
            "ok",
            "ResourceNotFound.TemplateNotExists",
            "InvalidParameterValue",
            "UnsupportedOperation",
            "UnsupportedOperation",
        ]
    );
    assert_eq!(said[2]["Rules"][0]["TemplateId"], id);
    let shown = &said[4]["Templates"][0];
    assert_eq!(
        (&shown["SnapshotInterval"], &shown["Width"], &shown["Description"]),
        (&2.into(), &160.into(), &"d".into())
    );

    for event in &events {
        let t = event["t"].as_i64().unwrap();
        assert_eq!(event["sign"], sign(&server.key("callback_key"), "", &t.to_string()));
        assert_eq!((&event["stream_id"], &event["channel_id"]), (&"a".into(), &"a".into()));
        assert_eq!((&event["width"], &event["height"]), (&160.into(), &90.into()));
        let jpeg = get(event["pic_full_url"].as_str().unwrap());
        assert_eq!((jpeg.status, jpeg.body.len() as u64), (200, event["file_size"].as_u64().unwrap()));
        assert!(colour(&jpeg.body)[0] > 230);
        let path = event["pic_url"].as_str().unwrap();
        assert!(path.contains("/a-screenshot-") && path.ends_with("-160x90.jpg"), "{path}");
    }
    // Grid of two seconds: the second and third follow each other on it, within the second of their words.
    let at = |event: &Value| event["create_time"].as_i64().unwrap();
    assert!((1..=4).contains(&(at(&events[2]) - at(&events[1]))), "{events:?}");

    // The rule is gone; what is being taken may still come. Two ways lead to one queue, and readers share it.
    let read = |which: usize| {
        let mut all = Vec::new();
        loop {
            let taken: Vec<String> = if which.is_multiple_of(2) {
                let said = call(&server, "DescribeQueueLog", &[("bid", "100"), ("count", "3")]);
                assert_eq!(code(&said), "ok", "{said}");
                let url = |one: &Value| one["pic_url"].as_str().unwrap().to_owned();
                said["data"].as_array().unwrap().iter().map(url).collect()
            } else {
                let t = (unix_s() + 60).to_string();
                let stamp = sign(&server.key("api_key"), &t, "");
                let (http, appid) = (&server.http, server.key("appid"));
                let said = get(&format!(
                    "http://{http}/common_access?appid={appid}&interface=Live_Queue_Get&t={t}&sign={stamp}\
                     &Param.n.bid=100&Param.n.count=2"
                ));
                let said = said.json();
                assert_eq!(said["ret"], 0, "{said}");
                let data = said["output"]["data"].as_array().unwrap();
                assert_eq!(said["output"]["count"], data.len());
                data.iter().map(|one| one["pic_full_url"].as_str().unwrap().to_owned()).collect()
            };
            if taken.is_empty() {
                return all;
            }
            all.extend(taken);
        }
    };
    let mut read_urls = Vec::new();
    wait_for("all pictures to be read", || {
        thread::scope(|scope| {
            let readers: Vec<_> = (0..4).map(|which| scope.spawn(move || read(which))).collect();
            readers.into_iter().for_each(|reader| read_urls.extend(reader.join().unwrap()));
        });
        read_urls.len() as u64 == server.metric("pictures_taken_total")
    });
    let count = read_urls.len();
    read_urls.sort();
    read_urls.dedup();
    assert_eq!(read_urls.len(), count, "a picture was read twice");
    assert!(read_urls.iter().all(|url| get(url).status == 200));
}

/// reaches: lvb-video/20323
/// reaches: lvb-video/20328
#[test]
fn tasks_of_channels_have_their_shape_and_their_codes() {
    let server = Server::start(&["--lvb-utc-offset-min", "480", "--limits-store-busy-ms-max", "200"]);
    let (id, _) = create(&server, &[]);
    let (other, _) = create(&server, &[]);
    let shot = |more: &[(&str, &str)]| call(&server, "CreateLVBShot", &[&[("channelId", id.as_str())], more].concat());
    let made = shot(&[]);
    assert_eq!(code(&made), "ok", "{made}");
    let task = made["task_id"].as_str().unwrap();
    for (begin, end) in [
        ("2020-01-01 00:00:00", ""),
        ("tomorrow", ""),
        ("", "2020-01-01 00:00:00"),
        ("2099-01-02 00:00:00", "2099-01-01 00:00:00"),
        ("2099-02-30 00:00:00", ""),
    ] {
        let said = shot(&[("startTime", begin), ("endTime", end)]);
        assert_eq!(code(&said), "lvb-video/20323", "{begin} {end}");
    }
    let late = shot(&[("start_time", "2099-01-01 08:00:00"), ("end_time", "2099-01-01 09:00:00")]);
    let late = late["task_id"].as_str().unwrap().to_owned();
    let list =
        |more: &[(&str, &str)]| call(&server, "DescribeLVBShotList", &[&[("channelId", id.as_str())], more].concat());
    let listed = list(&[]);
    assert_eq!((&listed["totalCount"], listed["taskSet"].as_array().unwrap().len()), (&"2".into(), 2), "{listed}");
    let newest =
        json!({"id": late, "startTime": "2099-01-01 08:00:00", "endTime": "2099-01-01 09:00:00", "status": "0"});
    assert_eq!(listed["taskSet"][0], newest);
    let second = list(&[("pageNo", "2"), ("pageSize", "1")]);
    assert_eq!((&second["totalCount"], &second["taskSet"][0]["id"]), (&"2".into(), &task.into()));

    let end = |action: &str, channel: &str, task: &str| {
        code(&call(&server, action, &[("channelId", channel), ("taskId", task)]))
    };
    assert_eq!(end("StopLVBShot", &id, &late), "ok");
    assert_eq!(list(&[])["taskSet"][0]["status"], "2");
    assert_eq!(end("DeleteLVBShot", &id, &late), "ok");
    for (action, channel, task) in [
        ("StopLVBShot", id.as_str(), late.as_str()),
        ("DeleteLVBShot", &id, &late),
        ("DeleteLVBShot", &other, task),
        ("StopLVBShot", &id, "x"),
    ] {
        assert_eq!(end(action, channel, task), "lvb-video/20328", "{action} {channel} {task}");
    }
    // That the store cannot be written does not mean that there is no such task.
    let mut other = lvb::locked(&server.data());
    assert_eq!([end("StopLVBShot", &id, task), end("DeleteLVBShot", &id, task)], ["lvb-access/6000"; 2]);
    other.kill_9();
    assert_eq!(end("StopLVBShot", "77", task), "lvb-video/20301");
    assert_eq!(code(&call(&server, "CreateLVBShot", &[("channelId", "77")])), "lvb-video/20301");
    assert_eq!(code(&call(&server, "DescribeLVBShotList", &[("channelId", "77")])), "lvb-video/20301");
    assert_eq!(code(&call(&server, "CreateLVBShot", &[])), "lvb-access/4000");
    assert_eq!(code(&call(&server, "DescribeQueueLog", &[("bid", "7")])), "lvb-video/1000");
    assert_eq!(code(&call(&server, "DescribeQueueLog", &[("bid", "100"), ("count", "101")])), "lvb-video/1000");
    let empty = call(&server, "DescribeQueueLog", &[("bid", "100")]);
    assert_eq!((code(&empty).as_str(), &empty["data"]), ("ok", &json!([])));
    assert_eq!(stop(&server, &id), "ok");
    assert_eq!(code(&shot(&[])), "lvb-video/20111");
    let audit = server.api("audit?limit=100").to_string();
    for operation in ["screenshot_task.create", "screenshot_task.stop", "screenshot_task.delete"] {
        assert!(audit.contains(operation), "{operation}: {audit}");
    }
}

#[test]
fn without_ffmpeg_only_screenshots_are_missing() {
    let server = Server::start(&["--ffmpeg-path", "/nonexistent/ffmpeg"]);
    let _encoder = push(&server.push_url("a"));
    server.wait_live("a");
    let (id, _) = create(&server, &[]);
    assert_eq!(code(&call(&server, "CreateLVBShot", &[("channelId", &id)])), "lvb-video/20114");
    assert_eq!(code(&call(&server, "DescribeQueueLog", &[("bid", "100")])), "lvb-video/20114");
    let task = json!({
        "StreamName": "a", "DomainName": "d", "AppName": "live", "TemplateId": 1, "EndTime": unix_s() + 600,
    });
    assert_eq!(v3(&server, &json!([["CreateScreenshotTask", task]]))[0]["Code"], "ResourceUnavailable");
    for (method, path) in [("POST", "streams/a/screenshot"), ("GET", "streams/a/cover.jpg")] {
        let refused = ask(&server, method, path);
        assert_eq!((refused.status, refused.json()["error"].clone()), (503, "screenshots_inactive".into()));
    }
    assert_eq!(failed(&server, "missing"), 2);
    let said = vivace(&["doctor", "--ffmpeg-path", "/nonexistent/ffmpeg", "--json"]);
    let found: Value = serde_json::from_str(&said.stdout).unwrap();
    assert!(found.to_string().contains("ffmpeg"), "{found}");
}

/// A program that stands in for FFmpeg.
fn stand_in(folder: &Folder, script: &str) -> String {
    let path = folder.join("ffmpeg");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

/// Whether a process has this among its arguments.
fn runs(argument: &str) -> bool {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let has = |path: &Path| {
        let line = fs::read(path.join("cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|word| word == argument.as_bytes())
    };
    processes.map(|process| process.path()).any(|path| has(&path))
}

#[test]
fn a_program_that_hangs_or_lies_is_ended_and_counted_while_the_stream_goes_on() {
    let folder = Folder::new();
    let argument = format!("600.{}", std::process::id());
    let hanging = stand_in(&folder, &format!("sleep {argument} & exec sleep {argument}"));
    let mut scene = Scene::new(&["--ffmpeg-path", &hanging, "--limits-picture-ms-max", "1000"]);
    let refused = ask(&scene.server, "POST", "streams/other/screenshot");
    assert_eq!((refused.status, refused.json()["error"].clone()), (503, "not_taken".into()));
    assert_eq!(failed(&scene.server, "late"), 1);
    // Its own children have gone with it.
    wait_for("the program to be gone", || !runs(&argument));
    assert!(fs::read_dir(scene.server.data().join("pictures")).map_or(0, Iterator::count) == 0);
    for (script, status, reason) in [
        ("cat >/dev/null; echo no picture", 409, "undecodable"),
        ("cat >/dev/null; exit 3", 409, "undecodable"),
        ("exec cat /dev/zero", 503, "too_large"),
    ] {
        let before = failed(&scene.server, reason);
        stand_in(&folder, script);
        let refused = ask(&scene.server, "POST", "streams/other/screenshot");
        assert_eq!(refused.status, status, "{script}: {}", refused.text());
        assert_eq!(failed(&scene.server, reason), before + 1, "{script}");
    }
    scene.is_untouched();
}

#[test]
fn a_broken_key_frame_is_no_picture_and_harms_nothing() {
    let mut scene = Scene::new(&[]);
    let mut clip = Clip::h264("320x180");
    for tag in clip.tags.iter_mut().filter(|tag| tag.kind == Kind::Video && tag.is_key()) {
        // Behind the heads of the tag and of the parameter sets: the slices.
        let from = tag.body.len() / 2;
        tag.body[from..].iter_mut().enumerate().for_each(|(at, byte)| *byte = (at * 37 + 11) as u8);
    }
    let _feeder = Feeder::start(&scene.server.push_url("a"), clip);
    scene.server.wait_live("a");
    let refused = ask(&scene.server, "POST", "streams/a/screenshot");
    assert_eq!((refused.status, refused.json()["error"].clone()), (409, "undecodable".into()), "{}", refused.text());
    assert_eq!((failed(&scene.server, "undecodable"), scene.server.metric("pictures_taken_total")), (1, 0));
    assert_eq!(scene.server.api("screenshots")["items"], json!([]));
    let good = shoot(&scene.server, "other");
    assert_eq!(get(good["url"].as_str().unwrap()).status, 200);
    scene.is_untouched();
}

#[test]
fn a_task_goes_on_after_a_power_cut_and_ends_when_it_is_stopped() {
    let server = Server::start(&[]);
    let template = v3_done(&server, "CreateLiveSnapshotTemplate", json!({"TemplateName": "t", "SnapshotInterval": 2}));
    let (from, to) = (unix_s() - 60, unix_s() + 3_600);
    let new = json!({
        "StreamName": "a", "DomainName": "d", "AppName": "live", "TemplateId": template["TemplateId"], "EndTime": to,
    });
    let id = v3_done(&server, "CreateScreenshotTask", new)["TaskId"].clone();
    // No work while nothing is live.
    assert_eq!(server.metric("pictures_taken_total") + failed(&server, "not_live"), 0);
    let encoder = push(&server.push_url("a"));
    wait_for("two pictures", || server.metric("pictures_taken_total") >= 2);
    let folder = server.kill_9();
    drop(encoder);
    let kept = |folder: &Folder| fs::read_dir(folder.join("data/pictures")).unwrap().count();
    let before = kept(&folder);
    // What the cut has left half done.
    fs::write(folder.join("data/pictures/01ARZ3NDEKTSV4RRFFQ69G5FAV.jpg"), b"lost").unwrap();
    fs::write(folder.join("data/pictures/01ARZ3NDEKTSV4RRFFQ69G5FAW.tmp"), b"half").unwrap();

    let server = Server::start_in(folder, &[]);
    wait_for("the remains to be gone", || {
        !["01ARZ3NDEKTSV4RRFFQ69G5FAV.jpg", "01ARZ3NDEKTSV4RRFFQ69G5FAW.tmp"]
            .iter()
            .any(|name| server.data().join("pictures").join(name).exists())
    });
    let _encoder = push(&server.push_url("a"));
    wait_for("pictures after the restart", || server.metric("pictures_taken_total") >= 2);
    let list = json!({"StartTime": from, "EndTime": to + 60});
    let said = v3(
        &server,
        &json!([
            ["DescribeScreenshotTask", list],
            ["StopScreenshotTask", {"TaskId": id}],
            ["DescribeScreenshotTask", list],
            ["StopScreenshotTask", {"TaskId": "77"}],
        ]),
    );
    assert_eq!((&said[0]["TaskList"][0]["TaskId"], &said[0]["TaskList"][0]["Stopped"]), (&id, &0.into()), "{said:?}");
    assert!(said[2]["TaskList"][0]["Stopped"].as_i64().unwrap() > 0, "{said:?}");
    assert_eq!(said[3]["Code"], "ResourceNotFound.TaskId");
    v3_done(&server, "DeleteScreenshotTask", json!({"TaskId": id}));
    assert!(v3_done(&server, "DescribeScreenshotTask", list)["TaskList"].as_array().unwrap().is_empty());

    // Fewer are kept from the next start on, and their files go too.
    let (_, folder) = server.stop();
    assert!(kept(&folder) >= before.min(2) + 2);
    let server = Server::start_in(folder, &["--limits-pictures-kept-max", "1"]);
    wait_for("one picture to be left", || fs::read_dir(server.data().join("pictures")).unwrap().count() == 1);
    assert_eq!(server.api("screenshots")["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_cover_is_small_and_is_taken_once_for_all_who_look() {
    let server = Server::start(&[]);
    let _encoder = encode(ffmpeg(), &[PICTURE, vivace_tests::TONE], &[H264, AAC], &server.push_url("a"));
    server.wait_live("a");
    let covers: Vec<Answer> = thread::scope(|scope| {
        let readers: Vec<_> = (0..6).map(|_| scope.spawn(|| ask(&server, "GET", "streams/a/cover.jpg"))).collect();
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    });
    for cover in &covers {
        assert_eq!((cover.status, cover.header("content-type")), (200, Some("image/jpeg")), "{}", cover.text());
        assert!(cover.body == covers[0].body);
    }
    assert_eq!(size(&covers[0].body), "mjpeg,320,180");
    assert_eq!((server.metric("picture_covers_total"), server.metric("pictures_taken_total")), (1, 0));
    assert_eq!(get(&format!("http://{}/api/v1/streams/a/cover.jpg", server.http)).status, 401);
    assert_eq!(ask(&server, "GET", "streams/b/cover.jpg").status, 404);
    // Sound alone has no picture.
    let _sound: Tool = encode(ffmpeg(), &[vivace_tests::TONE], &[AAC], &server.push_url("s"));
    server.wait_live("s");
    assert_eq!(ask(&server, "GET", "streams/s/cover.jpg").status, 204);
}
