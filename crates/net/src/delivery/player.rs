use std::io::{ErrorKind, IoSlice};

use bytes::Bytes;
use vivace_base::{Limits, MediaTime, MonoMs};
use vivace_hub::{Ask, Cursor, FormatKind, Inbound, PlayEnd, PlayTotals, Reader, Start, View};

use super::Adoption;
use super::guard::guard;
use super::pace::{Flow, Inflow};
use super::socket::Wire;

/// How long a player that has been sent everything may take to close its side.
const LINGER_MS: u64 = 2_000;

/// One player: a socket, a cursor, and the little that its protocol has to remember.
pub(super) struct Player {
    pub(super) socket: Wire,
    pub(super) reader: Reader,
    pub(super) inbound: Box<dyn Inbound>,
    pub(super) group: usize,
    /// Its place among the group's members.
    pub(super) member: usize,
    /// Stands on the thread's list of players with more to read.
    pub(super) eager: bool,
    /// The format to which it wants to change.
    pub(super) wanted: Option<FormatKind>,
    cursor: Cursor,
    start: Start,
    not_before: u64,
    /// Where it left the log of its own will.
    left_at: Option<u64>,
    begun: bool,
    paused: bool,
    closing: Option<PlayEnd>,
    /// When the last words had been sent and the connection was shut for writing.
    shut_at: Option<MonoMs>,
    /// When it was seen first that its stream has ended.
    ended_at: Option<MonoMs>,
    /// Set while a slow player waits for a key frame: the time of the first frame it lost.
    lost_from: Option<MediaTime>,
    lag_max: MediaTime,
    lag_bytes_max: u64,
    progress_at: MonoMs,
    came_at: MonoMs,
    joined: bool,
    flow: Flow,
    inflow: Inflow,
    totals: PlayTotals,
}

impl Player {
    pub(super) fn new(player: Adoption, group: usize, not_before: u64, now: MonoMs) -> Self {
        Self {
            socket: player.socket.into(),
            reader: player.reader,
            inbound: player.inbound,
            group,
            member: 0,
            eager: false,
            wanted: None,
            cursor: Cursor::new(player.head),
            start: player.start,
            not_before,
            left_at: None,
            begun: false,
            paused: false,
            closing: None,
            shut_at: None,
            ended_at: None,
            lost_from: None,
            lag_max: MediaTime::ZERO,
            lag_bytes_max: 0,
            progress_at: now,
            came_at: now,
            joined: false,
            flow: Flow::default(),
            inflow: Inflow::new(now),
            totals: PlayTotals::default(),
        }
    }

    pub(super) const fn totals(&self) -> PlayTotals {
        self.totals
    }

    /// How long it waited for its first media, in milliseconds: told once, when the socket has taken some of it.
    pub(super) fn take_join_ms(&mut self, now: MonoMs) -> Option<u64> {
        let joins = self.begun && !self.joined && self.cursor.own_bytes() == 0;
        self.joined |= joins;
        joins.then(|| now.since(self.came_at))
    }

    pub(super) fn lag(&self, view: &View) -> MediaTime {
        self.cursor.lag(view)
    }

    /// Bytes that wait for this player alone.
    #[cfg(test)]
    pub(super) const fn own_bytes(&self) -> usize {
        self.cursor.own_bytes()
    }

    /// Puts a waiting player on the log if there is a key frame for it.
    pub(super) fn try_place(&mut self, view: &View, limits: &Limits) {
        if self.cursor.is_placed() || self.paused || self.closing.is_some() {
            return;
        }
        if self.begun && self.cursor.own_bytes() > 0 {
            // Headers and notices must not pile up in front of one who hardly reads.
            return;
        }
        let stream = self.reader.stream();
        let Some(placed) = stream.place(self.reader.kind(), self.start, self.not_before, self.begun) else {
            return self.go_on(view, limits);
        };
        if placed.offset >= view.end() || view.time_at(placed.offset).is_none() {
            // The stream is ahead of this thread's window; the next look has it.
            return;
        }
        if let Some(from) = self.lost_from.take() {
            let to = view.time_at(placed.offset).unwrap_or(from);
            let notice = stream.skip_notice(self.reader.kind(), to - from);
            self.cursor.insert(notice, view);
        }
        self.begun = true;
        self.left_at = None;
        self.cursor.place(placed.preamble, placed.offset);
        // A fast start is behind by design: what it begins with is granted on top of the limit until it has caught up.
        self.lag_max = own_lag_max(limits) + self.cursor.lag(view);
        self.lag_bytes_max = limits.reader_lag_bytes_max as u64 + self.cursor.lag_bytes(view);
    }

