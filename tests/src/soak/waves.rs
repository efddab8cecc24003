//! Many streams and players that are created and dropped: memory has to return.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::thread::{self, sleep};
use std::time::Duration;

use super::Run;
use super::sample::Sample;
use super::stamp::kind_of;
use super::verdict::Verdict;
use crate::{Clip, Live, Role, Rtmp, Server, Timer, connect_from, later, sign};

/// How much more may be held at the end than after the first waves: by the process, and by the server's own code.
const GROWTH_MAX: f64 = 1.05;
/// What is held varies from wave to wave: the middle one of so many is compared.
const COMPARED: usize = 3;
/// How long memory may take to be given back, and everybody to be gone.
const GOING: Duration = Duration::from_secs(60);
/// Memory that has not fallen for so many seconds is what is kept.
const SETTLED_S: f64 = 25.0;

/// What is to be created and dropped.
#[derive(Clone, Copy, Debug)]
pub struct Waves {
    /// How often.
    pub waves: u32,
    /// Streams at once.
    pub streams: u32,
    /// Players of each.
    pub players: u32,
}

/// Creates and drops them.
///
/// # Panics
/// The server does not start, or refuses one of them.
pub fn waves(plan: Waves) -> Verdict {
    let server = Server::start(&["--limits-publish-grace-ms", "0", "--log-level", "warn"]);
    let clip = Clip::h264("320x180");
    let run = Run::begin();
    let fresh = Sample::take(&server, 0.0);
    let mut verdict = Verdict::default();
    verdict.notes.push(format!("fresh: {:.1} MB, {:.2} asked for", fresh.memory_mb, fresh.allocated_mb));
    let (mut last, mut after) = (fresh.clone(), Vec::new());
    for wave in 0..plan.waves {
        let peak = one(&server, &clip, plan, wave);
        last = gone(&server, &run);
        after.push(last.clone());
        let told = format!("wave {}: {:.1} MB, then {:.1} MB", wave + 1, peak, last.memory_mb);
        println!(
            "{told} ({:.1} MB its own, {:.1} of the allocator, {:.2} asked for), {} files, {} threads, {:.0} s",
            last.own_mb,
            last.allocator_mb,
            last.allocated_mb,
            last.files,
            last.threads,
            run.now_s()
        );
        verdict.notes.push(told);
    }
    let attached = last.attached();
    verdict.check("streams and players that are still there", attached, "0", attached == 0);
    let [published, played] = ["publishes_total", "plays_total"].map(|name| last.metric(name));
    let all = (u64::from(plan.waves * plan.streams), u64::from(plan.waves * plan.streams * plan.players));
    verdict.check("streams created", published, all.0.to_string(), published == all.0);
    verdict.check("players created", played, all.1.to_string(), played == all.1);
    // What the first waves have left is the measure: threads, caches and pages that whoever comes next uses again.
    for (what, held) in [
        ("memory of the process, last waves / first", (|sample| sample.own_mb) as fn(&Sample) -> f64),
        ("memory asked for by the server's code, last waves / first", |sample| sample.allocated_mb),
    ] {
        let grown = middle(&after, held, true) / middle(&after, held, false);
        verdict.check(what, format!("{grown:.3}"), format!("<= {GROWTH_MAX}"), grown <= GROWTH_MAX);
    }
    let files = last.files.saturating_sub(fresh.files);
    verdict.check("descriptors more than at the start", files, "<= 24", files <= 24);
    let panics = last.metric("panics_total");
    verdict.check("panics", panics, "0", panics == 0);
    verdict
}

/// One wave; the memory in MB while all of it was there.
fn one(server: &Server, clip: &Clip, plan: Waves, wave: u32) -> f64 {
    let [push, play] = ["push_key", "play_key"].map(|key| server.key(key));
    let time = later();
    // Ports of closed connections rest for a minute: each wave comes from an address of its own.
    let from = |part: u8| IpAddr::V4(Ipv4Addr::new(127, 1 + part, 0, 1 + (wave % 200) as u8));
    let mut held = Vec::new();
    for stream in 0..plan.streams {
        let name = format!("w{wave}s{stream}");
        let signed = |key: &str| format!("txSecret={}&txTime={time}", sign(key, &name, &time));
        let query = format!("{name}?{}", signed(&push));
        let mut rtmp = Rtmp::ask(connect_from(from(0), &server.rtmp), &server.rtmp, "live", &query, Role::Publish);
        rtmp.ready().unwrap();
        for tag in clip.tags.iter().take(40) {
            rtmp.send(kind_of(tag), tag.time_ms, &tag.body).unwrap();
        }
        let url = format!("http://{}/live/{name}.flv?{}", server.http, signed(&play));
        let mut players = Vec::new();
        for player in 0..plan.players {
            let socket = connect_from(from(1 + player as u8), &server.http);
            players.push(Live::over(socket, &url, ""));
        }
        held.push((rtmp, players));
    }
    let peak = Sample::take(server, 0.0).memory_mb;
    // Half of the publishers take leave, the other half cut their link.
    for (at, (mut rtmp, players)) in held.into_iter().enumerate() {
        if at % 2 == 0 {
            rtmp.finish().unwrap();
        }
        drop(players);
        let _ = rtmp.socket().flush();
        thread::yield_now();
    }
    peak
}

/// The middle one of what the first or the last samples hold.
fn middle(after: &[Sample], held: fn(&Sample) -> f64, last: bool) -> f64 {
    let count = after.len().min(COMPARED);
    let from = if last { after.len() - count } else { 0 };
    let mut compared: Vec<f64> = after.iter().skip(from).take(count).map(held).collect();
    compared.sort_by(f64::total_cmp);
    compared.get(count / 2).copied().unwrap_or_default()
}

/// Waits until nobody is there and memory has not fallen for a while: allocators give pages back after some seconds.
fn gone(server: &Server, run: &Run) -> Sample {
    let timer = Timer::new(GOING);
    let mut lowest = Sample::take(server, run.now_s());
    loop {
        sleep(Duration::from_secs(1));
        let now = Sample::take(server, run.now_s());
        let rests = now.attached() == 0 && now.metric("open_connections") <= 1;
        if timer.is_over() || rests && now.at_s > lowest.at_s + SETTLED_S {
            return now;
        }
        if now.memory_mb < lowest.memory_mb - 0.5 {
            lowest = now;
        }
    }
}
