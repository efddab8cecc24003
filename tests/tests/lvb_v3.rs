//! API 3.0 as the cloud's own client calls it: `tencentcloud-sdk-python-live`, unmodified, over HTTPS.

use std::io::Read;

use serde_json::{Value, json};
use vivace_tests::{AAC, H264, PICTURE, TONE};
use vivace_tests::{ApiCall, Live, Receiver, Server, Tool, encode, ffmpeg, ffprobe, push, python, wait_for, wait_some};

/// Both ends of a scenario are on this machine, which is not a public address.
const LOCAL: [&str; 2] = ["--outbound-allow", "127.0.0.0/8"];

/// Calls each Action of a list, and prints what each answered; a refusal is the exception that the client raises.
const SDK: &str = r"
import sys, json, datetime
from tencentcloud.common import credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.live.v20180801 import live_client, models
id, key, endpoint, certificate, method, algorithm, calls = sys.argv[1:]
http = HttpProfile(protocol='https', endpoint=endpoint, reqMethod=method, certification=certificate)
profile = ClientProfile(signMethod=algorithm, httpProfile=http)
client = live_client.LiveClient(credential.Credential(id, key), '', profile)
now = datetime.datetime.now(datetime.timezone.utc)
def time(minutes):
    return (now + datetime.timedelta(minutes=minutes)).strftime('%Y-%m-%dT%H:%M:%SZ')
out = []
for action, params in json.loads(calls):
    params = {name: time(value['minutes']) if isinstance(value, dict) else value for name, value in params.items()}
    try:
        kind = getattr(models, action + 'Request', None)
        if kind is None:
            out.append(client.call_json(action, params)['Response'])
            continue
        request = kind()
        request.from_json_string(json.dumps(params))
        out.append(json.loads(getattr(client, action)(request).to_json_string()))
    except TencentCloudSDKException as error:
        out.append({'Code': error.get_code(), 'Message': error.get_message(), 'RequestId': error.get_request_id()})
print(json.dumps(out))
";

struct Client<'a> {
    server: &'a Server,
    key: String,
    method: &'static str,
    algorithm: &'static str,
}

impl<'a> Client<'a> {
    fn new(server: &'a Server) -> Self {
        Self { server, key: server.key("secret_key"), method: "POST", algorithm: "TC3-HMAC-SHA256" }
    }

