//! The access layer of the live video API: who is let in, and what everybody else is told.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use serde_json::Value;
use vivace_tests::{ApiCall, Order, Server, Tls, get, python, raw, request, tls_request, wait_for};

const LIST: &str = "DescribeLVBChannelList";

fn list(server: &Server) -> ApiCall {
    ApiCall::new(server, LIST, &[])
}

/// The answer to a call; every one has status 200 and says its code, its text and its number.
#[track_caller]
fn ask(server: &Server, call: &ApiCall) -> Value {
    told(&call.send(server))
}

#[track_caller]
fn told(answer: &vivace_tests::Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let body = answer.json();
    for field in ["message", "codeDesc", "requestId"] {
        assert!(body[field].is_string(), "{field} in {body}");
    }
    body
}

#[track_caller]
fn succeeds(server: &Server, call: &ApiCall) -> Value {
    let body = ask(server, call);
    assert_eq!(body["code"], 0, "{body}");
    assert_eq!(body["codeDesc"], "Success");
    body
}

/// How often calls were refused with a row, whatever was asked for and by whom.
fn count(server: &Server, row: &str) -> u64 {
    let (table, code) = row.split_once('/').unwrap();
    let wanted = format!("table=\"{table}\",code=\"{code}\"");
    let text = get(&format!("http://{}/metrics", server.http)).text();
    let lines = text.lines().filter(|line| line.starts_with("vivace_refusals_total{") && line.contains(&wanted));
    lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
}

/// The call is refused with this row, which is counted and listed; what it was told.
#[track_caller]
fn refused(server: &Server, call: &ApiCall, row: &str) -> String {
    refused_with(server, row, || call.send(server))
}

#[track_caller]
fn refused_with(server: &Server, row: &str, send: impl FnOnce() -> vivace_tests::Answer) -> String {
    let before = count(server, row);
    let body = told(&send());
    let (table, code) = row.split_once('/').unwrap();
    assert_eq!(body["code"].to_string(), code, "{body}");
    assert_eq!(count(server, row), before + 1, "{row} is not counted");
    let newest = &server.api("refusals")["items"][0];
    assert_eq!((&newest["table"], newest["code"].to_string().as_str()), (&table.into(), code));
    let message = body["message"].as_str().unwrap().to_owned();
    if table == "lvb-video" {
        assert!(message.starts_with(&format!("({code})")), "{message}");
    }
    message
}

/// Runs SQL on the store of a data folder.
fn write_store(data: &Path, sql: &str) {
    let program = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit()";
    let mut command = std::process::Command::new("python3");
    let status = command.args(["-c", program]).arg(data.join("vivace.db")).arg(sql).status().unwrap();
    assert!(status.success());
}

/// The same server after a stop and such a change.
fn changed(server: Server, sql: &str) -> Server {
    let (_, folder) = server.stop();
    write_store(&folder.join("data"), sql);
    Server::start_in(folder, &[])
}

#[test]
fn a_signed_call_is_let_in_by_every_way_of_writing_and_signing_it() {
    let server = Server::start(&[]);
    let plain = || ApiCall::new(&server, LIST, &[("pageNo", "1"), ("page_size", "5"), ("_x", "y"), ("aB", "1")]);
    for order in [Order::Replaced, Order::Original, Order::KeepsFirst] {
        for method in ["HmacSHA1", "HmacSHA256", "HmacMD5"] {
            let call = ApiCall { order, ..plain().with("SignatureMethod", method) };
            succeeds(&server, &call);
            succeeds(&server, &ApiCall { order, ..plain().with("SignatureMethod", method).post() });
            let multipart = ApiCall { order, multipart: true, ..plain().with("SignatureMethod", method).post() };
            assert!(succeeds(&server, &multipart)["all_count"].is_string(), "{order:?} {method}");
        }
    }
    // The SDKs write the first letter in either way, and call the host what they like.
    succeeds(&server, &plain().with("Action", "describeLVBChannelList"));
    succeeds(&server, &ApiCall { host: "live.api.qcloud.com".to_owned(), ..plain() });
    // A value that begins with `@` is no part of what a POST signs.
    succeeds(&server, &plain().with("x", "@file").post());
    succeeds(&server, &plain().with("name", "频道 a+b&c=d").post());
    // Texts and numbers as clients read them, with the exact type.
    let answer = list(&server).send(&server);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(answer.header("x-vivace-session").is_some());
}

