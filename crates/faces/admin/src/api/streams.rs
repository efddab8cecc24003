//! Live streams, and the rules about who may push one and how late it is seen.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use vivace_base::{StreamName, UnixMs};
use vivace_domain::rule::{Delay, RuleFault};

use super::answer::{Refusal, Reply};
use super::call::{Call, Open, Operation};
use super::fields::{Field, Given, Kind};
use super::openapi::of;
use super::page::{PAGE, Page, cursor};
use crate::{Items, StreamView};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: Method::GET,
        path: "/streams",
        id: "listStreams",
        group: "streams",
        about: "Streams that are live or in their grace time, by their names.",
        open: Open::Page,
        parameters: &[],
        query: PAGE,
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<Items<StreamView>>)),
        refusals: &[],
        run: |call| Box::pin(list(call)),
    },
    Operation {
        method: Method::GET,
        path: "/streams/{name}",
        id: "getStream",
        group: "streams",
        about: "One stream that is live or in its grace time.",
        open: Open::Page,
        parameters: &[STREAM],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<StreamView>)),
        refusals: &[404],
        run: |call| Box::pin(show(call)),
    },
    Operation {
        method: Method::POST,
        path: "/streams/{name}/kick",
        id: "kickStream",
        group: "streams",
        about: "Cuts a stream's push. Its publisher may come back at once: a ban keeps it away.",
        open: Open::Token,
        parameters: &[STREAM],
        query: &[],
        body: Some(&[REASON]),
        is_guarded: false,
        answer: (204, None),
        refusals: &[404, 500, 503],
        run: |call| Box::pin(kick(call)),
    },
    Operation {
        method: Method::GET,
        path: "/bans",
        id: "listBans",
        group: "streams",
        about: "Streams that may not be pushed now, by their names.",
        open: Open::Token,
        parameters: &[],
        query: PAGE,
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<Items<BanView>>)),
        refusals: &[],
        run: |call| Box::pin(bans(call)),
    },
    Operation {
        method: Method::PUT,
        path: "/streams/{name}/ban",
        id: "banStream",
        group: "streams",
        about: "Cuts a stream's push and refuses further ones until a time.",
        open: Open::Token,
        parameters: &[STREAM],
        query: &[],
        body: Some(&[
            Field::new(
                "until_ms",
                TIME,
                "Until when, in milliseconds since 1970; as long as may be if it is not given.",
            ),
            REASON,
        ]),
        is_guarded: false,
        answer: (200, Some(of::<BanView>)),
        refusals: &[409, 500, 503],
        run: |call| Box::pin(ban(call)),
    },
    Operation {
        method: Method::DELETE,
        path: "/streams/{name}/ban",
        id: "unbanStream",
        group: "streams",
        about: "Lets a stream be pushed again.",
        open: Open::Token,
        parameters: &[STREAM],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (204, None),
        refusals: &[404, 409, 500, 503],
        run: |call| Box::pin(unban(call)),
    },
    Operation {
        method: Method::PUT,
        path: "/streams/{name}/delay",
        id: "delayStream",
        group: "streams",
        about: "Keeps the players of a stream behind its live edge; 0 goes back to the edge.",
        open: Open::Token,
        parameters: &[STREAM],
        query: &[],
        body: Some(&[
            Field::new("ms", Kind::Whole(0, i64::MAX), "How far, in milliseconds.").required(),
            Field::new("until_ms", TIME, "Until when, in milliseconds since 1970; for good if it is not given."),
        ]),
        is_guarded: false,
        answer: (200, Some(of::<DelayView>)),
        refusals: &[409, 500, 503],
        run: |call| Box::pin(delay(call)),
    },
];

/// The form of stream names.
pub(super) const NAME: Kind = Kind::Form(r"^[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,31}){0,2}$");
const STREAM: Field = Field::new("name", NAME, "The stream's name.").required();
const REASON: Field = Field::new("reason", Kind::Text, "Why; it stands in the log of changes.");
const TIME: Kind = Kind::Whole(0, i64::MAX);

/// A stream that may not be pushed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Ban")]
struct BanView {
    /// The stream.
    stream: String,
    /// Until when, in milliseconds since 1970.
    until_ms: i64,
    /// Why.
    reason: String,
}

/// How far the players of a stream are kept behind.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Delay")]
struct DelayView {
    /// The stream.
    stream: String,
    /// How far, in milliseconds.
    ms: u64,
    /// Until when, in milliseconds since 1970; null for good.
    until_ms: Option<i64>,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let page = Page::of(&call.query);
    let after = cursor(&call.query, "streams", |text| StreamName::parse(text).ok())?;
    let mut streams = call.live.streams(&call.host);
    streams.sort_by(|one, other| one.name.cmp(&other.name));
    let streams =
        streams.into_iter().filter(|one| after.as_ref().is_none_or(|after| one.name.as_str() > after.as_str()));
    Reply::ok(&page.cut(streams.collect(), "streams", |one| one.name.clone(), |one| one))
}

