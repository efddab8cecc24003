//! Recordings: what has been kept of streams.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;
use vivace_base::{StreamName, Ulid};
use vivace_domain::recording::{RecordFault, RecordState};
use vivace_gate::RecordingFilter;

use super::answer::{Refusal, Reply};
use super::call::{Call, Open, Operation};
use super::fields::{Field, Kind};
use super::openapi::of;
use super::page::{CURSOR_FIELD, LIMIT_FIELD, Page, cursor};
use super::streams::NAME;
use crate::{Items, RecordingView};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: Method::GET,
        path: "/recordings",
        id: "listRecordings",
        group: "recordings",
        about: "Recordings, the newest first.",
        open: Open::Token,
        parameters: &[],
        query: &[
            Field::new("stream", NAME, "Of this stream only."),
            Field::new("state", Kind::Word(&STATES), "In this state only."),
            Field::new("deleted", Kind::Word(&["true", "false"]), "true: those that are deleted, and no others."),
            LIMIT_FIELD,
            CURSOR_FIELD,
        ],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<Items<RecordingView>>)),
        refusals: &[500],
        run: |call| Box::pin(list(call)),
    },
    Operation {
        method: Method::GET,
        path: "/recordings/{id}",
        id: "getRecording",
        group: "recordings",
        about: "One recording, a deleted one too.",
        open: Open::Token,
        parameters: &[ID],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<RecordingView>)),
        refusals: &[404, 500],
        run: |call| Box::pin(show(call)),
    },
    Operation {
        method: Method::DELETE,
        path: "/recordings/{id}",
        id: "deleteRecording",
        group: "recordings",
        about: "Deletes a recording that is finished. It can be restored for as long as recording.undo_ms says; its \
                addresses end at once.",
        open: Open::Token,
        parameters: &[ID],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (204, None),
        refusals: &[404, 409, 500],
        run: |call| Box::pin(delete(call)),
    },
    Operation {
        method: Method::POST,
        path: "/recordings/{id}/restore",
        id: "restoreRecording",
        group: "recordings",
        about: "Takes a deletion back.",
        open: Open::Token,
        parameters: &[ID],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<RecordingView>)),
        refusals: &[404, 409, 500],
        run: |call| Box::pin(restore(call)),
    },
    Operation {
        method: Method::GET,
        path: "/storage",
        id: "getStorage",
        group: "recordings",
        about: "What recordings and the media kept of streams take on disk.",
        open: Open::Token,
        parameters: &[],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<StorageView>)),
        refusals: &[500],
        run: |call| Box::pin(storage(call)),
    },
];

const ID: Field = Field::new("id", Kind::Text, "The recording's id.").required();
const STATES: [&str; 5] = ["recording", "finalizing", "stored", "uploaded", "failed"];

/// What is kept on disk.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Storage")]
struct StorageView {
    /// Recordings that are finished and not deleted.
    recordings: u64,
    /// Bytes of their own files.
    recording_bytes: u64,
    /// Files of media, which recordings as HLS and time shift are served from.
    media_files: u64,
    /// Bytes of those that are not being written.
    media_bytes: u64,
    /// Bytes that are free on the file system of recordings; nothing if it cannot be told.
    free_bytes: Option<u64>,
    /// Bytes that are to be free for a recording to begin (`recording.free_bytes_min`).
    free_bytes_min: u64,
    /// Whether recordings begin: `yes`, `no_room` (too little is free; live goes on) or `off` (`recording.on`).
    begins: &'static str,
    /// The storage and the bucket that recordings are uploaded to; nothing if they are not.
    bucket: Option<String>,
    /// How long a deletion can be taken back, in milliseconds.
    undo_ms: u64,
    /// Files that no recording knows of, put aside in `recordings-without-rows`: look at them, and delete them.
    stray_files: u64,
    /// Their bytes.
    stray_bytes: u64,
    /// Files of media and of recordings that were not in their folder when the server began.
    missing_files: u64,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let page = Page::of(&call.query);
    let stream = call.query.text("stream").map(StreamName::parse).transpose();
    let filter = RecordingFilter {
        stream: stream.map_err(|fault| Refusal::field("stream", &fault.to_string()))?,
        states: call.query.text("state").and_then(RecordState::parse).into_iter().collect(),
        deleted: call.query.text("deleted") == Some("true"),
        ..RecordingFilter::default()
    };
    let after = cursor(&call.query, "recordings", |text| Ulid::parse(text).ok())?;
    let rows = call.live.recordings().recordings(call.app, &filter, true, after, page.rows()).await;
    let rows = rows.map_err(|fault| refuse(&fault))?;
    let view = |recording| call.live.recording(&call.host, &recording);
    Reply::ok(&page.cut(rows, "recordings", |recording| recording.id.to_string(), view))
}

