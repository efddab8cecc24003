//! `cargo xtask test`: everything, from a fresh clone on a fresh machine.

use std::path::Path;
use std::process::Command;

use crate::check::{form, in_root, nextest};
use crate::prepare::{self, Prepared};
use crate::repo;
use crate::steps::{Outcome, exec, step};

/// Prepares the machine, checks form, builds the binary and runs every test.
pub(crate) fn run(root: &Path) -> Outcome {
    let prepared = step("prepare", || prepare::run(root))?;
    form(root)?;
    step("build", || exec(in_root(root).args(["build", "--package", "vivace"])))?;
    if doc_examples(root) {
        step("examples in the documentation", || exec(in_root(root).args(["test", "--workspace", "--doc"])))?;
    }
    step("tests", || tests(root, &prepared))?;
    // Last, since it puts a binary of another kind where the others look for theirs.
    step("traces", || exec(in_root(root).args(["test", "--package", "vivace", "--features", "otel", "--test", "otel"])))
}

fn tests(root: &Path, prepared: &Prepared) -> Outcome {
    let mut command = in_root(root);
    if nextest(root) {
        command.args(["nextest", "run", "--workspace"]);
    } else {
        println!("cargo-nextest is not installed; `cargo test` runs the same tests, without its time-outs and groups");
        command.args(["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]);
        command.args(["--", "--test-threads", "2"]);
    }
    environment(&mut command, root, prepared);
    exec(&mut command)
}

/// What the scenario tests need to know and cannot find out by themselves.
fn environment(command: &mut Command, root: &Path, prepared: &Prepared) {
    let binary = repo::target(root).join("debug").join(format!("vivace{}", std::env::consts::EXE_SUFFIX));
    command.env("VIVACE_BIN", binary);
    command.env("VIVACE_FFMPEG_NEW", &prepared.ffmpeg_new);
    if std::env::var_os("CARGO_TERM_COLOR").is_none() {
        command.env("CARGO_TERM_COLOR", if std::env::var_os("CI").is_some() { "never" } else { "auto" });
    }
}

/// Whether any crate's documentation holds an example that rustdoc would run.
fn doc_examples(root: &Path) -> bool {
    let tree = repo::Repo::load(root);
    tree.rust().filter(|file| file.path.starts_with("crates/")).any(|file| runs_examples(&file.text))
}

fn runs_examples(text: &str) -> bool {
    let mut inside = false;
    for line in text.lines() {
        let line = line.trim_start();
        let Some(doc) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else {
            inside = false;
            continue;
        };
        let Some(info) = doc.trim().strip_prefix("```") else { continue };
        if !inside && is_run(info) {
            return true;
        }
        inside = !inside;
    }
    false
}

/// Whether rustdoc builds a block with this info string: it is Rust, by name or by having none, and not ignored.
fn is_run(info: &str) -> bool {
    const RUST: [&str; 6] = ["", "rust", "no_run", "should_panic", "compile_fail", "edition2024"];
    RUST.contains(&info.split(',').next().unwrap_or_default().trim()) && !info.contains("ignore")
}

#[cfg(test)]
mod tests {
    use super::runs_examples;

    #[test]
    fn only_blocks_that_rustdoc_runs_count_as_examples() {
        assert!(runs_examples("/// ```\n/// assert!(true);\n/// ```\n"));
        assert!(runs_examples("/// ```text\n/// a\n/// ```\n/// ```rust,no_run\n/// a\n/// ```\n"));
        assert!(!runs_examples("/// ```text\n/// a\n/// ```\n"));
        assert!(!runs_examples("/// ```json\n/// {}\n/// ```\n"));
        assert!(!runs_examples("// ```\n// not documentation\n"));
    }
}
