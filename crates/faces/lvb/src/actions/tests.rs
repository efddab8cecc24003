use vivace_base::Limits;

use super::{Action, ActionFault, ChannelFilter, Command, OrderBy, Page, RecordCommand, TaskOf};
use crate::access::{ParameterFault, Parameters};

fn parse(action: Action, query: &str) -> Result<Command, ActionFault> {
    let parameters = Parameters::of_query(query, &Limits::default()).expect(query);
    Command::parse(action, &parameters).map(|command| command.expect("an action that is offered"))
}

#[track_caller]
fn refused(action: Action, query: &str, sentence: &str) {
    let fault = parse(action, query).expect_err(query);
    assert_eq!(fault.to_string(), sentence, "{query}");
}

#[test]
fn actions_are_found_by_their_names_with_either_first_letter() {
    for action in Action::ALL {
        assert_eq!(Action::of(action.name()), Some(*action));
    }
    assert_eq!(Action::of("createLVBChannel"), Some(Action::CreateChannel));
    for name in ["", "C", "createlvbchannel", "CreateLVBChannels", "频CreateLVBChannel"] {
        assert_eq!(Action::of(name), None, "{name}");
    }
}

#[test]
fn every_offered_action_has_a_command() {
    let parameters = Parameters::of_query("", &Limits::default()).expect("nothing");
    for action in Action::ALL {
        let offered = !matches!(Command::parse(*action, &parameters), Ok(None));
        assert_eq!(offered, action.is_offered(), "{action:?}");
    }
}

#[test]
fn a_channel_is_described_by_its_parameters() {
    let query =
        "channelName=test&outputSourceType=3&sourceList.0.name=v&sourceList.0.type=1&outputRate.0=0&outputRate.1=10";
    let Ok(Command::CreateChannel(new)) = parse(Action::CreateChannel, query) else { panic!("{query}") };
    assert_eq!((new.name.as_str(), new.receiver, new.rates.as_slice()), ("test", 3, [0, 10].as_slice()));
    assert_eq!((new.sources.len(), new.sources[0].kind), (1, 1));

    let create = |query| refused(Action::CreateChannel, query, "channelName is missing");
    create("outputSourceType=3");
    refused(Action::CreateChannel, "channelName=a", "outputSourceType is missing");
    refused(Action::CreateChannel, "channelName=a&outputSourceType=x", "outputSourceType must be a whole number");
    let source = "channelName=a&outputSourceType=1&sourceList.1.type=1";
    refused(Action::CreateChannel, source, "sourceList.1.name is missing");
    refused(Action::CreateChannel, "channelName=a&outputSourceType=1&sourceList=v", "sourceList.0 must be an object");
    refused(Action::CreateChannel, "channelName.0=a", "channelName must be a text");
}

#[test]
fn a_list_is_asked_for_by_page_order_and_status() {
    let ask = |query| match parse(Action::DescribeChannelList, query) {
        Ok(Command::DescribeChannelList(list)) => list,
        other => panic!("{query}: {other:?}"),
    };
    let first = ask("");
    assert_eq!((first.filter, first.descending, first.order_by), (None, false, OrderBy::CreateTime));
    assert_eq!(first.page, Page { number: 1, size: 10 });
    let third = ask("channelStatus=3&ascDesc=1&pageNo=3&pageSize=300&orderBy=channel_name");
    assert_eq!((third.filter, third.descending, third.page.offset()), (Some(ChannelFilter::Closed), true, 600));
    assert_eq!(ask("pageNo=9223372036854775807&pageSize=300").page.offset(), u64::MAX);
    for (query, sentence) in [
        ("channelStatus=5", "channelStatus must be 0 to 4"),
        ("ascDesc=2", "ascDesc must be 0 (ascending) or 1 (descending)"),
        ("pageNo=0", "pageNo must be 1 or more"),
        ("pageSize=0", "pageSize must be 1 to 300"),
        ("pageSize=301", "pageSize must be 1 to 300"),
        ("orderBy=x", "orderBy must be create_time or channel_name"),
    ] {
        refused(Action::DescribeChannelList, query, sentence);
    }
}

