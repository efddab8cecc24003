//! Black and white lists of addresses, one for pushes and one for plays.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;
use vivace_domain::ip_list::{Colour, Direction, IpList, ListFault};
use vivace_gate::{Guarded, entry, list_version};

use super::answer::{Refusal, Reply};
use super::call::{Call, Open, Operation};
use super::fields::{Field, Kind};
use super::openapi::of;
use crate::Items;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: Method::GET,
        path: "/lists",
        id: "listLists",
        group: "lists",
        about: "The lists that there are.",
        open: Open::Token,
        parameters: &[],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<Items<ListView>>)),
        refusals: &[500],
        run: |call| Box::pin(list(call)),
    },
    Operation {
        method: Method::GET,
        path: "/lists/{direction}",
        id: "getList",
        group: "lists",
        about: "The list for pushes or for plays.",
        open: Open::Token,
        parameters: &[DIRECTION],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<ListView>)),
        refusals: &[404, 500],
        run: |call| Box::pin(show(call)),
    },
    Operation {
        method: Method::PUT,
        path: "/lists/{direction}",
        id: "putList",
        group: "lists",
        about: "Puts a list in the place of the one there is. It holds for pushes or plays that begin from now on.",
        open: Open::Token,
        parameters: &[DIRECTION],
        query: &[],
        body: Some(&[
            Field::new("colour", Kind::Word(&["black", "white"]), "black: those on it are refused; white: all others.")
                .required(),
            Field::new("entries", Kind::Texts, "Addresses, and blocks such as 192.0.2.0/24 or 2001:db8::/32.")
                .required(),
        ]),
        is_guarded: true,
        answer: (200, Some(of::<ListView>)),
        refusals: &[500],
        run: |call| Box::pin(put(call)),
    },
    Operation {
        method: Method::DELETE,
        path: "/lists/{direction}",
        id: "deleteList",
        group: "lists",
        about: "Takes a list away.",
        open: Open::Token,
        parameters: &[DIRECTION],
        query: &[],
        body: None,
        is_guarded: true,
        answer: (204, None),
        refusals: &[404, 500],
        run: |call| Box::pin(delete(call)),
    },
];

const DIRECTION: Field = Field::new("direction", Kind::Word(&["push", "play"]), "What the list is for.").required();

/// A list of addresses.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "List")]
struct ListView {
    /// `push` or `play`.
    direction: &'static str,
    /// `black` or `white`.
    colour: &'static str,
    /// Addresses and blocks.
    entries: Vec<String>,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let mut items = Vec::new();
    for direction in [Direction::Push, Direction::Play] {
        match call.live.channels().describe_list(call.app, direction).await {
            Ok(list) => items.push(view(direction, &list)),
            Err(ListFault::Unknown) => {}
            Err(fault) => return Err(refuse(&fault)),
        }
    }
    Reply::ok(&Items { items, next: None })
}

async fn show(call: Call) -> Result<Reply, Refusal> {
    let direction = direction(&call);
    let list = call.live.channels().describe_list(call.app, direction).await.map_err(|fault| refuse(&fault))?;
    shown(direction, &list)
}

async fn put(call: Call) -> Result<Reply, Refusal> {
    let direction = direction(&call);
    let colour = if call.body.text("colour") == Some("black") { Colour::Black } else { Colour::White };
    let entries = call.body.texts("entries").unwrap_or_default();
    let put =
        call.live.channels().put_list(call.app, &call.caller, direction, Some((colour, entries)), call.known).await;
    let list = put.map_err(refuse_put)?.ok_or_else(Refusal::store)?;
    shown(direction, &list)
}

async fn delete(call: Call) -> Result<Reply, Refusal> {
    let direction = direction(&call);
    call.live.channels().put_list(call.app, &call.caller, direction, None, call.known).await.map_err(refuse_put)?;
    Ok(Reply::done())
}

fn direction(call: &Call) -> Direction {
    if call.path.needed("direction") == "push" { Direction::Push } else { Direction::Play }
}

fn shown(direction: Direction, list: &IpList) -> Result<Reply, Refusal> {
    Ok(Reply::ok(&view(direction, list))?.of_version(list_version(Some(list))))
}

fn view(direction: Direction, list: &IpList) -> ListView {
    ListView {
        direction: if direction == Direction::Push { "push" } else { "play" },
        colour: if list.colour == Colour::Black { "black" } else { "white" },
        entries: list.blocks.iter().map(entry).collect(),
    }
}

fn refuse_put(fault: Guarded<ListFault>) -> Refusal {
    match fault {
        Guarded::Changed => Refusal::changed(),
        Guarded::Fault(fault) => refuse(&fault),
    }
}

fn refuse(fault: &ListFault) -> Refusal {
    match fault {
        ListFault::Empty => Refusal::field("entries", "it is empty: delete the list to let everybody in"),
        ListFault::Entry { .. } | ListFault::TooMany { .. } => Refusal::field("entries", &fault.to_string()),
        ListFault::OtherColour => Refusal::conflict("other_colour", fault.to_string()),
        ListFault::Unknown => Refusal::unknown("unknown_list", fault.to_string()),
        ListFault::Unreadable | ListFault::NotWritten => Refusal::store(),
    }
}
