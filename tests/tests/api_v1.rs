//! Our own API: what an operator does with a running server, good input and bad, and what is left of it after a kill.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use vivace_tests::{Answer, Role, Rtmp, Server, Tool, browser, push, request, vivace, wait_for, wait_some};

fn ask_as(server: &Server, token: &str, method: &str, path: &str, more: &str, body: &str) -> Answer {
    let (host, bytes) = (&server.http, body.len());
    let head = format!("{method} /api/v1/{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}");
    let head = format!("{head}Authorization: Bearer {token}\r\nContent-Length: {bytes}\r\n\r\n");
    request(host, format!("{head}{body}").as_bytes())
}

fn ask(server: &Server, method: &str, path: &str, body: &str) -> Answer {
    ask_as(server, &server.key("api_token"), method, path, "", body)
}

/// The JSON of an answer that must have this status.
#[track_caller]
fn done(server: &Server, method: &str, path: &str, body: &Value, status: u16) -> Value {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let answer = ask(server, method, path, &body);
    assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
    if status == 204 { Value::Null } else { answer.json() }
}

/// Whether a push is refused.
#[track_caller]
fn is_refused(server: &Server, name: &str) -> bool {
    Rtmp::open(&server.push_url(name), Role::Publish).ready().is_err()
}

/// The newest change of a subject.
#[track_caller]
fn newest(server: &Server, subject: &str) -> Value {
    server.api(&format!("audit?limit=1&subject={subject}"))["items"][0].clone()
}

#[track_caller]
fn undo(server: &Server, change: &Value, status: u16) -> Answer {
    let answer = ask(server, "POST", &format!("audit/{}/undo", change["id"]), "");
    assert_eq!(answer.status, status, "{}", answer.text());
    answer
}

#[test]
fn a_channel_lives_its_life_and_every_step_is_on_record() {
    let server = Server::start(&[]);
    let made = done(&server, "POST", "channels", &json!({"name": "stage", "receiver": "both"}), 201);
    let (id, stream) = (made["id"].as_str().unwrap().to_owned(), made["stream"].as_str().unwrap().to_owned());
    assert_eq!((&made["status"], &made["revision"]), (&json!("idle"), &json!(0)));
    let encoder = push(made["push"].as_str().unwrap());
    server.wait_live(&stream);
    assert_eq!(server.api(&format!("channels/{id}"))["status"], "live");
    let row = server.api("channels")["items"][0].clone();
    assert_eq!((row["id"].as_str(), row["status"].as_str()), (Some(id.as_str()), Some("live")));
    let live = ask(&server, "PATCH", &format!("channels/{id}"), "{\"receiver\": \"hls\"}");
    assert_eq!((live.status, &live.json()["error"]), (409, &json!("channel_live")));
    let open = ask(&server, "DELETE", &format!("channels/{id}"), "");
    assert_eq!((open.status, &open.json()["error"]), (409, &json!("channel_open")));

    assert_eq!(done(&server, "POST", &format!("channels/{id}/stop"), &Value::Null, 200)["status"], "closed");
    wait_for("the stream to end", || server.stream(&stream).is_none_or(|stream| stream["state"] != "live"));
    drop(encoder);
    let stopped = newest(&server, &format!("channel/{id}"));
    assert_eq!((&stopped["operation"], &stopped["face"]), (&json!("channel.stop"), &json!("api")));
    assert_eq!((&stopped["who"], &stopped["peer"]), (&json!("api_token"), &json!("127.0.0.1")));
    assert_eq!((&stopped["before"]["closed"], &stopped["after"]["closed"]), (&json!(false), &json!(true)));
    undo(&server, &stopped, 204);
    assert_eq!(server.api(&format!("channels/{id}"))["status"], "idle");
    assert_eq!(undo(&server, &stopped, 409).json()["error"], "newer_change");

    let tag = |revision: &Value| format!("If-Match: \"{revision}\"\r\n");
    let token = server.key("api_token");
    let now = server.api(&format!("channels/{id}"));
    let path = format!("channels/{id}");
    let first = ask_as(&server, &token, "PATCH", &path, &tag(&now["revision"]), "{\"name\": \"one\"}");
    assert_eq!((first.status, &first.json()["name"]), (200, &json!("one")));
    assert_eq!(first.header("etag"), Some(format!("\"{}\"", first.json()["revision"]).as_str()));
    let second = ask_as(&server, &token, "PATCH", &path, &tag(&now["revision"]), "{\"name\": \"two\"}");
    assert_eq!((second.status, &second.json()["error"]), (412, &json!("changed")));
    undo(&server, &newest(&server, &format!("channel/{id}")), 204);
    assert_eq!(server.api(&path)["name"], "stage");

    done(&server, "POST", &format!("{path}/stop"), &Value::Null, 200);
    done(&server, "DELETE", &path, &Value::Null, 204);
    assert_eq!(ask(&server, "GET", &path, "").status, 404);
    assert_eq!(undo(&server, &newest(&server, &format!("channel/{id}")), 409).json()["error"], "no_undo");
}

