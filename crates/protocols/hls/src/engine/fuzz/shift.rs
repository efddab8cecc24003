use crate::engine::Shift;

/// Any text as the query of a request for a stream's past: what is refused says why, and what was read is read again from
/// the way that our own playlists write it.
///
/// # Panics
/// If it is not.
pub fn shift(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let shift = match Shift::parse(&text) {
        Ok(shift) => shift,
        Err(fault) => return assert!(!fault.to_string().is_empty()),
    };
    let Some(shift) = shift else { return };
    let written = match shift {
        Shift::Behind { ms } => format!("txTimeshift=on&tsDelay={}", ms / 1_000),
        Shift::Between { from, to } => {
            assert!(to.is_none_or(|to| from < to), "the end is not later than the begin");
            let time = |name: &str, at: i64| format!("{name}={at}&txTimeshift=on&tsFormat=unix_ms");
            // Other times cannot be written so.
            let Some(to) = to.filter(|to| from.0 >= 0 && to.0 < 100_000_000_000_000) else { return };
            format!("{}&tsEnd={}", time("tsStart", from.0), to.0)
        }
    };
    assert_eq!(Shift::parse(&written), Ok(Some(shift)), "{written}");
}
