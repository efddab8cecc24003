//! `cargo xtask hostile`: what attacks do to the delay of others. Times are for a person to read, so no test asserts them.

use std::path::Path;

use crate::check::in_root;
use crate::repo;
use crate::steps::{Outcome, exec, step};

/// Builds the server as it is shipped, and measures.
pub(crate) fn run(root: &Path) -> Outcome {
    step("build", || exec(in_root(root).args(["build", "--release", "--package", "vivace"])))?;
    let binary = repo::target(root).join("release").join(format!("vivace{}", std::env::consts::EXE_SUFFIX));
    let args = ["test", "--release", "--package", "vivace-tests", "--test", "hostile_delay", "--", "--nocapture"];
    step("measure", || exec(in_root(root).args(args).env("VIVACE_BIN", binary).env("VIVACE_HOSTILE_PICTURES", "500")))
}
