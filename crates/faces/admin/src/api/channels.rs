//! Channels of the channel-hosting mode.

use http::{Method, StatusCode};
use vivace_base::UnixMs;
use vivace_domain::account::AccountFault;
use vivace_domain::channel::{Change, ChannelFault, ChannelId, NewChannel, NewSource, SourceChange, SourceKind};
use vivace_gate::CreateFault;

use super::answer::{Refusal, Reply};
use super::call::{Call, Open, Operation};
use super::fields::{Field, Given, Kind};
use super::openapi::of;
use super::page::{CURSOR_FIELD, LIMIT_FIELD, Page, cursor};
use crate::Items;
use crate::channel_view::{ChannelLineView, ChannelView, KINDS, RECEIVERS};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: Method::GET,
        path: "/channels",
        id: "listChannels",
        group: "channels",
        about: "Channels in the order in which they were made.",
        open: Open::Token,
        parameters: &[],
        query: &[
            LIMIT_FIELD,
            CURSOR_FIELD,
            Field::new("closed", Kind::Flag, "Only those that are closed, or are not."),
        ],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<Items<ChannelLineView>>)),
        refusals: &[500],
        run: |call| Box::pin(list(call)),
    },
    Operation {
        method: Method::POST,
        path: "/channels",
        id: "createChannel",
        group: "channels",
        about: "Makes a channel, which is open at once; its addresses are in the answer.",
        open: Open::Token,
        parameters: &[],
        query: &[],
        body: Some(&[
            NAME.required(),
            DESCRIBE,
            RECEIVER,
            RATES,
            WATERMARK,
            Field::new("password", Kind::Text, "The password that players ask for; none if it is empty."),
            SOURCE_KIND,
            SOURCE_NAME,
            SOURCE_ADDRESS,
        ]),
        is_guarded: false,
        answer: (201, Some(of::<ChannelView>)),
        refusals: &[403, 409, 500, 503],
        run: |call| Box::pin(create(call)),
    },
    Operation {
        method: Method::GET,
        path: "/channels/{id}",
        id: "getChannel",
        group: "channels",
        about: "A channel with its addresses.",
        open: Open::Token,
        parameters: &[ID],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<ChannelView>)),
        refusals: &[404, 500],
        run: |call| Box::pin(show(call)),
    },
    Operation {
        method: Method::PATCH,
        path: "/channels/{id}",
        id: "changeChannel",
        group: "channels",
        about: "Changes a channel; what is not given stays. While it is live, only its name and description may change.",
        open: Open::Token,
        parameters: &[ID],
        query: &[],
        body: Some(&[NAME, DESCRIBE, RECEIVER, RATES, WATERMARK]),
        is_guarded: true,
        answer: (200, Some(of::<ChannelView>)),
        refusals: &[404, 409, 500],
        run: |call| Box::pin(change(call)),
    },
    Operation {
        method: Method::PATCH,
        path: "/channels/{id}/source",
        id: "changeChannelSource",
        group: "channels",
        about: "Changes where a channel's stream comes from, unless it is live; what is not given stays.",
        open: Open::Token,
        parameters: &[ID],
        query: &[],
        body: Some(&[SOURCE_KIND, SOURCE_NAME, SOURCE_ADDRESS]),
        is_guarded: false,
        answer: (200, Some(of::<ChannelView>)),
        refusals: &[404, 409, 500, 503],
        run: |call| Box::pin(change_source(call)),
    },
    Operation {
        method: Method::POST,
        path: "/channels/{id}/start",
        id: "startChannel",
        group: "channels",
        about: "Opens a channel that is closed.",
        open: Open::Token,
        parameters: &[ID],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<ChannelView>)),
        refusals: &[404, 409, 500, 503],
        run: |call| Box::pin(start(call)),
    },
    Operation {
        method: Method::POST,
        path: "/channels/{id}/stop",
        id: "stopChannel",
        group: "channels",
        about: "Closes a channel: its push is cut, later ones are refused.",
        open: Open::Token,
        parameters: &[ID],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<ChannelView>)),
        refusals: &[404, 409, 500, 503],
        run: |call| Box::pin(stop(call)),
    },
    Operation {
        method: Method::DELETE,
        path: "/channels/{id}",
        id: "deleteChannel",
        group: "channels",
        about: "Deletes a channel that is closed.",
        open: Open::Token,
        parameters: &[ID],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (204, None),
        refusals: &[404, 409, 500],
        run: |call| Box::pin(delete(call)),
    },
];

