//! `cargo xtask check`: what a developer runs while working. Needs nothing but the toolchain.

use std::path::Path;
use std::process::Command;

use crate::steps::{Outcome, cargo, exec, step, succeeds};
use crate::tidy;

/// Format, clippy, tidy and unit tests.
pub(crate) fn run(root: &Path) -> Outcome {
    form(root)?;
    step("unit tests", || unit_tests(root))
}

/// The steps that build no test: format, clippy, tidy.
pub(crate) fn form(root: &Path) -> Outcome {
    step("format", || exec(in_root(root).args(["fmt", "--all", "--check"])))?;
    step("clippy", || {
        exec(in_root(root).args(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))
    })?;
    step("tidy", || tidy::run(root))
}

fn unit_tests(root: &Path) -> Outcome {
    if nextest(root) {
        exec(in_root(root).args(["nextest", "run", "--workspace", "--lib", "--bins"]))
    } else {
        println!("cargo-nextest is not installed; `cargo test` runs the same tests, one crate after the other");
        exec(in_root(root).args(["test", "--workspace", "--lib", "--bins"]))
    }
}

/// Whether `cargo nextest` is there.
pub(crate) fn nextest(root: &Path) -> bool {
    succeeds(in_root(root).args(["nextest", "--version"]))
}

/// Cargo, run in the workspace's root.
pub(crate) fn in_root(root: &Path) -> Command {
    let mut command = cargo();
    command.current_dir(root);
    command
}
