//! The scripts of `tests/browser`, which look at pages and players as people's browsers do.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::Tool;

/// One of the scripts, under way with these arguments.
#[track_caller]
pub fn script<A: AsRef<OsStr>>(name: &str, args: impl IntoIterator<Item = A>) -> Tool {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser").join(name);
    Tool::start(Command::new("node").arg(path).args(args))
}

/// What a script has seen: the JSON that it prints at its end.
///
/// # Panics
/// It does not end within this time, fails, or prints something else.
#[track_caller]
pub fn seen(mut script: Tool, within: Duration) -> Value {
    let status = script.wait_within(within);
    assert!(status.success(), "{}{}", script.stdout(), script.stderr());
    serde_json::from_str(script.stdout().trim()).expect("a script prints JSON")
}
