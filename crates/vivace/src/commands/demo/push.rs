use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use vivace_base::{Limits, MonoMs};
use vivace_media::flv::{Tag, TagKind};
use vivace_rtmp::engine::{self, Client, ClientConfig, ClientEvent, MediaKind, Role};

use super::clip::{Clip, ROUND_MS};
use crate::machine;

/// How long to wait before a push that was cut is tried again.
const RETRY_MS: u64 = 1_000;
/// A server that takes no byte or gives no answer for this long is taken for lost.
const ANSWER_MS_MAX: u64 = 10_000;
/// AMF0 of the name that publishers put in front of metadata.
const SET_DATA_FRAME: &[u8] = b"\x02\x00\x0d@setDataFrame";
const READ_BYTES: usize = 16 << 10;
/// Chunk size of the push: a picture of the clip is a few of these.
const CHUNK_BYTES: usize = 4_096;

/// Where to push to.
#[derive(Clone)]
pub(super) struct Target {
    authority: String,
    client: ClientConfig,
    limits: Arc<Limits>,
}

impl Target {
    /// Takes a push URL of ours apart: `rtmp://AUTHORITY/APP/NAME?QUERY`.
    pub(super) fn new(url: &str, limits: Limits) -> Self {
        let rest = url.strip_prefix("rtmp://").unwrap_or(url);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (app, name) = path.split_once('/').unwrap_or((path, ""));
        let client = ClientConfig {
            app: app.to_owned(),
            tc_url: format!("rtmp://{authority}/{app}"),
            name: name.to_owned(),
            role: Role::Publish,
            chunk_bytes_out: CHUNK_BYTES,
            digest: false,
        };
        Self { authority: authority.to_owned(), client, limits: Arc::new(limits) }
    }
}

/// Why a push ended before it was told to.
#[derive(Debug, Error)]
enum Cut {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Protocol(#[from] engine::Fault),
    #[error("refused: {code} {description}")]
    Refused { code: String, description: String },
    #[error("the server ended the stream")]
    Ended,
    #[error("the server asked for a new connection")]
    Moves,
    #[error("the server does not answer")]
    Silent,
}

/// Pushes the clip in real time, round after round, until `stop`; tries again when it is cut. `granted` is told when the
/// server takes the stream for the first time.
pub(super) async fn push(target: Target, clip: Clip, stop: CancellationToken, granted: oneshot::Sender<()>) {
    let mut pusher = Pusher { target, clip, start: Instant::now(), granted: Some(granted) };
    loop {
        let cut = tokio::select! {
            cut = pusher.session(&stop) => cut,
            () = stop.cancelled() => return,
        };
        match cut {
            Ok(()) => return,
            Err(Cut::Moves) => {
                tracing::info!("the server asks for a new connection: the clip's push moves");
                continue;
            }
            Err(cut) => tracing::warn!(%cut, retry_ms = RETRY_MS, "the clip's push was cut"),
        }
        tokio::select! {
            () = sleep(Duration::from_millis(RETRY_MS)) => {}
            () = stop.cancelled() => return,
        }
    }
}

struct Pusher {
    target: Target,
    clip: Clip,
    /// Zero of the running timestamps, kept over connections so that a re-push goes on where the first would be.
    start: Instant,
    granted: Option<oneshot::Sender<()>>,
}

/// One connection.
struct Session {
    socket: TcpStream,
    client: Client,
    buffer: Box<[u8]>,
    /// The server has asked for a new connection.
    moves: bool,
}

impl Pusher {
    /// Pushes over one connection; ends well only on `stop`.
    async fn session(&mut self, stop: &CancellationToken) -> Result<(), Cut> {
        let mut session =
            timeout(answer(), Session::open(&self.target, self.now())).await.map_err(|_| Cut::Silent)??;
        timeout(answer(), self.wait_for_grant(&mut session)).await.map_err(|_| Cut::Silent)??;
        if let Some(granted) = self.granted.take() {
            // Nobody waits for it when the demo is being ended.
            let _ = granted.send(());
        }
        let ended = tokio::select! {
            biased;
            () = stop.cancelled() => Ok(()),
            Err(cut) = self.send_rounds(&mut session) => Err(cut),
        };
        if let Ok(()) | Err(Cut::Moves) = ended {
            session.client.finish();
            session.flush().await?;
        }
        ended
    }

