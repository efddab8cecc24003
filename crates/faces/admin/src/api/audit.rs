//! The log of changes, and the way back from one.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use vivace_gate::{AuditFilter, AuditRow, UndoFault};

use super::answer::{Refusal, Reply};
use super::call::{Call, Open, Operation};
use super::fields::{Field, Kind};
use super::openapi::of;
use super::page::{CURSOR_FIELD, LIMIT_FIELD, Page, number_cursor};
use super::relays;
use crate::Items;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: Method::GET,
        path: "/audit",
        id: "listChanges",
        group: "audit",
        about: "Every change that was made through any face, newest first.",
        open: Open::Token,
        parameters: &[],
        query: &[
            LIMIT_FIELD,
            CURSOR_FIELD,
            Field::new(
                "subject",
                Kind::Text,
                "Of this subject only, such as list/push or channel/16093104850681751595.",
            ),
        ],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<Items<ChangeView>>)),
        refusals: &[500],
        run: |call| Box::pin(list(call)),
    },
    Operation {
        method: Method::GET,
        path: "/audit/{id}",
        id: "getChange",
        group: "audit",
        about: "One change.",
        open: Open::Token,
        parameters: &[ID],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<ChangeView>)),
        refusals: &[404, 500],
        run: |call| Box::pin(show(call)),
    },
    Operation {
        method: Method::POST,
        path: "/audit/{id}/undo",
        id: "undoChange",
        group: "audit",
        about: "Makes a subject what it was before a change, if no later change touches it. That is a change of its own.",
        open: Open::Token,
        parameters: &[ID],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (204, None),
        refusals: &[404, 409, 500, 503],
        run: |call| Box::pin(undo(call)),
    },
];

const ID: Field = Field::new("id", Kind::Form("^[1-9][0-9]{0,17}$"), "The change's number.").required();

/// A change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Change")]
struct ChangeView {
    /// Its number, which grows.
    id: i64,
    /// When, in milliseconds since 1970.
    at_ms: i64,
    /// The face that it came by: `api`, `page`, `cli`, `lvb-v2` and others.
    face: String,
    /// The credential: a public part of it, never a secret.
    who: String,
    /// The address that it came from.
    peer: Option<String>,
    /// What was done, such as `channel.stop`.
    operation: String,
    /// To what, such as `channel/16093104850681751595`.
    subject: String,
    /// How it was, without secrets; null for what was new.
    before: Value,
    /// How it was then, likewise; null for what was gone.
    after: Value,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let page = Page::of(&call.query);
    let subject = call.query.text("subject").map(str::to_owned);
    let filter = AuditFilter { subject, before: number_cursor(&call.query, "audit")? };
    let rows = call.live.operator().changes(call.app, &filter, page.rows()).await.map_err(|_| Refusal::store())?;
    Reply::ok(&page.cut(rows, "audit", |row| row.id.to_string(), view))
}

async fn show(call: Call) -> Result<Reply, Refusal> {
    let id = id(&call)?;
    let found = call.live.operator().change(call.app, id).await.map_err(|_| Refusal::store())?;
    Reply::ok(&view(found.ok_or_else(|| refuse(UndoFault::Unknown { id }))?))
}

async fn undo(call: Call) -> Result<Reply, Refusal> {
    let id = id(&call)?;
    let operator = call.live.operator();
    let change = operator.undoable(call.app, id).await.map_err(refuse)?;
    // Relays are the server's own.
    match change.change.subject.strip_prefix("relay/") {
        Some(relay) => relays::undo(&call, &change, relay).await?,
        None => operator.undo(call.app, &call.caller, &change).await.map_err(refuse)?,
    }
    Ok(Reply::done())
}

fn id(call: &Call) -> Result<i64, Refusal> {
    let unknown = |_| Refusal::unknown("unknown_change", "there is no such change, or no longer");
    call.path.needed("id").parse().map_err(unknown)
}

fn refuse(fault: UndoFault) -> Refusal {
    let message = fault.to_string();
    match fault {
        UndoFault::Unknown { .. } => Refusal::unknown("unknown_change", message),
        UndoFault::Newer { .. } => Refusal::conflict("newer_change", message),
        UndoFault::NoWay { .. } => Refusal::conflict("no_undo", message),
        UndoFault::Refused { .. } => Refusal::conflict("undo_refused", message),
        UndoFault::MediaSilent { .. } => Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "media_silent", message),
        UndoFault::Store(_) => Refusal::store(),
    }
}

fn view(row: AuditRow) -> ChangeView {
    let change = row.change;
    let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    ChangeView {
        id: row.id,
        at_ms: change.at.0,
        face: change.face,
        who: change.who,
        peer: change.peer,
        operation: change.operation,
        subject: change.subject,
        before: json(change.before),
        after: json(change.after),
    }
}
