use vivace_base::{AppId, StreamName, UnixMs};
use vivace_domain::channel::ChannelId;
use vivace_domain::recording::{
    FormatSetting, Formats, RecordFormat, RecordRule, RecordTask, RecordTemplate, TaskKind,
};

use super::recordings::behind_damaged;
use super::{Dir, NOW, open};
use crate::{AuditFilter, FIRST_APP, Fault, NewAudit, Note, RuleWritten, TaskBounds, TaskFilter, TaskWritten};

const BOUNDS: TaskBounds = TaskBounds { app_max: 4, stream_max: 2, kept_max: 100, exclusive: true };

fn at(seconds: i64) -> UnixMs {
    UnixMs(NOW.0 + seconds * 1_000)
}

fn task(stream: &str, begin: i64, end: Option<i64>) -> RecordTask {
    RecordTask {
        channel: Some(ChannelId(u64::MAX - 1)),
        formats: Formats::parse("flv|hls").unwrap(),
        begin_at: at(begin),
        end_at: end.map(at),
        interval_ms: 1_800_000,
        name: "n".to_owned(),
        domain: "push.example".to_owned(),
        created_by: "key".to_owned(),
        ..RecordTask::new(FIRST_APP, StreamName::parse(stream).unwrap(), TaskKind::Timed, NOW)
    }
}

fn noted(subject: String) -> NewAudit {
    NewAudit {
        at: NOW,
        app: FIRST_APP,
        face: "api".to_owned(),
        who: "api_token".to_owned(),
        peer: None,
        operation: "record_task.create".to_owned(),
        subject,
        before: None,
        after: Some("{}".to_owned()),
    }
}

#[tokio::test]
async fn a_task_is_kept_with_its_note_and_stops_once() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let new = task("cam", 10, Some(20));
    let made = {
        let note = Note::numbered(|id| noted(format!("record_task/{id}")));
        store.noted(note).create_record_task(&new, BOUNDS, NOW).await.unwrap()
    };
    assert_eq!(made, TaskWritten::Made(1));
    store.close().await;
    let store = open(&dir.data()).await;
    let reader = store.reader();
    assert_eq!(reader.record_task(FIRST_APP, 1).await.unwrap(), Some(RecordTask { id: 1, ..new.clone() }));
    assert_eq!(reader.record_task(AppId(2), 1).await.unwrap(), None);
    assert_eq!(reader.audit(FIRST_APP, &AuditFilter::default(), 9).await.unwrap()[0].change.subject, "record_task/1");
    assert_eq!(reader.open_record_tasks(at(19)).await.unwrap().len(), 1);
    assert!(reader.open_record_tasks(at(20)).await.unwrap().is_empty());
    assert!(!store.delete_record_task(FIRST_APP, 1, at(15)).await.unwrap(), "it runs");
    assert!(!store.stop_record_task(FIRST_APP, 1, at(20)).await.unwrap(), "it is over");
    assert!(store.stop_record_task(FIRST_APP, 1, at(15)).await.unwrap());
    assert!(!store.stop_record_task(FIRST_APP, 1, at(15)).await.unwrap());
    assert!(!store.fail_record_task(1, "x").await.unwrap());
    assert_eq!(reader.record_task(FIRST_APP, 1).await.unwrap().unwrap().stopped_at, Some(at(15)));
    assert!(store.delete_record_task(FIRST_APP, 1, at(15)).await.unwrap());
    assert_eq!(reader.record_task(FIRST_APP, 1).await.unwrap(), None);
}

#[tokio::test]
async fn a_damaged_task_hides_none_behind_it() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    for (stream, interval_ms) in [("cam", u64::MAX), ("other", 1)] {
        let task = RecordTask { interval_ms, ..task(stream, 10, Some(20)) };
        store.create_record_task(&task, BOUNDS, NOW).await.unwrap();
    }
    let (next, key) = behind_damaged(store.reader().open_record_tasks(NOW).await.unwrap());
    assert_eq!((next.id, key), (2, 1));
}

#[tokio::test]
async fn overlaps_and_quotas_are_seen_within_the_transaction() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let create = async |task: &RecordTask, bounds| store.create_record_task(task, bounds, NOW).await.unwrap();
    assert_eq!(create(&task("a", 10, Some(20)), BOUNDS).await, TaskWritten::Made(1));
    assert_eq!(create(&task("a", 19, Some(30)), BOUNDS).await, TaskWritten::Overlap(1));
    assert_eq!(create(&task("a", 0, None), BOUNDS).await, TaskWritten::Overlap(1));
    let clip = RecordTask { kind: TaskKind::Clip, ..task("a", 12, Some(14)) };
    assert_eq!(create(&clip, BOUNDS).await, TaskWritten::Made(2));
    assert_eq!(create(&task("a", 20, Some(30)), BOUNDS).await, TaskWritten::StreamFull);
    let wide = TaskBounds { exclusive: false, stream_max: 3, ..BOUNDS };
    assert_eq!(create(&task("a", 10, Some(30)), wide).await, TaskWritten::Made(3));
    assert_eq!(create(&task("b", 10, None), BOUNDS).await, TaskWritten::Made(4));
    assert_eq!(create(&task("c", 10, None), BOUNDS).await, TaskWritten::AppFull);
    assert!(store.stop_record_task(FIRST_APP, 4, at(11)).await.unwrap());
    assert_eq!(create(&task("c", 10, None), BOUNDS).await, TaskWritten::Made(5));
}

