//! Tables to Rust source, in the form that rustfmt leaves as it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::model::{AtFault, Code, Retry, Table, Text};

/// The generated files: name to text.
pub(super) fn files(tables: &[Table]) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> =
        tables.iter().map(|table| (format!("{}.rs", snake(&table.table)), table_file(table))).collect();
    files.insert("mod.rs".to_owned(), mod_file(tables));
    files
}

/// `lvb-video` as the name of a type, `LvbVideo`.
pub(super) fn camel(table: &str) -> String {
    let upper_first = |part: &str| {
        let (head, tail) = part.split_at(part.len().min(1));
        head.to_ascii_uppercase() + tail
    };
    table.split('-').map(upper_first).collect()
}

/// `lvb-video` as the name of a module, `lvb_video`.
fn snake(table: &str) -> String {
    table.replace('-', "_")
}

fn mod_file(tables: &[Table]) -> String {
    let mut sorted: Vec<&str> = tables.iter().map(|table| table.table.as_str()).collect();
    sorted.sort_unstable();
    let mut out = String::from(
        "//! The rows of all tables, generated from `tables/*.toml` by `cargo xtask codes --write`; not to be edited here.\n\n",
    );
    for name in &sorted {
        let _ = writeln!(out, "mod {};", snake(name));
    }
    out.push('\n');
    for name in &sorted {
        let _ = writeln!(out, "pub use {}::{};", snake(name), camel(name));
    }
    out.push_str("\nuse crate::{Row, Table};\n\n");
    out.push_str("/// The rows of one table, in the published order.\n");
    match_table(&mut out, "rows(table: Table) -> &'static [Row]", tables, |module| format!("&{module}::ROWS"));
    out.push_str("\n/// The titles of one table, English and Chinese.\n");
    match_table(&mut out, "titles(table: Table) -> (&'static str, &'static str)", tables, |module| {
        format!("{module}::TITLES")
    });
    out
}

fn match_table(out: &mut String, signature: &str, tables: &[Table], value: impl Fn(&str) -> String) {
    let _ = writeln!(out, "pub(crate) fn {signature} {{\n    match table {{");
    for table in tables {
        let _ = writeln!(out, "        Table::{} => {},", camel(&table.table), value(&snake(&table.table)));
    }
    out.push_str("    }\n}\n");
}

fn table_file(table: &Table) -> String {
    let (name, kind) = (&table.table, camel(&table.table));
    let mut out = format!(
        "//! Table `{name}`, generated from `tables/{name}.toml` by `cargo xtask codes --write`; not to be edited here.\n\n"
    );
    out.push_str("use crate::{AtFault, Retry, Row, Table, Text};\n\n");
    enumeration(&mut out, table, &kind);
    methods(&mut out, &kind);
    out.push_str("/// English and Chinese.\n");
    out.push_str("#[rustfmt::skip]\npub(super) static TITLES: (&str, &str) = (\n");
    let _ = writeln!(out, "    {:?},\n    {:?},\n);\n", table.title.en, table.title.zh);
    let _ = writeln!(out, "#[rustfmt::skip]\npub(super) static ROWS: [Row; {}] = [", table.code.len());
    for code in &table.code {
        row(&mut out, code, &kind);
    }
    out.push_str("];\n");
    out
}

fn enumeration(out: &mut String, table: &Table, kind: &str) {
    let _ = writeln!(out, "/// {}.", doc(&table.title.en));
    out.push_str("#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\n");
    let _ = writeln!(out, "pub enum {kind} {{");
    for code in &table.code {
        let _ = writeln!(out, "    /// `{}`: {}.\n    {},", code.number, doc(&code.en.message), code.symbol);
    }
    out.push_str("}\n\n");
}

fn methods(out: &mut String, kind: &str) {
    let _ = writeln!(
        out,
        "impl {kind} {{
    /// What the catalogue says of this code.
    pub fn row(self) -> &'static Row {{
        &ROWS[self as usize]
    }}

    /// The number on the wire.
    pub fn number(self) -> u32 {{
        self.row().number
    }}
}}

impl From<{kind}> for &'static Row {{
    fn from(code: {kind}) -> Self {{
        code.row()
    }}
}}
"
    );
}

fn row(out: &mut String, code: &Code, kind: &str) {
    let at_fault = match code.at_fault {
        AtFault::Caller => "Caller",
        AtFault::Peer => "Peer",
        AtFault::Server => "Server",
        AtFault::Operator => "Operator",
    };
    let retry = match (code.retry, code.retry_after_s) {
        (Retry::Never, _) => "Never".to_owned(),
        (Retry::AtOnce, _) => "AtOnce".to_owned(),
        (Retry::After, seconds) => format!("After {{ seconds: {} }}", seconds.unwrap_or_default()),
    };
    let _ = writeln!(
        out,
        "    Row {{
        table: Table::{kind},
        number: {},
        symbol: {:?},
        official: {:?},
        source: {:?},
        at_fault: AtFault::{at_fault},
        retry: Retry::{retry},",
        code.number, code.symbol, code.official, code.source
    );
    text(out, "en", &code.en);
    text(out, "zh", &code.zh);
    out.push_str("    },\n");
}

fn text(out: &mut String, lang: &str, text: &Text) {
    let _ = writeln!(
        out,
        "        {lang}: Text {{
            message: {:?},
            cause: {:?},
            remedy: {:?},
        }},",
        text.message, text.cause, text.remedy
    );
}

/// A sentence as doc text: no full stop of its own, and nothing that Markdown would read as a link or a tag.
fn doc(sentence: &str) -> String {
    let mut out = String::new();
    for c in sentence.trim_end_matches('.').chars() {
        if matches!(c, '[' | ']' | '<' | '>' | '*' | '_') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
