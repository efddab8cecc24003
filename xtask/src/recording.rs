//! `cargo xtask recording`: what recording costs, what a killed server loses, and the scenarios of recordings, two minutes
//! small, or long.

use std::path::Path;

use crate::check::in_root;
use crate::soak;
use crate::steps::{Failure, Outcome, exec, step};

/// How often the scenario kills a server; small and long.
const KILLS: [&str; 2] = ["3", "20"];

/// Builds the command and what measures it, and runs it: small, or for so many minutes.
pub(crate) fn run(root: &Path, args: &[&str]) -> Outcome {
    let minutes = parse(args)?;
    soak::build(root)?;
    step("scenarios", || {
        let kills = KILLS[usize::from(minutes.is_some())];
        let mut command = in_root(root);
        command.args(["test", "--package", "vivace-tests", "--test", "recording", "--test", "recording_kills"]);
        command.args(["--test", "recording_turns", "--", "--test-threads", "2"]);
        exec(command.args(["--nocapture"]).env("VIVACE_BIN", soak::binary(root)).env("VIVACE_RECORDING_KILLS", kills))
    })?;
    match minutes {
        None => step("40 streams", || soak::soak(root, &["record", "--small"])),
        Some(minutes) => {
            let minutes = minutes.to_string();
            step("200 streams", || soak::soak(root, &["record", "--minutes", &minutes]))
        }
    }
}

fn parse(args: &[&str]) -> Result<Option<u32>, Failure> {
    match args {
        [] => Ok(None),
        ["--minutes", minutes] => match minutes.parse() {
            Ok(minutes @ 1..) => Ok(Some(minutes)),
            _ => Err(Failure::usage("--minutes wants a number of minutes, at least 1")),
        },
        other => Err(Failure::usage(format!("unknown option: {}", other.join(" ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_command_line_is_read_and_nonsense_is_refused() {
        assert_eq!(parse(&[]).unwrap(), None);
        assert_eq!(parse(&["--minutes", "5"]).unwrap(), Some(5));
        for wrong in [&["--minutes"][..], &["--minutes", "0"], &["5"]] {
            assert_eq!(parse(wrong).err().map(|failure| failure.code), Some(2), "{wrong:?}");
        }
    }
}
