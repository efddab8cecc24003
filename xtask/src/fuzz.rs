//! `cargo xtask fuzz`: every parser that reads a peer's bytes, under libFuzzer for a while.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use crate::steps::{Failure, Outcome, exec, step, succeeds};

const SECONDS_DEFAULT: u32 = 60;
/// One input may not take longer: a parser that is slow on small input is a finding too.
const INPUT_SECONDS_MAX: u32 = 10;
/// A parser that asks for more than this at once has not checked a length.
const ALLOCATION_MB_MAX: u32 = 64;
/// The whole process; the sanitizer's quarantine alone takes a quarter of it.
const MEMORY_MB_MAX: u32 = 1024;

struct Plan<'a> {
    seconds: u32,
    targets: Vec<&'a str>,
}

/// Runs the targets named, or all of them, one after the other.
pub(crate) fn run(root: &Path, args: &[&str]) -> Outcome {
    let plan = parse(args)?;
    let known = targets(root)?;
    if let Some(unknown) = plan.targets.iter().find(|name| !known.iter().any(|target| target == *name)) {
        return Err(Failure::usage(format!("no fuzz target `{unknown}`; there are {}", known.join(", "))));
    }
    if !succeeds(Command::new("cargo").args(["fuzz", "--version"])) {
        return Err(Failure::new(
            "cargo-fuzz is not installed. Install it with `cargo install --locked cargo-fuzz`, \
             and the compiler it needs with `rustup toolchain install nightly`",
        ));
    }
    let chosen: Vec<&str> =
        if plan.targets.is_empty() { known.iter().map(String::as_str).collect() } else { plan.targets };
    chosen.into_iter().try_for_each(|target| step(target, || fuzz(root, target, plan.seconds)))
}

fn fuzz(root: &Path, target: &str, seconds: u32) -> Outcome {
    // The cargo that runs us has pinned its own toolchain in the environment; the targets need nightly.
    let mut command = Command::new("cargo");
    command.current_dir(root).env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN");
    command.args(["+nightly", "fuzz", "run", target, "--"]);
    command.arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-timeout={INPUT_SECONDS_MAX}"));
    command.arg(format!("-malloc_limit_mb={ALLOCATION_MB_MAX}"));
    command.arg(format!("-rss_limit_mb={MEMORY_MB_MAX}"));
    command.arg("-print_final_stats=1");
    exec(&mut command)
}

fn targets(root: &Path) -> Result<Vec<String>, Failure> {
    let folder = root.join("fuzz/fuzz_targets");
    let entries = std::fs::read_dir(&folder).map_err(|error| Failure::new(format!("{}: {error}", folder.display())))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension() == Some(OsStr::new("rs")))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}

fn parse<'a>(args: &[&'a str]) -> Result<Plan<'a>, Failure> {
    let mut plan = Plan { seconds: SECONDS_DEFAULT, targets: Vec::new() };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match *arg {
            "--seconds" => {
                let value = args.next().and_then(|value| value.parse().ok()).filter(|value| *value > 0);
                plan.seconds =
                    value.ok_or_else(|| Failure::usage("--seconds wants a number of seconds, at least 1"))?;
            }
            option if option.starts_with('-') => return Err(Failure::usage(format!("unknown option {option}"))),
            target => plan.targets.push(target),
        }
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::{parse, targets};
    use crate::repo;

    #[test]
    fn the_command_line_is_read_and_nonsense_is_refused() {
        let plan = parse(&["--seconds", "5", "media_amf"]).unwrap();
        assert_eq!((plan.seconds, plan.targets), (5, vec!["media_amf"]));
        for wrong in [&["--seconds"][..], &["--seconds", "0"], &["--seconds", "x"], &["--other"]] {
            assert_eq!(parse(wrong).err().map(|failure| failure.code), Some(2), "{wrong:?}");
        }
    }

    #[test]
    fn each_target_file_is_a_target_of_the_manifest() {
        let root = repo::root();
        let manifest = std::fs::read_to_string(root.join("fuzz/Cargo.toml")).unwrap();
        let names = targets(&root).unwrap();
        assert!(!names.is_empty());
        for name in &names {
            assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "fuzz/Cargo.toml lacks {name}");
        }
        assert_eq!(manifest.matches("[[bin]]").count(), names.len());
    }
}
