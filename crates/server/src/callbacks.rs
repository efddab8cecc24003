//! Pushes, as customers' servers are told of them.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use tokio::time::sleep;
use vivace_base::{AppId, Clock, Secret, SessionId, UnixMs};
use vivace_domain::App;
use vivace_domain::channel::ChannelId;
use vivace_domain::hook::Retry;
use vivace_domain::live::MediaFault;
use vivace_hub::{Publisher, Stream};
use vivace_lvb::callbacks::{self as lvb, PushFacts};
use vivace_rtmp::Address;
use vivace_store::OpenPush;
use vivace_worker::{Alone, CallbackEvent, CallbackSettings, Callbacks, Face, PushEnd, PushErrors};

use crate::recording::{self, PushedTo};
use crate::shared::{Peer, Shared};
use crate::statistics::Pusher;
use crate::{CallbackConfig, Config};

/// How often it is looked whether the process before has ended.
const LOOK: Duration = Duration::from_millis(200);

/// How callbacks are sent, by the settings.
pub(crate) fn settings(config: &Config) -> CallbackSettings {
    let CallbackConfig { url, success, retries, interval_s, give_up_s, timeout_s, error_report_s: _ } =
        &config.callback;
    CallbackSettings {
        url: url.clone(),
        success: *success,
        retry: Retry {
            retries: *retries,
            interval_ms: interval_s.saturating_mul(1_000),
            backoff_ms_max: config.limits.callback_backoff_ms_max,
            give_up_ms: give_up_s.saturating_mul(1_000),
        },
        timeout_ms: timeout_s.saturating_mul(1_000),
    }
}

/// Ends when the process before, if there is one, has told the ends of its pushes: with its own end, or when it has had
/// all the time that it may take.
pub(crate) fn alone(before: Option<u32>, limits: &vivace_base::Limits) -> Alone {
    let Some(pid) = before else { return Box::pin(std::future::ready(())) };
    let ms = limits.upgrade_drain_ms_max.saturating_add(limits.drain_ms_max.saturating_mul(3));
    let folder = format!("/proc/{pid}");
    Box::pin(async move {
        let ended = async {
            while std::fs::exists(&folder).unwrap_or(false) {
                sleep(LOOK).await;
            }
        };
        // Late or not: what is open then is told.
        let _ = tokio::time::timeout(Duration::from_millis(ms), ended).await;
    })
}

/// The words of the LVB callbacks.
pub(crate) struct LvbFace {
    /// The app as it was at the start.
    first: Arc<App>,
    shared: OnceLock<Weak<Shared>>,
}

impl LvbFace {
    pub(crate) fn new(first: App) -> Self {
        Self { first: Arc::new(first), shared: OnceLock::new() }
    }

    /// From now on the app's keys are those that the gate goes by.
    pub(crate) fn follow(&self, shared: &Arc<Shared>) {
        // Set once only: there is one server.
        let _ = self.shared.set(Arc::downgrade(shared));
    }

    /// The server, once it is known.
    pub(crate) fn shared(&self) -> Option<Arc<Shared>> {
        self.shared.get().and_then(Weak::upgrade)
    }

    pub(crate) fn app(&self) -> Arc<App> {
        self.shared().map_or_else(|| self.first.clone(), |shared| shared.gate.app())
    }

    fn facts<'a>(&self, push: &'a OpenPush) -> PushFacts<'a> {
        PushFacts {
            appid: self.app().keys.appid,
            domain: &push.domain,
            path: &push.path,
            stream: push.stream.as_str(),
            channel: &push.channel,
            sequence: push.sequence,
            node: &push.node,
            user_ip: &push.user_ip,
            stream_param: &push.stream_param,
        }
    }
}

impl Face for LvbFace {
    fn began(&self, push: &OpenPush) -> String {
        lvb::push_began(self.facts(push), push.began_at)
    }

    fn ended(&self, push: &OpenPush, end: &PushEnd) -> String {
        let duration_ms = u64::try_from(end.at.0.saturating_sub(push.began_at.0)).unwrap_or(0);
        let PushEnd { at, fault, size } = end;
        lvb::push_ended(self.facts(push), lvb::PushEnd { at: *at, duration_ms, fault, size: *size })
    }

    fn errors(&self, push: &OpenPush, errors: &PushErrors) -> String {
        lvb::push_error(self.facts(push), &errors.reports, errors.interval_ms, errors.now)
    }

    fn key(&self, _: AppId) -> Secret<String> {
        self.app().keys.callback_key.clone()
    }

    fn signed(&self, body: &str, key: &Secret<String>, now: UnixMs) -> Option<Vec<u8>> {
        lvb::signed(body, key, now).inspect_err(|fault| tracing::error!(%fault, "a callback cannot be sent")).ok()
    }
}

/// Where a push came from and went to.
pub(crate) struct Origin {
    /// The host name that was pushed to.
    domain: String,
    /// The application name that was pushed to.
    path: String,
    /// The query of the push address.
    param: String,
    channel: Option<ChannelId>,
    /// This server's address as the publisher reached it.
    node: String,
    user_ip: IpAddr,
}

