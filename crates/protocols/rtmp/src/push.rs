mod backlog;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};
use vivace_base::MediaTime;
use vivace_hub::{Follower, Stream, StreamState};
use vivace_media::{Frame, FrameKind};

use crate::engine::handshake::RANDOM_BYTES;
use crate::engine::{Fault, Role};
use crate::from_hub::published;
use crate::remote::{LOOK, Remote};
use crate::{Bytestream, RemoteAddress, RemoteAround, RemoteEnd, Traffic};
use backlog::Backlog;

/// One of our streams that is published to a remote server.
pub struct Push<S> {
    remote: Remote<S>,
}

impl<S: Bytestream> Push<S> {
    /// Asks for the right to publish. `random` fills the handshake.
    ///
    /// # Errors
    /// The server's refusal, its silence, or how the connection ended.
    pub async fn open(
        stream: S,
        address: RemoteAddress,
        around: RemoteAround,
        random: [u8; RANDOM_BYTES],
    ) -> Result<Self, RemoteEnd> {
        Ok(Self { remote: Remote::open(stream, address, Role::Publish, around, random).await? })
    }

    /// Publishes the stream until one side ends. A server that is too slow loses frames up to a newer key frame.
    pub async fn run(mut self, stream: Arc<Stream>, traffic: &Traffic) -> RemoteEnd {
        let Err(end) = self.publish(&stream, traffic).await;
        if !matches!(end, RemoteEnd::Closed | RemoteEnd::Broken(_)) {
            self.remote.leave().await;
        }
        end
    }

    async fn publish(&mut self, stream: &Arc<Stream>, traffic: &Traffic) -> Result<Infallible, RemoteEnd> {
        let limits = self.remote.around.limits.clone();
        let wake = Arc::new(Notify::new());
        let follower = stream.follow(limits.relay_queue_frames_max, {
            let wake = wake.clone();
            Box::new(move || wake.notify_one())
        });
        let mut outbox = Outbox { backlog: Backlog::new(&limits), base: None, head: Vec::new() };
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            while let Some(event) = self.remote.engine.poll_event() {
                self.remote.on_event(event)?;
            }
            // Its end is looked at first: what came before it is in the queue then.
            let over = stream.state() == StreamState::Ended;
            outbox.take(&follower, over, traffic);
            self.send(&mut outbox, traffic)?;
            if over && outbox.backlog.is_empty() && !self.remote.has_output() {
                return Err(RemoteEnd::StreamEnded);
            }
            tokio::select! {
                turned = self.remote.turn() => turned?,
                () = wake.notified() => {}
                _ = looks.tick() => self.remote.look()?,
            }
        }
    }

    /// Hands over as much as the connection takes at a time; the rest waits where it can still be skipped.
    fn send(&mut self, outbox: &mut Outbox, traffic: &Traffic) -> Result<(), RemoteEnd> {
        while !self.remote.has_output() {
            let Some(frame) = outbox.backlog.next() else { return Ok(()) };
            outbox.head.clear();
            let kind = published(&frame, &mut outbox.head);
            let timestamp = outbox.timestamp(&frame);
            match self.remote.engine.write_media(kind, timestamp, &[&outbox.head, &frame.payload]) {
                Ok(true) => traffic.count(outbox.head.len() + frame.payload.len()),
                Ok(false) => return Ok(()),
                Err(fault @ Fault::MessageTooLong { .. }) => tracing::warn!(%fault, "a frame is left out"),
                Err(fault) => return Err(fault.into()),
            }
        }
        Ok(())
    }
}

/// What waits for the remote server.
struct Outbox {
    backlog: Backlog,
    /// The stream's time at which this connection began: its own times begin at zero.
    base: Option<MediaTime>,
    head: Vec<u8>,
}

impl Outbox {
    fn take(&mut self, follower: &Follower, over: bool, traffic: &Traffic) {
        // What it consists of is not known before: the headers would be those of one track.
        if !over && self.base.is_none() && !follower.stream().tracks().settled() {
            return;
        }
        let newest = follower.stream().tracks();
        let skips = self.backlog.take(follower.take(), newest);
        traffic.skips.fetch_add(skips, Relaxed);
    }

    /// Milliseconds modulo 2^32. Headers go with the frame they precede; metadata stands at 0, as encoders send it.
    fn timestamp(&mut self, frame: &Frame) -> u32 {
        // Whole milliseconds, so that the rounding of each time stays what it is.
        let base = *self.base.get_or_insert(MediaTime::from_ms(frame.dts.ms()));
        if frame.kind == FrameKind::Metadata { 0 } else { (frame.dts - base).ms().max(0) as u32 }
    }
}
