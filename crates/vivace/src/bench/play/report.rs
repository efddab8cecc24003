//! The result: one line of JSON for programs, a table for people.

use std::fmt::Write;
use std::sync::atomic::Ordering::Relaxed;

use serde::Serialize;

use super::super::clock::{MS, SECOND};
use super::super::percentiles::{Percentiles, rounded};
use super::super::push::{Counters, PushFault};
use super::super::reasons::Failure;
use super::super::target::Protocol;
use super::Read;
use super::crowd::{Measured, Plan};

/// Less than this share of what was sent is starving.
const STARVED_BELOW: f64 = 0.95;
/// Nothing for longer than this is a stall.
const STALLED_NS: u64 = 2 * SECOND;
/// Processor time is counted in hundredths of a second: a shorter run tells no shares.
const SHARES_FROM_S: f64 = 0.5;

/// Figures of the measured time; `null` where the run had no means to know one.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// How the stream was carried.
    pub(super) proto: Protocol,
    /// How players took their bytes.
    pub(super) read: Read,
    /// Players that were to join.
    pub(super) count: usize,
    /// Players that got to a key frame.
    pub(super) joined: usize,
    /// Length of the measured time.
    pub(super) secs: f64,
    /// Processor seconds of the server, with all its children.
    pub(super) cpu_s: Option<f64>,
    /// Those seconds for each gigabit that reached players.
    pub(super) cpu_s_per_gbit: Option<f64>,
    /// Those seconds as a share of one processor.
    pub(super) cpu_pct: Option<f64>,
    /// What reached all players together.
    pub(super) delivered_gbit: f64,
    /// Bytes of the average player over bytes of message bodies published.
    pub(super) delivered_over_expected: Option<f64>,
    /// The same of the worst player.
    pub(super) worst_over_expected: Option<f64>,
    /// Players that got less than 95 % of what was published.
    pub(super) starved: Option<usize>,
    /// Players that got nothing for more than two seconds.
    pub(super) stalled: usize,
    /// Players whose connection ended.
    pub(super) dead: usize,
    /// Players that never got a key frame.
    pub(super) no_key: usize,
    /// From connecting to the first audio or video.
    pub(super) join_first_ms: Option<Percentiles>,
    /// From connecting to the first key frame.
    pub(super) join_key_ms: Option<Percentiles>,
    /// From the publisher to probes.
    pub(super) delay_ms: Option<Percentiles>,
    /// The server's resident memory.
    pub(super) server_rss_mb: Option<f64>,
    /// The server's threads.
    pub(super) server_threads: Option<u64>,
    /// The server's context switches.
    pub(super) switches_per_s: Option<f64>,
    /// Published by this process.
    pub(super) push_mbps: Option<f64>,
    /// The most that a message left after its time.
    pub(super) push_late_ms_max: Option<f64>,
    /// This process, as a share of one processor.
    pub(super) client_cpu_pct: Option<f64>,
    /// All else on the machine, as a share of one processor.
    pub(super) others_cpu_pct: Option<f64>,
    /// Taken by other guests of the host.
    pub(super) steal_pct: Option<f64>,
    /// Why players ended, the most frequent reason first.
    pub(super) failures: Vec<Failure>,
    /// Why the publisher ended before it was asked to.
    pub(super) push_failure: Option<String>,
}

