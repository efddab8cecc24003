use std::pin::Pin;
use std::sync::Arc;

use parking_lot::RwLock;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use vivace_base::{AppId, Clock, LiveLimits, MonoMs, Secret, UnixMs};
use vivace_domain::hook::{HookSuccess, HookUrl, Retry};
use vivace_domain::ingest::AnomalyReport;
use vivace_domain::live::MediaFault;
use vivace_net::outbound::Outbound;
use vivace_store::{EventLog, OpenPush, Store};

use crate::CallbackCounts;
use crate::counts::Tally;
use crate::deliver::Deliverer;
use crate::record::{Message, Recorder};

/// How callbacks are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackSettings {
    /// Where all events go for which no rule says otherwise.
    pub url: Option<HookUrl>,
    /// Which answers mean that the receiver has the event.
    pub success: HookSuccess,
    /// When to try again.
    pub retry: Retry,
    /// From the look-up of the host to the end of the answer, in milliseconds.
    pub timeout_ms: u64,
}

/// How a push ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushEnd {
    /// When.
    pub at: UnixMs,
    /// Why.
    pub fault: MediaFault,
    /// Width and height of the picture; zeros if there was none.
    pub size: (u16, u16),
}

/// What went wrong in a push since the report before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushErrors {
    /// When it is told, on both clocks.
    pub now: (UnixMs, MonoMs),
    /// Since when, in milliseconds.
    pub interval_ms: u64,
    /// What.
    pub reports: Vec<AnomalyReport>,
}

/// What happens to a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackEvent {
    /// It begins.
    Began(Box<OpenPush>),
    /// It has ended.
    Ended {
        /// Its number.
        sequence: u64,
        /// How.
        end: PushEnd,
    },
    /// Something goes wrong in it.
    Errors {
        /// Its number.
        sequence: u64,
        /// What.
        errors: PushErrors,
    },
}

/// The words of callbacks: what the receivers of one system of old expect.
pub trait Face: Send + Sync {
    /// A push began: a JSON object without its signature.
    fn began(&self, push: &OpenPush) -> String;

    /// A push ended: a JSON object without its signature.
    fn ended(&self, push: &OpenPush, end: &PushEnd) -> String;

    /// Something goes wrong in a push: a JSON object without its signature.
    fn errors(&self, push: &OpenPush, errors: &PushErrors) -> String;

    /// The key of an app's callbacks.
    fn key(&self, app: AppId) -> Secret<String>;

    /// What is sent `now`: the body with its signature. `None` if the body is no JSON object.
    fn signed(&self, body: &str, key: &Secret<String>, now: UnixMs) -> Option<Vec<u8>>;
}

/// What callbacks are made of.
pub struct Parts {
    /// Where events wait.
    pub store: Store,
    /// The way out.
    pub outbound: Arc<Outbound>,
    /// The words.
    pub face: Arc<dyn Face>,
    /// Where events that are given up or left out are noted.
    pub events: EventLog,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Limits.
    pub limits: LiveLimits,
    /// How they are sent.
    pub settings: CallbackSettings,
    /// Ends when no other process can have pushes on this store any more: what is open there then was cut.
    pub alone: Alone,
}

/// See [`Parts::alone`].
pub type Alone = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The way into callbacks for those who must not wait. Handles are cheap to clone.
///
/// One task writes what is recorded into the outbox, another delivers what waits there.
#[derive(Clone)]
pub struct Callbacks {
    queue: mpsc::Sender<Message>,
    shared: Arc<Shared>,
    tasks: Arc<RwLock<Option<Tasks>>>,
    go: CancellationToken,
    stop: CancellationToken,
    leave: CancellationToken,
}

struct Tasks {
    recorder: JoinHandle<()>,
    deliverer: JoinHandle<()>,
}

/// What the handles and both tasks have in common.
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) outbound: Arc<Outbound>,
    pub(crate) face: Arc<dyn Face>,
    pub(crate) events: EventLog,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: LiveLimits,
    pub(crate) settings: RwLock<Arc<CallbackSettings>>,
    pub(crate) tally: Tally,
    /// Told when there may be something to deliver.
    pub(crate) wake: Notify,
}

