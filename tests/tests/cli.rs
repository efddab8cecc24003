//! The command line: codes explained, keys shown, settings checked, one URL a line.

use std::fs;

use serde_json::Value;
use vivace_tests::{Folder, Server, command, vivace};

fn explain_json(args: &[&str]) -> Vec<Value> {
    let all: Vec<&str> = ["explain", "--json"].into_iter().chain(args.iter().copied()).collect();
    serde_json::from_str::<Value>(&vivace(&all).ok()).unwrap().as_array().unwrap().clone()
}

#[test]
fn a_number_is_explained_in_every_table_that_has_it() {
    let said = vivace(&["explain", "20101"]).ok();
    for row in ["av-push/20101", "lvb-video/20101"] {
        assert!(said.contains(row), "{row} is not in {said}");
    }
    assert!(said.contains("cause") && said.contains("remedy"), "{said}");
    let tables: Vec<Value> = explain_json(&["20101"]).iter().map(|row| row["table"].clone()).collect();
    assert_eq!(tables, ["av-push", "lvb-video"]);
}

#[test]
fn a_table_and_a_number_is_one_row() {
    let said = vivace(&["explain", "lvb-video/20101"]).ok();
    assert!(said.contains("lvb-video/20101") && !said.contains("av-push"), "{said}");
    let rows = explain_json(&["lvb-video/20101"]);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["number"], 20_101);
    for lang in ["en", "zh"] {
        for text in ["message", "cause", "remedy"] {
            assert!(!rows[0][lang][text].as_str().unwrap().is_empty(), "{lang}.{text}");
        }
    }
}

#[test]
fn texts_are_there_in_chinese() {
    let (english, chinese) =
        (vivace(&["explain", "lvb-video/20101"]), vivace(&["explain", "lvb-video/20101", "--lang", "zh"]));
    let row = &explain_json(&["lvb-video/20101"])[0];
    let message = |lang: &str| row[lang]["message"].as_str().unwrap().to_owned();
    assert!(english.ok().contains(&message("en")));
    let chinese = chinese.ok();
    assert!(chinese.contains(&message("zh")) && !chinese.contains(&message("en")), "{chinese}");
    assert!(message("zh").chars().any(|char| ('\u{4e00}'..='\u{9fff}').contains(&char)));
}

#[test]
fn codes_are_found_by_their_words() {
    let said = vivace(&["explain", "--search", "timeout"]).ok();
    assert!(said.lines().count() >= 3, "{said}");
    assert!(said.lines().all(|line| line.split('/').next().is_some_and(|table| !table.contains(' '))), "{said}");
    let none = vivace(&["explain", "--search", "no-row-has-this-word"]);
    assert_eq!((none.code, none.stdout.as_str()), (1, ""));
}

