use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use vivace_base::{Clock, Limits, MonoMs, RTMP_CHUNK_BYTES_OUT, Secret};
use vivace_media::flv;

use crate::Bytestream;
use crate::engine::handshake::RANDOM_BYTES;
use crate::engine::{Client, ClientConfig, ClientEvent, Fault, Role};

/// Why a connection to a remote server ended, or did not come to its stream. The server's words may repeat what it was
/// asked for.
#[derive(Debug, Error)]
pub enum RemoteEnd {
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(#[from] std::io::Error),
    /// The server's bytes are not what RTMP allows.
    #[error("{0}")]
    Protocol(#[from] Fault),
    /// The server did not answer in time.
    #[error("{what} did not come within {ms} ms")]
    TooLate {
        /// What was waited for.
        what: &'static str,
        /// How long.
        ms: u64,
    },
    /// The server sends no media, or answers no ping any more.
    #[error("the server was silent for {silent_ms} ms")]
    Idle {
        /// How long.
        silent_ms: u64,
    },
    /// The server takes nothing of what waits for it.
    #[error("the server took nothing for {ms} ms")]
    Stalled {
        /// How long.
        ms: u64,
    },
    /// The server refused `connect`, publish or play.
    #[error("the server refused: {}", said(code, description))]
    Refused {
        /// Its code; empty if it gave none.
        code: String,
        /// Its words; empty if it gave none.
        description: String,
    },
    /// The server ended the stream with a word.
    #[error("the server ended the stream: {}", said(code, description))]
    Cut {
        /// Its code; empty if it gave none.
        code: String,
        /// Its words; empty if it gave none.
        description: String,
    },
    /// The server asks for another connection (Enhanced RTMP v2).
    #[error("the server asked to connect again: {}", said("", description))]
    Reconnect {
        /// Where to; empty for the same place.
        tc_url: String,
        /// Its words.
        description: String,
    },
    /// The server sends what cannot be carried.
    #[error("{0}")]
    Media(#[from] flv::Fault),
    /// Another publisher has the name of the stream that was pulled into.
    #[error("the stream has another publisher now, or was cut")]
    Replaced,
    /// The stream that was pushed has ended.
    #[error("the stream has ended")]
    StreamEnded,
    /// The owner wants no more of it.
    #[error("it was stopped")]
    Stopped,
}

fn said(code: &str, description: &str) -> String {
    match (code, description) {
        ("", "") => "without a word".to_owned(),
        ("", one) | (one, "") => one.to_owned(),
        (code, description) => format!("{code}: {description}"),
    }
}

/// A stream of a remote server.
#[derive(Clone)]
pub struct RemoteAddress {
    /// `app` of `connect`.
    pub app: String,
    /// `tcUrl` of `connect`.
    pub tc_url: String,
    /// Stream name with its query.
    pub name: Secret<String>,
}

/// What a connection to a remote server needs from its surroundings.
#[derive(Clone)]
pub struct RemoteAround {
    /// Limits.
    pub limits: Arc<Limits>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Cancelled when the connection is not wanted any more.
    pub stop: CancellationToken,
}

/// What has passed over connections of one relay. Only grows.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Bytes of media messages.
    pub bytes: AtomicU64,
    /// Times that a slow server was moved to a newer key frame.
    pub skips: AtomicU64,
}

impl Traffic {
    pub(crate) fn count(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Relaxed);
    }
}

/// Bytes read at a time.
const READ_BYTES: usize = 16 << 10;
/// How often it is looked whether the server is still there.
pub(crate) const LOOK: Duration = Duration::from_secs(1);
/// How long taking leave may last.
const LINGER: Duration = Duration::from_millis(500);

/// A connection to a remote server that has granted a publish or a play.
pub(crate) struct Remote<S> {
    reader: ReadHalf<S>,
    writer: WriteHalf<S>,
    pub(crate) engine: Client,
    pub(crate) around: RemoteAround,
    buffer: Vec<u8>,
    output: Bytes,
    unflushed: bool,
    /// When the server last took something, or nothing waited for it.
    taken_at: MonoMs,
    /// The server's last word of a level that is not an error.
    status: Option<(String, String)>,
}

impl<S: Bytestream> Remote<S> {
    /// Shakes hands and asks for the stream.
    ///
    /// # Errors
    /// The server's refusal, silence within `limits.relay_start_ms_max`, or how the connection ended.
    pub(crate) async fn open(
        stream: S,
        address: RemoteAddress,
        role: Role,
        around: RemoteAround,
        random: [u8; RANDOM_BYTES],
    ) -> Result<Self, RemoteEnd> {
        let config = ClientConfig {
            app: address.app,
            tc_url: address.tc_url,
            name: address.name.reveal().clone(),
            role,
            chunk_bytes_out: RTMP_CHUNK_BYTES_OUT,
            digest: false,
        };
        let now = around.clock.mono();
        let engine = Client::new(around.limits.clone(), config, random, now).with_reconnects();
        let (reader, writer) = split(stream);
        let (buffer, ms) = (vec![0; READ_BYTES], around.limits.relay_start_ms_max);
        let (output, unflushed, status) = (Bytes::new(), false, None);
        let mut remote = Self { reader, writer, engine, around, buffer, output, unflushed, taken_at: now, status };
        let late = RemoteEnd::TooLate { what: "the server's grant", ms };
        timeout(Duration::from_millis(ms), remote.granted()).await.map_err(|_| late)??;
        Ok(remote)
    }

