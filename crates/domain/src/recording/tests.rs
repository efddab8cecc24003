use vivace_base::{AppId, MediaTime, StreamName, UnixMs};

use super::{
    FormatSetting, Formats, FormatsFault, GivenTimes, MediaPart, PushParameters, RecordFault, RecordFormat, RecordRule,
    RecordState, RecordTask, RecordTemplate, TaskKind, TaskState, TimeRules, TimesFault, cut_is_due, file_name, wants,
};

const NOW: UnixMs = UnixMs(1_700_000_000_000);

fn at(seconds: i64) -> UnixMs {
    UnixMs(NOW.0 + seconds * 1_000)
}

fn task(begin: i64, end: Option<i64>) -> RecordTask {
    RecordTask {
        id: 7,
        formats: Formats::one(RecordFormat::Mp4),
        begin_at: at(begin),
        end_at: end.map(at),
        ..RecordTask::new(AppId(1), StreamName::parse("a").expect("a name"), TaskKind::Timed, NOW)
    }
}

fn resolve(rules: TimeRules, begin: Option<i64>, end: Option<i64>) -> Result<(i64, Option<i64>), TimesFault> {
    let seconds = |time: UnixMs| (time.0 - NOW.0) / 1_000;
    let given = GivenTimes { begin: begin.map(at), end: end.map(at) };
    rules.resolve(given, NOW).map(|(begin, end)| (seconds(begin), end.map(seconds)))
}

#[test]
fn formats_are_read_in_any_order_and_written_in_one() {
    let both = Formats::parse("hls|FLV").expect("formats");
    assert_eq!(both.to_string(), "flv|hls");
    assert!(both.contains(RecordFormat::Hls) && !both.contains(RecordFormat::Mp4));
    assert_eq!(Formats::parse(""), Err(FormatsFault::Empty));
    assert_eq!(Formats::parse("mp4|avi"), Err(FormatsFault::Unknown));
    assert_eq!(Formats::parse("mp4|"), Err(FormatsFault::Unknown));
}

#[test]
fn a_task_waits_runs_and_ends() {
    let state = |now| task(10, Some(20)).state(at(now));
    assert_eq!(
        [9, 10, 19, 20].map(state),
        [TaskState::Waiting, TaskState::Running, TaskState::Running, TaskState::Finished]
    );
    let stopped = RecordTask { stopped_at: Some(at(12)), ..task(10, Some(20)) };
    assert_eq!(stopped.state(at(13)), TaskState::Finished);
    assert_eq!(stopped.check_stop(at(13)), Err(RecordFault::Finished { task: 7 }));
    assert_eq!(stopped.check_delete(at(13)), Ok(()));
    assert_eq!(task(10, None).check_delete(at(11)), Err(RecordFault::Running { task: 7 }));
    let failed = RecordTask { failure: Some("x".to_owned()), ..task(10, None) };
    assert_eq!(failed.state(at(11)), TaskState::Abnormal);
}

#[test]
fn tasks_overlap_while_both_want_the_same_moment() {
    let both = |begin, end: Option<i64>| task(10, Some(20)).overlaps(at(begin), end.map(at));
    assert!(!both(0, Some(10)) && both(0, Some(11)) && both(19, None) && !both(20, None) && both(0, None));
    assert!(task(10, None).overlaps(at(1_000), Some(at(1_001))));
    let stopped = RecordTask { stopped_at: Some(at(12)), ..task(10, Some(20)) };
    assert!(!stopped.overlaps(at(12), None) && stopped.overlaps(at(11), None));
}

#[test]
fn a_channel_task_lies_two_minutes_ahead_and_lasts_a_day_if_not_said() {
    let rules = TimeRules::CHANNEL;
    assert_eq!(resolve(rules, None, None), Ok((120, Some(120 + 86_400))));
    assert_eq!(resolve(rules, Some(120), Some(121)), Ok((120, Some(121))));
    assert_eq!(resolve(rules, Some(118), None), Err(TimesFault::TooSoon { lead_ms: 120_000 }));
    assert_eq!(resolve(rules, Some(200), Some(200)), Err(TimesFault::Order));
    assert_eq!(resolve(rules, Some(200), Some(-5)), Err(TimesFault::Order));
    assert_eq!(resolve(rules, None, Some(i64::MAX / 2_000)), Err(TimesFault::Unparsable { field: "the end" }));
}

