use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use vivace_base::{Clock, Limits, MonoMs, Rng, Secret, UnixMs};
use vivace_domain::access::{CLOCK_TOLERANCE_S, ClockFault};
use vivace_domain::account::{Account, AccountFault, CredentialRights};
use vivace_store::{FIRST_APP, NewAudit, Replay, Store};

use crate::{Audited, Caller, Standing};

use super::{Access, AccessChangeFault, AccessFault, AccountNumber, NumberKind, SignedCall};

const NOW_S: u64 = 1_700_000_000;

struct Still(AtomicI64);

impl Clock for Still {
    fn unix(&self) -> UnixMs {
        UnixMs(self.0.load(Relaxed))
    }

    fn mono(&self) -> MonoMs {
        MonoMs(0)
    }
}

struct Counting(AtomicU64);

impl Rng for Counting {
    fn fill(&self, out: &mut [u8]) {
        for byte in out {
            let next = self.0.fetch_add(1, Relaxed).wrapping_mul(6_364_136_223_846_793_005);
            *byte = (next >> 56) as u8;
        }
    }
}

/// A store in a folder of its own, which goes with it.
struct Scene {
    access: Access,
    clock: Arc<Still>,
    rng: Arc<Counting>,
    secret_id: String,
    data: PathBuf,
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

fn row() -> NewAudit {
    let caller = Caller { face: "test", who: "t".to_owned(), peer: None };
    let (operation, subject) = ("test.change", "test".to_owned());
    Audited { app: FIRST_APP, caller, operation, subject, before: None, after: None }.at(UnixMs(0))
}

async fn scene(limits: Limits) -> Scene {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let number = MADE.fetch_add(1, Relaxed);
    let data = std::env::temp_dir().join(format!("vivace-gate-access-{}-{number}", std::process::id()));
    let store = Store::open(&data, &limits).await.expect("a store");
    let clock = Arc::new(Still(AtomicI64::new(NOW_S as i64 * 1_000)));
    let rng = Arc::new(Counting(AtomicU64::new(number)));
    let (app, _) = store.app_or_create(rng.as_ref(), clock.unix()).await.expect("an app");
    let replay = Replay::open(&data, limits.api_replay_keys_max, rng.clone(), clock.unix()).expect("a memory");
    let standing = Arc::new(Standing::load(store.reader()).await.expect("readable"));
    let access = Access::new(store, standing, Arc::new(replay), clock.clone(), limits.into());
    Scene { access, clock, rng, secret_id: app.keys.secret_id, data }
}

fn right(_: &Secret<String>) -> bool {
    true
}

fn call(secret_id: &str, nonce: u64) -> SignedCall<'_> {
    SignedCall {
        secret_id,
        is_signed_with: &right,
        timestamp_s: NOW_S,
        clock_tolerance_s: CLOCK_TOLERANCE_S,
        nonce: Some(nonce),
        action: "A",
        is_query: true,
        numbers: &[],
    }
}

impl Scene {
    async fn admit(&self, call: &SignedCall<'_>) -> Option<AccessFault> {
        self.access.admit(call).await.err()
    }
}

#[tokio::test]
async fn the_checks_come_in_their_order() {
    let scene = scene(Limits { api_queries_per_minute_max: 2, ..Limits::default() }).await;
    let id = scene.secret_id.clone();
    let wrong = |_: &Secret<String>| false;
    let mut bad = SignedCall { is_signed_with: &wrong, timestamp_s: 0, ..call("AKIDother", 1) };
    assert_eq!(scene.admit(&bad).await, Some(AccessFault::CredentialUnknown));
    bad.secret_id = &id;
    assert_eq!(scene.admit(&bad).await, Some(AccessFault::SignatureWrong));
    bad.is_signed_with = &right;
    let blocked = Account { blocked: true, ..Account::default() };
    assert_eq!(scene.access.set_account(FIRST_APP, &blocked, row()).await, Ok(Account::default()));
    assert_eq!(scene.admit(&bad).await, Some(AccountFault::Blocked.into()));
    scene.access.set_account(FIRST_APP, &Account::default(), row()).await.expect("written");
    let numbers = [AccountNumber { field: "appid", kind: NumberKind::AppId, given: "1" }];
    bad.numbers = &numbers;
    assert_eq!(scene.admit(&bad).await, Some(AccountFault::Mismatch { field: "appid" }.into()));
    bad.numbers = &[];
    assert!(matches!(scene.admit(&bad).await, Some(AccessFault::Clock(ClockFault::Old { .. }))));

    assert_eq!(scene.admit(&call(&id, 1)).await, None);
    assert_eq!(scene.admit(&call(&id, 1)).await, Some(AccessFault::Replayed));
    assert_eq!(scene.admit(&call(&id, 2)).await, None);
    assert_eq!(scene.admit(&call(&id, 1)).await, Some(AccessFault::Replayed), "the replay is said before the quota");
    assert!(matches!(scene.admit(&call(&id, 3)).await, Some(AccessFault::RateQuota { max: 2, .. })));
    assert_eq!(
        scene.admit(&SignedCall { is_query: false, ..call(&id, 4) }).await,
        None,
        "its class has a quota of its own"
    );
    // What the quota refused is not on record: it may come again.
    scene.clock.0.fetch_add(60_000, Relaxed);
    assert_eq!(scene.admit(&call(&id, 3)).await, None);
    assert_eq!(scene.access.replay().len(), 4);
}

