//! The soak itself: who takes part, and what is asked at the end.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, Scope, sleep};
use std::time::Duration;

use parking_lot::Mutex;

use super::fit::{Trend, median};
use super::player::{Manner, Seen, Way, play};
use super::publisher::{Habit, Stream, publish};
use super::sample::Sample;
use super::verdict::Verdict;
use super::{Dice, Run};
use crate::{AAC, Clip, H264, Server, TONE, Timer, encode, ffmpeg};

/// How long a stream waits for its publisher in this run, and a session of HLS for its player.
const GRACE_MS: u64 = 6_000;
const HLS_IDLE_MS: u64 = 8_000;
/// How long everything may take to go when all have left.
const GOING: Duration = Duration::from_secs(40);
/// Growth of memory, beyond doubt, that fails a run, however short; and what a run of hours may keep in all.
const MEMORY_MB_PER_HOUR: f64 = 24.0;
const MEMORY_MB_KEPT: f64 = 8.0;
/// Growth of delay, beyond doubt, that fails a run.
const DELAY_MS_PER_HOUR: f64 = 10.0;
/// How far sound may move against the picture: less than one frame of AAC.
const OFFSET_MS_MAX: f64 = 20.0;
/// And how fast, beyond doubt: a day of it is heard.
const OFFSET_MS_PER_HOUR: f64 = 10.0;
/// Descriptors that a server holds for good once it has worked: connections of its store.
const FILES_KEPT: usize = 24;
const THREADS_KEPT: u64 = 8;

/// Several megabits a second, for those who do not read.
const FAT: &[&str] = &["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25,noise=alls=80:allf=t"];

/// What is to be run.
#[derive(Clone, Copy, Debug)]
pub struct Soak {
    /// Seconds.
    pub secs: u64,
    /// Players that come and go all the time.
    pub guests: u64,
}

/// What all threads of a run share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) run: Run,
    players_over: AtomicBool,
    over: AtomicBool,
    faults: Mutex<Vec<String>>,
    counts: Mutex<Counts>,
}

/// How often something was done.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// Pushes that ended as they were meant to.
    pub(super) pushes: u64,
    /// Plays that did.
    pub(super) plays: u64,
    /// Stamps that players have found.
    pub(super) stamps: u64,
}

impl Shared {
    fn new() -> Self {
        Self {
            run: Run::begin(),
            players_over: AtomicBool::new(false),
            over: AtomicBool::new(false),
            faults: Mutex::default(),
            counts: Mutex::default(),
        }
    }

    pub(super) fn fault(&self, what: String) {
        eprintln!("{:7.1} s  {what}", self.run.now_s());
        self.faults.lock().push(what);
    }

    pub(super) fn count(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.counts.lock());
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }

    pub(super) fn players_over(&self) -> bool {
        self.players_over.load(Relaxed)
    }

    /// Does nothing for a while; true when the run is over.
    pub(super) fn rest(&self, time: Duration) -> bool {
        let timer = Timer::new(time);
        while !timer.is_over() && !self.is_over() {
            sleep(timer.left().min(Duration::from_millis(50)));
        }
        self.is_over()
    }
}

/// A player that stays from the beginning to the end.
struct Resident {
    stream: usize,
    way: Way,
}

