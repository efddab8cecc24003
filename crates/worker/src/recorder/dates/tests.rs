use parking_lot::Mutex;
use vivace_base::{Clock, MonoMs, StreamName, UnixMs};
use vivace_store::FIRST_APP;

use super::super::times::StreamClock;
use super::Dates;

const HOUR: i64 = 3_600_000;
const WINDOW: u64 = 3_600_000;
const YEARS: i64 = 5 * 365 * 24 * HOUR;

/// The wall clock and the monotonic one.
struct Set(Mutex<(i64, u64)>);

impl Set {
    /// So much later, and set ahead by so much.
    fn pass(&self, ms: i64, ahead: i64) {
        let mut now = self.0.lock();
        *now = (now.0 + ms + ahead, now.1 + ms.unsigned_abs());
    }
}

impl Clock for Set {
    fn unix(&self) -> UnixMs {
        UnixMs(self.0.lock().0)
    }

    fn mono(&self) -> MonoMs {
        MonoMs(self.0.lock().1)
    }
}

fn name(name: &str) -> StreamName {
    StreamName::parse(name).unwrap()
}

#[test]
fn a_stream_whose_clock_is_years_behind_keeps_its_own_media_and_no_other() {
    let (clock, dates, cam) = (Set(Mutex::new((HOUR, 0))), Dates::default(), name("cam"));
    dates.begin(&clock, WINDOW);
    let own = StreamClock::set(clock.unix(), clock.mono());
    dates.put(FIRST_APP, &cam, own, &clock, WINDOW);
    clock.pass(1_000, YEARS);
    // Nothing is older because of that, for a window.
    assert_eq!(
        (dates.ended_before(&clock, WINDOW).at, dates.ended_before(&clock, WINDOW).own),
        (UnixMs(1_000), vec![])
    );
    clock.pass(2 * HOUR, 0);
    dates.put(FIRST_APP, &cam, own, &clock, WINDOW);
    let found = dates.ended_before(&clock, WINDOW);
    assert_eq!(
        (found.at, found.own),
        (UnixMs(YEARS + 2 * HOUR + 1_000), vec![(FIRST_APP, cam.clone(), UnixMs(2 * HOUR + 1_000))])
    );
    let past = |name: &StreamName| dates.of(FIRST_APP, name, &clock, WINDOW).age;
    assert_eq!((past(&cam), past(&name("other"))), (UnixMs(3 * HOUR + 1_000), clock.unix()));

    // Its end makes nothing older either, nor does a push that begins anew, until a window has passed.
    dates.remove(FIRST_APP, &cam, &clock, WINDOW);
    clock.pass(HOUR / 2, 0);
    assert_eq!(dates.ended_before(&clock, WINDOW).own, [(FIRST_APP, cam.clone(), UnixMs(5 * HOUR / 2 + 1_000))]);
    dates.put(FIRST_APP, &cam, StreamClock::set(clock.unix(), clock.mono()), &clock, WINDOW);
    assert_eq!(dates.ended_before(&clock, WINDOW).own.len(), 1);
    dates.remove(FIRST_APP, &cam, &clock, WINDOW);
    clock.pass(HOUR / 2, 0);
    assert_eq!(dates.ended_before(&clock, WINDOW).own, []);
    assert!(dates.past.lock().streams.is_empty());
}

#[test]
fn a_push_that_begins_behind_a_clock_that_was_set_ahead_makes_nothing_of_its_name_older() {
    let (clock, dates, cam) = (Set(Mutex::new((HOUR, 0))), Dates::default(), name("cam"));
    dates.begin(&clock, WINDOW);
    clock.pass(1_000, YEARS);
    dates.put(FIRST_APP, &cam, StreamClock::set(clock.unix(), clock.mono()), &clock, WINDOW);
    let past = dates.of(FIRST_APP, &cam, &clock, WINDOW);
    assert_eq!((past.now, past.age), (clock.unix(), UnixMs(HOUR + 1_000)));
    dates.remove(FIRST_APP, &cam, &clock, WINDOW);
    assert_eq!(dates.of(FIRST_APP, &cam, &clock, WINDOW).age, UnixMs(HOUR + 1_000));
}
