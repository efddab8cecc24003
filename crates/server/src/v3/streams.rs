use std::net::SocketAddr;

use serde_json::{Value, json};
use vivace_base::{AppId, StreamName, UnixMs};
use vivace_domain::live::APP_NAME;
use vivace_domain::rule::{Delay, RuleFault};
use vivace_gate::Caller as Who;
use vivace_hub::{Stream, StreamState};
use vivace_lvb::v3::{Events, EventsFilter, Fault, Page, StreamCommand, StreamRef, utc};
use vivace_store::{PushAsk, PushName, PushRecord};

use super::{Fields, cut, fields, paged, unreadable};
use crate::shared::Shared;

/// For how long a stream is forbidden, or delayed, of which no end is said.
const WEEK_MS: i64 = 7 * 86_400_000;

pub(super) async fn execute(
    shared: &Shared,
    (app, who): (AppId, &Who),
    command: StreamCommand,
) -> Result<Fields, Fault> {
    let now = shared.clock.unix();
    match command {
        StreamCommand::State(stream) => Ok(fields([("StreamState", state(shared, app, &stream, now).into())])),
        StreamCommand::Online { domain, served, name, page } => {
            Ok(online(shared, app, (&domain, served, name.as_deref()), page))
        }
        StreamCommand::Published(events) => list(shared, &events, "PublishInfo").await,
        StreamCommand::Events(events) => list(shared, &events, "EventList").await,
        StreamCommand::Drop(stream) => {
            shared.channels.drop_stream(app, who, &named(stream)?).await?;
            Ok(Fields::new())
        }
        StreamCommand::Forbid { stream, until, reason } => {
            let until = until.unwrap_or(UnixMs(now.0.saturating_add(WEEK_MS)));
            shared.channels.forbid(app, who, &named(stream)?, Some(until), &reason).await?;
            Ok(Fields::new())
        }
        StreamCommand::Resume(stream) => {
            shared.channels.permit(app, who, &named(stream)?).await?;
            Ok(Fields::new())
        }
        StreamCommand::Forbidden { name, page } => Ok(forbidden(shared, app, name.as_deref(), page)),
        StreamCommand::Delay { stream, ms, until } => {
            let latest = UnixMs(now.0.saturating_add(WEEK_MS));
            let until = until.unwrap_or(latest);
            if until > latest {
                return Err(RuleFault::Time { field: "ExpireTime", max_ms: WEEK_MS.unsigned_abs() }.into());
            }
            let delay = Delay { ms, until: Some(until) };
            shared.channels.set_delay(app, who, &named(stream)?, delay).await?;
            Ok(Fields::new())
        }
        StreamCommand::ResumeDelay(stream) => {
            shared.channels.set_delay(app, who, &named(stream)?, Delay { ms: 0, until: None }).await?;
            Ok(Fields::new())
        }
    }
}

fn named(stream: StreamRef) -> Result<StreamName, Fault> {
    stream.name.ok_or(Fault::NoStream)
}

fn state(shared: &Shared, app: AppId, stream: &StreamRef, now: UnixMs) -> &'static str {
    let Some(name) = &stream.name else { return "inactive" };
    let rule = shared.gate.standing().rule(app, name);
    if rule.is_some_and(|rule| rule.forbidden(now).is_some()) {
        return "forbid";
    }
    let live = shared.hub.stream(app, name).is_some_and(|stream| stream.state() == StreamState::Live);
    if live { "active" } else { "inactive" }
}

fn online(shared: &Shared, app: AppId, (domain, served, name): (&str, bool, Option<&str>), page: Page) -> Fields {
    let streams = shared.hub.streams().into_iter().filter(|stream| {
        let meant = name.is_none_or(|name| stream.name().as_str() == name);
        let pushed = stream.app() == app && !stream.is_derived();
        served && meant && pushed && stream.state() == StreamState::Live
    });
    let (streams, total) = cut(streams.collect(), page);
    let shown = streams.iter().map(|stream| {
        let pusher = shared.statistics.pusher(stream);
        let pushed_to = if pusher.domain.is_empty() { domain } else { &pusher.domain };
        json!({
            "StreamName": stream.name().as_str(),
            "AppName": APP_NAME,
            "DomainName": pushed_to,
            "PublishTimeList": [{ "PublishTime": utc(begun_at(shared, stream)) }],
            "PushToDelay": u8::from(stream.delay_ms() > 0),
        })
    });
    paged("OnlineInfo", shown.collect(), page, total)
}

/// When the stream's publisher began.
pub(super) fn begun_at(shared: &Shared, stream: &Stream) -> UnixMs {
    let pushed = shared.statistics.pusher(stream).begun_at;
    if pushed.0 > 0 {
        return pushed;
    }
    let (.., begun_at, _) = stream.publisher();
    let ago_ms = shared.clock.mono().since(begun_at);
    UnixMs(shared.clock.unix().0.saturating_sub_unsigned(ago_ms))
}

async fn list(shared: &Shared, events: &Events, name: &str) -> Result<Fields, Fault> {
    if !events.served {
        return Ok(paged(name, Vec::new(), events.page, 0));
    }
    let ask = PushAsk {
        from: events.from,
        to: events.to,
        name: match &events.name {
            None => PushName::All,
            Some(EventsFilter::Is(name)) => PushName::Is(name.clone()),
            Some(EventsFilter::Holds(part)) => PushName::Holds(part.clone()),
        },
        refused: !events.only_begun,
        ascending: events.ascending,
        offset: events.page.offset(),
        limit: events.page.size,
    };
    let (records, total) = shared.reader().past_pushes(&ask).await.map_err(|fault| unreadable(&fault))?;
    let shown = records.iter().map(|record| push(record, &events.domain));
    Ok(paged(name, shown.collect(), events.page, total))
}

fn push(record: &PushRecord, domain: &str) -> Value {
    // One that was refused began and ended in the same moment.
    let begun_at = record.begun_at.unwrap_or(record.ended_at);
    let peer = record.peer.parse::<SocketAddr>();
    json!({
        "StreamName": record.stream,
        "AppName": APP_NAME,
        "DomainName": domain,
        "StreamStartTime": utc(begun_at),
        "StreamEndTime": utc(record.ended_at),
        "StopReason": record.detail,
        "Duration": record.ended_at.0.saturating_sub(begun_at.0).max(0) / 1_000,
        "ClientIp": peer.map_or_else(|_| record.peer.clone(), |peer| peer.ip().to_canonical().to_string()),
        "Resolution": "",
    })
}

fn forbidden(shared: &Shared, app: AppId, name: Option<&str>, page: Page) -> Fields {
    let standing = shared.gate.standing();
    let all = standing.forbidden(app, shared.clock.unix());
    let meant = all.into_iter().filter(|(stream, _)| name.is_none_or(|name| stream.as_str() == name));
    let (found, total) = cut(meant.collect(), page);
    let shown = found.iter().map(|(stream, until)| {
        let reason =
            standing.rule(app, stream).and_then(|rule| rule.forbid.as_ref().map(|forbid| forbid.reason.clone()));
        json!({
            "StreamName": stream.as_str(),
            "AppName": APP_NAME,
            "ExpireTime": utc(*until),
            "Reason": reason.unwrap_or_default(),
        })
    });
    paged("ForbidStreamList", shown.collect(), page, total)
}
