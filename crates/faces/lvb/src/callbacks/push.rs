use serde::Serialize;
use vivace_base::UnixMs;
use vivace_domain::live::MediaFault;

use super::{seconds, text};
use crate::codes;

/// Of which region the server is: 1 to 6 stand for mainland China, 7 to 200 for the rest. A server of one's own is the
/// first of the first.
const SET_ID: u32 = 1;

/// What every callback of a push says.
#[derive(Clone, Copy, Debug)]
pub struct PushFacts<'a> {
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
    /// The same for all events of one push.
    pub sequence: u64,
    /// The server's address as the publisher reached it.
    pub node: &'a str,
    /// The publisher's address.
    pub user_ip: &'a str,
    /// The query of the push address.
    pub stream_param: &'a str,
}

/// How a push ended.
#[derive(Clone, Copy, Debug)]
pub struct PushEnd<'a> {
    /// When.
    pub at: UnixMs,
    /// How long it lasted, in milliseconds.
    pub duration_ms: u64,
    /// Why.
    pub fault: &'a MediaFault,
    /// Width and height of the picture; zeros if there was none.
    pub size: (u16, u16),
}

#[derive(Serialize)]
struct Body<'a> {
    app: &'a str,
    appid: u32,
    appname: &'a str,
    channel_id: &'a str,
    errcode: u32,
    errmsg: &'a str,
    event_time: i64,
    event_type: u32,
    height: u16,
    node: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    push_duration: Option<String>,
    sequence: String,
    set_id: u32,
    stream_id: &'a str,
    stream_param: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_errcode: Option<u32>,
    user_ip: &'a str,
    width: u16,
}

/// Event 1: a push began.
pub fn push_began(push: PushFacts<'_>, at: UnixMs) -> String {
    text(&Body { errmsg: "ok", event_type: 1, ..body(push, at) })
}

/// Event 0: a push was interrupted. `sub_errcode`, which the original has only in its record of interruptions, stands
/// there where the interruption has one.
pub fn push_ended(push: PushFacts<'_>, end: PushEnd<'_>) -> String {
    let told = codes::interruption(end.fault);
    let errmsg = told.row.map_or_else(|| end.fault.to_string(), |row| format!("{} ({})", end.fault, row.en.message));
    text(&Body {
        errcode: told.errcode,
        errmsg: &errmsg,
        event_type: 0,
        push_duration: Some(end.duration_ms.to_string()),
        sub_errcode: Some(told.sub_errcode).filter(|code| *code != 0),
        width: end.size.0,
        height: end.size.1,
        ..body(push, end.at)
    })
}

fn body(push: PushFacts<'_>, at: UnixMs) -> Body<'_> {
    Body {
        app: push.domain,
        appid: push.appid,
        appname: push.path,
        channel_id: push.channel,
        errcode: 0,
        errmsg: "",
        event_time: seconds(at),
        event_type: 0,
        height: 0,
        node: push.node,
        push_duration: None,
        sequence: push.sequence.to_string(),
        set_id: SET_ID,
        stream_id: push.stream,
        stream_param: push.stream_param,
        sub_errcode: None,
        user_ip: push.user_ip,
        width: 0,
    }
}
