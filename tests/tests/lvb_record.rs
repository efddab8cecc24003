//! Recordings over the three APIs, with real encoders: each refusal from its real condition, and files that play.

mod lvb;

use lvb::{call, code, create, damage, locked};
use serde_json::{Value, json};
use vivace_base::UnixMs;
use vivace_lvb::v3::Form;
use vivace_tests::{Finished, Receiver, Server, ffprobe, get, push, python, sign, wait_for, wait_some};

/// Both ends of a scenario are on this machine, which is not a public address.
/// A try that a busy machine lets fail is made again within the time that a scenario waits.
const LOCAL: [&str; 4] = ["--outbound-allow", "127.0.0.0/8", "--callback-interval-s", "1"];

fn now_ms() -> i64 {
    (i64::from_str_radix(&vivace_tests::later(), 16).unwrap() - 3_600) * 1_000
}

/// So many seconds from now, in the zone of the API.
fn date(seconds: i64) -> String {
    Form::Zone { ahead_min: 480 }.write(UnixMs(now_ms() + seconds * 1_000))
}

fn id_of(reply: &Value) -> String {
    reply["task_id"].as_str().unwrap_or_else(|| panic!("no task_id in {reply}")).to_owned()
}

#[track_caller]
fn record(server: &Server, channel: &str, more: &[(&str, &str)]) -> Value {
    call(server, "CreateRecord", &[&[("channelId", channel)], more].concat())
}

#[track_caller]
fn of_task(server: &Server, action: &str, channel: &str, task: &str) -> String {
    code(&call(server, action, &[("channelId", channel), ("taskId", task)]))
}

#[track_caller]
fn tasks(server: &Server, channel: &str) -> Value {
    let reply = call(server, "DescribeRecordList", &[("channelId", channel)]);
    assert_eq!(code(&reply), "ok", "{reply}");
    reply
}

