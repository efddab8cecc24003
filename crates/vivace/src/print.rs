//! Output for people and scripts. A reader that has gone, as in `vivace explain --search a | head`, is no fault.

use std::io::{self, Write as _};

/// Writes to stdout and ends the line if it is not ended.
pub(crate) fn out(text: &str) {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let mut stdout = io::stdout().lock();
    // Where stdout is closed or full, there is nobody to tell.
    let _ = write!(stdout, "{text}{end}").and_then(|()| stdout.flush());
}

/// Writes a line to stderr, outside the log.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
