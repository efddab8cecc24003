use serde::Serialize;
use vivace_base::{MonoMs, UnixMs};
use vivace_domain::ingest::{Anomaly, AnomalyReport};

use super::{PushFacts, text};

/// How long the sender waits for an answer, as the original says it.
const TIMEOUT_MS: u32 = 20_000;

#[derive(Serialize)]
struct Body<'a> {
    abnormal_event: Vec<Event>,
    appid: u32,
    data_time: i64,
    domain: &'a str,
    event_type: u32,
    interface: &'static str,
    path: &'a str,
    report_interval: u64,
    sequence: String,
    stream_id: &'a str,
    stream_param: &'a str,
    timeout: u32,
    user_ip: &'a str,
}

#[derive(Serialize)]
struct Event {
    count: u64,
    customer_visible: &'static str,
    detail: Vec<Detail>,
    r#type: u32,
    type_desc_cn: &'static str,
    type_desc_en: &'static str,
}

#[derive(Serialize)]
struct Detail {
    desc: String,
    occur_time: i64,
}

/// Event 321: what went wrong in a running push within `interval_ms` up to `now`, which is the same moment on both clocks.
pub fn push_error(
    push: PushFacts<'_>,
    reports: &[AnomalyReport],
    interval_ms: u64,
    (now, now_mono): (UnixMs, MonoMs),
) -> String {
    let at = |mono: MonoMs| now.0.saturating_sub_unsigned(now_mono.since(mono));
    let events = reports.iter().map(|report| {
        let (number, cn, en, unit) = words(report.anomaly);
        let details = report.first.iter().map(|one| Detail {
            desc: if unit.is_empty() { en.to_owned() } else { format!("{en}, {}{unit}", one.measured) },
            occur_time: at(one.at),
        });
        Event {
            count: report.count,
            customer_visible: "true",
            detail: details.collect(),
            r#type: number,
            type_desc_cn: cn,
            type_desc_en: en,
        }
    });
    text(&Body {
        abnormal_event: events.collect(),
        appid: push.appid,
        data_time: now.0,
        domain: push.domain,
        event_type: 321,
        interface: "general_callback",
        path: push.path,
        report_interval: interval_ms,
        sequence: push.sequence.to_string(),
        stream_id: push.stream,
        stream_param: push.stream_param,
        timeout: TIMEOUT_MS,
        user_ip: push.user_ip,
    })
}

/// `type`, its words in both languages, and the unit of what is measured.
const fn words(anomaly: Anomaly) -> (u32, &'static str, &'static str, &'static str) {
    match anomaly {
        Anomaly::VideoBackwards => (1, "视频时间戳回退", "video timestamp moved backwards", " ms"),
        Anomaly::AudioBackwards => (2, "音频时间戳回退", "audio timestamp moved backwards", " ms"),
        Anomaly::VideoJump => {
            (3, "视频时间戳突然变大(大于1000ms)", "video timestamp jumped ahead by more than 1000 ms", " ms")
        }
        Anomaly::AudioJump => {
            (4, "音频时间戳突然变大(大于1000ms)", "audio timestamp jumped ahead by more than 1000 ms", " ms")
        }
        Anomaly::VideoLate => {
            (6, "视频帧到达时间差值大于3000ms", "video frames arrived more than 3000 ms apart", " ms")
        }
        Anomaly::AudioLate => {
            (7, "音频帧到达时间差值大于1000ms", "audio frames arrived more than 1000 ms apart", " ms")
        }
        Anomaly::VideoCodecChanged => (8, "视频编码类型发生变化", "the video codec changed", ""),
        Anomaly::AudioCodecChanged => (9, "音频编码类型发生变化", "the audio codec changed", ""),
        Anomaly::VideoNoHeader => (10, "视频帧到来前没有 codec 头", "a video frame came before its codec header", ""),
        Anomaly::AudioNoHeader => (11, "音频帧到来前没有 codec 头", "an audio frame came before its codec header", ""),
        Anomaly::LowFrameRate => (15, "视频帧率过低", "the video frame rate is too low", " fps"),
        Anomaly::LongGop => (16, "gop size 过大(大于10s)", "key frames are more than 10 s apart", " ms"),
    }
}
