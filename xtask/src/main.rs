//! The workspace's own commands: `cargo xtask` without arguments lists them.

mod check;
mod codes;
mod fuzz;
mod hostile;
mod limits;
mod prepare;
mod recording;
mod repo;
mod rust;
mod soak;
mod steps;
mod test;
mod tidy;

use std::path::Path;
use std::process::ExitCode;

use steps::{Failure, Outcome};

const HELP: &str = "\
cargo xtask COMMAND

  check             format, clippy, tidy and the unit tests; what to run while working
  test              everything, on a fresh machine too: installs what the tests need, builds, runs all tests
  tidy              the rules that no compiler checks
  codes [--write]   rows of the catalogue reached by scenarios, per table; --write generates code and pages
  limits [--write]  whether docs/limits.md is fresh; --write generates it
  hostile           measures the delay of a stream before and during attacks; a few minutes, on a calm machine
  recording [--minutes N]
                    scenarios of recordings, what they cost and what a killed server loses; two minutes, or 200 streams for
                    N minutes with 20 kills
  soak [--minutes N | --scale]
                    publishers and players come and go for N minutes, 10 if not given: fails on growth of memory, handles,
                    delay or offset; then 200 streams are recorded for N minutes, with 20 kills and a stream of half an
                    hour whose sound and pictures must stay in step; --scale runs 500 streams, then 10,000 streams and 50,000 players that are dropped
  fuzz [--seconds N | --long | --keep] [TARGET...]
                    each fuzz target (or those named) for N seconds, 60 if not given, an hour with --long; --keep runs
                    none, and puts the fewest inputs that reach everything that was reached into fuzz/corpus";

fn main() -> ExitCode {
    let root = repo::root();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&root, &args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {}", failure.say);
            ExitCode::from(failure.code)
        }
    }
}

fn run(root: &Path, args: &[&str]) -> Outcome {
    match args {
        ["check"] => check::run(root),
        ["test"] => test::run(root),
        ["tidy"] => tidy::run(root),
        ["codes"] => codes(root),
        ["codes", "--write"] => codes::write(root).map_err(Failure::new),
        ["limits"] => limits::fresh(root),
        ["limits", "--write"] => limits::write(root),
        ["hostile"] => hostile::run(root),
        ["recording", rest @ ..] => recording::run(root, rest),
        ["soak", rest @ ..] => soak::run(root, rest),
        ["fuzz", rest @ ..] => fuzz::run(root, rest),
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        other => Err(Failure::usage(format!("unknown command or option: {}\n\n{HELP}", other.join(" ")))),
    }
}

fn codes(root: &Path) -> Outcome {
    print!("{}", codes::coverage(root).map_err(Failure::new)?);
    codes::fresh(root).map_err(Failure::new)
}
