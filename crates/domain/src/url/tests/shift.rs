use vivace_base::{Limits, UnixMs};

use crate::url::{Past, QueryFault, Shift, ShiftFault, StreamQuery};

fn past(query: &str) -> Option<Past> {
    StreamQuery::parse(query, &Limits::default()).unwrap().past
}

fn parse(query: &str) -> Result<Option<Shift>, ShiftFault> {
    past(query).map(|past| past.shift).transpose()
}

fn between(from: i64, to: Option<i64>) -> Result<Option<Shift>, ShiftFault> {
    Ok(Some(Shift::Between { from: UnixMs(from), to: to.map(UnixMs) }))
}

#[test]
fn a_delay_is_read_in_seconds() {
    assert_eq!(parse("k=1&txTimeshift=on&tsDelay=30"), Ok(Some(Shift::Behind { ms: 30_000 })));
    assert_eq!(parse("txSecret=x&txTime=y"), Ok(None));
    assert_eq!(parse("txTimeshift=off&tsDelay=30"), Ok(None));
    for odd in ["", "-1", "1.5", "9999999999", "x"] {
        let fault = ShiftFault::Malformed { name: "tsDelay", form: "whole seconds" };
        assert_eq!(parse(&format!("txTimeshift=on&tsDelay={odd}")), Err(fault), "{odd}");
    }
}

#[test]
fn times_are_read_in_each_documented_format() {
    let shift = |rest: &str| parse(&format!("txTimeshift=on&{rest}"));
    let noon_ms = 1_767_326_400_000;
    assert_eq!(shift("tsStart=1767326400&tsEnd=1767326460"), between(noon_ms, Some(noon_ms + 60_000)));
    assert_eq!(shift("tsStart=1767326400123&tsFormat=unix_ms"), between(noon_ms + 123, None));
    // 2026-01-02 12:00:00 in China is 04:00:00 UTC.
    let in_china = noon_ms;
    assert_eq!(shift("tsStart=20260102120000&tsFormat=human_s"), between(in_china, None));
    assert_eq!(shift("tsStart=20260102120000&tsFormat=human_s_8"), between(in_china, None));
    assert_eq!(shift("tsStart=20260102040000&tsFormat=human_s_0"), between(in_china, None));
    assert_eq!(shift("tsStart=20260101230000&tsFormat=human_s_-5"), between(in_china, None));
    assert_eq!(shift("tsStart=20260102120000250&tsFormat=human_ms"), between(in_china + 250, None));
    assert_eq!(shift("tsStart=20240229000000&tsFormat=human_s_0"), between(1_709_164_800_000, None));
}

#[test]
fn our_own_parameters_take_seconds_and_milliseconds() {
    assert_eq!(parse("from=1767326400"), between(1_767_326_400_000, None));
    assert_eq!(parse("to=1767326400500&from=1767326400"), between(1_767_326_400_000, Some(1_767_326_400_500)));
    assert_eq!(parse("to=1767326400"), Err(ShiftFault::Missing { name: "from" }));
    for odd in ["0", "176732640", "-1767326400", "17673264001", "1767326400x"] {
        assert!(parse(&format!("from={odd}")).is_err(), "{odd}");
    }
}

#[test]
fn what_is_no_time_is_refused_by_its_name() {
    let shift = |rest: &str| parse(&format!("txTimeshift=on&{rest}"));
    assert_eq!(shift(""), Err(ShiftFault::Missing { name: "tsStart" }));
    assert_eq!(shift("tsStart=1767326460&tsEnd=1767326460"), Err(ShiftFault::Backwards { name: "tsEnd" }));
    assert_eq!(parse("from=1767326460&to=1767326460"), Err(ShiftFault::Backwards { name: "to" }));
    let form = "a time as YYYYMMDDhhmmss";
    for odd in [
        "20260230120000",
        "20250229120000",
        "20261301120000",
        "20260101240000",
        "2026010112000",
        "202601011200000",
        "2026-1-01120000",
        "ä0260101120000",
        "2026010112000é",
    ] {
        let fault = Err(ShiftFault::Malformed { name: "tsStart", form });
        assert_eq!(shift(&format!("tsStart={odd}&tsFormat=human_s")), fault, "{odd}");
    }
    for odd in ["", "unix", "human", "unix_us", "human_s_99", "human_s_", "human_s_8_8"] {
        assert!(
            matches!(shift(&format!("tsStart=1&tsFormat={odd}")), Err(ShiftFault::Malformed { name: "tsFormat", .. })),
            "{odd}"
        );
    }
    assert_eq!(parse("txTimeshift=1"), Err(ShiftFault::Malformed { name: "txTimeshift", form: "on or off" }));
    let twice = StreamQuery::parse("txTimeshift=on&tsDelay=1&tsDelay=2", &Limits::default());
    assert_eq!(twice, Err(QueryFault::Duplicate { name: "tsDelay".to_owned() }));
}

#[test]
fn another_pages_from_is_live_and_a_wrong_time_is_refused_by_its_name() {
    for live in
        ["from=singlemessage", "from=singlemessage&isappinstalled=0", "from", "to=groupmessage", "from=-", "tsDelay=5"]
    {
        assert_eq!(past(live), None, "{live}");
    }
    let form = "a time in Unix seconds (10 digits) or milliseconds (13)";
    for (odd, parameter, name) in [
        ("from=176732640", "from", "from"),
        ("from=2026-01-02", "from", "from"),
        ("from=+1767326400", "from", "from"),
        ("from=1767326400&to=groupmessage", "from", "to"),
    ] {
        let shift = Err(ShiftFault::Malformed { name, form });
        assert_eq!(past(odd), Some(Past { parameter, shift }), "{odd}");
    }
    let shift = Err(ShiftFault::Missing { name: "from" });
    assert_eq!(past("from=singlemessage&to=1767326400"), Some(Past { parameter: "to", shift }));
}

#[test]
fn two_spellings_of_one_query_are_one_stretch() {
    let noon_in_china = between(1_767_326_400_000, None);
    for zone in ["%2B8", "+8", "8"] {
        assert_eq!(
            parse(&format!("txTimeshift=on&tsStart=20260102120000&tsFormat=human_s_{zone}")),
            noon_in_china,
            "{zone}"
        );
    }
    assert_eq!(parse("%66rom=%31767326400"), noon_in_china);
}

#[test]
fn a_stretch_is_written_as_it_is_read() {
    for shift in [
        Shift::Behind { ms: 30_000 },
        Shift::Between { from: UnixMs(1), to: None },
        Shift::Between { from: UnixMs(1_767_326_400_123), to: Some(UnixMs(9_999_999_999_999)) },
    ] {
        assert_eq!(parse(&shift.query()), Ok(Some(shift)));
    }
    let endless = Shift::Between { from: UnixMs(5), to: Some(UnixMs(i64::MAX)) };
    assert_eq!(parse(&endless.query()), between(5, Some(9_999_999_999_999)));
}
