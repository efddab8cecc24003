//! Invariant 4: each limit is really applied, says its unit, and stands in the page of limits.

use std::collections::BTreeSet;

use super::Finding;
use crate::limits::{self, Limit, PAGE, SOURCE};
use crate::repo::{File, Repo};
use crate::rust::Kind;

/// Parts of a name that say what is counted: a unit, or that it is a count with a bound.
const UNITS: [&str; 4] = ["ms", "bytes", "max", "min"];

/// Limits that nothing applies, without a unit, or missing in the page.
pub(super) fn find(repo: &Repo) -> Vec<Finding> {
    let Some(file) = repo.file(SOURCE) else {
        return vec![Finding::missing(SOURCE, "the file of limits is missing", "all limits stand in this one file")];
    };
    let limits = limits::parse(&file.text);
    let applied = applied(repo);
    let mut findings: Vec<Finding> = limits.iter().flat_map(|limit| check(file, limit, &applied)).collect();
    if limits.is_empty() {
        findings.push(Finding::at(file, 1, "no `pub struct Limits` with fields", "keep the form that xtask reads"));
    }
    if !limits::is_fresh(repo) {
        let wrong = format!("not what {SOURCE} gives");
        findings.push(Finding::missing(PAGE, wrong, "run `cargo xtask limits --write`"));
    }
    findings
}

fn check(file: &File, limit: &Limit, applied: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |wrong: &str, instead: &str| {
        findings.push(Finding::at(file, limit.line, format!("`{}` {wrong}", limit.name), instead));
    };
    if !applied.contains(&limit.name) {
        add("bounds nothing: no shipped code reads it", "apply it where the thing is taken in, or remove it");
    }
    if !limit.name.split('_').any(|part| UNITS.contains(&part)) {
        add("has no unit", "end the name in `_ms`, `_bytes`, `_max` or `_min`");
    }
    if limit.doc.is_empty() {
        add("has no doc line", "say what it bounds; the page is made from it");
    }
    if limit.default.is_empty() {
        add("has no default that xtask can read", "give it a line of its own in `impl Default for Limits`");
    }
    findings
}

/// Every field name that shipped code of other files reads with a dot.
fn applied(repo: &Repo) -> BTreeSet<String> {
    let files = repo.rust().filter(|file| file.path.starts_with("crates/") && file.path != SOURCE && !file.is_test());
    let mut names = BTreeSet::new();
    for file in files {
        let tokens = file.shipped();
        let pairs = tokens.windows(2).filter(|pair| pair[0].is(".") && pair[1].kind == Kind::Word);
        names.extend(pairs.map(|pair| pair[1].text.clone()));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::limits::{PAGE, SOURCE};
    use crate::repo::Repo;

    #[test]
    fn a_limit_must_be_applied_named_and_documented() {
        let source = "pub struct Limits {\n    /// Used.\n    pub used_max: usize,\n    pub unused: usize,\n}\n\
                      impl Default for Limits {\n    fn default() -> Self {\n        Self {\n            used_max: 1,\n        }\n    }\n}\n";
        let user = "fn a(l: &Limits) -> usize { l.used_max }\n#[cfg(test)]\nmod tests { fn b() { l.unused; } }\n";
        let repo = Repo::of(&[(SOURCE, source), ("crates/hub/src/a.rs", user), (PAGE, "# Limits\n")]);
        let found: Vec<_> = find(&repo).into_iter().map(|finding| (finding.line, finding.wrong)).collect();
        let wanted = [
            (4, "`unused` bounds nothing: no shipped code reads it"),
            (4, "`unused` has no unit"),
            (4, "`unused` has no doc line"),
            (4, "`unused` has no default that xtask can read"),
            (1, "not what crates/base/src/limits.rs gives"),
        ];
        assert_eq!(found, wanted.map(|(line, wrong)| (line, wrong.to_owned())));
    }
}