    async fn wait_for_grant(&self, session: &mut Session) -> Result<(), Cut> {
        loop {
            session.flush().await?;
            session.read(self.now()).await?;
            if session.events()? {
                return Ok(());
            }
        }
    }

    async fn send_rounds(&self, session: &mut Session) -> Result<Infallible, Cut> {
        let first_ms = self.now().0;
        for tag in &self.clip.headers {
            session.send(tag, first_ms)?;
        }
        let mut round_ms = first_ms;
        loop {
            for tag in &self.clip.frames {
                let due_ms = round_ms + u64::from(tag.timestamp_ms);
                self.wait_until(session, due_ms).await?;
                if session.moves && is_key(tag) {
                    return Err(Cut::Moves);
                }
                session.send(tag, due_ms)?;
            }
            round_ms += u64::from(ROUND_MS);
        }
    }

    /// Waits for the time of the next frame, and meanwhile sends what is there and listens to the server.
    async fn wait_until(&self, session: &mut Session, due_ms: u64) -> Result<(), Cut> {
        if due_ms <= self.now().0 {
            return Ok(());
        }
        session.flush().await?;
        let due = sleep_until(self.start + Duration::from_millis(due_ms));
        tokio::pin!(due);
        loop {
            tokio::select! {
                () = &mut due => return Ok(()),
                read = session.read(self.now()) => read?,
            }
            session.events()?;
            session.flush().await?;
        }
    }