#[test]
fn a_batch_has_ids_each_once() {
    let ids = |query| match parse(Action::StopChannel, query) {
        Ok(Command::StopChannels(ids)) => ids,
        other => panic!("{query}: {other:?}"),
    };
    assert_eq!(ids("channelIds.1=16093104850681751595&channelIds.2=7&channelIds.3=7"), ["16093104850681751595", "7"]);
    assert_eq!(ids("channelIds=7"), ["7"]);
    for query in ["", "channelIds=", "channelIds.0=", "channelIds.0=1&channelIds.1="] {
        refused(Action::StopChannel, query, "channelIds is missing");
    }
    let missing = ParameterFault::Missing { field: "channelId".to_owned() };
    for query in ["", "channelId=", "channel=1"] {
        assert!(
            matches!(parse(Action::DescribeChannel, query), Err(ActionFault::Parameter(fault)) if fault == missing)
        );
    }
    assert!(
        matches!(parse(Action::DescribeOnlineUsers, ""), Ok(Command::DescribeOnlineUsers(none)) if none.is_empty())
    );
}

#[test]
fn shots_are_asked_for_by_channel_and_task() {
    let create = "channelId=7&start_time=2026-01-31 12:00:00&endTime=";
    let Ok(Command::CreateShot { channel, begin, end }) = parse(Action::CreateShot, create) else { panic!("{create}") };
    assert_eq!((channel.as_str(), begin.as_deref(), end), ("7", Some("2026-01-31 12:00:00"), None));
    refused(Action::CreateShot, "", "channelId is missing");
    refused(Action::StopShot, "channelId=7", "taskId is missing");
    refused(Action::DeleteShot, "taskId=7", "channelId is missing");
    let list = parse(Action::DescribeShotList, "channelId=7&pageNo=2");
    assert!(matches!(list, Ok(Command::DescribeShotList { page: Page { number: 2, size: 10 }, .. })));
    assert!(matches!(parse(Action::DescribeQueueLog, "bid=100"), Ok(Command::DescribeQueueLog(1))));
    assert!(matches!(parse(Action::DescribeQueueLog, "bid=100&count=100"), Ok(Command::DescribeQueueLog(100))));
    for (query, sentence) in [
        ("", "bid is missing"),
        ("bid=99", "bid must be 100 (screenshots)"),
        ("bid=100&count=0", "count must be 1 to 100"),
        ("bid=100&count=101", "count must be 1 to 100"),
        ("bid=100&count=4294967297", "count must be 1 to 100"),
    ] {
        refused(Action::DescribeQueueLog, query, sentence);
    }
}

#[test]
fn recordings_are_asked_for_by_channel_and_task() {
    let record = |action, query: &str| match parse(action, query) {
        Ok(Command::Record(command)) => command,
        other => panic!("{other:?}"),
    };
    let create = "channelId=7&start_time=2026-01-31 12:00:00&tapeType=1";
    let (begin, channel) = (Some("2026-01-31 12:00:00".to_owned()), "7".to_owned());
    let clip = RecordCommand::Create { channel: channel.clone(), begin, end: None, is_clip: true };
    assert_eq!(record(Action::CreateRecord, create), clip);
    let task = TaskOf { channel: channel.clone(), task: "8".to_owned() };
    assert_eq!(record(Action::StopRecord, "channelId=7&taskId=8"), RecordCommand::Stop(task.clone()));
    let page = |number, size| Page { number, size };
    let files = RecordCommand::Files { task, page: page(3, 10) };
    assert_eq!(record(Action::DescribeRecord, "channelId=7&taskId=8&pageNo=3"), files);
    let vod = |page| RecordCommand::VodFiles { channel: channel.clone(), from: "x".to_owned(), to: None, page };
    let query = "channelId=7&startTime=x";
    assert_eq!(record(Action::GetVodRecordFiles, query), vod(page(1, 20)));
    assert_eq!(record(Action::GetVodRecordFiles, &format!("{query}&pageNum=2&pageSize=5")), vod(page(2, 5)));
    for (action, query, sentence) in [
        (Action::CreateRecord, "", "channelId is missing"),
        (Action::CreateRecord, "channelId=7&tapeType=2", "tapeType must be 0 (a task) or 1 (a clip from now on)"),
        (Action::StopRecord, "channelId=7", "taskId is missing"),
        (Action::DeleteRecord, "taskId=7", "channelId is missing"),
        (Action::GetVodRecordFiles, "channelId=7", "startTime is missing"),
        (Action::DescribeRecordList, "channelId=7&pageNo=0", "pageNo must be 1 or more"),
        (Action::GetVodRecordFiles, "channelId=7&startTime=x&pageNum=0", "pageNum must be 1 or more"),
        (Action::DescribeRecordList, "channelId=7&pageSize=301", "pageSize must be 1 to 300"),
    ] {
        refused(action, query, sentence);
    }
}