/// Runs a server under everything that the module's head names.
///
/// # Panics
/// The server does not start, or ffmpeg is missing.
pub fn soak(plan: Soak) -> Verdict {
    let (grace, idle) = (GRACE_MS.to_string(), HLS_IDLE_MS.to_string());
    let mut server = Server::start(&[
        "--limits-publish-grace-ms",
        &grace,
        "--limits-hls-session-idle-ms-max",
        &idle,
        // Everything is recorded as well, and goes when an hour's worth of bytes is there.
        "--recording-policy",
        "mp4|hls",
        "--recording-interval-ms",
        "30000",
        "--recording-bytes-max",
        "1000000000",
    ]);
    let clips = [Clip::h264("320x180"), Clip::h264("426x240"), Clip::h264_with_mp3("320x180")];
    let streams = streams(&server);
    let urls = urls(&server, &streams);
    let shared = Shared::new();
    let fresh = Sample::take(&server, 0.0);
    let mut encoder = encode(ffmpeg(), &[FAT, TONE], &[H264, &["-crf", "24"], AAC], &server.push_url("fat"));
    let fat = server.play_url("fat", "flv");

    let seen: Mutex<Vec<(String, Seen)>> = Mutex::default();
    let mut samples = Vec::new();
    thread::scope(|scope| {
        for stream in &streams {
            let (clips, shared) = (&clips, &shared);
            worker(scope, shared, stream.name, move || {
                publish(stream, clips, Duration::from_millis(GRACE_MS), shared);
            });
        }
        for stream in &streams {
            server.wait_live(stream.name);
        }
        server.wait_live("fat");
        for Resident { stream, way } in residents() {
            let (stream, url, shared, seen) = (&streams[stream], &urls[&(stream, way)], &shared, &seen);
            let name = format!("{way:?} of {}", stream.name);
            worker(scope, shared, &name.clone(), move || {
                match play(stream, url, (way, Manner::Leaves), f64::MAX, shared) {
                    Ok(found) => seen.lock().push((name, found)),
                    Err(fault) => shared.fault(format!("{name} broke: {fault}")),
                }
            });
        }
        for guest in 0..plan.guests {
            let (streams, urls, fat, shared) = (&streams, &urls, fat.as_str(), &shared);
            worker(scope, shared, "guest", move || visit(Dice::new(guest + 1), streams, urls, fat, shared));
        }
        look(plan, &mut server, &shared, &mut samples);
        shared.players_over.store(true, Relaxed);
        // Residents need the streams' next bytes to see that it is over.
        sleep(Duration::from_secs(3));
        shared.over.store(true, Relaxed);
    });
    let broken = !encoder.is_running();
    drop(encoder);
    let last = settle(&server, &shared);
    let mut verdict = Verdict::default();
    if broken {
        shared.fault("ffmpeg has ended".to_owned());
    }
    judge(&mut verdict, &server, &shared, &samples, [&fresh, &last], seen.into_inner());
    let stops = server.stop().0.success();
    verdict.check("the server ends in order", stops, "true", stops);
    verdict
}

/// A thread whose panic is a fault of the run.
fn worker<'scope>(
    scope: &'scope Scope<'scope, '_>,
    shared: &'scope Shared,
    name: &str,
    work: impl FnOnce() + Send + 'scope,
) {
    let name = name.to_owned();
    scope.spawn(move || {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
            let said = panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "it panicked".to_owned());
            shared.fault(format!("{name}: {said}"));
        }
    });
}

fn streams(server: &Server) -> Vec<Stream> {
    let habits = [
        ("fast", Habit::Steady { ppm: 500 }),
        ("slow", Habit::Steady { ppm: -500 }),
        ("cuts", Habit::Cuts),
        ("changes", Habit::Changes),
        ("leaves", Habit::Leaves),
    ];
    habits.into_iter().map(|(name, habit)| Stream { name, habit, push_url: server.push_url(name) }).collect()
}

/// Signed addresses of each stream in each way.
fn urls(server: &Server, streams: &[Stream]) -> HashMap<(usize, Way), String> {
    let mut urls = HashMap::new();
    for (at, stream) in streams.iter().enumerate() {
        for way in Way::ALL {
            let (format, tls) = way.format();
            let url = server.play_url(stream.name, format);
            let url = if tls {
                url.replace(&format!("http://{}", server.http), &format!("https://{}", server.https))
            } else {
                url
            };
            assert!(!tls || url.starts_with("https://"), "the address of HTTP is not that of the listener");
            urls.insert((at, way), url);
        }
    }
    urls
}

fn residents() -> impl Iterator<Item = Resident> {
    // Everything of the stream that runs fast, and what shows an offset of the others.
    let all = Way::ALL.into_iter().map(|way| Resident { stream: 0, way });
    let more = [(1, Way::Rtmp), (1, Way::Flv), (2, Way::Flv), (2, Way::Rtmp), (2, Way::Hls), (3, Way::Flv)];
    all.chain(more.map(|(stream, way)| Resident { stream, way }))
}

