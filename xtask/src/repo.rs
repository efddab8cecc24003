//! The files of the repository, as text.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::rust::{self, Token};

/// Folders that hold nothing of ours.
const SKIPPED: [&str; 7] = [".git", "target", "node_modules", "corpus", "artifacts", "coverage", "__pycache__"];
/// A larger file is data, not something that the rules are about.
const TEXT_BYTES_MAX: u64 = 2 << 20;

/// One text file.
pub(crate) struct File {
    /// Path from the root, with `/`.
    pub(crate) path: String,
    /// Contents.
    pub(crate) text: String,
}

impl File {
    /// Whether the file holds tests only.
    pub(crate) fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name == "tests.rs"
            || name.ends_with("_tests.rs")
            || self.path.split('/').any(|part| part == "tests" || part == "benches")
    }

    /// Whether a program wrote the file.
    pub(crate) fn is_generated(&self) -> bool {
        self.text.lines().take(5).any(|line| line.contains("@generated") || line.contains("not to be edited here"))
    }

    /// Tokens without comments.
    pub(crate) fn tokens(&self) -> Vec<Token> {
        rust::tokens(&self.text)
    }

    /// Tokens without comments and without what only `cfg(test)` builds.
    pub(crate) fn shipped(&self) -> Vec<Token> {
        rust::shipped(self.tokens())
    }

    /// Line (from 1) of the first occurrence, 1 if there is none.
    pub(crate) fn line_of(&self, needle: &str) -> usize {
        self.text.lines().position(|line| line.contains(needle)).map_or(1, |at| at + 1)
    }
}

/// All text files of the repository.
pub(crate) struct Repo {
    /// Where the checkout lies; empty for a tree made in a test.
    pub(crate) root: PathBuf,
    /// Text files in the order of their paths.
    pub(crate) files: Vec<File>,
    /// Every file and folder, text or not.
    paths: BTreeSet<String>,
}

impl Repo {
    /// Reads the tree below a root.
    pub(crate) fn load(root: &Path) -> Self {
        let mut repo = Self { root: root.to_owned(), files: Vec::new(), paths: BTreeSet::new() };
        repo.walk(root, "");
        repo.files.sort_by(|a, b| a.path.cmp(&b.path));
        repo
    }

    /// A tree from texts, for tests of the rules.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let mut paths = BTreeSet::new();
        let mut texts = Vec::new();
        for (path, text) in files {
            paths.extend(path.match_indices('/').map(|(at, _)| path[..at].to_owned()));
            paths.insert((*path).to_owned());
            texts.push(File { path: (*path).to_owned(), text: (*text).to_owned() });
        }
        Self { root: PathBuf::new(), files: texts, paths }
    }

    /// The file at a path, if it is there and text.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Whether a file or folder is there.
    pub(crate) fn has(&self, path: &str) -> bool {
        path.is_empty() || self.paths.contains(path.trim_end_matches('/'))
    }

    /// The Rust sources.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    /// The manifests of the workspace's crates, without the root's and the fuzz shell's.
    pub(crate) fn manifests(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with("/Cargo.toml") && !file.path.starts_with("fuzz/"))
    }

    fn walk(&mut self, folder: &Path, prefix: &str) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let (name, path) = (entry.file_name(), entry.path());
            let Some(name) = name.to_str() else { continue };
            let relative = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && !SKIPPED.contains(&name) {
                self.paths.insert(relative.clone());
                self.walk(&path, &relative);
            } else if kind.is_file() {
                self.paths.insert(relative.clone());
                self.read(&path, relative);
            }
        }
    }

    fn read(&mut self, path: &Path, relative: String) {
        if fs::metadata(path).is_ok_and(|about| about.len() <= TEXT_BYTES_MAX)
            && let Ok(text) = fs::read_to_string(path)
        {
            self.files.push(File { path: relative, text });
        }
    }
}

/// The workspace's root: above the manifest that cargo runs us from, or above the current folder.
pub(crate) fn root() -> PathBuf {
    let start = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).or_else(|| std::env::current_dir().ok());
    let start = start.unwrap_or_else(|| PathBuf::from("."));
    let is_root = |folder: &&Path| {
        fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|text| text.lines().any(|line| line == "[workspace]"))
    };
    start.ancestors().find(is_root).unwrap_or(&start).to_owned()
}

/// Cargo's target folder.
pub(crate) fn target(root: &Path) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) if folder != OsStr::new("") => root.join(folder),
        _ => root.join("target"),
    }
}
