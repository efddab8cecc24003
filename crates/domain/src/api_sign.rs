//! Signatures of API requests: version 2 (HMAC over the sorted parameters), TC3 (API 3.0), and `md5(key + t)` of
//! `common_access` and of callbacks. Dossier `lvb_api`, sections a.4, c, e and h.
//!
//! All comparisons take constant time, and every variant is computed whichever matches.

mod stamp;
mod tc3;
#[cfg(test)]
mod tests;
mod v2;

pub use stamp::{sign_stamp, verify_stamp};
pub use tc3::{Tc3Authorization, Tc3Fault, Tc3Request, payload_hash, sign_tc3, verify_tc3};
pub use v2::{Algorithm, Ordering, V2Request, sign_v2, verify_v2};
