//! How a server starts, what it says when it cannot, and how it ends.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use vivace_tests::{
    ClientEvent, FREE_PORTS, Finished, Folder, Role, Rtmp, Server, Tls, WebSocket, Witness, authority, command, get,
    push, vivace, vivace_path, wait_for, without_settings,
};

/// A user who owns nothing here.
const NOBODY: u32 = 65_534;

/// Arguments of a server on this folder and free ports.
fn serve(command: &mut Command, data: &Path) -> Finished {
    Finished::run(command.arg("serve").arg("--data").arg(data).args(FREE_PORTS))
}

/// The start has failed with exit code 1, and says what is wrong and what to do.
#[track_caller]
fn failed(finished: &Finished, said: &[&str]) {
    assert_eq!(finished.code, 1, "{}", finished.stderr);
    assert!(finished.stderr.starts_with("error: "), "{}", finished.stderr);
    for said in said {
        assert!(finished.stderr.contains(said), "{said:?} is not in {}", finished.stderr);
    }
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
}

#[test]
fn a_port_that_is_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = Folder::new();
    let data = folder.join("data");
    for flag in ["--rtmp", "--http", "--rtmps", "--https"] {
        let mut command = command();
        let free = FREE_PORTS.chunks(2).filter(|pair| pair[0] != flag).flatten();
        command.arg("serve").arg("--data").arg(&data).args(free).args([flag, &address]);
        failed(&Finished::run(&mut command), &[&address, "in use", "remedy: "]);
        assert!(!data.join("ready.json").exists());
    }
    // With the port free again the same folder is good.
    drop(taken);
    Server::start_in(folder, &[]);
}

