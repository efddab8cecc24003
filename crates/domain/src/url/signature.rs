use std::fmt;

use md5::{Digest, Md5};
use subtle::{Choice, ConstantTimeEq};
use thiserror::Error;
use vivace_base::{Secret, StreamName, UnixMs};

use crate::text::hex;

/// `txSecret` and `txTime` as an address carries them; an empty value counts as none.
///
/// `Debug` shows no `txSecret`: with it the address can be used until it expires.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Signature {
    /// `txSecret`: md5 in hex, upper or lower case.
    pub tx_secret: Option<String>,
    /// `txTime`: the expiry, hashed as the very text that stands in the address.
    pub tx_time: Option<String>,
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tx_secret, tx_time } = self;
        let tx_secret = tx_secret.as_ref().map(|_| Secret::new(()));
        f.debug_struct("Signature").field("tx_secret", &tx_secret).field("tx_time", tx_time).finish()
    }
}

/// The two keys that a signature may have been made with. An empty key matches nothing.
#[derive(Clone, Copy, Debug)]
pub struct KeyPair<'a> {
    /// The key in use.
    pub main: &'a Secret<String>,
    /// The one accepted beside it.
    pub backup: &'a Secret<String>,
}

/// Which key a signature was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhichKey {
    /// The key in use.
    Main,
    /// The one accepted beside it.
    Backup,
}

/// A signature that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The key it was made with.
    pub key: WhichKey,
    /// When the address stops to be good: `txTime` and the validity.
    pub expires_at: UnixMs,
}

/// Why a signature does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignatureFault {
    /// No `txTime`.
    #[error("txTime is missing")]
    ExpiryMissing,
    /// No `txSecret`.
    #[error("txSecret is missing")]
    SignatureMissing,
    /// `txTime` cannot be read as a time.
    #[error("txTime must be Unix seconds, as 1 to 8 hex digits or as 10 decimal digits")]
    ExpiryMalformed,
    /// `txSecret` belongs to another key, name or time.
    #[error("txSecret does not match the key, the stream name and txTime")]
    SignatureWrong,
    /// The signature was right, but its time is over.
    #[error("txTime passed {ago_ms} ms ago, with the key's validity counted in")]
    Expired {
        /// Milliseconds since the end.
        ago_ms: u64,
    },
}

/// md5 in lower hex of `KEY + StreamName + txTime`, the last as the text that stands in the address.
pub fn sign(key: &Secret<String>, stream_name: &str, tx_time_literal: &str) -> String {
    hex(&digest(key, stream_name, tx_time_literal))
}

/// Checks a push address for `name`: an address is good until `txTime` and `validity_ms` have passed.
pub fn verify_push(
    signature: &Signature,
    name: &StreamName,
    keys: KeyPair<'_>,
    validity_ms: u64,
    now: UnixMs,
) -> Result<Verified, SignatureFault> {
    verify(signature, &[name.as_str()], keys, validity_ms, now)
}

/// Checks a play address for `name`, the file's name without its extension.
///
/// For the name of a [`Rendition`](crate::rendition::Rendition) of `base` (`_550`, `_aac`) the signature may have been made
/// with or without that suffix: clients of both kinds exist.
pub fn verify_play(
    signature: &Signature,
    name: &StreamName,
    base: Option<&StreamName>,
    keys: KeyPair<'_>,
    validity_ms: u64,
    now: UnixMs,
) -> Result<Verified, SignatureFault> {
    match base {
        Some(base) => verify(signature, &[name.as_str(), base.as_str()], keys, validity_ms, now),
        None => verify(signature, &[name.as_str()], keys, validity_ms, now),
    }
}

fn verify(
    signature: &Signature,
    names: &[&str],
    keys: KeyPair<'_>,
    validity_ms: u64,
    now: UnixMs,
) -> Result<Verified, SignatureFault> {
    let tx_time = given(&signature.tx_time).ok_or(SignatureFault::ExpiryMissing)?;
    let tx_secret = given(&signature.tx_secret).ok_or(SignatureFault::SignatureMissing)?;
    let expiry_s = parse_tx_time(tx_time).ok_or(SignatureFault::ExpiryMalformed)?;
    // The signature comes before the clock: a forged address learns nothing about times.
    let key = matching_key(tx_secret, tx_time, names, keys).ok_or(SignatureFault::SignatureWrong)?;
    let validity_ms = i64::try_from(validity_ms).unwrap_or(i64::MAX);
    let expires_at = UnixMs(expiry_s.saturating_mul(1_000).saturating_add(validity_ms));
    if now > expires_at {
        return Err(SignatureFault::Expired { ago_ms: now.0.abs_diff(expires_at.0) });
    }
    Ok(Verified { key, expires_at })
}

fn given(value: &Option<String>) -> Option<&str> {
    value.as_deref().filter(|text| !text.is_empty())
}

/// Hex is the documented form, ten decimal digits the newer one. The lengths tell them apart: eight hex digits last
/// until 2106, and ten decimal digits begin in 2001.
fn parse_tx_time(literal: &str) -> Option<i64> {
    let digits = literal.len();
    if (1..=8).contains(&digits) && literal.bytes().all(|b| b.is_ascii_hexdigit()) {
        i64::from_str_radix(literal, 16).ok()
    } else if digits == 10 && literal.bytes().all(|b| b.is_ascii_digit()) {
        literal.parse().ok()
    } else {
        None
    }
}

/// Tries both keys on all names without stopping early, so that the time taken tells nothing.
fn matching_key(tx_secret: &str, tx_time: &str, names: &[&str], keys: KeyPair<'_>) -> Option<WhichKey> {
    let claimed = parse_digest(tx_secret)?;
    let try_key = |key: &Secret<String>| {
        let usable = Choice::from(u8::from(!key.reveal().is_empty()));
        let any = names.iter().fold(Choice::from(0), |any, name| any | digest(key, name, tx_time).ct_eq(&claimed));
        bool::from(usable & any)
    };
    let (main, backup) = (try_key(keys.main), try_key(keys.backup));
    if main {
        Some(WhichKey::Main)
    } else if backup {
        Some(WhichKey::Backup)
    } else {
        None
    }
}

fn parse_digest(hex: &str) -> Option<[u8; 16]> {
    if hex.len() != 32 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(hex, 16).ok().map(u128::to_be_bytes)
}

fn digest(key: &Secret<String>, stream_name: &str, tx_time_literal: &str) -> [u8; 16] {
    let mut hash = Md5::new();
    hash.update(key.reveal());
    hash.update(stream_name);
    hash.update(tx_time_literal);
    hash.finalize().into()
}
