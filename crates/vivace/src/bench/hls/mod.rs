//! `vivace bench hls`: viewers of one HLS stream, each with a connection that it keeps, and what they cost the server.
//!
//! A viewer asks for the media playlist once in each target duration and for the newest segment in it, which is what a
//! player does that has caught up. The same viewers can play files that another server holds, whose playlist stands still.

mod client;
mod list;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use serde::Serialize;

use super::clock::{SECOND, nap_until, now_ns, own_cpu_ns, seconds_ns};
use super::fault::Fault;
use super::percentiles::{Percentiles, rounded};
use super::process::{Machine, Usage};
use super::reasons::{Failure, Reasons};
use super::target::{Address, TargetFault};
use client::{Client, ClientFault};
use list::List;

/// A viewer holds little on its stack; thousands of them share the address space.
const STACK_BYTES: usize = 128 << 10;
/// How long is waited for all viewers to have begun.
const WARM_NS: u64 = 4 * SECOND;

/// `vivace bench hls`.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The playlist: http://host:port/live/name.m3u8, or a media playlist that any server holds
    #[arg(long)]
    url: String,
    /// Viewers
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    count: u32,
    /// Seconds to measure once all have begun
    #[arg(long, default_value = "20", value_parser = super::play::seconds)]
    secs: f64,
    /// Seconds from one request for the playlist to the next [default: the target duration]
    #[arg(long, value_parser = super::play::seconds)]
    every: Option<f64>,
    /// The server's process on this machine; its processor time and memory are reported, with all its children's
    #[arg(long)]
    server_pid: Option<u32>,
}

/// Figures of the measured time; `null` where the run had no means to know one.
#[derive(Debug, Serialize)]
struct Report {
    viewers: usize,
    secs: f64,
    /// Segments that arrived whole.
    segments: usize,
    /// Bytes of an average segment.
    segment_bytes: f64,
    delivered_gbit: f64,
    gbit_per_s: f64,
    /// Processor seconds of the server for each gigabit of playlists and segments.
    cpu_s_per_gbit: Option<f64>,
    cpu_pct: Option<f64>,
    server_rss_mb: Option<f64>,
    /// From a request for a segment to its last byte.
    segment_ms: Option<Percentiles>,
    /// From a request for a playlist to its last byte.
    playlist_ms: Option<Percentiles>,
    client_cpu_pct: f64,
    /// All else on the machine, as a share of one processor.
    others_cpu_pct: Option<f64>,
    failures: Vec<Failure>,
}

/// What one viewer has seen within the measured time.
#[derive(Debug, Default)]
struct Seen {
    bytes: u64,
    segment_bytes: u64,
    segments_ns: Vec<u64>,
    playlists_ns: Vec<u64>,
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.segment_bytes = self.segment_bytes.saturating_add(other.segment_bytes);
        self.segments_ns.extend(other.segments_ns);
        self.playlists_ns.extend(other.playlists_ns);
    }
}

/// What all viewers share.
struct Plan {
    address: Address,
    socket: SocketAddr,
    every_ns: Option<u64>,
    begin_ns: u64,
    end_ns: u64,
    stop: AtomicBool,
}

