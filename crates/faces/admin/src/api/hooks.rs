//! Callbacks to customers' servers: what waits, what was delivered, what was given up.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use vivace_gate::{Hook, HookFilter, HookState, ResendFault};

use super::answer::{Refusal, Reply};
use super::call::{Call, Open, Operation};
use super::fields::{Field, Kind};
use super::openapi::of;
use super::page::{CURSOR_FIELD, LIMIT_FIELD, Page, number_cursor};
use crate::Items;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: Method::GET,
        path: "/hooks",
        id: "listHooks",
        group: "hooks",
        about: "Callbacks of the outbox, newest first.",
        open: Open::Token,
        parameters: &[],
        query: &[
            LIMIT_FIELD,
            CURSOR_FIELD,
            Field::new("state", Kind::Word(&STATES), "In this state only."),
            Field::new("stream", Kind::Text, "Of this stream only."),
            Field::new("kind", Kind::Whole(0, u32::MAX as i64), "Of this event_type only."),
        ],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<Items<HookView>>)),
        refusals: &[500],
        run: |call| Box::pin(list(call)),
    },
    Operation {
        method: Method::POST,
        path: "/hooks/{id}/resend",
        id: "resendHook",
        group: "hooks",
        about: "Sends a callback that was delivered or given up once more, as a new one.",
        open: Open::Token,
        parameters: &[Field::new("id", Kind::Form("^[1-9][0-9]{0,17}$"), "The callback's number.").required()],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (201, Some(of::<Resent>)),
        refusals: &[404, 409, 500],
        run: |call| Box::pin(resend(call)),
    },
];

const STATES: [&str; HookState::ALL.len()] = {
    let mut words = [""; HookState::ALL.len()];
    let mut at = 0;
    while at < words.len() {
        words[at] = HookState::ALL[at].as_str();
        at += 1;
    }
    words
};

/// One callback.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Hook")]
struct HookView {
    /// Its number, which grows.
    id: i64,
    /// The stream that it is about.
    stream: String,
    /// `event_type`.
    kind: u32,
    /// Where it goes; what may be a key is left out.
    host: String,
    /// What it says, without its signature.
    body: Value,
    /// `waiting`, `delivered` or `dead`.
    state: &'static str,
    /// Tries so far.
    attempts: u32,
    /// Why the last try failed.
    last_error: Option<String>,
    /// When it was written, in milliseconds since 1970.
    created_at_ms: i64,
    /// When it is tried next; null while an earlier one of its stream waits, and once it is settled.
    next_at_ms: Option<i64>,
    /// When it was delivered or given up.
    settled_at_ms: Option<i64>,
}

/// A callback that is sent once more.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Resent {
    /// The number of the new one.
    id: i64,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let page = Page::of(&call.query);
    let filter = HookFilter {
        stream: call.query.text("stream").map(str::to_owned),
        kind: call.query.whole("kind").and_then(|kind| u32::try_from(kind).ok()),
        state: call.query.text("state").and_then(HookState::parse),
        before: number_cursor(&call.query, "hooks")?,
    };
    let rows = call.live.operator().hooks(call.app, &filter, page.rows()).await.map_err(|_| Refusal::store())?;
    Reply::ok(&page.cut(rows, "hooks", |row| row.seq.to_string(), view))
}

async fn resend(call: Call) -> Result<Reply, Refusal> {
    let unknown = || Refusal::unknown("unknown_hook", "there is no such callback, or no longer");
    let id = call.path.needed("id").parse().map_err(|_| unknown())?;
    let again = call.live.operator().resend_hook(call.app, &call.caller, id).await.map_err(|fault| match fault {
        ResendFault::Unknown => unknown(),
        ResendFault::Waits | ResendFault::Full => Refusal::conflict("not_resent", fault.to_string()),
        ResendFault::Store(_) => Refusal::store(),
    })?;
    call.live.wake_callbacks();
    Reply::created(&Resent { id: again })
}

fn view(hook: Hook) -> HookView {
    HookView {
        id: hook.seq,
        stream: hook.stream,
        kind: hook.kind,
        host: hook.host,
        body: serde_json::from_str(&hook.body).unwrap_or_default(),
        state: hook.state.as_str(),
        attempts: hook.attempts,
        last_error: hook.last_error,
        created_at_ms: hook.created_at.0,
        next_at_ms: hook.next_at.map(|at| at.0),
        settled_at_ms: hook.settled_at.map(|at| at.0),
    }
}