const ID: Field = Field::new("id", Kind::Form("^[1-9][0-9]{0,19}$"), "The channel's number.").required();
const NAME: Field = Field::new("name", Kind::Text, "Its name for people.");
const DESCRIBE: Field = Field::new("describe", Kind::Text, "Its description.");
const RECEIVER: Field =
    Field::new("receiver", Kind::Word(&RECEIVERS), "Which addresses viewers get; both if not given.");
const RATES: Field = Field::new(
    "rates",
    Kind::Numbers(&[0, 10, 20]),
    "Output rates: 0 as pushed, which must be there, 10 for 540 lines, 20 for 720 lines.",
);
const WATERMARK: Field =
    Field::new("watermark", Kind::Whole(0, i64::MAX), "The number of the watermark in its picture; 0 for none.");
const SOURCE_KIND: Field =
    Field::new("source_kind", Kind::Word(&KINDS), "Where its stream comes from; push if not given.");
const SOURCE_NAME: Field = Field::new("source_name", Kind::Text, "The source's name for people.");
const SOURCE_ADDRESS: Field =
    Field::new("source_address", Kind::Text, "The address that is pulled; it may hold a key, and is not shown again.");

async fn list(call: Call) -> Result<Reply, Refusal> {
    let page = Page::of(&call.query);
    let after = cursor(&call.query, "channels", place)?;
    let closed = call.query.flag("closed");
    let rows = call.live.channels().list_after(call.app, closed, after, page.rows()).await.map_err(refuse)?;
    let place = |row: &vivace_gate::Listed| format!("{}-{}", row.created_at.0, row.id);
    Reply::ok(&page.cut(rows, "channels", place, ChannelLineView::of))
}

/// Where a row of the list stands.
fn place(text: &str) -> Option<(UnixMs, ChannelId)> {
    let (at, id) = text.split_once('-')?;
    Some((UnixMs(at.parse().ok()?), ChannelId::parse(id)?))
}

async fn create(call: Call) -> Result<Reply, Refusal> {
    let body = &call.body;
    let text = |field: &str| body.text(field).unwrap_or_default().to_owned();
    let source = NewSource {
        name: body.text("source_name").unwrap_or("source").to_owned(),
        kind: kind(body).unwrap_or(SourceKind::Push.number()),
        address: text("source_address"),
    };
    let new = NewChannel {
        name: text("name"),
        describe: text("describe"),
        sources: vec![source],
        receiver: receiver(body).unwrap_or(3),
        rates: body.numbers("rates").unwrap_or_default(),
        watermark: body.whole("watermark").unwrap_or_default().unsigned_abs(),
        password: text("password"),
    };
    let account = call.live.operator().account(call.app).await.map_err(super::credentials::refuse)?;
    let made = call.live.channels().create(&call.live.app(), &account, &call.caller, &new).await;
    let made = made.map_err(|fault| match fault {
        CreateFault::Channel(fault) => refuse(fault),
        CreateFault::Account(fault) => refuse_account(&fault),
    })?;
    let (live, id) = (call.live.clone(), made.id.to_string());
    let found = live.channels().describe(call.app, &id).await.map_err(refuse)?;
    Ok(Reply::created(&live.channel(&call.host, &found))?.of_version(found.channel.revision))
}

async fn show(call: Call) -> Result<Reply, Refusal> {
    let found = call.live.channels().describe(call.app, call.path.needed("id")).await.map_err(refuse)?;
    Ok(Reply::ok(&call.live.channel(&call.host, &found))?.of_version(found.channel.revision))
}

async fn change(call: Call) -> Result<Reply, Refusal> {
    let body = &call.body;
    let known = match &call.known {
        // A tag that is no revision is that of no state.
        Some(tag) => Some(tag.parse().map_err(|_| Refusal::changed())?),
        None => None,
    };
    let wish = Change {
        name: body.text("name").map(str::to_owned),
        describe: body.text("describe").map(str::to_owned),
        receiver: receiver(body),
        rates: body.numbers("rates"),
        watermark: body.whole("watermark").map(i64::unsigned_abs),
    };
    let id = call.path.needed("id");
    let changed = call.live.channels().modify_known(call.app, &call.caller, id, known, &wish).await;
    changed.map_err(|fault| match fault {
        ChannelFault::Conflict { .. } => Refusal::changed(),
        other => refuse(other),
    })?;
    show(call).await
}