async fn show(call: Call) -> Result<Reply, Refusal> {
    let name = name(&call.path, "name")?;
    let found = call.live.streams(&call.host).into_iter().find(|one| one.name == name.as_str());
    Reply::ok(&found.ok_or_else(|| refuse(RuleFault::NotLive))?)
}

async fn kick(call: Call) -> Result<Reply, Refusal> {
    let name = name(&call.path, "name")?;
    let reason = call.body.text("reason").unwrap_or_default();
    call.live.channels().drop_stream_for(call.app, &call.caller, &name, reason).await.map_err(refuse)?;
    Ok(Reply::done())
}

async fn bans(call: Call) -> Result<Reply, Refusal> {
    let page = Page::of(&call.query);
    let after = cursor(&call.query, "bans", |text| StreamName::parse(text).ok())?;
    let bans = call.live.gate().standing().forbidden(call.app, call.live.now());
    let bans = bans.into_iter().filter(|(stream, _)| after.as_ref().is_none_or(|after| stream > after));
    let view = |(stream, until): (StreamName, UnixMs)| ban_view(&call, &stream, until);
    Reply::ok(&page.cut(bans.collect(), "bans", |(stream, _)| stream.to_string(), view))
}

async fn ban(call: Call) -> Result<Reply, Refusal> {
    let name = name(&call.path, "name")?;
    let (until, reason) = (call.body.whole("until_ms").map(UnixMs), call.body.text("reason").unwrap_or_default());
    call.live.channels().forbid(call.app, &call.caller, &name, until, reason).await.map_err(refuse)?;
    let rule = call.live.gate().standing().rule(call.app, &name);
    let until = rule.and_then(|rule| rule.forbid.as_ref().map(|forbid| forbid.until)).or(until);
    Reply::ok(&ban_view(&call, &name, until.unwrap_or(UnixMs(0))))
}

async fn unban(call: Call) -> Result<Reply, Refusal> {
    let name = name(&call.path, "name")?;
    let rule = call.live.gate().standing().rule(call.app, &name);
    if rule.is_none_or(|rule| rule.forbidden(call.live.now()).is_none()) {
        return Err(Refusal::unknown("not_banned", "the stream is not banned"));
    }
    call.live.channels().permit(call.app, &call.caller, &name).await.map_err(refuse)?;
    Ok(Reply::done())
}

async fn delay(call: Call) -> Result<Reply, Refusal> {
    let name = name(&call.path, "name")?;
    let ms = call.body.whole("ms").unwrap_or_default().unsigned_abs();
    let until = call.body.whole("until_ms").map(UnixMs);
    call.live.channels().set_delay(call.app, &call.caller, &name, Delay { ms, until }).await.map_err(refuse)?;
    Reply::ok(&DelayView { stream: name.to_string(), ms, until_ms: until.map(|until| until.0) })
}

fn ban_view(call: &Call, stream: &StreamName, until: UnixMs) -> BanView {
    let rule = call.live.gate().standing().rule(call.app, stream);
    let reason = rule.and_then(|rule| rule.forbid.as_ref().map(|forbid| forbid.reason.clone()));
    BanView { stream: stream.to_string(), until_ms: until.0, reason: reason.unwrap_or_default() }
}

/// A field that is a stream's name.
pub(super) fn name(given: &Given, field: &str) -> Result<StreamName, Refusal> {
    StreamName::parse(given.needed(field)).map_err(|fault| Refusal::field(field, &fault.to_string()))
}

fn refuse(fault: RuleFault) -> Refusal {
    match fault {
        RuleFault::Time { max_ms, .. } => {
            Refusal::field("until_ms", &format!("it must lie in the future, and {max_ms} ms away at most"))
        }
        RuleFault::DelayTooLong { max_ms, .. } => Refusal::field("ms", &format!("{max_ms} at most")),
        RuleFault::TooLong { max, .. } => Refusal::field("reason", &format!("{max} bytes at most")),
        RuleFault::Quota { .. } => Refusal::conflict("rules_full", fault.to_string()),
        RuleFault::NotLive => Refusal::unknown("unknown_stream", fault.to_string()),
        RuleFault::Unreadable | RuleFault::NotWritten => Refusal::store(),
        RuleFault::MediaSilent { .. } => {
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "media_silent", fault.to_string())
        }
    }
}
