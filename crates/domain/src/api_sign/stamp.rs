use md5::{Digest, Md5};
use subtle::ConstantTimeEq;
use vivace_base::Secret;

use crate::text::hex;

/// `md5(key + t)` in lower hex, `t` as the text that is sent: the signature of `common_access` and of callbacks
/// (dossier `lvb_api`, sections c and e).
pub fn sign_stamp(key: &Secret<String>, t: &str) -> String {
    let mut hash = Md5::new();
    hash.update(key.reveal());
    hash.update(t);
    hex(&hash.finalize())
}

/// Whether `sign` is the signature of `t`, in upper or lower hex. An empty key signs nothing.
pub fn verify_stamp(key: &Secret<String>, t: &str, sign: &str) -> bool {
    let equal = sign_stamp(key, t).as_bytes().ct_eq(sign.to_ascii_lowercase().as_bytes());
    !key.reveal().is_empty() && bool::from(equal)
}