#[test]
fn a_kick_cuts_a_ban_keeps_away_and_its_undo_lets_back_in() {
    let server = Server::start(&[]);
    let encoder = push(&server.push_url("cam"));
    server.wait_live("cam");
    let session = server.api("streams/cam")["session"].clone();
    done(&server, "POST", "streams/cam/kick", &json!({"reason": "wrong picture"}), 204);
    wait_for("the publisher to be gone", || {
        server.stream("cam").is_none_or(|now| now["session"] != session || now["state"] != "live")
    });
    assert_eq!(newest(&server, "stream/cam")["after"]["reason"], "wrong picture");
    let log = wait_some("the log to tell of it", || {
        server.log().lines().find(|line| line.contains("publish ends")).map(str::to_owned)
    });
    assert!(log.contains("cut on request") && !log.contains("replaced"), "{log}");
    drop(encoder);

    let banned = done(&server, "PUT", "streams/cam/ban", &json!({"reason": "pirated"}), 200);
    assert!(banned["until_ms"].as_i64() > server.api("status")["now_ms"].as_i64(), "{banned}");
    assert_eq!(server.api("bans")["items"][0]["reason"], "pirated");
    assert!(is_refused(&server, "cam"), "a stream that is banned is pushed");
    let refusal = wait_some("the refusal", || server.api("refusals")["items"].as_array()?.first().cloned());
    assert_eq!((&refusal["operation"], &refusal["stream"]), (&json!("publish"), &json!("cam…")));
    assert!(refusal["en"]["remedy"].as_str().is_some_and(|text| !text.is_empty()), "{refusal}");
    undo(&server, &newest(&server, "stream/cam"), 204);
    assert_eq!(server.api("bans")["items"], json!([]));
    let _encoder = push(&server.push_url("cam"));
    server.wait_live("cam");
    assert_eq!(ask(&server, "DELETE", "streams/cam/ban", "").status, 404);
    assert_eq!(ask(&server, "POST", "streams/nobody/kick", "{}").status, 404);
    for (body, field) in [
        (json!({"until_ms": 5}), "until_ms"),
        (json!({"until_ms": i64::MAX}), "until_ms"),
        (json!({"until_ms": "x"}), "until_ms"),
        (json!({"reason": "x".repeat(2_000)}), "reason"),
        (json!({"for": 1}), "for"),
    ] {
        let answer = ask(&server, "PUT", "streams/cam/ban", &body.to_string());
        assert_eq!((answer.status, &answer.json()["field"]), (400, &json!(field)), "{body}");
    }
}

#[test]
fn lists_are_put_whole_and_two_admins_do_not_overwrite_each_other() {
    let server = Server::start(&[]);
    assert_eq!(server.api("lists")["items"], json!([]));
    let put = |entries: &[&str], more: &str| {
        let body = json!({"colour": "black", "entries": entries}).to_string();
        ask_as(&server, &server.key("api_token"), "PUT", "lists/play", more, &body)
    };
    let first = put(&["192.0.2.0/24", "2001:db8::1"], "");
    assert_eq!((first.status, &first.json()["entries"]), (200, &json!(["192.0.2.0/24", "2001:db8::1"])));
    let tag = first.header("etag").unwrap().to_owned();
    assert_eq!(put(&["192.0.2.1"], &format!("If-Match: {tag}\r\n")).status, 200);
    assert_eq!(put(&["192.0.2.2"], &format!("If-Match: {tag}\r\n")).status, 412);
    assert_eq!(put(&["192.0.2.2"], "If-Match: x\r\n").json()["field"], "If-Match");
    undo(&server, &newest(&server, "list/play"), 204);
    assert_eq!(server.api("lists/play")["entries"], json!(["192.0.2.0/24", "2001:db8::1"]));
    for entries in [&[][..], &["a.example"], &["192.0.2.0/33"], &["1.2.3.4"; 200]] {
        let answer = put(entries, "");
        assert!(answer.status == 200 || answer.json()["field"] == "entries", "{entries:?}: {}", answer.text());
    }
    done(&server, "DELETE", "lists/play", &Value::Null, 204);
    assert_eq!(ask(&server, "DELETE", "lists/play", "").status, 404);
    undo(&server, &newest(&server, "list/play"), 204);
    assert_eq!(server.api("lists/play")["colour"], "black");
}

