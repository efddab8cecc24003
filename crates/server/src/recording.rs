//! Recording, as the other parts of the server reach it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use vivace_base::{AppId, MediaTime, SessionId, StreamName};
use vivace_domain::channel::ChannelId;
use vivace_domain::hook::HookKind;
use vivace_domain::live::APP_NAME;
use vivace_domain::recording::{PushParameters, RecordFault, RecordState, Recording};
use vivace_domain::url::StreamQuery;
use vivace_gate::{RecordSettings as Wishes, RecorderDesk};
use vivace_hub::Publisher;
use vivace_lvb::actions::{RecordRefusal, RecordStep};
use vivace_lvb::callbacks::{RecordedFacts, recorded};
use vivace_lvb::codes::record;
use vivace_store::{EventKind, LiveEvent};
use vivace_worker::recorder::{Announce, EventCode, RecordSettings, RecordedPush, Recorder, Told};
use vivace_worker::{Alone, Callbacks, HookAbout};

use crate::callbacks::LvbFace;
use crate::recording_lock::RecordingLock;
use crate::shared::Shared;
use crate::{Config, RecordingConfig, records, uploads};

const DAY_MS: u64 = 86_400_000;
/// How often it is looked whether the process before has ended.
const LOOK: Duration = Duration::from_millis(200);
/// What signs an address; the rest of its query may be told.
const SIGNATURE: [&str; 2] = ["txSecret", "txTime"];

/// How streams are kept, by the settings.
pub(crate) fn settings(config: &Config) -> RecordSettings {
    let RecordingConfig { on, policy, interval_ms, name, part_ms, file_ms_max, free_bytes_min, .. } = &config.recording;
    let RecordingConfig { keep_days, bytes_max, undo_ms, .. } = &config.recording;
    RecordSettings {
        on: *on,
        part: span(*part_ms),
        file: span(*file_ms_max),
        policy: *policy,
        interval_ms: *interval_ms,
        name: name.clone(),
        free_bytes_min: *free_bytes_min,
        keep_ms: keep_days.saturating_mul(DAY_MS),
        bytes_max: *bytes_max,
        shift_ms: config.timeshift_window_ms,
        undo_ms: *undo_ms,
        upload: uploads::rules(config),
    }
}

/// What the use cases go by.
pub(crate) fn wishes(config: &Config) -> Wishes {
    let RecordingConfig { on, formats, interval_ms, undo_ms, free_bytes_min, name, .. } = &config.recording;
    Wishes {
        on: *on,
        formats: *formats,
        interval_ms: *interval_ms,
        undo_ms: *undo_ms,
        free_bytes_min: *free_bytes_min,
        name: name.clone(),
    }
}

/// Where the folders of media and recordings are.
pub(crate) fn folder(config: &Config) -> PathBuf {
    config.recording.dir.clone().unwrap_or_else(|| config.data.clone())
}

/// Ends when the process before, if there is one, is gone, and no other one holds the folder, however long that takes: two
/// processes never write one file.
pub(crate) fn alone(before: Option<u32>, lock: Arc<RecordingLock>, limits: &vivace_base::Limits) -> Alone {
    let patience = Duration::from_millis(limits.drain_ms_max);
    Box::pin(async move {
        if let Some(pid) = before {
            let first = began(pid);
            while first.is_some() && began(pid) == first {
                sleep(LOOK).await;
            }
        }
        lock.alone(patience).await;
    })
}

/// When a process began, in the kernel's words: a number that is given anew to another one tells by it.
fn began(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    // One that nobody has waited for yet writes nothing any more.
    let is_over = matches!(fields.next(), Some("Z" | "X"));
    fields.nth(18).filter(|_| !is_over).map(str::to_owned)
}

fn span(ms: u64) -> MediaTime {
    MediaTime::from_ms(i64::try_from(ms).unwrap_or(i64::MAX))
}

/// The recorder, as the use cases know it.
pub(crate) struct Desk(pub(crate) Recorder);

impl RecorderDesk for Desk {
    fn changed(&self, _: AppId, _: &StreamName) {
        self.0.changed();
    }

    fn free(&self) -> bool {
        self.0.is_free()
    }
}

/// Where a push went to, and what its address says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PushedTo<'a> {
    pub(crate) domain: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
}

