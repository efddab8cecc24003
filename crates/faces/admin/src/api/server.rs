//! The server as a whole, its document, and the maintenance of the signed API.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use vivace_gate::AccessChangeFault;

use super::answer::{Refusal, Reply};
use super::call::{Call, Open, Operation};
use super::credentials::refuse;
use super::fields::{Field, Kind};
use super::openapi::{document, of};
use crate::{Items, PushUrl, Status};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: Method::GET,
        path: "/openapi.json",
        id: "getOpenApi",
        group: "server",
        about: "This document.",
        open: Open::All,
        parameters: &[],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<Value>)),
        refusals: &[],
        run: |_| Box::pin(async { Reply::ok(&document()) }),
    },
    Operation {
        method: Method::GET,
        path: "/status",
        id: "getStatus",
        group: "server",
        about: "The server as a whole.",
        open: Open::Page,
        parameters: &[],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<Status>)),
        refusals: &[],
        run: |call| Box::pin(async move { Reply::ok(&call.live.status()) }),
    },
    Operation {
        method: Method::GET,
        path: "/push-url",
        id: "getPushUrl",
        group: "streams",
        about: "A signed address to push a stream to.",
        open: Open::Token,
        parameters: &[],
        query: &[Field::new("name", super::streams::NAME, "The stream.").required()],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<PushUrl>)),
        refusals: &[],
        run: |call| Box::pin(push_url(call)),
    },
    Operation {
        method: Method::GET,
        path: "/maintenance",
        id: "listMaintenance",
        group: "server",
        about: "Actions of the signed API that answer that they are under maintenance; `*` is the whole of it.",
        open: Open::Token,
        parameters: &[],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<Items<MaintenanceView>>)),
        refusals: &[500],
        run: |call| Box::pin(maintenance(call)),
    },
    Operation {
        method: Method::PUT,
        path: "/maintenance",
        id: "setMaintenance",
        group: "server",
        about: "Begins or ends the maintenance of an action of the signed API, or of the whole of it.",
        open: Open::Token,
        parameters: &[],
        query: &[],
        body: Some(&[
            Field::new("on", Kind::Flag, "Whether it is under maintenance from now on.").required(),
            Field::new("action", ACTION, "The action, such as CreateLVBChannel; `*`, or none, for all.").nullable(),
        ]),
        is_guarded: false,
        answer: (200, Some(of::<Items<MaintenanceView>>)),
        refusals: &[500],
        run: |call| Box::pin(set_maintenance(call)),
    },
];

/// Names of actions of the signed APIs.
pub(super) const ACTION: Kind = Kind::Form(r"^(\*|[A-Za-z0-9_]{1,64})$");

/// An action that is under maintenance.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Maintenance")]
struct MaintenanceView {
    /// Its name; `*` is the whole API.
    action: String,
}

async fn push_url(call: Call) -> Result<Reply, Refusal> {
    let name = super::streams::name(&call.query, "name")?;
    Reply::ok(&PushUrl { url: call.live.push_url(&call.host, &name) })
}

async fn maintenance(call: Call) -> Result<Reply, Refusal> {
    let actions = call.live.operator().maintenance().await.map_err(refuse)?;
    let items = actions.into_iter().map(|action| MaintenanceView { action }).collect();
    Reply::ok(&Items { items, next: None })
}

async fn set_maintenance(call: Call) -> Result<Reply, Refusal> {
    let action = call.body.text("action").filter(|action| *action != "*");
    if action.is_some_and(|action| !is_action(action)) {
        return Err(Refusal::field("action", "letters, digits and _ are expected, 64 at most"));
    }
    let on = call.body.flag("on").unwrap_or_default();
    let set = call.live.operator().set_maintenance(call.app, &call.caller, action, on).await;
    set.map_err(|fault: AccessChangeFault| refuse(fault))?;
    maintenance(call).await
}

/// Whether this could be the name of an action.
pub(super) fn is_action(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
