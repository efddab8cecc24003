use vivace_base::{MediaTime, UnixMs};

use crate::engine::archive::{Growth, Numbers, Slice, SliceSettings, archive};
use crate::engine::reels::{Reel, behind, between, onward};
use crate::walk::Walker;

const BEGIN_MS: i64 = 1_767_323_045_000;
/// Before everything.
const EVER: UnixMs = UnixMs(i64::MIN);
const SETTINGS: SliceSettings = SliceSettings { target: MediaTime::from_ms(2_000), longest: MediaTime::from_ms(4_000) };

/// Files with so many segments of two seconds, a pause of a minute before each but the first.
fn reels(counts: &[i64]) -> Vec<Reel> {
    let (mut reels, mut numbers, mut at): (Vec<Reel>, _, _) =
        (Vec::new(), Numbers { sequence: 70, discontinuity: 2 }, BEGIN_MS);
    for (number, count) in counts.iter().enumerate() {
        let slice = |one: i64| Slice {
            first: usize::try_from(one).unwrap(),
            parts: 1,
            offset: 700 + one.unsigned_abs() * 100,
            bytes: 100,
            begins_at: UnixMs(at + one * 2_000),
            duration: MediaTime::from_ms(2_000),
            independent: true,
            discontinuity: one == 0 && number > 0,
        };
        let reel = Reel { file: format!("0{number}"), numbers, slices: (0..*count).map(slice).collect() };
        numbers = reel.numbers.behind(&reel.slices);
        at += count * 2_000 + 60_000;
        reels.push(reel);
    }
    reels
}

#[test]
fn files_count_on() {
    let reels = reels(&[3, 2, 4]);
    assert_eq!(reels[1].numbers, Numbers { sequence: 73, discontinuity: 2 });
    assert_eq!(reels[2].numbers, Numbers { sequence: 75, discontinuity: 3 });
    assert_eq!(reels[2].numbers.behind(&reels[2].slices), Numbers { sequence: 79, discontinuity: 4 });
}

#[test]
fn what_lies_behind_is_over_and_as_much_as_is_asked_for() {
    let reels = reels(&[10, 10]);
    let (entries, numbers) = behind(&reels, EVER, UnixMs(BEGIN_MS + 9_999), MediaTime::from_ms(6_000));
    assert_eq!((entries.len(), numbers), (3, Numbers { sequence: 71, discontinuity: 2 }));
    assert_eq!(entries[2].slice.begins_at, UnixMs(BEGIN_MS + 6_000));
    // In the pause nothing comes, and nothing goes.
    let (late, at) = behind(&reels, EVER, UnixMs(BEGIN_MS + 70_000), MediaTime::from_ms(6_000));
    assert_eq!((late.len(), at.sequence), (3, 77));
    assert_eq!(behind(&reels, EVER, UnixMs(BEGIN_MS), MediaTime::from_ms(6_000)).0, []);
    // What was over too long ago is not listed, and numbers are those of what is.
    let (left, at) = behind(&reels, UnixMs(BEGIN_MS + 18_000), UnixMs(BEGIN_MS + 70_000), MediaTime::from_ms(6_000));
    assert_eq!((left.len(), at.sequence), (1, 79));
    assert_eq!(behind(&reels, UnixMs(BEGIN_MS + 20_000), UnixMs(BEGIN_MS + 70_000), MediaTime::from_ms(6_000)).0, []);
}

#[test]
fn a_window_that_moves_on_keeps_the_promises_of_a_playlist() {
    let (reels, mut walker) = (reels(&[20, 7, 20]), Walker::default());
    for second in 12..300 {
        let until = UnixMs(BEGIN_MS + second * 1_000);
        let (entries, numbers) = behind(&reels, EVER, until, MediaTime::from_ms(12_000));
        let text = archive(&entries, numbers, &SETTINGS, Growth::FromNewest);
        walker.add(&text).unwrap_or_else(|fault| panic!("{fault}\n{text}"));
    }
    assert_eq!(walker.known().count(), 47);
}

#[test]
fn from_a_time_on_everything_is_listed_with_its_numbers() {
    let reels = reels(&[5, 5]);
    let (entries, numbers) = onward(&reels, UnixMs(BEGIN_MS + 6_000));
    assert_eq!((entries.len(), numbers.sequence), (7, 73));
    let (entries, numbers) = onward(&reels, UnixMs(BEGIN_MS + 72_000));
    assert_eq!((entries.len(), numbers), (4, Numbers { sequence: 76, discontinuity: 3 }));
    assert_eq!(onward(&reels, UnixMs(BEGIN_MS + 80_000)), (Vec::new(), Numbers::default()));
}

#[test]
fn a_stretch_has_every_segment_that_touches_it() {
    let reels = reels(&[5, 5]);
    let starts = |from: i64, to: Option<i64>| -> Vec<i64> {
        let (found, _) = between(&reels, UnixMs(BEGIN_MS + from), to.map(|to| UnixMs(BEGIN_MS + to)));
        found.iter().map(|entry| entry.slice.begins_at.0 - BEGIN_MS).collect()
    };
    assert_eq!(starts(3_000, Some(4_001)), [2_000, 4_000]);
    assert_eq!(starts(4_000, Some(6_000)), [4_000]);
    assert_eq!(starts(8_000, None), [8_000, 70_000, 72_000, 74_000, 76_000, 78_000]);
    assert_eq!(starts(10_000, Some(70_000)), [0; 0]);
    let (_, numbers) = between(&reels, UnixMs(BEGIN_MS + 3_000), Some(UnixMs(BEGIN_MS + 4_001)));
    assert_eq!(numbers, Numbers { sequence: 71, discontinuity: 2 });
}