/// Plays this and that, one after the other, until the players are over.
fn visit(mut dice: Dice, streams: &[Stream], urls: &HashMap<(usize, Way), String>, fat: &str, shared: &Shared) {
    while !shared.players_over() {
        let at = dice.below(streams.len() as u64) as usize;
        let way = Way::ALL[dice.below(Way::ALL.len() as u64) as usize];
        let until_s = shared.run.now_s() + 0.5 + dice.below(9_000) as f64 / 1e3;
        let stream = &streams[at];
        let manner = [Manner::Leaves, Manner::Vanishes][dice.below(2) as usize];
        // A stream that comes and goes is played where its end is no surprise to the player's protocol.
        let way = if stream.holds() { way } else { [Way::Flv, Way::Rtmp, Way::Mp4][dice.below(3) as usize] };
        let played = if dice.below(8) == 0 {
            play(stream, fat, (Way::Flv, Manner::DoesNotRead), until_s, shared)
        } else {
            play(stream, &urls[&(at, way)], (way, manner), until_s, shared)
        };
        match played {
            Ok(seen) => shared.count(|counts| {
                counts.plays += 1;
                counts.stamps += seen.delays.len() as u64;
            }),
            Err(_) if !stream.holds() => {
                shared.rest(Duration::from_millis(300));
            }
            Err(fault) => shared.fault(format!("{way:?} of {} broke: {fault}", stream.name)),
        }
    }
}

/// Looks at the server once a second, and tells each minute.
fn look(plan: Soak, server: &mut Server, shared: &Shared, samples: &mut Vec<Sample>) {
    println!("   min  memory MB  files  threads  readers  HLS  skips  refusals  jumps   plays  pushes  faults");
    let end_s = shared.run.now_s() + plan.secs as f64;
    let mut next_s = shared.run.now_s() + 60.0_f64.min(plan.secs as f64 / 4.0);
    while shared.run.now_s() < end_s && server.is_running() {
        let now = Sample::take(server, shared.run.now_s());
        if now.at_s >= next_s {
            next_s += 60.0_f64.min(plan.secs as f64 / 4.0);
            let counts = shared.counts.lock().clone();
            println!(
                "{:6.1}  {:9.1}  {:5}  {:7}  {:7}  {:3}  {:5}  {:8}  {:5}  {:6}  {:6}  {:6}",
                now.at_s / 60.0,
                now.memory_mb,
                now.files,
                now.threads,
                now.metric("readers"),
                now.metric("hls_sessions"),
                now.metric("reader_skips_total"),
                now.metric("refusals_total"),
                now.metric("discontinuities_total"),
                counts.plays,
                counts.pushes,
                shared.faults.lock().len(),
            );
        }
        samples.push(now);
        sleep(Duration::from_secs(1));
    }
}

/// Waits until nobody is attached any more and all handles have returned, or for as long as that may take.
fn settle(server: &Server, shared: &Shared) -> Sample {
    let timer = Timer::new(GOING);
    loop {
        let now = Sample::take(server, shared.run.now_s());
        // What asks is a connection too.
        if timer.is_over() || now.attached() == 0 && now.metric("open_connections") <= 1 {
            return now;
        }
        sleep(Duration::from_millis(250));
    }
}

