//! Many streams that are recorded: what that costs, what a killed server loses, and whether sound and pictures stay
//! together in a long one.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::thread::{self, sleep};
use std::time::Duration;

use super::Run;
use super::many::{cpu_s, open};
use super::sample::Sample;
use super::stamp::kind_of;
use super::verdict::Verdict;
use crate::{Clip, Folder, Kind, Played, Recorded, Role, Rtmp, Server, Tag, played, recordings, wait_for, wait_within};

/// What a killed server may lose of a stream: the part in the making and what is on its way to the disk.
const LOST_MS_MAX: u64 = 1_200;
/// How far sound and pictures may part.
const DRIFT_MS_MAX: f64 = 20.0;
/// How much faster than time a long recording is sent.
const HASTE: u64 = 40;
/// How long all files may take to be made when the server is back.
const MADE: Duration = Duration::from_secs(300);
const FLAGS: [&str; 6] = ["--log-level", "warn", "--limits-publish-grace-ms", "500", "--recording-policy", "mp4"];

/// What is to be recorded.
#[derive(Clone, Copy, Debug)]
pub struct Recording {
    /// Streams; without any there is the long one only.
    pub streams: usize,
    /// Seconds that they are looked at.
    pub secs: u64,
    /// Of each stream, sound included.
    pub kbps: u32,
    /// How often the server is killed.
    pub kills: u64,
    /// Minutes of the long one.
    pub minutes: u64,
}

/// Records, kills, starts again and plays everything.
///
/// # Panics
/// The server does not start, or refuses a stream.
pub fn recording(plan: Recording) -> Verdict {
    let mut verdict = Verdict::default();
    let clip = Clip::h264_at("320x180", plan.kbps);
    let mut folder = Folder::new();
    let lives = if plan.streams == 0 { 0 } else { plan.kills.max(1) };
    for kill in 0..lives {
        folder = killed(plan, &clip, folder, kill, &mut verdict);
    }
    drop(folder);
    if plan.minutes > 0 {
        long(plan.minutes, &mut verdict);
    }
    verdict
}

/// One server's life under load, its sudden end, and what the next one makes of it.
fn killed(plan: Recording, clip: &Clip, folder: Folder, kill: u64, verdict: &mut Verdict) -> Folder {
    let server = Server::start_in(folder, &FLAGS);
    let (run, stop, newest_ms) = (Run::begin(), AtomicBool::new(false), AtomicU32::new(0));
    let names: Vec<String> = (0..plan.streams).map(|stream| format!("k{kill}-{stream}")).collect();
    let mut publishers = open(&server, &names);
    let (folder, sent_ms) = thread::scope(|scope| {
        scope.spawn(|| feed(&mut publishers, clip, (&run, &stop, &newest_ms)));
        wait_for("all streams to be kept", || server.metric("recordings_open") == plan.streams as u64);
        let (cpu, io, before) = (cpu_s(&server), written_bytes(&server), Sample::take(&server, run.now_s()));
        let secs = if kill == 0 { plan.secs } else { 2 + kill % 3 };
        // Another moment of the parts each time.
        sleep(Duration::from_millis(secs * 1_000 + kill * 137 % 1_000));
        let after = Sample::take(&server, run.now_s());
        if kill == 0 {
            let cost = Cost { cpu_s: cpu_s(&server) - cpu, io_bytes: written_bytes(&server) - io };
            cost.tell(plan, [&before, &after], verdict);
        }
        let sent_ms = u64::from(newest_ms.load(Relaxed));
        let folder = server.kill_9();
        stop.store(true, Relaxed);
        (folder, sent_ms)
    });
    let server = Server::start_in(folder, &FLAGS);
    let data = server.data();
    let all = || names.iter().flat_map(|name| recordings(&data, name)).collect::<Vec<Recorded>>();
    wait_within("all that was recorded to be stored", MADE, || {
        server.metric("recordings_stored_total") >= plan.streams as u64
    });
    let lost = all().iter().map(|one| lost(one, &server, sent_ms)).collect::<Vec<_>>();
    let (worst, sum) = (lost.iter().max().copied().unwrap_or(u64::MAX), lost.iter().sum::<u64>());
    let found = format!("{worst} at most, {} on average, of {} files", sum / lost.len().max(1) as u64, lost.len());
    let ok = lost.len() == plan.streams && worst <= LOST_MS_MAX;
    verdict.check(
        format!("kill {kill}: ms lost of a stream"),
        found,
        format!("<= {LOST_MS_MAX} of {}", plan.streams),
        ok,
    );
    server.stop().1
}

fn lost(one: &Recorded, server: &Server, sent_ms: u64) -> u64 {
    let found = played(&one.file(&server.data()));
    if found.begins_with_key { sent_ms.saturating_sub(found.length_ms) } else { u64::MAX }
}

/// What recording has taken.
struct Cost {
    cpu_s: f64,
    io_bytes: u64,
}

impl Cost {
    fn tell(&self, plan: Recording, [before, after]: [&Sample; 2], verdict: &mut Verdict) {
        let secs = after.at_s - before.at_s;
        let rate = |name: &str| (after.metric(name) - before.metric(name)) as f64 / secs;
        let [parts, writes, syncs, bytes] =
            ["parts", "writes", "syncs", "written_bytes"].map(|what| rate(&format!("recording_{what}_total")));
        verdict.notes.push(format!(
            "{} streams: {:.1} % of a core, {:.1} MB of memory; {parts:.0} parts, {writes:.0} writes and {syncs:.0} syncs \
             of media a second, {:.1} Mbit/s of media, {:.1} MB/s to the disk with the store",
            plan.streams,
            self.cpu_s / secs * 100.0,
            after.memory_mb,
            bytes * 8.0 / 1e6,
            self.io_bytes as f64 / secs / 1e6,
        ));
        let lost = after.metric("recording_lost_total");
        verdict.check("times that a slow disk cost frames", lost, "0", lost == 0);
        verdict.check("parts of media a second", format!("{parts:.1}"), "some", parts > 0.0);
    }
}

