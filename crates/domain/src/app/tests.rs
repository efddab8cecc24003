use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use vivace_base::{AppId, Rng};

use super::sample::{ALNUM, between, text};
use super::{App, Keys};

/// A seeded xorshift: the same seed gives the same keys.
struct Seeded(AtomicU64);

impl Seeded {
    fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Rng for Seeded {
    fn fill(&self, out: &mut [u8]) {
        let mut state = self.0.load(Ordering::Relaxed);
        for byte in out {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = (state >> 32) as u8;
        }
        self.0.store(state, Ordering::Relaxed);
    }
}

/// Plays back fixed bytes, then zeros.
struct Played(Vec<u8>, AtomicUsize);

impl Played {
    fn new(bytes: Vec<u8>) -> Self {
        Self(bytes, AtomicUsize::new(0))
    }
}

impl Rng for Played {
    fn fill(&self, out: &mut [u8]) {
        let at = self.1.fetch_add(out.len(), Ordering::Relaxed);
        for (byte, i) in out.iter_mut().zip(at..) {
            *byte = self.0.get(i).copied().unwrap_or(0);
        }
    }
}

fn secrets(keys: &Keys) -> Vec<&str> {
    let all = [
        &keys.sdk_secret,
        &keys.secret_key,
        &keys.api_key,
        &keys.push_key,
        &keys.push_key_backup,
        &keys.play_key,
        &keys.play_key_backup,
        &keys.callback_key,
        &keys.zim_server_secret,
        &keys.auth_key,
        &keys.api_token,
    ];
    all.map(|secret| secret.reveal().as_str()).to_vec()
}

fn hex(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[test]
fn generated_keys_have_the_form_that_clients_expect() {
    for seed in 1..200 {
        let App { id, keys } = App::generate(AppId(7), &Seeded::new(seed));
        assert_eq!(id, AppId(7));
        assert!((1_400_000_000..=1_499_999_999).contains(&keys.sdkappid));
        assert!((1_250_000_000..=1_259_999_999).contains(&keys.appid));
        assert!((1_000..=99_999).contains(&keys.bizid));
        assert!(keys.zim_app_id >= 1_000_000_000);
        assert!(hex(keys.sdk_secret.reveal(), 64));
        for key in [&keys.api_key, &keys.push_key, &keys.play_key, &keys.callback_key] {
            assert!(hex(key.reveal(), 32));
        }
        assert!(keys.secret_id.len() == 36 && keys.secret_id.starts_with("AKID"));
        assert_eq!(keys.secret_key.reveal().len(), 32);
        assert_eq!(keys.zim_server_secret.reveal().len(), 32);
        assert_eq!(keys.auth_key.reveal().len(), 16);
        assert_eq!(keys.api_token.reveal().len(), 43);
        assert!(secrets(&keys).iter().all(|secret| secret.is_ascii()));
    }
}

#[test]
fn no_two_keys_of_one_or_of_two_apps_are_alike() {
    let (one, two) = (App::generate(AppId(1), &Seeded::new(1)), App::generate(AppId(1), &Seeded::new(2)));
    let all: BTreeSet<_> = secrets(&one.keys).into_iter().chain(secrets(&two.keys)).collect();
    assert_eq!(all.len(), 22);
}

#[test]
fn debug_of_an_app_shows_no_secret() {
    let app = App::generate(AppId(1), &Seeded::new(9));
    let shown = format!("{app:?}");
    for secret in secrets(&app.keys) {
        assert!(!shown.contains(secret));
    }
}

#[test]
fn bytes_that_would_favour_some_characters_are_drawn_again() {
    // 62 characters: 248 to 255 lie above the last whole multiple.
    let rng = Played::new(vec![248, 255, 61, 62, 247]);
    assert_eq!(text(&rng, ALNUM, 3), "9A9");
}

#[test]
fn numbers_that_would_favour_some_values_are_drawn_again() {
    // Three values: 4294967295 lies above the last whole multiple of 3 below 2^32.
    let rng = Played::new([u32::MAX.to_le_bytes(), 5_u32.to_le_bytes()].concat());
    assert_eq!(between(&rng, 10, 12), 12);
    let rng = Played::new(u32::MAX.to_le_bytes().to_vec());
    assert_eq!(between(&rng, 0, u32::MAX), u32::MAX);
}

#[test]
fn every_value_of_a_small_range_is_met_about_equally_often() {
    let rng = Seeded::new(42);
    let mut counts = [0_u32; 5];
    for _ in 0..10_000 {
        counts[between(&rng, 100, 104) as usize - 100] += 1;
    }
    assert!(counts.iter().all(|n| (1_800..2_200).contains(n)), "{counts:?}");
}