/// reaches: lvb-access/4600
#[test]
fn plain_http_and_other_methods() {
    let server = Server::start(&[]);
    let row = "lvb-access/4600";
    let message = refused_with(&server, row, || request(&server.http, &list(&server).request()));
    assert!(message.contains("HTTPS"), "{message}");
    for method in ["PUT", "DELETE", "HEAD", "OPTIONS"] {
        let bytes = raw(&format!("{method} /v2/index.php"), &server.https, "", b"");
        let before = count(&server, row);
        assert_eq!(tls_request(&server.https, &bytes).status, 200);
        assert_eq!(count(&server, row), before + 1, "{method}");
    }
    let open = Server::start(&["--lvb-allow-http", "true"]);
    let call = ApiCall { host: open.http.clone(), ..list(&open) };
    assert_eq!(told(&request(&open.http, &call.request()))["code"], 0);
}

/// reaches: lvb-access/4000
#[test]
fn a_parameter_that_is_missing_or_malformed_is_named() {
    let server = Server::start(&[]);
    let row = "lvb-access/4000";
    for name in ["Action", "Timestamp", "Nonce", "SecretId"] {
        assert!(refused(&server, &list(&server).without(name), row).contains(name), "{name}");
        assert!(refused(&server, &list(&server).with(name, ""), row).contains(name), "{name}");
    }
    let unsigned = |bytes: Vec<u8>| refused_with(&server, row, || tls_request(&server.https, &bytes));
    assert!(unsigned(list(&server).request_with(None)).contains("Signature is missing"));
    assert!(unsigned(list(&server).request_with(Some(""))).contains("Signature is missing"));
    for (name, value) in [("Timestamp", "x"), ("Timestamp", "-1"), ("Nonce", "1.5"), ("Nonce", "99999999999999999999")]
    {
        assert!(refused(&server, &list(&server).with(name, value), row).contains(name), "{name}={value}");
    }
    let long = "x".repeat(257);
    for (name, value, said) in [
        ("pageNo", "x", "pageNo must be a whole number"),
        ("pageNo.0", "1", "pageNo must be a text"),
        ("a.b.c.d.e.f.g.h.i", "1", "nested"),
        ("a..b", "1", "a..b"),
        (long.as_str(), "1", "256 bytes"),
    ] {
        let message = refused(&server, &list(&server).with(name, value), row);
        assert!(message.contains(said), "{name}: {message}");
    }
    // What no client would write, so unsigned: it is not read so far.
    let get = |query: &str| raw(&format!("GET /v2/index.php?{query}"), &server.https, "", b"");
    for (query, said) in [
        ("a=1&a=2", "a is given twice"),
        ("a=%ff", "a is not UTF-8"),
        ("a=%zz", "a is not URL-encoded"),
        ("a=1&a.0=2", "members"),
    ] {
        let message = unsigned(get(query));
        assert!(message.contains(said), "{query}: {message}");
    }
    // GET reads the query and POST the body, never both.
    let call = list(&server);
    let query = String::from_utf8(call.request()).unwrap();
    let query = query.split(' ').nth(1).unwrap();
    assert!(unsigned(raw(&format!("POST {query}"), &server.https, "", b"")).contains("Action is missing"));
    for body in ["---b\r\nContent-Disposition: form-data; name=\"Action\"\r\n\r\nx", "", "--b", "\r\n--b\r\n\r\n--b--"]
    {
        let kind = "Content-Type: multipart/form-data; boundary=b\r\n";
        let message = unsigned(raw("POST /v2/index.php", &server.https, kind, body.as_bytes()));
        assert!(message.contains("multipart"), "{body:?}: {message}");
    }
}

