use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::near::nearest;
use super::{Given, Setting, SettingFault, Source, table};

/// Reads a configuration file.
///
/// The faults are a file that cannot be read or is not TOML, and every key that is unknown; what is right is given all the
/// same, so that its values are looked at too.
pub(super) fn read(path: &Path, faults: &mut Vec<SettingFault>) -> Vec<Given> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(path, &text, faults),
        Err(cause) => {
            faults.push(SettingFault::Unreadable { path: path.to_owned(), cause });
            Vec::new()
        }
    }
}

/// The settings in the text of a file; `path` is for messages.
pub(super) fn parse(path: &Path, text: &str, faults: &mut Vec<SettingFault>) -> Vec<Given> {
    let mut walk = Walk { path, text, given: Vec::new(), faults: Vec::new() };
    match DeTable::parse(text) {
        Ok(document) => walk.table("", document.get_ref()),
        Err(fault) => {
            let source = walk.source(fault.span().unwrap_or_default());
            walk.faults.push(SettingFault::Syntax { message: fault.message().to_owned(), from: source });
        }
    }
    faults.append(&mut walk.faults);
    walk.given
}

struct Walk<'a> {
    path: &'a Path,
    text: &'a str,
    given: Vec<Given>,
    faults: Vec<SettingFault>,
}

impl Walk<'_> {
    /// `prefix` is the path of the table, ended with a dot unless it is empty.
    fn table(&mut self, prefix: &str, entries: &DeTable<'_>) {
        for (name, value) in entries {
            let key = format!("{prefix}{}", name.get_ref());
            self.entry(key, name.span(), value);
        }
    }

    fn entry(&mut self, key: String, at: Range<usize>, value: &Spanned<DeValue<'_>>) {
        let source = self.source(at);
        match (Setting::find(&key), value.get_ref()) {
            (Some(setting), value) => match text(value) {
                Ok(text) => self.given.push(Given { setting, text, source }),
                Err(kind) => {
                    let expected = "a single value".to_owned();
                    self.faults.push(SettingFault::Value { key: &setting.key, expected, given: kind, from: source });
                }
            },
            // Keys of an unknown table are told one by one, each with its nearest name.
            (None, DeValue::Table(entries)) if !entries.is_empty() => self.table(&format!("{key}."), entries),
            (None, DeValue::Table(_)) if is_group(&key) => {}
            (None, _) if is_group(&key) => self.faults.push(SettingFault::NotATable { key, from: source }),
            (None, _) => {
                let nearest = nearest(&key, table().iter().map(|setting| setting.key.as_str())).map(str::to_owned);
                self.faults.push(SettingFault::UnknownKey { key, nearest, from: source });
            }
        }
    }

    fn source(&self, at: Range<usize>) -> Source {
        let before = self.text.as_bytes().iter().take(at.start);
        Source::File { path: self.path.to_owned(), line: before.filter(|byte| **byte == b'\n').count() + 1 }
    }
}

/// Whether settings stand under this key.
fn is_group(key: &str) -> bool {
    table().iter().any(|setting| setting.key.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
}

/// A value as text; what it is instead, if it is no single one.
fn text(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => Ok(number.to_string()),
        DeValue::Float(number) => Ok(number.to_string()),
        DeValue::Boolean(switch) => Ok(switch.to_string()),
        DeValue::Datetime(time) => Ok(time.to_string()),
        DeValue::Array(_) => Err("an array".to_owned()),
        DeValue::Table(_) => Err("a table".to_owned()),
    }
}
