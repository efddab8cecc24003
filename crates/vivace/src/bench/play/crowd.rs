//! All players of a run, in one thread.

use std::net::SocketAddr;
use std::sync::Arc;

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use vivace_base::Limits;

use super::super::clock::{MS, SECOND, mono, now_ns};
use super::super::fault::Fault;
use super::super::push::Counters;
use super::super::reasons::Reasons;
use super::super::target::Target;
use super::Read;
use super::join::Join;
use super::player::{Change, Player, PlayerFault, Tally};
use super::tls::TlsClient;
use super::window::{Sample, Window};

/// How often those that are not woken up drop what has come.
const TICK_NS: u64 = 20 * MS;
/// How much longer than planned is waited for those who have not joined.
const JOIN_PATIENCE_NS: u64 = 20 * SECOND;
/// Taken from one socket at once.
const BUFFER_BYTES: usize = 1 << 20;
const EVENTS_MAX: usize = 1024;
/// Files that are open besides the players'.
const OTHER_FILES: u64 = 64;

/// What is to be done.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) target: Target,
    pub(super) address: SocketAddr,
    /// For an address of TLS.
    pub(super) tls: Option<TlsClient>,
    pub(super) count: usize,
    /// From one player's start to the next one's.
    pub(super) join_step_ns: u64,
    /// Between the last player's start and the window.
    pub(super) warm_ns: u64,
    /// How long is measured.
    pub(super) window_ns: u64,
    pub(super) probes: usize,
    pub(super) read: Read,
    pub(super) server_pid: Option<u32>,
}

impl Plan {
    /// Probes are chosen evenly.
    pub(super) fn is_probe(&self, player: usize) -> bool {
        let probes = self.probes.min(self.count);
        let step = self.count.checked_div(probes).unwrap_or(usize::MAX).max(1);
        player.is_multiple_of(step) && player / step < probes
    }
}

/// What came out.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) window: Window,
    /// Of each player, with its bytes in the window.
    pub(super) players: Vec<(Tally, u64)>,
    /// From publisher to player, one for each stamp that a probe found in the window.
    pub(super) delays_ns: Vec<u64>,
    /// Players that ended, by reason.
    pub(super) reasons: Reasons,
}

/// The players and the one wait for all of them.
pub(super) struct Crowd<'a> {
    plan: &'a Plan,
    limits: Arc<Limits>,
    epoll: OwnedFd,
    players: Vec<Option<Player>>,
    tallies: Vec<Tally>,
    reasons: Reasons,
    delays_ns: Vec<u64>,
    buffer: Vec<u8>,
}

impl<'a> Crowd<'a> {
    /// A crowd without players yet. Takes as many open files as it will need.
    ///
    /// # Errors
    /// The system refuses.
    pub(super) fn new(plan: &'a Plan) -> Result<Self, Fault> {
        allow_files(plan.count as u64)?;
        Ok(Self {
            plan,
            limits: Arc::new(Limits::default()),
            epoll: epoll::create(CreateFlags::CLOEXEC).map_err(Fault::system("epoll"))?,
            players: Vec::with_capacity(plan.count),
            tallies: Vec::with_capacity(plan.count),
            reasons: Reasons::default(),
            delays_ns: Vec::new(),
            buffer: vec![0; BUFFER_BYTES],
        })
    }

    /// Lets all players join, waits, and measures for the time of the plan. Without anyone left there is no waiting.
    ///
    /// # Errors
    /// The system refuses to wait for sockets.
    pub(super) fn run(mut self, counters: &Counters) -> Result<Measured, Fault> {
        let start_ns = now_ns();
        let last_join_ns = start_ns.saturating_add(self.plan.join_step_ns.saturating_mul(self.plan.count as u64));
        let ready_ns = last_join_ns.saturating_add(self.plan.warm_ns);
        self.until(start_ns, |crowd, now_ns| {
            crowd.all_started()
                && (crowd.all_over()
                    || now_ns >= ready_ns && crowd.all_joined()
                    || now_ns >= ready_ns.saturating_add(JOIN_PATIENCE_NS))
        })?;
        let before = Sample::take(self.plan.server_pid, counters);
        let bytes_before: Vec<u64> = self.tallies.iter().map(|tally| tally.bytes).collect();
        self.delays_ns.clear();
        for tally in &mut self.tallies {
            (tally.gap_ns, tally.last_ns) = (0, before.now_ns);
        }
        let end_ns = before.now_ns.saturating_add(self.plan.window_ns);
        self.until(start_ns, |crowd, now_ns| now_ns >= end_ns || crowd.all_over())?;
        let after = Sample::take(self.plan.server_pid, counters);
        for tally in &mut self.tallies {
            tally.gap_ns = tally.gap_ns.max(after.now_ns.saturating_sub(tally.last_ns));
        }
        let grown = |(tally, before): (Tally, u64)| {
            let bytes = tally.bytes.saturating_sub(before);
            (tally, bytes)
        };
        Ok(Measured {
            window: Window::between(&before, &after),
            players: self.tallies.into_iter().zip(bytes_before).map(grown).collect(),
            delays_ns: self.delays_ns,
            reasons: self.reasons,
        })
    }

