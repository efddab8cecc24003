//! Steps with a heading and a duration, and the commands they run.

use std::process::Command;
use std::time::Instant;

/// Why a step ended the run, and the exit code that says so.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Exit code of the process.
    pub(crate) code: u8,
    /// What happened and what to do, for a person.
    pub(crate) say: String,
}

impl Failure {
    /// A failure of the work itself: exit code 1.
    pub(crate) fn new(say: impl Into<String>) -> Self {
        Self { code: 1, say: say.into() }
    }

    /// A wrong command line: exit code 2.
    pub(crate) fn usage(say: impl Into<String>) -> Self {
        Self { code: 2, say: say.into() }
    }
}

/// What a step ends with.
pub(crate) type Outcome = Result<(), Failure>;

/// Runs one step under its heading and tells how long it took.
pub(crate) fn step<T>(name: &str, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    println!("\n== {name}");
    let started = now();
    let result = work();
    let word = if result.is_ok() { "done" } else { "FAILED" };
    println!("-- {name}: {word} in {:.1} s", started.elapsed().as_secs_f64());
    result.map_err(|failure| Failure { say: format!("{name}: {}", failure.say), ..failure })
}

#[allow(clippy::disallowed_methods, reason = "a duration printed for a person; nothing depends on it")]
fn now() -> Instant {
    Instant::now()
}

/// Runs a command with our own input and output; its exit code is the failure's.
pub(crate) fn exec(command: &mut Command) -> Outcome {
    let shown = shown(command);
    let status = command.status().map_err(|error| Failure::new(format!("`{shown}` cannot be started: {error}")))?;
    if status.success() {
        return Ok(());
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Err(Failure { code, say: format!("`{shown}` ended with {status}") })
}

/// Runs a command quietly; true if it exists and ended well.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// Standard output of a command, trimmed.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let shown = shown(command);
    let output = command.output().map_err(|error| Failure::new(format!("`{shown}` cannot be started: {error}")))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Failure::new(format!("`{shown}` ended with {}: {told}", output.status)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// The cargo that runs us, or the one on the path.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{Failure, exec, output, step, succeeds};

    #[test]
    fn the_exit_code_of_the_command_is_the_exit_code_of_the_step() {
        let failure = step("a step", || exec(Command::new("sh").args(["-c", "exit 7"]))).unwrap_err();
        assert_eq!(failure.code, 7);
        assert!(failure.say.starts_with("a step: "), "{}", failure.say);
    }

    #[test]
    fn a_command_that_does_not_exist_is_a_failure_and_not_a_success() {
        assert_eq!(exec(&mut Command::new("/no/such/program")).unwrap_err().code, 1);
        assert!(!succeeds(&mut Command::new("/no/such/program")));
    }

    #[test]
    fn output_is_trimmed_and_errors_are_carried() {
        assert_eq!(output(Command::new("sh").args(["-c", "echo ' a '"])).unwrap(), "a");
        let failure: Failure = output(Command::new("sh").args(["-c", "echo why >&2; exit 3"])).unwrap_err();
        assert!(failure.say.contains("why"), "{}", failure.say);
    }
}
