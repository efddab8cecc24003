use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};
use std::time::Duration;

use mio::{Events, Poll};
use vivace_base::{Clock, LimitsFollower, MonoMs};
use vivace_hub::{FormatKind, PlayEnd, Reader, Stream, StreamState, View};

use super::Adoption;
use super::guard::guard;
use super::mailbox::{Letters, Mailbox, WAKE};
use super::player::Player;

/// Newcomers taken on between two looks at the streams.
const ADOPT_MAX: usize = 32;
/// Bytes read from one player at a time. Few: the pings in them are answered before the next picture goes out to others.
const READ_FUEL_BYTES: usize = 4 << 10;

/// One delivery thread: its players, grouped by stream and format.
pub(super) struct Worker {
    index: usize,
    bit: u64,
    mailbox: Arc<Mailbox>,
    poll: Poll,
    limits: LimitsFollower,
    clock: Arc<dyn Clock>,
    players: Vec<Option<Player>>,
    free: Vec<usize>,
    groups: Vec<Option<Group>>,
    streams: HashMap<u64, Watched>,
    /// When to look at a stream even if nobody calls.
    looks: BTreeSet<(MonoMs, u64)>,
    /// Players with more to read.
    eager: Vec<usize>,
    buffer: Vec<u8>,
}

struct Watched {
    stream: Arc<Stream>,
    groups: Vec<usize>,
    look_at: MonoMs,
}

/// The players of one stream in one format, with this thread's window over the format's bytes.
struct Group {
    stream: u64,
    kind: FormatKind,
    view: View,
    members: Vec<usize>,
    /// Keeps the format's log alive while the group has members.
    _seat: Reader,
}

