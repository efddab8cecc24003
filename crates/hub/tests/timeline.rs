//! Publishers' timestamps on the stream's own timeline.

use vivace_base::MediaTime;
use vivace_hub::{Timeline, Track};

use Track::{Audio, Video};

const HOUR: i64 = 3_600_000;

/// Places (track, publisher's ms) and expects (stream's ms, discontinuity).
fn run(timeline: &mut Timeline, steps: &[(Track, i64, i64, bool)]) {
    for (index, (track, ms, expected_ms, discontinuity)) in steps.iter().enumerate() {
        let placed = timeline.place(*track, MediaTime::from_ms(*ms));
        assert_eq!(
            (placed.dts.ms(), placed.discontinuity),
            (*expected_ms, *discontinuity),
            "step {index} of {steps:?}"
        );
    }
}

fn timeline() -> Timeline {
    Timeline::new(3_000)
}

#[test]
fn a_stream_begins_at_zero_wherever_its_publisher_does() {
    for start in [0, 1, 40, 7 * HOUR, i64::from(u32::MAX), -5_000] {
        let steps = [(Video, start, 0, false), (Audio, start + 10, 10, false), (Video, start + 40, 40, false)];
        run(&mut timeline(), &steps);
    }
}

#[test]
fn what_lies_before_the_first_frame_is_held_at_zero() {
    run(
        &mut timeline(),
        &[(Video, 100, 0, false), (Audio, 60, 0, false), (Audio, 83, 0, false), (Audio, 106, 6, false)],
    );
}

#[test]
fn both_tracks_follow_a_jump_either_way_and_keep_their_distance() {
    for jump in [HOUR, -HOUR, 3_100, -3_100, 40 * 24 * HOUR] {
        let mut line = timeline();
        run(&mut line, &[(Video, 0, 0, false), (Audio, 0, 0, false), (Video, 40, 40, false), (Audio, 23, 23, false)]);
        run(&mut line, &[(Video, 80 + jump, 80, true), (Audio, 46, 46, false), (Audio, 69 + jump, 69, false)]);
        run(&mut line, &[(Video, 120 + jump, 120, false), (Audio, 92 + jump, 92, false)]);
    }
}

#[test]
fn a_jump_that_the_sound_meets_first_is_one_discontinuity_too() {
    let mut line = timeline();
    run(&mut line, &[(Video, 0, 0, false), (Audio, 0, 0, false), (Audio, 23 + HOUR, 40, true)]);
    run(&mut line, &[(Video, 40 + HOUR, 57, false), (Audio, 46 + HOUR, 63, false)]);
}

#[test]
fn a_gap_within_the_allowed_jump_stays_a_gap() {
    run(&mut timeline(), &[(Video, 0, 0, false), (Video, 2_900, 2_900, false), (Video, 2_940, 2_940, false)]);
}

#[test]
fn pictures_that_pause_while_the_sound_goes_on_come_back_without_a_jump() {
    let mut line = timeline();
    run(&mut line, &[(Video, 0, 0, false)]);
    for ms in (0..10_000).step_by(20) {
        run(&mut line, &[(Audio, ms, ms, false)]);
    }
    run(&mut line, &[(Video, 10_000, 10_000, false)]);
}

#[test]
fn a_step_back_of_a_second_is_a_jump_and_freezes_nothing() {
    let mut line = timeline();
    run(&mut line, &[(Video, 0, 0, false), (Video, 2_000, 2_000, false), (Video, 1_000, 2_040, true)]);
    run(&mut line, &[(Video, 1_040, 2_080, false), (Video, 1_080, 2_120, false)]);
}

#[test]
fn a_small_step_back_does_not_turn_the_time_back() {
    run(
        &mut timeline(),
        &[(Video, 0, 0, false), (Video, 80, 80, false), (Video, 40, 80, false), (Video, 120, 120, false)],
    );
}

#[test]
fn another_publisher_goes_on_one_frame_behind_the_newest_point() {
    for start in [0, 5 * HOUR, 77] {
        let mut line = timeline();
        run(&mut line, &[(Video, 1_000, 0, false), (Audio, 1_100, 100, false)]);
        line.resume();
        run(&mut line, &[(Audio, start, 140, true), (Video, start, 140, false), (Audio, start + 23, 163, false)]);
    }
}

#[test]
fn wild_timestamps_never_turn_a_track_back() {
    let mut line = timeline();
    let mut last = [MediaTime::ZERO; 2];
    let mut seed = 0x1234_5678_9abc_def1_u64;
    for _ in 0..100_000 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let (track, index) = if seed & 1 == 0 { (Video, 0) } else { (Audio, 1) };
        let time = match seed % 5 {
            0 => MediaTime::from_ticks(seed as i64),
            1 => MediaTime::from_ms((seed >> 40) as i64),
            _ => MediaTime::from_ms((seed >> 52) as i64),
        };
        if seed.is_multiple_of(1_001) {
            line.resume();
        }
        let placed = line.place(track, time).dts;
        assert!(placed >= last[index], "{placed:?} after {:?}", last[index]);
        last[index] = placed;
    }
}