    /// Serves the players until `done`, which is asked every few milliseconds.
    fn until(&mut self, start_ns: u64, done: impl Fn(&Self, u64) -> bool) -> Result<(), Fault> {
        let mut events: Vec<Event> = Vec::with_capacity(EVENTS_MAX);
        let mut tick_ns = now_ns();
        loop {
            let now = now_ns();
            self.start_due(start_ns, now);
            if done(self, now) {
                return Ok(());
            }
            events.clear();
            let timeout = Timespec { tv_sec: 0, tv_nsec: tick_ns.saturating_sub(now).clamp(MS / 10, 5 * MS) as i64 };
            match epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&timeout)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(Fault::system("epoll_wait")(errno)),
            }
            for event in &events {
                self.on_ready(event.data.u64() as usize);
            }
            if now_ns() >= tick_ns {
                tick_ns = tick_ns.saturating_add(TICK_NS).max(now_ns().saturating_add(MS));
                (0..self.players.len()).for_each(|player| self.on_tick(player));
            }
        }
    }

    fn start_due(&mut self, start_ns: u64, now: u64) {
        let due = now.saturating_sub(start_ns).checked_div(self.plan.join_step_ns).unwrap_or(u64::MAX);
        let due = usize::try_from(due).unwrap_or(usize::MAX).saturating_add(1).min(self.plan.count);
        while self.players.len() < due {
            self.start();
        }
    }

    fn start(&mut self) {
        let number = self.players.len();
        let now = now_ns();
        let (plan, probe) = (self.plan, self.plan.is_probe(number));
        let join = Join::new(&plan.target, &self.limits, mono(now));
        self.tallies.push(Tally { start_ns: now, last_ns: now, ..Tally::default() });
        self.players.push(None);
        let started = Player::connect(plan, join, probe).and_then(|player| {
            let flags = EventFlags::IN | EventFlags::OUT;
            let added = epoll::add(&self.epoll, &player, EventData::new_u64(number as u64), flags);
            added.map(|()| player).map_err(|errno| PlayerFault::Lost(errno.into()))
        });
        match started {
            Ok(player) => {
                if let Some(place) = self.players.get_mut(number) {
                    *place = Some(player);
                }
            }
            Err(fault) => self.end(number, &fault),
        }
    }

    fn on_ready(&mut self, number: usize) {
        let (Some(Some(player)), Some(tally)) = (self.players.get_mut(number), self.tallies.get_mut(number)) else {
            return;
        };
        let now = now_ns();
        let delays = &mut self.delays_ns;
        let change = player.on_ready(tally, now, &mut self.buffer, |stamp| delays.push(now.saturating_sub(stamp)));
        let waited = match change {
            Ok(Change::Nothing) => return,
            Ok(Change::Connected) => {
                epoll::modify(&self.epoll, &*player, EventData::new_u64(number as u64), EventFlags::IN)
            }
            Ok(Change::Discards) => epoll::delete(&self.epoll, &*player),
            Err(fault) => return self.end(number, &fault),
        };
        if let Err(errno) = waited {
            self.end(number, &PlayerFault::Lost(errno.into()));
        }
    }

    fn on_tick(&mut self, number: usize) {
        let (Some(Some(player)), Some(tally)) = (self.players.get_mut(number), self.tallies.get_mut(number)) else {
            return;
        };
        if let Err(fault) = player.on_tick(tally, now_ns, &mut self.buffer) {
            self.end(number, &fault);
        }
    }

    /// Closes a player's connection, which takes it out of the wait too, and counts why.
    fn end(&mut self, number: usize, fault: &PlayerFault) {
        self.reasons.add(fault);
        if let Some(place) = self.players.get_mut(number) {
            *place = None;
        }
        if let Some(tally) = self.tallies.get_mut(number) {
            tally.dead = true;
        }
    }

    fn all_started(&self) -> bool {
        self.players.len() == self.plan.count
    }

    fn all_over(&self) -> bool {
        self.players.iter().all(Option::is_none)
    }

    fn all_joined(&self) -> bool {
        self.players.iter().flatten().all(Player::has_joined)
    }
}

/// Takes as many open files as are needed, besides those that a process has anyhow.
///
/// # Errors
/// The system does not allow so many.
pub(in super::super) fn allow_files(needed: u64) -> Result<(), Fault> {
    let needed = needed.saturating_add(OTHER_FILES);
    let now = getrlimit(Resource::Nofile);
    if now.current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    if let Some(allowed) = now.maximum.filter(|&maximum| maximum < needed) {
        return Err(Fault::OpenFiles { needed, allowed });
    }
    let wanted = Rlimit { current: Some(needed), maximum: now.maximum };
    setrlimit(Resource::Nofile, wanted).map_err(Fault::system("RLIMIT_NOFILE"))
}