/// reaches: lvb-access/4000
#[test]
fn a_body_is_bounded_in_bytes_parameters_and_time() {
    let server = Server::start(&["--limits-api-body-ms-max", "300"]);
    let row = "lvb-access/4000";
    let post = |body: &[u8]| tls_request(&server.https, &raw("POST /v2/index.php", &server.https, "", body));
    let whole = vec![b'a'; 1 << 20];
    assert!(refused_with(&server, row, || post(&whole)).contains("256 bytes"));
    let many: String = (0..120_000).map(|at| format!("a.{at}=1&")).collect();
    assert!(many.len() > 1 << 20);
    assert!(refused_with(&server, row, || post(many.as_bytes())).contains("the body has more than 1048576 bytes"));
    let many: String = (0..10_000).map(|at| format!("a.{at}=1&")).collect();
    assert!(refused_with(&server, row, || post(many.as_bytes())).contains("more than 1000 parameters"));
    succeeds(&server, &list(&server).with("channelIds.10000", "x").with("channelIds.7", "y").post());

    // A body that stays away: the connection is answered, closed and counted.
    let mut slow = Tls::open(&server.https);
    write!(slow, "POST /v2/index.php HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nAction=").unwrap();
    let mut all = Vec::new();
    let _ = slow.read_to_end(&mut all);
    let all = String::from_utf8_lossy(&all).into_owned();
    assert!(all.contains("\"code\":4000") && all.contains("did not arrive within 300 ms"), "{all}");
    assert_eq!(server.metric("closed_total{reason=\"http_body_late\"}"), 1);
}

/// reaches: lvb-access/4100
#[test]
fn a_signature_of_another_key_host_or_content() {
    let server = Server::start(&[]);
    let row = "lvb-access/4100";
    let call = list(&server);
    let right = call.signature();
    for at in 0..right.len() {
        let mut bytes = right.clone().into_bytes();
        // One bit of the text: another digit of base64, or none at all.
        bytes[at] ^= 1;
        let wrong = String::from_utf8(bytes).unwrap();
        let request = call.request_with(Some(&wrong));
        // The last digit has bits that mean nothing.
        let answer = told(&tls_request(&server.https, &request));
        assert_eq!(answer["code"], 4100, "{at}: {wrong}");
    }
    let bytes = call.with("pageNo", "2").request_with(Some(&right));
    refused_with(&server, row, || tls_request(&server.https, &bytes));
    refused(&server, &ApiCall { key: "0".repeat(32), ..list(&server) }, row);
    refused(&server, &list(&server).with("SecretId", "AKIDnobody"), row);
    // The host is signed as it is called.
    let call = ApiCall { host: "live.api.qcloud.com".to_owned(), ..list(&server) };
    let bytes = ApiCall { host: server.https.clone(), ..call.clone() }.request_with(Some(&call.signature()));
    refused_with(&server, row, || tls_request(&server.https, &bytes));
    let message = refused(&server, &list(&server).with("Token", "t"), row);
    assert!(message.contains("temporary credentials are not supported"), "{message}");
    // No secret is in the log.
    assert!(!server.log().contains(&server.key("secret_key")));
}

/// reaches: lvb-access/4200, lvb-access/4500
#[test]
fn the_clock_is_within_two_hours() {
    let server = Server::start(&[]);
    let (old, future) = ("lvb-access/4200", "lvb-access/4500");
    // One second to the near side of the edge: the clock moves on while a call is under way.
    succeeds(&server, &list(&server).at(-7_195));
    succeeds(&server, &list(&server).at(7_200));
    refused(&server, &list(&server).at(-7_201), old);
    refused(&server, &list(&server).at(7_205), future);
    refused(&server, &list(&server).with("Timestamp", "0"), old);
    refused(&server, &list(&server).with("Timestamp", "18446744073709551615"), future);
}

