//! The error catalogue: `crates/codes/tables/*.toml` to `crates/codes/src/generated/`, and how much of it is reached.

mod model;
mod pending;
mod render;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use model::Table;

/// Every table, in the catalogue's order.
const TABLES: [&str; 9] =
    ["minilvb", "av-client", "av-server", "av-record", "av-push", "zim", "liveroom", "lvb-access", "lvb-video"];

/// Regenerates the catalogue's code from its tables.
///
/// # Errors
/// What is wrong in a table, with its file and row, or which file cannot be read or written.
pub(crate) fn write(root: &Path) -> Result<(), String> {
    let folder = generated(root);
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let wanted = render::files(&load(root)?);
    for stray in stray(&folder, &wanted)? {
        fs::remove_file(&stray).map_err(|e| format!("{}: {e}", stray.display()))?;
    }
    for (name, text) in &wanted {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

/// Checks that the committed code is what [`write`] would write.
///
/// # Errors
/// The files that differ, are missing, or are left over; and all errors of reading the tables.
pub(crate) fn fresh(root: &Path) -> Result<(), String> {
    let folder = generated(root);
    let wanted = render::files(&load(root)?);
    let mut wrong: Vec<String> = stray(&folder, &wanted)?.iter().map(|path| path.display().to_string()).collect();
    for (name, text) in &wanted {
        let path = folder.join(name);
        if fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
            wrong.push(path.display().to_string());
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!("not what the tables give, run `cargo xtask codes --write`: {}", wrong.join(", ")))
}

/// How many rows are reached by a scenario, per table and in all: those that `tests/scenarios/pending.toml` leaves out.
///
/// # Errors
/// A pending entry that names no row, names one twice or gives no reason; and all errors of reading the tables.
pub(crate) fn coverage(root: &Path) -> Result<String, String> {
    let tables = load(root)?;
    let pending = pending::load(&root.join("tests/scenarios/pending.toml"), &tables)?;
    let mut out = String::new();
    let (mut reached_all, mut rows_all) = (0, 0);
    for table in &tables {
        let rows = table.code.len();
        let waiting = pending.iter().filter(|(name, _)| *name == table.table).count();
        let reached = rows.saturating_sub(waiting);
        out.push_str(&format!("{:<12}{reached:>4}/{rows}\n", table.table));
        reached_all += reached;
        rows_all += rows;
    }
    out.push_str(&format!("{:<12}{reached_all:>4}/{rows_all}\n", "all"));
    Ok(out)
}

fn generated(root: &Path) -> PathBuf {
    root.join("crates/codes/src/generated")
}

/// Reads and checks all tables.
fn load(root: &Path) -> Result<Vec<Table>, String> {
    let folder = root.join("crates/codes/tables");
    TABLES.iter().map(|name| model::load(&folder.join(format!("{name}.toml")), name)).collect()
}

/// Source files in the folder that generation does not write.
fn stray(folder: &Path, wanted: &BTreeMap<String, String>) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| format!("{}: {e}", folder.display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".rs") && !wanted.contains_key(&name) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}
