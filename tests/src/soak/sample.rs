//! What is seen of the server once a second.

use std::fs;

use crate::{Server, get};

/// The server at one instant.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample {
    /// Seconds of the run.
    pub(super) at_s: f64,
    /// Resident memory in MB.
    pub(super) memory_mb: f64,
    /// The part of it that is the process's own: neither its program's file nor memory shared with files.
    pub(super) own_mb: f64,
    /// What the server's code has asked its allocator for and not given back, in MB.
    pub(super) allocated_mb: f64,
    /// What that takes of the process's own memory; the rest of it is of C libraries and stacks.
    pub(super) allocator_mb: f64,
    /// Open file descriptors.
    pub(super) files: usize,
    /// Threads.
    pub(super) threads: u64,
    metrics: String,
}

impl Sample {
    /// Looks at the server.
    pub(super) fn take(server: &Server, at_s: f64) -> Self {
        let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
            line.trim_start_matches(':')
                .split_whitespace()
                .next()
                .and_then(|word| word.parse::<u64>().ok())
                .unwrap_or(0)
        };
        let files = fs::read_dir(format!("/proc/{}/fd", server.pid())).map_or(0, Iterator::count);
        let metrics = get(&format!("http://{}/metrics", server.http)).text();
        let [memory_mb, own_mb] = ["VmRSS", "RssAnon"].map(|name| field(name) as f64 / 1_024.0);
        let mut sample = Self { at_s, memory_mb, own_mb, files, threads: field("Threads"), metrics, ..Self::default() };
        let mb = |name| sample.metric(name) as f64 / f64::from(1 << 20);
        (sample.allocated_mb, sample.allocator_mb) = (mb("allocated_bytes"), mb("allocator_resident_bytes"));
        sample
    }

    /// A metric by its name without `vivace_`; with several lines, their sum.
    pub(super) fn metric(&self, name: &str) -> u64 {
        let lines = self.metrics.lines().filter_map(|line| line.strip_prefix("vivace_")?.strip_prefix(name));
        lines
            .filter(|rest| rest.starts_with([' ', '{']))
            .filter_map(|rest| rest.rsplit(' ').next()?.parse::<u64>().ok())
            .sum()
    }

    /// Everybody who is attached: players, their sessions, streams.
    pub(super) fn attached(&self) -> u64 {
        ["readers", "hls_sessions", "streams", "streams_in_grace", "hls_streams"]
            .map(|name| self.metric(name))
            .iter()
            .sum()
    }
}