/// reaches: lvb-access/4500
#[test]
fn a_call_acts_once_also_across_a_kill() {
    let server = Server::start(&[]);
    let row = "lvb-access/4500";
    let host = "live.api.qcloud.com".to_owned();
    let (first, acted) = (ApiCall { host, ..list(&server) }, AtomicUsize::new(0));
    let (address, bytes) = (server.https.clone(), first.request());
    std::thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                let code = told(&tls_request(&address, &bytes))["code"].as_i64().unwrap();
                assert!(code == 0 || code == 4500, "{code}");
                acted.fetch_add(usize::from(code == 0), Relaxed);
            });
        }
    });
    assert_eq!((acted.load(Relaxed), count(&server, row)), (1, 99));
    // Another nonce or second is another call.
    let time = first.parameters.iter().find(|(name, _)| name == "Timestamp").unwrap().1.parse::<u64>().unwrap();
    succeeds(&server, &first.clone().with("Nonce", "9223372036854775807"));
    let next = first.clone().with("Timestamp", &(time + 1).to_string());
    succeeds(&server, &next);

    let server = Server::start_in(server.kill_9(), &[]);
    assert_eq!(server.metric("api_replay_keys"), 3);
    refused(&server, &first, row);
    refused(&server, &next, row);
    let (_, folder) = server.stop();
    let server = Server::start_in(folder, &[]);
    refused(&server, &first, row);
    succeeds(&server, &list(&server));
}

/// reaches: lvb-access/4400
#[test]
fn calls_of_a_minute_and_the_memory_of_calls_are_bounded() {
    let server = Server::start(&["--limits-api-queries-per-minute-max", "3"]);
    let row = "lvb-access/4400";
    // A minute may end in between: of seven calls, four at least share one.
    let codes: Vec<i64> = (0..7).map(|_| ask(&server, &list(&server))["code"].as_i64().unwrap()).collect();
    assert!(codes.starts_with(&[0]) && codes.contains(&4400), "{codes:?}");
    assert!(codes.iter().all(|code| matches!(code, 0 | 4400)), "{codes:?}");
    assert!(count(&server, row) > 0);

    let server = Server::start(&["--limits-api-replay-keys-max", "2"]);
    let first = list(&server);
    succeeds(&server, &first);
    succeeds(&server, &list(&server));
    assert!(refused(&server, &list(&server), row).contains("2 calls are remembered"));
    refused(&server, &first, "lvb-access/4500");
}

/// reaches: lvb-access/6100
#[test]
fn an_action_of_another_module_or_of_none() {
    let server = Server::start(&[]);
    let row = "lvb-access/6100";
    for action in ["DescribeInstances", "CreateLVBChannelNew", "describelvbchannellist", "频道"] {
        assert!(refused(&server, &ApiCall::new(&server, action, &[]), row).contains("no action"), "{action}");
    }
    let other = ApiCall { host: "vod.api.qcloud.com".to_owned(), ..list(&server) };
    assert!(refused(&server, &other, row).contains("\"vod\""));
}

/// reaches: lvb-access/6200
#[test]
fn an_action_under_maintenance() {
    let server = changed(Server::start(&[]), "INSERT INTO api_maintenance VALUES ('CreateLVBChannel', 1)");
    let row = "lvb-access/6200";
    // Before anything of the caller is looked at.
    refused(&server, &ApiCall::new(&server, "CreateLVBChannel", &[]).with("SecretId", "x"), row);
    succeeds(&server, &list(&server));
    let server = changed(server, "INSERT INTO api_maintenance VALUES ('*', 1)");
    refused(&server, &list(&server), row);
    let server = changed(server, "DELETE FROM api_maintenance");
    succeeds(&server, &list(&server));
}

/// reaches: lvb-access/4300
#[test]
fn an_account_or_a_credential_that_may_not() {
    let server = changed(Server::start(&[]), "UPDATE apps SET blocked = 1");
    let row = "lvb-access/4300";
    assert!(refused(&server, &list(&server), row).contains("blocked"));
    // Who cannot sign does not hear what the account may.
    refused(&server, &ApiCall { key: "x".to_owned(), ..list(&server) }, "lvb-access/4100");
    let server = changed(server, "UPDATE apps SET blocked = 0; UPDATE credentials SET enabled = 0");
    assert!(refused(&server, &list(&server), row).contains("disabled"));
    let server = changed(server, "UPDATE credentials SET enabled = 1, actions = 'DescribeLVBChannel'");
    assert!(refused(&server, &list(&server), row).contains(LIST));
    let server = changed(server, "UPDATE credentials SET actions = 'DescribeLVBChannel,DescribeLVBChannelList'");
    succeeds(&server, &list(&server));
}

