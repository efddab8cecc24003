//! `cargo xtask soak`: a release build of the server under everything that comes and goes, then with many streams
//! recorded, then with a browser that plays HLS.

use std::path::{Path, PathBuf};

use crate::check::in_root;
use crate::repo;
use crate::steps::{Failure, Outcome, exec, step};

const MINUTES_DEFAULT: u32 = 10;
/// How long hls.js plays at most.
const BROWSER_MINUTES_MAX: u32 = 5;

/// What a command line asks for.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    minutes: u32,
    scale: bool,
}

/// Builds the command and the soak, and runs it, live, recorded and in a browser; with `--scale`, the checks of scale instead.
pub(crate) fn run(root: &Path, args: &[&str]) -> Outcome {
    let plan = parse(args)?;
    build(root)?;
    if plan.scale {
        step("500 streams", || soak(root, &["many"]))?;
        return step("10,000 streams and 50,000 players", || soak(root, &["waves"]));
    }
    let minutes = plan.minutes.to_string();
    step(&format!("soak, {minutes} min"), || soak(root, &["live", "--minutes", &minutes]))?;
    step(&format!("200 streams recorded, {minutes} min"), || soak(root, &["record", "--minutes", &minutes]))?;
    // Last: what else runs on the machine counts most here.
    let shorter = plan.minutes.min(BROWSER_MINUTES_MAX).to_string();
    step(&format!("HLS in a browser, {shorter} min"), || soak(root, &["hls", "--minutes", &shorter]))
}

/// Builds the server as it is shipped, and the soak.
pub(crate) fn build(root: &Path) -> Outcome {
    step("build", || {
        exec(in_root(root).args(["build", "--release", "--package", "vivace"]))?;
        exec(in_root(root).args(["build", "--package", "vivace-tests", "--bin", "soak"]))
    })
}

/// Runs the soak on that server.
pub(crate) fn soak(root: &Path, args: &[&str]) -> Outcome {
    let mut command = std::process::Command::new(program(root, "debug", "soak"));
    exec(command.args(args).env("VIVACE_BIN", binary(root)))
}

/// The server as it is shipped.
pub(crate) fn binary(root: &Path) -> PathBuf {
    program(root, "release", "vivace")
}

fn program(root: &Path, folder: &str, name: &str) -> PathBuf {
    repo::target(root).join(folder).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

fn parse(args: &[&str]) -> Result<Plan, Failure> {
    match args {
        [] => Ok(Plan { minutes: MINUTES_DEFAULT, scale: false }),
        ["--scale"] => Ok(Plan { minutes: 0, scale: true }),
        ["--minutes", minutes] => match minutes.parse() {
            Ok(minutes @ 1..) => Ok(Plan { minutes, scale: false }),
            _ => Err(Failure::usage("--minutes wants a number of minutes, at least 1")),
        },
        other => Err(Failure::usage(format!("unknown option: {}", other.join(" ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Plan, parse};

    #[test]
    fn the_command_line_is_read_and_nonsense_is_refused() {
        assert_eq!(parse(&[]).unwrap(), Plan { minutes: 10, scale: false });
        assert_eq!(parse(&["--minutes", "3"]).unwrap(), Plan { minutes: 3, scale: false });
        assert_eq!(parse(&["--scale"]).unwrap(), Plan { minutes: 0, scale: true });
        for wrong in [&["--minutes"][..], &["--minutes", "0"], &["--minutes", "x"], &["3"]] {
            assert_eq!(parse(wrong).err().map(|failure| failure.code), Some(2), "{wrong:?}");
        }
    }
}
