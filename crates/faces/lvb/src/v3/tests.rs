use serde_json::{Value, json};
use vivace_base::{Limits, Secret, UnixMs};
use vivace_domain::ip_list::Direction;
use vivace_domain::recording::{Formats, RecordFormat};

use super::params::Params;
use super::signed::Signed;
use super::{
    Action, Command, DomainCommand, Fault, PullCommand, RecordCommand, Request, StatisticsCommand, StreamCommand,
};
use super::{UNSUPPORTED, answered, code, is_v3};
use crate::access::{ParameterFault, Parameters};

const BODY: &str = r#"{"DomainName": "push.example.com", "AppName": "live", "StreamName": "s1"}"#;

/// A call as a client makes it; headers as pairs.
struct Call {
    method: &'static str,
    host: &'static str,
    query: &'static str,
    headers: Vec<(&'static str, String)>,
    body: &'static str,
}

impl Call {
    /// Signed at 1551113065 by `AKIDtest` for this service.
    fn tc3(service: &str, content_type: &str, signature: &str) -> Self {
        let authorization = format!(
            "TC3-HMAC-SHA256 Credential=AKIDtest/2019-02-25/{service}/tc3_request, SignedHeaders=content-type;host, \
             Signature={signature}"
        );
        let headers = vec![
            ("authorization", authorization),
            ("content-type", content_type.to_owned()),
            ("x-tc-timestamp", "1551113065".to_owned()),
        ];
        Self { method: "POST", host: "live.tencentcloudapi.com", query: "", headers, body: BODY }
    }

