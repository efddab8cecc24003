//! Entry point for fuzzing: any bytes may go in, nothing may panic.

use super::expiry::not_after;
use super::facts::facts;

/// Cuts that are tried of one input.
const CUTS_MAX: usize = 1_024;

/// Any bytes as a certificate in DER: both readings of it agree, and neither a part of it nor what follows it is another.
///
/// # Panics
/// If a promise is broken.
pub fn certificate(data: &[u8]) {
    let told = facts(data);
    if let Some(told) = &told {
        assert_eq!(not_after(data), Some(told.expires_at), "it ends at two times");
        // Sixteen bytes of an address, with two before them, are 39 characters at most.
        let characters: usize = told.names.iter().map(String::len).sum();
        assert!(characters <= data.len().saturating_mul(3), "more names than bytes");
        assert_eq!(facts(&[data, b"\x30\0"].concat()).as_ref(), Some(told), "what follows changes it");
    }
    for end in 0..data.len().min(CUTS_MAX) {
        let part = facts(&data[..end]);
        assert!(part.is_none() || part == told, "a part is another certificate");
    }
}
