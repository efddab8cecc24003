use vivace_base::{Limits, StreamName, UnixMs};
use vivace_domain::account::AccountFault;

use super::command::parse;
use super::params::Params;
use super::{Command, Fault, Interface, Page, Part, refuse};
use crate::access::{ParameterFault, Parameters};

const NOW: UnixMs = UnixMs(1_700_000_000_000);

fn read(query: &str) -> Result<Params, ParameterFault> {
    Params::of(&Parameters::of_query(query, &Limits::default())?)
}

fn command(interface: &str, query: &str) -> Result<Command, Fault> {
    parse(Interface::of(interface).expect("an interface"), &read(query)?, 2_000, NOW)
}

fn name(text: &str) -> StreamName {
    StreamName::parse(text).expect("a name")
}

#[test]
fn spaces_around_names_and_values_are_no_part_of_them() {
    let query = "Param.s.channel_id%20=+2000_a+&+Param.n.+status+=+2";
    assert_eq!(command("Live_Channel_SetStatus", query), Ok(Command::Drop(name("2000_a"))));
    assert_eq!(read("+t+=1").expect("parameters").common("t"), "1");
}

#[test]
fn a_parameter_has_one_type_and_one_value() {
    let field = |field: &str| field.to_owned();
    let twice = read("Param.s.a=1&Param.n.a=1").expect_err("two of a name");
    assert_eq!(twice, ParameterFault::Duplicate { field: field("Param.n.a") });
    let twice = read("t=1&t%20=2").expect_err("two of a name");
    assert_eq!(twice, ParameterFault::Duplicate { field: field("t") });
    for odd in ["Param.x.a=1", "Param.a=1"] {
        assert!(matches!(read(odd), Err(ParameterFault::BadName { .. })), "{odd}");
    }
    for odd in ["Param.n.a=b", "Param.n.a=1.5", "Param.n.a=99999999999999999999"] {
        assert!(matches!(read(odd), Err(ParameterFault::WrongType { .. })), "{odd}");
    }
}

#[test]
fn each_interface_asks_for_what_it_needs() {
    let missing = |field: &str| Err(Fault::Parameter(ParameterFault::Missing { field: field.to_owned() }));
    assert_eq!(command("Live_Channel_GetStatus", "Param.s.channel_id="), missing("Param.s.channel_id"));
    assert_eq!(command("Live_Channel_SetStatus", "Param.s.channel_id=a"), missing("Param.n.status"));
    assert_eq!(command("Live_Channel_SetStatus", "Param.s.channel_id=a&Param.n.status=3"), Err(Fault::Status));
    let forbid = "Param.s.channel_id=a&Param.s.action=forbid";
    assert_eq!(command("channel_manager", forbid), missing("Param.n.abstime_end"));
    let until = Some(UnixMs(5_000));
    let made = command("channel_manager", &format!("{forbid}&Param.n.abstime_end=5"));
    assert_eq!(made, Ok(Command::Forbid { channel: name("a"), until }));
    assert!(command("channel_manager", &format!("{forbid}&Param.n.abstime_end={}", i64::MAX)).is_err());
    let delay = "Param.s.channel_id=a&Param.n.time_length=30&Param.n.bizid=";
    assert_eq!(
        command("Live_Set_Delay", &format!("{delay}2000")),
        Ok(Command::Delay { channel: name("a"), ms: 30_000 })
    );
    let other = Fault::Account(AccountFault::Mismatch { field: "Param.n.bizid" });
    assert_eq!(command("Live_Set_Delay", &format!("{delay}2001")), Err(other));
    let page = Page { number: 2, size: 300 };
    let all = Command::Statistics { part: Part::Play, stream: None, page };
    assert_eq!(command("Get_LivePlayStat", "Param.n.page_no=2"), Ok(all));
    assert_eq!(page.offset(), 300);
}

