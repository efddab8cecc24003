//! Addresses as the owner of the keys signs them, written anew from the documented formula.

use std::time::{SystemTime, UNIX_EPOCH};

use md5::{Digest as _, Md5};

/// `txSecret`: md5 in hex of `KEY + StreamName + txTime`.
pub fn sign(key: &str, name: &str, tx_time: &str) -> String {
    let digest = Md5::digest([key, name, tx_time].concat());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `txTime` of an hour from now.
pub fn later() -> String {
    format!("{:X}", unix_s() + 3_600)
}

/// `txTime` of an hour ago.
pub fn expired() -> String {
    format!("{:X}", unix_s() - 3_600)
}

#[allow(clippy::disallowed_methods, reason = "a signature holds the time of day")]
pub(crate) fn unix_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// `host:port` of a URL.
pub fn authority(url: &str) -> &str {
    split(url).0
}

/// `host:port` of a URL, and what follows it.
///
/// # Panics
/// It is no URL.
pub fn split(url: &str) -> (&str, &str) {
    let (_, rest) = url.split_once("://").unwrap();
    rest.split_at(rest.find('/').unwrap_or(rest.len()))
}
