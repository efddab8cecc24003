use vivace_base::{AppId, Secret};
use vivace_domain::account::{Account, CredentialRights};

use super::{Dir, NOW, Seeded, open};
use crate::{ALL_ACTIONS, Added, Credential, FIRST_APP, Fault, Store};

const ALL: CredentialRights = CredentialRights { enabled: true, actions: None };

fn credential(name: &str) -> Credential {
    let secret_key = Secret::new(format!("key of {name}"));
    Credential { secret_id: name.to_owned(), secret_key, app: FIRST_APP, rights: ALL, created_at: NOW }
}

async fn with_app(dir: &Dir) -> Store {
    let store = open(&dir.data()).await;
    store.app_or_create(&Seeded::new(1), NOW).await.unwrap();
    store
}

#[tokio::test]
async fn the_first_credential_is_the_one_among_the_apps_keys() {
    let dir = Dir::new();
    let store = with_app(&dir).await;
    let app = store.app(FIRST_APP).await.unwrap().unwrap();
    let found = store.reader().credential(&app.keys.secret_id).await.unwrap().unwrap();
    assert_eq!((found.app, &found.secret_key, &found.rights), (FIRST_APP, &app.keys.secret_key, &ALL));
    assert_eq!(store.reader().credentials(FIRST_APP).await.unwrap(), [found]);
    assert_eq!(store.reader().credential("AKIDother").await.unwrap(), None);
}

#[tokio::test]
async fn an_app_has_several_credentials_with_rights_of_their_own() {
    let dir = Dir::new();
    let store = with_app(&dir).await;
    assert_eq!(store.add_credential(&credential("b"), 2).await.unwrap(), Added::Done);
    assert_eq!(store.add_credential(&credential("b"), 3).await.unwrap(), Added::Taken);
    assert_eq!(store.add_credential(&credential("c"), 2).await.unwrap(), Added::TooMany);
    let few = CredentialRights { enabled: false, actions: Some(vec!["A".to_owned(), "B".to_owned()]) };
    assert_eq!(store.set_credential_rights(FIRST_APP, "b", &few).await.unwrap(), Some(ALL));
    assert_eq!(store.reader().credential("b").await.unwrap().unwrap().rights, few);
    let none = CredentialRights { enabled: true, actions: Some(Vec::new()) };
    assert_eq!(store.set_credential_rights(FIRST_APP, "b", &none).await.unwrap(), Some(few));
    assert_eq!(store.reader().credential("b").await.unwrap().unwrap().rights, none);
    // Another app's credential is out of reach.
    assert_eq!(store.set_credential_rights(AppId(2), "b", &ALL).await.unwrap(), None);
    assert!(!store.remove_credential(AppId(2), "b").await.unwrap());
    assert!(store.remove_credential(FIRST_APP, "b").await.unwrap());
    assert_eq!(store.reader().credential("b").await.unwrap(), None);
}

#[tokio::test]
async fn an_account_is_what_was_set_and_a_value_that_means_nothing_is_damage() {
    let dir = Dir::new();
    let store = with_app(&dir).await;
    assert_eq!(store.reader().account(FIRST_APP).await.unwrap(), Some(Account::default()));
    let other = Account { blocked: true, deleted: true, verified: false, balance: Some(-1) };
    assert_eq!(store.set_account(FIRST_APP, &other).await.unwrap(), Some(Account::default()));
    assert_eq!(store.reader().account(FIRST_APP).await.unwrap(), Some(other));
    assert_eq!(store.set_account(AppId(2), &Account::default()).await.unwrap(), None);
    assert_eq!(store.reader().account(AppId(2)).await.unwrap(), None);
    sqlx::query("UPDATE apps SET blocked = 7").execute(&store.writer).await.unwrap();
    assert!(matches!(store.reader().account(FIRST_APP).await, Err(Fault::Damaged { .. })));
    sqlx::query("UPDATE apps SET blocked = 'x'").execute(&store.writer).await.unwrap();
    assert!(matches!(store.reader().account(FIRST_APP).await, Err(Fault::Damaged { .. })));
}

#[tokio::test]
async fn maintenance_begins_and_ends_once() {
    let dir = Dir::new();
    let store = with_app(&dir).await;
    assert!(store.set_maintenance("A", true, NOW).await.unwrap());
    assert!(!store.set_maintenance("A", true, NOW).await.unwrap());
    assert!(store.set_maintenance(ALL_ACTIONS, true, NOW).await.unwrap());
    assert_eq!(store.reader().maintenance().await.unwrap(), ["*", "A"]);
    assert!(store.set_maintenance("A", false, NOW).await.unwrap());
    assert!(!store.set_maintenance("A", false, NOW).await.unwrap());
    assert_eq!(store.reader().maintenance().await.unwrap(), ["*"]);
}
