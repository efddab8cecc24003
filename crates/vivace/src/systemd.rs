//! What systemd is told of a service of `Type=notify`: that it is ready, that it lives, that it stops (`sd_notify(3)`).

use std::env;
use std::ffi::OsString;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use thiserror::Error;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use vivace_server::{Addresses, Pulse};

/// The way to systemd, from the variables that it sets for a service.
#[derive(Debug)]
pub(crate) struct Systemd {
    socket: UnixDatagram,
    address: SocketAddr,
    /// Within this time systemd wants a sign of life.
    watchdog: Option<Duration>,
}

/// Why systemd cannot be told anything.
#[derive(Debug, Error)]
pub(crate) enum NotifyFault {
    /// The variable names no Unix socket.
    #[error("NOTIFY_SOCKET is {0:?}, neither a path from / nor an abstract name from @")]
    Address(OsString),
    /// The socket cannot be used.
    #[error("the socket of NOTIFY_SOCKET cannot be used")]
    Socket(#[from] io::Error),
}

impl Systemd {
    /// systemd, if it has started this process and waits for its words.
    ///
    /// # Errors
    /// It waits for them at a place that cannot be reached.
    pub(crate) fn of_process() -> Result<Option<Self>, NotifyFault> {
        Self::of(env::var_os("NOTIFY_SOCKET"), watchdog(|name| env::var(name).ok(), std::process::id()))
    }

    fn of(socket: Option<OsString>, watchdog: Option<Duration>) -> Result<Option<Self>, NotifyFault> {
        let Some(name) = socket.filter(|name| !name.is_empty()) else { return Ok(None) };
        let address = match name.as_bytes() {
            [b'@', rest @ ..] => SocketAddr::from_abstract_name(rest)?,
            [b'/', ..] => SocketAddr::from_pathname(&name)?,
            _ => return Err(NotifyFault::Address(name)),
        };
        let socket = UnixDatagram::unbound()?;
        // A full queue of systemd's is no reason to stand still: the next beat says the same.
        socket.set_nonblocking(true)?;
        Ok(Some(Self { socket, address, watchdog }))
    }

    /// Tells that the server serves, that it lives, and that it stops. Never ends.
    ///
    /// It is to be polled beside the server's own work: a beat goes out only if the server's loop and each delivery
    /// thread have answered since the one before.
    pub(crate) async fn attend(&self, pulse: &Pulse, addresses: Addresses, stop: &CancellationToken) {
        let stopping = tokio::select! {
            () = pulse.serves() => false,
            () = stop.cancelled() => true,
        };
        if !stopping {
            let Addresses { rtmp, http, .. } = addresses;
            self.say(&format!("READY=1\nSTATUS=serving RTMP on {rtmp} and HTTP on {http}"));
            tokio::select! {
                never = self.beat(pulse) => never,
                () = stop.cancelled() => {}
            }
        }
        self.say("STOPPING=1\nSTATUS=letting sessions end");
        // How long a stop may take is bounded by TimeoutStopSec; that the event loop runs is still told.
        let Some(mut beats) = self.beats() else { return std::future::pending().await };
        loop {
            beats.tick().await;
            self.say("WATCHDOG=1");
        }
    }

    async fn beat(&self, pulse: &Pulse) {
        let Some(mut beats) = self.beats() else { return std::future::pending().await };
        let mut asked = pulse.ask();
        loop {
            beats.tick().await;
            match pulse.silent(asked) {
                None => self.say("WATCHDOG=1"),
                Some(silent) => {
                    tracing::error!(%silent, "no sign of life goes to systemd, which will end the server if this lasts");
                }
            }
            asked = pulse.ask();
        }
    }

    /// Twice as often as systemd wants it; the first is due after one interval.
    fn beats(&self) -> Option<tokio::time::Interval> {
        let every = (self.watchdog? / 2).max(Duration::from_millis(1));
        let mut beats = interval(every);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beats.reset();
        Some(beats)
    }

    /// Sends a message: one `NAME=value` a line.
    fn say(&self, message: &str) {
        if let Err(error) = self.socket.send_to_addr(message.as_bytes(), &self.address) {
            tracing::warn!(%error, message, "systemd could not be told");
        }
    }
}

/// Within which time systemd wants a sign of life of this process (`sd_watchdog_enabled(3)`).
fn watchdog(variable: impl Fn(&str) -> Option<String>, own_id: u32) -> Option<Duration> {
    let us: u64 = variable("WATCHDOG_USEC")?.parse().ok().filter(|us| *us > 0)?;
    let id = variable("WATCHDOG_PID").map(|id| id.parse::<u32>());
    id.is_none_or(|id| id == Ok(own_id)).then_some(Duration::from_micros(us))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    use std::time::Duration;

    use super::{NotifyFault, Systemd, watchdog};

    #[test]
    fn the_watchdog_is_of_the_process_that_it_names() {
        let of = |us: &'static str, id: Option<&'static str>| {
            watchdog(|name| if name == "WATCHDOG_USEC" { Some(us) } else { id }.map(str::to_owned), 7)
        };
        let second = Some(Duration::from_secs(1));
        assert_eq!((of("1000000", None), of("1000000", Some("7"))), (second, second));
        assert_eq!((of("1000000", Some("8")), of("1000000", Some("x"))), (None, None));
        assert_eq!((of("0", None), of("", None), of("-1", None)), (None, None, None));
        assert_eq!(watchdog(|_| None, 7), None);
    }

    #[test]
    fn abstract_names_and_paths_are_reached_and_nothing_else() {
        let name = format!("vivace-systemd-{}", std::process::id());
        let abstractly = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        let path = std::env::temp_dir().join(&name);
        let at_path = UnixDatagram::bind(&path).unwrap();
        for (socket, given) in [(abstractly, OsString::from(format!("@{name}"))), (at_path, path.clone().into())] {
            Systemd::of(Some(given), None).unwrap().unwrap().say("READY=1");
            let mut bytes = [0; 64];
            let length = socket.recv(&mut bytes).unwrap();
            assert_eq!(&bytes[..length], b"READY=1");
        }
        std::fs::remove_file(path).unwrap();
        assert!(Systemd::of(None, None).unwrap().is_none());
        assert!(Systemd::of(Some(OsString::new()), None).unwrap().is_none());
        assert!(matches!(Systemd::of(Some("vsock:2:1".into()), None), Err(NotifyFault::Address(_))));
    }
}
