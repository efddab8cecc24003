//! The queue of uploads: what is copied to the bucket, and what is deleted there.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;
use vivace_base::Ulid;
use vivace_gate::{UploadLine, UploadState};

use super::answer::{Refusal, Reply};
use super::call::{Call, Open, Operation};
use super::fields::{Field, Kind};
use super::openapi::of;
use super::page::{CURSOR_FIELD, LIMIT_FIELD, Page, cursor};
use super::recordings::refuse;
use crate::Items;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: Method::GET,
        path: "/uploads",
        id: "listUploads",
        group: "recordings",
        about: "The queue of copies to the bucket, newest recordings first: those that wait, those that are there, and those \
                whose recordings are gone.",
        open: Open::Token,
        parameters: &[],
        query: &[Field::new("state", Kind::Word(&STATES), "In this state only."), LIMIT_FIELD, CURSOR_FIELD],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<Items<UploadView>>)),
        refusals: &[500],
        run: |call| Box::pin(list(call)),
    },
    Operation {
        method: Method::POST,
        path: "/uploads/{id}/retry",
        id: "retryUpload",
        group: "recordings",
        about: "Tries at once what waits for its next try.",
        open: Open::Token,
        parameters: &[ID],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (204, None),
        refusals: &[404, 500],
        run: |call| Box::pin(retry(call)),
    },
    Operation {
        method: Method::POST,
        path: "/uploads/{id}/forget",
        id: "forgetDeletion",
        group: "recordings",
        about: "Gives up a copy that is to be deleted and cannot be: what the bucket still has of it stays there. Of \
                what waits to be uploaded, delete the recording instead.",
        open: Open::Token,
        parameters: &[ID],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (204, None),
        refusals: &[404, 500],
        run: |call| Box::pin(forget(call)),
    },
];

const ID: Field = Field::new("id", Kind::Text, "The recording's id.").required();
const STATES: [&str; 4] = ["waiting", "uploaded", "failed", "deleting"];

/// A recording's copy in the bucket.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Upload")]
struct UploadView {
    /// The recording's id.
    recording: String,
    /// The stream that was recorded; nothing once the recording is gone.
    stream: Option<String>,
    /// The recording's format; nothing once it is gone.
    format: Option<String>,
    /// Whether the recording is deleted and may be restored: nothing is done with its copy meanwhile.
    is_held: bool,
    /// `waiting` (not there, or not all of it), `uploaded` (there, verified), `failed` (it cannot be uploaded, and is tried
    /// no more by itself) or `deleting` (its recording is gone).
    state: &'static str,
    /// Where it is: the storage and the bucket; nothing before the first try.
    bucket: Option<String>,
    /// The name of its object there, of HLS that of its playlist; nothing before the first try.
    key: Option<String>,
    /// Tries that failed since something last went well.
    tries: u32,
    /// When it is tried next, in milliseconds since 1970; nothing once it is uploaded.
    next_try_ms: Option<i64>,
    /// Why the last try failed.
    last_failure: Option<String>,
    /// The same in one word: `connect`, `timeout`, `broken`, `refused`, `bucket` (there is no such bucket), `status`,
    /// `verify`, `disk`, `settings` or `internal`.
    last_reason: Option<String>,
    /// Bytes of all its objects; 0 before the first try.
    bytes: u64,
    /// Bytes of those that the bucket has.
    bytes_done: u64,
    /// Since when it is in the queue, in milliseconds since 1970.
    created_at_ms: i64,
    /// When it was verified there, in milliseconds since 1970.
    uploaded_at_ms: Option<i64>,
    /// Whether this server's disk has its files too.
    is_local: bool,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let page = Page::of(&call.query);
    let state = call.query.text("state").and_then(UploadState::parse);
    let after = cursor(&call.query, "uploads", |text| Ulid::parse(text).ok())?;
    let rows = call.live.recordings().uploads(call.app, state, after, page.rows()).await;
    let rows = rows.map_err(|fault| refuse(&fault))?;
    Reply::ok(&page.cut(rows, "uploads", |line| line.upload.recording.to_string(), view))
}

async fn forget(call: Call) -> Result<Reply, Refusal> {
    let forgotten = call.live.recordings().forget_deletion(call.app, &call.caller, call.path.needed("id")).await;
    forgotten.map_err(|fault| refuse(&fault))?;
    Ok(Reply::done())
}

async fn retry(call: Call) -> Result<Reply, Refusal> {
    let retried = call.live.recordings().retry_upload(call.app, &call.caller, call.path.needed("id")).await;
    retried.map_err(|fault| refuse(&fault))?;
    Ok(Reply::done())
}

fn view(line: UploadLine) -> UploadView {
    let UploadLine { upload, stream, format, is_held, key, bytes, bytes_done } = line;
    UploadView {
        recording: upload.recording.to_string(),
        stream,
        format,
        is_held,
        state: upload.state.as_str(),
        bucket: Some(upload.place).filter(|place| !place.is_empty()),
        key,
        tries: upload.tries,
        next_try_ms: upload.next_at.map(|at| at.0),
        last_failure: upload.failure,
        last_reason: upload.reason,
        bytes,
        bytes_done,
        created_at_ms: upload.created_at.0,
        uploaded_at_ms: upload.uploaded_at.map(|at| at.0),
        is_local: upload.local_gone_at.is_none() && upload.state != UploadState::Deleting,
    }
}