/// reaches: lvb-video/1001, lvb-video/1002
#[test]
fn an_account_that_is_gone_or_cannot_be_read() {
    let server = changed(Server::start(&[]), "UPDATE apps SET deleted = 1");
    refused(&server, &list(&server), "lvb-video/1002");
    let server = changed(server, "UPDATE apps SET deleted = 0");
    // The account is read with the first call, and the damage is there by then.
    write_store(&server.data(), "UPDATE apps SET balance = 'much'");
    refused(&server, &list(&server), "lvb-video/1001");
    write_store(&server.data(), "UPDATE apps SET balance = NULL");
    succeeds(&server, &list(&server));

    let server = Server::start(&["--lvb-dual-code", "access"]);
    write_store(&server.data(), "UPDATE apps SET balance = 'much'");
    let body = ask(&server, &list(&server));
    assert_eq!(body["code"], 6000, "{body}");
    assert!(body["message"].as_str().unwrap().starts_with("(1001)"), "{body}");
}

/// reaches: lvb-video/1003
#[test]
fn a_number_of_another_account() {
    let server = Server::start(&[]);
    let row = "lvb-video/1003";
    let (appid, bizid) = (server.key("appid"), server.key("bizid"));
    succeeds(&server, &list(&server).with("appid", &appid).with("bizid", &bizid));
    for (name, value) in
        [("appid", "1250000001"), ("appid", "x"), ("appid", ""), ("bizid", "1"), ("bizid", "99999999999")]
    {
        assert!(refused(&server, &list(&server).with(name, value), row).contains(name), "{name}={value}");
    }
}

/// reaches: lvb-video/4001
#[test]
fn a_value_that_is_to_be_json() {
    let server = Server::start(&[]);
    let call = |ids| ApiCall::new(&server, "StopLVBChannel", &[("channelIds", ids)]);
    for ids in ["[\"1\",", "{", "[1 2]", "[\"\\ud800\"]"] {
        assert!(refused(&server, &call(ids), "lvb-video/4001").contains("channelIds"), "{ids}");
    }
    let deep = "[".repeat(100_000);
    refused(&server, &call(&deep).post(), "lvb-video/4001");
}

/// reaches: lvb-access/6000
#[test]
fn a_call_that_cannot_be_put_on_record() {
    let server = Server::start(&[]);
    let folder = server.data().join("replay");
    std::fs::remove_dir_all(&folder).unwrap();
    refused(&server, &list(&server), "lvb-access/6000");
    std::fs::create_dir(&folder).unwrap();
    succeeds(&server, &list(&server));
}

#[test]
fn a_second_credential_works_beside_the_first_and_without_it() {
    let both = "INSERT INTO credentials VALUES ('AKIDsecond', 1, 'second key', 1, NULL, 2)";
    let server = changed(Server::start(&[]), both);
    let second =
        |server: &Server| ApiCall { key: "second key".to_owned(), ..list(server).with("SecretId", "AKIDsecond") };
    succeeds(&server, &list(&server));
    succeeds(&server, &second(&server));
    let first = list(&server);
    let server = changed(server, "DELETE FROM credentials WHERE secret_id <> 'AKIDsecond'");
    refused(&server, &ApiCall { host: server.https.clone(), ..first }, "lvb-access/4100");
    succeeds(&server, &second(&server));
}

