//! Relays: streams that are pulled from other servers and pushed to them.

use http::{Method, StatusCode};
use vivace_base::Ulid;
use vivace_domain::relay::{Direction, RelayUrl};
use vivace_gate::AuditRow;

use super::answer::{Refusal, Reply};
use super::call::{Call, Open, Operation};
use super::fields::{Field, Kind};
use super::openapi::of;
use super::page::{PAGE, Page, cursor};
use super::streams::{NAME, name};
use crate::Items;
use crate::relays::{NewRelay, RelayFault, RelayView};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: Method::GET,
        path: "/relays",
        id: "listRelays",
        group: "relays",
        about: "The relays, the oldest first.",
        open: Open::Token,
        parameters: &[],
        query: PAGE,
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<Items<RelayView>>)),
        refusals: &[],
        run: |call| Box::pin(list(call)),
    },
    Operation {
        method: Method::POST,
        path: "/relays",
        id: "addRelay",
        group: "relays",
        about: "Relays a stream from now on, also after a restart.",
        open: Open::Token,
        parameters: &[],
        query: &[],
        body: Some(&[
            Field::new("direction", Kind::Word(&["pull", "push"]), "Which way.").required(),
            Field::new("stream", NAME, "The stream of this server.").required(),
            Field::new("url", URL, "The stream of the other server, of a pull also a playlist of HLS; it may hold a key, and is not shown again.")
                .required(),
        ]),
        is_guarded: false,
        answer: (201, Some(of::<RelayView>)),
        refusals: &[409, 500, 503],
        run: |call| Box::pin(add(call)),
    },
    Operation {
        method: Method::PATCH,
        path: "/relays/{id}",
        id: "enableRelay",
        group: "relays",
        about: "Starts or stops a relay.",
        open: Open::Token,
        parameters: &[ID],
        query: &[],
        body: Some(&[Field::new("enabled", Kind::Flag, "Whether it is to run.").required()]),
        is_guarded: false,
        answer: (200, Some(of::<RelayView>)),
        refusals: &[404, 500, 503],
        run: |call| Box::pin(enable(call)),
    },
    Operation {
        method: Method::DELETE,
        path: "/relays/{id}",
        id: "removeRelay",
        group: "relays",
        about: "Ends a relay and forgets it.",
        open: Open::Token,
        parameters: &[ID],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (204, None),
        refusals: &[404, 500, 503],
        run: |call| Box::pin(remove(call)),
    },
];

const URL: Kind = Kind::Form(r"^rtmps?://[a-z0-9.-]{1,63}(:[1-9][0-9]{0,3})?/[a-z0-9]{1,32}/[a-z0-9]{1,64}$");
const ID: Field = Field::new("id", Kind::Text, "The relay's id.").required();

async fn list(call: Call) -> Result<Reply, Refusal> {
    let page = Page::of(&call.query);
    let after = cursor(&call.query, "relays", |text| Ulid::parse(text).ok())?.map(|id| id.to_string());
    let relays = call.live.relays().list().into_iter();
    let relays = relays.filter(|relay| after.as_ref().is_none_or(|after| relay.id > *after));
    Reply::ok(&page.cut(relays.collect(), "relays", |relay| relay.id.clone(), |relay| relay))
}

async fn add(call: Call) -> Result<Reply, Refusal> {
    let direction = Direction::parse(call.body.needed("direction"));
    let direction = direction.ok_or_else(|| Refusal::field("direction", "`pull` or `push` is expected"))?;
    let stream = name(&call.body, "stream")?;
    let (text, bytes_max) = (call.body.needed("url"), call.live.limits().url_bytes_max);
    let url = match direction {
        Direction::Pull => RelayUrl::parse_source(text, bytes_max),
        Direction::Push => RelayUrl::parse(text, bytes_max),
    };
    let url = url.map_err(|fault| Refusal::field("url", &fault.to_string()))?;
    let added = call.live.relays().add(NewRelay { direction, stream, url }, call.caller.clone()).await;
    Reply::created(&added.map_err(refuse)?)
}

async fn enable(call: Call) -> Result<Reply, Refusal> {
    let enabled = call.body.flag("enabled").unwrap_or_default();
    let view = call.live.relays().enable(id(&call)?, enabled, call.caller.clone()).await;
    Reply::ok(&view.map_err(refuse)?)
}

async fn remove(call: Call) -> Result<Reply, Refusal> {
    call.live.relays().remove(id(&call)?, call.caller.clone()).await.map_err(refuse)?;
    Ok(Reply::done())
}

/// Undoes a change of a relay, as far as that is kept without the key in its address.
pub(super) async fn undo(call: &Call, change: &AuditRow, relay: &str) -> Result<(), Refusal> {
    let id = Ulid::parse(relay).map_err(|_| refuse(RelayFault::Unknown))?;
    let relays = call.live.relays();
    match change.change.operation.as_str() {
        "relay.add" => relays.remove(id, call.caller.clone()).await.map_err(refuse),
        "relay.start" => relays.enable(id, false, call.caller.clone()).await.map(drop).map_err(refuse),
        "relay.stop" => relays.enable(id, true, call.caller.clone()).await.map(drop).map_err(refuse),
        other => {
            let message = format!("{other} cannot be undone: the address, which may hold a key, is not kept");
            Err(Refusal::conflict("no_undo", message))
        }
    }
}

/// What is no id is the id of no relay.
fn id(call: &Call) -> Result<Ulid, Refusal> {
    Ulid::parse(call.path.needed("id")).map_err(|_| refuse(RelayFault::Unknown))
}

fn refuse(fault: RelayFault) -> Refusal {
    let (status, word) = match fault {
        RelayFault::Unknown => (StatusCode::NOT_FOUND, "unknown_relay"),
        RelayFault::Full { .. } => (StatusCode::CONFLICT, "relays_full"),
        RelayFault::Pulled { .. } => (StatusCode::CONFLICT, "stream_pulled"),
        RelayFault::Store => (StatusCode::INTERNAL_SERVER_ERROR, "store"),
        RelayFault::Silent { .. } => (StatusCode::SERVICE_UNAVAILABLE, "media_silent"),
        RelayFault::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
    };
    Refusal::new(status, word, fault.to_string())
}
