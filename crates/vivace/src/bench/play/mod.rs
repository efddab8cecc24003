//! `vivace bench play`: many players from one thread, and what they cost the server.

mod crowd;
mod http;
mod join;
mod mp4;
mod player;
mod report;
#[cfg(test)]
mod tests;
mod tls;
mod window;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, JoinHandle};

use super::clip::Clip;
use super::clock::{SECOND, nap_until, now_ns, seconds_ns};
use super::fault::Fault;
use super::process::Usage;
use super::publish::{read_clip, targets};
use super::push::{Counters, PushFault, push};
use super::target::{Protocol, Target};
pub(super) use crowd::allow_files;
use crowd::{Crowd, Plan};
use tls::TlsClient;

/// How long the publisher may take to be granted its stream.
const GRANT_NS_MAX: u64 = 15 * SECOND;

/// `vivace bench play`.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// What to play: rtmp[s]://host:port/app/name, http[s]://host:port/path.flv or .mp4; any certificate is taken
    #[arg(long)]
    url: String,
    /// How the stream is carried, where the address does not end in .flv or .mp4
    #[arg(long, value_enum)]
    proto: Option<Protocol>,
    /// Players
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    count: u32,
    /// Seconds to measure once all have joined
    #[arg(long, default_value = "20", value_parser = seconds)]
    secs: f64,
    /// The server's process on this machine; its processor time and memory are reported, with all its children's
    #[arg(long)]
    server_pid: Option<u32>,
    /// Publish too: rtmp://host:port/app/name
    #[arg(long)]
    push: Option<String>,
    /// FLV file to publish, or that another publishes: it says how many bytes a player should get
    #[arg(long)]
    file: Option<PathBuf>,
    /// Joins a second [default: a third of the players, at least 100]
    #[arg(long, value_parser = seconds)]
    rate: Option<f64>,
    /// Seconds between the last join and the measurement
    #[arg(long, default_value = "3", value_parser = seconds)]
    warm: f64,
    /// Players that read everything and look for time stamps
    #[arg(long, default_value_t = 16)]
    probes: u32,
    /// Seconds from the publisher's start to the first join
    #[arg(long, default_value = "4.5", value_parser = seconds)]
    lead: f64,
    /// How players take what they receive
    #[arg(long, value_enum, default_value_t = Read::Discard)]
    read: Read,
}

/// How players that are no probes take their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum Read {
    /// The kernel drops them, every 20 ms
    Discard,
    /// Each is read as it arrives, at the price of a wake-up on this machine
    Eager,
}

/// A number of seconds (or of joins a second) that is positive or zero and no more than a day's.
pub(super) fn seconds(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| format!("{text:?} is not a number"))?;
    if (0.0..=86_400.0).contains(&number) { Ok(number) } else { Err("must be from 0 to 86400".to_owned()) }
}

/// Runs the players, prints the result, and fails if none of them could join.
pub(super) fn run(args: &Args) -> Result<ExitCode, Fault> {
    let plan = plan(args)?;
    if let Some(pid) = args.server_pid {
        Usage::of_tree(pid).ok_or(Fault::NoProcess(pid))?;
    }
    let clip = args.file.as_deref().map(read_clip).transpose()?.map(Arc::new);
    let file_bytes_per_second = clip.as_ref().map(|clip| clip.bytes_per_second());
    let counters = Arc::new(Counters::default());
    let publisher = match (&args.push, clip) {
        (Some(url), Some(clip)) => Some(Publisher::start(url, clip, Arc::clone(&counters), seconds_ns(args.lead))?),
        (Some(_), None) => return Err(Fault::FileMissing),
        (None, _) => None,
    };
    let measured = Crowd::new(&plan)?.run(&counters)?;
    let push_fault = publisher.and_then(|publisher| publisher.stop(&counters));
    let pushed = args.push.is_some().then_some(&*counters);
    let report = report::Report::of(&plan, measured, pushed, file_bytes_per_second, push_fault.as_ref());
    eprint!("{}", report.table());
    println!("{}", serde_json::to_string(&report)?);
    Ok(if report.joined == 0 || push_fault.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn plan(args: &Args) -> Result<Plan, Fault> {
    let target = Target::parse(&args.url, args.proto)?;
    if let Some(given) = args.proto.filter(|given| *given != target.protocol) {
        return Err(Fault::Protocol { given, found: target.protocol });
    }
    let rate = args.rate.unwrap_or_else(|| (f64::from(args.count) / 3.0).max(100.0)).max(0.1);
    Ok(Plan {
        address: target.resolve()?,
        tls: target.tls.then(|| TlsClient::new(&target.host)).transpose()?,
        target,
        count: args.count as usize,
        join_step_ns: (SECOND as f64 / rate) as u64,
        warm_ns: seconds_ns(args.warm),
        window_ns: seconds_ns(args.secs.max(0.1)),
        probes: args.probes as usize,
        read: args.read,
        server_pid: args.server_pid,
    })
}

/// The publisher of this process, in a thread of its own.
struct Publisher {
    thread: JoinHandle<Result<(), PushFault>>,
}

impl Publisher {
    /// Starts it and waits until it is granted its stream and `lead_ns` have passed.
    fn start(url: &str, clip: Arc<Clip>, counters: Arc<Counters>, lead_ns: u64) -> Result<Self, Fault> {
        let mut targets = targets(url, 1)?;
        let Some(target) = targets.pop() else { return Err(Fault::NotRtmp(url.to_owned())) };
        let shared = Arc::clone(&counters);
        let publisher = Self { thread: thread::spawn(move || push(&target, &clip, None, &shared)) };
        let mut deadline_ns = now_ns().saturating_add(GRANT_NS_MAX);
        while counters.granted.load(Relaxed) == 0 && !publisher.thread.is_finished() && now_ns() < deadline_ns {
            nap_until(now_ns().saturating_add(SECOND / 200));
        }
        deadline_ns = now_ns().saturating_add(lead_ns);
        while !publisher.thread.is_finished() && now_ns() < deadline_ns {
            nap_until(deadline_ns);
        }
        if publisher.thread.is_finished() {
            // It ends by itself only with a fault.
            return Err(publisher.stop(&counters).unwrap_or(PushFault::Closed).into());
        }
        Ok(publisher)
    }

    /// Ends it; what it failed with before, if it did.
    fn stop(self, counters: &Counters) -> Option<PushFault> {
        counters.stop.store(true, Relaxed);
        match self.thread.join() {
            Ok(ended) => ended.err(),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}
