use vivace_base::{Secret, StreamName, UnixMs};

use super::{PlayFormat, sign};

/// What an address is signed with, and until when it is good.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// The push or the play key.
    pub key: &'a Secret<String>,
    /// Becomes `txTime`, rounded down to seconds and kept within what eight hex digits hold (1970 to 2106).
    pub expires_at: UnixMs,
}

/// The address to push to: `rtmp://HOST:PORT/live/NAME?bizid=..&txSecret=..&txTime=..`.
///
/// `authority` is `host:port`. Without a stamp the address is unsigned and still holds a `?`, because clients append
/// `&record=..` to it.
pub fn push_url(authority: &str, name: &StreamName, bizid: u32, stamp: Option<Stamp<'_>>) -> String {
    let signature = stamp.map_or_else(String::new, |stamp| format!("&{}", signed(name, stamp)));
    format!("rtmp://{authority}/live/{name}?bizid={bizid}{signature}")
}

/// The address to play from: `rtmp://HOST:PORT/live/NAME`, `http://HOST:PORT/live/NAME.flv`, `.mp4` or `.m3u8`, with
/// `?txSecret=..&txTime=..` if it is stamped.
pub fn play_url(format: PlayFormat, authority: &str, name: &StreamName, stamp: Option<Stamp<'_>>) -> String {
    let (scheme, extension, own) = match format {
        PlayFormat::Rtmp => ("rtmp", "", None),
        PlayFormat::Flv => ("http", ".flv", None),
        PlayFormat::Mp4 => ("http", ".mp4", None),
        PlayFormat::Hls => ("http", ".m3u8", None),
        PlayFormat::LlHls => ("http", ".m3u8", Some("hls=ll".to_owned())),
    };
    let parameters = own.into_iter().chain(stamp.map(|stamp| signed(name, stamp))).collect::<Vec<_>>().join("&");
    let query = if parameters.is_empty() { String::new() } else { format!("?{parameters}") };
    format!("{scheme}://{authority}/live/{name}{extension}{query}")
}

fn signed(name: &StreamName, stamp: Stamp<'_>) -> String {
    let seconds = stamp.expires_at.0.div_euclid(1_000).clamp(0, i64::from(u32::MAX));
    let tx_time = format!("{seconds:X}");
    format!("txSecret={}&txTime={tx_time}", sign(stamp.key, name.as_str(), &tx_time))
}
