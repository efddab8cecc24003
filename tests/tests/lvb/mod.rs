//! Calls of the signed API that several scenarios make.
#![allow(dead_code, reason = "each scenario uses some of them")]

use std::process::Command;

use serde_json::Value;
use vivace_tests::{ApiCall, Finished, Server, Tool, python, wait_for};

/// One call; its reply.
#[track_caller]
pub(crate) fn call(server: &Server, action: &str, more: &[(&str, &str)]) -> Value {
    let answer = ApiCall::new(server, action, more).send(server);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// The row of the catalogue that a reply has as its code, or `ok`.
#[track_caller]
pub(crate) fn code(reply: &Value) -> String {
    let number = reply["code"].as_u64().unwrap_or_else(|| panic!("no code in {reply}"));
    match number {
        0 => "ok".to_owned(),
        // The table of the access layer has whole hundreds from 4000 on.
        4_000..10_000 if number.is_multiple_of(100) => format!("lvb-access/{number}"),
        _ => format!("lvb-video/{number}"),
    }
}

/// What `CreateLVBChannel` answers for a pushed channel with these parameters besides.
#[track_caller]
pub(crate) fn created(server: &Server, more: &[(&str, &str)]) -> Value {
    let call =
        ApiCall::new(server, "CreateLVBChannel", &[]).with("channelName", "Evening").with("outputSourceType", "3");
    let call = call.with("sourceList.0.name", "v").with("sourceList.0.type", "1");
    more.iter().fold(call, |call, (name, value)| call.with(name, value)).send(server).json()
}

/// Makes a channel; its id and its `channelInfo`.
#[track_caller]
pub(crate) fn create(server: &Server, more: &[(&str, &str)]) -> (String, Value) {
    let reply = created(server, more);
    assert_eq!(code(&reply), "ok", "{reply}");
    (reply["channel_id"].as_str().unwrap().to_owned(), reply["channelInfo"].clone())
}

/// `channelInfo` of `DescribeLVBChannel`.
#[track_caller]
pub(crate) fn describe(server: &Server, id: &str) -> Value {
    let reply = call(server, "DescribeLVBChannel", &[("channelId", id)]);
    assert_eq!(code(&reply), "ok", "{reply}");
    reply["channelInfo"][0].clone()
}

#[track_caller]
pub(crate) fn status(server: &Server, id: &str) -> String {
    describe(server, id)["channel_status"].as_str().unwrap().to_owned()
}

#[track_caller]
pub(crate) fn stop(server: &Server, id: &str) -> String {
    code(&call(server, "StopLVBChannel", &[("channelIds.0", id)]))
}

#[track_caller]
pub(crate) fn delete(server: &Server, id: &str) -> String {
    code(&call(server, "DeleteLVBChannel", &[("channelIds.0", id)]))
}

/// Channels and how many play them.
#[track_caller]
pub(crate) fn online(server: &Server, ids: &[(&str, &str)]) -> Vec<(String, u64)> {
    let reply = call(server, "DescribeLVBOnlineUsers", ids);
    let list = reply["list"].as_array().unwrap_or_else(|| panic!("{reply}"));
    let pair =
        |one: &Value| (one["channelId"].as_str().unwrap().to_owned(), one["online"].as_str().unwrap().parse().unwrap());
    list.iter().map(pair).collect()
}

/// What another program does to the database of a server, in Python's `sqlite3`: `file` is its path.
#[track_caller]
pub(crate) fn stranger(server_data: &std::path::Path, program: &str) -> Tool {
    let file = server_data.join("vivace.db");
    let head = format!(
        "import sqlite3, sys, time\nfile = {:?}\ndb = sqlite3.connect(file, isolation_level=None)\n",
        file.display().to_string()
    );
    Tool::start(Command::new("python3").arg("-c").arg(head + program))
}

/// The same, to its end.
#[track_caller]
pub(crate) fn meddle(server_data: &std::path::Path, program: &str) -> String {
    let mut tool = stranger(server_data, program);
    let status = tool.wait();
    assert!(status.success(), "{}", tool.stderr());
    tool.stdout()
}

/// Keeps the right to write until it is dropped.
#[track_caller]
pub(crate) fn locked(server_data: &std::path::Path) -> Tool {
    let program = "db.execute('BEGIN IMMEDIATE')\nprint('locked', flush=True)\ntime.sleep(600)\n";
    let tool = stranger(server_data, program);
    wait_for("the store to be locked", || tool.stdout().contains("locked"));
    tool
}

/// Overwrites every page of a table and of its indexes with what is no page, under a server that runs.
#[track_caller]
pub(crate) fn damage(server_data: &std::path::Path, table: &str) {
    let program = format!(
        "db.execute('PRAGMA wal_checkpoint(TRUNCATE)')\n\
         pages = [row[0] for row in db.execute(\"SELECT rootpage FROM sqlite_master WHERE tbl_name = '{table}' AND rootpage > 0\")]\n\
         with open(file, 'r+b') as raw:\n\
         \x20   for page in pages:\n\
         \x20       raw.seek((page - 1) * 4096)\n\
         \x20       raw.write(b'\\xa5' * 4096)\n\
         db.execute('UPDATE apps SET created_at = created_at')\n"
    );
    meddle(server_data, &program);
}

/// Calls of API 3.0 by the cloud's own client; what each answered, or its exception.
#[track_caller]
pub(crate) fn v3(server: &Server, calls: &Value) -> Vec<Value> {
    const SDK: &str = r"
import sys, json
from tencentcloud.common import credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.live.v20180801 import live_client, models
id, key, endpoint, certificate, calls = sys.argv[1:]
http = HttpProfile(protocol='https', endpoint=endpoint, certification=certificate)
client = live_client.LiveClient(credential.Credential(id, key), '', ClientProfile(httpProfile=http))
out = []
for action, params in json.loads(calls):
    try:
        request = getattr(models, action + 'Request')()
        request.from_json_string(json.dumps(params))
        out.append(json.loads(getattr(client, action)(request).to_json_string()))
    except TencentCloudSDKException as error:
        out.append({'Code': error.get_code(), 'Message': error.get_message()})
print(json.dumps(out))
";
    let mut command = python();
    command.args(["-c", SDK, &server.key("secret_id"), &server.key("secret_key"), &server.https]);
    command.arg(server.data().join("tls/cert.pem")).arg(calls.to_string());
    for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(name);
    }
    serde_json::from_str(&Finished::run(&mut command).ok()).unwrap()
}