/// A call of the LVB-code API; its output.
#[track_caller]
fn tape(server: &Server, interface: &str, more: &[(&str, &str)]) -> Value {
    let t = (now_ms() / 1_000 + 60).to_string();
    let stamp = sign(&server.key("api_key"), &t, "");
    let head = [("appid", server.key("appid")), ("interface", interface.to_owned()), ("t", t), ("sign", stamp)];
    let head = head.into_iter().map(|(name, value)| format!("{name}={value}"));
    let more = more.iter().map(|(name, value)| format!("{name}={}", value.replace(' ', "%20")));
    let query: Vec<String> = head.chain(more).collect();
    let answer = get(&format!("http://{}/common_access?{}", server.http, query.join("&")));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// Event 100, as many as are awaited.
#[track_caller]
fn recorded(receiver: &Receiver, count: usize) -> Vec<Value> {
    wait_some("the recorded files to be told", || {
        let told: Vec<Value> = receiver.taken().into_iter().filter(|event| event["event_type"] == 100).collect();
        (told.len() >= count).then_some(told)
    })
}

/// reaches: lvb-video/20301
/// reaches: lvb-video/20322
/// reaches: lvb-video/20323
/// reaches: lvb-video/20326
/// reaches: lvb-video/20327
#[test]
fn a_task_of_a_channel_and_each_refusal_of_it() {
    let server = Server::start(&[]);
    assert_eq!(code(&record(&server, "7", &[])), "lvb-video/20301");
    let (id, _) = create(&server, &[]);
    for odd in [
        vec![("startTime", "tomorrow")],
        vec![("startTime", "2016-02-30 12:00:00")],
        vec![("startTime", &*date(60))],
        vec![("startTime", &*date(200)), ("endTime", &*date(200))],
        vec![("endTime", &*date(60))],
        vec![("tapeType", "1"), ("endTime", &*date(-60))],
    ] {
        assert_eq!(code(&record(&server, &id, &odd)), "lvb-video/20323", "{odd:?}");
    }
    assert_eq!(code(&record(&server, &id, &[("tapeType", "2")])), "lvb-video/1000");

    let (begin, end) = (date(200), date(400));
    let first = id_of(&record(&server, &id, &[("start_time", &begin), ("endTime", &end)]));
    let clash = record(&server, &id, &[("startTime", &date(300)), ("endTime", &date(500))]);
    assert_eq!(code(&clash), "lvb-video/20322", "{clash}");
    let beside = id_of(&record(&server, &id, &[("startTime", &end), ("endTime", &date(500))]));
    let listed = tasks(&server, &id);
    assert_eq!(listed["totalCount"], "2");
    let task = json!({"id": first, "startTime": begin, "endTime": end, "status": "0", "count": "0"});
    assert_eq!(listed["taskSet"][0], task);
    let second = call(&server, "DescribeRecordList", &[("channelId", &id), ("pageNo", "2"), ("pageSize", "1")]);
    assert_eq!((&second["totalCount"], &second["taskSet"][0]["id"]), (&"2".into(), &beside.as_str().into()));

    assert_eq!(of_task(&server, "StopRecord", &id, &first), "ok");
    assert_eq!(of_task(&server, "StopRecord", &id, &first), "lvb-video/20326");
    assert_eq!(tasks(&server, &id)["taskSet"][0]["status"], "2");
    assert_eq!(of_task(&server, "DeleteRecord", &id, &first), "ok");
    for action in ["StopRecord", "DeleteRecord", "DescribeRecord"] {
        assert_eq!(of_task(&server, action, &id, &first), "lvb-video/20327", "{action}");
        assert_eq!(of_task(&server, action, "7", &first), "lvb-video/20301", "{action}");
        let (other, _) = create(&server, &[]);
        assert_eq!(of_task(&server, action, &other, &beside), "lvb-video/20327", "{action}: another channel's");
        assert_eq!(lvb::stop(&server, &other), "ok");
        assert_eq!(lvb::delete(&server, &other), "ok");
    }
    assert_eq!(code(&call(&server, "GetVodRecordFiles", &[("channelId", &id), ("startTime", "x")])), "lvb-video/20323");
    // What was answered is on disk.
    let (_, folder) = server.stop();
    let server = Server::start_in(folder, &[]);
    assert_eq!(tasks(&server, &id)["taskSet"][0]["id"], beside.as_str());
}

/// reaches: lvb-video/20320
/// reaches: lvb-video/20114
/// reaches: lvb-video/20111
#[test]
fn a_task_that_cannot_be_taken() {
    let server = Server::start(&["--limits-record-tasks-per-stream-max", "1"]);
    let (id, _) = create(&server, &[]);
    let clip = record(&server, &id, &[("tapeType", "1")]);
    assert_eq!(code(&clip), "lvb-video/20111", "a clip is of what is live: {clip}");
    assert_eq!(code(&record(&server, &id, &[("endTime", &date(300))])), "ok");
    let over = record(&server, &id, &[("startTime", &date(1_000))]);
    assert_eq!(code(&over), "lvb-video/20320", "{over}");
    let (_, folder) = server.stop();
    let server = Server::start_in(folder, &["--recording-on", "false"]);
    assert_eq!(code(&record(&server, &id, &[])), "lvb-video/20114");
    let (_, folder) = server.stop();
    // More than any disk has free.
    let server = Server::start_in(folder, &["--recording-free-bytes-min", "9000000000000000"]);
    let live = push(&server.push_url("a"));
    server.wait_live("a");
    wait_for("the server to have looked at its disk", || {
        let full = record(&server, &id, &[("startTime", &date(1_000))]);
        code(&full) == "lvb-video/20320" && full["message"].as_str().unwrap().contains("free space")
    });
    assert_eq!(server.stream("a").expect("it is live")["state"], "live");
    drop(live);
}

/// reaches: lvb-video/20320
/// reaches: lvb-video/20321
/// reaches: lvb-video/20326
#[test]
fn a_store_that_is_locked_or_damaged() {
    let server = Server::start(&["--limits-store-busy-ms-max", "200"]);
    let (id, _) = create(&server, &[]);
    let task = id_of(&record(&server, &id, &[]));
    let mut other = locked(&server.data());
    assert_eq!(code(&record(&server, &id, &[("startTime", &date(100_000))])), "lvb-video/20320");
    assert_eq!(of_task(&server, "StopRecord", &id, &task), "lvb-video/20326");
    assert_eq!(of_task(&server, "DeleteRecord", &id, &task), "lvb-video/20326");
    assert_eq!(tasks(&server, &id)["totalCount"], "1", "what is read does not mind");
    other.kill_9();
    wait_for("the store to be free", || of_task(&server, "StopRecord", &id, &task) == "ok");

    let files = [("channelId", id.as_str()), ("startTime", "2016-01-21 12:00:00")];
    assert_eq!(code(&call(&server, "GetVodRecordFiles", &files)), "ok");
    damage(&server.data(), "recordings");
    assert_eq!(code(&call(&server, "GetVodRecordFiles", &files)), "lvb-video/20321");
    assert_eq!(of_task(&server, "DescribeRecord", &id, &task), "lvb-video/20321");
    damage(&server.data(), "record_tasks");
    assert_eq!(code(&call(&server, "DescribeRecordList", &[("channelId", &id)])), "lvb-video/20321");
    assert_eq!(of_task(&server, "StopRecord", &id, &task), "lvb-video/20326");
    let files = tape(&server, "Live_Tape_GetFilelist", &[("Param.s.channel_id", "a")]);
    assert_eq!(files["ret"], 20_321, "{files}");
}

#[test]
fn files_are_listed_page_by_page() {
    let server = Server::start(&["--recording-formats", "flv|mp4|hls"]);
    let (id, info) = create(&server, &[]);
    let _encoder = push(info["upstream_address"].as_str().unwrap());
    wait_for("the channel to be live", || lvb::status(&server, &id) == "1");
    let task = id_of(&record(&server, &id, &[("tapeType", "1")]));
    wait_for("three parts of media", || server.metric("recording_parts_total") >= 3);
    assert_eq!(of_task(&server, "StopRecord", &id, &task), "ok");
    let from = date(-3_600);
    for (action, own, list) in [
        ("DescribeRecord", ("taskId", task.as_str()), "fileSet"),
        ("GetVodRecordFiles", ("startTime", from.as_str()), "filesInfo"),
    ] {
        let page = |number: &str| {
            let paged = [("channelId", id.as_str()), own, ("pageNo", number), ("pageSize", "2")];
            let reply = call(&server, action, &paged);
            assert_eq!(code(&reply), "ok", "{action}: {reply}");
            let files: Vec<String> =
                reply[list].as_array().unwrap().iter().map(|file| file["fileId"].to_string()).collect();
            (reply["totalCount"].as_str().unwrap().to_owned(), files)
        };
        wait_for("all files", || page("1").0 == "3");
        let pages = ["1", "2", "3"].map(page);
        assert!(pages.iter().all(|(total, _)| total == "3"), "{action}: {pages:?}");
        let mut all: Vec<String> = pages.iter().flat_map(|(_, files)| files.clone()).collect();
        assert_eq!(pages.map(|(_, files)| files.len()), [2, 1, 0], "{action}");
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 3, "{action}: each once");
    }
}

