//! Watermark rules of API 3.0: which streams have the mark in what is played, from when on and until when.

mod lvb;
mod marks;

use lvb::{create, status};
use marks::{blue, is_red, picture, pixel, serve, v3};
use serde_json::{Value, json};
use vivace_tests::{Feeder, Server, wait_for};

/// Both ends of a scenario are on this machine, which is not a public address. What has ended is over at once.
const FLAGS: [&str; 4] = ["--outbound-allow", "127.0.0.0/8", "--limits-publish-grace-ms", "100"];
/// Where the two watermarks stand, and where the other one does not.
const LEFT: (u32, u32) = (4, 4);
const MIDDLE: (u32, u32) = (324, 184);

/// Two watermarks with one red picture: to the left, and in the middle.
fn watermarks(server: &Server) -> [String; 2] {
    let picture_url = serve(picture("red", "64x32", &server.data().join("mark.png")));
    ["0", "50"].map(|percent| {
        let place = [("XPosition", percent), ("YPosition", percent)];
        let add = [&[("WatermarkName", "m"), ("PictureUrl", picture_url.as_str())], &place[..]].concat();
        v3(server, "AddLiveWatermark", &add)["WatermarkId"].to_string()
    })
}

#[track_caller]
fn done(server: &Server, action: &str, params: &[(&str, &str)]) -> Value {
    let said = v3(server, action, params);
    assert!(said["Error"].is_null(), "{action}: {said}");
    said
}

fn code(server: &Server, action: &str, params: &[(&str, &str)]) -> String {
    v3(server, action, params)["Error"]["Code"].as_str().unwrap_or("none").to_owned()
}

/// Which of the two marks a play shows.
fn seen(url: &str) -> [bool; 2] {
    [LEFT, MIDDLE].map(|(x, y)| is_red(pixel(url, x, y)))
}

/// Pushes a stream, waits for what its players are to see, and ends the push.
#[track_caller]
fn shows(server: &Server, push: &str, name: &str, marks: [bool; 2]) {
    let feeder = Feeder::start(push, blue());
    server.wait_live(name);
    let url = server.play_url(name, "flv");
    // What came before the mark's picture is shown without it.
    wait_for(&format!("{name} to show {marks:?}"), || seen(&url) == marks);
    drop(feeder);
    wait_for("the push to be over", || server.stream(name).is_none());
}

#[test]
fn a_rule_puts_its_watermark_into_streams_that_begin_after_it() {
    let server = Server::start(&FLAGS);
    let [left, middle] = watermarks(&server);
    let running = Feeder::start(&server.push_url("a"), blue());
    server.wait_live("a");
    let of_domain = [("DomainName", "127.0.0.1"), ("AppName", "live"), ("StreamName", "")];
    let of_stream = [("DomainName", ""), ("AppName", "live"), ("StreamName", "b")];
    done(&server, "CreateLiveWatermarkRule", &[&of_domain[..], &[("TemplateId", &left)]].concat());
    done(&server, "CreateLiveWatermarkRule", &[&of_stream[..], &[("TemplateId", &middle)]].concat());
    assert_eq!(seen(&server.play_url("a", "flv")), [false; 2], "what is live goes on as it began");
    drop(running);
    wait_for("the push to be over", || server.stream("a").is_none());

    shows(&server, &server.push_url("a"), "a", [true, false]);
    shows(&server, &server.push_url("b"), "b", [false, true]);
    let elsewhere = server.push_url("a").replace("127.0.0.1", "localhost");
    let feeder = Feeder::start(&elsewhere, blue());
    server.wait_live("a");
    assert_eq!(seen(&server.play_url("a", "flv")), [false; 2], "the rule is for another domain");
    drop(feeder);
    // A channel's own comes before the rule; a channel without one has the rule's.
    for (own, marks) in [(&middle, [false, true]), (&"0".to_owned(), [true, false])] {
        let (id, info) = create(&server, &[("watermarkId", own)]);
        let _feeder = Feeder::start(info["upstream_address"].as_str().unwrap(), blue());
        wait_for("the channel to be live", || status(&server, &id) == "1");
        let flv = info["downstream_address"][0]["flv_downstream_address"].as_str().unwrap();
        wait_for(&format!("{marks:?} to be seen"), || seen(flv) == marks);
    }

    let rules = done(&server, "DescribeLiveWatermarkRules", &[]);
    let listed: Vec<Value> = rules["Rules"].as_array().unwrap().iter().map(|rule| rule["TemplateId"].clone()).collect();
    assert_eq!(listed, [json!(middle.parse::<u64>().unwrap()), json!(left.parse::<u64>().unwrap())], "{rules}");
    assert_eq!(rules["Rules"][0]["StreamName"], "b");
    let folder = server.kill_9();
    let server = Server::start_in(folder, &FLAGS);
    assert_eq!(done(&server, "DescribeLiveWatermarkRules", &[])["Rules"], rules["Rules"]);
    shows(&server, &server.push_url("b"), "b", [false, true]);

    done(&server, "DeleteLiveWatermarkRule", &of_stream);
    shows(&server, &server.push_url("b"), "b", [true, false]);
    done(&server, "DeleteLiveWatermarkRule", &of_domain);
    let _feeder = Feeder::start(&server.push_url("b"), blue());
    server.wait_live("b");
    assert_eq!(seen(&server.play_url("b", "flv")), [false; 2]);
    let changes = server.api("audit?limit=100");
    let of_rules = |one: &&Value| one["operation"].as_str().is_some_and(|name| name.starts_with("watermark_rule."));
    let noted: Vec<&Value> = changes["items"].as_array().unwrap().iter().filter(of_rules).collect();
    let operations: Vec<&Value> = noted.iter().map(|one| &one["operation"]).collect();
    let (created, deleted) = ("watermark_rule.create", "watermark_rule.delete");
    assert_eq!(operations, [deleted, deleted, created, created], "{changes}");
    assert_eq!(noted[0]["subject"], "watermark_rule/127.0.0.1/live/");
    assert_eq!(noted[0]["before"], noted[3]["after"], "{noted:?}");
}

