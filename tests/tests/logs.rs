//! What stands on stderr where a machine reads it.

use std::net::TcpListener;

use serde_json::Value;
use vivace_tests::{FREE_PORTS, Finished, Folder, Server, command, get};

/// Every line as JSON.
#[track_caller]
fn lines(stderr: &str) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
    stderr.lines().map(parse).collect()
}

#[test]
fn every_line_is_json_from_the_first_start_to_the_end() {
    let mut server = Server::start(&["--log-format", "json"]);
    assert_eq!(get(&format!("http://{}/live/a.flv", server.http)).status, 403);
    let key = server.key("push_key");
    server.terminate();
    assert!(server.wait().success());
    let log = lines(&server.log());
    let said =
        |message: &str| log.iter().find(|line| line["message"].as_str().is_some_and(|said| said.contains(message)));
    let first = said("first start").expect("the first start is told");
    assert!(first["show"].as_str().unwrap().starts_with("vivace app show --data "), "{first}");
    let refused = said("refused").expect("the refusal is told");
    assert!(refused["code"].is_u64() && refused["session"].is_string() && refused["level"] == "WARN", "{refused}");
    assert!(said("stopped").is_some());
    assert!(!server.log().contains(&key), "a key is in the log");
}

#[test]
fn a_start_that_fails_says_so_in_json() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = Folder::new();
    let ports = FREE_PORTS.chunks(2).filter(|pair| pair[0] != "--http").flatten();
    let mut command = command();
    command.args(["serve", "--log-format", "json", "--http", &address, "--data"]).arg(folder.join("data")).args(ports);
    let finished = Finished::run(&mut command);
    assert_eq!(finished.code, 1);
    let last = lines(&finished.stderr).pop().unwrap();
    assert_eq!(last["level"], "ERROR");
    assert!(last["message"].as_str().unwrap().contains(&address), "{last}");
    assert!(last["remedy"].as_str().unwrap().contains("ss -ltnp"), "{last}");
}