impl Report {
    /// Works the figures out. What a player should have got is what `pushed` counted in the window, else what a file of
    /// `file_bytes_per_second` holds.
    pub(super) fn of(
        plan: &Plan,
        mut measured: Measured,
        pushed: Option<&Counters>,
        file_bytes_per_second: Option<f64>,
        push_fault: Option<&PushFault>,
    ) -> Self {
        let (window, players) = (&measured.window, &measured.players);
        let expected = match pushed {
            Some(_) => Some(window.pushed_bytes as f64),
            None => file_bytes_per_second.map(|bytes| bytes * window.secs),
        };
        let expected = expected.filter(|bytes| *bytes > 0.0);
        let total: f64 = players.iter().map(|(_, bytes)| *bytes as f64).sum();
        let least = players.iter().map(|(_, bytes)| *bytes).min().unwrap_or_default() as f64;
        let starved =
            |expected: f64| players.iter().filter(|(_, bytes)| (*bytes as f64) < expected * STARVED_BELOW).count();
        let gbit = total * 8.0 / 1e9;
        let is_long = window.secs >= SHARES_FROM_S;
        let percent = |seconds: f64| is_long.then(|| rounded(seconds / window.secs * 100.0, 1));
        let joins = |at: fn(&super::player::Tally) -> Option<u64>| {
            let times = players.iter().filter_map(|(tally, _)| Some(at(tally)?.saturating_sub(tally.start_ns)));
            Percentiles::of(&mut times.collect::<Vec<u64>>())
        };
        let known = window.own_cpu_s + window.server_cpu_s.unwrap_or_default();
        Self {
            proto: plan.target.protocol,
            read: plan.read,
            count: plan.count,
            joined: players.iter().filter(|(tally, _)| tally.key_ns.is_some()).count(),
            secs: rounded(window.secs, 2),
            cpu_s: window.server_cpu_s.map(|seconds| rounded(seconds, 2)),
            cpu_s_per_gbit: window.server_cpu_s.filter(|_| gbit > 0.0).map(|seconds| rounded(seconds / gbit, 4)),
            cpu_pct: window.server_cpu_s.and_then(percent),
            delivered_gbit: rounded(gbit, 3),
            delivered_over_expected: expected.map(|bytes| rounded(total / plan.count as f64 / bytes, 4)),
            worst_over_expected: expected.map(|bytes| rounded(least / bytes, 4)),
            starved: expected.map(starved),
            stalled: players.iter().filter(|(tally, _)| tally.gap_ns > STALLED_NS).count(),
            dead: players.iter().filter(|(tally, _)| tally.dead).count(),
            no_key: players.iter().filter(|(tally, _)| tally.key_ns.is_none()).count(),
            join_first_ms: joins(|tally| tally.first_ns),
            join_key_ms: joins(|tally| tally.key_ns),
            delay_ms: Percentiles::of(&mut measured.delays_ns),
            server_rss_mb: window.server_rss_kib.map(|kib| rounded(kib as f64 / 1024.0, 1)),
            server_threads: window.server_threads,
            switches_per_s: window.server_switches.map(|switches| (switches as f64 / window.secs).round()),
            push_mbps: pushed.map(|_| rounded(window.pushed_bytes as f64 * 8.0 / 1e6 / window.secs, 3)),
            push_late_ms_max: pushed.map(|counters| rounded(counters.late_ns_max.load(Relaxed) as f64 / MS as f64, 2)),
            client_cpu_pct: percent(window.own_cpu_s),
            others_cpu_pct: window.busy_s.and_then(|busy| percent(busy - known)),
            steal_pct: window.steal_s.and_then(percent),
            failures: measured.reasons.into_failures(),
            push_failure: push_fault.map(ToString::to_string),
        }
    }

    /// The figures for a person.
    pub(super) fn table(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.rows() {
            let _ = writeln!(text, "{name:<26} {value}");
        }
        for Failure { reason, count } in &self.failures {
            let _ = writeln!(text, "{:<26} {count} x {reason}", "ended");
        }
        if let Some(reason) = &self.push_failure {
            let _ = writeln!(text, "{:<26} {reason}", "publisher failed");
        }
        text
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        vec![
            (
                "players",
                format!("{} over {}, {} joined, {:.1} s measured", self.count, self.proto, self.joined, self.secs),
            ),
            ("server CPU-s/Gbit", shown(self.cpu_s_per_gbit)),
            ("server CPU % of a core", shown(self.cpu_pct)),
            ("server memory MB", shown(self.server_rss_mb)),
            ("server threads", shown(self.server_threads)),
            ("server switches/s", shown(self.switches_per_s)),
            ("delivered Gbit", self.delivered_gbit.to_string()),
            (
                "delivered/expected",
                format!("{} (worst {})", shown(self.delivered_over_expected), shown(self.worst_over_expected)),
            ),
            ("starved/stalled", format!("{}/{}", shown(self.starved), self.stalled)),
            ("dead/no key frame", format!("{}/{}", self.dead, self.no_key)),
            ("first media after ms", percentiles(self.join_first_ms)),
            ("key frame after ms", percentiles(self.join_key_ms)),
            ("delay ms", percentiles(self.delay_ms)),
            ("published Mbit/s", format!("{} (late ms max {})", shown(self.push_mbps), shown(self.push_late_ms_max))),
            ("client CPU %", shown(self.client_cpu_pct)),
            ("others' CPU %, steal %", format!("{}, {}", shown(self.others_cpu_pct), shown(self.steal_pct))),
        ]
    }
}

fn shown<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn percentiles(found: Option<Percentiles>) -> String {
    found.map_or_else(
        || "-".to_owned(),
        |of| format!("p50 {} p90 {} p95 {} p99 {} max {} of {}", of.p50, of.p90, of.p95, of.p99, of.max, of.samples),
    )
}
