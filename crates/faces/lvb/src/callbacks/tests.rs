use vivace_base::{MonoMs, Secret, UnixMs};
use vivace_domain::ingest::{Anomaly, AnomalyReport, Occurrence};
use vivace_domain::live::{MediaFault, Unpublish};

use super::{PushEnd, PushFacts, RecordedFacts, push_began, push_ended, push_error, recorded, signed};

const PUSH: PushFacts<'_> = PushFacts {
    appid: 12_345_678,
    domain: "test.domain.com",
    path: "live",
    stream: "test_stream",
    channel: "test_stream",
    sequence: 2_210_464_508_206_756_938,
    node: "192.0.2.9",
    user_ip: "192.0.2.1",
    stream_param: "stream_param=test",
};
const AT: UnixMs = UnixMs(1_703_731_478_999);

fn key() -> Secret<String> {
    Secret::new("40328529ca4381a80c6ecf2e6aa57438".to_owned())
}

#[test]
fn the_begin_of_a_push_is_told_field_by_field_as_the_original_does() {
    let body = signed(&push_began(PUSH, AT), &key(), AT).unwrap();
    let expected = concat!(
        r#"{"app":"test.domain.com","appid":12345678,"appname":"live","channel_id":"test_stream","errcode":0,"#,
        r#""errmsg":"ok","event_time":1703731478,"event_type":1,"height":0,"node":"192.0.2.9","#,
        r#""sequence":"2210464508206756938","set_id":1,"sign":"c7c1fc5e370c8b6a6510e745ed3aa8ca","#,
        r#""stream_id":"test_stream","stream_param":"stream_param=test","t":1703732078,"user_ip":"192.0.2.1","width":0}"#,
    );
    assert_eq!(String::from_utf8(body).unwrap(), expected);
}

#[test]
fn the_end_of_a_push_has_its_cause_and_its_length_as_text() {
    let end = |fault: &MediaFault| push_ended(PUSH, PushEnd { at: AT, duration_ms: 61_500, fault, size: (1_280, 720) });
    let expected = concat!(
        r#"{"app":"test.domain.com","appid":12345678,"appname":"live","channel_id":"test_stream","errcode":1,"#,
        r#""errmsg":"ended by the publisher with deleteStream","event_time":1703731478,"event_type":0,"height":720,"#,
        r#""node":"192.0.2.9","push_duration":"61500","sequence":"2210464508206756938","set_id":1,"#,
        r#""stream_id":"test_stream","stream_param":"stream_param=test","user_ip":"192.0.2.1","width":1280}"#,
    );
    assert_eq!(end(&MediaFault::Unpublished(Unpublish::DeleteStream)), expected);
    let replaced: serde_json::Value = serde_json::from_str(&end(&MediaFault::Replaced)).unwrap();
    assert_eq!((&replaced["errcode"], &replaced["sub_errcode"]), (&21.into(), &102.into()));
    let malformed: serde_json::Value = serde_json::from_str(&end(&MediaFault::ChunkError)).unwrap();
    assert_eq!(malformed["errcode"], 6);
    assert!(malformed["errmsg"].as_str().unwrap().starts_with("the RTMP chunk stream is broken ("), "{malformed}");
}

#[test]
fn what_went_wrong_in_a_push_is_told_with_its_count_and_its_first_times() {
    let late = AnomalyReport {
        anomaly: Anomaly::VideoLate,
        count: 12,
        first: vec![Occurrence { at: MonoMs(6_000), measured: 3_046 }],
    };
    let changed = AnomalyReport {
        anomaly: Anomaly::AudioCodecChanged,
        count: 1,
        first: vec![Occurrence { at: MonoMs(10_000), measured: 0 }],
    };
    let body = push_error(PUSH, &[late, changed], 5_000, (AT, MonoMs(10_000)));
    let expected = concat!(
        r#"{"abnormal_event":[{"count":12,"customer_visible":"true","detail":[{"desc":"#,
        r#""video frames arrived more than 3000 ms apart, 3046 ms","occur_time":1703731474999}],"type":6,"#,
        r#""type_desc_cn":"视频帧到达时间差值大于3000ms","type_desc_en":"video frames arrived more than 3000 ms apart"},"#,
        r#"{"count":1,"customer_visible":"true","detail":[{"desc":"the audio codec changed","occur_time":1703731478999}],"#,
        r#""type":9,"type_desc_cn":"音频编码类型发生变化","type_desc_en":"the audio codec changed"}],"appid":12345678,"#,
        r#""data_time":1703731478999,"domain":"test.domain.com","event_type":321,"interface":"general_callback","#,
        r#""path":"live","report_interval":5000,"sequence":"2210464508206756938","stream_id":"test_stream","#,
        r#""stream_param":"stream_param=test","timeout":20000,"user_ip":"192.0.2.1"}"#,
    );
    assert_eq!(body, expected);
}

#[test]
fn a_body_that_is_no_object_is_not_sent() {
    for body in ["", "[]", "1", "{"] {
        assert!(signed(body, &key(), AT).is_err(), "{body}");
    }
}

#[test]
fn a_recorded_file_is_told_field_by_field() {
    let facts = RecordedFacts {
        appid: 12_345_678,
        domain: "test.domain.com",
        path: "live",
        stream: "test_stream",
        channel: "test_stream",
        file_id: "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        format: "hls",
        task: None,
        started_at: AT,
        ended_at: UnixMs(AT.0 + 61_000),
        duration_ms: 60_600,
        bytes: 9_941_144,
        stream_param: Some("record=hls|flv"),
        video_url: "http://192.0.2.9/recordings/01ARZ3NDEKTSV4RRFFQ69G5FAV.m3u8",
    };
    let expected = concat!(
        r#"{"app":"test.domain.com","appid":12345678,"appname":"live","channel_id":"test_stream","duration":61,"#,
        r#""end_time":1703731539,"event_type":100,"file_format":"hls","file_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","#,
        r#""file_size":9941144,"record_file_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","start_time":1703731478,"#,
        r#""stream_id":"test_stream","stream_param":"record=hls|flv","video_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","#,
        r#""video_url":"http://192.0.2.9/recordings/01ARZ3NDEKTSV4RRFFQ69G5FAV.m3u8"}"#,
    );
    assert_eq!(recorded(facts), expected);
    let of_task = recorded(RecordedFacts { task: Some(7), stream_param: None, duration_ms: 1, ..facts });
    let of_task: serde_json::Value = serde_json::from_str(&of_task).unwrap();
    assert_eq!((&of_task["task_id"], &of_task["duration"]), (&"7".into(), &1.into()));
    assert!(of_task["stream_param"].is_null());
}
