use super::{Dir, NOW, Seeded, open};
use crate::{FIRST_APP, Fault, Operation};

#[tokio::test]
async fn the_first_app_is_made_once_and_read_back_whole() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let (made, created) = store.app_or_create(&Seeded::new(1), NOW).await.unwrap();
    assert!(created);
    assert_eq!(made.id, FIRST_APP);
    store.close().await;

    let store = open(&dir.data()).await;
    let (found, created) = store.app_or_create(&Seeded::new(2), NOW).await.unwrap();
    assert!(!created);
    assert_eq!(found, made);
    assert_eq!(store.app(FIRST_APP).await.unwrap(), Some(made));
}

#[tokio::test]
async fn an_unknown_app_is_none() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    assert_eq!(store.app(vivace_base::AppId(u32::MAX)).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_that_ask_at_once_one_makes_the_app() {
    let dir = Dir::new();
    let limits = vivace_base::Limits::default();
    let mut asked = Vec::new();
    for seed in 1..=8 {
        let store = crate::Store::open(&dir.data(), &limits).await.unwrap();
        asked.push(tokio::spawn(async move { store.app_or_create(&Seeded::new(seed), NOW).await.unwrap() }));
    }
    let mut answers = Vec::new();
    for answer in asked {
        answers.push(answer.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|(_, created)| *created).count(), 1);
    assert!(answers.iter().all(|(app, _)| *app == answers[0].0));
}

#[tokio::test]
async fn the_public_key_of_an_older_signature_is_kept() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    store.app_or_create(&Seeded::new(1), NOW).await.unwrap();
    sqlx::query("UPDATE apps SET sdk_public_key = 'pem'").execute(&store.writer).await.unwrap();
    let app = store.app(FIRST_APP).await.unwrap().unwrap();
    assert_eq!(app.keys.sdk_public_key.as_deref(), Some("pem"));
}

#[tokio::test]
async fn a_number_outside_its_range_is_damage_and_not_another_number() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    store.app_or_create(&Seeded::new(1), NOW).await.unwrap();
    sqlx::query("UPDATE apps SET bizid = 4294967296").execute(&store.writer).await.unwrap();
    let fault = store.app(FIRST_APP).await.unwrap_err();
    assert!(matches!(fault, Fault::Damaged { doing: Operation::ReadApp, .. }), "{fault:?}");
}