#[test]
fn a_clip_begins_now_and_lasts_half_an_hour_at_most() {
    let rules = TimeRules::CLIP;
    assert_eq!(resolve(rules, Some(500), None), Ok((0, Some(1_800))));
    assert_eq!(resolve(rules, None, Some(10)), Ok((0, Some(10))));
    assert_eq!(resolve(rules, None, Some(9_000)), Ok((0, Some(1_800))));
    assert_eq!(resolve(rules, None, Some(0)), Err(TimesFault::Order));
}

#[test]
fn the_spans_of_the_other_apis_hold() {
    assert_eq!(resolve(TimeRules::CODE, Some(0), Some(1_800)), Ok((0, Some(1_800))));
    assert_eq!(resolve(TimeRules::CODE, Some(0), Some(1_801)), Err(TimesFault::Span { span_ms: 1_800_000 }));
    assert_eq!(resolve(TimeRules::CODE, Some(-20), Some(-10)), Err(TimesFault::Over));
    assert_eq!(resolve(TimeRules::TASK, None, Some(86_400)), Ok((0, Some(86_400))));
    assert_eq!(resolve(TimeRules::TASK, None, Some(86_401)), Err(TimesFault::Span { span_ms: 86_400_000 }));
    let week = 7 * 86_400;
    assert_eq!(resolve(TimeRules::TASK, Some(week), Some(week + 1)), Err(TimesFault::TooFar { ahead_ms: 604_800_000 }));
    assert_eq!(resolve(TimeRules::OPEN, None, None), Ok((0, None)));
}

#[test]
fn a_recording_never_goes_back() {
    use RecordState::{Failed, Finalizing, Recording, Stored, Uploaded};
    let all = [Recording, Finalizing, Stored, Uploaded, Failed];
    for (from, to) in all.iter().flat_map(|from| all.iter().map(move |to| (*from, *to))) {
        assert!(!from.may_become(to) || from < to, "{from:?} -> {to:?}");
    }
    assert!(Recording.may_become(Finalizing) && Stored.may_become(Uploaded) && !Stored.may_become(Failed));
    assert!(all.iter().all(|state| RecordState::parse(state.as_str()) == Some(*state)));
}

#[test]
fn names_follow_their_pattern() {
    // 2016-01-21 04:00:05.007 UTC is noon in the zone.
    let (start, end) = (UnixMs(1_453_348_805_007), UnixMs(1_453_348_805_007 + 90 * 60_000));
    let named = |pattern: &str| file_name(pattern, "2000_a", start, end, 8 * 3_600_000);
    assert_eq!(named(&super::channel_pattern("a{b}")), "直播 -a(b)-20160121-1200-20160121-1330");
    assert_eq!(named("{StreamID}_{StartHour}{StartMinute}{StartSecond}.{StartMillisecond}"), "2000_a_120005.007");
    assert_eq!(named("{Start}{nothing}{{StreamID}{"), "{Start}{nothing}{2000_a{");
    assert_eq!(named("{EndUnixSecond}"), "1453354205");
    assert_eq!(file_name("{StartYear}", "a", UnixMs(i64::MIN), end, i64::MIN).len(), "-292275055".len());
}

#[test]
fn the_closest_rule_counts() {
    let rule = |domain: &str, path: &str, stream: &str, template| RecordRule {
        domain: domain.to_owned(),
        path: path.to_owned(),
        stream: stream.to_owned(),
        template,
        created_at: NOW,
    };
    let rules =
        [rule("", "", "", 1), rule("p.example", "", "", 2), rule("", "", "s", 3), rule("p.example", "", "s", 4)];
    let of = |domain, stream| RecordRule::closest(&rules, domain, "live", stream).map(|rule| rule.template);
    assert_eq!(
        [of("P.example", "s"), of("q", "s"), of("p.example", "S"), of("q", "t")],
        [Some(4), Some(3), Some(2), Some(1)]
    );
    assert_eq!(RecordRule::closest(&rules[1..2], "q", "live", "s"), None);
}

