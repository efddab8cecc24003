//! Documents: a link to a file of this repository leads to one.

use super::Finding;
use crate::repo::{File, Repo};

/// Links that lead nowhere.
pub(super) fn find(repo: &Repo) -> Vec<Finding> {
    repo.files.iter().filter(|file| file.path.ends_with(".md")).flat_map(|file| check(repo, file)).collect()
}

fn check(repo: &Repo, file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut in_code = false;
    for (at, line) in file.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for target in targets(&without_code(line)) {
            if !leads_somewhere(repo, file, &target) {
                let wrong = format!("the link to `{target}` leads nowhere");
                findings.push(Finding::at(file, at + 1, wrong, "name a file of this repository, relative to this one"));
            }
        }
    }
    findings
}

fn leads_somewhere(repo: &Repo, file: &File, target: &str) -> bool {
    let path = target.split(['#', '?']).next().unwrap_or_default();
    let elsewhere = target.contains("://") || target.starts_with("mailto:") || path.is_empty();
    elsewhere || resolve(&file.path, path).is_some_and(|path| repo.has(&path))
}

/// Path from the root; `None` if it leaves the repository.
fn resolve(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = if target.starts_with('/') { Vec::new() } else { from.split('/').collect() };
    parts.pop();
    for part in target.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some(parts.join("/"))
}

fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join(" ")
}

/// Targets of `[text](target)`, `![text](target)` and `[text]: target`.
fn targets(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some((_, after)) = rest.split_once("](") {
        let Some((inside, next)) = after.split_once(')') else { break };
        found.extend(inside.split_whitespace().next().map(str::to_owned));
        rest = next;
    }
    if line.starts_with('[')
        && let Some((_, target)) = line.split_once("]: ")
    {
        found.extend(target.split_whitespace().next().map(str::to_owned));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::repo::Repo;

    #[test]
    fn links_are_followed_from_where_they_stand() {
        let text = "[a](../README.md) [b](limits.md#x) ![c](/docs/limits.md \"title\") [d](https://example.com/x) [e](#f)\n\
                    `[code](nowhere.md)`\n```\n[block](nowhere.md)\n```\n[folder](../docs/)\n\
                    [wrong](README.md)\n[out](../../x)\n[named]: gone.md\n";
        let repo = Repo::of(&[("README.md", ""), ("docs/limits.md", ""), ("docs/a.md", text)]);
        let found: Vec<_> = find(&repo).into_iter().map(|finding| finding.line).collect();
        assert_eq!(found, [7, 8, 9]);
    }
}
