use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use vivace_base::{Clock, Limits, SessionId};
use vivace_hub::Publisher;
use vivace_media::flv;

use crate::engine::handshake::RANDOM_BYTES;
use crate::engine::{Event, Fault, HowEnded, MediaKind, Server};
use crate::heard::Heard;
use crate::to_hub::ToHub;

/// Why a session ended.
#[derive(Debug, Error)]
pub enum SessionEnd {
    /// The peer closed the connection.
    #[error("the peer closed the connection")]
    Closed,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(#[from] std::io::Error),
    /// The peer's bytes are not what RTMP allows.
    #[error("{0}")]
    Protocol(#[from] Fault),
    /// The handshake, or the first publish or play, did not come in time.
    #[error("{what} did not come within {ms} ms")]
    TooLate {
        /// What was waited for.
        what: Awaited,
        /// How long.
        ms: u64,
    },
    /// A publisher that sends so little that its message does not end.
    #[error("{bytes} bytes in {ms} ms, and no message was completed")]
    TooSlow {
        /// Bytes received since the last whole message.
        bytes: u64,
        /// Time since then.
        ms: u64,
    },
    /// The peer takes nothing of what it has asked for.
    #[error("the peer took no bytes for {ms} ms")]
    Untaken {
        /// How long.
        ms: u64,
    },
    /// A publisher that sent nothing.
    #[error("nothing was sent for {silent_ms} ms")]
    Idle {
        /// How long.
        silent_ms: u64,
    },
    /// The publisher ended its stream with a command.
    #[error("the publisher ended the stream ({0:?})")]
    Unpublished(HowEnded),
    /// Another publisher took the name over.
    #[error("replaced by a new push to the same name")]
    Replaced,
    /// A media message that cannot be carried.
    #[error("{0}")]
    Media(#[from] flv::Fault),
    /// The server stops.
    #[error("the server is shutting down")]
    Shutdown,
    /// Another process of the server has taken over, and the peer has not announced that it follows a reconnect request.
    #[error("the server is being upgraded: connect again")]
    HandedOver,
}

/// What a peer has to send in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// The RTMP handshake.
    Handshake,
    /// The first publish or play.
    FirstCommand,
}

impl std::fmt::Display for Awaited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Handshake => "the RTMP handshake",
            Self::FirstCommand => "the first publish or play",
        })
    }
}

/// What RTMP goes over.
pub trait Bytestream: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Bytestream for S {}

/// What every session needs from its surroundings.
#[derive(Clone)]
pub struct Surroundings {
    /// Limits.
    pub limits: Arc<Limits>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Cancelled when the server stops.
    pub stop: CancellationToken,
    /// Cancelled when another process has taken over: publishers are asked to connect anew.
    pub leaving: CancellationToken,
}

/// One connection up to its first publish or play, over any stream of bytes: TCP, or TLS over it.
pub struct Connection<S> {
    socket: S,
    engine: Server,
    around: Surroundings,
    buffer: Vec<u8>,
}

/// What the peer wants.
pub enum Request<S> {
    /// To publish.
    Publish(PublishRequest<S>),
    /// To play.
    Play(PlayRequest<S>),
}

/// Address of a publish or play, as sent.
#[derive(Clone, Debug)]
pub struct Address {
    /// `app`, with its query if the encoder put one there.
    pub app: String,
    /// Stream name with its query.
    pub name: String,
    /// `tcUrl`.
    pub tc_url: String,
}

/// A publish that waits for an answer.
pub struct PublishRequest<S> {
    /// What is asked for.
    pub address: Address,
    connection: Connection<S>,
    stream_id: u32,
}

/// A play that waits for an answer.
pub struct PlayRequest<S> {
    /// What is asked for.
    pub address: Address,
    connection: Connection<S>,
    stream_id: u32,
}

/// Bytes read at a time.
const READ_BYTES: usize = 16 << 10;
/// How often a publisher's session looks whether it is still wanted and still heard.
const LOOK: Duration = Duration::from_secs(1);
/// What a peer is told that is to connect anew.
pub(crate) const UPGRADE: &str = "The server is being upgraded.";
/// How long a refused peer may take to read its refusal.
const LINGER: Duration = Duration::from_secs(2);

impl<S: Bytestream> Connection<S> {
    /// A connection that has just been accepted; `random` fills its handshake.
    pub fn new(socket: S, around: Surroundings, random: [u8; RANDOM_BYTES]) -> Self {
        let engine = Server::new(around.limits.clone(), random);
        Self { socket, engine, around, buffer: vec![0; READ_BYTES] }
    }