#[test]
fn an_unknown_number_is_a_fault_with_what_is_near() {
    let finished = vivace(&["explain", "20110"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (1, ""));
    assert!(finished.stderr.contains("20110") && finished.stderr.contains("lvb-video/20111"), "{}", finished.stderr);
    let finished = vivace(&["explain", "no-such-table/1"]);
    assert_eq!(finished.code, 1, "{}", finished.stderr);
    // What is known is told all the same.
    let finished = vivace(&["explain", "20108", "20110"]);
    assert_eq!(finished.code, 1);
    assert!(finished.stdout.contains("lvb-video/20108"), "{}", finished.stdout);
}

#[test]
fn every_key_of_the_app_is_shown_by_its_name() {
    let server = Server::start(&[]);
    let shown: Value = serde_json::from_str(&server.ask(&["app", "show", "--json"])).unwrap();
    let texts = "sdk_secret secret_id secret_key api_key push_key play_key callback_key zim_server_secret auth_key admin api_token";
    for name in texts.split(' ') {
        assert!(shown[name].as_str().is_some_and(|text| !text.is_empty()), "{name}: {}", shown[name]);
    }
    for name in ["sdkappid", "appid", "bizid", "zim_app_id"] {
        assert!(shown[name].as_u64().is_some_and(|number| number > 0), "{name}: {}", shown[name]);
    }
    assert!(shown.as_object().unwrap().contains_key("sdk_public_key"));
    let length = |name: &str| shown[name].as_str().unwrap().len();
    assert_eq!((length("zim_server_secret"), length("auth_key")), (32, 16));
    let lines = server.ask(&["app", "show"]);
    assert!(lines.contains(shown["push_key"].as_str().unwrap()), "{lines}");

    // No two apps have a key in common.
    let other = Server::start(&[]);
    for name in texts.split(' ').filter(|name| *name != "admin") {
        assert_ne!(shown[name], other.key(name), "{name}");
    }
}

#[test]
fn a_folder_without_a_server_has_no_keys_to_show() {
    let folder = Folder::new();
    for args in [["app", "show"], ["url", "page"]] {
        let finished = vivace(&[args[0], args[1], "--data", folder.path().to_str().unwrap()]);
        assert_eq!((finished.code, finished.stdout.as_str()), (1, ""));
        assert!(finished.stderr.contains("remedy: "), "{}", finished.stderr);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "looking made something");
}

#[test]
fn check_config_shows_what_is_in_effect() {
    let folder = Folder::new();
    let file = folder.join("vivace.toml");
    fs::write(&file, "public.host = \"live.example.org\"\n[delivery]\nmerge_ms = 20\n").unwrap();
    let file = file.to_str().unwrap();
    let said = vivace(&["check-config", "--config", file, "--limits-streams-max", "7"]).ok();
    let shown = |key: &str| said.lines().find(|line| line.starts_with(&format!("{key} = "))).unwrap_or(key).to_owned();
    assert!(
        shown("delivery.merge_ms").contains("= 20 ") && shown("delivery.merge_ms").contains("vivace.toml:3"),
        "{said}"
    );
    assert!(shown("limits.streams_max").contains("= 7 "), "{said}");
    assert!(shown("public.host").contains("live.example.org"), "{said}");

    // A flag wins over a variable, a variable over the file.
    let mut command = command();
    command.args(["check-config", "--config", file, "--url-validity-s", "5"]);
    command.envs([("VIVACE_DELIVERY_MERGE_MS", "30"), ("VIVACE_URL_VALIDITY_S", "9")]);
    let said = vivace_tests::Finished::run(&mut command).ok();
    assert!(said.contains("delivery.merge_ms = 30 ") && said.contains("url.validity_s = 5 "), "{said}");
}

#[test]
fn check_config_tells_every_fault_at_once() {
    let folder = Folder::new();
    let file = folder.join("vivace.toml");
    fs::write(&file, "rtmp = \"nowhere\"\n[limits]\nstreams_max = \"many\"\n").unwrap();
    let finished = vivace(&["check-config", "--config", file.to_str().unwrap()]);
    assert_eq!((finished.code, finished.stdout.as_str()), (1, ""));
    for said in ["rtmp", "nowhere", "vivace.toml:1", "limits.streams_max", "many", "vivace.toml:3"] {
        assert!(finished.stderr.contains(said), "{said} is not in {}", finished.stderr);
    }
    let usage = vivace(&["check-config", "--limits-streams-max", "0"]);
    assert_eq!(usage.code, 2, "{}", usage.stderr);
}

#[test]
fn a_url_is_one_line_and_nothing_else() {
    let server = Server::start(&[]);
    let data = server.data();
    let data = data.to_str().unwrap();
    let line = |args: &[&str]| {
        let finished = vivace(&[args, &["--data", data]].concat());
        assert_eq!((finished.code, finished.stderr.as_str()), (0, ""), "{args:?}");
        assert_eq!(finished.stdout.matches('\n').count(), 1, "{:?}", finished.stdout);
        finished.stdout.trim_end().to_owned()
    };
    let push = line(&["url", "push", "cam.1"]);
    assert!(
        push.starts_with(&format!("rtmp://{}/live/cam.1?bizid={}&txSecret=", server.rtmp, server.key("bizid"))),
        "{push}"
    );
    for (format, begin, end) in [
        ("flv", format!("http://{}", server.http), ".flv?"),
        ("mp4", format!("http://{}", server.http), ".mp4?"),
        ("rtmp", format!("rtmp://{}", server.rtmp), "?"),
        ("ws-flv", format!("ws://{}", server.http), ".flv?"),
        ("ws-mp4", format!("ws://{}", server.http), ".mp4?"),
    ] {
        let url = line(&["url", "play", "cam.1", "--format", format]);
        assert!(url.starts_with(&format!("{begin}/live/cam.1{end}txSecret=")), "{url}");
    }
    let page = line(&["url", "page"]);
    assert_eq!(page, format!("http://{}/#token={}", server.http, server.key("api_token")));
    for name in ["", "..", "a/b", "a b"] {
        let finished = vivace(&["url", "push", name, "--data", data]);
        assert_eq!((finished.code, finished.stdout.as_str()), (2, ""), "{name:?}");
    }
}
