//! The LVB-code API, `/common_access`, over plain HTTP as its clients call it, with real encoders and players.

use serde_json::{Value, json};
use vivace_tests::{
    Answer, ApiCall, Live, Role, Rtmp, Server, Tool, get, push, raw, request, sign, tls_request, wait_for, wait_some,
};

/// Unix seconds so far from now, by the server's own word for an hour from now.
fn time(seconds: i64) -> i64 {
    i64::from_str_radix(&vivace_tests::later(), 16).unwrap() - 3_600 + seconds
}

/// Names and values of a call that is good for a minute.
fn common(server: &Server, interface: &str) -> Vec<(String, String)> {
    stamped(server, interface, time(60))
}

fn stamped(server: &Server, interface: &str, t: i64) -> Vec<(String, String)> {
    let t = t.to_string();
    // The stamp is md5 of the key and the time, as a push address's is of three texts.
    let stamp = sign(&server.key("api_key"), &t, "");
    let pairs = [("appid", server.key("appid")), ("interface", interface.to_owned()), ("t", t), ("sign", stamp)];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn url(server: &Server, pairs: &[(String, String)]) -> String {
    let query: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("http://{}/common_access?{}", server.http, query.join("&"))
}

/// Calls with these parameters, which are written as they stand.
#[track_caller]
fn answer(server: &Server, interface: &str, more: &[(&str, &str)]) -> Answer {
    let mut pairs = common(server, interface);
    pairs.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    get(&url(server, &pairs))
}

#[track_caller]
fn call(server: &Server, interface: &str, more: &[(&str, &str)]) -> Value {
    let answer = answer(server, interface, more);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{}", answer.text());
    answer.json()
}

/// Calls what must be done; its output.
#[track_caller]
fn done(server: &Server, interface: &str, more: &[(&str, &str)]) -> Value {
    let said = call(server, interface, more);
    assert_eq!(said["ret"], 0, "{said}");
    said["output"].clone()
}

#[track_caller]
fn status(server: &Server, name: &str) -> Value {
    let said = call(server, "Live_Channel_GetStatus", &[("Param.s.channel_id", name)]);
    if said["ret"] == 0 { said["output"][0]["status"].clone() } else { said["ret"].clone() }
}

#[track_caller]
fn set(server: &Server, name: &str, status: &str) -> Value {
    call(server, "Live_Channel_SetStatus", &[("Param.s.channel_id", name), ("Param.n.status", status)])["ret"].clone()
}

#[track_caller]
fn denied(url: &str) -> String {
    Rtmp::open(url, Role::Publish).ready().unwrap_err().description
}

/// An encoder that is cut ends by itself.
#[track_caller]
fn ends(mut tool: Tool) {
    wait_for("the encoder to end", || !tool.is_running());
}

fn start() -> Server {
    Server::start(&["--limits-publish-grace-ms", "100", "--limits-api-queries-per-minute-max", "100000"])
}

#[test]
fn a_stream_is_shown_forbidden_allowed_and_dropped() {
    let server = start();
    assert_eq!(status(&server, "2000_a"), 20_601);
    assert_eq!(set(&server, "2000_a", "2"), 20_111, "there is nothing to drop");
    let encoder = push(&server.push_url("2000_a"));
    server.wait_live("2000_a");
    let shown = done(&server, "Live_Channel_GetStatus", &[("Param.s.channel_id%20", "+2000_a")]);
    assert_eq!(shown, json!([{"rate_type": 0, "recv_type": 3, "status": 1}]));

    assert_eq!(set(&server, "2000_a", "0"), 0);
    ends(encoder);
    assert_eq!(status(&server, "2000_a"), 3);
    let refused = denied(&server.push_url("2000_a"));
    assert!(refused.contains("18/305"), "{refused}");

    assert_eq!(set(&server, "2000_a", "1"), 0);
    assert_eq!(status(&server, "2000_a"), 0);
    let encoder = push(&server.push_url("2000_a"));
    wait_for("the stream to be live again", || status(&server, "2000_a") == 1);
    assert_eq!(set(&server, "2000_a", "3"), 20_300);
    assert_eq!(set(&server, "2000_a", "2"), 0);
    ends(encoder);
    wait_for("the stream to be over", || status(&server, "2000_a") == 0);
    let _encoder = push(&server.push_url("2000_a"));
    wait_for("the dropped stream to be back", || status(&server, "2000_a") == 1);

    let audit = server.api("audit?limit=10").to_string();
    for part in ["lvb-code", "stream.forbid", "stream.permit", "stream.drop", "stream/2000_a"] {
        assert!(audit.contains(part), "{part} in {audit}");
    }
}

#[test]
fn a_channel_is_forbidden_until_a_time_and_resumed() {
    let server = start();
    let manage = |action: &str, end: i64| {
        let end = end.to_string();
        let more = [("Param.s.channel_id", "b"), ("Param.n.abstime_end", end.as_str()), ("Param.s.action", action)];
        call(&server, "channel_manager", &more)["ret"].clone()
    };
    let encoder = push(&server.push_url("b"));
    server.wait_live("b");
    assert_eq!(manage("forbid", time(-10)), 1_000, "a time that is over");
    assert_eq!(manage("pause", time(60)), 1_000);
    assert_eq!(manage("forbid", time(3_600)), 0);
    ends(encoder);
    assert_eq!(status(&server, "b"), 3);
    assert!(denied(&server.push_url("b")).contains("18/305"));
    assert_eq!(manage("resume", 0), 0);
    assert_eq!(status(&server, "b"), 0);
    assert_eq!(manage("forbid", time(3)), 0);
    assert_eq!(status(&server, "b"), 3);
    wait_for("the time to be over", || status(&server, "b") == 0);
    let _encoder = push(&server.push_url("b"));
    wait_for("the stream to be live", || status(&server, "b") == 1);
}

#[test]
fn what_was_forbidden_stays_so_over_a_crash() {
    let server = start();
    assert_eq!(set(&server, "c", "0"), 0);
    let server = Server::start_in(server.kill_9(), &[]);
    assert_eq!(status(&server, "c"), 3);
    assert!(denied(&server.push_url("c")).contains("18/305"));
}

#[test]
fn channels_are_listed_by_what_they_do() {
    let server = start();
    let names = |more: &[(&str, &str)]| {
        let output = done(&server, "Live_Channel_GetChannelList", more);
        let list = output["channel_list"].as_array().unwrap();
        let names: Vec<String> = list.iter().map(|one| one["channel_id"].as_str().unwrap().to_owned()).collect();
        (output["all_count"].as_u64().unwrap(), names.join(" "))
    };
    assert_eq!(names(&[]), (0, String::new()));
    assert_eq!(done(&server, "Live_Channel_GetLiveChannelList", &[]), json!({"all_count": 0, "channel_list": []}));
    let first = push(&server.push_url("first"));
    server.wait_live("first");
    let _second = push(&server.push_url("second"));
    server.wait_live("second");
    drop(first);
    wait_for("the first to be over", || status(&server, "first") == 0);
    assert_eq!(set(&server, "third", "0"), 0);
    let by = |status: &str| names(&[("Param.n.status", status)]);
    assert_eq!(by("0"), (1, "first".to_owned()));
    assert_eq!(by("1"), (1, "second".to_owned()));
    assert_eq!(by("3"), (1, "third".to_owned()));
    assert_eq!(names(&[]), (3, "first second third".to_owned()));
    assert_eq!(names(&[("Param.n.order_type", "1")]), (3, "third second first".to_owned()));
    assert_eq!(names(&[("Param.n.page_no", "2")]), (3, String::new()));
    let live = done(&server, "Live_Channel_GetLiveChannelList", &[]);
    assert_eq!(live, json!({"all_count": 1, "channel_list": [{"channel_id": "second"}]}));
    for (name, value) in [
        ("Param.n.status", "2"),
        ("Param.n.page_no", "0"),
        ("Param.n.page_size", "9"),
        ("Param.n.page_size", "101"),
        ("Param.n.order_type", "2"),
        ("Param.s.order_field", "name"),
    ] {
        let said = call(&server, "Live_Channel_GetChannelList", &[(name, value)]);
        assert!(said["ret"] == 1_000 && said["message"].as_str().unwrap().contains(name), "{name}: {said}");
    }
}

#[test]
fn statistics_are_those_of_the_real_stream() {
    let server = start();
    let of = |interface: &str, name: &str| done(&server, interface, &[("Param.s.stream_id", name)]);
    assert_eq!(of("Get_LiveStat", "s"), json!({}));
    assert_eq!(done(&server, "Get_LiveStat", &[])["stream_count"], 0);
    let _encoder = push(&server.push_url("s"));
    server.wait_live("s");
    let _player = Live::open(&server.play_url("s", "flv"));
    let figures = wait_some("the figures of push and play", || {
        let one = of("Get_LiveStat", "s")["stream_info"][0].clone();
        let above = |name: &str| one[name].as_f64().is_some_and(|figure| figure > 0.0);
        (above("fps") && above("speed") && above("bandwidth") && above("online")).then_some(one)
    });
    assert_eq!((&figures["stream_name"], &figures["client_ip"]), (&json!("s"), &json!("127.0.0.1")), "{figures}");
    assert_eq!(figures["online"], 1);
    let push_stat = done(&server, "Get_LivePushStat", &[]);
    assert!(push_stat["stream_info"][0]["bandwidth"].is_null() && push_stat["total_online"].is_null(), "{push_stat}");
    assert_eq!(push_stat["stream_info"][0]["server_ip"], "127.0.0.1");
    let play_stat = done(&server, "Get_LivePlayStat", &[]);
    assert!(play_stat["stream_info"][0]["fps"].is_null() && play_stat["total_online"] == 1, "{play_stat}");
    let _ = of("Get_LivePlayStat", "s");
}

#[test]
fn the_history_of_a_stream_outlives_a_restart() {
    let server = start();
    let encoder = push(&server.push_url("s"));
    server.wait_live("s");
    let player = Live::open(&server.play_url("s", "flv"));
    wait_for("the player to be counted", || {
        done(&server, "Get_LiveStat", &[])["total_bandwidth"].as_f64().is_some_and(|bandwidth| bandwidth > 0.0)
    });
    drop((player, encoder));
    let (_, folder) = server.stop();
    let server = Server::start_in(folder, &[]);
    let (from, to) = (time(-600).to_string(), time(60).to_string());
    let times = [("Param.n.start_time", from.as_str()), ("Param.n.end_time", to.as_str()), ("Param.s.stream_id", "s")];
    let pushed = done(&server, "Get_LivePushStatHistory", &times);
    assert_eq!(pushed["stream_info"][0]["client_ip"], "127.0.0.1", "{pushed}");
    assert!(pushed["stream_info"][0]["speed"].as_u64().unwrap() > 0, "{pushed}");
    let played = done(&server, "Get_LivePlayStatHistory", &times);
    assert!(played["sum_info"]["sum_flux"].as_f64().unwrap() > 0.0, "{played}");
    assert_eq!(status(&server, "s"), 0, "it was pushed once");
    let old = (time(-4 * 86_400).to_string(), time(-4 * 86_400 + 60).to_string());
    let times =
        [("Param.n.start_time", old.0.as_str()), ("Param.n.end_time", old.1.as_str()), ("Param.s.stream_id", "s")];
    assert_eq!(call(&server, "Get_LivePushStatHistory", &times)["ret"], 1_000);
    assert_eq!(done(&server, "Get_LivePlayStatHistory", &times)["stat_info"], json!([]));
}

#[test]
fn players_are_delayed_by_the_code_api() {
    let server = start();
    let _encoder = push(&server.push_url("d"));
    server.wait_live("d");
    let bizid = server.key("bizid");
    let delay = |bizid: &str, length: &str| {
        let more = [("Param.s.channel_id", "d"), ("Param.n.bizid", bizid), ("Param.n.time_length", length)];
        call(&server, "Live_Set_Delay", &more)["ret"].clone()
    };
    assert_eq!(delay("1", "30"), 1_003, "the number of another account");
    assert_eq!(delay(&bizid, "601"), 1_000);
    assert_eq!(delay(&bizid, "-1"), 1_000);
    let _player = Live::open(&server.play_url("d", "flv"));
    let figures = || {
        let one = done(&server, "Get_LiveStat", &[("Param.s.stream_id", "d")])["stream_info"][0].clone();
        (one["online"] == 1 && one["speed"].as_u64() > Some(0), one["bandwidth"].as_f64() > Some(0.0))
    };
    wait_for("the player to be handed pictures", || figures() == (true, true));
    assert_eq!(delay(&bizid, "600"), 0);
    // What is sent from now on is shown in ten minutes: the player stays, and is handed nothing.
    wait_for("the player to be handed nothing", || figures() == (true, false));
    let audit = server.api("audit?limit=1").to_string();
    assert!(audit.contains("600000"), "{audit}");
    assert_eq!(delay(&bizid, "0"), 0);
    wait_for("the player to be handed pictures again", || figures() == (true, true));
}

#[test]
fn a_channel_of_the_hosting_api_is_known_by_its_number_and_by_its_stream() {
    let server = start();
    let new = [("channelName", "n"), ("outputSourceType", "1"), ("sourceList.0.name", "v"), ("sourceList.0.type", "1")];
    let made = ApiCall::new(&server, "CreateLVBChannel", &new).send(&server).json();
    let (id, upstream) =
        (made["channel_id"].as_str().unwrap(), made["channelInfo"]["upstream_address"].as_str().unwrap());
    let name = vivace_tests::split(upstream).1.trim_start_matches("/live/").split('?').next().unwrap();
    assert_eq!((status(&server, id), status(&server, name)), (json!(20_601), json!(20_601)));
    let encoder = push(upstream);
    wait_for("the channel to be live", || status(&server, id) == 1);
    let shown = done(&server, "Live_Channel_GetStatus", &[("Param.s.channel_id", name)]);
    assert_eq!(shown, json!([{"rate_type": 0, "recv_type": 1, "status": 1}]));
    assert_eq!(set(&server, id, "0"), 0);
    ends(encoder);
    assert!(denied(upstream).contains("18/305"));
    assert_eq!(set(&server, id, "1"), 0);
    assert_eq!(status(&server, name), 0);
    let stopped = ApiCall::new(&server, "StopLVBChannel", &[("channelIds.0", id)]).send(&server).json();
    assert_eq!((&stopped["code"], status(&server, name)), (&json!(0), json!(3)), "{stopped}");
}

/// reaches: lvb-access/4100
/// reaches: lvb-access/4200
#[test]
fn a_call_that_is_not_stamped_is_told_in_text() {
    let server = start();
    let with = |name: &str, value: &str| {
        let mut pairs = common(&server, "Live_Channel_GetLiveChannelList");
        pairs.retain(|(known, _)| known != name);
        pairs.push((name.to_owned(), value.to_owned()));
        get(&url(&server, &pairs))
    };
    for (name, value) in [("sign", "0"), ("sign", ""), ("t", ""), ("t", "soon"), ("t", "-1")] {
        let answer = with(name, value);
        assert_eq!(answer.status, 403, "{name}={value}: {}", answer.text());
        assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
    }
    let wrong = sign(&server.key("push_key"), &time(60).to_string(), "");
    assert_eq!(with("sign", &wrong).status, 403, "another key of the app");
    let expired = get(&url(&server, &stamped(&server, "Live_Channel_GetLiveChannelList", time(-5))));
    assert_eq!((expired.status, expired.text().as_str()), (403, "t is over\n"));
    for t in [300, 86_400] {
        let answer = get(&url(&server, &stamped(&server, "Live_Channel_GetLiveChannelList", time(t))));
        assert_eq!(answer.json()["ret"], 0, "good for {t} s");
    }
    for appid in ["1", "", "abc", "99999999999999999999"] {
        let answer = with("appid", appid);
        assert_eq!((answer.status, answer.text().as_str()), (200, "appid is invalid\n"), "{appid}");
    }
    assert_eq!(with("cmd", "1").text(), "appid is invalid\n", "two apps in one call");
    let mut old = common(&server, "Live_Channel_GetLiveChannelList");
    old[0].0 = "cmd".to_owned();
    assert_eq!(get(&url(&server, &old)).json()["ret"], 0, "the older name of appid");
    let path = url(&server, &common(&server, "Live_Channel_GetLiveChannelList"));
    let line = format!("GET {}", path.split_once(&server.http).unwrap().1);
    assert_eq!(tls_request(&server.https, &raw(&line, &server.https, "", b"")).json()["ret"], 0, "over HTTPS too");
    let operation = "Live_Channel_GetLiveChannelList";
    assert!(server.refused(operation, "lvb-access/4100") >= 11 && server.refused(operation, "lvb-access/4200") == 1);
}

#[test]
fn what_is_malformed_missing_or_not_built_says_so() {
    let server = start();
    let ret = |interface: &str, more: &[(&str, &str)]| call(&server, interface, more)["ret"].clone();
    let (get_status, set_status) = ("Live_Channel_GetStatus", "Live_Channel_SetStatus");
    let missing = call(&server, get_status, &[]);
    assert_eq!(missing, json!({"ret": 4000, "message": "Param.s.channel_id is missing", "output": null}));
    assert_eq!(ret(get_status, &[("Param.s.channel_id", "")]), 4_000);
    assert_eq!(ret(get_status, &[("Param.s.channel_id", "a%20b")]), 1_000);
    assert_eq!(ret(get_status, &[("Param.s.channel_id", &"a".repeat(200))]), 1_000);
    assert_eq!(ret(get_status, &[("Param.s.channel_id", "%ff")]), 4_000);
    assert_eq!(ret(get_status, &[("Param.s.channel_id", "%zz")]), 4_000);
    assert_eq!(ret(get_status, &[("Param.s.channel_id", "a"), ("Param.s.channel_id", "b")]), 4_000);
    assert_eq!(ret(get_status, &[("Param.s.channel_id", "a"), ("Param.s.channel_id%20", "b")]), 4_000);
    assert_eq!(ret(get_status, &[("Param.x.channel_id", "a")]), 4_000);
    assert_eq!(ret(get_status, &[("Param..channel_id", "a")]), 4_000);
    assert_eq!(ret(set_status, &[("Param.s.channel_id", "a"), ("Param.n.status", "zero")]), 4_000);
    assert_eq!(ret(set_status, &[("Param.s.channel_id", "a")]), 4_000);
    assert_eq!(ret("", &[]), 4_000);
    assert_eq!(ret("Live_Channel_Nothing", &[]), 6_100);
    let many: Vec<(String, String)> = (0..20_000).map(|at| (format!("Param.s.p{at}"), "x".to_owned())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let too_long = answer(&server, get_status, &many);
    assert!(too_long.status >= 400 || too_long.json()["ret"] == 4_000, "{}", too_long.head);
    let send = |method: &str, interface: &str, body: &str| {
        let url = url(&server, &common(&server, interface));
        let path = url.split_once(&server.http).unwrap().1;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            server.http,
            body.len(),
        );
        request(&server.http, head.as_bytes()).json()
    };
    // JSON, whatever its type says, and the reply that mixing has.
    let mix = r#"{"timestamp":1,"eventId":1,"interface":{"interfaceName":"Mix_StreamV2","para":{}}}"#;
    for interface in ["Mix_StreamV2", ""] {
        let said = send("POST", interface, mix);
        assert!(said["code"] == 20_114 && said["timestamp"].is_i64() && said["ret"].is_null(), "{said}");
    }
    assert_eq!(send("POST", "Mix_StreamV2", "{")["code"], 4_001);
    assert_eq!(send("POST", "Live_Channel_GetLiveChannelList", "a=b")["ret"], 4_001);
    assert_eq!(send("PUT", "Live_Channel_GetLiveChannelList", "")["ret"], 4_600);
    let labels = "operation=\"Mix_StreamV2\",table=\"lvb-video\",code=\"20114\",app=\"1\"";
    assert_eq!(server.metric(&format!("refusals_total{{{labels}}}")), 2);
}