#[tokio::test]
async fn tasks_are_paged_and_old_ones_forgotten() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let bounds = TaskBounds { app_max: 100, stream_max: 100, kept_max: 3, exclusive: false };
    for number in 0..6 {
        let end = if number == 0 { None } else { Some(-50) };
        store.create_record_task(&task("a", -100 + number, end), bounds, NOW).await.unwrap();
    }
    let reader = store.reader();
    let filter = TaskFilter::default();
    let page = reader.record_tasks_page(FIRST_APP, &filter, true, 1, 2).await.unwrap();
    assert_eq!((page.total, page.tasks.iter().map(|task| task.id).collect::<Vec<_>>()), (4, vec![5, 4]));
    let ids = async |filter: TaskFilter, after| {
        let tasks = reader.record_tasks(FIRST_APP, &filter, false, after, 9).await.unwrap();
        tasks.iter().map(|task| task.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(filter.clone(), None).await, [1, 4, 5, 6], "one that is not over stays");
    assert_eq!(ids(filter.clone(), Some(4)).await, [5, 6]);
    assert_eq!(ids(TaskFilter { open_at: Some(NOW), ..filter.clone() }, None).await, [1]);
    let begun = TaskFilter { begin_from: Some(at(-96)), begin_to: Some(at(-96)), ..filter.clone() };
    assert_eq!(ids(begun, None).await, [5]);
    assert_eq!(ids(TaskFilter { channel: Some(ChannelId(3)), ..filter.clone() }, None).await, [] as [u64; 0]);
    assert_eq!(ids(TaskFilter { domain: Some("push.example".to_owned()), ..filter }, None).await.len(), 4);
    let mut write = store.write(crate::Operation::WriteRecording).await.unwrap();
    sqlx::query("UPDATE record_tasks SET formats = ''").execute(&mut *write).await.unwrap();
    write.commit().await.unwrap();
    assert!(matches!(reader.record_task(FIRST_APP, 1).await, Err(Fault::Damaged { .. })));
}

#[tokio::test]
async fn templates_and_rules_hold_on_to_each_other() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let setting = |format| FormatSetting { format, interval_ms: 60_000, keep_ms: 1, name: "x".to_owned() };
    let new = RecordTemplate {
        id: 0,
        name: "t".to_owned(),
        description: "d".to_owned(),
        formats: vec![setting(RecordFormat::Flv), setting(RecordFormat::Mp4)],
        created_at: NOW,
        updated_at: NOW,
    };
    let create = async |max| store.create_record_template(FIRST_APP, &new, max).await.unwrap();
    assert_eq!((create(2).await, create(2).await, create(2).await), (Some(1), Some(2), None));
    let rule = |stream: &str, template| RecordRule {
        domain: "p".to_owned(),
        path: "live".to_owned(),
        stream: stream.to_owned(),
        template,
        created_at: NOW,
    };
    let put = async |rule: &RecordRule| store.create_record_rule(FIRST_APP, rule, 2).await.unwrap();
    assert_eq!(put(&rule("a", 9)).await, RuleWritten::NoTemplate);
    assert_eq!(put(&rule("a", 1)).await, RuleWritten::Made);
    assert_eq!(put(&rule("a", 2)).await, RuleWritten::Known);
    assert_eq!(put(&rule("b", 1)).await, RuleWritten::Made);
    assert_eq!(put(&rule("c", 1)).await, RuleWritten::Full);
    assert_eq!(put(&rule("a", 2)).await, RuleWritten::Known, "it would be none more");
    assert_eq!(store.reader().record_rules(FIRST_APP).await.unwrap(), [rule("a", 1), rule("b", 1)]);
    assert!(!store.delete_record_template(FIRST_APP, 1).await.unwrap(), "rules name it");
    assert!(store.delete_record_template(FIRST_APP, 2).await.unwrap());
    let changed = RecordTemplate { id: 1, formats: vec![setting(RecordFormat::Aac)], updated_at: at(1), ..new.clone() };
    assert!(store.change_record_template(FIRST_APP, &changed).await.unwrap());
    assert!(!store.change_record_template(AppId(2), &changed).await.unwrap());
    assert_eq!(store.reader().record_templates(FIRST_APP, None).await.unwrap(), [changed]);
    assert_eq!(store.reader().record_templates(FIRST_APP, Some(2)).await.unwrap(), []);
    for stream in ["a", "b"] {
        assert!(store.delete_record_rule(FIRST_APP, &rule(stream, 0)).await.unwrap());
    }
    assert!(!store.delete_record_rule(FIRST_APP, &rule("a", 0)).await.unwrap());
    assert!(store.delete_record_template(FIRST_APP, 1).await.unwrap());
}