    #[track_caller]
    fn all(&self, calls: Value) -> Vec<Value> {
        let (id, certificate) = (self.server.key("secret_id"), self.server.data().join("tls/cert.pem"));
        let mut command = python();
        command.args(["-c", SDK, &id, &self.key, &self.server.https]).arg(certificate);
        command.args([self.method, self.algorithm, &calls.to_string()]);
        for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env_remove(name);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    #[track_caller]
    fn call(&self, action: &str, params: Value) -> Value {
        self.all(json!([[action, params]])).remove(0)
    }

    /// Calls that must be done.
    #[track_caller]
    fn done(&self, action: &str, params: Value) -> Value {
        let said = self.call(action, params);
        assert!(said["Code"].is_null() && said["RequestId"].is_string(), "{action}: {said}");
        said
    }
}

fn stream(name: &str) -> Value {
    json!({"DomainName": "push.example.com", "AppName": "live", "StreamName": name})
}

fn with(mut params: Value, name: &str, value: Value) -> Value {
    params[name] = value;
    params
}

/// Waits for a state of a stream.
#[track_caller]
fn wait_state(client: &Client<'_>, name: &str, state: &str) {
    wait_for(&format!("{name} to be {state}"), || {
        client.done("DescribeLiveStreamState", stream(name))["StreamState"] == state
    });
}

/// An encoder that is refused, or cut, and ends by itself.
fn ends(mut tool: Tool) {
    wait_for("the encoder to end", || !tool.is_running());
}

#[test]
fn a_stream_is_listed_dropped_forbidden_and_resumed() {
    let server = Server::start(&["--limits-publish-grace-ms", "100", "--limits-api-queries-per-minute-max", "10000"]);
    let client = Client::new(&server);
    let encoder = push(&server.push_url("s1"));
    server.wait_live("s1");
    let said = client.all(json!([
        ["DescribeLiveStreamState", stream("s1")],
        ["DescribeLiveStreamState", stream("other")],
        ["DescribeLiveStreamOnlineList", {"DomainName": "push.example.com"}],
        ["DescribeLiveStreamPushInfoList", {}],
    ]));
    assert_eq!((&said[0]["StreamState"], &said[1]["StreamState"]), (&json!("active"), &json!("inactive")));
    let online = &said[2]["OnlineInfo"][0];
    assert_eq!((&said[2]["TotalNum"], &online["StreamName"]), (&json!(1), &json!("s1")), "{said:?}");
    assert_eq!(online["DomainName"], "127.0.0.1");
    let pushed = &said[3]["DataInfoList"][0];
    assert_eq!((&pushed["ClientIp"], &pushed["Vcodec"]), (&json!("127.0.0.1"), &json!("H264")), "{pushed}");

    client.done("DropLiveStream", stream("s1"));
    ends(encoder);
    wait_state(&client, "s1", "inactive");
    let again = push(&server.push_url("s1"));
    server.wait_live("s1");

    let forbid = with(with(stream("s1"), "Reason", json!("because")), "ResumeTime", json!({"minutes": 60}));
    client.done("ForbidLiveStream", forbid);
    ends(again);
    wait_state(&client, "s1", "forbid");
    ends(push(&server.push_url("s1")));
    let listed = client.done("DescribeLiveForbidStreamList", json!({}));
    assert_eq!(listed["ForbidStreamList"][0]["Reason"], "because", "{listed}");
    client.done("ResumeLiveStream", stream("s1"));
    let _last = push(&server.push_url("s1"));
    wait_state(&client, "s1", "active");

    let span = json!({"DomainName": "d.example", "StartTime": {"minutes": -60}, "EndTime": {"minutes": 1}});
    let said = client.all(json!([
        ["DescribeLiveStreamPublishedList", span],
        ["DescribeLiveStreamEventList", with(with(span.clone(), "StreamName", json!("s1")), "IsStrict", json!(1))],
    ]));
    assert_eq!(said[0]["TotalNum"], 2, "{said:?}");
    assert_eq!(said[0]["PublishInfo"][1]["StopReason"], "the stream was cut on request");
    assert_eq!(said[0]["PublishInfo"][0]["ClientIp"], "127.0.0.1");
    assert_eq!(said[1]["TotalNum"], 3, "one that was refused is among them: {said:?}");
}

#[test]
fn what_is_wrong_comes_as_the_clients_exception() {
    let server = Server::start(&[]);
    let mut client = Client::new(&server);
    let said = client.all(json!([
        ["DropLiveStream", stream("nobody")],
        ["DropLiveStream", {"AppName": "live"}],
        ["DescribeLiveStreamOnlineList", {"PageNum": 0}],
        ["AddDelayLiveStream", with(stream("a"), "DelayTime", json!(601))],
        ["ForbidLiveStream", with(stream("a"), "ResumeTime", json!({"minutes": -1}))],
        ["CreateCommonMixStream", {}],
        ["NoSuchAction", {}],
        ["DescribeLiveDomain", {"DomainName": "nobody.example"}],
        ["DescribeLivePullStreamTaskStatus", {"TaskId": "nobody"}],
        ["DescribeLiveCallbackTemplate", {"TemplateId": 7}],
    ]));
    let codes: Vec<&str> = said.iter().map(|said| said["Code"].as_str().unwrap_or("none")).collect();
    assert_eq!(
        codes,
        [
            "ResourceUnavailable.StreamNotExist",
            "MissingParameter",
            "InvalidParameterValue",
            "InvalidParameterValue",
            "InvalidParameterValue",
            "UnsupportedOperation",
            "InvalidAction",
            "ResourceNotFound.DomainNotExist",
            "ResourceNotFound.TaskId",
            "ResourceNotFound.TemplateNotExists",
        ],
        "{said:?}"
    );
    assert!(said.iter().all(|said| said["RequestId"].as_str().is_some_and(|id| id.len() == 36)), "{said:?}");
    assert!(said[5]["Message"].as_str().unwrap().contains("CreateCommonMixStream"));
    assert_eq!(
        (server.refused("CreateCommonMixStream", "lvb-access/6100"), server.refused("api3", "lvb-access/6100")),
        (1, 1)
    );
    client.key = "wrong".to_owned();
    for (method, algorithm) in
        [("POST", "TC3-HMAC-SHA256"), ("GET", "TC3-HMAC-SHA256"), ("POST", "HmacSHA1"), ("GET", "HmacSHA256")]
    {
        (client.method, client.algorithm) = (method, algorithm);
        let said = client.call("DescribeLiveStreamState", stream("a"));
        assert_eq!(said["Code"], "AuthFailure.SignatureFailure", "{method} {algorithm}: {said}");
    }
    client.key = server.key("secret_key");
    for (method, algorithm) in [
        ("GET", "TC3-HMAC-SHA256"),
        ("POST", "HmacSHA1"),
        ("GET", "HmacSHA1"),
        ("POST", "HmacSHA256"),
        ("GET", "HmacSHA256"),
    ] {
        (client.method, client.algorithm) = (method, algorithm);
        assert_eq!(
            client.done("DescribeLiveStreamState", stream("a"))["StreamState"],
            "inactive",
            "{method} {algorithm}"
        );
    }
}

#[test]
fn keys_and_domains_are_what_pushes_and_plays_are_judged_by() {
    let server = Server::start(&["--limits-publish-grace-ms", "100"]);
    let client = Client::new(&server);
    let old = server.push_url("s");
    let said = client.all(json!([
        ["AddLiveDomain", {"DomainName": "127.0.0.1", "DomainType": 0}],
        ["AddLiveDomain", {"DomainName": "127.0.0.1", "DomainType": 0}],
        ["DescribeLivePushAuthKey", {"DomainName": "127.0.0.1"}],
        ["ModifyLivePushAuthKey", {"DomainName": "127.0.0.1", "MasterAuthKey": "newkey123", "BackupAuthKey": "other456", "AuthDelta": 60}],
        ["DescribeLivePushAuthKey", {"DomainName": "127.0.0.1"}],
        ["DescribeLivePlayAuthKey", {"DomainName": "127.0.0.1"}],
    ]));
    assert_eq!(said[1]["Code"], "FailedOperation.DomainAdded", "{said:?}");
    assert_eq!(said[2]["PushAuthKeyInfo"]["MasterAuthKey"], server.key("push_key"));
    assert_eq!(said[4]["PushAuthKeyInfo"]["MasterAuthKey"], "newkey123", "{said:?}");
    assert_eq!(said[4]["PushAuthKeyInfo"]["AuthDelta"], 60);
    assert_eq!(said[5]["Code"], "ResourceNotFound.DomainNotExist", "a domain of pushes has no key of plays: {said:?}");
    ends(push(&old));
    let new = server.push_url("s");
    assert_ne!(old, new);
    let encoder = push(&new);
    server.wait_live("s");

    // A disabled domain takes no new push, and lets the one that runs alone.
    client.done("ForbidLiveDomain", json!({"DomainName": "127.0.0.1"}));
    ends(push(&server.push_url("t")));
    assert!(server.stream("s").is_some() && server.stream("t").is_none());
    assert!(server.log().contains("domain that the push address names is disabled"));
    drop(encoder);
    let (_, folder) = server.stop();
    let server = Server::start_in(folder, &[]);
    let client = Client::new(&server);
    ends(push(&server.push_url("t")));
    client.done("EnableLiveDomain", json!({"DomainName": "127.0.0.1"}));
    let _encoder = push(&server.push_url("t"));
    server.wait_live("t");

    let listed = client.all(json!([
        ["DescribeLiveDomains", {"DomainType": 0}],
        ["AddLiveDomain", {"DomainName": "localhost", "DomainType": 1}],
        ["ForbidLiveDomain", {"DomainName": "localhost"}],
        ["ModifyLivePlayAuthKey", {"DomainName": "localhost", "Enable": 0}],
    ]));
    assert_eq!((&listed[0]["AllCount"], &listed[0]["DomainList"][0]["Status"]), (&json!(1), &json!(1)), "{listed:?}");
    let open = format!("http://{}/live/t.flv", server.http);
    let status = |host: &str| {
        let head = format!("GET /live/t.m3u8 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        vivace_tests::request(&server.http, head.as_bytes()).status
    };
    assert_eq!((status("localhost"), status("play.example.com:8080")), (403, 200));
    // An address without a signature plays now; one that is refused fails this.
    drop(Live::open(&open));
    client.done("DeleteLiveDomain", json!({"DomainName": "localhost", "DomainType": 1}));
    assert_eq!(status("localhost"), 200);
}

#[test]
fn callbacks_go_by_the_template_of_the_rule() {
    let server = Server::start(&LOCAL);
    let client = Client::new(&server);
    let receiver = Receiver::start();
    let made = client.done(
        "CreateLiveCallbackTemplate",
        json!({
            "TemplateName": "t", "StreamBeginNotifyUrl": receiver.url("/begin"), "CallbackKey": "callbackkey",
        }),
    );
    let id = made["TemplateId"].clone();
    let said = client.all(json!([
        ["CreateLiveCallbackRule", {"DomainName": "127.0.0.1", "AppName": "live", "TemplateId": id}],
        ["CreateLiveCallbackRule", {"DomainName": "127.0.0.1", "AppName": "live", "TemplateId": id}],
        ["DeleteLiveCallbackTemplate", {"TemplateId": id}],
        ["ModifyLiveCallbackTemplate", {"TemplateId": id, "StreamEndNotifyUrl": receiver.url("/end")}],
        ["DescribeLiveCallbackTemplate", {"TemplateId": id}],
        ["DescribeLiveCallbackRules", {}],
    ]));
    assert_eq!(said[1]["Code"], "FailedOperation.RuleAlreadyExist", "{said:?}");
    assert_eq!(said[2]["Code"], "FailedOperation.RuleAlreadyExist", "{said:?}");
    assert_eq!(said[4]["Template"]["StreamBeginNotifyUrl"], receiver.url("/begin"), "what is not said stays: {said:?}");
    assert_eq!(said[5]["Rules"][0]["TemplateId"], id);
    let encoder = push(&server.push_url("s"));
    receiver.wait(1);
    drop(encoder);
    receiver.wait(2);
    let paths: Vec<String> = receiver.heard().into_iter().map(|callback| callback.path).collect();
    assert_eq!(paths, ["/begin", "/end"]);
    let said = client.all(json!([
        ["DeleteLiveCallbackRule", {"DomainName": "127.0.0.1", "AppName": "live"}],
        ["DeleteLiveCallbackTemplate", {"TemplateId": id}],
        ["DescribeLiveCallbackTemplates", {}],
    ]));
    assert_eq!(said[2]["Templates"], json!([]), "{said:?}");
}

#[test]
fn a_pull_task_pulls_and_pushes_on() {
    let remote = Server::start(&[]);
    let _encoder = encode(ffmpeg(), &[PICTURE, TONE], &[H264, AAC], &remote.push_url("src"));
    remote.wait_live("src");
    let server = Server::start(&[&LOCAL[..], &["--limits-relay-backoff-ms-min", "100"]].concat());
    let client = Client::new(&server);
    let times = |mut task: Value| {
        for (name, value) in [
            ("StartTime", json!({"minutes": -1})),
            ("EndTime", json!({"minutes": 60})),
            ("Operator", json!("me")),
            ("SourceType", json!("PullLivePushLive")),
        ] {
            task[name] = value;
        }
        task
    };
    let source = remote.play_url("src", "rtmp");
    let made = client.done(
        "CreateLivePullStreamTask",
        times(json!({
            "SourceUrls": [source], "DomainName": "d.example", "AppName": "live", "StreamName": "cam",
            "SpecifyTaskId": "mine",
        })),
    );
    let id = made["TaskId"].as_str().unwrap().to_owned();
    server.wait_live("cam");
    assert_eq!(ffprobe(&server.play_url("cam", "flv")).codec("video"), Some("h264"));
    wait_for("the task to be active", || {
        client.done("DescribeLivePullStreamTaskStatus", json!({"TaskId": id}))["TaskStatusInfo"]["RunStatus"]
            == "active"
    });
    let said = client.all(json!([
        ["DescribeLivePullStreamTasks", {"SpecifyTaskId": "mine"}],
        ["CreateLivePullStreamTask", times(json!({"SourceUrls": [source], "DomainName": "d.example", "AppName": "live",
            "StreamName": "other", "SpecifyTaskId": "mine"}))],
        ["CreateLivePullStreamTask", times(json!({"SourceUrls": ["http://127.0.0.1/a.flv"], "DomainName": "d.example",
            "AppName": "live", "StreamName": "other"}))],
    ]));
    assert_eq!(said[0]["TaskInfos"][0]["TaskId"], id, "{said:?}");
    let secret = source.split("txSecret=").nth(1).unwrap().split('&').next().unwrap();
    assert!(!said[0].to_string().contains(secret), "a key is shown: {said:?}");
    assert_eq!(said[1]["Code"], "InvalidParameter.InvalidTaskId", "{said:?}");
    assert_eq!(said[2]["Code"], "InvalidParameterValue", "{said:?}");

    // A task survives the server, and a paused one does not run.
    let server = Server::start_in(server.kill_9(), &[&LOCAL[..], &["--limits-publish-grace-ms", "100"]].concat());
    let client = Client::new(&server);
    server.wait_live("cam");
    client.done("ModifyLivePullStreamTask", json!({"TaskId": id, "Operator": "me", "Status": "pause"}));
    wait_for("the stream to end", || server.stream("cam").is_none());
    client.done("DeleteLivePullStreamTask", json!({"TaskId": id, "Operator": "me"}));

    client.done("CreateLivePullStreamTask", times(json!({"SourceUrls": [source], "ToUrl": remote.push_url("back")})));
    remote.wait_live("back");
}

#[test]
fn statistics_show_the_bytes_that_were_played() {
    let server = Server::start(&[]);
    let _encoder = push(&server.push_url("s"));
    server.wait_live("s");
    let mut player = Live::open(&server.play_url("s", "flv"));
    let mut read = 0;
    let mut piece = [0; 4_096];
    while read < 200_000 {
        read += player.socket().read(&mut piece).unwrap();
    }
    drop(player);
    wait_some("the play to end", || server.log().contains("play ends").then_some(()));
    let (_, folder) = server.stop();
    let server = Server::start_in(folder, &[]);
    let client = Client::new(&server);
    let span = json!({"StartTime": {"minutes": -60}, "EndTime": {"minutes": 1}});
    let said = client.all(json!([
        ["DescribeStreamPlayInfoList", with(span.clone(), "StreamName", json!("s"))],
        ["DescribeStreamPlayInfoList", with(span.clone(), "StreamName", json!("other"))],
        ["DescribeBillBandwidthAndFluxList", span],
        ["DescribeTopClientIpSumInfoList", with(span.clone(), "OrderParam", json!("TotalFlux"))],
        ["DescribeStreamPushInfoList", with(span.clone(), "StreamName", json!("s"))],
    ]));
    let sum = |list: &Value, field: &str| -> f64 {
        list.as_array().unwrap().iter().map(|item| item[field].as_f64().unwrap()).sum()
    };
    let played = sum(&said[0]["DataInfoList"], "Flux");
    assert!((0.2..5.0).contains(&played), "{said:?}");
    assert!((sum(&said[0]["DataInfoList"], "Request") - 1.0).abs() < 0.5, "{said:?}");
    assert_eq!(said[1]["DataInfoList"], json!([]));
    assert!((said[2]["SumFlux"].as_f64().unwrap() - played).abs() < 0.000_001, "{said:?}");
    assert!(said[2]["PeakBandwidth"].as_f64().unwrap() > 0.0);
    let client_sum = &said[3]["DataInfoList"][0];
    assert_eq!((&client_sum["ClientIp"], &client_sum["TotalRequest"]), (&json!("127.0.0.1"), &json!(1)), "{said:?}");
    assert!(client_sum["TotalFlux"].as_f64().unwrap() >= 0.2);
    let pushed = &said[4]["DataInfoList"][0];
    assert_eq!((&pushed["ClientIp"], &pushed["ServerIp"]), (&json!("127.0.0.1"), &json!("127.0.0.1")), "{said:?}");
    assert!(pushed["VideoRate"].as_u64().unwrap() > 10_000, "{said:?}");
}

#[test]
fn the_older_address_serves_both_versions() {
    let server = Server::start(&[]);
    let ask = |more: &[(&str, &str)]| ApiCall::new(&server, "DescribeLiveStreamOnlineList", more).send(&server);
    let answer = ask(&[("Version", "2018-08-01"), ("PageSize", "20")]);
    assert_eq!(answer.header("content-type"), Some("application/json"), "a charset would hide refusals from clients");
    assert_eq!((answer.status, &answer.json()["Response"]["PageSize"]), (200, &json!(20)), "{}", answer.text());
    let code = |answer: vivace_tests::Answer| answer.json()["Response"]["Error"]["Code"].clone();
    assert_eq!(code(ask(&[("Version", "2017-03-12")])), "NoSuchVersion");
    assert_eq!(code(ask(&[("Version", "2018-08-01"), ("Colour", "1")])), "UnknownParameter");
    let late = ApiCall::new(&server, "DescribeLiveStreamOnlineList", &[("Version", "2018-08-01")]);
    assert_eq!(code(late.clone().at(-310).send(&server)), "AuthFailure.SignatureExpire");
    assert_eq!(code(late.clone().at(310).send(&server)), "AuthFailure.SignatureExpire");
    assert_eq!(code(late.clone().with("SecretId", "AKIDnobody").send(&server)), "AuthFailure.SecretIdNotFound");
    assert_eq!(late.send(&server).json()["Response"]["TotalNum"], 0);
    assert_eq!(code(late.send(&server)), "AuthFailure.SignatureFailure", "the same call acts once");
    // Without the version it is a call of version 2.
    assert_eq!(ask(&[]).json()["code"], 6100);
}

#[test]
fn watermark_rules_are_what_the_client_knows() {
    let server = Server::start(&LOCAL);
    let client = Client::new(&server);
    let picture = json!({"WatermarkName": "m", "PictureUrl": "http://127.0.0.1:1/m.png"});
    let id = client.done("AddLiveWatermark", picture)["WatermarkId"].clone();
    let said = client.all(json!([
        ["CreateLiveWatermarkRule", with(stream("s"), "TemplateId", id.clone())],
        ["CreateLiveWatermarkRule", with(stream("s"), "TemplateId", id.clone())],
        ["CreateLiveWatermarkRule", with(stream("t"), "TemplateId", json!(99))],
        ["DescribeLiveWatermarkRules", {}],
        ["DeleteLiveWatermarkRule", stream("s")],
        ["DeleteLiveWatermarkRule", stream("s")],
        ["DescribeLiveWatermarkRules", {}],
    ]));
    let codes: Vec<&str> = said.iter().map(|said| said["Code"].as_str().unwrap_or("none")).collect();
    let (known, unknown) = ("FailedOperation.RuleAlreadyExist", "ResourceNotFound.WatermarkNotExist");
    assert_eq!(codes, ["none", known, unknown, "none", "none", "InvalidParameter.RuleNotFound", "none"], "{said:?}");
    let rule = &said[3]["Rules"][0];
    assert_eq!(
        (&rule["TemplateId"], &rule["StreamName"], &rule["DomainName"]),
        (&id, &json!("s"), &json!("push.example.com"))
    );
    // In the zone of China, as the client's page has it.
    assert_eq!(rule["CreateTime"].as_str().map(str::len), Some("2018-11-29 19:00:00".len()), "{rule}");
    assert_eq!(said[6]["Rules"], json!([]));
}