/// Runs the viewers, prints the result, and fails if one of them could not go on.
pub(super) fn run(args: &Args) -> Result<ExitCode, Fault> {
    let address = Address::parse(&args.url)?;
    if address.tls || address.scheme != "http" {
        return Err(TargetFault::Scheme(address.scheme).into());
    }
    let usage = |pid: u32| Usage::of_tree(pid).ok_or(Fault::NoProcess(pid));
    args.server_pid.map(usage).transpose()?;
    super::play::allow_files(u64::from(args.count))?;
    let begin_ns = now_ns().saturating_add(WARM_NS);
    let plan = Plan {
        socket: address.resolve()?,
        address,
        every_ns: args.every.map(seconds_ns),
        begin_ns,
        end_ns: begin_ns.saturating_add(seconds_ns(args.secs.max(0.1))),
        stop: AtomicBool::new(false),
    };
    let (seen, reasons, window) = watch(&plan, args)?;
    let report = report(args, seen, reasons, &window);
    eprint!("{}", table(&report));
    println!("{}", serde_json::to_string(&report)?);
    Ok(if report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The counters at one end of the measured time.
struct Edge {
    at_ns: u64,
    server: Option<Usage>,
    machine: Option<Machine>,
    own_cpu_ns: u64,
}

impl Edge {
    fn take(server_pid: Option<u32>) -> Self {
        Self {
            server: server_pid.and_then(Usage::of_tree),
            machine: Machine::now(),
            own_cpu_ns: own_cpu_ns(),
            at_ns: now_ns(),
        }
    }
}

fn watch(plan: &Plan, args: &Args) -> Result<(Seen, Reasons, [Edge; 2]), Fault> {
    let (mut seen, mut reasons) = (Seen::default(), Reasons::default());
    let window = thread::scope(|scope| {
        let mut running = Vec::new();
        for number in 0..args.count {
            let viewer = thread::Builder::new().stack_size(STACK_BYTES);
            // All phases of the target duration are taken, as by viewers who came at any time.
            let share = f64::from(number) / f64::from(args.count);
            match viewer.spawn_scoped(scope, move || view(plan, share)) {
                Ok(handle) => running.push(handle),
                Err(error) => reasons.add(format!("no thread: {error}")),
            }
        }
        let at = |due_ns: u64| {
            while now_ns() < due_ns {
                nap_until(due_ns);
            }
            Edge::take(args.server_pid)
        };
        let window = [at(plan.begin_ns), at(plan.end_ns)];
        plan.stop.store(true, Relaxed);
        for handle in running {
            match handle.join() {
                Ok((found, Ok(()))) => seen.add(found),
                Ok((found, Err(fault))) => {
                    seen.add(found);
                    reasons.add(fault);
                }
                Err(_) => reasons.add("the viewer panicked"),
            }
        }
        window
    });
    Ok((seen, reasons, window))
}

fn view(plan: &Plan, share: f64) -> (Seen, Result<(), ClientFault>) {
    let mut seen = Seen::default();
    let ended = follow(plan, share, &mut seen);
    (seen, ended)
}

/// One viewer: the address, the media playlist that it names, and then that and its newest segment again and again.
fn follow(plan: &Plan, share: f64, seen: &mut Seen) -> Result<(), ClientFault> {
    let mut path = plan.address.path.clone();
    let mut client = Client::connect(plan.socket, plan.address.authority())?;
    let mut list = List::parse(&client.text(&path)?);
    if let Some(media) = list.media.take() {
        path = list::join(&path, &media);
        list = List::parse(&client.text(&path)?);
    }
    let every_ns = plan.every_ns.unwrap_or_else(|| list.target_s.max(1).saturating_mul(SECOND)).max(SECOND / 100);
    let mut due_ns = now_ns().saturating_add((every_ns as f64 * share) as u64);
    while !plan.stop.load(Relaxed) {
        if now_ns() < due_ns {
            nap_until(due_ns);
            continue;
        }
        due_ns = due_ns.saturating_add(every_ns).max(now_ns());
        let began_ns = now_ns();
        let text = client.text(&path)?;
        let listed_ns = now_ns();
        let newest = List::parse(&text).newest;
        let bytes = newest.map(|name| client.discard(&list::join(&path, &name))).transpose()?;
        let done_ns = now_ns();
        // Only what lies within the measured time as a whole.
        if began_ns >= plan.begin_ns && done_ns <= plan.end_ns {
            seen.playlists_ns.push(listed_ns.saturating_sub(began_ns));
            seen.bytes = seen.bytes.saturating_add(text.len() as u64);
            if let Some(bytes) = bytes {
                seen.segments_ns.push(done_ns.saturating_sub(listed_ns));
                seen.segment_bytes = seen.segment_bytes.saturating_add(bytes);
                seen.bytes = seen.bytes.saturating_add(bytes);
            }
        }
    }
    Ok(())
}

fn report(args: &Args, mut seen: Seen, reasons: Reasons, [before, after]: &[Edge; 2]) -> Report {
    let secs = after.at_ns.saturating_sub(before.at_ns) as f64 / SECOND as f64;
    let cpu_s = before.server.as_ref().zip(after.server.as_ref()).map(|(before, after)| after.cpu_s_since(before));
    let own_s = after.own_cpu_ns.saturating_sub(before.own_cpu_ns) as f64 / SECOND as f64;
    let busy_s = before.machine.zip(after.machine).map(|(before, after)| after.busy_s - before.busy_s);
    let gbit = seen.bytes as f64 * 8.0 / 1e9;
    let percent = |seconds: f64| rounded(seconds / secs * 100.0, 1);
    let segments = seen.segments_ns.len();
    Report {
        viewers: args.count as usize,
        secs: rounded(secs, 2),
        segments,
        segment_bytes: rounded(seen.segment_bytes as f64 / segments.max(1) as f64, 0),
        delivered_gbit: rounded(gbit, 3),
        gbit_per_s: rounded(gbit / secs, 3),
        cpu_s_per_gbit: cpu_s.filter(|_| gbit > 0.0).map(|seconds| rounded(seconds / gbit, 4)),
        cpu_pct: cpu_s.map(percent),
        server_rss_mb: after.server.as_ref().map(|usage| rounded(usage.rss_kib as f64 / 1024.0, 1)),
        segment_ms: Percentiles::of(&mut seen.segments_ns),
        playlist_ms: Percentiles::of(&mut seen.playlists_ns),
        client_cpu_pct: percent(own_s),
        others_cpu_pct: busy_s.map(|busy| percent(busy - own_s - cpu_s.unwrap_or_default())),
        failures: reasons.into_failures(),
    }
}

fn table(report: &Report) -> String {
    let shown = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    let times = |of: Option<Percentiles>| {
        of.map_or_else(
            || "-".to_owned(),
            |of| format!("p50 {} p99 {} max {} of {}", of.p50, of.p99, of.max, of.samples),
        )
    };
    let mut rows = vec![
        ("viewers", format!("{}, {:.1} s measured", report.viewers, report.secs)),
        ("server CPU-s/Gbit", shown(report.cpu_s_per_gbit)),
        ("server CPU % of a core", shown(report.cpu_pct)),
        ("server memory MB", shown(report.server_rss_mb)),
        ("Gbit/s", report.gbit_per_s.to_string()),
        ("segments", format!("{} of {:.0} bytes", report.segments, report.segment_bytes)),
        ("segment ms", times(report.segment_ms)),
        ("playlist ms", times(report.playlist_ms)),
        ("client CPU %", report.client_cpu_pct.to_string()),
        ("others' CPU %", shown(report.others_cpu_pct)),
    ];
    rows.extend(report.failures.iter().map(|Failure { reason, count }| ("ended", format!("{count} x {reason}"))));
    rows.into_iter().map(|(name, value)| format!("{name:<26} {value}\n")).collect()
}
