use std::fmt::Write as _;

use md5::{Digest, Md5};
use subtle::ConstantTimeEq;
use vivace_base::Secret;

/// `md5(key + t)` in lower hex, `t` as the text that is sent: the signature of `common_access` and of callbacks
/// (dossier `lvb_api`, sections c and e).
pub fn sign_stamp(key: &Secret<String>, t: &str) -> String {
    let mut hash = Md5::new();
    hash.update(key.reveal());
    hash.update(t);
    hash.finalize().iter().fold(String::with_capacity(32), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Whether `sign` is the signature of `t`, in upper or lower hex. An empty key signs nothing.
pub fn verify_stamp(key: &Secret<String>, t: &str, sign: &str) -> bool {
    let equal = sign_stamp(key, t).as_bytes().ct_eq(sign.to_ascii_lowercase().as_bytes());
    !key.reveal().is_empty() && bool::from(equal)
}
