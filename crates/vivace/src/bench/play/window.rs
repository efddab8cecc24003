//! What is read at both ends of the measured time.

use std::sync::atomic::Ordering::Relaxed;

use super::super::clock::{SECOND, now_ns, own_cpu_ns};
use super::super::process::{Machine, Usage};
use super::super::push::Counters;

/// All counters at one instant.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// When.
    pub(super) now_ns: u64,
    server: Option<Usage>,
    machine: Option<Machine>,
    own_cpu_ns: u64,
    pushed_bytes: u64,
}

/// What happened between two samples.
#[derive(Clone, Debug)]
pub(super) struct Window {
    /// Its length.
    pub(super) secs: f64,
    /// The server's processor time in seconds.
    pub(super) server_cpu_s: Option<f64>,
    /// Its context switches.
    pub(super) server_switches: Option<u64>,
    /// Its resident memory at the end, in KiB.
    pub(super) server_rss_kib: Option<u64>,
    /// Its threads at the end.
    pub(super) server_threads: Option<u64>,
    /// This process's own processor time in seconds.
    pub(super) own_cpu_s: f64,
    /// Busy seconds of all processors together.
    pub(super) busy_s: Option<f64>,
    /// Seconds that other guests of the host took.
    pub(super) steal_s: Option<f64>,
    /// Bytes of message bodies that this process published.
    pub(super) pushed_bytes: u64,
}

impl Sample {
    /// Reads all counters.
    pub(super) fn take(server_pid: Option<u32>, counters: &Counters) -> Self {
        Self {
            server: server_pid.and_then(Usage::of_tree),
            machine: Machine::now(),
            own_cpu_ns: own_cpu_ns(),
            pushed_bytes: counters.bytes.load(Relaxed),
            now_ns: now_ns(),
        }
    }
}

impl Window {
    /// From one sample to a later one. What one of them could not read is left out.
    pub(super) fn between(before: &Sample, after: &Sample) -> Self {
        let server = before.server.as_ref().zip(after.server.as_ref());
        let machine = before.machine.zip(after.machine);
        Self {
            secs: seconds(after.now_ns.saturating_sub(before.now_ns)),
            server_cpu_s: server.map(|(before, after)| after.cpu_s_since(before)),
            server_switches: server.map(|(before, after)| after.switches_since(before)),
            server_rss_kib: server.map(|(_, after)| after.rss_kib),
            server_threads: server.map(|(_, after)| after.threads),
            own_cpu_s: seconds(after.own_cpu_ns.saturating_sub(before.own_cpu_ns)),
            busy_s: machine.map(|(before, after)| after.busy_s - before.busy_s),
            steal_s: machine.map(|(before, after)| after.steal_s - before.steal_s),
            pushed_bytes: after.pushed_bytes.saturating_sub(before.pushed_bytes),
        }
    }
}

fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / SECOND as f64
}