#[test]
fn a_key_is_replaced_without_a_gap_and_stands_nowhere_it_is_not_asked_for() {
    let server = Server::start(&[]);
    let before = server.key("push_key");
    let url = server.push_url("cam");
    let masked = server.api("app/keys").to_string();
    assert!(!masked.contains(&before) && masked.contains(&before[before.len() - 4..]));
    assert_eq!(server.api("app/keys/push_key").get("value"), None);
    assert_eq!(server.api("app/keys/push_key?reveal=true")["value"], before.as_str());
    let rotated = done(&server, "POST", "app/keys/push_key/rotate", &Value::Null, 200);
    assert_ne!(rotated["value"], before.as_str());
    assert_eq!(server.api("app/keys/push_key_backup?reveal=true")["value"], before.as_str());
    // What was signed before is still good, and so is what is signed now.
    let _encoder = push(&url);
    server.wait_live("cam");
    let _second = push(&server.push_url("b"));
    server.wait_live("b");
    let audit = server.api("audit").to_string();
    assert!(
        audit.contains("key.rotate") && !audit.contains(&before) && !audit.contains(rotated["value"].as_str().unwrap())
    );
    assert_eq!(undo(&server, &newest(&server, "key/push_key"), 409).json()["error"], "no_undo");
    assert_eq!(ask(&server, "POST", "app/keys/secret_key/rotate", "").json()["field"], "key");

    let old = server.key("api_token");
    let token =
        done(&server, "POST", "app/keys/api_token/rotate", &Value::Null, 200)["value"].as_str().unwrap().to_owned();
    assert_eq!(ask_as(&server, &old, "GET", "status", "", "").status, 401);
    assert_eq!(ask_as(&server, &token, "GET", "status", "", "").status, 200);
    assert!(!server.log().contains(&token) && !server.log().contains(&before));
}

#[test]
fn the_account_and_its_credentials_are_the_operators_to_set() {
    let server = Server::start(&[]);
    let blocked = done(&server, "PATCH", "app", &json!({"blocked": true, "balance": 5}), 200);
    assert_eq!(
        (&blocked["blocked"], &blocked["balance"], &blocked["verified"]),
        (&json!(true), &json!(5), &json!(true))
    );
    assert!(is_refused(&server, "cam"), "a blocked account pushes");
    undo(&server, &newest(&server, "account"), 204);
    assert_eq!((&server.api("app")["blocked"], &server.api("app")["balance"]), (&json!(false), &Value::Null));
    let _encoder = push(&server.push_url("cam"));
    server.wait_live("cam");

    let made = done(&server, "POST", "app/credentials", &json!({}), 201);
    let (id, secret) = (made["secret_id"].as_str().unwrap(), made["secret_key"].as_str().unwrap());
    let listed = server.api("app/credentials");
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains(secret) && !server.api("audit").to_string().contains(secret));
    let path = format!("app/credentials/{id}");
    let set = done(&server, "PATCH", &path, &json!({"enabled": false, "actions": ["DescribeLVBChannel"]}), 200);
    assert_eq!((&set["enabled"], &set["actions"]), (&json!(false), &json!(["DescribeLVBChannel"])));
    undo(&server, &newest(&server, &format!("credential/{id}")), 204);
    assert_eq!(server.api("app/credentials")["items"][1]["actions"], Value::Null);
    for actions in [json!(["a,b"]), json!([""]), json!("x"), json!([1])] {
        let answer = ask(&server, "PATCH", &path, &json!({"actions": actions}).to_string());
        assert_eq!((answer.status, &answer.json()["field"]), (400, &json!("actions")));
    }
    done(&server, "DELETE", &path, &Value::Null, 204);
    assert_eq!(ask(&server, "DELETE", &path, "").status, 404);

    let on = done(&server, "PUT", "maintenance", &json!({"action": "CreateLVBChannel", "on": true}), 200);
    assert_eq!(on["items"], json!([{"action": "CreateLVBChannel"}]));
    undo(&server, &newest(&server, "maintenance/CreateLVBChannel"), 204);
    assert_eq!(server.api("maintenance")["items"], json!([]));
}