fn judge(
    verdict: &mut Verdict,
    server: &Server,
    shared: &Shared,
    samples: &[Sample],
    [fresh, last]: [&Sample; 2],
    seen: Vec<(String, Seen)>,
) {
    let faults = shared.faults.lock().clone();
    verdict.check("players and publishers that broke", faults.len(), "0", faults.is_empty());
    let panics = last.metric("panics_total") + server.log().matches("panicked").count() as u64;
    verdict.check("panics", panics, "0", panics == 0);
    let errors = server.log().lines().filter(|line| line.contains(" ERROR ")).count();
    verdict.check("errors in the log", errors, "0", errors == 0);
    let attached = last.attached();
    verdict.check("streams and players that are still there", attached, "0", attached == 0);
    let files = last.files.saturating_sub(fresh.files);
    verdict.check("descriptors more than at the start", files, format!("<= {FILES_KEPT}"), files <= FILES_KEPT);
    let threads = last.threads.saturating_sub(fresh.threads);
    verdict.check("threads more than at the start", threads, format!("<= {THREADS_KEPT}"), threads <= THREADS_KEPT);

    // What fills once is no growth: the first quarter is not looked at.
    let warm_s = samples.last().map_or(0.0, |sample| sample.at_s) / 4.0;
    let watched = samples.iter().filter(|sample| sample.at_s > warm_s);
    let series = |of: fn(&Sample) -> f64| watched.clone().map(|sample| (sample.at_s, of(sample))).collect::<Vec<_>>();
    let watched_h = samples.last().map_or(0.0, |sample| sample.at_s - warm_s) / 3_600.0;
    let memory = MEMORY_MB_PER_HOUR.min(MEMORY_MB_KEPT / watched_h);
    trend(verdict, "memory MB", &series(|sample| sample.memory_mb), memory);
    trend(verdict, "memory MB asked for", &series(|sample| sample.allocated_mb), memory);
    // What grows under load may be gone when all have left. A run may end with as many more as are held for good.
    trend(verdict, "descriptors", &series(|sample| sample.files as f64), FILES_KEPT as f64 / watched_h);
    trend(verdict, "threads", &series(|sample| sample.threads as f64), THREADS_KEPT as f64 / watched_h);
    for (name, seen) in &seen {
        let warm = |of: &[(f64, f64)]| of.iter().filter(|(t, _)| *t > warm_s).copied().collect::<Vec<_>>();
        let delays = warm(&seen.delays);
        let half = median(delays.iter().map(|(_, delay)| *delay).collect()).unwrap_or(0.0);
        verdict.notes.push(format!("{name}: {} stamps, delay p50 {half:.1} ms", seen.delays.len()));
        trend(verdict, &format!("delay ms, {name}"), &delays, DELAY_MS_PER_HOUR);
        if name.ends_with("fast") || name.ends_with("slow") {
            offsets(verdict, name, &seen.offsets, &warm(&seen.offsets));
        }
    }
    let counts = shared.counts.lock().clone();
    let told = format!("{} plays and {} pushes came and went, {} stamps", counts.plays, counts.pushes, counts.stamps);
    verdict.notes.push(told);
    let warnings = server.log().lines().filter(|line| line.contains(" WARN ")).count();
    let [skips, refusals] = ["reader_skips_total", "refusals_total"].map(|name| last.metric(name));
    verdict.notes.push(format!("{skips} skips, {refusals} refusals, {warnings} warnings in the log"));
    let memory = format!("memory MB: {:.1} fresh, {:.1} when all had gone", fresh.memory_mb, last.memory_mb);
    verdict.notes.push(memory);
}

fn trend(verdict: &mut Verdict, what: &str, samples: &[(f64, f64)], bound: f64) {
    match Trend::of(samples) {
        Some(trend) => verdict.check(
            format!("growth of {what}"),
            trend,
            format!("not above {bound:.1} an hour beyond doubt"),
            !trend.is_above(bound),
        ),
        None => verdict.check(format!("growth of {what}"), "too few samples", "samples", false),
    }
}

fn offsets(verdict: &mut Verdict, name: &str, offsets: &[(f64, f64)], warm: &[(f64, f64)]) {
    let worst = offsets.iter().map(|(_, offset)| offset.abs()).fold(0.0, f64::max);
    // A player of bytes alone sees no times; the others have seen some, or nothing was measured.
    let sees_times = ["Flv", "Rtmp"].iter().any(|way| name.starts_with(way));
    if sees_times || !offsets.is_empty() {
        let ok = !offsets.is_empty() && worst <= OFFSET_MS_MAX;
        let found = format!("{worst:.1} of {}", offsets.len());
        verdict.check(format!("offset of sound ms, {name}"), found, format!("<= {OFFSET_MS_MAX}"), ok);
        let drift = Trend::of(warm);
        let found = drift.map_or_else(|| "too few samples".to_owned(), |drift| drift.to_string());
        let ok = drift.is_some_and(|drift| !drift.is_off(OFFSET_MS_PER_HOUR));
        let bound = format!("within ± {OFFSET_MS_PER_HOUR} an hour beyond doubt");
        verdict.check(format!("drift of sound ms, {name}"), found, bound, ok);
    }
}
