//! When a stream's frames go out: sends and delays computed in virtual time.

use vivace_base::MonoMs;
use vivace_hub::Pace;

struct Seen {
    sends: u64,
    seconds: u64,
    /// Delays of pictures, and of sound, in milliseconds; sorted.
    video: Vec<u64>,
    audio: Vec<u64>,
}

impl Seen {
    fn sends_per_s(&self) -> f64 {
        self.sends as f64 / self.seconds as f64
    }
}

fn percentile(sorted: &[u64], percent: usize) -> u64 {
    sorted.get((sorted.len() * percent).div_ceil(100).saturating_sub(1)).copied().unwrap_or(0)
}

/// One minute of pictures at `fps` with up to `jitter` ms of lateness, and 43 sounds a second.
fn run(merge_ms: u64, fps: u64, jitter: u64, with_audio: bool) -> Seen {
    const SECONDS: u64 = 60;
    let mut arrivals: Vec<(u64, bool)> = (0..SECONDS * fps)
        .map(|index| (1_000 + index * 1_000 / fps + (index * 7_919) % (jitter + 1), true))
        .chain((0..if with_audio { SECONDS * 43 } else { 0 }).map(|index| (1_000 + index * 1_000 / 43, false)))
        .collect();
    arrivals.sort_unstable();
    let mut pace = Pace::new(merge_ms);
    let mut seen = Seen { sends: 0, seconds: SECONDS, video: Vec::new(), audio: Vec::new() };
    let mut waiting: Vec<(u64, bool)> = Vec::new();
    let mut close = |pace: &mut Pace, waiting: &mut Vec<(u64, bool)>, now: u64| {
        pace.on_close(MonoMs(now));
        seen.sends += 1;
        for (arrived, video) in waiting.drain(..) {
            if video { seen.video.push(now - arrived) } else { seen.audio.push(now - arrived) }
        }
    };
    for (now, video) in arrivals {
        if let Some(deadline) = pace.deadline().filter(|deadline| deadline.0 <= now) {
            close(&mut pace, &mut waiting, deadline.0);
        }
        waiting.push((now, video));
        if pace.on_frame(MonoMs(now), video) {
            close(&mut pace, &mut waiting, now);
        }
    }
    if let Some(deadline) = pace.deadline() {
        close(&mut pace, &mut waiting, deadline.0);
    }
    assert!(waiting.is_empty() && pace.deadline().is_none());
    seen.video.sort_unstable();
    seen.audio.sort_unstable();
    seen
}

#[test]
fn at_once_means_that_pictures_wait_for_nothing_and_sound_for_the_next_one() {
    for fps in [25, 30, 60] {
        for jitter in [0, 3] {
            let seen = run(0, fps, jitter, true);
            assert_eq!(percentile(&seen.video, 100), 0);
            assert!(percentile(&seen.audio, 100) <= 35);
            assert!(seen.sends_per_s() <= fps as f64 + 43.0);
        }
    }
    assert!(run(0, 30, 0, true).sends_per_s() <= 48.0);
}

#[test]
fn merging_holds_its_rate_and_its_delay() {
    // merge, sends a second at most, delay of pictures at the median and at 95 of 100, of sound at most.
    let table = [(50, 20.5, 28, 45, 100), (100, 11.0, 62, 100, 150)];
    for (merge, rate, median, late, sound) in table {
        for fps in [25, 30, 60] {
            for jitter in [0, 2, 5] {
                let seen = run(merge, fps, jitter, true);
                let case = format!("merge {merge}, {fps} fps, jitter {jitter}: {} sends/s", seen.sends_per_s());
                assert!(seen.sends_per_s() <= rate, "{case}");
                assert!(percentile(&seen.video, 50) <= median, "{case}: median {}", percentile(&seen.video, 50));
                assert!(percentile(&seen.video, 95) <= late, "{case}: 95 % {}", percentile(&seen.video, 95));
                assert!(percentile(&seen.audio, 100) <= sound, "{case}: sound {}", percentile(&seen.audio, 100));
            }
        }
    }
}

#[test]
fn sound_alone_goes_out_by_its_deadline() {
    for (merge, wait) in [(0, 35), (50, 100), (100, 150)] {
        let seen = run(merge, 0, 0, true);
        assert!(seen.video.is_empty());
        assert!(percentile(&seen.audio, 100) <= wait);
        assert!(seen.sends_per_s() <= 43.0);
    }
}

#[test]
fn nothing_waits_beyond_its_deadline_whatever_comes_when() {
    for merge in [0, 1, 10, 50, 100, 350] {
        for fps in [1, 5, 24, 30, 120] {
            let seen = run(merge, fps, 9, true);
            let bound = if merge == 0 { 35 } else { merge + 50 };
            assert!(percentile(&seen.video, 100) <= bound && percentile(&seen.audio, 100) <= bound, "{merge} {fps}");
        }
    }
}

#[test]
fn another_pace_takes_over_between_two_pictures() {
    let mut pace = Pace::new(1_000);
    // Pictures every 40 ms; how many of a second's close a batch.
    let mut now = 100_000;
    let mut second = |pace: &mut Pace| {
        let mut closed = 0;
        for _ in 0..25 {
            now += 40;
            if pace.on_frame(MonoMs(now), true) {
                pace.on_close(MonoMs(now));
                closed += 1;
            }
        }
        closed
    };
    second(&mut pace);
    assert_eq!(second(&mut pace), 1);
    pace.retune(0);
    assert_eq!(second(&mut pace), 25, "the first picture after the change waits for the old clock");
    pace.retune(200);
    second(&mut pace);
    assert_eq!(second(&mut pace), 5);
    pace.retune(1_000);
    assert!(second(&mut pace) <= 2);
    assert_eq!(second(&mut pace), 1);
}
