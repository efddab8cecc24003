//! Pictures of streams: small ones for lists, and screenshots that are kept.

use http::{Method, StatusCode};
use vivace_base::{StreamName, Ulid};
use vivace_domain::picture::{PictureFault, TakeFault};

use super::answer::{Refusal, Reply};
use super::call::{Call, Open, Operation};
use super::fields::Field;
use super::openapi::{jpeg, of};
use super::page::{CURSOR_FIELD, LIMIT_FIELD, Page, cursor};
use super::streams::{NAME, name};
use crate::{Items, PictureView};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: Method::GET,
        path: "/streams/{name}/cover.jpg",
        id: "getCover",
        group: "streams",
        about: "A small picture of a live stream, a few seconds old at most. It is taken when it is asked for.",
        open: Open::Page,
        parameters: &[STREAM],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (200, Some(jpeg)),
        refusals: &[404, 503],
        run: |call| Box::pin(cover(call)),
    },
    Operation {
        method: Method::POST,
        path: "/streams/{name}/screenshot",
        id: "takeScreenshot",
        group: "screenshots",
        about: "Takes a picture of a live stream now, as large as the stream, and keeps it.",
        open: Open::Token,
        parameters: &[STREAM],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (201, Some(of::<PictureView>)),
        refusals: &[404, 409],
        run: |call| Box::pin(take(call)),
    },
    Operation {
        method: Method::GET,
        path: "/screenshots",
        id: "listScreenshots",
        group: "screenshots",
        about: "Screenshots that are kept, the newest first.",
        open: Open::Token,
        parameters: &[],
        query: &[Field::new("stream", NAME, "Of this stream only."), LIMIT_FIELD, CURSOR_FIELD],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<Items<PictureView>>)),
        refusals: &[500],
        run: |call| Box::pin(list(call)),
    },
];

const STREAM: Field = Field::new("name", NAME, "The stream's name.").required();

async fn cover(call: Call) -> Result<Reply, Refusal> {
    let name = name(&call.path, "name")?;
    match call.live.cover(call.app, &name).await {
        Ok(jpeg) => Ok(Reply::picture(jpeg.to_vec())),
        Err(fault @ (TakeFault::NotLive | TakeFault::Missing)) => Err(refuse(&fault.into())),
        // Whoever shows a list does without it; the log has the reason, and it is counted.
        Err(_) => Ok(Reply::done()),
    }
}

async fn take(call: Call) -> Result<Reply, Refusal> {
    let name = name(&call.path, "name")?;
    let taken = call.live.pictures().take(call.app, &call.caller, &name).await;
    let picture = taken.map_err(|fault| refuse(&fault))?;
    Reply::created(&call.live.picture(&call.host, &picture))
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let page = Page::of(&call.query);
    let stream = call.query.text("stream").map(StreamName::parse).transpose();
    let stream = stream.map_err(|fault| Refusal::field("stream", &fault.to_string()))?;
    let before = cursor(&call.query, "screenshots", |text| Ulid::parse(text).ok())?;
    let rows = call.live.pictures().pictures(call.app, stream.as_ref(), before, page.rows()).await;
    let rows = rows.map_err(|fault| refuse(&fault))?;
    let view = |picture| call.live.picture(&call.host, &picture);
    Reply::ok(&page.cut(rows, "screenshots", |picture| picture.id.to_string(), view))
}

fn refuse(fault: &PictureFault) -> Refusal {
    let unavailable = |word| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, word, fault.to_string());
    match fault {
        PictureFault::Take(TakeFault::NotLive) => Refusal::unknown("unknown_stream", fault.to_string()),
        PictureFault::Take(TakeFault::NoKeyFrame) => Refusal::conflict("no_picture", fault.to_string()),
        PictureFault::Take(TakeFault::Undecodable) => Refusal::conflict("undecodable", fault.to_string()),
        PictureFault::Take(TakeFault::Missing) => unavailable("screenshots_inactive"),
        PictureFault::Take(TakeFault::Busy { .. }) => unavailable("busy"),
        PictureFault::Take(
            TakeFault::Spawn | TakeFault::Late { .. } | TakeFault::TooLarge { .. } | TakeFault::NotWritten,
        ) => unavailable("not_taken"),
        _ => Refusal::store(),
    }
}
