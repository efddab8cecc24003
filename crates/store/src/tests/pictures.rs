use std::collections::HashSet;

use vivace_base::{AppId, StreamName, Ulid, UnixMs};
use vivace_domain::channel::ChannelId;
use vivace_domain::hook::HookKind;
use vivace_domain::picture::{NewPictureTemplate, Picture, PictureRule, PictureTask, SHOT_PLAN};

use super::{Dir, NOW, limits, open};
use crate::{Cause, Fault, NewHook, Operation, PictureTaskAsk, PutPictureRule, Store};

const APP: AppId = AppId(1);

fn stream(name: &str) -> StreamName {
    StreamName::parse(name).unwrap()
}

fn picture(at: i64) -> Picture {
    Picture {
        id: Ulid(u128::from(at.unsigned_abs()) << 80 | 5),
        app: APP,
        stream: stream("cam"),
        channel: "7".to_owned(),
        task: Some(3),
        taken_at: UnixMs(at),
        size: (320, 180),
        bytes: 1_000,
    }
}

fn task(channel: Option<u64>) -> PictureTask {
    PictureTask {
        id: 0,
        app: APP,
        stream: stream("cam"),
        channel: channel.map(ChannelId),
        template: channel.is_none().then_some(4),
        domain: "d".to_owned(),
        plan: SHOT_PLAN,
        begin_at: NOW,
        end_at: UnixMs(NOW.0 + 1_000),
        stopped_at: None,
        created_by: "me".to_owned(),
        created_at: NOW,
    }
}

fn hook() -> NewHook {
    NewHook {
        app: APP,
        stream: stream("cam"),
        kind: HookKind::Screenshot,
        url: "http://h/".to_owned(),
        host: "h:80".to_owned(),
        template: None,
        body: "{}".to_owned(),
    }
}

#[tokio::test]
async fn a_picture_is_written_with_its_event_and_read_from_the_queue_once() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    for at in [1, 2, 3] {
        let put = store.put_picture(&picture(at), Some(&hook()), 100, NOW).await.unwrap();
        assert_eq!((put.hook_dropped, put.unread_dropped), (false, 0));
    }
    let others = store.take_pictures(AppId(2), 10).await.unwrap();
    assert!(others.is_empty(), "an app reads the pictures of another");
    assert_eq!(store.take_pictures(APP, 2).await.unwrap(), [picture(1), picture(2)]);
    assert_eq!(store.take_pictures(APP, 2).await.unwrap(), [picture(3)]);
    assert!(store.take_pictures(APP, 2).await.unwrap().is_empty());
    assert_eq!(store.reader().due_hooks(NOW, &[], &[], 9).await.unwrap().len(), 1, "the head of the stream's line");
    let listed = store.reader().pictures(APP, Some(&stream("cam")), Some(picture(3).id), 9).await.unwrap();
    assert_eq!(listed, [picture(2), picture(1)]);
    store.close().await;
    let store = open(&dir.data()).await;
    assert!(store.take_pictures(APP, 2).await.unwrap().is_empty(), "what was taken is there again after a restart");
}

#[tokio::test]
async fn readers_of_the_queue_at_once_share_its_pictures() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    for at in 1..=40 {
        store.put_picture(&picture(at), None, 100, NOW).await.unwrap();
    }
    let read = |store: Store| async move {
        let mut all = Vec::new();
        loop {
            let some = store.take_pictures(APP, 3).await.unwrap();
            if some.is_empty() {
                return all;
            }
            all.extend(some.into_iter().map(|picture| picture.id));
        }
    };
    let readers: Vec<_> = (0..4).map(|_| tokio::spawn(read(store.clone()))).collect();
    let mut taken = Vec::new();
    for reader in readers {
        taken.extend(reader.await.unwrap());
    }
    let distinct: HashSet<Ulid> = taken.iter().copied().collect();
    assert_eq!((taken.len(), distinct.len()), (40, 40));
}

#[tokio::test]
async fn the_queue_and_the_pictures_are_bounded() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let mut dropped = 0;
    for at in 1..=5 {
        dropped += store.put_picture(&picture(at), None, 3, NOW).await.unwrap().unread_dropped;
    }
    assert_eq!(dropped, 2);
    // By age, then by number; what is unread goes too.
    assert_eq!(store.expire_pictures(UnixMs(2), 100, 10).await.unwrap(), [picture(1).id]);
    assert_eq!(store.expire_pictures(UnixMs(0), 2, 1).await.unwrap(), [picture(2).id]);
    assert_eq!(store.expire_pictures(UnixMs(0), 2, 9).await.unwrap(), [picture(3).id]);
    assert!(store.expire_pictures(UnixMs(0), 2, 9).await.unwrap().is_empty());
    let known = store.reader().known_pictures(&[picture(3).id, picture(4).id]).await.unwrap();
    assert_eq!(known, [picture(4).id]);
    let left = store.take_pictures(APP, 9).await.unwrap();
    assert_eq!(left, [picture(4), picture(5)]);
}