impl Worker {
    pub(super) fn new(
        index: usize,
        mailbox: Arc<Mailbox>,
        poll: Poll,
        limits: LimitsFollower,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            index,
            bit: 1 << index,
            mailbox,
            poll,
            limits,
            clock,
            players: Vec::new(),
            free: Vec::new(),
            groups: Vec::new(),
            streams: HashMap::new(),
            looks: BTreeSet::new(),
            eager: Vec::new(),
            buffer: vec![0; READ_FUEL_BYTES],
        }
    }

    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(1_024);
        loop {
            let timeout = self.timeout();
            match self.turn(&mut events, timeout) {
                Ok(false) => self.mailbox.calls.call(),
                Ok(true) => break,
                Err(error) => {
                    tracing::error!(%error, "waiting for players' sockets failed");
                    break;
                }
            }
        }
        self.let_all_go();
        self.mailbox.calls.call();
        self.mailbox.calls.end();
    }

    /// Waits for something to do and does it. True if the thread is to end.
    fn turn(&mut self, events: &mut Events, timeout: Option<Duration>) -> std::io::Result<bool> {
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() != std::io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        self.mailbox.answer();
        self.limits.refresh();
        let letters = self.mailbox.take(ADOPT_MAX);
        let stop = letters.stop;
        self.on_letters(letters);
        self.on_looks();
        for event in events.iter() {
            if event.token() != WAKE {
                let readable = event.is_readable() || event.is_read_closed() || event.is_error();
                self.on_player(event.token().0, readable);
            }
        }
        for index in std::mem::take(&mut self.eager) {
            if let Some(player) = self.players.get_mut(index).and_then(Option::as_mut) {
                player.eager = false;
            }
            self.on_player(index, true);
        }
        Ok(stop)
    }

    fn timeout(&self) -> Option<Duration> {
        if !self.eager.is_empty() {
            return Some(Duration::ZERO);
        }
        let (due, _) = self.looks.first()?;
        Some(Duration::from_millis(due.since(self.clock.mono())))
    }

    fn on_letters(&mut self, letters: Letters) {
        for serial in letters.streams {
            self.deliver(serial);
        }
        for player in letters.players {
            self.adopt(player);
        }
        for index in letters.ready {
            self.on_player(index, true);
        }
    }

    fn on_looks(&mut self) {
        let now = self.clock.mono();
        while let Some((due, serial)) = self.looks.first().copied().filter(|(due, _)| *due <= now) {
            self.looks.remove(&(due, serial));
            let Some(watched) = self.streams.get_mut(&serial) else { continue };
            watched.stream.close_if_due(now);
            self.deliver(serial);
        }
    }

    /// Fetches a stream's new bytes and sends them to its players.
    fn deliver(&mut self, serial: u64) {
        let now = self.clock.mono();
        let Some(watched) = self.streams.get(&serial) else { return };
        let (stream, groups) = (watched.stream.clone(), watched.groups.clone());
        stream.notified.fetch_and(!self.bit, AcqRel);
        let ended = stream.state() == StreamState::Ended;
        let mut lag_ms = 0;
        for group in groups {
            lag_ms = lag_ms.max(self.deliver_group(group, &stream, ended, now));
        }
        if self.streams.contains_key(&serial) {
            stream.counters.lag_ms.set(self.index, lag_ms);
        }
        self.look_later(serial, &stream, now);
    }

    fn look_later(&mut self, serial: u64, stream: &Stream, now: MonoMs) {
        let Some(watched) = self.streams.get_mut(&serial) else { return };
        self.looks.remove(&(watched.look_at, serial));
        watched.look_at = stream.next_look(now).max(MonoMs(now.0 + 1));
        self.looks.insert((watched.look_at, serial));
    }

    fn deliver_group(&mut self, index: usize, stream: &Stream, ended: bool, now: MonoMs) -> u64 {
        let Some(group) = self.groups.get_mut(index).and_then(Option::as_mut) else { return 0 };
        let mut blocks = Vec::new();
        let kept_from = stream.blocks(group.kind, group.view.end(), &mut blocks);
        blocks.into_iter().for_each(|block| group.view.push(block));
        let uncarried = stream.uncarried(group.kind);
        let (mut sent, mut skips, mut lag_ms) = (0, 0, 0);
        let mut over = Vec::new();
        for member in &group.members {
            let Some(player) = self.players.get_mut(*member).and_then(Option::as_mut) else { continue };
            if player.check_lag(&group.view, kept_from) {
                skips += 1;
            }
            if let Some(codec) = uncarried {
                player.farewell(PlayEnd::UnsupportedCodec { codec }, &group.view);
            }
            player.try_place(&group.view, self.limits.get());
            if ended {
                player.stream_ended(&group.view, self.limits.get(), now);
            }
            match player.pump(&group.view, self.limits.get(), now, &mut sent) {
                Ok(()) => {
                    lag_ms = lag_ms.max(u64::try_from(player.lag(&group.view).ms()).unwrap_or(0));
                    player.take_join_ms(now).into_iter().for_each(|ms| self.mailbox.joins.add(ms));
                }
                Err(end) => over.push((*member, end)),
            }
        }
        group.view.trim(kept_from);
        stream.counters.bytes_out.fetch_add(sent, Relaxed);
        stream.counters.skips.fetch_add(skips, Relaxed);
        for (member, end) in over {
            self.release(member, end);
        }
        lag_ms
    }

    fn adopt(&mut self, adoption: Adoption) {
        let now = self.clock.mono();
        let stream = adoption.reader.stream().clone();
        let (serial, kind) = (stream.serial(), adoption.reader.kind());
        let group = self.group_for(&stream, kind, &adoption.reader);
        let fresh = self.catch_up(group, &stream);
        let Some(slot) = self.groups.get_mut(group).and_then(Option::as_mut) else { return };
        let index = self.free.pop().unwrap_or_else(|| {
            self.players.push(None);
            self.players.len() - 1
        });
        let mut player = Player::new(adoption, group, slot.view.end(), now);
        player.member = slot.members.len();
        slot.members.push(index);
        let early = player.socket.may_hold_input();
        let registered = player.socket.register(self.poll.registry(), &self.mailbox, index);
        if let Some(seat) = self.players.get_mut(index) {
            *seat = Some(player);
        }
        if let Err(error) = registered {
            self.release(index, PlayEnd::Broken(error.kind()));
            return;
        }
        if early {
            self.on_player(index, true);
        } else {
            self.serve(index, now);
        }
        if fresh {
            // The others of the group have new bytes in their window too.
            self.deliver(serial);
        }
    }

    /// Takes what a group's window lacks at its end. True if it lacked anything.
    fn catch_up(&mut self, group: usize, stream: &Stream) -> bool {
        let Some(group) = self.groups.get_mut(group).and_then(Option::as_mut) else { return false };
        let mut blocks = Vec::new();
        stream.blocks(group.kind, group.view.end(), &mut blocks);
        let fresh = !blocks.is_empty();
        blocks.into_iter().for_each(|block| group.view.push(block));
        fresh
    }

    /// Places and feeds one player, outside the common delivery.
    fn serve(&mut self, index: usize, now: MonoMs) {
        let Some(player) = self.players.get_mut(index).and_then(Option::as_mut) else { return };
        let Some(group) = self.groups.get(player.group).and_then(Option::as_ref) else { return };
        player.try_place(&group.view, self.limits.get());
        let mut sent = 0;
        let pumped = player.pump(&group.view, self.limits.get(), now, &mut sent);
        player.reader.stream().counters.bytes_out.fetch_add(sent, Relaxed);
        player.take_join_ms(now).into_iter().for_each(|ms| self.mailbox.joins.add(ms));
        if let Err(end) = pumped {
            self.release(index, end);
        }
    }

    fn on_player(&mut self, index: usize, readable: bool) {
        let now = self.clock.mono();
        let Some(player) = self.players.get_mut(index).and_then(Option::as_mut) else { return };
        let Some(group) = self.groups.get(player.group).and_then(Option::as_ref) else { return };
        if readable {
            match player.read(&group.view, self.limits.get(), now, &mut self.buffer, READ_FUEL_BYTES) {
                Ok(true) if !player.eager => {
                    player.eager = true;
                    self.eager.push(index);
                }
                Ok(_) => {}
                Err(end) => return self.release(index, end),
            }
            if let Some(kind) = player.wanted.take()
                && kind != group.kind
            {
                self.regroup(index, kind);
            }
        }
        self.serve(index, now);
    }

    /// Moves a player to the group of another format.
    fn regroup(&mut self, index: usize, kind: FormatKind) {
        let Some(player) = self.players.get(index).and_then(Option::as_ref) else { return };
        let (stream, old, member) = (player.reader.stream().clone(), player.group, player.member);
        let seat = player.reader.with_format(kind);
        let new = self.group_for(&stream, kind, &seat);
        let fresh = self.catch_up(new, &stream);
        if let Some(player) = self.players.get_mut(index).and_then(Option::as_mut)
            && let Some(group) = self.groups.get_mut(new).and_then(Option::as_mut)
        {
            player.switch(seat, new, group.view.end());
            player.member = group.members.len();
            group.members.push(index);
        }
        self.leave_group(old, member);
        if fresh {
            self.deliver(stream.serial());
        }
    }

    fn group_for(&mut self, stream: &Arc<Stream>, kind: FormatKind, reader: &Reader) -> usize {
        let serial = stream.serial();
        let bit = self.bit;
        let now = self.clock.mono();
        let watched = self.streams.entry(serial).or_insert_with(|| {
            // A letter that came after this thread's last reader had left was thrown away unread.
            stream.notified.fetch_and(!bit, AcqRel);
            stream.watchers.fetch_or(bit, Relaxed);
            Watched { stream: stream.clone(), groups: Vec::new(), look_at: now }
        });
        let groups = &self.groups;
        let found = watched
            .groups
            .iter()
            .copied()
            .find(|index| groups.get(*index).and_then(Option::as_ref).is_some_and(|group| group.kind == kind));
        if let Some(found) = found {
            return found;
        }
        let seat = reader.hold();
        let group = Group { stream: serial, kind, view: View::default(), members: Vec::new(), _seat: seat };
        let index = self.groups.iter().position(Option::is_none).unwrap_or_else(|| {
            self.groups.push(None);
            self.groups.len() - 1
        });
        watched.groups.push(index);
        if let Some(slot) = self.groups.get_mut(index) {
            *slot = Some(group);
        }
        self.look_later(serial, stream, now);
        index
    }

    fn release(&mut self, index: usize, end: PlayEnd) {
        let Some(mut player) = self.players.get_mut(index).and_then(Option::take) else { return };
        self.free.push(index);
        // A socket that cannot be taken off the poll is closed all the same.
        let _ = player.socket.deregister(self.poll.registry());
        player.socket.close();
        let totals = player.totals();
        let (group, member, mut inbound) = (player.group, player.member, player.inbound);
        self.leave_group(group, member);
        let told = guard(move || inbound.on_end(end, totals));
        let panics = u64::from(end == PlayEnd::Panicked) + u64::from(told.is_err());
        self.mailbox.panics.fetch_add(panics, Relaxed);
    }

    fn leave_group(&mut self, group: usize, member: usize) {
        let Some(slot) = self.groups.get_mut(group) else { return };
        let Some(left) = slot.as_mut() else { return };
        if member < left.members.len() {
            left.members.swap_remove(member);
        }
        if let Some(moved) = left.members.get(member)
            && let Some(moved) = self.players.get_mut(*moved).and_then(Option::as_mut)
        {
            moved.member = member;
        }
        if !left.members.is_empty() {
            return;
        }
        let serial = left.stream;
        *slot = None;
        let Some(watched) = self.streams.get_mut(&serial) else { return };
        watched.groups.retain(|other| *other != group);
        if watched.groups.is_empty() {
            watched.stream.counters.lag_ms.set(self.index, 0);
            watched.stream.watchers.fetch_and(!self.bit, Relaxed);
            watched.stream.notified.fetch_and(!self.bit, AcqRel);
            self.looks.remove(&(watched.look_at, serial));
            self.streams.remove(&serial);
        }
    }

    fn let_all_go(&mut self) {
        let now = self.clock.mono();
        for player in self.mailbox.close() {
            player.refuse(&self.mailbox);
        }
        for index in 0..self.players.len() {
            let Some(player) = self.players.get_mut(index).and_then(Option::as_mut) else { continue };
            let Some(group) = self.groups.get(player.group).and_then(Option::as_ref) else { continue };
            player.farewell(PlayEnd::Shutdown, &group.view);
            // One last try: what the socket does not take now, a stopping server does not wait for.
            let mut sent = 0;
            let _ = player.pump(&group.view, self.limits.get(), now, &mut sent);
            player.reader.stream().counters.bytes_out.fetch_add(sent, Relaxed);
            // What is unread when the socket is closed would destroy the words.
            let read = player.read(&group.view, self.limits.get(), now, &mut self.buffer, READ_FUEL_BYTES);
            let panicked = read == Err(PlayEnd::Panicked) || player.has_panicked();
            self.release(index, if panicked { PlayEnd::Panicked } else { PlayEnd::Shutdown });
        }
    }
}

#[cfg(test)]
mod tests;
