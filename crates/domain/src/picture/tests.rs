use vivace_base::{AppId, Secret, StreamName, Ulid, UnixMs};

use super::{
    NewPictureTemplate, Picture, PictureFault, PictureKey, PictureRule, PictureTask, PictureTaskState, Plan, SHOT_PLAN,
    ShotTimes, TaskSpan, TimesFault,
};

fn stream() -> StreamName {
    StreamName::parse("cam").expect("a name")
}

#[test]
fn pictures_lie_on_a_grid_from_the_begin_on() {
    let next = |now| SHOT_PLAN.next_in_ms(UnixMs(1_000), UnixMs(now));
    assert_eq!([1_000, 0, 20_999].map(next), [20_000, 21_000, 1]);
    // The moment of a picture itself has passed: the next one is meant.
    assert_eq!([21_000, 21_001, 30_999, 31_000].map(next), [10_000, 9_999, 1, 10_000]);
    let odd = Plan { interval_ms: 0, ..SHOT_PLAN };
    assert_eq!(odd.next_in_ms(UnixMs(i64::MIN), UnixMs(i64::MAX)), 1);
    assert!(SHOT_PLAN.next_in_ms(UnixMs(i64::MAX), UnixMs(i64::MIN)) > 0);
}

#[test]
fn times_of_shots_are_two_minutes_ahead_and_a_day_long_unless_said() {
    let span = |begin: Option<i64>, end: Option<i64>| {
        ShotTimes { begin: begin.map(UnixMs), end: end.map(UnixMs) }.span(UnixMs(0))
    };
    assert_eq!(span(None, None), Ok(TaskSpan { begin: UnixMs(120_000), end: UnixMs(86_520_000) }));
    assert_eq!(span(Some(119_999), None), Err(TimesFault::TooSoon));
    assert_eq!(span(Some(120_000), Some(120_000)), Err(TimesFault::Order));
    assert_eq!(span(None, Some(120_001)), Ok(TaskSpan { begin: UnixMs(120_000), end: UnixMs(120_001) }));
}

#[test]
fn times_of_tasks_are_a_day_long_at_most() {
    let span = |begin: Option<i64>, end| TaskSpan::of_task(begin.map(UnixMs), UnixMs(end), UnixMs(1_000));
    assert_eq!(span(None, 2_000), Ok(TaskSpan { begin: UnixMs(1_000), end: UnixMs(2_000) }));
    assert_eq!(span(Some(5), 2_000), Ok(TaskSpan { begin: UnixMs(1_000), end: UnixMs(2_000) }));
    assert_eq!(span(Some(3_000), 3_000), Err(TimesFault::Order));
    assert_eq!(span(None, 1_000), Err(TimesFault::Order));
    assert_eq!(span(None, 86_401_001), Err(TimesFault::TooLong));
    assert_eq!(span(Some(7 * 86_400_000), 7 * 86_400_000 + 1_000), Err(TimesFault::TooLong));
}

#[test]
fn a_task_has_its_states() {
    let task = PictureTask {
        id: 1,
        app: AppId(1),
        stream: stream(),
        channel: None,
        template: None,
        domain: String::new(),
        plan: SHOT_PLAN,
        begin_at: UnixMs(10),
        end_at: UnixMs(20),
        stopped_at: None,
        created_by: String::new(),
        created_at: UnixMs(0),
    };
    let state = |now, failing| task.state(UnixMs(now), failing).number();
    assert_eq!([state(9, true), state(10, false), state(10, true), state(20, true)], [0, 1, 3, 2]);
    assert!(!task.runs(UnixMs(9)) && task.runs(UnixMs(10)) && !task.runs(UnixMs(20)));
    let stopped = PictureTask { stopped_at: Some(UnixMs(12)), ..task };
    assert_eq!(stopped.state(UnixMs(13), false), PictureTaskState::Finished);
    assert!(!stopped.runs(UnixMs(13)));
}

#[test]
fn a_template_is_held_to_its_ranges() {
    let good = NewPictureTemplate {
        name: "n".to_owned(),
        description: String::new(),
        interval_s: 2,
        width: 3_000,
        height: 2_000,
    };
    assert_eq!(good.check(), Ok(()));
    assert_eq!(good.plan(), Plan { interval_ms: 2_000, first_ms: 0, width: 3_000, height: 2_000 });
    let field = |new: NewPictureTemplate| match new.check() {
        Err(
            PictureFault::Empty { field }
            | PictureFault::TooLong { field, .. }
            | PictureFault::OutOfRange { field, .. },
        ) => field,
        other => panic!("{other:?}"),
    };
    assert_eq!(field(NewPictureTemplate { name: " ".to_owned(), ..good.clone() }), "TemplateName");
    assert_eq!(field(NewPictureTemplate { name: "n".repeat(256), ..good.clone() }), "TemplateName");
    assert_eq!(field(NewPictureTemplate { description: "n".repeat(1_025), ..good.clone() }), "Description");
    assert_eq!(field(NewPictureTemplate { interval_s: 1, ..good.clone() }), "SnapshotInterval");
    assert_eq!(field(NewPictureTemplate { interval_s: 301, ..good.clone() }), "SnapshotInterval");
    assert_eq!(field(NewPictureTemplate { width: 3_001, ..good.clone() }), "Width");
    assert_eq!(field(NewPictureTemplate { height: -1, ..good }), "Height");
}

#[test]
fn of_rules_the_one_that_names_more_fits_better() {
    let rule = |domain: &str, path: &str, stream: &str| PictureRule {
        domain: domain.to_owned(),
        path: path.to_owned(),
        stream: stream.to_owned(),
        template: 1,
        created_at: UnixMs(0),
    };
    let fits = |rule: PictureRule| rule.fits("d", "live", "cam");
    let order =
        [rule("d", "", "cam"), rule("", "live", "cam"), rule("", "", "cam"), rule("d", "live", ""), rule("", "", "")];
    assert!(order.map(fits).is_sorted_by(|more, less| more > less));
    assert_eq!([rule("e", "", ""), rule("", "x", ""), rule("d", "live", "c")].map(fits), [None; 3]);
}

#[test]
fn a_picture_is_called_by_its_time_in_the_zone() {
    let picture = Picture {
        id: Ulid(1),
        app: AppId(1),
        stream: stream(),
        channel: "cam".to_owned(),
        task: None,
        taken_at: UnixMs(951_782_399_999),
        size: (1_280, 720),
        bytes: 1,
    };
    assert_eq!(picture.path(0), "/2000-02-28/cam-screenshot-23-59-59-1280x720.jpg");
    assert_eq!(picture.path(480), "/2000-02-29/cam-screenshot-07-59-59-1280x720.jpg");
}

#[test]
fn an_address_is_good_for_its_picture_and_key_only() {
    let (one, two) = (Secret::new("one".to_owned()), Secret::new("two".to_owned()));
    let key = PictureKey(&one);
    let file = key.file(Ulid(77));
    assert_eq!(file.len(), 26 + 1 + 32 + 4);
    assert_eq!(key.read(&file), Some(Ulid(77)));
    assert_eq!(PictureKey(&two).read(&file), None);
    let other = key.file(Ulid(78));
    let mixed = format!("{}{}", &file[..27], &other[27..]);
    for odd in
        ["", ".jpg", "-.jpg", &mixed, &file[..file.len() - 4], &format!("../{file}"), &file.replace(".jpg", ".png")]
    {
        assert_eq!(key.read(odd), None, "{odd}");
    }
}
