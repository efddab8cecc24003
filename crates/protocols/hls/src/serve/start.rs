use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use http::Response;
use parking_lot::Mutex;
use tokio_util::task::TaskTracker;
use vivace_base::{AppId, Clock, LiveLimits, Rng, StreamName, UnixMs};
use vivace_hub::Stream;

use super::live::Live;
use super::reply::{self, Body, Head, Keep};
use super::sending::{OnCut, Sending};
use super::sessions::Sessions;
use super::{Admit, Fault, File, Keeper, OnEnd, TokenFault, TokenKey, Tokens};
use crate::engine::{Container, Directives, Flavor, Rung, Segmenter, Settings, TOKEN, Wanted, Window, master, rungs};

/// How long a token is good: a player that stays for longer begins anew.
const TOKEN_MS: i64 = 7 * 86_400_000;
/// Beyond the longest segment, how long the first playlist of a stream may take.
const START_MS: u64 = 5_000;

/// What players of HLS are served from.
pub struct Parts {
    /// All limits.
    pub limits: LiveLimits,
    /// How streams are cut.
    pub settings: Settings,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for sessions and the tokens' key.
    pub rng: Arc<dyn Rng>,
    /// Where the playlists' numbers are kept.
    pub keeper: Arc<dyn Keeper>,
    /// The tokens' key: that of the process before, or [`super::token_key`], so that players go on; without one, a new key.
    pub token_key: Option<TokenKey>,
}

/// All streams that are cut, and all their players.
pub struct Hls {
    parts: Parts,
    tokens: Tokens,
    lives: Mutex<HashMap<(AppId, StreamName), Arc<Live>>>,
    sessions: Sessions,
    sending: Arc<Sending>,
    tasks: TaskTracker,
}

/// A rate of a stream that may be played in its place.
#[derive(Clone, Copy, Debug)]
pub struct Rate<'a> {
    /// The name that it is played under.
    pub name: &'a StreamName,
    /// Width and height that its picture does not exceed.
    pub size_max: (u16, u16),
    /// Bits per second of picture and sound.
    pub bits_per_second: u64,
}

/// A request for a file of a stream.
#[derive(Clone, Copy)]
pub struct Visit<'a> {
    /// Whose stream.
    pub app: AppId,
    /// Its name.
    pub name: &'a StreamName,
    /// The last part of the path.
    pub file: &'a str,
    /// The query, undecoded.
    pub query: &'a str,
    /// The stream of this name, if it is there: a player whose session is good begins it anew.
    pub stream: Option<&'a Arc<Stream>>,
    /// Lets a player in that had been taken for gone.
    pub admit: Admit<'a>,
}

impl Hls {
    /// Nothing is cut yet.
    pub fn new(parts: Parts) -> Arc<Self> {
        let tokens = parts.token_key.clone().map_or_else(|| Tokens::new(parts.rng.as_ref()), Tokens::with_key);
        let sessions = Sessions::new(parts.limits.clone());
        let sending = Sending::new(parts.limits.clone());
        Arc::new(Self { parts, tokens, lives: Mutex::default(), sessions, sending, tasks: TaskTracker::new() })
    }

