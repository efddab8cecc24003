use vivace_base::{MediaTime, UnixMs};

use super::{Dates, RUNS_MAX};

const fn ms(ms: i64) -> MediaTime {
    MediaTime::from_ms(ms)
}

#[test]
fn what_comes_late_has_the_date_of_its_time() {
    let dates = Dates::new();
    assert_eq!(dates.date(ms(1_000), UnixMs(501_000), true).date, UnixMs(501_000));
    assert_eq!(dates.date(ms(1_000), UnixMs(504_000), false).date, UnixMs(501_000), "made of it, three seconds later");
    let late = dates.date(ms(9_000), UnixMs(509_700), true).date;
    assert!((509_000..=509_010).contains(&late.0), "late in the network: {late:?}");
    dates.begin_run(ms(9_000));
    let late = dates.date(ms(8_960), UnixMs(516_000), false);
    assert!((508_960..=508_970).contains(&late.date.0) && late.run == 0, "of the publisher before: {late:?}");
    let next = dates.date(ms(9_040), UnixMs(515_000), true);
    assert_eq!((next.date, next.run), (UnixMs(515_000), 1));
    assert_eq!(dates.date(ms(10_040), UnixMs(519_000), false).date, UnixMs(516_000));
}

#[test]
fn a_clock_that_is_set_is_followed_and_runs_are_bounded() {
    let dates = Dates::new();
    assert_eq!(dates.date(ms(0), UnixMs(0), true).date, UnixMs(0));
    assert_eq!(dates.date(ms(1_000), UnixMs(9_000_000), false).date, UnixMs(1_000), "not by what is made of it");
    let set = dates.date(ms(2_000), UnixMs(9_001_000), true);
    assert_eq!((set.date, set.run), (UnixMs(9_001_000), 0));
    assert_eq!(dates.date(ms(0), UnixMs(9_002_000), false).date, UnixMs(0), "what came before");
    let back = dates.date(ms(3_000), UnixMs(0), true).date;
    assert!((9_001_990..=9_002_000).contains(&back.0), "never back: {back:?}");
    for _ in 0..100 {
        dates.begin_run(ms(3_000));
    }
    assert_eq!(dates.runs.lock().len(), RUNS_MAX);
    assert_eq!(dates.date(ms(1), UnixMs(7), true).run, 93, "the oldest that is known");
}

/// An encoder stops for ten seconds, and its clock goes on ten seconds later: the timeline does not know of them.
#[test]
fn what_follows_a_jump_is_dated_by_when_it_comes() {
    let dates = Dates::new();
    assert_eq!(dates.date(ms(0), UnixMs(500_000), true).date, UnixMs(500_000));
    for round in 1..=5 {
        let (before, at) = (ms(round * 1_000), UnixMs(500_000 + round * 11_000));
        dates.jump(before);
        let next = before + ms(40);
        assert_eq!(dates.date(next, at, true), super::Dated { date: at, run: 0 }, "round {round}");
        // What is made of it comes two seconds later, and has the dates of both sides.
        let made = |time| dates.date(time, UnixMs(at.0 + 2_000), false).date;
        assert_eq!((made(next), made(next + ms(100))), (at, UnixMs(at.0 + 100)));
        assert!(made(before).0 <= at.0 - 9_900, "round {round}: {:?}", made(before));
    }
    // The clock alone is set, and media goes on, the next batch a little early.
    dates.jump(ms(6_000));
    assert_eq!(dates.date(ms(6_040), UnixMs(555_990), true).date, UnixMs(555_990));
    assert_eq!(dates.date(ms(6_000), UnixMs(0), false).date, UnixMs(555_960));
}

/// A stream that was shown a minute late is shown at once: its times leap by a minute, the clock does not.
#[test]
fn a_delay_that_is_taken_away_leaves_no_date_ahead() {
    let dates = Dates::new();
    for time_ms in (0..=10_000).step_by(500) {
        dates.date(ms(time_ms), UnixMs(500_000 + time_ms), true);
    }
    let newest = dates.date(ms(10_400), UnixMs(510_400), true).date;
    let next = dates.date(ms(70_440), UnixMs(510_440), true);
    assert_eq!((newest, next), (UnixMs(510_400), super::Dated { date: UnixMs(510_440), run: 0 }));
    assert_eq!(dates.date(ms(10_400), UnixMs(512_000), false).date, newest, "what was told stays");
    assert_eq!(dates.date(ms(71_440), UnixMs(511_440), true).date, UnixMs(511_440));
    // A clock that is set back while media goes on moves no date back, and begins nothing.
    let dates = Dates::new();
    let mut last = dates.date(ms(0), UnixMs(9_000_000), true).date;
    for time_ms in (500..60_000).step_by(500) {
        let date = dates.date(ms(time_ms), UnixMs(time_ms), true).date;
        assert!(date > last, "{date:?} behind {last:?}");
        last = date;
    }
    assert_eq!(dates.runs.lock().len(), 1);
}

#[test]
fn what_was_told_before_the_clock_was_set_stays() {
    let dates = Dates::new();
    dates.date(ms(0), UnixMs(500_000), true);
    let told = dates.date(ms(900), UnixMs(500_900), true).date;
    let set = dates.date(ms(1_400), UnixMs(9_000_000), true).date;
    assert_eq!((told, set), (UnixMs(500_900), UnixMs(9_000_000)));
    assert_eq!(dates.date(ms(900), UnixMs(9_000_000), false).date, told);
}

#[test]
fn another_publishers_first_frame_is_no_jump_beside() {
    let dates = Dates::new();
    dates.begin_run(ms(0));
    dates.jump(ms(0));
    assert_eq!(dates.runs.lock().len(), 2);
}

#[test]
fn what_came_before_a_jump_and_is_seen_late_is_not_dated_behind_it() {
    let dates = Dates::new();
    dates.jump(ms(1_000));
    assert_eq!(dates.date(ms(1_040), UnixMs(500_000), true).date, UnixMs(500_000));
    let before = dates.date(ms(1_000), UnixMs(500_000), true).date;
    assert_eq!(before, UnixMs(499_960));
}

/// A day of an encoder whose clock is 50 or 1000 millionths fast or slow, and whose frames come up to a second late.
#[test]
fn dates_follow_an_encoder_whose_clock_is_not_ours() {
    for drift in [50, -50, 1_000, -1_000] {
        let (dates, mut last) = (Dates::new(), UnixMs(0));
        for at_ms in (0..86_400_000).step_by(500) {
            let time = ms(at_ms + at_ms * drift / 1_000_000);
            let late_ms = if at_ms / 500 % 60 == 7 { 1_000 } else { 0 };
            let date = dates.date(time, UnixMs(at_ms + late_ms), true).date;
            assert!(date >= last, "{date:?} behind {last:?}");
            let off = date.0.abs_diff(at_ms);
            assert!(off <= 700, "{off} ms off behind {at_ms} ms at {drift}");
            // What is made of it, five seconds later.
            let made = dates.date(time - ms(5_000), UnixMs(at_ms), false).date.0;
            assert!(date.0.abs_diff(made + 5_000) <= 1, "{made} of {date:?}");
            last = date;
        }
        if drift.abs() == 50 {
            let off = last.0.abs_diff(86_399_500);
            assert!(off <= 60, "{off} ms off after a day at {drift}");
        }
    }
}
