use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval, sleep};
use vivace_base::{AppId, StreamName};
use vivace_domain::hook::HookKind;
use vivace_domain::live::MediaFault;
use vivace_store::{Fault, HookRecord, NewHook, OpenPush};

use crate::callbacks::Shared;
use crate::{Alone, CallbackEvent, HookAbout, PushEnd};

/// How often it is noted that pushes run: their length is known to this, should the process be killed.
const SEEN: Duration = Duration::from_secs(10);
/// How long a writer that the store has refused waits before it tries again.
const AGAIN: Duration = Duration::from_secs(1);

pub(crate) enum Message {
    Event(CallbackEvent),
    /// Answered when all before it is in the outbox.
    Flush(oneshot::Sender<()>),
    /// The same, and nothing is taken after it.
    Stop(oneshot::Sender<()>),
}

/// Writes events into the outbox, in order and in batches.
pub(crate) struct Recorder {
    shared: Arc<Shared>,
    /// Pushes whose begin was recorded, by their number.
    open: HashMap<u64, OpenPush>,
    /// Those of them whose begin somebody is told.
    told: HashSet<u64>,
    /// The newest of them by stream.
    newest: HashMap<(AppId, StreamName), u64>,
}

/// What is to be written of one event, before it is known where it goes.
struct Entry {
    push: OpenPush,
    kind: HookKind,
    body: String,
}