    /// The master playlist for a player that has been granted the stream and let in. It begins a session, whose end
    /// `on_end` learns.
    ///
    /// # Errors
    /// [`Fault::NotCarried`], [`Fault::Waiting`], [`Fault::Keep`], [`Fault::Late`].
    pub async fn begin(
        &self,
        stream: Arc<Stream>,
        flavor: Flavor,
        head: &Head,
        on_end: OnEnd,
        ladder: &[Rate<'_>],
    ) -> Result<Response<Body>, Fault> {
        let (app, name) = (stream.app(), stream.name().clone());
        let number = self.number();
        let expires_at = UnixMs(self.parts.clock.unix().0.saturating_add(TOKEN_MS));
        // Each is a session of its own, which begins when the player goes over to it.
        let ladder = ladder.iter().map(|rate| Rung {
            uri: format!(
                "{}/{}{}",
                rate.name,
                File::playlist(flavor),
                query_of(&self.tokens.issue(app, rate.name, self.number(), expires_at))
            ),
            size_max: rate.size_max,
            bits_per_second: rate.bits_per_second,
        });
        let ladder: Vec<Rung> = ladder.collect();
        let _asking = self.sessions.begin(number, &stream, flavor, self.parts.clock.as_ref(), on_end);
        let live = self.live(stream);
        if flavor == Flavor::Ts {
            live.set_transport(true);
        }
        let uri = format!("{name}/{}", File::playlist(flavor));
        let patience_ms = self.patience_ms(flavor);
        // What the stream consists of may show itself only now.
        let look = |segmenter: &Segmenter| match live.carried(flavor.container()) {
            Ok(()) => {
                let text = master(segmenter.window(), flavor, &uri);
                text.map(|text| Ok((text, rungs(segmenter.window(), flavor, &ladder))))
            }
            Err(fault) => Some(Err(fault)),
        };
        let text = live.wait(patience_ms, look).await.flatten();
        let (text, ladder) = text.inspect_err(|_| self.sessions.end(number))?;
        let token = self.tokens.issue(app, &name, number, expires_at);
        let text = text.replace(TOKEN, &query_of(&token)) + &ladder;
        Ok(reply::finish(head, reply::playlist(head, text, Keep::Never)))
    }

    /// How long the first segment may take. MPEG-TS is made from the next segment on.
    fn patience_ms(&self, flavor: Flavor) -> u64 {
        let segments = if flavor == Flavor::Ts { 2 } else { 1 };
        self.parts.limits.get().hls_segment_ms_max.saturating_mul(segments).saturating_add(START_MS)
    }

    fn number(&self) -> u64 {
        let mut number = [0; 8];
        self.parts.rng.fill(&mut number);
        u64::from_be_bytes(number)
    }

    /// A media playlist, an initialisation segment, a segment or a part.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn file(&self, visit: Visit<'_>, head: &Head) -> Result<Response<Body>, Fault> {
        let Visit { app, name, file, query, stream, admit } = visit;
        let token = query.split('&').find_map(|part| part.strip_prefix("k=")).ok_or(TokenFault::Missing)?;
        let session = self.tokens.check(app, name, token, self.parts.clock.unix())?;
        let file = File::parse(file).ok_or(Fault::NoFile)?;
        let flavor = if let File::Playlist(flavor) = file { Some(flavor) } else { None };
        let live = self.lives.lock().get(&(app, name.clone())).cloned();
        let live = match (live, stream) {
            (Some(live), _) => live,
            (None, Some(stream)) if flavor.is_some() => self.live(stream.clone()),
            (None, _) => return Err(Fault::NotPlayed),
        };
        let _asking = self.sessions.ask(session, live.stream(), flavor, self.parts.clock.as_ref(), admit)?;
        let response = match file {
            File::Playlist(flavor) => self.playlist(&live, flavor, query, token, head).await?,
            File::Init(run, number) => {
                let found = live.look(|segmenter| init(segmenter.window(), run, number)).ok_or(Fault::NotYet)??;
                reply::media(head, "video/mp4", vec![found])?
            }
            File::Segment(sequence, container) => {
                let found = live.look(|segmenter| segment(segmenter.window(), sequence, container));
                reply::media(head, content_type(container), found.ok_or(Fault::NotYet)??)?
            }
            File::Part(run, number) => {
                let found = self.part(&live, run, number).await?;
                reply::media(head, content_type(Container::Mp4), vec![found])?
            }
        };
        let response = reply::finish(head, response);
        let bytes: u64 = response.body().iter().map(|piece| piece.len() as u64).sum();
        live.stream().counters.bytes_out.fetch_add(bytes, Relaxed);
        self.sessions.sent(session, bytes);
        Ok(response)
    }

    /// A token for a player of what has been kept of a stream, which the gate has granted it.
    pub fn admit(&self, app: AppId, name: &StreamName) -> String {
        let mut number = [0; 8];
        self.parts.rng.fill(&mut number);
        let expires_at = UnixMs(self.parts.clock.unix().0.saturating_add(TOKEN_MS));
        self.tokens.issue(app, name, u64::from_be_bytes(number), expires_at)
    }

