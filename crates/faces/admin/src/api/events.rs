//! What happened to streams, and what was refused.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;
use vivace_codes::{Row, Table, Text, find};
use vivace_gate::{EventFilter, EventKind, EventRow};

use super::answer::{Refusal, Reply};
use super::call::{Call, Open, Operation};
use super::fields::{Field, Kind};
use super::openapi::of;
use super::page::{CURSOR_FIELD, LIMIT_FIELD, PAGE, Page, number_cursor};
use crate::{Items, RefusalView, Words};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: Method::GET,
        path: "/events",
        id: "listEvents",
        group: "events",
        about: "What happened to streams, newest first, also before the last start.",
        open: Open::Token,
        parameters: &[],
        query: &[
            LIMIT_FIELD,
            CURSOR_FIELD,
            Field::new("kind", Kind::Word(&KINDS), "Of this kind only."),
            Field::new("stream", Kind::Text, "Of this stream only, as the peer named it."),
        ],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<Items<EventView>>)),
        refusals: &[500],
        run: |call| Box::pin(list(call)),
    },
    Operation {
        method: Method::GET,
        path: "/refusals",
        id: "listRefusals",
        group: "events",
        about: "What was refused, newest first, also before the last start, with cause and remedy.",
        open: Open::Page,
        parameters: &[],
        query: PAGE,
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<Items<RefusalView>>)),
        refusals: &[500],
        run: |call| Box::pin(refusals(call)),
    },
];

const KINDS: [&str; EventKind::ALL.len()] = {
    let mut words = [""; EventKind::ALL.len()];
    let mut at = 0;
    while at < words.len() {
        words[at] = EventKind::ALL[at].as_str();
        at += 1;
    }
    words
};

/// Something that happened.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Event")]
struct EventView {
    /// Its number, which grows.
    id: i64,
    /// When, in milliseconds since 1970.
    at_ms: i64,
    /// What.
    kind: &'static str,
    /// The stream, as the peer named it.
    stream: Option<String>,
    /// The peer's address.
    peer: String,
    /// The session.
    session: String,
    /// Table of the code, if there is one.
    table: Option<String>,
    /// The code.
    code: Option<u32>,
    /// What else there is to say.
    detail: String,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let page = Page::of(&call.query);
    let filter = EventFilter {
        coded: false,
        kind: call.query.text("kind").and_then(EventKind::parse),
        stream: call.query.text("stream").map(str::to_owned),
        before: number_cursor(&call.query, "events")?,
    };
    let rows = read(&call, &filter, &page).await?;
    Reply::ok(&page.cut(rows, "events", |row| row.id.to_string(), view))
}

async fn refusals(call: Call) -> Result<Reply, Refusal> {
    let page = Page::of(&call.query);
    let before = number_cursor(&call.query, "refusals")?;
    let rows = read(&call, &EventFilter { coded: true, before, ..EventFilter::default() }, &page).await?;
    Reply::ok(&page.cut(rows, "refusals", |row| row.id.to_string(), refusal))
}

async fn read(call: &Call, filter: &EventFilter, page: &Page) -> Result<Vec<EventRow>, Refusal> {
    // What has happened before this call is in its answer.
    call.live.flush_events().await;
    call.live.operator().events(filter, page.rows()).await.map_err(|_| Refusal::store())
}

fn view(row: EventRow) -> EventView {
    let event = row.event;
    EventView {
        id: row.id,
        at_ms: event.at.0,
        kind: event.kind.as_str(),
        stream: event.stream,
        peer: event.peer,
        session: event.session.to_string(),
        table: event.table.map(std::borrow::Cow::into_owned),
        code: event.code,
        detail: event.detail,
    }
}

fn refusal(row: EventRow) -> RefusalView {
    let event = row.event;
    let code = event.code.unwrap_or_default();
    let known = event.table.as_deref().and_then(Table::from_name).and_then(|table| find(table, code));
    let (operation, port) = (operation(event.kind), event.peer.rfind(':').unwrap_or(event.peer.len()));
    RefusalView {
        id: row.id,
        at_ms: event.at.0,
        operation,
        stream: event.stream,
        peer: event.peer.get(..port).unwrap_or_default().to_owned(),
        session: event.session.to_string(),
        table: event.table.map(std::borrow::Cow::into_owned).unwrap_or_default(),
        code,
        message: known.map_or("", |row| row.en.message),
        detail: event.detail,
        en: words(known.map(|row: &Row| &row.en)),
        zh: words(known.map(|row| &row.zh)),
    }
}

const fn operation(kind: EventKind) -> &'static str {
    match kind {
        EventKind::RefusedPublish => "publish",
        EventKind::RefusedPlay => "play",
        EventKind::RefusedCall => "call",
        EventKind::Ended => "running_publish",
        other => other.as_str(),
    }
}

/// A code that this version no longer knows has none.
fn words(text: Option<&Text>) -> Words {
    let Some(text) = text else { return Words { message: "", cause: "", remedy: "" } };
    Words { message: text.message, cause: text.cause, remedy: text.remedy }
}
