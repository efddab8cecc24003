//! Record tasks: what is to be kept of streams, and when.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;
use vivace_base::{StreamName, UnixMs};
use vivace_domain::recording::{Formats, GivenTimes, RecordFault, TaskKind, TimeRules};
use vivace_gate::{CreateTaskFault, NewTask, TaskFilter, TaskLine, TaskTarget};

use super::answer::{Refusal, Reply};
use super::call::{Call, Open, Operation};
use super::fields::{Field, Kind};
use super::openapi::of;
use super::page::{CURSOR_FIELD, LIMIT_FIELD, Page, number_cursor};
use super::recordings::refuse;
use super::streams::NAME;
use crate::Items;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: Method::GET,
        path: "/record-tasks",
        id: "listRecordTasks",
        group: "recordings",
        about: "Record tasks that were called for, the newest first. What push addresses, rules and the policy ask for are \
                no tasks: see the recordings.",
        open: Open::Token,
        parameters: &[],
        query: &[Field::new("stream", NAME, "Of this stream only."), LIMIT_FIELD, CURSOR_FIELD],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<Items<RecordTaskView>>)),
        refusals: &[500],
        run: |call| Box::pin(list(call)),
    },
    Operation {
        method: Method::POST,
        path: "/record-tasks",
        id: "createRecordTask",
        group: "recordings",
        about: "Records a stream, from now on or from a time on, whether or not it is live yet.",
        open: Open::Token,
        parameters: &[],
        query: &[],
        body: Some(&[
            Field::new("stream", NAME, "The stream.").required(),
            Field::new("formats", Kind::Texts, "flv, hls, mp4, aac; recording.formats if not given."),
            Field::new("begin_at_ms", TIME, "From when on, in milliseconds since 1970; from now on if not given."),
            Field::new("end_at_ms", TIME, "Until when; until it is stopped if not given."),
            Field::new(
                "interval_ms",
                Kind::Whole(10_000, 86_400_000),
                "Longest time of one recording before the next begins; recording.interval_ms if not given.",
            ),
        ]),
        is_guarded: false,
        answer: (201, Some(of::<RecordTaskView>)),
        refusals: &[404, 409, 500],
        run: |call| Box::pin(create(call)),
    },
    Operation {
        method: Method::POST,
        path: "/record-tasks/{id}/stop",
        id: "stopRecordTask",
        group: "recordings",
        about: "Stops a task. What it has recorded is finished and stays.",
        open: Open::Token,
        parameters: &[ID],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (204, None),
        refusals: &[404, 409, 500],
        run: |call| Box::pin(stop(call)),
    },
    Operation {
        method: Method::DELETE,
        path: "/record-tasks/{id}",
        id: "deleteRecordTask",
        group: "recordings",
        about: "Takes a task that does not run out of the list. Its recordings stay.",
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

const ID: Field = Field::new("id", Kind::Text, "The task's number.").required();
/// The end of the year 9999.
const TIME: Kind = Kind::Whole(0, 253_402_300_799_999);

/// A record task.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "RecordTask")]
struct RecordTaskView {
    /// Its number.
    id: String,
    /// The stream.
    stream: String,
    /// The channel it was asked for, if it was one.
    channel: Option<String>,
    /// What asked for it: `timed`, `clip`, `url`, `policy` or `template`.
    kind: &'static str,
    /// `waiting`, `running`, `finished` or `failed`.
    state: &'static str,
    /// Its formats.
    formats: Vec<&'static str>,
    /// From when on, in milliseconds since 1970.
    begin_at_ms: i64,
    /// Until when; nothing if it was not said.
    end_at_ms: Option<i64>,
    /// Longest time of one recording, in milliseconds; 0 for no such bound.
    interval_ms: u64,
    /// Recordings that it has made and that are not deleted.
    recordings: u64,
    /// Who made it.
    created_by: String,
    /// When it was made, in milliseconds since 1970.
    created_at_ms: i64,
    /// When it was stopped before its time.
    stopped_at_ms: Option<i64>,
    /// Why it came to nothing.
    failure: Option<String>,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let page = Page::of(&call.query);
    let stream = call.query.text("stream").map(StreamName::parse).transpose();
    let stream = stream.map_err(|fault| Refusal::field("stream", &fault.to_string()))?;
    let after = number_cursor(&call.query, "record-tasks")?.map(i64::cast_unsigned);
    let filter = TaskFilter { stream, ..TaskFilter::default() };
    let lines = call.live.recordings().tasks(call.app, &filter, true, after, page.rows()).await;
    let lines = lines.map_err(|fault| refuse(&fault))?;
    let now = call.live.now();
    Reply::ok(&page.cut(lines, "record-tasks", |line| line.task.id.to_string(), |line| view(&line, now)))
}

async fn create(call: Call) -> Result<Reply, Refusal> {
    let stream = call.body.needed("stream");
    let stream = StreamName::parse(stream).map_err(|fault| Refusal::field("stream", &fault.to_string()))?;
    let formats = call.body.texts("formats").map(|words| Formats::parse(&words.join("|")));
    let formats = formats.transpose().map_err(|fault| Refusal::field("formats", &fault.to_string()))?;
    let time = |name| call.body.whole(name).map(UnixMs);
    let times = GivenTimes { begin: time("begin_at_ms"), end: time("end_at_ms") };
    let new = NewTask {
        formats,
        interval_ms: call.body.whole("interval_ms").map(i64::unsigned_abs),
        ..NewTask::new(TaskTarget::Stream(stream), TaskKind::Timed, times, TimeRules::OPEN)
    };
    let account = call.live.operator().account(call.app).await.map_err(|_| Refusal::store())?;
    let made = call.live.recordings().create_task(call.app, &account, &call.caller, &new).await;
    let task = made.map_err(|fault| match fault {
        CreateTaskFault::Record(RecordFault::Times(fault)) => Refusal::field("end_at_ms", &fault.to_string()),
        CreateTaskFault::Record(fault) => refuse(&fault),
        CreateTaskFault::Account(fault) => Refusal::conflict("account", fault.to_string()),
    })?;
    Reply::created(&view(&TaskLine { task, recordings: 0 }, call.live.now()))
}

async fn stop(call: Call) -> Result<Reply, Refusal> {
    let stopped = call.live.recordings().stop_task(call.app, &call.caller, None, call.path.needed("id")).await;
    stopped.map_err(|fault| refuse(&fault))?;
    Ok(Reply::done())
}

async fn delete(call: Call) -> Result<Reply, Refusal> {
    let deleted = call.live.recordings().delete_task(call.app, &call.caller, None, call.path.needed("id")).await;
    deleted.map_err(|fault| refuse(&fault))?;
    Ok(Reply::done())
}

fn view(line: &TaskLine, now: UnixMs) -> RecordTaskView {
    let TaskLine { task, recordings } = line;
    RecordTaskView {
        id: task.id.to_string(),
        stream: task.stream.to_string(),
        channel: task.channel.map(|channel| channel.to_string()),
        kind: task.kind.as_str(),
        state: task.state(now).as_str(),
        formats: task.formats.iter().map(|format| format.as_str()).collect(),
        begin_at_ms: task.begin_at.0,
        end_at_ms: task.end_at.map(|end| end.0),
        interval_ms: task.interval_ms,
        recordings: *recordings,
        created_by: task.created_by.clone(),
        created_at_ms: task.created_at.0,
        stopped_at_ms: task.stopped_at.map(|stop| stop.0),
        failure: task.failure.clone(),
    }
}