async fn change_source(call: Call) -> Result<Reply, Refusal> {
    let text = |field: &str| call.body.text(field).map(str::to_owned);
    let wish = SourceChange { name: text("source_name"), kind: kind(&call.body), address: text("source_address") };
    let id = call.path.needed("id");
    call.live.channels().modify_source(call.app, &call.caller, id, None, &wish).await.map_err(refuse)?;
    show(call).await
}

async fn start(call: Call) -> Result<Reply, Refusal> {
    call.live.channels().start(call.app, &call.caller, call.path.needed("id")).await.map_err(refuse)?;
    show(call).await
}

async fn stop(call: Call) -> Result<Reply, Refusal> {
    call.live.channels().stop(call.app, &call.caller, call.path.needed("id")).await.map_err(refuse)?;
    show(call).await
}

async fn delete(call: Call) -> Result<Reply, Refusal> {
    call.live.channels().delete(call.app, &call.caller, call.path.needed("id")).await.map_err(refuse)?;
    Ok(Reply::done())
}

/// The number of `source_kind`.
fn kind(body: &Given) -> Option<i64> {
    number(&KINDS, body.text("source_kind")?)
}

/// The number of `receiver`.
fn receiver(body: &Given) -> Option<i64> {
    number(&RECEIVERS, body.text("receiver")?)
}

/// Words stand in the order of the numbers that the domain knows, which begin with 1.
fn number(words: &[&str], word: &str) -> Option<i64> {
    let at = words.iter().position(|known| *known == word)?;
    i64::try_from(at + 1).ok()
}

/// Our name of a field that the domain names as the LVB API does.
fn ours(field: &str) -> &str {
    match field {
        "channelName" => "name",
        "channelDescribe" => "describe",
        "playerPassword" => "password",
        "outputSourceType" => "receiver",
        "outputRate" => "rates",
        "watermarkId" => "watermark",
        "sourceList.name" | "sourceName" => "source_name",
        "sourceList.type" | "sourceType" => "source_kind",
        "sourceList.address" | "sourceAddress" => "source_address",
        other => other,
    }
}

fn refuse(fault: ChannelFault) -> Refusal {
    let message = fault.to_string();
    match fault {
        ChannelFault::Empty { field } => Refusal::field(ours(field), "it is empty"),
        ChannelFault::AddressEmpty { field } => Refusal::field(ours(field), "a source that is pulled needs an address"),
        ChannelFault::TooLong { field, max, .. } => Refusal::field(ours(field), &format!("{max} bytes at most")),
        ChannelFault::OutOfRange { field, expected } => Refusal::field(ours(field), &format!("it must be {expected}")),
        ChannelFault::SourceProtocol { field, reason } => Refusal::field(ours(field), reason),
        ChannelFault::ReceiverProtocol { field } => Refusal::field(ours(field), &message),
        ChannelFault::NotEditable { field } => {
            let field = ours(field);
            Refusal::conflict("channel_live", format!("{field}: it cannot be changed while the channel is live"))
        }
        ChannelFault::NoTranscoder { field } => Refusal::conflict(
            "no_transcoder",
            format!("{}: it takes ffmpeg, which this server does not find", ours(field)),
        ),
        ChannelFault::WatermarkUnknown { .. } => Refusal::field("watermark", &message),
        ChannelFault::NoSource | ChannelFault::TooManySources { .. } | ChannelFault::SourceUnknown { .. } => {
            Refusal::bad(&message)
        }
        ChannelFault::QuotaReached { .. } => Refusal::conflict("channels_full", message),
        ChannelFault::NotClosed { .. } => Refusal::conflict("channel_open", message),
        ChannelFault::AlreadyClosed => Refusal::conflict("already_closed", message),
        ChannelFault::AlreadyOpen => Refusal::conflict("already_open", message),
        ChannelFault::Conflict { .. } => Refusal::conflict("changed", message),
        ChannelFault::Unknown { .. } => Refusal::unknown("unknown_channel", message),
        ChannelFault::Unreadable | ChannelFault::NotWritten => Refusal::store(),
        ChannelFault::IngestFailed { .. } => Refusal::conflict("source_failed", message),
        ChannelFault::CutFailed | ChannelFault::MediaSilent { .. } => {
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "media_silent", message)
        }
    }
}

fn refuse_account(fault: &AccountFault) -> Refusal {
    let message = fault.to_string();
    match fault {
        AccountFault::NoCapacity { .. } => Refusal::conflict("no_capacity", message),
        AccountFault::Unreadable => Refusal::store(),
        _ => Refusal::new(StatusCode::FORBIDDEN, "account", message),
    }
}