    /// The token in a query, if it holds for this stream.
    ///
    /// # Errors
    /// [`Fault::Token`].
    pub fn check<'q>(&self, app: AppId, name: &StreamName, query: &'q str) -> Result<&'q str, Fault> {
        let token = query.split('&').find_map(|part| part.strip_prefix("k=")).ok_or(TokenFault::Missing)?;
        self.tokens.check(app, name, token, self.parts.clock.unix())?;
        Ok(token)
    }

    /// Ends silent sessions, the cutting of streams that nobody plays, and the sending of what is too old to be held. Called
    /// about once a second.
    pub fn handle_timeout(&self) {
        self.sending.look();
        self.sessions.expire(self.parts.clock.mono(), self.parts.limits.get().hls_session_idle_ms_max);
        // Streams first: one that is begun meanwhile has its player already.
        let mut lives = self.lives.lock();
        let counts = self.sessions.by_stream();
        lives.retain(|_, live| {
            let (players, of_transport) = counts.get(&live.stream().serial()).copied().unwrap_or_default();
            live.set_transport(of_transport > 0);
            if players == 0 || live.has_failed() {
                live.stop();
            }
            players > 0 && !live.has_failed()
        });
    }

    /// Waits for everything that cuts; streams have ended before.
    pub async fn finish(&self) {
        self.lives.lock().drain().for_each(|(_, live)| live.stop());
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// The tokens' key, for a process that takes over.
    pub const fn token_key(&self) -> &TokenKey {
        self.tokens.key()
    }

    /// Players now.
    pub fn sessions(&self) -> usize {
        self.sessions.count()
    }

    /// Streams that are being cut now, and the bytes that they hold.
    pub fn held(&self) -> (usize, usize) {
        let lives: Vec<Arc<Live>> = self.lives.lock().values().cloned().collect();
        let bytes = lives.iter().filter_map(|live| live.look(|segmenter| segmenter.window().bytes())).sum();
        (lives.len(), bytes)
    }

    /// Bytes of segments that have left their playlists and are still being sent.
    pub fn let_go_bytes(&self) -> usize {
        self.sending.look()
    }

    /// Pieces of a response to be sent over a connection that `on_cut` breaks.
    pub fn send(&self, pieces: Body, on_cut: OnCut) -> Body {
        self.sending.send(pieces, on_cut)
    }

    /// The stream as it is cut; the first that asks begins it. A stream of the same name that has ended is another one.
    fn live(&self, stream: Arc<Stream>) -> Arc<Live> {
        let mut lives = self.lives.lock();
        let key = (stream.app(), stream.name().clone());
        if let Some(live) = lives.get(&key).filter(|live| live.stream().serial() == stream.serial()) {
            return live.clone();
        }
        let Parts { settings, keeper, clock, limits, .. } = &self.parts;
        let limits = limits.get();
        let live = Live::new(stream, self.sending.clone(), limits.hls_waiting_max);
        self.tasks.spawn(live.clone().run(settings.under(&limits), keeper.clone(), clock.clone(), limits));
        if let Some(before) = lives.insert(key, live.clone()) {
            before.stop();
        }
        live
    }

    async fn playlist(
        &self,
        live: &Live,
        flavor: Flavor,
        query: &str,
        token: &str,
        head: &Head,
    ) -> Result<Response<Body>, Fault> {
        let directives = Directives::parse(query)?;
        let keep =
            if directives.sequence.is_some() || flavor == Flavor::LowLatency { Keep::Never } else { Keep::Short };
        if let Some(sequence) = directives.sequence {
            let wanted = directives.part.map_or(Wanted::Segment(sequence), |part| Wanted::Part(sequence, part));
            let look = |segmenter: &Segmenter| {
                let window = segmenter.window();
                window.reaches(wanted).map(|()| window.target_s())
            };
            let target_s = live.look(look).ok_or(Fault::NotYet)??;
            let patience_ms = target_s.saturating_mul(3_000);
            live.wait(patience_ms, |segmenter| segmenter.window().has(wanted).then_some(())).await?;
        }
        // A publisher may go on with another codec.
        live.carried(flavor.container())?;
        let query = query_of(token);
        if let Some(text) = live.playlist(flavor, directives.skip, &query) {
            return Ok(reply::playlist(head, text, keep));
        }
        if flavor == Flavor::Ts {
            live.set_transport(true);
        }
        let patience_ms = self.patience_ms(flavor);
        live.wait(patience_ms, |segmenter| segmenter.window().is_ready(flavor).then_some(())).await?;
        let text = live.playlist(flavor, directives.skip, &query).ok_or(Fault::NotYet)?;
        Ok(reply::playlist(head, text, keep))
    }

    /// A part; the next one, which a playlist hints at, is waited for.
    async fn part(&self, live: &Live, run: u64, number: u64) -> Result<Bytes, Fault> {
        let found = |window: &Window| {
            if window.run() != run {
                return Some(Err(of_another_run(window, run)));
            }
            match number.cmp(&window.next_part()) {
                std::cmp::Ordering::Less => Some(match window.part(number) {
                    Some(part) if part.gap => Err(Fault::NoFile),
                    part => part.map(|part| part.bytes.clone()).ok_or(Fault::Gone),
                }),
                std::cmp::Ordering::Equal if !window.has_ended() => None,
                _ => Some(Err(Fault::NotYet)),
            }
        };
        let target_s = live.look(|segmenter| segmenter.window().target_s()).unwrap_or(1);
        live.wait(target_s.saturating_mul(3_000), |segmenter| found(segmenter.window())).await?
    }
}

fn query_of(token: &str) -> String {
    format!("?k={token}")
}

const fn content_type(container: Container) -> &'static str {
    match container {
        Container::Mp4 => "video/mp4",
        Container::Ts => "video/mp2t",
    }
}

fn init(window: &Window, run: u64, number: u64) -> Result<Bytes, Fault> {
    if window.run() != run {
        return Err(of_another_run(window, run));
    }
    let told = window.newest().is_some_and(|newest| number <= newest.init.number);
    let missing = if told { Fault::Gone } else { Fault::NoFile };
    window.init(number).map(|init| init.bytes.clone()).ok_or(missing)
}

/// A file of an earlier run is gone; one of a run that is still to come has never been told.
const fn of_another_run(window: &Window, run: u64) -> Fault {
    if run < window.run() { Fault::Gone } else { Fault::NoFile }
}

fn segment(window: &Window, sequence: u64, container: Container) -> Result<Body, Fault> {
    let newest = window.newest_whole().map_or(0, |segment| segment.sequence);
    if sequence > newest {
        return Err(Fault::NotYet);
    }
    let segment = window.segment(sequence).ok_or(Fault::Gone)?;
    match container {
        Container::Mp4 => Ok(segment.parts.iter().map(|part| part.bytes.clone()).collect()),
        Container::Ts => segment.ts.clone().map(|bytes| vec![bytes]).ok_or(Fault::Gone),
    }
}
