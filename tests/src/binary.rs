use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Tool;

/// The command's binary: `VIVACE_BIN`, else the one that `cargo build -p vivace` makes.
///
/// # Panics
/// It has not been built.
pub fn vivace_path() -> PathBuf {
    let path = std::env::var_os("VIVACE_BIN").map_or_else(built, PathBuf::from);
    assert!(
        path.is_file(),
        "{} is not there: build it with `cargo build -p vivace`, or set VIVACE_BIN",
        path.display()
    );
    path
}

fn built() -> PathBuf {
    target().join("debug").join(format!("vivace{}", std::env::consts::EXE_SUFFIX))
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

/// The command, without the settings that the scenario's own environment may hold.
pub fn command() -> Command {
    without_settings(Command::new(vivace_path()))
}

/// A program that does not see the settings in the scenario's own environment.
pub fn without_settings(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("VIVACE_") {
            command.env_remove(name);
        }
    }
    command
}

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Its exit code; -1 where a signal ended it.
    pub code: i32,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

impl Finished {
    /// Runs a program to its end.
    ///
    /// # Panics
    /// It does not end in time.
    #[track_caller]
    pub fn run(command: &mut Command) -> Self {
        Self::of(Tool::start(command))
    }

    #[track_caller]
    pub(crate) fn of(mut tool: Tool) -> Self {
        let code = tool.wait().code().unwrap_or(-1);
        Self { code, stdout: tool.stdout(), stderr: tool.stderr() }
    }

    /// What it wrote to stdout.
    ///
    /// # Panics
    /// It failed.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "the command failed\n{}{}", self.stdout, self.stderr);
        self.stdout
    }
}

/// Runs the command to its end.
#[track_caller]
pub fn vivace<A: AsRef<std::ffi::OsStr>>(args: &[A]) -> Finished {
    Finished::of(Tool::start(command().args(args)))
}