    async fn granted(&mut self) -> Result<(), RemoteEnd> {
        loop {
            while let Some(event) = self.engine.poll_event() {
                if matches!(event, ClientEvent::Ready { .. }) {
                    return Ok(());
                }
                self.on_event(event)?;
            }
            self.turn().await?;
        }
    }

    /// What every event but media comes to.
    pub(crate) fn on_event(&mut self, event: ClientEvent) -> Result<(), RemoteEnd> {
        match event {
            ClientEvent::Refused { code, description } => Err(RemoteEnd::Refused { code, description }),
            ClientEvent::ReconnectRequest { tc_url, description } => Err(RemoteEnd::Reconnect { tc_url, description }),
            ClientEvent::Status { level, code, description } if level == "error" => {
                Err(RemoteEnd::Cut { code, description })
            }
            ClientEvent::Status { code, description, .. } => {
                self.status = Some((code, description));
                Ok(())
            }
            ClientEvent::Ended => {
                let (code, description) = self.status.take().unwrap_or_default();
                Err(RemoteEnd::Cut { code, description })
            }
            ClientEvent::Ready { .. } | ClientEvent::Media { .. } | ClientEvent::Acknowledged(_) => Ok(()),
        }
    }

    /// Reads once, or writes some of what waits. Dropped before it is done, it has done nothing.
    pub(crate) async fn turn(&mut self) -> Result<(), RemoteEnd> {
        let writes = self.has_output();
        tokio::select! {
            () = self.around.stop.cancelled() => Err(RemoteEnd::Stopped),
            count = self.reader.read(&mut self.buffer) => {
                let count = count?;
                if count == 0 {
                    return Err(RemoteEnd::Closed);
                }
                let now = self.around.clock.mono();
                Ok(self.engine.handle_input(now, self.buffer.get(..count).unwrap_or_default())?)
            }
            written = write_some(&mut self.writer, &mut self.output, &mut self.unflushed), if writes => {
                self.taken_at = self.around.clock.mono();
                Ok(written?)
            }
        }
    }

    /// Whether something waits to be sent.
    pub(crate) fn has_output(&mut self) -> bool {
        if self.output.is_empty()
            && let Some(output) = self.engine.take_output()
        {
            if !self.unflushed {
                self.taken_at = self.around.clock.mono();
            }
            self.output = output;
        }
        self.unflushed || !self.output.is_empty()
    }

    /// Whether the server takes what waits for it, and answers pings if it has ever answered one.
    pub(crate) fn look(&mut self) -> Result<(), RemoteEnd> {
        let (now, idle_ms) = (self.around.clock.mono(), self.around.limits.relay_idle_ms_max);
        let ms = now.since(self.taken_at);
        if self.has_output() && ms >= idle_ms {
            return Err(RemoteEnd::Stalled { ms });
        }
        match self.engine.ping_waits_since() {
            None => self.engine.ping(now),
            // Some servers answer none at all, and are there all the same.
            Some(asked) if self.engine.round_trip_ms().is_some() && now.since(asked) >= idle_ms => {
                return Err(RemoteEnd::Idle { silent_ms: now.since(asked) });
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// Takes leave of a server that may still listen. Not for long: nobody waits for an answer.
    pub(crate) async fn leave(mut self) {
        self.engine.finish();
        let leaving = async {
            while self.has_output() {
                write_some(&mut self.writer, &mut self.output, &mut self.unflushed).await?;
            }
            self.writer.shutdown().await
        };
        // Whether the server heard it makes no difference any more.
        let _ = timeout(LINGER, leaving).await;
    }
}

/// TLS keeps what the socket does not take at once, so all is flushed that was written.
async fn write_some<W: AsyncWriteExt + Unpin>(
    writer: &mut W,
    output: &mut Bytes,
    unflushed: &mut bool,
) -> std::io::Result<()> {
    if output.is_empty() {
        writer.flush().await?;
        *unflushed = false;
        return Ok(());
    }
    if writer.write_buf(output).await? == 0 {
        return Err(std::io::ErrorKind::WriteZero.into());
    }
    *unflushed = true;
    Ok(())
}