async fn show(call: Call) -> Result<Reply, Refusal> {
    let found = call.live.recordings().recording(call.app, call.path.needed("id")).await;
    let found = found.map_err(|fault| refuse(&fault))?;
    Reply::ok(&call.live.recording(&call.host, &found))
}

async fn delete(call: Call) -> Result<Reply, Refusal> {
    let deleted = call.live.recordings().delete_recording(call.app, &call.caller, call.path.needed("id")).await;
    deleted.map_err(|fault| refuse(&fault))?;
    Ok(Reply::done())
}

async fn restore(call: Call) -> Result<Reply, Refusal> {
    let restored = call.live.recordings().restore_recording(call.app, &call.caller, call.path.needed("id")).await;
    restored.map_err(|fault| refuse(&fault))?;
    show(call).await
}

async fn storage(call: Call) -> Result<Reply, Refusal> {
    let used = call.live.recordings().storage_use(call.app).await.map_err(|fault| refuse(&fault))?;
    let recordings = call.live.recordings();
    let (settings, astray) = (recordings.settings(), call.live.astray());
    Reply::ok(&StorageView {
        recordings: used.recordings,
        recording_bytes: used.recording_bytes,
        media_files: used.media_files,
        media_bytes: used.media_bytes,
        free_bytes: call.live.free_bytes(),
        free_bytes_min: settings.free_bytes_min,
        begins: match recordings.begins() {
            Ok(()) => "yes",
            Err(RecordFault::DiskFull) => "no_room",
            Err(_) => "off",
        },
        bucket: call.live.bucket(),
        undo_ms: settings.undo_ms,
        stray_files: astray.stray_files,
        stray_bytes: astray.stray_bytes,
        missing_files: astray.missing_files,
    })
}

/// A fault as this API says it.
pub(super) fn refuse(fault: &RecordFault) -> Refusal {
    let said = fault.to_string();
    match fault {
        RecordFault::UnknownTask { .. } => Refusal::unknown("unknown_task", said),
        RecordFault::UnknownRecording { .. } => Refusal::unknown("unknown_recording", said),
        RecordFault::UnknownChannel { .. } => Refusal::unknown("unknown_channel", said),
        RecordFault::UnknownStream => Refusal::unknown("unknown_stream", said),
        RecordFault::UnknownTemplate { .. } | RecordFault::UnknownRule => Refusal::unknown("unknown_template", said),
        RecordFault::TemplateUsed { .. } | RecordFault::RuleKnown => Refusal::conflict("template_used", said),
        RecordFault::Times(_) => Refusal::field("end_at_ms", &said),
        RecordFault::Overlap { .. } => Refusal::conflict("overlap", said),
        RecordFault::Quota { .. } => Refusal::conflict("quota", said),
        RecordFault::Off => Refusal::conflict("recording_off", said),
        RecordFault::DiskFull => Refusal::conflict("disk_full", said),
        RecordFault::NoSource | RecordFault::NotLive => Refusal::conflict("not_live", said),
        RecordFault::Finished { .. } => Refusal::conflict("finished", said),
        RecordFault::Running { .. } => Refusal::conflict("running", said),
        RecordFault::NotStored { .. } => Refusal::conflict("not_finished", said),
        RecordFault::NotDeleted { .. } => Refusal::conflict("not_deleted", said),
        RecordFault::UndoOver { .. } => Refusal::conflict("undo_over", said),
        RecordFault::Empty { field }
        | RecordFault::TooLong { field, .. }
        | RecordFault::OutOfRange { field, .. }
        | RecordFault::Formats { field, .. } => Refusal::field(field, &said),
        RecordFault::Unreadable | RecordFault::NotWritten => Refusal::store(),
    }
}