#[test]
fn the_connect_listener_leads_to_this_server_and_nowhere_else() {
    let server = Server::start(&["--lvb-connect-port", "0"]);
    let ask = |head: &str| request(&server.connect, head.as_bytes()).status;
    assert_eq!(ask("CONNECT example.org:443 HTTP/1.1\r\n\r\n"), 403);
    assert_eq!(ask("CONNECT live.api.qcloud.com:80 HTTP/1.1\r\n\r\n"), 403);
    assert_eq!(ask(&format!("CONNECT {} HTTP/1.1\r\n\r\n", server.http)), 403);
    assert_eq!(ask("GET http://live.api.qcloud.com/v2/index.php HTTP/1.1\r\n\r\n"), 405);
    assert_eq!(ask("CONNECT live.api.qcloud.com:443 HTTP/1.1\r\n\r\nearly"), 400);
    assert_eq!(ask(&format!("CONNECT {} HTTP/1.1\r\n\r\n", "x".repeat(20_000))), 400);
    assert_eq!(server.metric("closed_total{reason=\"connect_refused\"}"), 6);

    let mut socket = std::net::TcpStream::connect(&server.connect).unwrap();
    socket.write_all(b"CONNECT live.api.qcloud.com:443 HTTP/1.1\r\nHost: live.api.qcloud.com:443\r\n\r\n").unwrap();
    let mut answer = vec![0; "HTTP/1.1 200 Connection established\r\n\r\n".len()];
    socket.read_exact(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 "));
    let mut tls = Tls::over(socket, &[]);
    let call = ApiCall { host: "live.api.qcloud.com".to_owned(), ..list(&server) };
    tls.write_all(&call.request()).unwrap();
    let mut all = Vec::new();
    let _ = tls.read_to_end(&mut all);
    assert!(String::from_utf8_lossy(&all).contains("\"code\":0"), "{}", String::from_utf8_lossy(&all));
    let off = Server::start(&[]);
    assert_eq!(off.connect, "no such listener");
}

/// What the cloud's own client of version 2 answers, unmodified, through the CONNECT listener.
fn sdk(server: &Server, program: &str, arguments: &[&str]) -> String {
    let mut command = python();
    let (id, key) = (server.key("secret_id"), server.key("secret_key"));
    command.args(["-c", program, &id, &key]).args(arguments);
    command.env("https_proxy", format!("http://{}", server.connect));
    command.env("SSL_CERT_FILE", server.data().join("tls/cert.pem"));
    command.env_remove("no_proxy").env_remove("NO_PROXY");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const SDK: &str = "
import sys, json
from QcloudApi.qcloudapi import QcloudApi
id, key, method, algorithm, action, params = sys.argv[1:]
config = {'Region': 'gz', 'secretId': id, 'secretKey': key, 'method': method, 'SignatureMethod': algorithm}
print(QcloudApi('live', config).call(action, json.loads(params)).decode())
";

#[test]
fn the_original_client_works_unmodified() {
    let server = Server::start(&["--lvb-connect-port", "0"]);
    for (method, algorithm) in
        [("GET", "HmacSHA1"), ("POST", "HmacSHA1"), ("GET", "HmacSHA256"), ("POST", "HmacSHA256")]
    {
        let said = sdk(&server, SDK, &[method, algorithm, LIST, "{\"pageNo\": 1, \"pageSize\": 10}"]);
        let body: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(body["code"], 0, "{method} {algorithm}: {said}");
    }
    let said = sdk(&server, SDK, &["GET", "HmacSHA1", "describeLVBChannel", "{\"channelId\": 1}"]);
    let body: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(body["code"], 20301, "{said}");
    let wish = r#"{"channelName": "n", "outputSourceType": 3, "sourceList": [{"name": "v", "type": 1}]}"#;
    let said = sdk(&server, SDK, &["POST", "HmacSHA1", "CreateLVBChannel", wish]);
    let body: Value = serde_json::from_str(&said).unwrap();
    // The name that the client calls us leads to the cloud, and not here.
    let (upstream, here) =
        (body["channelInfo"]["upstream_address"].as_str().unwrap(), format!("rtmp://{}/live/", server.rtmp));
    assert!(upstream.starts_with(&here), "{said}");
}

#[test]
fn one_connection_carries_many_calls() {
    let server = Server::start(&[]);
    let mut tls = Tls::open(&server.https);
    let mut answers = String::new();
    for done in 1..=20 {
        let call = String::from_utf8(list(&server).request()).unwrap().replace("Connection: close\r\n", "");
        tls.write_all(call.as_bytes()).unwrap();
        while answers.matches("\"requestId\"").count() < done {
            let mut piece = [0; 4_096];
            let count = tls.read(&mut piece).unwrap();
            assert!(count > 0, "{answers}");
            answers += &String::from_utf8_lossy(&piece[..count]);
        }
    }
    assert_eq!(answers.matches("\"code\":0,").count(), 20, "{answers}");
    wait_for("the calls to be on record", || server.metric("api_replay_keys") == 20);
}
