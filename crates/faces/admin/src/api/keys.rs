//! The app's keys.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;
use vivace_domain::app::{App, KeyName};
use vivace_gate::KeyFault;

use super::answer::{Refusal, Reply};
use super::call::{Call, Open, Operation};
use super::fields::{Field, Kind};
use super::openapi::of;
use crate::Items;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: Method::GET,
        path: "/app/keys",
        id: "listKeys",
        group: "app",
        about: "The app's keys, masked.",
        open: Open::Token,
        parameters: &[],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<Items<KeyView>>)),
        refusals: &[],
        run: |call| Box::pin(list(call)),
    },
    Operation {
        method: Method::GET,
        path: "/app/keys/{key}",
        id: "getKey",
        group: "app",
        about: "One of the app's keys: masked, unless it is to be revealed.",
        open: Open::Token,
        parameters: &[KEY],
        query: &[Field::new("reveal", Kind::Flag, "Whether the key itself is told.")],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<KeyView>)),
        refusals: &[],
        run: |call| Box::pin(show(call)),
    },
    Operation {
        method: Method::POST,
        path: "/app/keys/{key}/rotate",
        id: "rotateKey",
        group: "app",
        about: "Puts a new random key in the place of one, and tells it. Where there is a second key for the same use \
            (`backup`), the old one stays good as that, and what was signed with it goes on working. A key without one is \
            refused from this moment on.",
        open: Open::Token,
        parameters: &[KEY],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<KeyView>)),
        refusals: &[404, 500],
        run: |call| Box::pin(rotate(call)),
    },
];

const KEY: Field = Field::new("key", Kind::Word(&NAMES), "The key's name.").required();

const NAMES: [&str; KeyName::ALL.len()] = {
    let mut names = [""; KeyName::ALL.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = KeyName::ALL[at].as_str();
        at += 1;
    }
    names
};

/// One key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Key")]
struct KeyView {
    /// Its name.
    name: &'static str,
    /// Its last four characters.
    masked: String,
    /// The key itself, where it is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// The second key for the same use, which takes over what this one was when it is rotated.
    backup: Option<&'static str>,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let app = call.live.app();
    Reply::ok(&Items { items: KeyName::ALL.map(|name| view(&app, name, false)).to_vec(), next: None })
}

async fn show(call: Call) -> Result<Reply, Refusal> {
    let name = name(&call)?;
    Reply::ok(&view(&call.live.app(), name, call.query.flag("reveal").unwrap_or_default()))
}

async fn rotate(call: Call) -> Result<Reply, Refusal> {
    let name = name(&call)?;
    call.live.operator().rotate(&call.caller, name).await.map_err(|fault| match fault {
        KeyFault::AppUnknown => Refusal::unknown("unknown_app", fault.to_string()),
        KeyFault::Store(_) => Refusal::store(),
    })?;
    Reply::ok(&view(&call.live.app(), name, true))
}

fn name(call: &Call) -> Result<KeyName, Refusal> {
    KeyName::parse(call.path.needed("key")).ok_or_else(|| Refusal::field("key", "there is no such key"))
}

fn view(app: &App, name: KeyName, is_told: bool) -> KeyView {
    let key = name.of(&app.keys).reveal();
    let tail = key.char_indices().rev().nth(3).map_or("", |(at, _)| key.get(at..).unwrap_or_default());
    KeyView {
        name: name.as_str(),
        masked: format!("…{tail}"),
        value: is_told.then(|| key.clone()),
        backup: name.backup().map(KeyName::as_str),
    }
}