/// reaches: lvb-video/20326
#[test]
fn a_clip_of_a_live_channel_becomes_a_file_that_plays_and_is_told() {
    let receiver = Receiver::start();
    let url = receiver.url("/events");
    let server = Server::start(&[LOCAL.as_slice(), &["--callback-url", &url]].concat());
    let (id, info) = create(&server, &[]);
    let upstream = info["upstream_address"].as_str().unwrap();
    let _encoder = push(upstream);
    wait_for("the channel to be live", || lvb::status(&server, &id) == "1");
    let task = id_of(&record(&server, &id, &[("tapeType", "1")]));
    assert_eq!(code(&record(&server, &id, &[("tapeType", "1")])), "lvb-video/20322");
    assert_eq!(tasks(&server, &id)["taskSet"][0]["status"], "1");
    assert_eq!(of_task(&server, "DeleteRecord", &id, &task), "lvb-video/20326");
    wait_for("the recording to have begun", || tasks(&server, &id)["taskSet"][0]["count"] == "1");
    let files = |action: &str, more: &[(&str, &str)]| call(&server, action, &[&[("channelId", &*id)], more].concat());
    assert_eq!(files("DescribeRecord", &[("taskId", &task)])["totalCount"], "0", "it is not finished");
    wait_for("three parts of media", || server.metric("recording_parts_total") >= 3);
    assert_eq!(of_task(&server, "StopRecord", &id, &task), "ok");
    let file = wait_some("the file", || {
        let found = files("DescribeRecord", &[("taskId", &task)]);
        (found["totalCount"] == "1").then(|| found["fileSet"][0].clone())
    });
    let name = file["fileName"].as_str().unwrap();
    assert!(name.starts_with("直播 -Evening-20"), "{name}");
    let seconds = |field: &str| file[field].as_str().unwrap().parse::<u64>().unwrap();
    assert!(seconds("startTime") < 60 && seconds("startTime") <= seconds("endTime"), "{file}");
    let media = get(file["fileUrl"].as_str().unwrap());
    assert_eq!((media.status, media.body.len().to_string().as_str()), (200, file["fileSize"].as_str().unwrap()));
    let probe = ffprobe(file["fileUrl"].as_str().unwrap());
    assert_eq!((probe.codec("video"), probe.codec("audio")), (Some("h264"), Some("aac")));

    let told = recorded(&receiver, 1).remove(0);
    let expected = json!({
        "file_id": file["fileId"], "task_id": task, "file_format": "mp4", "channel_id": id, "appname": "live",
        "file_size": file["fileSize"].as_str().unwrap().parse::<u64>().unwrap(),
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&told[field], value, "{field}: {told}");
    }
    assert!(told["stream_param"].is_null() && told["duration"].as_u64().unwrap() > 0, "{told}");
    assert_eq!(get(told["video_url"].as_str().unwrap()).body.len(), media.body.len());
    assert_eq!(told["sign"], sign(&server.key("callback_key"), "", &told["t"].to_string()));

    let from = date(-3_600);
    let vod = files("GetVodRecordFiles", &[("startTime", &from)]);
    assert_eq!((&vod["totalCount"], &vod["total_count"]), (&"1".into(), &"1".into()));
    let one = &vod["filesInfo"][0];
    assert_eq!((&one["fileId"], &one["taskId"], &one["reportMessage"]), (&file["fileId"], &json!(task), &json!("")));
    assert_eq!(files("GetVodRecordFiles", &[("startTime", &from), ("endTime", &date(-3_000))])["totalCount"], "0");
    // Files of a deleted task are still found.
    assert_eq!(of_task(&server, "DeleteRecord", &id, &task), "ok");
    assert_eq!(files("GetVodRecordFiles", &[("startTime", &from)])["totalCount"], "1");
}

