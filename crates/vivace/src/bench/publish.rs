use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use serde::Serialize;
use vivace_base::Limits;

use super::clip::Clip;
use super::clock::{MS, SECOND, nap_until, now_ns, seconds_ns};
use super::fault::Fault;
use super::percentiles::rounded;
use super::push::{Counters, push};
use super::reasons::{Failure, Reasons};
use super::target::{Protocol, Target};

/// A publisher holds little on its stack; thousands of them share the address space.
const STACK_BYTES: usize = 256 << 10;
/// From one publisher's start to the next one's.
const STAGGER_NS: u64 = 5 * MS;

/// `vivace bench publish`.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Where to publish: rtmp://host:port/app/name; {i} in it becomes the stream's number from 0 on
    #[arg(long)]
    url: String,
    /// FLV file to send over and over with running time stamps
    #[arg(long)]
    file: PathBuf,
    /// Seconds to publish; without it, until the server or a signal ends it
    #[arg(long, value_parser = super::play::seconds)]
    secs: Option<f64>,
    /// Streams to publish at once, each on a connection of its own
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    count: u32,
}

#[derive(Debug, Serialize)]
struct Report {
    streams: u64,
    secs: f64,
    bytes: u64,
    frames: u64,
    mbps: f64,
    late_ms_max: f64,
    failures: Vec<Failure>,
}

/// Runs the publishers and prints what they did. Fails if one of them ended early.
pub(super) fn run(args: &Args) -> Result<ExitCode, Fault> {
    let targets = targets(&args.url, args.count)?;
    let clip = read_clip(&args.file)?;
    let (counters, start_ns) = (Counters::default(), now_ns());
    let mut reasons = Reasons::default();
    thread::scope(|scope| {
        let (mut running, clip, counters) = (Vec::new(), &clip, &counters);
        let secs_ns = args.secs.map(seconds_ns);
        for target in &targets {
            let publisher = thread::Builder::new().stack_size(STACK_BYTES);
            match publisher.spawn_scoped(scope, move || push(target, clip, secs_ns, counters)) {
                Ok(handle) => running.push(handle),
                Err(error) => reasons.add(format!("no thread: {error}")),
            }
            nap_until(now_ns().saturating_add(STAGGER_NS));
        }
        for handle in running {
            match handle.join() {
                Ok(Ok(())) => {}
                Ok(Err(fault)) => reasons.add(fault),
                Err(_) => reasons.add("the publisher panicked"),
            }
        }
    });
    let secs = now_ns().saturating_sub(start_ns) as f64 / SECOND as f64;
    let bytes = counters.bytes.load(Relaxed);
    let report = Report {
        streams: counters.granted.load(Relaxed),
        secs: rounded(secs, 1),
        bytes,
        frames: counters.pictures.load(Relaxed),
        mbps: rounded(bytes as f64 * 8.0 / 1e6 / secs, 3),
        late_ms_max: rounded(counters.late_ns_max.load(Relaxed) as f64 / MS as f64, 2),
        failures: reasons.into_failures(),
    };
    println!("{}", serde_json::to_string(&report)?);
    Ok(if report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Reads the file to publish.
pub(super) fn read_clip(path: &std::path::Path) -> Result<Clip, Fault> {
    Clip::read(path, &Limits::default()).map_err(|fault| Fault::Clip { path: path.to_owned(), fault })
}

/// The addresses of `count` streams.
pub(super) fn targets(url: &str, count: u32) -> Result<Vec<Target>, Fault> {
    const NUMBER: &str = "{i}";
    if count > 1 && !url.contains(NUMBER) {
        return Err(Fault::Template { count: count as usize });
    }
    let target = |number: u32| {
        let target = Target::parse(&url.replace(NUMBER, &number.to_string()), None)?;
        if target.protocol == Protocol::Rtmp && !target.tls { Ok(target) } else { Err(Fault::NotRtmp(url.to_owned())) }
    };
    (0..count).map(target).collect()
}

#[cfg(test)]
mod tests {
    use super::{Fault, targets};

    #[test]
    fn each_stream_has_its_number_in_its_address() {
        let found = targets("rtmp://h/live/s{i}?k={i}", 3).expect("three addresses");
        let paths: Vec<&str> = found.iter().map(|target| target.path.as_str()).collect();
        assert_eq!(paths, ["/live/s0?k=0", "/live/s1?k=1", "/live/s2?k=2"]);
        assert_eq!(targets("rtmp://h/live/s", 1).map(|found| found.len()).ok(), Some(1));
    }

    #[test]
    fn streams_that_would_share_a_name_or_speak_http_are_refused() {
        assert!(matches!(targets("rtmp://h/live/s", 2), Err(Fault::Template { count: 2 })));
        assert!(matches!(targets("http://h/live/s.flv", 1), Err(Fault::NotRtmp(_))));
    }
}
