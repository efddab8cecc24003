//! One table as its TOML has it, read and checked.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use serde::Deserialize;

/// A table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// The table's name, the same as the file's.
    pub(super) table: String,
    /// Which system and which part.
    pub(super) title: Title,
    /// The rows, in the published order.
    pub(super) code: Vec<Code>,
}

/// A table's one-line title.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Title {
    /// English.
    pub(super) en: String,
    /// Simplified Chinese.
    pub(super) zh: String,
}

/// A row.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Code {
    /// The number on the wire.
    pub(super) number: u32,
    /// The variant's name.
    pub(super) symbol: String,
    /// The published symbol.
    pub(super) official: Option<String>,
    /// `page:line` of the published table.
    pub(super) source: String,
    /// Whose action ends it.
    pub(super) at_fault: AtFault,
    /// Whether to retry.
    pub(super) retry: Retry,
    /// The wait in seconds, exactly with `retry = "after"`.
    pub(super) retry_after_s: Option<u32>,
    /// English.
    pub(super) en: Text,
    /// Simplified Chinese.
    pub(super) zh: Text,
}

/// A row's texts in one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Text {
    /// The sentence for the wire.
    pub(super) message: String,
    /// The condition.
    pub(super) cause: String,
    /// What to do.
    pub(super) remedy: String,
}

/// Whose action ends a refusal.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AtFault {
    Caller,
    Peer,
    Server,
    Operator,
}

/// Whether the same request may succeed later.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Retry {
    Never,
    AtOnce,
    After,
}

/// Reads the table of one name and checks what a schema cannot.
pub(super) fn load(path: &Path, name: &str) -> Result<Table, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    parse(&text, name).map_err(|e| format!("{}: {e}", path.display()))
}

/// Parses and checks the text of the table of one name.
pub(super) fn parse(text: &str, name: &str) -> Result<Table, String> {
    let table: Table = toml::from_str(text).map_err(|e| e.to_string())?;
    if table.table != name {
        return Err(format!("`table` is {:?}, the file's name says {name:?}", table.table));
    }
    for (key, value) in [("title.en", &table.title.en), ("title.zh", &table.title.zh)] {
        check_text(key, value)?;
    }
    let (mut numbers, mut symbols) = (HashSet::new(), HashSet::new());
    for code in &table.code {
        check_code(code, name).map_err(|e| format!("{}: {e}", code.number))?;
        if !numbers.insert(code.number) {
            return Err(format!("{}: the number stands twice", code.number));
        }
        if !symbols.insert(code.symbol.as_str()) {
            return Err(format!("{}: the symbol {} stands twice", code.number, code.symbol));
        }
    }
    Ok(table)
}

fn check_code(code: &Code, table: &str) -> Result<(), String> {
    check_symbol(&code.symbol, table)?;
    if (code.retry == Retry::After) != code.retry_after_s.is_some() {
        return Err("`retry_after_s` belongs to retry = \"after\", and only there".to_owned());
    }
    check_text("source", &code.source)?;
    if let Some(official) = &code.official {
        check_text("official", official)?;
    }
    for (lang, text) in [("en", &code.en), ("zh", &code.zh)] {
        for (key, value) in [("message", &text.message), ("cause", &text.cause), ("remedy", &text.remedy)] {
            check_text(&format!("{lang}.{key}"), value)?;
        }
    }
    Ok(())
}

/// A variant's name: an upper-case letter, then letters and digits, without the table's name in it.
fn check_symbol(symbol: &str, table: &str) -> Result<(), String> {
    let camel = symbol.starts_with(|c: char| c.is_ascii_uppercase())
        && symbol.chars().all(|c| c.is_ascii_alphanumeric())
        && symbol != "Self";
    if !camel {
        return Err(format!("the symbol {symbol:?} is not a CamelCase name"));
    }
    if symbol.starts_with(&super::render::camel(table)) {
        return Err(format!("the symbol {symbol} repeats the table's name"));
    }
    Ok(())
}

/// One line with something in it, and nothing around it.
fn check_text(key: &str, value: &str) -> Result<(), String> {
    if value.is_empty() || value.trim() != value {
        return Err(format!("{key} is empty or has blanks around it"));
    }
    if value.chars().any(char::is_control) {
        return Err(format!("{key} holds a control character"));
    }
    Ok(())
}