#[test]
fn what_was_answered_is_there_after_a_kill() {
    let server = Server::start(&["--limits-channels-per-app-max", "50"]);
    let mut ids = Vec::new();
    for number in 0..7 {
        let made = done(&server, "POST", "channels", &json!({"name": format!("c{number}")}), 201);
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    done(&server, "PUT", "streams/cam/ban", &json!({"reason": "x"}), 200);
    assert!(is_refused(&server, "cam"));
    let refused = wait_some("the refusal", || server.api("refusals")["items"].as_array()?.first().cloned());
    done(&server, "PATCH", "app", &json!({"verified": false}), 200);
    let key = done(&server, "POST", "app/keys/play_key/rotate", &Value::Null, 200)["value"].clone();
    done(&server, "PUT", "lists/push", &json!({"colour": "black", "entries": ["192.0.2.1"]}), 200);
    let changes = server.api("audit?limit=500")["items"].clone();
    let folder = server.kill_9();

    let server = Server::start_in(folder, &["--limits-channels-per-app-max", "50"]);
    assert_eq!(server.api("lists/push")["entries"], json!(["192.0.2.1"]));
    assert_eq!(server.api("audit?limit=500")["items"], changes);
    assert_eq!(changes.as_array().unwrap().len(), 11);
    assert_eq!(server.api("app/keys/play_key?reveal=true")["value"], key);
    assert_eq!(server.api("app")["verified"], false);
    assert_eq!(server.api("bans")["items"][0]["stream"], "cam");
    assert_eq!(server.api("refusals")["items"][0], refused);
    assert!(is_refused(&server, "cam"), "a ban does not outlive a restart");

    // Pages of three, one after the other, are the whole list.
    let (mut listed, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.api(&format!("channels?limit=3{cursor}"));
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 3);
        listed.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    ids.sort();
    listed.sort();
    assert_eq!(listed, ids);
}

#[test]
fn every_operation_of_the_document_refuses_strangers_other_methods_and_odd_requests() {
    let server = Server::start(&[]);
    let document =
        request(&server.http, b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").json();
    assert_eq!(document["openapi"], "3.1.0");
    let token = server.key("api_token");
    for (path, operations) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/api/v1/").unwrap();
        let path = path.replace("{key}", "push_key").replace("{direction}", "push").replace("{name}", "x");
        let path = path.replace("{id}", "1").replace("{secret_id}", "AKIDx");
        let trace = ask(&server, "TRACE", &path, "");
        assert_eq!((trace.status, &trace.json()["error"]), (405, &json!("unknown_method")), "{path}");
        let allowed = trace.header("allow").unwrap().to_owned();
        for (method, operation) in operations.as_object().unwrap() {
            let method = method.to_uppercase();
            assert!(allowed.contains(&method), "{allowed} for {method} {path}");
            if operation.get("security").is_none() {
                continue;
            }
            assert_eq!(ask_as(&server, "wrong", &method, &path, "", "").status, 401, "{method} {path}");
            let odd = ask(&server, &method, &format!("{path}?no_such=1"), "");
            assert_eq!((odd.status, &odd.json()["field"]), (400, &json!("no_such")), "{method} {path}");
            if operation["parameters"].to_string().contains("\"cursor\"") {
                for query in
                    ["cursor=x", "cursor=", "cursor=other.5", "limit=0", "limit=501", "limit=x", "limit=1&limit=2"]
                {
                    let answer = ask(&server, &method, &format!("{path}?{query}"), "");
                    let field = query.split('=').next().unwrap();
                    assert_eq!((answer.status, &answer.json()["field"]), (400, &json!(field)), "{path}?{query}");
                }
            }
            if operation.get("requestBody").is_some() {
                let ask = |more: &str, body: &str| ask_as(&server, &token, &method, &path, more, body);
                let plain = ask("Content-Type: text/plain\r\n", "x");
                assert_eq!((plain.status, &plain.json()["error"]), (415, &json!("unsupported_media_type")), "{path}");
                for body in ["[]", "{", "\u{0}", "\"x\"", "{\"a\": 1} 2"] {
                    assert_eq!(ask("", body).status, 400, "{method} {path} with {body}");
                }
                let extra = ask("", "{\"no_such\": 1}");
                assert_eq!((extra.status, &extra.json()["field"]), (400, &json!("no_such")), "{method} {path}");
                let long = ask("", &"x".repeat(70 << 10));
                assert_eq!(long.status, 413, "{method} {path}");
            }
        }
    }
    assert_eq!(server.api("audit")["items"], json!([]), "a request that was refused has changed something");
}

#[test]
fn the_page_makes_closes_and_reopens_a_channel_at_desktop_and_phone_width() {
    let server = Server::start(&[]);
    let page = format!("http://{}/#token={}", server.http, server.key("api_token"));
    let seen = browser::seen(browser::script("desk.mjs", [page]), Duration::from_secs(300));
    assert_eq!(seen["faults"], json!([]), "the page reports errors");
    for width in ["desktop", "phone"] {
        let one = &seen[width];
        assert!(one["address"].as_str().is_some_and(|address| address.starts_with("rtmp://")), "{width}: {one}");
        assert!(one["overflow"].as_f64() <= Some(0.0), "{width} scrolls sideways: {one}");
        assert_eq!(one["chinese"], "管理");
    }
    let changes = server.api("audit?limit=500")["items"].as_array().unwrap().clone();
    assert_eq!(changes.len(), 6, "{changes:?}");
    assert!(changes.iter().all(|change| change["face"] == "page"), "{changes:?}");
}

#[test]
fn the_examples_of_its_page_work_as_they_stand() {
    let server = Server::start(&[]);
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api.md")).unwrap();
    let examples: Vec<&str> = text.lines().filter(|line| line.starts_with("curl ")).collect();
    assert!(examples.len() >= 4, "{text}");
    for example in examples {
        let example = example.replacen("curl", "curl --silent --show-error --fail", 1);
        let mut shell = Command::new("sh");
        shell.args(["-c", &example]).env("VIVACE", format!("http://{}/api/v1", server.http));
        shell.env("AUTH", format!("Authorization: Bearer {}", server.key("api_token")));
        let mut tool = Tool::start(&mut shell);
        assert!(tool.wait().success(), "{example}: {}", tool.stderr());
        assert!(serde_json::from_str::<Value>(&tool.stdout()).is_ok(), "{example}: {}", tool.stdout());
    }
    assert_eq!(server.api("audit")["items"].as_array().unwrap().len(), 2);
}

#[test]
fn the_command_line_uses_the_api() {
    let server = Server::start(&[]);
    let made: Value = serde_json::from_str(&server.ask(&["channel", "create", "stage", "--json"])).unwrap();
    let id = made["id"].as_str().unwrap();
    assert!(server.ask(&["channel", "list"]).contains(id));
    assert!(server.ask(&["channel", "show", id]).contains("push        rtmp://"));
    assert!(server.ask(&["channel", "stop", id]).contains("closed"));
    assert!(server.ask(&["channel", "start", id]).contains("idle"));
    server.ask(&["channel", "stop", id]);
    server.ask(&["channel", "delete", id]);
    assert_eq!(newest(&server, &format!("channel/{id}"))["face"], "cli");
    let _encoder = push(&server.push_url("cam"));
    server.wait_live("cam");
    assert!(server.ask(&["stream", "list"]).contains("cam"));
    server.ask(&["stream", "kick", "cam", "--reason", "no"]);
    assert!(server.ask(&["stream", "ban", "cam", "--minutes", "5"]).contains("cam"));
    assert!(server.ask(&["stream", "list", "--banned"]).contains("cam"));
    server.ask(&["stream", "unban", "cam"]);
    server.ask(&["list", "set", "push", "black", "192.0.2.0/24"]);
    assert!(server.ask(&["list", "show"]).contains("192.0.2.0/24"));
    server.ask(&["list", "delete", "push"]);
    let data = server.data();
    let data = data.to_str().unwrap();
    for wrong in
        [&["channel", "show", "../status"][..], &["stream", "kick", "a/b"], &["list", "set", "push", "black", "x"]]
    {
        let finished = vivace(&[wrong, &["--data", data]].concat());
        assert_eq!(finished.code, 2, "{wrong:?}: {}", finished.stderr);
    }
    assert!(fs::exists(data).unwrap());
}