    /// Whether the key `secretKeyTest` has signed it.
    fn is_signed(&self) -> Result<bool, Fault> {
        let limits = Limits::default();
        let header = |name: &str| self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        let request = Request {
            method: self.method,
            host: self.host,
            path: "/",
            query: self.query,
            header: &header,
            body: self.body.as_bytes(),
            limits: &limits,
            ahead_min: 480,
            peer: std::net::IpAddr::from([127, 0, 0, 1]),
            id: "",
        };
        let flat = if self.method == "GET" { Some(Parameters::of_query(self.query, &limits)?) } else { None };
        let signed = Signed::read(&request, flat.as_ref())?;
        signed.check()?;
        signed.timestamp_s()?;
        Ok(signed.is_by(&Secret::new("secretKeyTest".to_owned())))
    }
}

const POSTED: &str = "b87b4d1cdfbc5d2a0a427392ac8e7d1960b3c9c5d2f7f2144cb85ea8b72bd4b7";

#[test]
fn the_published_calls_are_signed() {
    let call = || Call::tc3("live", "application/json", POSTED);
    assert_eq!(call().is_signed(), Ok(true));
    assert_eq!(
        Call { host: "live.tencentcloudapi.com:8443", ..call() }.is_signed(),
        Ok(true),
        "signed without its port"
    );
    assert_eq!(Call { host: "other.tencentcloudapi.com", ..call() }.is_signed(), Ok(false));
    assert_eq!(Call { body: "{}", ..call() }.is_signed(), Ok(false));
    let got = "e08994f85fd346c37c4b5ab9acf526791dcf1a43e821f7235abe356b37befe75";
    let get = Call {
        method: "GET",
        host: "127.0.0.1:8080",
        query: "DomainName=push.example.com&AppName=live&StreamName=s1",
        body: "",
        ..Call::tc3("live", "application/x-www-form-urlencoded", got)
    };
    assert_eq!(get.is_signed(), Ok(true));
}

#[test]
fn the_scope_is_of_the_day_of_the_call() {
    let mut call = Call::tc3("live", "application/json", POSTED);
    call.headers[2].1 = "1551199465".to_owned();
    assert_eq!(call.is_signed(), Err(Fault::ScopeDate));
    call.headers.push(("x-tc-token", "x".to_owned()));
    assert_eq!(code(&call.is_signed().unwrap_err()), "AuthFailure.TokenFailure");
    let odd = Call::tc3("live", "application/json", "00");
    assert_eq!(code(&odd.is_signed().unwrap_err()), "AuthFailure.InvalidAuthorization");
}

#[test]
fn a_call_is_told_by_its_header_or_its_version() {
    let parameters = |query| Parameters::of_query(query, &Limits::default()).expect("a query");
    assert!(is_v3(Some("TC3-HMAC-SHA256 x"), false, None) && is_v3(None, true, None));
    assert!(is_v3(None, false, Some(&parameters("Action=A&Version=2018-08-01"))));
    assert!(!is_v3(Some("Bearer x"), false, Some(&parameters("Action=A"))));
}

fn params(value: Value) -> Params {
    Params::of_json(value.to_string().as_bytes(), &Limits::default()).expect("an object")
}

fn parse(action: Action, value: Value) -> Result<Command, Fault> {
    let params = params(value);
    params.are_among(action.parameters())?;
    Command::parse(action, &params, 480)
}

/// The name of a fault and the field that it is about.
fn refused(action: Action, value: Value) -> (&'static str, String) {
    let fault = parse(action, value).expect_err("refused");
    (code(&fault), fault.to_string())
}

#[test]
fn a_wrong_parameter_is_named() {
    use Action::{DescribeLiveStreamOnlineList as List, DropLiveStream as Drop};
    let whole = |stream: Value| json!({"DomainName": "d.example", "AppName": "live", "StreamName": stream});
    assert!(matches!(parse(Drop, whole("s1".into())), Ok(Command::Stream(StreamCommand::Drop(_)))));
    let said = |name, text: &str| (name, text.to_owned());
    assert_eq!(refused(Drop, json!({"AppName": "live"})), said("MissingParameter", "DomainName is missing"));
    assert_eq!(refused(Drop, whole(7.into())), said("InvalidParameter", "StreamName must be a text"));
    assert_eq!(refused(Drop, whole("".into())), said("MissingParameter", "StreamName is missing"));
    assert_eq!(refused(List, json!({"PageNum": "1"})), said("InvalidParameter", "PageNum must be a whole number"));
    assert_eq!(refused(List, json!({"PageNum": 1.5})), said("InvalidParameter", "PageNum must be a whole number"));
    assert_eq!(refused(List, json!({"PageNum": 0})), said("InvalidParameterValue", "PageNum must be 1 or more"));
    assert_eq!(refused(List, json!({"Colour": 1})).0, "UnknownParameter");
    // A text is a number where everything is a text, and a name that nobody can push names no stream.
    let flat = Parameters::of_query("Action=x&PageNum=2&StreamName=a%20b", &Limits::default()).expect("a query");
    let flat = Params::of_flat(&flat, &["Action"]);
    assert!(
        matches!(Command::parse(List, &flat, 0), Ok(Command::Stream(StreamCommand::Online { page, .. })) if page.number == 2)
    );
    let odd = parse(Drop, whole("a b".into()));
    assert!(matches!(odd, Ok(Command::Stream(StreamCommand::Drop(stream))) if stream.name.is_none()));
}

#[test]
fn a_body_is_an_object_that_is_not_deep() {
    let read = |text: &str| Params::of_json(text.as_bytes(), &Limits::default()).err();
    assert_eq!(read(""), None);
    assert!(matches!(read("[]"), Some(ParameterFault::WrongType { .. })));
    assert!(matches!(read("{"), Some(ParameterFault::Json { .. })));
    assert!(matches!(read("\u{0}"), Some(ParameterFault::Json { .. })));
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(9), "]".repeat(9));
    assert!(matches!(read(&deep), Some(ParameterFault::TooDeep { .. })));
    let far = format!(r#"{{"a":{}"#, "[".repeat(100_000));
    assert!(matches!(read(&far), Some(ParameterFault::Json { .. })));
}

#[test]
fn what_is_not_done_is_refused_by_its_name() {
    let task = |field: &str, value: Value| {
        let mut task = json!({
            "SourceType": "PullLivePushLive", "SourceUrls": ["rtmp://a.example/live/x"], "DomainName": "d.example",
            "AppName": "live", "StreamName": "s", "StartTime": "2026-01-01T00:00:00Z",
            "EndTime": "2026-01-02T00:00:00Z", "Operator": "me",
        });
        task[field] = value;
        task
    };
    let create = Action::CreateLivePullStreamTask;
    assert!(matches!(parse(create, task("Comment", "c".into())), Ok(Command::Pull(PullCommand::Create(_)))));
    for (field, value) in [
        ("SourceType", json!("PullVodPushLive")),
        ("SourceType", json!("PullPicPushLive")),
        ("WatermarkList", json!([{}])),
        ("CallbackUrl", json!("http://a.example/")),
        ("BackupToUrl", json!("rtmp://b")),
    ] {
        let (name, said) = refused(create, task(field, value));
        assert!(name == "UnsupportedOperation" && said.contains(field), "{said}");
    }
    // What is absent in other words is absent.
    assert!(parse(create, task("WatermarkList", json!([]))).is_ok());
    assert_eq!(refused(create, task("SourceUrls", json!(["a", "b"]))).0, "InvalidParameterValue");
    let template = json!({"TemplateName": "t", "AudioAuditNotifyUrl": "http://a.example/"});
    assert_eq!(refused(Action::CreateLiveCallbackTemplate, template).0, "UnsupportedOperation");
    let domains = json!({"StartTime": "2026-01-01T00:00:00Z", "EndTime": "2026-01-01T01:00:00Z", "PlayDomain": "a.b"});
    assert_eq!(refused(Action::DescribeStreamPlayInfoList, domains).0, "UnsupportedOperation");
}

#[test]
fn commands_hold_what_was_given() {
    let add = json!({"DomainName": "Push.Example", "DomainType": 1});
    let Ok(Command::Domain(DomainCommand::Add { name, direction, .. })) = parse(Action::AddLiveDomain, add) else {
        panic!("not read");
    };
    assert_eq!((name.as_str(), direction), ("push.example", Direction::Play));
    let bad = json!({"DomainName": "a_b", "DomainType": 1});
    assert_eq!(refused(Action::AddLiveDomain, bad).0, "InvalidParameter.DomainFormatError");
    let span = json!({"StartTime": "2026-01-01 08:00:00", "EndTime": "2026-01-01 09:00:00", "Granularity": 60});
    let read = parse(Action::DescribeBillBandwidthAndFluxList, span);
    let Ok(Command::Statistics(StatisticsCommand::Bill { from, step_ms, .. })) = read else { panic!("not read") };
    assert_eq!((from.at.0, step_ms), (1_767_225_600_000, 3_600_000));
    let back = json!({"StartTime": "2026-01-02T00:00:00Z", "EndTime": "2026-01-01T00:00:00Z"});
    assert_eq!(refused(Action::DescribeBillBandwidthAndFluxList, back).0, "InvalidParameterValue");
}

#[test]
fn each_action_is_in_one_list() {
    for action in Action::ALL {
        assert!(!UNSUPPORTED.contains(&action.name()), "{}", action.name());
        assert_eq!(Action::of(action.name()), Some(*action));
        // Its own group reads it: nothing is listed that would then be refused as not offered.
        let fault = parse(*action, json!({})).err();
        assert!(!matches!(fault, Some(Fault::NotOffered { .. })), "{}", action.name());
    }
    assert_eq!(Action::ALL.len() + UNSUPPORTED.len(), 262);
    assert!(UNSUPPORTED.is_sorted());
}

#[test]
fn an_answer_is_an_envelope() {
    let fine = answered(Ok([("A".to_owned(), 1.into())].into_iter().collect()), "u");
    assert_eq!(fine.body, r#"{"Response":{"A":1,"RequestId":"u"}}"#);
    let refused = answered(Err(Fault::NoStream), "u");
    let body: Value = serde_json::from_str(&refused.body).expect("JSON");
    assert_eq!(body["Response"]["Error"]["Code"], "ResourceUnavailable.StreamNotExist");
    assert_eq!(refused.refusal.map(|(code, _)| code.row().number), Some(20111));
}

/// `docs/api3.md` says what the code says. `UPDATE=1` writes it.
#[test]
fn the_table_of_actions_is_that_of_the_code() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/api3.md");
    let (begin, end) = ("<!-- actions -->\n", "<!-- /actions -->");
    let mut table = "| Action | |\n|---|---|\n".to_owned();
    for action in Action::ALL {
        table += &format!("| `{}` | supported |\n", action.name());
    }
    for name in UNSUPPORTED {
        table += &format!("| `{name}` | `UnsupportedOperation` |\n");
    }
    let text = std::fs::read_to_string(file).expect("the page");
    let (head, rest) = text.split_once(begin).expect("the mark");
    let (now, tail) = rest.split_once(end).expect("the mark");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file, [head, begin, &table, end, tail].concat()).expect("written");
    } else {
        assert_eq!(now, table, "run with UPDATE=1");
    }
}

