use std::time::Duration;

use bytes::Bytes;
use tokio::time::{MissedTickBehavior, interval, timeout};
use vivace_base::{MonoMs, SessionId};
use vivace_hub::Publisher;
use vivace_media::flv;

use crate::engine::handshake::RANDOM_BYTES;
use crate::engine::{ClientEvent, MediaKind, Role};
use crate::remote::{LOOK, Remote};
use crate::{Bytestream, RemoteAddress, RemoteAround, RemoteEnd, ToHub, Traffic};

/// A stream that is played from a remote server into one of ours.
pub struct Pull<S> {
    remote: Remote<S>,
    first: Option<Message>,
}

struct Message {
    kind: MediaKind,
    timestamp: u32,
    body: Bytes,
}

impl<S: Bytestream> Pull<S> {
    /// Asks for the stream and waits for its first message: some servers grant a play of what is not there yet.
    /// `random` fills the handshake.
    ///
    /// # Errors
    /// The server's refusal, its silence, or how the connection ended.
    pub async fn open(
        stream: S,
        address: RemoteAddress,
        around: RemoteAround,
        random: [u8; RANDOM_BYTES],
    ) -> Result<Self, RemoteEnd> {
        let remote = Remote::open(stream, address, Role::Play, around, random).await?;
        let ms = remote.around.limits.relay_idle_ms_max;
        let mut pull = Self { remote, first: None };
        let late = RemoteEnd::TooLate { what: "the first message of the stream", ms };
        let first = timeout(Duration::from_millis(ms), pull.next()).await.map_err(|_| late)??;
        Ok(Self { first: Some(first), ..pull })
    }

    /// Feeds the stream until one side ends.
    pub async fn run(mut self, publisher: Publisher, session: SessionId, traffic: &Traffic) -> RemoteEnd {
        let Err(end) = self.feed(&publisher, session, traffic).await;
        // Its name goes on without waiting for the leave-taking.
        drop(publisher);
        if !matches!(end, RemoteEnd::Closed | RemoteEnd::Broken(_)) {
            self.remote.leave().await;
        }
        end
    }

    async fn feed(
        &mut self,
        publisher: &Publisher,
        session: SessionId,
        traffic: &Traffic,
    ) -> Result<std::convert::Infallible, RemoteEnd> {
        let mut to_hub = ToHub::default();
        let mut heard_at = self.remote.around.clock.mono();
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = self.next() => {
                    let message = message?;
                    heard_at = self.remote.around.clock.mono();
                    traffic.count(message.body.len());
                    push(&mut to_hub, publisher, session, &message)?;
                }
                _ = looks.tick() => self.look(publisher, heard_at)?,
            }
        }
    }

    /// The next message of the stream. Dropped before it is done, it has lost nothing.
    async fn next(&mut self) -> Result<Message, RemoteEnd> {
        if let Some(first) = self.first.take() {
            return Ok(first);
        }
        loop {
            while let Some(event) = self.remote.engine.poll_event() {
                if let ClientEvent::Media { kind, timestamp, body } = event {
                    return Ok(Message { kind, timestamp, body });
                }
                self.remote.on_event(event)?;
            }
            self.remote.turn().await?;
        }
    }

    fn look(&mut self, publisher: &Publisher, heard_at: MonoMs) -> Result<(), RemoteEnd> {
        if !publisher.is_current() {
            return Err(RemoteEnd::Replaced);
        }
        let around = &self.remote.around;
        let silent_ms = around.clock.mono().since(heard_at);
        if silent_ms >= around.limits.relay_idle_ms_max {
            return Err(RemoteEnd::Idle { silent_ms });
        }
        self.remote.look()
    }
}

fn push(to_hub: &mut ToHub, publisher: &Publisher, session: SessionId, message: &Message) -> Result<(), RemoteEnd> {
    match to_hub.frame(message.kind, message.timestamp, &message.body) {
        Ok(Some(frame)) => publisher.push(frame).map_err(|_| RemoteEnd::Replaced),
        Ok(None) => Ok(()),
        Err(fault @ (flv::Fault::UnsupportedCodec { .. } | flv::Fault::UnsupportedMultitrack { .. })) => {
            Err(fault.into())
        }
        Err(fault) => {
            let count = to_hub.leave_out();
            if count.is_power_of_two() {
                tracing::warn!(%session, %fault, count, "media messages are left out");
            }
            Ok(())
        }
    }
}