    /// Puts a player back to where it left the log, if not too much has passed since.
    fn go_on(&mut self, view: &View, limits: &Limits) {
        let Some(left) = self.left_at.filter(|left| (view.start()..=view.end()).contains(left)) else { return };
        let behind = view.time_at(left).map_or(MediaTime::ZERO, |time| view.newest() - time);
        if behind <= own_lag_max(limits) {
            self.left_at = None;
            self.cursor.place(Bytes::new(), left);
        }
    }

    /// Takes the player off the log if it is too slow, or needs bytes that are about to go. True if it lost frames.
    pub(super) fn check_lag(&mut self, view: &View, kept_from: u64) -> bool {
        if self.cursor.lag_bytes(view) == 0 {
            return false;
        }
        let slow = self.cursor.lag(view) > self.lag_max || self.cursor.lag_bytes(view) > self.lag_bytes_max;
        if !slow && !self.cursor.needs_before(kept_from) {
            return false;
        }
        let Some((next, time)) = self.cursor.unplace(view) else { return false };
        self.start = Start::Live;
        self.not_before = next + 1;
        self.left_at = None;
        self.lost_from = Some(time);
        self.totals.skips += 1;
        true
    }

    /// Sends what the socket takes and adds its bytes to `sent`. An error ends the play.
    pub(super) fn pump(&mut self, view: &View, limits: &Limits, now: MonoMs, sent: &mut u64) -> Result<(), PlayEnd> {
        if self.socket.flush().map_err(|error| broken(&error))? && self.closing.is_none() {
            self.progress_at = now;
        }
        let before = self.totals.bytes;
        let sending = self.send(view, now);
        *sent += self.totals.bytes - before;
        sending?;
        if self.cursor.is_idle(view) && !self.socket.holds_output() {
            self.progress_at = now;
            self.flow.ended();
            self.lag_max = own_lag_max(limits);
            self.lag_bytes_max = limits.reader_lag_bytes_max as u64;
            if let Some(end) = self.closing {
                return self.linger(end, now);
            }
        } else if now.since(self.progress_at) > limits.reader_stall_ms_max {
            return Err(PlayEnd::Stalled { ms: now.since(self.progress_at) });
        } else {
            // A byte now and then is progress, and still nobody who plays.
            self.flow.check(now, self.totals.bytes, limits)?;
        }
        Ok(())
    }