/// The command of an Action with these parameters in JSON.
fn record(action: Action, params: &Value) -> Result<RecordCommand, Fault> {
    let body = params.to_string();
    let params = Params::of_json(body.as_bytes(), &Limits::default())?;
    params.are_among(action.parameters())?;
    match Command::parse(action, &params, 480)? {
        Command::Record(command) => Ok(command),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_record_template_keeps_the_formats_that_are_enabled() {
    let said = json!({
        "TemplateName": "t",
        "FlvParam": {"RecordInterval": 60, "StorageTime": 5, "Enable": 1, "VodFileName": "{StreamID}"},
        "HlsParam": {"RecordInterval": 30, "Enable": 1},
        "Mp4Param": {"Enable": 0},
        "Mp3Param": {"Enable": 0},
        "RemoveWatermark": false,
    });
    let Ok(RecordCommand::CreateTemplate(made)) = record(Action::CreateLiveRecordTemplate, &said) else { panic!() };
    let kept: Vec<_> = made.formats.iter().map(|one| (one.format, one.interval_ms, one.keep_ms)).collect();
    assert_eq!(kept, [(RecordFormat::Flv, 60_000, 5_000), (RecordFormat::Hls, 0, 0)]);
    for (odd, name) in [
        (json!({"Mp3Param": {"Enable": 1}}), "UnsupportedOperation"),
        (json!({"FlvParam": {"VodSubAppId": 7}}), "UnsupportedOperation"),
        (json!({"HlsSpecialParam": {"FlowContinueDuration": 60}}), "UnsupportedOperation"),
        (json!({"CosStore": {"a": 1}}), "UnsupportedOperation"),
        (json!({"FlvParam": {"Enabled": 1}}), "UnknownParameter"),
        (json!({"FlvParam": 1}), "InvalidParameter"),
        (json!({"FlvParam": {"RecordInterval": -1}}), "InvalidParameterValue"),
        (json!({}), "MissingParameter"),
    ] {
        let fault = record(Action::CreateLiveRecordTemplate, &odd).expect_err("it is refused");
        assert_eq!(code(&fault), name, "{odd}");
    }
}

#[test]
fn a_record_of_the_older_kind_has_its_times_in_the_zone() {
    let said = json!({
        "StreamName": "a", "FileFormat": "MP4", "StartTime": "2017-01-01+10%3a10%3a01", "EndTime": "2017-01-01 10:30:01",
        "StreamParam": "record_interval%3d3600%26storage_time%3d60",
    });
    let Ok(RecordCommand::Create(new)) = record(Action::CreateLiveRecord, &said) else { panic!() };
    assert_eq!((new.begin, new.end), (Some(UnixMs(1_483_236_601_000)), Some(UnixMs(1_483_237_801_000))));
    assert_eq!((new.interval_ms, new.keep_ms, new.is_clip), (Some(3_600_000), Some(60_000), false));
    assert_eq!(new.formats, Some(Formats::one(RecordFormat::Mp4)));
    assert!(record(Action::CreateLiveRecord, &json!({"StreamName": "a", "Highlight": 1})).is_ok());
    for (odd, name) in [
        (json!({"StreamName": "a"}), "MissingParameter"),
        (json!({"StreamName": "a", "Highlight": 1, "EndTime": "tomorrow"}), "InvalidParameterValue"),
        (json!({"StreamName": "a", "Highlight": 1, "FileFormat": "mp3"}), "InvalidParameterValue"),
        (json!({"StreamName": "a", "Highlight": 1, "RecordType": "audio"}), "UnsupportedOperation"),
        (json!({"StreamName": "a", "Highlight": 1, "StreamParam": "record_interval=60"}), "InvalidParameterValue"),
        (json!({"StreamName": "a", "Highlight": 1, "AppName": "vod"}), "InvalidParameterValue"),
        (json!({"StreamName": "a", "Highlight": 1, "MixStream": 1}), "UnsupportedOperation"),
    ] {
        assert_eq!(code(&record(Action::CreateLiveRecord, &odd).expect_err("it is refused")), name, "{odd}");
    }
}
