//! Manifests: lints come from the workspace, versions too; each dependency is used and has its line of reasons.

use std::collections::BTreeSet;

use super::Finding;
use crate::repo::{File, Repo};

const REASONS: &str = "docs/dependencies.md";
/// The one crate with `unsafe`, which the workspace's lints forbid. It has lints of its own.
const UNSAFE: &str = "crates/pages/Cargo.toml";

/// Manifests without the workspace's lints or with versions of their own, dependencies without a reason or without use.
pub(super) fn find(repo: &Repo) -> Vec<Finding> {
    let mut findings: Vec<Finding> = repo.manifests().flat_map(check).collect();
    let Some(root) = repo.file("Cargo.toml") else {
        findings.push(Finding::missing("Cargo.toml", "the workspace's manifest is missing", "restore it"));
        return findings;
    };
    let (direct, used) = (direct(root), used(repo));
    findings.extend(reasons(root, &direct, &used, repo.file(REASONS)));
    findings.extend(unused(root, &direct, &used));
    findings
}

fn check(file: &File) -> Vec<Finding> {
    // A manifest that is no TOML is told by the rule on edges.
    let Ok(manifest) = file.text.parse::<toml::Table>() else { return Vec::new() };
    let mut findings = Vec::new();
    let lints = manifest.get("lints").and_then(|lints| lints.get("workspace")?.as_bool());
    if lints != Some(true) && file.path != UNSAFE {
        let wrong = "the crate does not take the workspace's lints";
        findings.push(Finding::at(file, 1, wrong, "add `[lints]` with `workspace = true`"));
    }
    for (name, value) in lists(&manifest) {
        if value.get("workspace").and_then(toml::Value::as_bool) != Some(true) {
            let instead = "put the version into [workspace.dependencies] and write `{ workspace = true }` here";
            let wrong = format!("`{name}` has a version of its own");
            findings.push(Finding::at(file, line_of(file, name), wrong, instead));
        }
    }
    findings
}

/// Every dependency of a crate, for building, running and testing.
fn lists(manifest: &toml::Table) -> impl Iterator<Item = (&String, &toml::Value)> {
    let keys = ["dependencies", "dev-dependencies", "build-dependencies"];
    keys.into_iter().filter_map(|key| manifest.get(key)?.as_table()).flatten()
}

/// Line of a dependency in a manifest.
fn line_of(file: &File, name: &str) -> usize {
    let key = format!("{name} =");
    file.text.lines().position(|line| line.starts_with(&key)).map_or(1, |at| at + 1)
}

/// Every name that a crate of the workspace depends on.
fn used(repo: &Repo) -> BTreeSet<String> {
    let manifests = repo.manifests().filter_map(|file| file.text.parse::<toml::Table>().ok());
    manifests.flat_map(|manifest| lists(&manifest).map(|(name, _)| name.clone()).collect::<Vec<_>>()).collect()
}

fn unused(root: &File, direct: &BTreeSet<String>, used: &BTreeSet<String>) -> Vec<Finding> {
    let instead = "remove it here and in docs/dependencies.md, until a crate needs it";
    let finding = |name: &String| Finding::at(root, line_of(root, name), format!("no crate uses `{name}`"), instead);
    direct.difference(used).map(finding).collect()
}

fn reasons(root: &File, direct: &BTreeSet<String>, used: &BTreeSet<String>, page: Option<&File>) -> Vec<Finding> {
    let Some(page) = page else {
        return vec![Finding::missing(REASONS, "the page of reasons is missing", "write a line for each dependency")];
    };
    let told = told(page);
    let mut findings = Vec::new();
    for name in direct.iter().filter(|name| !told.contains(*name)) {
        let wrong = format!("`{name}` has no line in {REASONS}");
        let instead = "say there why this crate and what it pulls in, or do without it";
        findings.push(Finding::at(root, line_of(root, name), wrong, instead));
    }
    for name in told.iter().filter(|name| !direct.contains(*name) && !used.contains(*name)) {
        let wrong = format!("`{name}` is no dependency");
        findings.push(Finding::at(page, page.line_of(&format!("| `{name}` |")), wrong, "remove its line"));
    }
    findings
}

/// Names in `[workspace.dependencies]` that are not crates of ours.
fn direct(root: &File) -> BTreeSet<String> {
    let manifest = root.text.parse::<toml::Table>().unwrap_or_default();
    let list = manifest.get("workspace").and_then(|workspace| workspace.get("dependencies")?.as_table().cloned());
    list.into_iter().flatten().filter(|(_, value)| value.get("path").is_none()).map(|(name, _)| name).collect()
}

/// Names in the first column of the page's tables.
fn told(page: &File) -> BTreeSet<String> {
    let rows = page.text.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split_once("` |")).map(|(name, _)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::repo::Repo;

    #[test]
    fn lints_versions_and_reasons_are_asked_for() {
        let repo = Repo::of(&[
            (
                "Cargo.toml",
                "[workspace.dependencies]\nvivace-a = { path = \"crates/a\" }\nbytes = \"1\"\nhttp = \"1\"\n",
            ),
            ("crates/a/Cargo.toml", "[package]\nname = \"vivace-a\"\n[dependencies]\nbytes = \"1\"\n"),
            ("docs/dependencies.md", "| crate | why |\n|---|---|\n| `bytes` | shared |\n| `gone` | - |\n"),
        ]);
        let found: Vec<_> = find(&repo).into_iter().map(|f| (f.path, f.line, f.wrong)).collect();
        let wanted = [
            ("crates/a/Cargo.toml", 1, "the crate does not take the workspace's lints"),
            ("crates/a/Cargo.toml", 4, "`bytes` has a version of its own"),
            ("Cargo.toml", 4, "`http` has no line in docs/dependencies.md"),
            ("docs/dependencies.md", 4, "`gone` is no dependency"),
            ("Cargo.toml", 4, "no crate uses `http`"),
        ];
        assert_eq!(found, wanted.map(|(path, line, wrong)| (path.to_owned(), line, wrong.to_owned())));
    }
}