#[test]
fn a_history_has_its_bounds() {
    let ask = |from: i64, to: i64| {
        let now = NOW.0 / 1_000;
        let times = format!("Param.n.start_time={}&Param.n.end_time={}", now - from, now - to);
        command("Get_LivePushStatHistory", &format!("Param.s.stream_id=a&{times}"))
    };
    assert!(ask(3 * 86_400, 3 * 86_400 - 7_200).is_ok());
    for (from, to) in [(3 * 86_400 + 1, 3 * 86_400), (10, 20), (86_401, 0)] {
        assert!(ask(from, to).is_err(), "{from} {to}");
    }
    let play = "Param.n.start_time=1699999000&Param.n.end_time=1700000000";
    assert!(command("Get_LivePlayStatHistory", play).is_ok());
    let domain = command("Get_LivePlayStatHistory", &format!("{play}&Param.s.domain=d"));
    assert_eq!(domain, Err(Fault::NotTold { field: "Param.s.domain" }));
}

#[test]
fn what_is_not_built_says_so() {
    let fault = command("Mix_StreamV2", "").expect_err("it is not built");
    assert!(matches!(fault, Fault::Inactive { .. }));
    assert!(refuse(&fault, NOW).body.contains("\"ret\":20114"));
    assert!(refuse(&Fault::NeverPushed, NOW).body.contains("\"ret\":20601"));
}

#[test]
fn a_queue_is_that_of_screenshots_and_gives_a_hundred_at_most() {
    assert_eq!(command("Live_Queue_Get", "Param.n.bid=100"), Ok(Command::Queue(1)));
    assert_eq!(command("Live_Queue_Get", "Param.n.bid=100&Param.n.count=100"), Ok(Command::Queue(100)));
    for odd in ["", "Param.n.bid=101", "Param.n.bid=100&Param.n.count=0", "Param.n.bid=100&Param.n.count=101"] {
        assert!(matches!(command("Live_Queue_Get", odd), Err(Fault::Parameter(_))), "{odd}");
    }
}

#[test]
fn tapes_are_asked_for_by_channel_and_task() {
    let times = "Param.s.channel_id=a&Param.s.start_time=2026-01-31%2012:00:00&Param.s.end_time=2026-01-31+12:30:00";
    let text = |text: &str| Some(text.to_owned());
    let (begin, end) = (text("2026-01-31 12:00:00"), text("2026-01-31 12:30:00"));
    let tape = Command::StartTape { channel: name("a"), begin, end, is_clip: false };
    assert_eq!(command("Live_Tape_Start", times), Ok(tape));
    let clip = Command::StartTape { channel: name("a"), begin: None, end: None, is_clip: true };
    assert_eq!(command("Live_Tape_Start", "Param.s.channel_id=a&Param.n.task_sub_type=1"), Ok(clip));
    let stop = Ok(Command::StopTape { channel: name("a"), task: "7".to_owned() });
    assert_eq!(command("Live_Tape_Stop", "Param.s.channel_id=a&Param.s.task_id=7"), stop);
    assert_eq!(command("Live_Tape_Stop", "Param.s.channel_id=a&Param.n.task_id=7&Param.n.task_sub_type=0"), stop);
    let list = "Param.s.channel_id=a&Param.s.sort_type=desc&Param.n.page_no=2";
    let page = Page { number: 2, size: 10 };
    let files = Command::TapeFiles { channel: name("a"), from: None, to: None, descending: true, page };
    assert_eq!(command("Live_Tape_GetFilelist", list), Ok(files));
    for (interface, odd) in [
        ("Live_Tape_Start", "Param.s.channel_id=a"),
        ("Live_Tape_Start", "Param.s.channel_id=a&Param.s.start_time=x"),
        ("Live_Tape_Start", "Param.s.channel_id=a&Param.n.task_sub_type=2"),
        ("Live_Tape_Stop", "Param.s.channel_id=a"),
        ("Live_Tape_GetFilelist", "Param.s.channel_id=a&Param.s.sort_type=up"),
        ("Live_Tape_GetFilelist", "Param.s.channel_id=a&Param.n.page_size=101"),
    ] {
        assert!(matches!(command(interface, odd), Err(Fault::Parameter(_))), "{odd}");
    }
}