impl Recorder {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, open: HashMap::new(), told: HashSet::new(), newest: HashMap::new() }
    }

    /// Ends when it is told to stop, or when no handle is left.
    pub(crate) async fn run(mut self, mut queue: mpsc::Receiver<Message>, mut alone: Alone) {
        let mut mended = false;
        let batch_max = self.shared.limits.get().event_batch_max.max(1);
        let mut seen = interval(SEEN);
        seen.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut messages = Vec::new();
        loop {
            let count = tokio::select! {
                // First, so that what is left is told before anything new, where there was no other process.
                biased;
                () = &mut alone, if !mended => {
                    self.mend().await;
                    mended = true;
                    continue;
                }
                count = queue.recv_many(&mut messages, batch_max) => count,
                _ = seen.tick() => {
                    self.note_seen().await;
                    continue;
                }
            };
            if count == 0 {
                return;
            }
            let (mut entries, mut done) = (Vec::new(), Vec::new());
            for message in messages.drain(..) {
                match message {
                    Message::Event(event) => self.take(event, &mut entries),
                    Message::Flush(asked) => done.push(asked),
                    Message::Stop(asked) => {
                        queue.close();
                        done.push(asked);
                    }
                }
            }
            self.write(&entries).await;
            // One that no longer waits is not missed.
            for asked in done {
                let _ = asked.send(());
            }
        }
    }

    /// Tells the end of pushes that the process before has left open. How long they lasted is known to within [`SEEN`].
    async fn mend(&mut self) {
        let left = loop {
            match self.shared.store.reader().open_pushes().await {
                Ok(left) => break left,
                Err(fault) => self.complain(&fault, "pushes that were left open cannot be read").await,
            }
        };
        let entries: Vec<_> = left
            .into_iter()
            .filter(|push| !self.open.contains_key(&push.sequence))
            .map(|push| {
                let end = PushEnd { at: push.seen_at, fault: MediaFault::ServerLost, size: (0, 0) };
                tracing::warn!(stream = %push.stream, sequence = push.sequence, "a push was cut by the end of the process before");
                Entry { kind: HookKind::PushEnded, body: self.shared.face.ended(&push, &end), push }
            })
            .collect();
        // What was left is written of pushes alone whose begin is.
        self.told.extend(entries.iter().map(|entry| entry.push.sequence));
        self.write(&entries).await;
    }

    /// Turns an event into what is to be written.
    fn take(&mut self, event: CallbackEvent, entries: &mut Vec<Entry>) {
        match event {
            CallbackEvent::Began(push) => {
                let push = *push;
                let stream = (push.app, push.stream.clone());
                // A push that takes over is told behind the end of the one before it, which may not know it yet.
                if let Some(before) = self.newest.insert(stream, push.sequence).and_then(|old| self.open.remove(&old)) {
                    let end = PushEnd { at: push.began_at, fault: MediaFault::Replaced, size: (0, 0) };
                    let body = self.shared.face.ended(&before, &end);
                    entries.push(Entry { push: before, kind: HookKind::PushEnded, body });
                }
                let body = self.shared.face.began(&push);
                self.open.insert(push.sequence, push.clone());
                entries.push(Entry { push, kind: HookKind::PushBegan, body });
            }
            CallbackEvent::Ended { sequence, end } => {
                let Some(push) = self.open.remove(&sequence) else { return };
                let stream = (push.app, push.stream.clone());
                if self.newest.get(&stream) == Some(&sequence) {
                    self.newest.remove(&stream);
                }
                let body = self.shared.face.ended(&push, &end);
                entries.push(Entry { push, kind: HookKind::PushEnded, body });
            }
            CallbackEvent::Errors { sequence, errors } => {
                let Some(push) = self.open.get(&sequence) else { return };
                let body = self.shared.face.errors(push, &errors);
                entries.push(Entry { push: push.clone(), kind: HookKind::PushError, body });
            }
        }
    }

    /// Writes until the store takes it: what it cannot take now, it may take in a moment.
    async fn write(&mut self, entries: &[Entry]) {
        while let Err(fault) = self.try_write(entries).await {
            self.complain(&fault, "callbacks cannot be written").await;
        }
    }

    async fn try_write(&mut self, entries: &[Entry]) -> Result<(), Fault> {
        let mut records = Vec::with_capacity(entries.len());
        // Kept only if it is written: otherwise all of it is tried again.
        let mut begun = Vec::new();
        for entry in entries {
            let sequence = entry.push.sequence;
            let record = self.record(entry, self.told.contains(&sequence) || begun.contains(&sequence)).await?;
            if let Some(HookRecord::Began { push, .. }) = &record {
                begun.push(push.sequence);
            }
            records.extend(record);
        }
        if !records.is_empty() {
            let done = self.shared.store.record_hooks(&records, self.shared.clock.unix()).await?;
            if done.dropped > 0 {
                self.shared.left_out(done.dropped);
            }
            self.shared.wake.notify_one();
        }
        self.told.extend(begun);
        entries.iter().filter(|entry| entry.kind == HookKind::PushEnded).for_each(|entry| {
            self.told.remove(&entry.push.sequence);
        });
        Ok(())
    }

    /// What is written of an entry; nothing of one that nobody wants to hear of. A receiver that is set while a push runs
    /// hears of the pushes after it: `is_told` says whether the begin of this one is told.
    async fn record(&self, entry: &Entry, is_told: bool) -> Result<Option<HookRecord>, Fault> {
        if !is_told && entry.kind != HookKind::PushBegan && self.hook(entry, HookKind::PushBegan).await?.is_some() {
            return Ok(None);
        }
        let hook = self.hook(entry, entry.kind).await?;
        let push = &entry.push;
        Ok(match entry.kind {
            // Without a receiver there is no end to be told either: nothing is written for those who want no callbacks.
            HookKind::PushBegan if hook.is_none() => None,
            HookKind::PushBegan => Some(HookRecord::Began { push: push.clone(), hook }),
            HookKind::PushEnded => Some(HookRecord::Ended { sequence: push.sequence, hook }),
            HookKind::PushError | HookKind::Recorded | HookKind::Screenshot => hook.map(HookRecord::Told),
        })
    }

    async fn hook(&self, entry: &Entry, kind: HookKind) -> Result<Option<NewHook>, Fault> {
        let Entry { push, body, .. } = entry;
        let OpenPush { app, domain, path, stream, .. } = push;
        self.shared.hook(HookAbout { app: *app, domain, path, stream, kind }, body).await
    }

    async fn note_seen(&self) {
        if self.open.is_empty() {
            return;
        }
        if let Err(fault) = self.shared.store.pushes_seen(self.shared.clock.unix()).await {
            tracing::debug!(%fault, "it could not be noted which pushes run");
        }
    }

    async fn complain(&self, fault: &Fault, what: &'static str) {
        let cause = std::error::Error::source(fault).map(ToString::to_string);
        tracing::error!(%fault, cause, "{what}: tried again in a second");
        sleep(AGAIN).await;
    }
}