    fn now(&self) -> MonoMs {
        MonoMs(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

impl Session {
    async fn open(target: &Target, now: MonoMs) -> Result<Self, Cut> {
        let socket = TcpStream::connect(&target.authority).await?;
        socket.set_nodelay(true)?;
        let client = Client::new(Arc::clone(&target.limits), target.client.clone(), machine::random()?, now);
        Ok(Self { socket, client: client.with_reconnects(), moves: false, buffer: vec![0; READ_BYTES].into() })
    }

    /// Hands a tag to the client, with the running time as its timestamp, which RTMP counts modulo 2^32.
    fn send(&mut self, tag: &Tag, at_ms: u64) -> Result<(), Cut> {
        let (kind, prefix) = match tag.kind {
            TagKind::Audio => (MediaKind::Audio, [].as_slice()),
            TagKind::Video => (MediaKind::Video, [].as_slice()),
            TagKind::Script => (MediaKind::Data, SET_DATA_FRAME),
        };
        let timestamp = (at_ms & u64::from(u32::MAX)) as u32;
        if self.client.write_media(kind, timestamp, &[prefix, &tag.body])? { Ok(()) } else { Err(Cut::Ended) }
    }

    /// Dropped before it is done, it has read nothing.
    async fn read(&mut self, now: MonoMs) -> Result<(), Cut> {
        let bytes = self.socket.read(&mut self.buffer).await?;
        if bytes == 0 {
            return Err(Cut::Ended);
        }
        Ok(self.client.handle_input(now, &self.buffer[..bytes])?)
    }

    /// True if the publish was granted.
    fn events(&mut self) -> Result<bool, Cut> {
        let mut granted = false;
        while let Some(event) = self.client.poll_event() {
            match event {
                ClientEvent::Ready { .. } => granted = true,
                ClientEvent::Refused { code, description } => return Err(Cut::Refused { code, description }),
                ClientEvent::Ended => return Err(Cut::Ended),
                ClientEvent::ReconnectRequest { .. } => self.moves = true,
                ClientEvent::Media { .. } | ClientEvent::Status { .. } | ClientEvent::Acknowledged(_) => {}
            }
        }
        Ok(granted)
    }

    async fn flush(&mut self) -> Result<(), Cut> {
        while let Some(output) = self.client.take_output() {
            timeout(answer(), self.socket.write_all(&output)).await.map_err(|_| Cut::Silent)??;
        }
        Ok(())
    }
}

/// Whether a player can begin with it; the clip is H.264 as FLV has always had it.
fn is_key(tag: &Tag) -> bool {
    tag.kind == TagKind::Video && tag.body.first().is_some_and(|first| first >> 4 == 1)
}

const fn answer() -> Duration {
    Duration::from_millis(ANSWER_MS_MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::net::TcpListener;
    use tokio::sync::oneshot;
    use tokio::time::timeout;
    use tokio_util::sync::CancellationToken;
    use vivace_base::{Limits, StreamName};
    use vivace_domain::url::{Stamp, push_url};
    use vivace_server::{Auth, Config, Server};

    use super::{Target, push};
    use crate::commands::demo::clip::Clip;
    use crate::commands::demo::folder::Folder;
    use crate::machine;

    const DEADLINE: Duration = Duration::from_secs(30);

    #[test]
    fn a_push_url_is_taken_apart() {
        let target = Target::new("rtmp://[::1]:1935/live/demo?bizid=1&txSecret=a&txTime=B", Limits::default());
        assert_eq!(target.authority, "[::1]:1935");
        assert_eq!((target.client.app.as_str(), target.client.tc_url.as_str()), ("live", "rtmp://[::1]:1935/live"));
        assert_eq!(target.client.name, "demo?bizid=1&txSecret=a&txTime=B");
    }

    #[tokio::test]
    async fn the_server_takes_the_clip_and_the_push_ends_when_told() {
        let folder = Folder::make().unwrap();
        let here = "127.0.0.1:0".parse().unwrap();
        let config = Config { rtmp: here, http: here, data: folder.path().to_owned(), ..Config::default() };
        let server = Server::load(config).await.unwrap();
        let (app, authority) = (server.app(), server.addresses().rtmp.to_string());
        let mut expires_at = machine::unix_now();
        expires_at.0 += 60_000;
        let stamp = Stamp { key: &app.keys.push_key, expires_at };
        let url = push_url(&authority, &StreamName::parse("demo").unwrap(), app.keys.bizid, Some(stamp));

        let (stop, (granted, live)) = (CancellationToken::new(), oneshot::channel());
        let serving = tokio::spawn(server.run(stop.clone()));
        let pushing =
            tokio::spawn(push(Target::new(&url, Limits::default()), Clip::load().unwrap(), stop.clone(), granted));
        timeout(DEADLINE, live).await.expect("granted in time").expect("the push goes on");
        stop.cancel();
        timeout(DEADLINE, pushing).await.expect("the push ends").unwrap();
        timeout(DEADLINE, serving).await.expect("the server ends").unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_push_moves_to_the_process_that_takes_over() {
        let folder = Folder::make().unwrap();
        let here = "127.0.0.1:0".parse().unwrap();
        // Far longer than the test waits: only the push that moves lets the first server end in time.
        let limits = Limits { upgrade_drain_ms_max: 600_000, ..Limits::default() };
        let data = folder.path().to_owned();
        let config = Config { rtmp: here, http: here, data, push_auth: Auth::Open, limits, ..Config::default() };
        let config = Config { rtmps: None, https: None, ..config };
        let server = Server::load(config.clone()).await.unwrap();
        let url = format!("rtmp://{}/live/demo", server.addresses().rtmp);
        let (stop, (granted, live)) = (CancellationToken::new(), oneshot::channel());
        let first = tokio::spawn(server.run(stop.clone()));
        let pushing =
            tokio::spawn(push(Target::new(&url, Limits::default()), Clip::load().unwrap(), stop.clone(), granted));
        timeout(DEADLINE, live).await.expect("granted in time").expect("the push goes on");

        let second = tokio::spawn(Server::take_over(config).await.unwrap().run(stop.clone()));
        timeout(DEADLINE, first).await.expect("the first server ends").unwrap().unwrap();
        assert!(!pushing.is_finished() && !second.is_finished());
        stop.cancel();
        timeout(DEADLINE, pushing).await.expect("the push ends").unwrap();
        timeout(DEADLINE, second).await.expect("the second server ends").unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_push_that_is_cut_is_tried_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("rtmp://{}/live/demo", listener.local_addr().unwrap());
        let (stop, (granted, live)) = (CancellationToken::new(), oneshot::channel());
        let pushing =
            tokio::spawn(push(Target::new(&url, Limits::default()), Clip::load().unwrap(), stop.clone(), granted));
        for round in 0..2 {
            let (socket, _) = timeout(DEADLINE, listener.accept()).await.expect("a connection in time").unwrap();
            drop(socket);
            assert!(!pushing.is_finished(), "round {round}");
        }
        stop.cancel();
        timeout(DEADLINE, pushing).await.expect("the push ends").unwrap();
        assert!(live.await.is_err(), "nothing was granted");
    }
}
