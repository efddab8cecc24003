//! What a job does between two children.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use vivace_base::{Limits, MediaTime, SessionId, StreamName};
use vivace_domain::channel::Rate;
use vivace_domain::claim::Owner;
use vivace_domain::live::PublishFault;
use vivace_domain::rendition::Rendition;
use vivace_hub::{FormatKind, Hub, Publisher, Stream, Tracks, Wake};
use vivace_media::Container;
use vivace_net::outbound::{Allow, Outbound};
use vivace_net::{MachineClock, MachineRng};
use vivace_store::{FIRST_APP, Store};

use super::super::{Claims, Entry, Feeds, TranscodeParts, Transcoder};
use super::{Job, Sink, Source, Start, Turn, Work};
use crate::child::{ChildKind, Children, ChildrenParts};
use crate::tests::Dir;

const NO_FORMAT: FormatKind = FormatKind { name: "none", container: Container::Flv, make: || unreachable!() };

struct Nobody;

impl Wake for Nobody {
    fn wake(&self, _: &Arc<Stream>) {}
}

impl Claims for Nobody {
    fn claim(&self, _: &StreamName, _: SessionId) -> Result<Publisher, PublishFault> {
        unreachable!()
    }
}

fn publish(hub: &Arc<Hub>, name: &str, owner: Owner) -> Publisher {
    let name = StreamName::parse(name).unwrap();
    hub.publish(FIRST_APP, &name, owner, SessionId(1)).map_err(|fault| fault.to_string()).unwrap()
}

#[tokio::test]
async fn a_job_that_waits_for_its_next_try_ends_with_its_stream() {
    let dir = Dir::new();
    let limits = Limits { child_backoff_ms_max: 3_600_000, ..Limits::default() };
    let store = Store::open(&dir.0, &limits).await.unwrap();
    let clock = Arc::new(MachineClock::new());
    let hub = Hub::new(limits.clone(), clock.clone(), Arc::new(Nobody), 0);
    let (program, live) = (PathBuf::from("false"), limits.clone());
    let children = Children::new(ChildrenParts { launcher: None, program, limits: live.into(), clock: clock.clone() });
    let transcoder = Transcoder::new(TranscodeParts {
        hub: hub.clone(),
        claims: Arc::new(Nobody),
        children,
        feeds: Feeds { flv: NO_FORMAT, mp4: NO_FORMAT },
        outbound: Arc::new(Outbound::new(Allow::any(), None).unwrap()),
        folder: dir.0.clone(),
        events: store.event_log(&limits),
        limits: limits.into(),
        clock: clock.clone(),
        rng: Arc::new(MachineRng),
        idle_ms: 0,
    });
    let (pushed, made) = (publish(&hub, "a", Owner::Key(FIRST_APP)), publish(&hub, "a_550", Owner::Transcoder));
    let entry = Arc::new(Entry { source: pushed.stream().clone(), asked_at: 0.into(), mark: None });
    let rendition = Some(Rendition::Rate(Rate::Sd));
    let work = Work { kind: ChildKind::Rate, rendition, mark: None, session: SessionId(2) };
    let mut job = Job::new(transcoder, work, entry, Sink::Rendition(made), None);
    // The next try is an hour away.
    for _ in 0..40 {
        job.backoff.after(0, u64::MAX);
    }
    let mut source = Source::new(pushed.stream(), 9, clock);
    let start = Start { epoch: 1, tracks: Tracks::default(), base: MediaTime::ZERO, frame_rate: None };
    let failed = Turn::Failed { ran_ms: 0, gave: true, why: "it ended".to_owned() };
    let both = async { tokio::join!(job.after(&mut source, &start, failed), async { hub.end_all() }).0 };
    let turn = timeout(Duration::from_secs(20), both).await;
    assert!(matches!(turn, Ok(Turn::Over)), "{turn:?}");
}