impl Origin {
    /// Of a push that has come here.
    pub(crate) fn pushed(address: &Address, channel: Option<ChannelId>, node: String, peer: Peer) -> Self {
        let (path, app_query) = split(&address.app);
        let (_, name_query) = split(&address.name);
        let (base, url_query) = split(&address.tc_url);
        let query = [name_query, app_query, url_query].into_iter().find(|query| !query.is_empty()).unwrap_or("");
        Self {
            domain: host(base).to_owned(),
            path: path.trim_matches('/').to_owned(),
            param: query.to_owned(),
            channel,
            node,
            user_ip: peer.address.ip(),
        }
    }

    /// Of a stream that this server pulls from another one.
    pub(crate) fn pulled(shared: &Shared, channel: Option<ChannelId>, from: IpAddr) -> Self {
        let domain = shared.config().public_host.clone().unwrap_or_default();
        let path = vivace_domain::live::APP_NAME.to_owned();
        Self { domain, path, param: String::new(), channel, node: String::new(), user_ip: from }
    }
}

/// A push whose begin has been told. Its end is told when it is dropped, if not before.
pub(crate) struct Notice {
    callbacks: Callbacks,
    clock: Arc<dyn Clock>,
    sequence: u64,
    stream: Arc<Stream>,
    open: bool,
}

impl Notice {
    /// Tells the begin. The number of a push is that of its session, which is in the log too.
    pub(crate) fn begin(shared: &Shared, session: SessionId, publisher: &Publisher, origin: Origin) -> Self {
        let (now, sequence, stream) = (shared.clock.unix(), session.0, publisher.stream());
        let Origin { domain, path, param, channel, node, user_ip } = origin;
        let pusher = Pusher {
            client_ip: user_ip.to_canonical().to_string(),
            server_ip: node.clone(),
            domain: domain.clone(),
            channel,
            begun_at: now,
        };
        shared.statistics.publishes(stream, pusher);
        let facts = PushedTo { domain: &domain, path: &path, query: &param };
        recording::push_began(shared, publisher, channel, facts);
        let push = OpenPush {
            sequence,
            app: stream.app(),
            stream: stream.name().clone(),
            channel: channel.map_or_else(|| stream.name().to_string(), |id| id.to_string()),
            domain,
            path,
            node,
            user_ip: user_ip.to_canonical().to_string(),
            stream_param: param,
            began_at: now,
            seen_at: now,
        };
        // Without a place in the queue neither begin nor end are told: it is counted.
        let open = shared.callbacks.record(CallbackEvent::Began(Box::new(push))).is_ok();
        Self {
            callbacks: shared.callbacks.clone(),
            clock: shared.clock.clone(),
            sequence,
            stream: stream.clone(),
            open,
        }
    }

    /// Tells the end. Called before another can take the stream's name; what comes back is to be told with
    /// [`Callbacks::record_late`].
    pub(crate) fn end(&mut self, fault: MediaFault) -> Option<CallbackEvent> {
        if !std::mem::take(&mut self.open) {
            return None;
        }
        let end = PushEnd { at: self.clock.unix(), fault, size: size(&self.stream) };
        self.callbacks.record(CallbackEvent::Ended { sequence: self.sequence, end }).err()
    }
}

impl Drop for Notice {
    fn drop(&mut self) {
        // A session that has failed: nobody waits here for a place in the queue.
        let _ = self.end(MediaFault::ServerLost);
    }
}

/// Tells what has gone wrong in the pushes that run, since the last call `interval_ms` ago.
pub(crate) fn report_errors(shared: &Shared, interval_ms: u64) {
    let now = (shared.clock.unix(), shared.clock.mono());
    for stream in shared.hub.streams().into_iter().filter(|stream| !stream.is_derived()) {
        let reports = stream.anomalies(now.1);
        if reports.is_empty() {
            continue;
        }
        let (session, ..) = stream.publisher();
        let errors = PushErrors { now, interval_ms, reports };
        // One that finds no place is counted; the next report tells the next interval.
        let _ = shared.callbacks.record(CallbackEvent::Errors { sequence: session.0, errors });
    }
}

/// Width and height of a stream's picture; zeros if it has none.
fn size(stream: &Stream) -> (u16, u16) {
    let track = stream.tracks().video.and_then(|video| video.track(1).ok());
    track.map_or((0, 0), |track| track.size())
}

fn split(text: &str) -> (&str, &str) {
    text.split_once('?').unwrap_or((text, ""))
}

/// The host of an address such as `rtmp://host:1935/live`, without brackets and port.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => authority.split(':').next().unwrap_or(authority),
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn the_host_is_what_the_publisher_called_this_server() {
        for (url, expected) in [
            ("rtmp://push.example/live", "push.example"),
            ("rtmps://push.example:443/live", "push.example"),
            ("rtmp://[::1]:1935/live", "::1"),
            ("rtmp://127.0.0.1:1935", "127.0.0.1"),
            ("push.example", "push.example"),
            ("", ""),
        ] {
            assert_eq!(host(url), expected, "{url}");
        }
    }
}
