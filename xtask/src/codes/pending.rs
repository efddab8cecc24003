//! The list of rows that no scenario reaches yet.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::model::Table;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    pending: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    table: String,
    number: u32,
    reason: String,
}

/// Reads the list as (table, number) and checks it against the tables.
pub(super) fn load(path: &Path, tables: &[Table]) -> Result<BTreeSet<(String, u32)>, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    parse(&text, tables).map_err(|e| format!("{}: {e}", path.display()))
}

/// Parses the list's text and checks that each entry names one row, once, with a reason.
pub(super) fn parse(text: &str, tables: &[Table]) -> Result<BTreeSet<(String, u32)>, String> {
    let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
    let mut rows = BTreeSet::new();
    for Entry { table, number, reason } in file.pending {
        let known = tables.iter().any(|t| t.table == table && t.code.iter().any(|code| code.number == number));
        if !known {
            return Err(format!("{table}/{number} is not in the catalogue"));
        }
        if reason.trim().is_empty() {
            return Err(format!("{table}/{number} has no reason"));
        }
        if rows.contains(&(table.clone(), number)) {
            return Err(format!("{table}/{number} stands twice"));
        }
        rows.insert((table, number));
    }
    Ok(rows)
}
