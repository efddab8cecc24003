//! A program of the machine that is asked something, and given up if it does not answer.

use std::io::{self, Read as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// How long a program may take to answer.
const ANSWER: Duration = Duration::from_secs(5);
/// Between two looks whether it has ended.
const LOOK: Duration = Duration::from_millis(10);
/// More than any list of codecs has.
const OUTPUT_BYTES_MAX: u64 = 1 << 20;

/// A program, by its path or its name on the path.
pub(super) struct Tool(PathBuf);

/// Why it has not answered.
#[derive(Debug)]
pub(super) enum ToolFault {
    /// There is no such program.
    Absent,
    /// It ended with a fault, or could not be run.
    Failed { reason: String },
    /// It did not end in time.
    Late { seconds: u64 },
}

impl Tool {
    pub(super) fn new(name: impl Into<PathBuf>) -> Self {
        Self(name.into())
    }

    /// What it writes to stdout with these arguments.
    pub(super) fn output(&self, args: &[&str]) -> Result<String, ToolFault> {
        let failed = |error: io::Error| ToolFault::Failed { reason: error.to_string() };
        let mut command = Command::new(&self.0);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => ToolFault::Absent,
            _ => failed(error),
        })?;
        // Read beside the wait: a program whose output is not taken would not end.
        let stdout = child.stdout.take();
        let reader = thread::spawn(move || {
            let mut said = Vec::new();
            let _ = stdout.map(|stdout| stdout.take(OUTPUT_BYTES_MAX).read_to_end(&mut said));
            said
        });
        for _ in 0..ANSWER.as_millis() / LOOK.as_millis() {
            match child.try_wait().map_err(failed)? {
                None => thread::sleep(LOOK),
                Some(status) if status.success() => {
                    let said = reader.join().unwrap_or_default();
                    return Ok(String::from_utf8_lossy(&said).into_owned());
                }
                Some(status) => return Err(ToolFault::Failed { reason: status.to_string() }),
            }
        }
        // It is ours, and has had its time.
        let _ = child.kill().and_then(|()| child.wait());
        Err(ToolFault::Late { seconds: ANSWER.as_secs() })
    }
}
