//! `cargo xtask limits`: `docs/limits.md` from the one file of limits.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::repo::Repo;
use crate::steps::{Failure, Outcome};

/// The one file of limits.
pub(crate) const SOURCE: &str = "crates/base/src/limits.rs";
/// The page made from it.
pub(crate) const PAGE: &str = "docs/limits.md";

/// One limit as the source has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    /// Field name.
    pub(crate) name: String,
    /// Doc text in one line.
    pub(crate) doc: String,
    /// Default as written, empty if none is found.
    pub(crate) default: String,
    /// Line of the field, from 1.
    pub(crate) line: usize,
}

/// Writes the page.
pub(crate) fn write(root: &Path) -> Outcome {
    let path = root.join(PAGE);
    let wanted = page(&read(root)?);
    fs::create_dir_all(root.join("docs")).and_then(|()| fs::write(&path, wanted)).map_err(|error| told(&path, &error))
}

/// Fails if the page is not what [`write`] would write.
pub(crate) fn fresh(root: &Path) -> Outcome {
    if is_fresh(&Repo::load(root)) {
        return Ok(());
    }
    Err(Failure::new(format!("{PAGE} is not what {SOURCE} gives; run `cargo xtask limits --write`")))
}

/// Whether the page is what the source gives.
pub(crate) fn is_fresh(repo: &Repo) -> bool {
    match (repo.file(SOURCE), repo.file(PAGE)) {
        (Some(source), Some(found)) => found.text == page(&parse(&source.text)),
        _ => false,
    }
}

fn read(root: &Path) -> Result<Vec<Limit>, Failure> {
    let path = root.join(SOURCE);
    Ok(parse(&fs::read_to_string(&path).map_err(|error| told(&path, &error))?))
}

fn told(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{}: {error}", path.display()))
}

/// Fields of `pub struct Limits` with their doc lines and their defaults.
pub(crate) fn parse(source: &str) -> Vec<Limit> {
    let mut limits: Vec<Limit> = Vec::new();
    let mut doc = Vec::new();
    let (mut in_fields, mut in_defaults) = (false, false);
    for (at, line) in source.lines().enumerate() {
        let line = line.trim();
        match line {
            "pub struct Limits {" => (in_fields, doc) = (true, Vec::new()),
            "impl Default for Limits {" => in_defaults = true,
            "}" => (in_fields, in_defaults) = (false, false),
            _ if in_fields => field(line, at + 1, &mut doc, &mut limits),
            _ if in_defaults => default(line, &mut limits),
            _ => {}
        }
    }
    limits
}

fn field<'a>(line: &'a str, at: usize, doc: &mut Vec<&'a str>, limits: &mut Vec<Limit>) {
    if let Some(text) = line.strip_prefix("///") {
        doc.push(text.trim());
    } else if let Some((name, _)) = line.strip_prefix("pub ").and_then(|field| field.split_once(':')) {
        let name = name.trim().to_owned();
        limits.push(Limit { name, doc: doc.join(" "), default: String::new(), line: at });
        doc.clear();
    }
}

fn default(line: &str, limits: &mut [Limit]) {
    let Some((name, value)) = line.split_once(": ") else { return };
    if let Some(limit) = limits.iter_mut().find(|limit| limit.name == name) {
        limit.default = value.trim_end_matches(',').to_owned();
    }
}

fn page(limits: &[Limit]) -> String {
    let mut out = format!(
        "# Limits\n\n\
         Nothing in the server is unlimited. A limit that is met is answered with a typed fault, counted, and named in the\n\
         log. Units stand at the end of the names: `_ms` milliseconds, `_bytes` bytes; the rest are counts.\n\n\
         [hostile.md](hostile.md) says what they come to together, for each hostile peer.\n\n\
         Made from `{SOURCE}` by `cargo xtask limits --write`; not to be edited here.\n\n\
         | limit | default | what it bounds |\n|---|---|---|\n"
    );
    for limit in limits {
        let _ = writeln!(out, "| `{}` | {} | {} |", limit.name, shown(limit), limit.doc.replace('|', "\\|"));
    }
    out
}

fn shown(limit: &Limit) -> String {
    let Some(value) = value(&limit.default) else { return format!("`{}`", limit.default) };
    let has = |unit: &str| limit.name.split('_').any(|part| part == unit);
    match value {
        value if has("bytes") && value >= 1 << 20 && value.is_multiple_of(1 << 20) => format!("{} MiB", value >> 20),
        value if has("bytes") && value >= 1 << 10 && value.is_multiple_of(1 << 10) => format!("{} KiB", value >> 10),
        value if has("ms") && value >= 1_000 && value.is_multiple_of(1_000) => format!("{} s", value / 1_000),
        value if has("ms") => format!("{} ms", grouped(value)),
        value if has("bytes") => format!("{} bytes", grouped(value)),
        value => grouped(value),
    }
}

/// Value of a literal, or of a product or shift of two.
fn value(written: &str) -> Option<u64> {
    let literal = |text: &str| text.trim().replace('_', "").parse::<u64>().ok();
    if let Some((base, by)) = written.split_once("<<") {
        return literal(base)?.checked_shl(u32::try_from(literal(by)?).ok()?);
    }
    if let Some((one, other)) = written.split_once('*') {
        return literal(one)?.checked_mul(literal(other)?);
    }
    literal(written)
}

fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{page, parse};

    const SOURCE: &str = "/// All.\npub struct Limits {\n    /// First\n    /// limit.\n    pub a_bytes_max: usize,\n    /// Wait.\n    \
                          pub b_ms: u64,\n    /// Things.\n    pub c_max: usize,\n}\n\nimpl Default for Limits {\n    fn default() -> \
                          Self {\n        Self {\n            a_bytes_max: 4 << 20,\n            b_ms: 1_500,\n            c_max: 20_000,\n        }\n    }\n}\n";

    #[test]
    fn fields_docs_and_defaults_are_read() {
        let limits = parse(SOURCE);
        let names: Vec<_> =
            limits.iter().map(|limit| (limit.name.as_str(), limit.default.as_str(), limit.line)).collect();
        assert_eq!(names, [("a_bytes_max", "4 << 20", 5), ("b_ms", "1_500", 7), ("c_max", "20_000", 9)]);
        assert_eq!(limits[0].doc, "First limit.");
    }

    #[test]
    fn defaults_are_shown_with_their_unit() {
        let page = page(&parse(SOURCE));
        for row in ["| `a_bytes_max` | 4 MiB | First limit. |", "| `b_ms` | 1,500 ms |", "| `c_max` | 20,000 |"] {
            assert!(page.contains(row), "{row} in\n{page}");
        }
    }
}
