use serde::Serialize;
use vivace_base::UnixMs;

use super::{seconds, text};

/// What the callback of a screenshot says.
#[derive(Clone, Copy, Debug)]
pub struct ScreenshotFacts<'a> {
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
    /// When the picture was taken.
    pub taken_at: UnixMs,
    /// Bytes of the picture.
    pub bytes: u64,
    /// Width and height in pixels.
    pub size: (u16, u16),
    /// What the picture is called, such as `/2026-01-31/cam-screenshot-12-00-00-1280x720.jpg`.
    pub pic_url: &'a str,
    /// Where it is fetched from.
    pub pic_full_url: &'a str,
}

#[derive(Serialize)]
struct Body<'a> {
    app: &'a str,
    appid: u32,
    appname: &'a str,
    channel_id: &'a str,
    create_time: i64,
    event_type: u32,
    file_size: u64,
    height: u16,
    pic_full_url: &'a str,
    pic_url: &'a str,
    stream_id: &'a str,
    width: u16,
}

/// Event 200: a screenshot is ready.
pub fn screenshot(facts: ScreenshotFacts<'_>) -> String {
    text(&Body {
        app: facts.domain,
        appid: facts.appid,
        appname: facts.path,
        channel_id: facts.channel,
        create_time: seconds(facts.taken_at),
        event_type: 200,
        file_size: facts.bytes,
        height: facts.size.1,
        pic_full_url: facts.pic_full_url,
        pic_url: facts.pic_url,
        stream_id: facts.stream,
        width: facts.size.0,
    })
}
