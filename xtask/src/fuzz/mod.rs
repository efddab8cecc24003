//! `cargo xtask fuzz`: every parser that reads a peer's bytes, under libFuzzer for a while.
//!
//! The targets are built with cargo and a nightly compiler, and nothing else: what coverage and sanitizer need are flags of
//! the compiler.

mod build;
mod corpus;
mod plan;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::repo;
use crate::steps::{Failure, Outcome, exec, step};

pub(crate) use corpus::{BYTES_MAX, FILES_MAX};

/// One input may not take longer: a parser that is slow on small input is a finding too.
const INPUT_SECONDS_MAX: u32 = 10;
/// A parser that asks for more than this at once has not checked a length.
const ALLOCATION_MB_MAX: u32 = 64;
/// The whole process; the sanitizer's quarantine alone takes a quarter of it.
const MEMORY_MB_MAX: u32 = 1024;

/// Where things of the targets lie.
struct Folders {
    /// Of the shells, their manifest and the committed inputs.
    fuzz: PathBuf,
    /// Of what is built and found: inside cargo's target folder, never committed.
    work: PathBuf,
}

impl Folders {
    fn of(root: &Path) -> Self {
        Self { fuzz: root.join("fuzz"), work: repo::target(root).join("fuzz") }
    }

    /// The inputs of a target that are committed.
    fn committed(&self, target: &str) -> PathBuf {
        self.fuzz.join("corpus").join(target)
    }

    /// The inputs that runs on this machine have found.
    fn found(&self, target: &str) -> PathBuf {
        self.work.join("corpus").join(target)
    }

    /// The inputs that break a promise.
    fn broken(&self, target: &str) -> PathBuf {
        self.work.join("artifacts").join(target)
    }
}

/// Runs the targets named, or all of them, one after the other.
pub(crate) fn run(root: &Path, args: &[&str]) -> Outcome {
    let plan = plan::parse(args)?;
    let known = targets(root)?;
    if let Some(unknown) = plan.targets.iter().find(|name| !known.iter().any(|target| target == *name)) {
        return Err(Failure::usage(format!("no fuzz target `{unknown}`; there are {}", known.join(", "))));
    }
    let folders = Folders::of(root);
    let chosen: Vec<&str> =
        if plan.targets.is_empty() { known.iter().map(String::as_str).collect() } else { plan.targets.clone() };
    step("nightly compiler", build::compiler)?;
    let programs = step("build", || build::targets(&folders, &chosen))?;
    for target in chosen {
        let program = programs.join(target);
        match plan.seconds {
            Some(seconds) => step(target, || fuzz(&folders, &program, target, seconds))?,
            None => step(target, || corpus::keep(&folders, &program, target))?,
        }
    }
    Ok(())
}

/// A target's program. What it does not look for is two variables of one name: those of SQLite's C, each in a function of its
/// own, are taken for one.
fn program_of(path: &Path) -> Command {
    let mut command = Command::new(path);
    command.env("ASAN_OPTIONS", "detect_odr_violation=0");
    command
}

fn fuzz(folders: &Folders, program: &Path, target: &str, seconds: u32) -> Outcome {
    let (found, broken) = (folders.found(target), folders.broken(target));
    for folder in [&found, &broken] {
        make(folder)?;
    }
    let mut command = program_of(program);
    command.arg(&found);
    let committed = folders.committed(target);
    if committed.is_dir() {
        command.arg(&committed);
    }
    command.arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-timeout={INPUT_SECONDS_MAX}"));
    command.arg(format!("-malloc_limit_mb={ALLOCATION_MB_MAX}"));
    command.arg(format!("-rss_limit_mb={MEMORY_MB_MAX}"));
    command.arg(format!("-artifact_prefix={}/", broken.display()));
    command.arg("-print_final_stats=1");
    exec(&mut command).map_err(|failure| {
        let next = format!(
            "the input lies in {}. Mend the parser, and give the input to the crate as a test with a name",
            broken.display()
        );
        Failure { say: format!("{}; {next}", failure.say), ..failure }
    })
}

/// The names of the targets: one shell each.
pub(crate) fn targets(root: &Path) -> Result<Vec<String>, Failure> {
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

fn make(folder: &Path) -> Outcome {
    std::fs::create_dir_all(folder).map_err(|error| Failure::new(format!("{}: {error}", folder.display())))
}

#[cfg(test)]
mod tests {
    use super::targets;
    use crate::repo;

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
