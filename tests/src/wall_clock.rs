//! A wall clock that a scenario sets, for one server: its monotonic clock and everybody else's clocks go on as they are.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::Folder;

/// The wall clock of a server that is started by it.
#[derive(Debug)]
pub struct WallClock {
    folder: Folder,
}

impl WallClock {
    /// One that is so many seconds ahead of the machine's.
    pub fn new(ahead_s: i64) -> Self {
        let clock = Self { folder: Folder::new() };
        clock.set(ahead_s);
        clock
    }

    /// Sets it, at once, to so many seconds ahead of the machine's.
    pub fn set(&self, ahead_s: i64) {
        // The server reads the file with each look at the clock: it never finds half of it.
        let new = self.folder.join("new");
        fs::write(&new, format!("{ahead_s:+}\n")).unwrap();
        fs::rename(new, self.file()).unwrap();
    }

    /// Lets a program go by it: what it asks of its clock is answered by Debian's `libfaketime`.
    ///
    /// # Panics
    /// It is not there.
    #[track_caller]
    pub(crate) fn rule(&self, command: &mut Command) {
        let library = library().expect("no libfaketime: run `cargo xtask test` once");
        command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", self.file());
        command.envs([("FAKETIME_NO_CACHE", "1"), ("FAKETIME_DONT_FAKE_MONOTONIC", "1"), ("NO_FAKE_STAT", "1")]);
    }

    fn file(&self) -> PathBuf {
        self.folder.join("ahead")
    }
}

/// Its folder is named after the machine's architecture.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?;
    let mut files = folders.flatten().map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    files.find(|file| file.is_file())
}