    /// Writes until nothing is left or the socket is full.
    fn send(&mut self, view: &View, now: MonoMs) -> Result<(), PlayEnd> {
        while !self.cursor.is_idle(view) {
            let mut slices: Vec<IoSlice<'_>> = Vec::new();
            // One piece is the common case of a player at the live edge.
            let taken = match (self.socket.pipe(), self.cursor.single(view)) {
                (Some(pipe), _) => pipe.give(self.cursor.pieces(view)),
                (None, Some(bytes)) => self.socket.write(bytes),
                (None, None) => {
                    self.cursor.slices(view, &mut slices);
                    self.socket.write_vectored(&slices)
                }
            };
            match taken {
                Ok(0) => return Err(PlayEnd::Client),
                Ok(taken) => {
                    drop(slices);
                    self.cursor.advance(taken);
                    self.totals.bytes += taken as u64;
                    if self.closing.is_none() {
                        // The last words have one stretch of time, however slowly they are taken.
                        self.progress_at = now;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(broken(&error)),
            }
        }
        Ok(())
    }

    /// Waits, not for long, until a player that has been sent everything has gone: a close right behind the words would
    /// let the player's own unread bytes destroy them.
    fn linger(&mut self, end: PlayEnd, now: MonoMs) -> Result<(), PlayEnd> {
        let Some(shut_at) = self.shut_at else {
            self.shut_at = Some(now);
            return self.socket.shutdown_write().map_err(|_| end);
        };
        if now.since(shut_at) > LINGER_MS { Err(end) } else { Ok(()) }
    }

    /// Reads what the player sent, up to `fuel` bytes. True if there may be more.
    pub(super) fn read(
        &mut self,
        view: &View,
        limits: &Limits,
        now: MonoMs,
        buffer: &mut [u8],
        fuel: usize,
    ) -> Result<bool, PlayEnd> {
        let mut left = fuel;
        let mut replies = Vec::new();
        while left > 0 {
            let count = match self.socket.read(buffer) {
                Ok(0) => return Err(self.closing.unwrap_or(PlayEnd::Client)),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    left = left.saturating_sub(buffer.len());
                    continue;
                }
                Err(error) => return Err(self.closing.unwrap_or_else(|| broken(&error))),
            };
            left = left.saturating_sub(count);
            if self.closing.is_some() {
                // The protocol has no more to do with it; what still comes is only taken off the socket.
                continue;
            }
            self.inflow.take(now, count, limits)?;
            let input = buffer.get(..count).unwrap_or_default();
            let ask = guard(|| self.inbound.on_input(input, &mut replies)).map_err(|_| PlayEnd::Panicked)?;
            self.obey(ask, view);
        }
        if !replies.is_empty() {
            self.cursor.insert(Bytes::from(replies), view);
        }
        if self.cursor.own_bytes() > limits.player_reply_bytes_max + limits.rtmp_video_message_bytes_max {
            return Err(PlayEnd::Replies { bytes: self.cursor.own_bytes() });
        }
        Ok(left == 0)
    }

    /// The stream is over: the player gets what is left of it, within the time for which it may stall, then the words.
    pub(super) fn stream_ended(&mut self, view: &View, limits: &Limits, now: MonoMs) {
        let since = *self.ended_at.get_or_insert(now);
        if self.cursor.lag_bytes(view) == 0 || now.since(since) > limits.reader_stall_ms_max {
            self.farewell(PlayEnd::StreamEnded, view);
        }
    }

    /// Joins the group of another format, whose log ends at `end` now.
    pub(super) fn switch(&mut self, reader: Reader, group: usize, end: u64) {
        self.reader = reader;
        self.group = group;
        self.not_before = end;
        self.left_at = None;
    }

    /// Says the last words; the play ends when they are sent.
    pub(super) fn farewell(&mut self, end: PlayEnd, view: &View) {
        if self.closing.is_none() {
            let mut words = Vec::new();
            let said = guard(|| self.inbound.farewell(end, &mut words));
            self.cursor.unplace(view);
            self.closing = Some(if said.is_ok() { end } else { PlayEnd::Panicked });
            if said.is_ok() {
                self.cursor.insert(Bytes::from(words), view);
            }
        }
    }

    /// Whether its own code has failed when it was to say its last words.
    pub(super) fn has_panicked(&self) -> bool {
        self.closing == Some(PlayEnd::Panicked)
    }

    fn obey(&mut self, ask: Ask, view: &View) {
        match ask {
            Ask::Nothing => {}
            Ask::Pause => {
                self.paused = true;
                self.leave(view);
            }
            Ask::Resume => self.paused = false,
            Ask::Switch(kind) => {
                self.paused = false;
                self.leave(view);
                self.wanted = Some(kind);
            }
            Ask::Close(end) => {
                self.cursor.unplace(view);
                self.closing = Some(end);
            }
        }
    }

    /// Takes the player off the log; what it has had already it does not get again.
    fn leave(&mut self, view: &View) {
        if let Some((next, _)) = self.cursor.unplace(view) {
            self.start = Start::Live;
            self.not_before = next;
            self.left_at = Some(next);
        }
    }
}

fn own_lag_max(limits: &Limits) -> MediaTime {
    MediaTime::from_ms(i64::try_from(limits.reader_lag_ms_max).unwrap_or(i64::MAX))
}

fn broken(error: &std::io::Error) -> PlayEnd {
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => PlayEnd::Client,
        kind => PlayEnd::Broken(kind),
    }
}
