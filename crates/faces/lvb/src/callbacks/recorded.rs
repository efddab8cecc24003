use serde::Serialize;
use vivace_base::UnixMs;

use super::{seconds, text};

/// What the callback of a recorded file says.
#[derive(Clone, Copy, Debug)]
pub struct RecordedFacts<'a> {
    /// The app's number.
    pub appid: u32,
    /// The host name that was pushed to.
    pub domain: &'a str,
    /// The application name that was pushed to.
    pub path: &'a str,
    /// The stream's name.
    pub stream: &'a str,
    /// The channel's number in channel mode, otherwise the stream's name.
    pub channel: &'a str,
    /// The file's id.
    pub file_id: &'a str,
    /// Its format: flv, hls, mp4 or aac.
    pub format: &'a str,
    /// The task that it was made for.
    pub task: Option<u64>,
    /// When it begins.
    pub started_at: UnixMs,
    /// When it ends.
    pub ended_at: UnixMs,
    /// What it plays for, in milliseconds.
    pub duration_ms: u64,
    /// Its bytes.
    pub bytes: u64,
    /// The query of the push address; none for the file of a task.
    pub stream_param: Option<&'a str>,
    /// Where it is fetched from.
    pub video_url: &'a str,
}

#[derive(Serialize)]
struct Body<'a> {
    app: &'a str,
    appid: u32,
    appname: &'a str,
    channel_id: &'a str,
    duration: u64,
    end_time: i64,
    event_type: u32,
    file_format: &'a str,
    file_id: &'a str,
    file_size: u64,
    record_file_id: &'a str,
    start_time: i64,
    stream_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_param: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_id: Option<String>,
    video_id: &'a str,
    video_url: &'a str,
}

/// Event 100: a recorded file is ready. `video_id` and `record_file_id`, as older clients call it, are the file's id too.
pub fn recorded(facts: RecordedFacts<'_>) -> String {
    text(&Body {
        app: facts.domain,
        appid: facts.appid,
        appname: facts.path,
        channel_id: facts.channel,
        // Whole seconds, as the original has them; a shorter file has one all the same.
        duration: (facts.duration_ms.saturating_add(500) / 1_000).max(u64::from(facts.duration_ms > 0)),
        end_time: seconds(facts.ended_at),
        event_type: 100,
        file_format: facts.format,
        file_id: facts.file_id,
        file_size: facts.bytes,
        record_file_id: facts.file_id,
        start_time: seconds(facts.started_at),
        stream_id: facts.stream,
        stream_param: facts.stream_param,
        task_id: facts.task.map(|task| task.to_string()),
        video_id: facts.file_id,
        video_url: facts.video_url,
    })
}
