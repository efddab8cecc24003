//! The figures of streams, in the words of the LVB-code API: bandwidth in megabits and speed in bits a second, traffic in
//! megabytes, times in Unix seconds.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use vivace_base::{AppId, StreamName, UnixMs};
use vivace_hub::{Stream, StreamState};
use vivace_lvb::code_api::{Fault, Page, Part};

use super::unreadable;
use crate::shared::Shared;

/// Seconds of a minute.
const MINUTE_S: f64 = 60.0;
/// Bits in a megabit, and bytes in a megabyte, as the figures have them.
const MEGA: f64 = 1_000_000.0;

/// What streams do now; an empty object if the one that is asked for is not live.
pub(super) fn now(shared: &Shared, app: AppId, part: Part, (name, page): (Option<&StreamName>, Page)) -> Value {
    let mut streams: Vec<Arc<Stream>> = shared.hub.streams();
    let meant = |stream: &Arc<Stream>| name.is_none_or(|name| stream.name() == name);
    streams.retain(|stream| stream.app() == app && stream.state() == StreamState::Live && meant(stream));
    if name.is_some() && streams.is_empty() {
        return json!({});
    }
    streams.sort_by(|a, b| a.name().cmp(b.name()));
    let bits_out = |stream: &Arc<Stream>| shared.rates.of(stream.serial()).bits_out_per_second;
    let skip = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    let take = usize::try_from(page.size).unwrap_or(usize::MAX);
    let shown: Vec<Value> = streams.iter().skip(skip).take(take).map(|stream| info(shared, stream, part)).collect();
    let mut output = json!({ "stream_count": streams.len(), "stream_info": shown });
    if let (true, Some(fields)) = (part.has_play(), output.as_object_mut()) {
        let online: u64 = streams.iter().map(|stream| shared.statistics.online(stream)).sum();
        fields.insert("total_bandwidth".to_owned(), mega(streams.iter().map(bits_out).sum()).into());
        fields.insert("total_online".to_owned(), online.into());
    }
    output
}

fn info(shared: &Shared, stream: &Stream, part: Part) -> Value {
    let rate = shared.rates.of(stream.serial());
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("stream_name", stream.name().as_str().into());
    if part.has_play() {
        put("bandwidth", mega(rate.bits_out_per_second).into());
        put("online", shared.statistics.online(stream).into());
    }
    if part.has_push() {
        let pusher = shared.statistics.pusher(stream);
        put("client_ip", pusher.client_ip.into());
        put("server_ip", pusher.server_ip.into());
        put("fps", rate.pictures_per_second.into());
        put("speed", rate.bits_per_second.into());
    }
    Value::Object(fields)
}

/// What a push was in each minute in which somebody pushed.
pub(super) async fn push_history(
    shared: &Shared,
    app: AppId,
    stream: &StreamName,
    times: (UnixMs, UnixMs),
) -> Result<Value, Fault> {
    let found = shared.reader().push_minutes(app, stream.as_str(), times).await;
    let found = found.map_err(|fault| unreadable(&fault, Fault::StatisticsUnreadable))?;
    let shown = found.iter().map(|minute| {
        let live_ms = minute.live_ms.max(1);
        json!({
            "time": seconds(minute.minute),
            "client_ip": minute.client_ip,
            "server_ip": minute.server_ip,
            "fps": (minute.pictures.saturating_mul(1_000) + live_ms / 2) / live_ms,
            "speed": minute.bytes_in.saturating_mul(8_000) / live_ms,
        })
    });
    Ok(json!({ "stream_info": shown.collect::<Vec<_>>() }))
}

/// What was played in each minute in which somebody did.
pub(super) async fn play_history(
    shared: &Shared,
    app: AppId,
    stream: Option<&StreamName>,
    times: (UnixMs, UnixMs),
) -> Result<Value, Fault> {
    let found = shared.reader().play_minutes(app, times, stream.map(StreamName::as_str)).await;
    let found = found.map_err(|fault| unreadable(&fault, Fault::StatisticsUnreadable))?;
    let shown = found.iter().map(|minute| {
        json!({
            "time": seconds(minute.minute),
            "bandwidth": mega(minute.bytes) * 8.0 / MINUTE_S,
            "online": minute.online,
            "flux": mega(minute.bytes),
        })
    });
    let sum = found.iter().fold(0_u64, |sum, minute| sum.saturating_add(minute.bytes));
    Ok(json!({
        "stat_info": shown.collect::<Vec<_>>(),
        "sum_info": { "sum_flux": mega(sum) },
        "domain": "",
        "stream_id": stream.map_or("", StreamName::as_str),
    }))
}

#[allow(clippy::cast_precision_loss, reason = "figures of megabytes need no more than 53 bits")]
fn mega(count: u64) -> f64 {
    count as f64 / MEGA
}

const fn seconds(at: UnixMs) -> i64 {
    at.0.div_euclid(1_000)
}