/// reaches: lvb-video/20500
#[test]
fn a_rule_that_cannot_hold_is_refused_and_named() {
    let server = Server::start(&FLAGS);
    let [left, _] = watermarks(&server);
    let streams = [("DomainName", "push.example.com"), ("AppName", "live"), ("StreamName", "s")];
    let whole = [&streams[..], &[("TemplateId", &left)]].concat();
    assert_eq!(code(&server, "CreateLiveWatermarkRule", &streams), "MissingParameter");
    let unknown = [&streams[..], &[("TemplateId", "99")]].concat();
    assert_eq!(code(&server, "CreateLiveWatermarkRule", &unknown), "ResourceNotFound.WatermarkNotExist");
    let counted = r#"operation="CreateLiveWatermarkRule",table="lvb-video",code="20500",app="1""#;
    assert_eq!(server.metric(&format!("refusals_total{{{counted}}}")), 1, "lvb-video/20500");
    let (value_is_wrong, both) = ("InvalidParameterValue", ["CreateLiveWatermarkRule", "CreateLiveRecordRule"]);
    for (actions, field, value, wanted) in [
        (&both[..], "DomainName", "push_example", "InvalidParameter.DomainFormatError"),
        (&both, "AppName", "vod", value_is_wrong),
        (&both, "StreamName", "a b", value_is_wrong),
        (&both[..1], "TemplateId", "0", value_is_wrong),
        (&both, "TemplateId", "first", "InvalidParameter"),
        (&both, "Width", "5", "UnknownParameter"),
    ] {
        let mut odd: Vec<(&str, &str)> = whole.iter().filter(|(name, _)| *name != field).copied().collect();
        odd.push((field, value));
        for action in actions {
            let said = v3(&server, action, &odd);
            assert_eq!(said["Error"]["Code"], wanted, "{action}: {said}");
            assert!(said["Error"]["Message"].as_str().unwrap().contains(field), "{action}: {said}");
        }
    }
    // An empty field stands for all, and what is no rule is none, whatever it would be for.
    let all = [("DomainName", ""), ("AppName", ""), ("StreamName", ""), ("TemplateId", "99")];
    assert_eq!(code(&server, "CreateLiveRecordRule", &all), "ResourceNotFound.TemplateNotExists");
    for action in ["DeleteLiveWatermarkRule", "DeleteLiveRecordRule"] {
        let said = code(&server, action, &[("AppName", "vod"), ("StreamName", "a b")]);
        assert_eq!(said, "InvalidParameter.RuleNotFound", "{action}");
    }
    assert_eq!(code(&server, "DeleteLiveWatermarkRule", &streams), "InvalidParameter.RuleNotFound");
    done(&server, "CreateLiveWatermarkRule", &whole);
    assert_eq!(code(&server, "CreateLiveWatermarkRule", &whole), "FailedOperation.RuleAlreadyExist");
    assert_eq!(code(&server, "DeleteLiveWatermark", &[("WatermarkId", &left)]), "FailedOperation.RuleAlreadyExist");
    done(&server, "DeleteLiveWatermarkRule", &streams);
    done(&server, "DeleteLiveWatermark", &[("WatermarkId", &left)]);
    assert_eq!(done(&server, "DescribeLiveWatermarkRules", &[])["Rules"], json!([]));

    let server = Server::start(&["--limits-watermark-rules-max", "1"]);
    let [left, _] = watermarks(&server);
    done(&server, "CreateLiveWatermarkRule", &[("TemplateId", &left)]);
    let more = [("StreamName", "s"), ("TemplateId", &left)];
    assert_eq!(code(&server, "CreateLiveWatermarkRule", &more), "LimitExceeded");
    let server = Server::start(&["--ffmpeg-path", "/no/such/ffmpeg"]);
    assert_eq!(code(&server, "CreateLiveWatermarkRule", &whole), "ResourceUnavailable");
}