/// One thread sends all streams, a frame of each in turn, until it is stopped or the server is gone.
fn feed(publishers: &mut [Rtmp], clip: &Clip, (run, stop, newest_ms): (&Run, &AtomicBool, &AtomicU32)) {
    let began_us = run.now_us();
    let mut base_ms = 0;
    loop {
        for tag in &clip.tags {
            let time_ms = base_ms + tag.time_ms;
            let due_us = began_us + u64::from(time_ms) * 1_000;
            while run.now_us() < due_us {
                sleep(Duration::from_micros(due_us.saturating_sub(run.now_us()).max(100)));
            }
            for rtmp in &mut *publishers {
                if stop.load(Relaxed) || rtmp.send(kind_of(tag), time_ms, &tag.body).is_err() {
                    return;
                }
            }
            newest_ms.store(time_ms, Relaxed);
        }
        // What the server acknowledges is read, or it would wait for ever to be.
        for rtmp in &mut *publishers {
            if stop.load(Relaxed) || !rtmp.pump(Duration::from_micros(1)) {
                return;
            }
        }
        base_ms += clip.length_ms();
    }
}

/// What was sent of the long stream.
#[derive(Default)]
struct Sent {
    pictures: u64,
    sounds: u64,
    /// Times of the first and the newest picture, and of sound.
    picture_ms: Option<[u32; 2]>,
    sound_ms: Option<[u32; 2]>,
}

impl Sent {
    fn note(&mut self, tag: &Tag, time_ms: u32) {
        let (count, times) = match tag.kind {
            Kind::Video => (&mut self.pictures, &mut self.picture_ms),
            _ => (&mut self.sounds, &mut self.sound_ms),
        };
        *count += 1;
        *times = Some([times.map_or(time_ms, |[first, _]| first), time_ms]);
    }

    /// How far sound is ahead of pictures: at the begin, at the end.
    fn sound_ahead_ms(&self) -> [f64; 2] {
        let ([picture, sound], of) = ([self.picture_ms, self.sound_ms].map(Option::unwrap_or_default), [0, 1]);
        of.map(|at| f64::from(sound[at]) - f64::from(picture[at]))
    }
}

/// A long stream, sent faster than time, in which sound and pictures are to stay as far apart as they were sent.
fn long(minutes: u64, verdict: &mut Verdict) {
    let flags = [&FLAGS[..4], &["--recording-policy", "mp4|flv", "--recording-interval-ms", "0"]].concat();
    let server = Server::start(&[&flags[..], &["--limits-recording-queue-frames-max", "65536"]].concat());
    let mut rtmp = Rtmp::open(&server.push_url("long"), Role::Publish);
    rtmp.ready().unwrap();
    let (clip, run) = (Clip::h264_at("320x180", 150), Run::begin());
    let (mut base_ms, mut sent) = (0, Sent::default());
    // A clip's sound does not last exactly as long as its pictures: each round begins where both have ended.
    while u64::from(base_ms) < minutes * 60_000 {
        for tag in &clip.tags {
            let time_ms = base_ms + tag.time_ms;
            let due_us = u64::from(time_ms) * 1_000 / HASTE;
            sleep(Duration::from_micros(due_us.saturating_sub(run.now_us())));
            rtmp.send(kind_of(tag), time_ms, &tag.body).unwrap();
            if tag.is_media() {
                sent.note(tag, time_ms);
            }
        }
        assert!(rtmp.pump(Duration::from_micros(1)), "the push was ended");
        base_ms += clip.length_ms();
    }
    rtmp.finish().unwrap();
    let data = server.data();
    let all = || recordings(&data, "long");
    wait_within("the long recordings", MADE, || all().iter().filter(|one| one.state() == "stored").count() == 2);
    for one in all() {
        in_step(one.format(), &played(&one.file(&data)), &sent, verdict);
    }
}

/// Holds a recording of the long stream against what was sent.
fn in_step(format: &str, found: &Played, sent: &Sent, verdict: &mut Verdict) {
    let minutes = found.length_ms as f64 / 60_000.0;
    let ahead = [found.sound_ahead_first_ms, found.sound_ahead_ms];
    let [first, last] = [0, 1].map(|at| ahead[at] - sent.sound_ahead_ms()[at]);
    let drift = (last - first).abs();
    let told = format!("{drift:.1} in {minutes:.1} minutes");
    verdict.check(format!("{format}: drift of sound ms"), told, format!("<= {DRIFT_MS_MAX}"), drift <= DRIFT_MS_MAX);
    let told = format!("{first:.1} at the begin, {last:.1} at the end");
    let ok = first.abs().max(last.abs()) <= DRIFT_MS_MAX;
    verdict.check(format!("{format}: sound against what was sent, ms"), told, format!("<= {DRIFT_MS_MAX}"), ok);
    let (kept, all) = ((found.pictures, found.sounds), (sent.pictures, sent.sounds));
    verdict.check(format!("{format}: pictures and sounds"), format!("{kept:?}"), format!("{all:?}"), kept == all);
}

/// Bytes that the process has had written to the disk.
fn written_bytes(server: &Server) -> u64 {
    let io = fs::read_to_string(format!("/proc/{}/io", server.pid())).unwrap_or_default();
    io.lines().find_map(|line| line.strip_prefix("write_bytes: ")?.parse().ok()).unwrap_or(0)
}
