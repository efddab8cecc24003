//! Bodies of callbacks: JSON objects that are posted to the customer's server (dossier `lvb_api`, section e).
//!
//! Fields stand in the order of their names, as the original sends them. `t` and `sign` are put in for each try, since
//! they end after ten minutes and a try may come a day later.

mod push;
mod push_error;
mod recorded;
mod screenshot;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;
use thiserror::Error;
use vivace_base::{Secret, UnixMs};
use vivace_domain::api_sign::sign_stamp;

pub use push::{PushEnd, PushFacts, push_began, push_ended};
pub use push_error::push_error;
pub use recorded::{RecordedFacts, recorded};
pub use screenshot::{ScreenshotFacts, screenshot};

/// How long the signature of a callback is good for, in seconds.
pub const VALIDITY_S: i64 = 600;

/// What is to be sent is no JSON object.
#[derive(Debug, Error)]
#[error("the body of a callback is no JSON object: {0}")]
pub struct BodyFault(#[from] serde_json::Error);

/// A body with `t`, which is [`VALIDITY_S`] after `now`, and `sign`.
///
/// # Errors
/// The body is no JSON object.
pub fn signed(body: &str, key: &Secret<String>, now: UnixMs) -> Result<Vec<u8>, BodyFault> {
    let mut fields: BTreeMap<String, Value> = serde_json::from_str(body)?;
    let t = now.0.div_euclid(1_000).saturating_add(VALIDITY_S);
    fields.insert("t".to_owned(), t.into());
    fields.insert("sign".to_owned(), sign_stamp(key, &t.to_string()).into());
    Ok(serde_json::to_vec(&fields)?)
}

/// Seconds since 1970.
const fn seconds(at: UnixMs) -> i64 {
    at.0.div_euclid(1_000)
}

/// A body as text. A struct of texts and numbers can be written as JSON; if it ever cannot, an empty object is sent,
/// whose signature still tells the receiver that it is from here.
fn text(body: &impl serde::Serialize) -> String {
    serde_json::to_string(body).unwrap_or_else(|_| "{}".to_owned())
}
