//! No file names a place that exists on one machine only.

use super::Finding;
use crate::repo::{File, Repo};

/// Somebody's home, spelled so that this file does not name it.
const HOME: &str = concat!("/ro", "ot/");
const INSTEAD: &str = "name it from the repository's root, or take it from a setting or the environment";

/// Lines that name the administrator's home or the folder of this checkout, and lock files that name a mirror.
pub(super) fn find(repo: &Repo) -> Vec<Finding> {
    let checkout = repo.root.to_str().filter(|path| path.matches('/').count() >= 2);
    repo.files.iter().flat_map(|file| check(file, checkout)).collect()
}

fn check(file: &File, checkout: Option<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        let names = |place: &str| line.match_indices(place).any(|(start, _)| stands_alone(line, start));
        if let Some(place) = [Some(HOME), checkout].into_iter().flatten().find(|place| names(place)) {
            findings.push(Finding::at(file, at + 1, format!("names `{place}`"), INSTEAD));
        }
        if file.path.ends_with("package-lock.json") && line.contains("\"resolved\"") {
            let instead = "make it again with `npm install --package-lock-only --omit-lockfile-registry-resolved`";
            findings.push(Finding::at(file, at + 1, "the lock file names a registry's host", instead));
        }
    }
    findings
}

/// Whether a path starts here, rather than goes on from before.
fn stands_alone(line: &str, start: usize) -> bool {
    !line[..start].ends_with(|before: char| before.is_alphanumeric() || "._-}".contains(before))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{HOME, find};
    use crate::repo::Repo;

    #[test]
    fn places_of_one_machine_are_found() {
        let text = format!("a {HOME}x\nb /srv/{}\nc /some/checkout/d\nd x{HOME}\n", "name");
        let lock = "{ \"resolved\": \"x\" }";
        let mut repo = Repo::of(&[("docs/a.md", text.as_str()), ("tests/browser/package-lock.json", lock)]);
        repo.root = PathBuf::from("/some/checkout");
        let found: Vec<_> = find(&repo).into_iter().map(|finding| (finding.path, finding.line)).collect();
        let wanted = [("docs/a.md", 1), ("docs/a.md", 3), ("tests/browser/package-lock.json", 1)];
        assert_eq!(found, wanted.map(|(path, line)| (path.to_owned(), line)));
    }
}
