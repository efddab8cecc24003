//! What the command asks of the machine itself: the time and randomness.

use std::time::{SystemTime, UNIX_EPOCH};

use vivace_base::UnixMs;

/// The time of day.
#[allow(clippy::disallowed_methods, reason = "the one place of the command that reads the clock")]
pub(crate) fn unix_now() -> UnixMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Unpredictable bytes.
///
/// # Errors
/// The operating system has none.
pub(crate) fn random<const N: usize>() -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(bytes)
}