#[tokio::test]
async fn an_event_without_a_place_does_not_hold_up_its_picture() {
    let dir = Dir::new();
    let store = Store::open(&dir.data(), &vivace_base::Limits { outbox_rows_max: 1, ..limits() }).await.unwrap();
    assert!(!store.put_picture(&picture(1), Some(&hook()), 9, NOW).await.unwrap().hook_dropped);
    assert!(store.put_picture(&picture(2), Some(&hook()), 9, NOW).await.unwrap().hook_dropped);
    assert_eq!(store.take_pictures(APP, 9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn tasks_are_made_stopped_listed_and_forgotten() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let one = store.create_picture_task(&task(Some(7)), 2).await.unwrap().unwrap();
    let two = store.create_picture_task(&task(None), 2).await.unwrap().unwrap();
    assert_eq!(store.create_picture_task(&task(None), 2).await.unwrap(), None);
    assert_eq!(store.reader().picture_task(APP, one).await.unwrap(), Some(PictureTask { id: one, ..task(Some(7)) }));
    assert_eq!(store.reader().picture_task(AppId(2), one).await.unwrap(), None);
    assert_eq!(store.reader().open_picture_tasks(NOW).await.unwrap().len(), 2);
    assert!(store.stop_picture_task(APP, one, NOW).await.unwrap());
    assert!(!store.stop_picture_task(APP, one, NOW).await.unwrap());
    let page = store.reader().picture_tasks_of(APP, ChannelId(7), 0, 10).await.unwrap();
    assert_eq!((page.total, page.tasks.len(), page.tasks[0].stopped_at), (1, 1, Some(NOW)));
    assert!(store.reader().picture_tasks_of(APP, ChannelId(7), 1, 10).await.unwrap().tasks.is_empty());
    let ask = PictureTaskAsk { from: NOW, to: UnixMs(i64::MAX), stream: None, domain: None, after: 0, limit: 9 };
    assert_eq!(store.reader().picture_tasks(APP, &ask).await.unwrap()[0].id, two);
    let other = PictureTaskAsk { domain: Some("e".to_owned()), ..ask };
    assert!(store.reader().picture_tasks(APP, &other).await.unwrap().is_empty());
    store.expire_picture_tasks(UnixMs(NOW.0 + 1)).await.unwrap();
    assert_eq!(store.reader().picture_task(APP, one).await.unwrap(), None);
    assert!(store.delete_picture_task(APP, two).await.unwrap());
    assert!(!store.delete_picture_task(APP, two).await.unwrap());
}

#[tokio::test]
async fn templates_are_used_by_rules() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let new =
        NewPictureTemplate { name: "n".to_owned(), description: "d".to_owned(), interval_s: 10, width: 320, height: 0 };
    let id = store.create_picture_template(APP, &new, 1, NOW).await.unwrap().unwrap();
    assert_eq!(store.create_picture_template(APP, &new, 1, NOW).await.unwrap(), None);
    let rule = PictureRule {
        domain: "d".to_owned(),
        path: "live".to_owned(),
        stream: String::new(),
        template: id,
        created_at: NOW,
    };
    let put = |rule: PictureRule| {
        let store = store.clone();
        async move { store.put_picture_rule(PutPictureRule { app: APP, rule: &rule, rules_max: 2 }).await.unwrap() }
    };
    assert!(put(rule.clone()).await);
    assert!(!put(rule.clone()).await, "one rule was written twice");
    assert!(!put(PictureRule { template: id + 1, stream: "a".to_owned(), ..rule.clone() }).await);
    assert!(put(PictureRule { stream: "a".to_owned(), ..rule.clone() }).await);
    assert!(!put(PictureRule { stream: "b".to_owned(), ..rule.clone() }).await, "more rules than may be");
    assert_eq!(store.reader().picture_rules(APP).await.unwrap().len(), 2);
    let all = store.reader().all_picture_rules().await.unwrap();
    assert_eq!((all[0].0, all[0].2.content.clone()), (APP, new.clone()));
    assert!(!store.delete_picture_template(APP, id).await.unwrap());
    assert!(store.change_picture_template(APP, id, &NewPictureTemplate { width: 5, ..new }, NOW).await.unwrap());
    assert_eq!(store.reader().picture_templates(APP, Some(id)).await.unwrap()[0].content.width, 5);
    for stream in ["", "a"] {
        assert!(store.delete_picture_rule(APP, "d", "live", stream).await.unwrap());
    }
    assert!(!store.delete_picture_rule(APP, "d", "live", "").await.unwrap());
    assert!(store.delete_picture_template(APP, id).await.unwrap());
}

#[tokio::test]
async fn a_damaged_row_is_said_and_a_damaged_task_holds_up_no_other() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    store.put_picture(&picture(1), None, 9, NOW).await.unwrap();
    let one = store.create_picture_task(&task(None), 9).await.unwrap().unwrap();
    store.create_picture_task(&task(None), 9).await.unwrap();
    sqlx::query("UPDATE pictures SET width = -1").execute(&store.writer).await.unwrap();
    sqlx::query("UPDATE picture_tasks SET stream = '' WHERE id = $1").bind(one).execute(&store.writer).await.unwrap();
    let fault = store.reader().pictures(APP, None, None, 9).await.unwrap_err();
    let Fault::Damaged { doing, source, .. } = fault else { panic!("{fault}") };
    assert_eq!(doing, Operation::ReadPictures);
    assert!(matches!(source, Cause::Value { table: "pictures", column: "width" }), "{source}");
    assert_eq!(store.reader().open_picture_tasks(NOW).await.unwrap().len(), 1);
}