#[tokio::test]
async fn a_change_is_in_force_with_the_next_call() {
    let scene = scene(Limits { api_credentials_max: 2, ..Limits::default() }).await;
    let (access, id) = (&scene.access, scene.secret_id.clone());
    assert_eq!(scene.admit(&call(&id, 1)).await, None);
    let few = CredentialRights { enabled: true, actions: Some(vec!["B".to_owned()]) };
    access.set_credential_rights(FIRST_APP, &id, &few, row()).await.expect("written");
    let denied = AccountFault::ActionDenied { action: "A".to_owned() };
    assert_eq!(scene.admit(&call(&id, 2)).await, Some(denied.into()));
    assert_eq!(scene.admit(&SignedCall { action: "B", ..call(&id, 3) }).await, None);

    // A second credential, then the first goes: no call in between is refused.
    let second = access.add_credential(FIRST_APP, scene.rng.as_ref(), |_| row()).await.expect("room for two");
    assert!(second.secret_id != id && second.secret_id.starts_with("AKID"));
    assert_eq!(scene.admit(&call(&second.secret_id, 1)).await, None);
    let third = access.add_credential(FIRST_APP, scene.rng.as_ref(), |_| row()).await;
    assert_eq!(third, Err(AccessChangeFault::TooMany { max: 2 }));
    access.remove_credential(FIRST_APP, &id, row()).await.expect("it is there");
    assert_eq!(access.remove_credential(FIRST_APP, &id, row()).await, Err(AccessChangeFault::CredentialUnknown));
    assert_eq!(scene.admit(&call(&id, 4)).await, Some(AccessFault::CredentialUnknown));
    assert_eq!(access.credentials(FIRST_APP).await, Ok(vec![second.clone()]));
    let comma = CredentialRights { enabled: true, actions: Some(vec!["A,B".to_owned()]) };
    let named = access.set_credential_rights(FIRST_APP, &second.secret_id, &comma, row()).await;
    assert_eq!(named, Err(AccessChangeFault::ActionName));

    let deleted = Account { deleted: true, ..Account::default() };
    access.set_account(FIRST_APP, &deleted, row()).await.expect("written");
    assert_eq!(scene.admit(&call(&second.secret_id, 2)).await, Some(AccountFault::Gone.into()));
}

#[tokio::test]
async fn maintenance_closes_one_action_or_all() {
    let scene = scene(Limits::default()).await;
    let access = &scene.access;
    assert_eq!(access.admit_action("A").await, Ok(()));
    assert_eq!(access.set_maintenance(Some("A"), true, row()).await, Ok(true));
    assert_eq!(access.admit_action("A").await, Err(AccessFault::Maintenance));
    assert_eq!(access.admit_action("B").await, Ok(()));
    assert_eq!(access.set_maintenance(None, true, row()).await, Ok(true));
    assert_eq!(access.admit_action("B").await, Err(AccessFault::Maintenance));
    assert_eq!(access.maintenance().await, Ok(vec!["*".to_owned(), "A".to_owned()]));
    assert_eq!(access.set_maintenance(None, false, row()).await, Ok(true));
    assert_eq!(access.set_maintenance(Some("A"), false, row()).await, Ok(true));
    assert_eq!(access.admit_action("A").await, Ok(()));
}

#[tokio::test]
async fn a_full_memory_refuses_until_there_is_room() {
    let scene = scene(Limits { api_replay_keys_max: 1, ..Limits::default() }).await;
    let id = scene.secret_id.clone();
    assert_eq!(scene.admit(&call(&id, 1)).await, None);
    assert_eq!(scene.admit(&call(&id, 2)).await, Some(AccessFault::MemoryFull { max: 1 }));
    assert_eq!(scene.admit(&call(&id, 1)).await, Some(AccessFault::Replayed));
}