impl Callbacks {
    /// Starts both tasks, the second of which waits for [`Callbacks::deliver`]. Pushes that the process before has left
    /// open are told as interrupted. Called within a tokio runtime.
    pub fn start(parts: Parts) -> Self {
        let (queue, waiting) = mpsc::channel(parts.limits.get().event_queue_max.max(1));
        let shared = Arc::new(Shared {
            store: parts.store,
            outbound: parts.outbound,
            face: parts.face,
            events: parts.events,
            clock: parts.clock,
            limits: parts.limits,
            settings: RwLock::new(Arc::new(parts.settings)),
            tally: Tally::default(),
            wake: Notify::new(),
        });
        let [go, stop, leave] = std::array::from_fn(|_| CancellationToken::new());
        let recorder = tokio::spawn(Recorder::new(shared.clone()).run(waiting, parts.alone));
        let deliverer = tokio::spawn(Deliverer::new(shared.clone()).run(go.clone(), stop.clone(), leave.clone()));
        let tasks = Arc::new(RwLock::new(Some(Tasks { recorder, deliverer })));
        Self { queue, shared, tasks, go, stop, leave }
    }

    /// From now on delivers: no other process does.
    pub fn deliver(&self) {
        self.go.cancel();
    }

    /// Takes an event. Never waits.
    ///
    /// # Errors
    /// The event, if `limits.event_queue_max` are waiting to be written. It is counted as left out, unless
    /// [`Callbacks::record_late`] takes it.
    pub fn record(&self, event: CallbackEvent) -> Result<(), CallbackEvent> {
        match self.queue.try_reserve() {
            Ok(place) => {
                place.send(Message::Event(event));
                Ok(())
            }
            Err(_) => {
                self.shared.tally.dropped(1);
                Err(event)
            }
        }
    }

    /// Takes an event that [`Callbacks::record`] had no place for, and waits until there is one.
    pub async fn record_late(&self, event: CallbackEvent) {
        if self.queue.send(Message::Event(event)).await.is_ok() {
            self.shared.tally.taken_after_all();
        }
    }

    /// From now on sends in another way.
    pub fn set(&self, settings: CallbackSettings) {
        *self.shared.settings.write() = Arc::new(settings);
        self.wake();
    }

    /// There may be something new in the outbox, or something that had no place in it.
    pub fn wake(&self) {
        let dropped = self.shared.store.take_hooks_left_out();
        if dropped > 0 {
            self.shared.left_out(dropped);
        }
        self.shared.wake.notify_one();
    }

    /// What has become of events so far.
    pub fn counts(&self) -> CallbackCounts {
        self.shared.tally.read(self.shared.clock.unix())
    }

    /// Waits until all that was recorded before is in the outbox.
    pub async fn flush(&self) {
        self.ask(Message::Flush).await;
    }

    /// Another process takes over what waits in the outbox; this one still writes what its own pushes do.
    pub fn hand_over(&self) {
        self.leave.cancel();
    }

    /// Writes what was recorded, tries once more to deliver what is due, and ends both tasks. The caller limits how long
    /// it waits; what is not delivered waits in the outbox for the next start.
    pub async fn shutdown(&self) {
        self.ask(Message::Stop).await;
        self.stop.cancel();
        let tasks = self.tasks.write().take();
        if let Some(Tasks { recorder, deliverer }) = tasks {
            for (name, task) in [("writer", recorder), ("deliverer", deliverer)] {
                if task.await.is_err() {
                    tracing::error!("the {name} of callbacks has failed");
                }
            }
        }
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    async fn ask(&self, message: impl FnOnce(oneshot::Sender<()>) -> Message) {
        let (done, answered) = oneshot::channel();
        if self.queue.send(message(done)).await.is_ok() {
            // No answer means that the writer is gone, and with it what was to be waited for.
            let _ = answered.await;
        }
    }
}