/// Tells the recorder of a push that begins.
pub(crate) fn push_began(shared: &Shared, publisher: &Publisher, channel: Option<ChannelId>, to: PushedTo<'_>) {
    let PushedTo { domain, path, query } = to;
    let stream = publisher.stream();
    // The gate has read it before: one that cannot be read asks for nothing.
    let asked = StreamQuery::parse(query, &shared.limits.get()).unwrap_or_default();
    // The push goes on: who made the address finds it among the events of the stream.
    let (record, interval) = (asked.record.as_deref(), asked.record_interval.as_deref());
    if let Some(wrong) = PushParameters::wrong(record, interval, asked.repeated) {
        tracing::warn!(stream = %stream.name(), "{wrong}");
        shared.events.record(LiveEvent {
            at: shared.clock.unix(),
            session: SessionId(0),
            stream: Some(stream.name().to_string()),
            peer: String::new(),
            kind: EventKind::RecordingFailed,
            table: None,
            code: None,
            detail: wrong.to_owned(),
        });
    }
    let push = RecordedPush {
        app: stream.app(),
        stream: stream.name().clone(),
        epoch: publisher.epoch(),
        channel,
        domain: domain.to_owned(),
        path: path.to_owned(),
        parameters: PushParameters::parse(record, interval),
        stream_param: unsigned(query),
    };
    shared.recorder.push_began(push, stream);
}

/// A query without what signs it, however that is written: the gate reads names percent-decoded.
fn unsigned(query: &str) -> String {
    let signs = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        let name = vivace_domain::unescape(name.as_bytes()).unwrap_or_default();
        SIGNATURE.iter().any(|sign| sign.as_bytes() == name)
    };
    query.split('&').filter(|pair| !signs(pair)).collect::<Vec<_>>().join("&")
}

/// Tells customers' servers of recordings, in the words of the LVB callbacks.
pub(crate) struct Teller {
    callbacks: Callbacks,
    face: Arc<LvbFace>,
    /// What this server is called as long as nothing newer is known.
    host: Option<String>,
    port: u16,
}

impl Teller {
    pub(crate) fn new(callbacks: Callbacks, face: Arc<LvbFace>, config: &Config, port: u16) -> Self {
        Self { callbacks, face, host: config.public_host.clone(), port }
    }

    fn body(&self, recording: &Recording) -> String {
        let id = recording.id.to_string();
        let channel = recording.channel.map_or_else(|| recording.stream.to_string(), |channel| channel.to_string());
        let Recording { format, domain, started_at, duration_ms, bytes, .. } = recording;
        recorded(RecordedFacts {
            appid: self.face.app().keys.appid,
            domain,
            path: APP_NAME,
            stream: recording.stream.as_str(),
            channel: &channel,
            file_id: &id,
            format: format.as_str(),
            task: recording.task,
            started_at: *started_at,
            ended_at: recording.ended_at.unwrap_or(*started_at),
            duration_ms: *duration_ms,
            bytes: *bytes,
            stream_param: recording.task.is_none().then_some(&recording.stream_param),
            video_url: &self.public_address(recording).unwrap_or_else(|| self.url(domain, &id, format.extension())),
        })
    }

    /// Where everybody reads a recording that is uploaded, if everybody can read the bucket.
    fn public_address(&self, recording: &Recording) -> Option<String> {
        let uploaded = Some(recording).filter(|one| one.state == RecordState::Uploaded)?;
        self.face.shared()?.uploads.public_address(uploaded)
    }

    /// Where a recording is fetched from. Without a name of its own the server is called as the publisher called it.
    fn url(&self, domain: &str, id: &str, extension: &str) -> String {
        let public = self.face.shared().map_or_else(|| self.host.clone(), |shared| shared.config().public_host.clone());
        let host = public.unwrap_or_else(|| if domain.is_empty() { "127.0.0.1".to_owned() } else { domain.to_owned() });
        let at = records::origin(&host, self.port);
        format!("{at}/recordings/{id}.{extension}")
    }
}

impl Announce for Teller {
    fn no_room(&self) -> EventCode {
        let row = record(&RecordRefusal { step: RecordStep::Create, fault: RecordFault::DiskFull }).row();
        EventCode { table: row.table.name(), number: row.number }
    }

    fn stored<'a>(&'a self, recording: &'a Recording) -> Told<'a> {
        Box::pin(async move {
            let Recording { app, domain, stream, .. } = recording;
            let about = HookAbout { app: *app, domain, path: APP_NAME, stream, kind: HookKind::Recorded };
            Ok(self.callbacks.hook(about, &self.body(recording)).await?.into_iter().collect())
        })
    }

    fn written(&self) {
        self.callbacks.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::unsigned;

    #[test]
    fn what_signs_an_address_is_not_told() {
        for (query, expected) in [
            ("txSecret=1f&txTime=5&record=mp4&x=%20", "record=mp4&x=%20"),
            ("tx%53ecret=1f&tx%54ime=5&record=mp4", "record=mp4"),
            ("record=mp4&txTime=5", "record=mp4"),
            ("txSecret=1f", ""),
            ("", ""),
        ] {
            assert_eq!(unsigned(query), expected, "{query}");
        }
    }
}