/// reaches: lvb-video/20111
/// reaches: lvb-video/20322
/// reaches: lvb-video/20323
/// reaches: lvb-video/20326
/// reaches: lvb-video/20327
#[test]
fn a_tape_of_a_stream_by_its_code() {
    let server = Server::start(&["--recording-formats", "flv|hls"]);
    let ret = |interface: &str, more: &[(&str, &str)]| {
        let said = tape(&server, interface, more);
        match said["ret"].as_u64().unwrap() {
            0 => "ok".to_owned(),
            number => format!("lvb-video/{number}"),
        }
    };
    let channel = ("Param.s.channel_id", "a");
    let times = |from: i64, to: i64| [date(from), date(to)];
    let timed = |[begin, end]: [String; 2]| {
        ret("Live_Tape_Start", &[channel, ("Param.s.start_time", &begin), ("Param.s.end_time", &end)])
    };
    assert_eq!(timed(times(100, 2_000)), "lvb-video/20323", "more than half an hour");
    assert_eq!(timed(["x".to_owned(), date(100)]), "lvb-video/20323");
    assert_eq!(timed(times(100, 200)), "ok");
    assert_eq!(timed(times(150, 250)), "lvb-video/20322");
    let clip = [channel, ("Param.n.task_sub_type", "1"), ("Param.s.end_time", "")];
    assert_eq!(ret("Live_Tape_Start", &clip), "lvb-video/20111");
    assert_eq!(ret("Live_Tape_Stop", &[channel, ("Param.s.task_id", "77")]), "lvb-video/20327");

    let _encoder = push(&server.push_url("a"));
    server.wait_live("a");
    let said = tape(&server, "Live_Tape_Start", &clip);
    let task = said["output"]["task_id"].as_u64().unwrap_or_else(|| panic!("{said}")).to_string();
    wait_for("three parts of media", || server.metric("recording_parts_total") >= 3);
    let stop = [channel, ("Param.n.task_id", &*task), ("Param.n.task_sub_type", "1")];
    assert_eq!(ret("Live_Tape_Stop", &stop), "ok");
    assert_eq!(ret("Live_Tape_Stop", &stop), "lvb-video/20326");
    let list = wait_some("both files", || {
        let list = tape(&server, "Live_Tape_GetFilelist", &[channel])["output"].clone();
        (list["all_count"] == 2).then_some(list)
    });
    for file in list["file_list"].as_array().unwrap() {
        let url = file["record_file_url"].as_str().unwrap();
        assert_eq!(ffprobe(url).codec("video"), Some("h264"), "{url}");
        assert_eq!(file["vid"], file["file_id"]);
        assert!(file["start_time"].as_str().unwrap() <= file["end_time"].as_str().unwrap(), "{file}");
    }
    let page = [channel, ("Param.s.sort_type", "desc"), ("Param.n.page_no", "1"), ("Param.n.page_size", "1")];
    let last = tape(&server, "Live_Tape_GetFilelist", &page);
    assert_eq!(last["output"]["file_list"][0]["vid"], list["file_list"][1]["vid"]);
}

