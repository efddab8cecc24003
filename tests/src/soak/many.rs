//! Many streams at once: each frame of each has to arrive, and a stream that nobody plays costs little.

use std::io::{ErrorKind, Read};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, sleep};
use std::time::Duration;

use super::Run;
use super::sample::Sample;
use super::stamp::{Finder, Stamp, kind_of, stamped};
use super::verdict::Verdict;
use crate::{Clip, Live, Role, Rtmp, Server, later, sign, wait_for};

/// Memory of a stream beyond its frames that are kept for those who join.
const IDLE_BYTES_MAX: f64 = 1_048_576.0;
/// How often sockets of players are emptied.
const SWEEP: Duration = Duration::from_millis(20);

/// Frames that may be on their way when the counting ends: two seconds of them.
const BEHIND: u64 = 140;

/// What is to be published.
#[derive(Clone, Copy, Debug)]
pub struct Many {
    /// Streams, each with one player that reads all of it.
    pub streams: usize,
    /// Seconds that they are looked at.
    pub secs: u64,
    /// Of each stream, sound included.
    pub kbps: u32,
}

struct Player {
    live: Live,
    finder: Finder,
    first: Option<u64>,
    last: u64,
    seen: u64,
    late_us_max: u64,
}

/// Publishes them, waits, and counts what arrives.
///
/// # Panics
/// The server does not start, or refuses one of them.
pub fn many(plan: Many) -> Verdict {
    let server = Server::start(&["--log-level", "warn"]);
    let clip = Clip::h264_at("320x180", plan.kbps);
    let gop_bytes = gop_bytes(&clip);
    let run = Run::begin();
    let (stop, mut verdict) = (AtomicBool::new(false), Verdict::default());
    let bytes: usize = clip.tags.iter().map(|tag| tag.body.len()).sum();
    let kbps = bytes as f64 * 8.0 / f64::from(clip.length_ms());
    verdict.notes.push(format!("each stream {kbps:.0} kbit/s, {gop_bytes} bytes from key frame to key frame"));
    let fresh = Sample::take(&server, 0.0);
    let names: Vec<String> = (0..plan.streams).map(|stream| format!("m{stream}")).collect();
    let mut publishers = open(&server, &names);
    thread::scope(|scope| {
        scope.spawn(|| feed(&mut publishers, &clip, &run, &stop));
        wait_for("all streams", || server.metric("streams") == plan.streams as u64);
        // Two rounds: what is kept for those who join is there.
        sleep(Duration::from_secs(6));
        let idle = Sample::take(&server, run.now_s());
        let each = (idle.memory_mb - fresh.memory_mb) * 1_048_576.0 / plan.streams as f64;
        verdict.notes.push(format!("memory MB: {:.1} fresh, {:.1} with all streams", fresh.memory_mb, idle.memory_mb));
        let beyond = each - gop_bytes as f64;
        let bound = format!("<= {IDLE_BYTES_MAX} beyond its GOP");
        verdict.check("bytes of a stream that nobody plays", format!("{beyond:.0}"), bound, beyond <= IDLE_BYTES_MAX);
        let mut players = join(&server, plan.streams);
        let cpu = cpu_s(&server);
        let began_s = run.now_s();
        while run.now_s() < began_s + plan.secs as f64 {
            players.iter_mut().for_each(|player| player.sweep(&run));
            sleep(SWEEP);
        }
        let used = (cpu_s(&server) - cpu) / (run.now_s() - began_s);
        verdict.notes.push(format!("the server took {:.1} % of a core", used * 100.0));
        arrived(&mut verdict, &players);
        stop.store(true, Relaxed);
    });
    let last = Sample::take(&server, run.now_s());
    let skips = last.metric("reader_skips_total");
    verdict.check("players that lost frames", skips, "0", skips == 0);
    verdict
}

/// A publisher for each name.
pub(super) fn open(server: &Server, names: &[String]) -> Vec<Rtmp> {
    let (key, time) = (server.key("push_key"), later());
    names
        .iter()
        .map(|name| {
            let signature = sign(&key, name, &time);
            let url = format!("rtmp://{}/live/{name}?txSecret={signature}&txTime={time}", server.rtmp);
            let mut rtmp = Rtmp::open(&url, Role::Publish);
            rtmp.ready().unwrap();
            rtmp
        })
        .collect()
}