#[test]
fn each_format_is_kept_once_and_the_address_comes_first() {
    let setting = |format, interval_ms| FormatSetting { format, interval_ms, keep_ms: 5, name: "n".to_owned() };
    let template = RecordTemplate {
        id: 9,
        name: "t".to_owned(),
        description: String::new(),
        formats: vec![setting(RecordFormat::Mp4, 60_000), setting(RecordFormat::Flv, 61_000)],
        created_at: NOW,
        updated_at: NOW,
    };
    assert_eq!(template.check(), Ok(()));
    let push = PushParameters::parse(Some("mp4|avi"), Some("5400"));
    let policy = Formats::parse("hls|flv|mp4").expect("formats");
    let all = wants(push, Some(&template), policy, 1_800_000, "{StreamID}");
    let short: Vec<_> = all.iter().map(|want| (want.format, want.kind, want.interval_ms)).collect();
    assert_eq!(
        short,
        [
            (RecordFormat::Flv, TaskKind::Template, 61_000),
            (RecordFormat::Hls, TaskKind::Policy, 0),
            (RecordFormat::Mp4, TaskKind::Url, 5_400_000),
        ]
    );
    assert!(wants(PushParameters::default(), None, Formats::NONE, 1, "").is_empty());
    assert_eq!(PushParameters::parse(None, Some("1")).interval_ms, Some(60_000));
    assert_eq!(PushParameters::parse(None, Some("-1")).interval_ms, None);
    let wrong = |record, interval, repeated| PushParameters::wrong(record, interval, repeated).unwrap_or("");
    for (interval, ms, said) in [
        ("60", Some(60_000), ""),
        ("5", Some(60_000), "60 seconds count"),
        ("43201", Some(43_200_000), "43200 seconds count"),
        ("99999999999999999999", Some(43_200_000), "43200 seconds count"),
        ("soon", None, "the setting counts"),
        ("", None, "the setting counts"),
    ] {
        assert_eq!(PushParameters::parse(None, Some(interval)).interval_ms, ms, "{interval}");
        let told = wrong(Some("mp4"), Some(interval), None);
        assert!(told.ends_with(said) && told.is_empty() == said.is_empty(), "{interval}: {told}");
    }
    assert!(wrong(Some("mp4|flv"), None, Some("record")).starts_with("record= stands twice"));
}

#[test]
fn a_template_out_of_range_is_refused() {
    let with = |format, interval_ms| RecordTemplate {
        id: 0,
        name: "t".to_owned(),
        description: String::new(),
        formats: vec![FormatSetting { format, interval_ms, keep_ms: 0, name: String::new() }],
        created_at: NOW,
        updated_at: NOW,
    };
    assert_eq!(with(RecordFormat::Hls, 0).check(), Ok(()));
    assert!(with(RecordFormat::Mp4, 59_999).check().is_err() && with(RecordFormat::Aac, 7_200_001).check().is_err());
    assert!(RecordTemplate { name: String::new(), ..with(RecordFormat::Mp4, 60_000) }.check().is_err());
}

#[test]
fn a_recording_is_cut_at_a_key_frame_behind_its_interval() {
    let part = |key| MediaPart {
        number: 0,
        offset: 0,
        bytes: 1,
        begun_at: NOW,
        dts: MediaTime::ZERO,
        duration: MediaTime::from_ms(1_000),
        key,
        discontinuity: false,
    };
    assert!(cut_is_due(60_000, 60_000, &part(true)) && !cut_is_due(60_000, 60_000, &part(false)));
    assert!(!cut_is_due(59_999, 60_000, &part(true)) && !cut_is_due(u64::MAX, 0, &part(true)));
    assert_eq!(part(true).ended_at(), at(1));
}
