use std::collections::BTreeMap;

use serde_json::{Value, json};
use vivace_base::{AppId, UnixMs};
use vivace_domain::live::APP_NAME;
use vivace_hub::{Stream, StreamState};
use vivace_lvb::v3::{Fault, Form, Moment, StatisticsCommand, TopOrder, utc};
use vivace_store::{ClientOrder, PlayMinute, StreamMinute};

use super::streams::begun_at;
use super::{Fields, cut, fields, paged, unreadable};
use crate::shared::Shared;

const MINUTE_MS: i64 = 60_000;
/// Bits in a megabit, and bytes in a megabyte, as the figures have them.
const MEGA: f64 = 1_000_000.0;

pub(super) async fn execute(shared: &Shared, app: AppId, command: StatisticsCommand) -> Result<Fields, Fault> {
    let failed = |fault: vivace_store::Fault| unreadable(&fault);
    match command {
        StatisticsCommand::Plays { from, to, stream } => {
            let found = shared.reader().play_minutes(app, (from.at, to.at), stream.as_deref()).await.map_err(failed)?;
            let shown = found.iter().map(|minute| play(minute, from.form)).collect();
            Ok(fields([("DataInfoList", shown)]))
        }
        StatisticsCommand::Pushes { served, page } => {
            let pushed = |stream: &Stream| stream.app() == app && !stream.is_derived();
            let live = |stream: &Stream| served && pushed(stream) && stream.state() == StreamState::Live;
            let streams = shared.hub.streams().into_iter().filter(|stream| live(stream)).collect();
            let (streams, total) = cut(streams, page);
            let shown = streams.iter().map(|stream| push(shared, stream)).collect();
            Ok(paged("DataInfoList", shown, page, total))
        }
        StatisticsCommand::PushHistory { stream, from, to } => {
            let found = shared.reader().push_minutes(app, &stream, (from.at, to.at)).await.map_err(failed)?;
            Ok(fields([("DataInfoList", found.iter().map(quality).collect())]))
        }
        StatisticsCommand::TopClients { from, to, order, page } => {
            let (by, word) = match order {
                TopOrder::Requests => (ClientOrder::Requests, "TotalRequest"),
                TopOrder::Failed => (ClientOrder::Failed, "FailedRequest"),
                TopOrder::Bytes => (ClientOrder::Bytes, "TotalFlux"),
            };
            let part = (page.offset(), page.size);
            let asked = shared.reader().client_sums(app, (from.at, to.at), by, part).await;
            let (found, total) = asked.map_err(failed)?;
            let shown = found.iter().map(|client| {
                json!({
                    "ClientIp": client.address,
                    "Province": "",
                    "CountryArea": "",
                    "TotalFlux": mega(client.bytes),
                    "TotalRequest": client.requests,
                    "TotalFailedRequest": client.failed,
                })
            });
            let mut page = paged("DataInfoList", shown.collect(), page, total);
            page.insert("OrderParam".to_owned(), word.into());
            Ok(page)
        }
        StatisticsCommand::Bill { from, to, step_ms } => {
            let found = shared.reader().play_minutes(app, (from.at, to.at), None).await.map_err(failed)?;
            Ok(bill(&found, (from, to), step_ms))
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "figures of megabytes need no more than 53 bits")]
fn mega(bytes: u64) -> f64 {
    bytes as f64 / MEGA
}

/// Megabits a second of so many bytes in so many milliseconds.
#[allow(clippy::cast_precision_loss, reason = "figures of megabits need no more than 53 bits")]
fn megabits(bytes: u64, ms: i64) -> f64 {
    mega(bytes) * 8.0 * 1_000.0 / ms.max(1) as f64
}

fn play(minute: &PlayMinute, form: Form) -> Value {
    json!({
        "Time": form.write(minute.minute),
        "Bandwidth": megabits(minute.bytes, MINUTE_MS),
        "Flux": mega(minute.bytes),
        "Request": minute.requests,
        "Online": minute.online,
    })
}

fn push(shared: &Shared, stream: &Stream) -> Value {
    let (pusher, rate, tracks) = (shared.statistics.pusher(stream), shared.rates.of(stream.serial()), stream.tracks());
    let resolution = tracks.video.as_ref().and_then(|video| video.track(1).ok()).map(|track| track.size());
    let resolution = resolution.map_or_else(String::new, |(width, height)| format!("{width}x{height}"));
    // Without the dot that the standard's name has.
    let name = |codec: Option<&'static str>| codec.unwrap_or_default().replace('.', "");
    json!({
        "StreamName": stream.name().as_str(),
        "AppName": APP_NAME,
        "ClientIp": pusher.client_ip,
        "ServerIp": pusher.server_ip,
        "VideoFps": rate.pictures_per_second,
        "VideoSpeed": rate.bits_per_second,
        "PushDomain": pusher.domain,
        "BeginPushTime": utc(begun_at(shared, stream)),
        "Acodec": name(tracks.audio.as_ref().map(|audio| audio.codec.name())),
        "Vcodec": name(tracks.video.as_ref().map(|video| video.codec.name())),
        "Resolution": resolution,
    })
}

/// A minute of a push. Sound and pictures are counted together, so that `VideoRate` is the rate of both.
fn quality(minute: &StreamMinute) -> Value {
    let live_ms = minute.live_ms.max(1);
    let bits_per_second = minute.bytes_in.saturating_mul(8_000) / live_ms;
    json!({
        "Time": utc(minute.minute),
        "PushDomain": minute.domain,
        "AppName": APP_NAME,
        "ClientIp": minute.client_ip,
        "ServerIp": minute.server_ip,
        "VideoFps": (minute.pictures.saturating_mul(1_000) + live_ms / 2) / live_ms,
        "VideoRate": bits_per_second,
        "Bandwidth": megabits(minute.bytes_in, i64::try_from(live_ms).unwrap_or(i64::MAX)),
        "Flux": mega(minute.bytes_in),
    })
}

/// Five minutes are what bandwidth is billed by; a longer step shows the largest of them.
fn bill(minutes: &[PlayMinute], (from, to): (Moment, Moment), step_ms: i64) -> Fields {
    const FIVE_MS: i64 = 5 * MINUTE_MS;
    let floor = |at: i64, step: i64| at - at.rem_euclid(step);
    let mut fives: BTreeMap<i64, u64> = BTreeMap::new();
    let (first, last) = (floor(from.at.0, FIVE_MS), floor(to.at.0, FIVE_MS));
    // Bounded by the longest time that is asked for: 31 days.
    let mut at = first;
    while at <= last {
        fives.insert(at, 0);
        at += FIVE_MS;
    }
    for minute in minutes {
        *fives.entry(floor(minute.minute.0, FIVE_MS)).or_default() += minute.bytes;
    }
    let mut steps: BTreeMap<i64, (u64, u64, i64)> = BTreeMap::new();
    for (at, bytes) in &fives {
        let (sum, peak, peak_at) = steps.entry(floor(*at, step_ms)).or_insert((0, 0, *at));
        *sum += bytes;
        if bytes > peak {
            (*peak, *peak_at) = (*bytes, *at);
        }
    }
    let shown = steps.iter().map(|(at, (sum, peak, peak_at))| {
        json!({
            "Time": from.form.write(UnixMs(*at)),
            "Bandwidth": megabits(*peak, FIVE_MS),
            "Flux": mega(*sum),
            "PeakTime": from.form.write(UnixMs(*peak_at)),
        })
    });
    let mut ordered: Vec<(u64, i64)> = fives.iter().map(|(at, bytes)| (*bytes, *at)).collect();
    ordered.sort_unstable_by(|a, b| b.cmp(a));
    // Of all, the largest twentieth does not count.
    let nth = |at: usize| ordered.get(at).copied().unwrap_or((0, first));
    let (peak, p95) = (nth(0), nth(ordered.len() / 20));
    fields([
        ("PeakBandwidth", megabits(peak.0, FIVE_MS).into()),
        ("PeakBandwidthTime", from.form.write(UnixMs(peak.1)).into()),
        ("P95PeakBandwidth", megabits(p95.0, FIVE_MS).into()),
        ("P95PeakBandwidthTime", from.form.write(UnixMs(p95.1)).into()),
        ("SumFlux", mega(fives.values().sum()).into()),
        ("DataInfoList", shown.collect()),
    ])
}
