//! Numbers and texts drawn evenly from a range or an alphabet.

use vivace_base::Rng;

pub(super) const LOWER_HEX: &[u8] = b"0123456789abcdef";
pub(super) const ALNUM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
pub(super) const BASE64URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A number from `low` to `high`, both included.
pub(super) fn between(rng: &dyn Rng, low: u32, high: u32) -> u32 {
    let values = u64::from(high.saturating_sub(low)) + 1;
    // A plain remainder would favour small numbers: what lies above the last whole multiple is drawn again.
    let whole = (1 << 32) / values * values;
    loop {
        let mut raw = [0; 4];
        rng.fill(&mut raw);
        let drawn = u64::from(u32::from_le_bytes(raw));
        if drawn < whole {
            return u32::try_from(drawn % values).unwrap_or(0) + low;
        }
    }
}

/// `len` characters of `alphabet`, which holds 1 to 256 ASCII characters.
pub(super) fn text(rng: &dyn Rng, alphabet: &[u8], len: usize) -> String {
    let whole = 256 / alphabet.len() * alphabet.len();
    let mut out = String::with_capacity(len);
    let mut raw = [0; 64];
    while out.len() < len {
        rng.fill(&mut raw);
        let even = raw.iter().map(|byte| usize::from(*byte)).filter(|drawn| *drawn < whole);
        let chars = even.filter_map(|drawn| alphabet.get(drawn % alphabet.len()));
        out.extend(chars.take(len - out.len()).map(|byte| char::from(*byte)));
    }
    raw.fill(0);
    out
}