/// Calls of API 3.0 by the cloud's own client; what each answered, or its exception.
#[track_caller]
fn v3(server: &Server, calls: &Value) -> Vec<Value> {
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

#[test]
fn tasks_of_api_3_are_made_listed_stopped_and_refused_by_their_names() {
    let server = Server::start(&[]);
    let now = now_ms() / 1_000;
    let named = |more: Value| {
        let mut all = json!({"StreamName": "a", "DomainName": "push.example.com", "AppName": "live"});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let timed = json!({"StreamName": "a", "StartTime": date(1_000), "EndTime": date(2_000), "FileFormat": "flv"});
    let said = v3(
        &server,
        &json!([
            ["CreateRecordTask", named(json!({"StartTime": now + 100, "EndTime": now + 200}))],
            ["CreateRecordTask", named(json!({"EndTime": now + 200}))],
            ["CreateRecordTask", named(json!({"StartTime": now + 100, "EndTime": now + 90_000}))],
            ["CreateRecordTask", named(json!({"StartTime": now + 100, "EndTime": now + 200, "TemplateId": 9}))],
            ["CreateLiveRecord", timed],
            ["CreateLiveRecord", {"StreamName": "a", "Highlight": 1}],
            ["DescribeRecordTask", {"StartTime": now, "EndTime": now + 500}],
            ["StopRecordTask", {"TaskId": "1"}],
            ["StopRecordTask", {"TaskId": "1"}],
            ["StopLiveRecord", {"StreamName": "b", "TaskId": 2}],
            ["StopLiveRecord", {"StreamName": "a", "TaskId": 2}],
            ["DeleteLiveRecord", {"StreamName": "a", "TaskId": 2}],
            ["DeleteRecordTask", {"TaskId": "1"}],
            ["DeleteRecordTask", {"TaskId": "1"}],
        ]),
    );
    let codes: Vec<&str> = said.iter().map(|said| said["Code"].as_str().unwrap_or("ok")).collect();
    let expected = [
        "ok",
        "ResourceUnavailable.StreamNotExist",
        "InvalidParameterValue",
        "ResourceNotFound.TemplateNotExists",
        "ok",
        "ResourceUnavailable.StreamNotExist",
        "ok",
        "ok",
        "FailedOperation",
        "ResourceNotFound.TaskId",
        "ok",
        "ok",
        "ok",
        "ResourceNotFound.TaskId",
    ];
    assert_eq!(codes, expected, "{said:?}");
    assert_eq!((&said[0]["TaskId"], &said[4]["TaskId"]), (&"1".into(), &2.into()));
    let tasks = said[6]["TaskList"].as_array().unwrap();
    let task = json!({
        "TaskId": "1", "DomainName": "push.example.com", "AppName": "live", "StreamName": "a", "StartTime": now + 100,
        "EndTime": now + 200, "TemplateId": 0, "Stopped": 0,
    });
    assert_eq!((tasks.len(), &tasks[0], &said[6]["ScrollToken"]), (1, &task, &json!("")));
}

#[test]
fn a_rule_with_a_template_keeps_what_is_pushed_and_the_address_may_ask_for_more() {
    let receiver = Receiver::start();
    let url = receiver.url("/events");
    let server = Server::start(&[LOCAL.as_slice(), &["--callback-url", &url]].concat());
    let rule = json!({"DomainName": "127.0.0.1", "AppName": "live", "StreamName": "a", "TemplateId": 1});
    let format = json!({"Enable": 1, "RecordInterval": 60, "VodFileName": "kept-{StreamID}"});
    let said = v3(
        &server,
        &json!([
            ["CreateLiveRecordRule", rule],
            ["CreateLiveRecordTemplate", {"TemplateName": "t", "AacParam": format}],
            ["ModifyLiveRecordTemplate", {"TemplateId": 1, "FlvParam": format, "AacParam": {"Enable": 0}}],
            ["CreateLiveRecordRule", rule],
            ["CreateLiveRecordRule", rule],
            ["DescribeLiveRecordTemplates", {}],
            ["DescribeLiveRecordRules", {}],
            ["DeleteLiveRecordTemplate", {"TemplateId": 1}],
        ]),
    );
    let codes: Vec<&str> = said.iter().map(|said| said["Code"].as_str().unwrap_or("ok")).collect();
    let used = "FailedOperation.RuleAlreadyExist";
    assert_eq!(codes, ["ResourceNotFound.TemplateNotExists", "ok", "ok", "ok", used, "ok", "ok", used], "{said:?}");
    let template = &said[5]["Templates"][0];
    assert_eq!((&template["FlvParam"]["Enable"], &template["AacParam"]["Enable"]), (&1.into(), &0.into()));
    assert_eq!(said[6]["Rules"][0]["StreamName"], "a");

    let address = server.push_url("a");
    let between = if address.contains('?') { '&' } else { '?' };
    let mut encoder = push(&format!("{address}{between}record=mp4"));
    server.wait_live("a");
    wait_for("three parts of media", || server.metric("recording_parts_total") >= 3);
    encoder.terminate();
    encoder.wait();
    let mut told = recorded(&receiver, 2);
    told.sort_by_key(|event| event["file_format"].to_string());
    assert_eq!((&told[0]["file_format"], &told[1]["file_format"]), (&"flv".into(), &"mp4".into()));
    for event in &told {
        assert!(event["task_id"].is_null(), "{event}");
        let param = event["stream_param"].as_str().unwrap();
        assert!(param.contains("record=mp4") && !param.contains("txSecret"), "{param}");
        assert_eq!(ffprobe(event["video_url"].as_str().unwrap()).codec("video"), Some("h264"));
    }
    let said = v3(
        &server,
        &json!([
            ["DeleteLiveRecordRule", {"DomainName": "127.0.0.1", "AppName": "live", "StreamName": "a"}],
            ["DeleteLiveRecordRule", {"DomainName": "127.0.0.1", "AppName": "live", "StreamName": "a"}],
            ["DeleteLiveRecordTemplate", {"TemplateId": 1}],
            ["DescribeLiveRecordTemplate", {"TemplateId": 1}],
        ]),
    );
    let codes: Vec<&str> = said.iter().map(|said| said["Code"].as_str().unwrap_or("ok")).collect();
    assert_eq!(codes, ["ok", "InvalidParameter.RuleNotFound", "ok", "ResourceNotFound.TemplateNotExists"], "{said:?}");
}
