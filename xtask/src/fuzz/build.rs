use std::path::PathBuf;
use std::process::Command;

use super::Folders;
use crate::steps::{Failure, Outcome, exec, output, succeeds};

/// Coverage that libFuzzer follows, and the address sanitizer, by which it sees memory that is asked for. One unit of code
/// per crate, because the coverage of a function must not be counted twice.
const FLAGS: [&str; 7] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Zsanitizer=address",
    "-Ccodegen-units=1",
];

/// Sees to it that there is a nightly compiler, which alone has sanitizers.
pub(super) fn compiler() -> Outcome {
    if succeeds(nightly().arg("--version")) {
        return Ok(());
    }
    let mut install = Command::new("rustup");
    install.args(["toolchain", "install", "nightly", "--profile", "minimal"]);
    let failed = match exec(&mut install) {
        Ok(()) if succeeds(nightly().arg("--version")) => return Ok(()),
        Ok(()) => "it is still not there".to_owned(),
        Err(failure) => failure.say,
    };
    Err(Failure::new(format!(
        "fuzzing needs a nightly compiler ({failed}). With rustup (https://rustup.rs) install it by \
         `rustup toolchain install nightly --profile minimal`"
    )))
}

/// Builds the targets and returns the folder of their programs.
pub(super) fn targets(folders: &Folders, chosen: &[&str]) -> Result<PathBuf, Failure> {
    // Sanitizers and build scripts do not mix: with a target named, the flags are not theirs.
    let host = host()?;
    let mut command = nightly();
    command.current_dir(&folders.fuzz).env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\x1f")).env_remove("RUSTFLAGS");
    command.args(["build", "--release", "--locked", "--target", &host]).arg("--target-dir").arg(&folders.work);
    for target in chosen {
        command.args(["--bin", target]);
    }
    exec(&mut command)?;
    Ok(folders.work.join(host).join("release"))
}

fn host() -> Result<String, Failure> {
    let mut command = nightly();
    let told = output(command.args(["-vV"]))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure::new("`cargo +nightly -vV` does not say what the machine is"))
}

/// Cargo of the nightly toolchain. The cargo that runs us has pinned its own in the environment.
fn nightly() -> Command {
    let mut command = Command::new("cargo");
    command.arg("+nightly").env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO_TARGET_DIR");
    command
}