    /// Runs until the peer asks to publish or to play.
    pub async fn request(mut self) -> Result<Request<S>, SessionEnd> {
        let ms = self.around.limits.handshake_ms_max;
        let late = SessionEnd::TooLate { what: Awaited::Handshake, ms };
        timeout(Duration::from_millis(ms), self.shake_hands()).await.map_err(|_| late)??;
        let ms = self.around.limits.first_command_ms_max;
        let late = SessionEnd::TooLate { what: Awaited::FirstCommand, ms };
        let asked = timeout(Duration::from_millis(ms), self.first_command()).await.map_err(|_| late)??;
        Ok(match asked {
            Asked::Publish(stream_id, address) => {
                Request::Publish(PublishRequest { address, connection: self, stream_id })
            }
            Asked::Play(stream_id, address) => Request::Play(PlayRequest { address, connection: self, stream_id }),
        })
    }

    async fn shake_hands(&mut self) -> Result<(), SessionEnd> {
        while !self.engine.is_handshake_done() {
            self.read().await?;
            self.flush().await?;
        }
        Ok(())
    }

    async fn first_command(&mut self) -> Result<Asked, SessionEnd> {
        loop {
            while let Some(event) = self.engine.poll_event() {
                match event {
                    Event::Publish { stream_id, name, app, tc_url, .. } => {
                        return Ok(Asked::Publish(stream_id, Address { app, name, tc_url }));
                    }
                    Event::Play { stream_id, name, app, tc_url, .. } => {
                        return Ok(Asked::Play(stream_id, Address { app, name, tc_url }));
                    }
                    _ => {}
                }
            }
            self.flush().await?;
            self.read().await?;
        }
    }

    /// Reads once and gives the bytes to the engine; how many they were.
    async fn read(&mut self) -> Result<usize, SessionEnd> {
        let count = tokio::select! {
            count = self.socket.read(&mut self.buffer) => count?,
            () = self.around.stop.cancelled() => return Err(SessionEnd::Shutdown),
        };
        if count == 0 {
            return Err(SessionEnd::Closed);
        }
        let now = self.around.clock.mono();
        self.engine.handle_input(now, self.buffer.get(..count).unwrap_or_default())?;
        Ok(count)
    }

    /// Sends what is queued. A peer that takes nothing for as long as a publisher may be silent is lost.
    async fn flush(&mut self) -> Result<(), SessionEnd> {
        let ms = self.around.limits.publisher_idle_ms_max;
        while let Some(output) = self.engine.take_output() {
            let write = async {
                self.socket.write_all(&output).await?;
                // TLS keeps what the socket does not take at once.
                self.socket.flush().await
            };
            timeout(Duration::from_millis(ms), write).await.map_err(|_| SessionEnd::Untaken { ms })??;
        }
        Ok(())
    }

    /// Sends what is queued and waits, not for long, until the peer has read it and gone: a close right behind the
    /// words would let the peer's own unread bytes destroy them.
    async fn say_goodbye(mut self) {
        let goodbye = async {
            self.flush().await?;
            self.socket.shutdown().await?;
            while self.socket.read(&mut self.buffer).await? > 0 {}
            Ok::<(), SessionEnd>(())
        };
        // Whether the peer heard it makes no difference any more.
        let _ = timeout(LINGER, goodbye).await;
    }
}

enum Asked {
    Publish(u32, Address),
    Play(u32, Address),
}

impl<S: Bytestream> PublishRequest<S> {
    /// Refuses with `onStatus` of level error and closes.
    pub async fn refuse(mut self, code: &str, description: &str) {
        self.connection.engine.refuse_publish(self.stream_id, code, description);
        self.connection.say_goodbye().await;
    }