#[test]
fn a_data_folder_that_is_a_file() {
    let folder = Folder::new();
    let data = folder.join("data");
    fs::write(&data, "not a folder").unwrap();
    let path = data.display().to_string();
    failed(&serve(&mut command(), &data), &[&path, "because: ", "remedy: ", "--data DIR"]);
    assert_eq!(fs::read_to_string(&data).unwrap(), "not a folder");
}

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// The command as a user who may not write to the folder. Root may write everywhere and gives its rights up.
fn powerless(folder: &Folder) -> Command {
    allow(folder.path(), 0o755);
    let binary = folder.join("vivace");
    fs::copy(vivace_path(), &binary).unwrap();
    let mut command = without_settings(Command::new(binary));
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

#[test]
fn a_data_folder_that_cannot_be_written() {
    let folder = Folder::new();
    let data = folder.join("data");
    fs::create_dir(&data).unwrap();
    allow(&data, 0o555);
    let path = data.display().to_string();
    let said = ["cannot be written", "Permission denied", "remedy: ", &path];
    failed(&serve(&mut powerless(&folder), &data), &said);
    failed(&serve(&mut powerless(&folder), &data.join("deeper")), &said);
    assert_eq!(fs::read_dir(&data).unwrap().count(), 0, "something was left behind");
    allow(&data, 0o755);
}

#[test]
fn a_database_that_cannot_be_written() {
    let (status, folder) = Server::start(&[]).stop();
    assert!(status.success());
    let data = folder.join("data");
    allow(&data, 0o555);
    allow(&data.join("vivace.db"), 0o444);
    failed(&serve(&mut powerless(&folder), &data), &["cannot be written", "vivace.db", "remedy: "]);
    allow(&data, 0o755);
}

/// A disk that takes eight kilobytes in one file and then no more.
#[test]
fn a_disk_that_is_full() {
    let folder = Folder::new();
    let data = folder.join("data");
    let script = "trap '' XFSZ; ulimit -f 16; exec \"$0\" \"$@\"";
    let mut command = without_settings(Command::new("sh"));
    command.args(["-c", script]).arg(vivace_path());
    let path = data.join("vivace.db").display().to_string();
    failed(&serve(&mut command, &data), &["no space is left", &path, "free some"]);
    assert!(!data.join("ready.json").exists());
    // What a full disk has left behind is no hindrance once there is room.
    let server = Server::start_in(folder, &[]);
    assert_eq!(server.key("push_key").len(), 32);
}

#[test]
fn a_database_that_has_its_full_size() {
    let folder = Folder::new();
    let data = folder.join("data");
    let mut command = command();
    command.args(["serve", "--limits-store-bytes-max", "8192", "--data"]).arg(&data);
    failed(&Finished::run(&mut command), &["no space is left", "store_bytes_max"]);
    Server::start_in(folder, &[]);
}

#[test]
fn a_configuration_with_a_key_that_does_not_exist() {
    let folder = Folder::new();
    let file = folder.join("vivace.toml");
    fs::write(&file, "[delivery]\nmerge_ms = 20\n\n[limits]\nstream_max = 5\n").unwrap();
    let file = file.to_str().unwrap();
    for command in ["serve", "check-config"] {
        let finished = vivace(&[command, "--config", file]);
        failed(&finished, &["limits.stream_max", "did you mean `limits.streams_max`?", "vivace.toml:5"]);
    }
}

#[test]
fn ready_json_holds_the_addresses_and_files_are_private() {
    let server = Server::start(&[]);
    let ready: Value = serde_json::from_slice(&fs::read(server.data().join("ready.json")).unwrap()).unwrap();
    let members: Vec<&str> = ready.as_object().unwrap().iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(members, ["http", "https", "pid", "rtmp", "rtmps"]);
    assert_eq!(ready["pid"], server.pid());
    for name in members.into_iter().filter(|name| *name != "pid") {
        let address = ready[name].as_str().unwrap();
        assert!(!address.ends_with(":0"), "{address}");
        TcpStream::connect(address).unwrap();
    }
    let database = fs::metadata(server.data().join("vivace.db")).unwrap();
    assert_eq!(database.permissions().mode() & 0o777, 0o600);
    for key in ["push_key", "play_key", "api_token", "secret_key", "sdk_secret"] {
        assert!(!server.log().contains(&server.key(key)), "{key} is in the log");
    }
}

#[test]
fn sigterm_lets_everybody_end_in_order() {
    let mut server = Server::start(&[]);
    let mut encoder = push(&server.push_url("a"));
    server.wait_live("a");
    let witness = Witness::watch(&server, "a");
    let mut socket = WebSocket::open(&server.play_url("a", "ws-flv"));
    let mut player = Rtmp::open(&server.play_url("a", "rtmp"), Role::Play);
    player.ready().unwrap();
    witness.goes_on();

    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
    assert!(!server.data().join("ready.json").exists(), "ready.json is still there");
    assert!(TcpStream::connect(&server.http).is_err(), "the port is still open");
    assert_eq!(witness.end(), "closed between two tags");
    assert_eq!(socket.close_code().unwrap(), 1_001);
    let mut last = Vec::new();
    while let Some(event) = player.event() {
        if !matches!(event, ClientEvent::Media { .. }) {
            last.push(event);
        }
    }
    assert!(last.contains(&ClientEvent::Ended), "{last:?}");
    encoder.wait();
}

#[test]
fn keys_survive_a_restart() {
    let server = Server::start(&[]);
    let names = ["push_key", "play_key", "api_token", "bizid", "sdkappid"];
    let keys = names.map(|name| server.key(name));
    let (old_push, old_play) = (server.push_url("a"), server.play_url("a", "flv"));
    let (status, folder) = server.stop();
    assert_eq!(status.code(), Some(0));

    let server = Server::start_in(folder, &[]);
    assert_eq!(names.map(|name| server.key(name)), keys);
    assert!(!server.log().contains("First start"), "{}", server.log());
    // URLs handed out before are good at the new ports.
    let _encoder = push(&old_push.replace(authority(&old_push), &server.rtmp));
    server.wait_live("a");
    vivace_tests::Live::open(&old_play.replace(authority(&old_play), &server.http));
}

#[test]
fn a_server_that_was_killed_starts_again_with_its_keys() {
    let server = Server::start(&[]);
    let _encoder = push(&server.push_url("a"));
    server.wait_live("a");
    let key = server.key("push_key");
    let data = server.data();
    let folder = server.kill_9();
    assert!(data.join("ready.json").exists(), "it was not killed but ended");
    // The file of the killed server deceives nobody.
    let told = vivace(&["url", "push", "a", "--data", data.to_str().unwrap()]);
    assert!(told.stderr.contains("no server runs on"), "{}", told.stderr);

    let server = Server::start_in(folder, &[]);
    assert_eq!(server.key("push_key"), key);
    assert!(server.streams().is_empty());
    let _encoder = push(&server.push_url("a"));
    server.wait_live("a");
}

#[test]
fn health_is_told_to_anybody() {
    let server = Server::start(&[]);
    let answer = get(&format!("http://{}/healthz", server.http));
    assert_eq!((answer.status, answer.text().as_str()), (200, "ok\n"));
    wait_for("the first metrics", || server.metric("connections_total") > 0);
}

#[test]
fn a_server_that_ends_keeps_its_folder_until_its_last_call_is_answered() {
    let mut server = Server::start_on_file("[limits]\ndrain_ms_max = 60000\napi_body_ms_max = 60000\n");
    let mut call = Tls::open(&server.https);
    call.write_all(b"POST /v2/index.php HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
        .unwrap();
    // The server asks for the body: it carries out the call now.
    let mut asked = [0; 12];
    call.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100");
    server.terminate();
    wait_for("the server to drain", || server.log().contains("draining"));
    failed(&serve(&mut command(), &server.data()), &["another server runs on the data folder"]);
    assert!(server.is_running());
    call.write_all(b"b").unwrap();
    assert!(server.wait().success());
}