/// One thread sends all streams, a frame of each in turn.
fn feed(publishers: &mut [Rtmp], clip: &Clip, run: &Run, stop: &AtomicBool) {
    let began_us = run.now_us();
    let (mut base_ms, mut place) = (0, 0);
    loop {
        for tag in &clip.tags {
            let time_ms = base_ms + tag.time_ms;
            let due_us = began_us + u64::from(time_ms) * 1_000;
            while run.now_us() < due_us {
                sleep(Duration::from_micros(due_us.saturating_sub(run.now_us()).max(100)));
            }
            place += u64::from(tag.is_media());
            for rtmp in &mut *publishers {
                if stop.load(Relaxed) {
                    return;
                }
                let stamp = Stamp { sent_us: run.now_us(), place };
                rtmp.send(kind_of(tag), time_ms, &stamped(tag, stamp)).unwrap();
            }
        }
        // What the server acknowledges is read, or it would wait for ever to be.
        publishers.iter_mut().for_each(|rtmp| assert!(rtmp.pump(Duration::from_micros(1)), "a push was ended"));
        base_ms += clip.length_ms();
    }
}

fn join(server: &Server, streams: usize) -> Vec<Player> {
    let (key, time) = (server.key("play_key"), later());
    (0..streams)
        .map(|stream| {
            let name = format!("m{stream}");
            let signature = sign(&key, &name, &time);
            let url = format!("http://{}/live/{name}.flv?txSecret={signature}&txTime={time}", server.http);
            let mut live = Live::open(&url);
            live.socket().set_nonblocking(true).unwrap();
            Player { live, finder: Finder::default(), first: None, last: 0, seen: 0, late_us_max: 0 }
        })
        .collect()
}

impl Player {
    /// Takes what has come.
    fn sweep(&mut self, run: &Run) {
        let mut buffer = [0; 64 << 10];
        loop {
            let count = match self.live.read(&mut buffer) {
                Ok(0) => panic!("the server has ended a play"),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => panic!("{error}"),
            };
            let now_us = run.now_us();
            let Self { finder, first, last, seen, late_us_max, .. } = self;
            finder.feed(&buffer[..count], |stamp| {
                if first.is_none() {
                    *first = Some(stamp.place);
                } else {
                    // The first ones were kept for those who join, and are late.
                    *late_us_max =
                        (*late_us_max).max(if *seen > 200 { now_us.saturating_sub(stamp.sent_us) } else { 0 });
                }
                *last = (*last).max(stamp.place);
                *seen += 1;
            });
        }
    }
}

fn arrived(verdict: &mut Verdict, players: &[Player]) {
    // All streams are sent in step, so each player ought to have come as far as the others.
    let newest = players.iter().map(|player| player.last).max().unwrap_or(0).saturating_sub(BEHIND);
    let frames = |player: &Player| player.first.map_or(1, |first| player.last.max(newest).saturating_sub(first) + 1);
    let expected: u64 = players.iter().map(frames).sum();
    let seen: u64 = players.iter().map(|player| player.seen).sum();
    let least = players.iter().map(|player| player.seen).min().unwrap_or(0);
    let late = players.iter().map(|player| player.late_us_max).max().unwrap_or(0);
    verdict
        .notes
        .push(format!("{seen} frames, {least} at the player with the fewest, the latest {} ms late", late / 1_000));
    let ok = seen == expected && least > 0;
    verdict.check("frames delivered / expected", format!("{seen} / {expected}"), "1.0", ok);
}

/// The most bytes from a key frame to the one before the next.
fn gop_bytes(clip: &Clip) -> usize {
    let mut sizes = vec![0];
    for tag in clip.tags.iter().filter(|tag| tag.is_media()) {
        if tag.is_key() {
            sizes.push(0);
        }
        *sizes.last_mut().unwrap() += tag.body.len();
    }
    sizes.into_iter().max().unwrap_or(0)
}

/// Processor seconds of the server so far.
pub(super) fn cpu_s(server: &Server) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.pid())).unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks: u64 = fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    // USER_HZ is 100 on every architecture this runs on.
    ticks as f64 / 100.0
}