    /// Says `NetStream.Publish.Start` and feeds the stream until the session ends. `last_words` turns the end into a
    /// code and a description for the peer; `None` if there is nothing to say.
    pub async fn accept(
        mut self,
        publisher: Publisher,
        session: SessionId,
        last_words: impl FnOnce(&SessionEnd) -> Option<(&'static str, String)>,
    ) -> SessionEnd {
        let granted = self.connection.engine.accept_publish(self.stream_id);
        let end = if granted {
            let mut feed = Feed { publisher, to_hub: ToHub::default(), session, stream_id: self.stream_id };
            match feed.run(&mut self.connection).await {
                Ok(never) => match never {},
                // A server that stops ends its streams too: which of the two a session meets first is chance.
                Err(SessionEnd::Replaced) if self.connection.around.stop.is_cancelled() => SessionEnd::Shutdown,
                Err(end) => end,
            }
        } else {
            SessionEnd::Closed
        };
        if let Some((code, description)) = last_words(&end) {
            self.connection.engine.refuse_publish(self.stream_id, code, &description);
        }
        if !matches!(end, SessionEnd::Closed | SessionEnd::Broken(_) | SessionEnd::Untaken { .. }) {
            self.connection.say_goodbye().await;
        }
        end
    }
}

/// A publish that has been granted.
struct Feed {
    publisher: Publisher,
    to_hub: ToHub,
    session: SessionId,
    stream_id: u32,
}

enum Never {}

impl Feed {
    async fn run<S: Bytestream>(&mut self, connection: &mut Connection<S>) -> Result<Never, SessionEnd> {
        let mut heard = Heard::new(connection.around.clock.mono());
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let leaving = connection.around.leaving.clone();
        let mut asked = false;
        loop {
            while let Some(event) = connection.engine.poll_event() {
                self.on_event(connection, event)?;
            }
            connection.flush().await?;
            tokio::select! {
                read = connection.read() => {
                    let (bytes, messages) = (read?, connection.engine.counters().messages);
                    heard.note(connection.around.clock.mono(), bytes, messages);
                }
                _ = looks.tick() => {
                    self.look()?;
                    heard.check(connection.around.clock.mono(), &connection.around.limits)?;
                }
                () = leaving.cancelled(), if !asked => {
                    if !connection.engine.request_reconnect(UPGRADE) {
                        return Err(SessionEnd::HandedOver);
                    }
                    asked = true;
                }
            }
        }
    }

    fn look(&self) -> Result<(), SessionEnd> {
        if self.publisher.is_current() { Ok(()) } else { Err(SessionEnd::Replaced) }
    }

    fn on_event<S: Bytestream>(&mut self, connection: &mut Connection<S>, event: Event) -> Result<(), SessionEnd> {
        match event {
            Event::Media { stream_id, kind, timestamp, body } if stream_id == self.stream_id => {
                self.on_media(kind, timestamp, &body)
            }
            Event::Unpublish { stream_id, how } if stream_id == self.stream_id => Err(SessionEnd::Unpublished(how)),
            Event::Publish { stream_id, .. } => {
                let said = "one connection publishes one stream: open another connection";
                connection.engine.refuse_publish(stream_id, "NetStream.Publish.BadName", said);
                Ok(())
            }
            Event::Play { stream_id, .. } => {
                let said = "this connection publishes: open another one to play";
                connection.engine.refuse_play(stream_id, "NetStream.Play.Failed", said);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn on_media(&mut self, kind: MediaKind, timestamp: u32, body: &Bytes) -> Result<(), SessionEnd> {
        let frame = match self.to_hub.frame(kind, timestamp, body) {
            Ok(frame) => frame,
            // A codec that cannot be carried would leave players with a black picture: the publisher is told instead.
            Err(fault @ (flv::Fault::UnsupportedCodec { .. } | flv::Fault::UnsupportedMultitrack { .. })) => {
                return Err(fault.into());
            }
            Err(fault) => {
                let count = self.to_hub.leave_out();
                if count.is_power_of_two() {
                    tracing::warn!(session = %self.session, %fault, count, "media messages are left out");
                }
                None
            }
        };
        match frame {
            Some(frame) => self.publisher.push(frame).map_err(|_| SessionEnd::Replaced),
            None => Ok(()),
        }
    }
}

/// A player's connection after its handshake.
pub struct PlayStart<S> {
    /// The stream of bytes that the connection was made over.
    pub socket: S,
    /// Replies that go first.
    pub head: Bytes,
    /// The engine, which goes on reading the player's messages.
    pub engine: Server,
}

impl<S: Bytestream> PlayRequest<S> {
    /// The message stream that is to be played on.
    pub const fn stream_id(&self) -> u32 {
        self.stream_id
    }

    /// Refuses with `onStatus` of level error and closes.
    pub async fn refuse(mut self, code: &str, description: &str) {
        self.connection.engine.refuse_play(self.stream_id, code, description);
        self.connection.say_goodbye().await;
    }

    /// Says `NetStream.Play.Start` and gives the connection away.
    pub fn accept(mut self) -> Result<PlayStart<S>, SessionEnd> {
        if !self.connection.engine.accept_play(self.stream_id) {
            return Err(SessionEnd::Closed);
        }
        let mut head = Vec::new();
        while let Some(output) = self.connection.engine.take_output() {
            head.extend_from_slice(&output);
        }
        Ok(PlayStart { socket: self.connection.socket, head: head.into(), engine: self.connection.engine })
    }
}
