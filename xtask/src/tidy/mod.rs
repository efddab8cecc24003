//! The rules of this project that no compiler checks. Each finding says where, what is wrong and what to do instead.

mod coverage;
mod documents;
mod edges;
mod form;
mod fuzzed;
mod limits;
mod manifests;
mod numbers;
mod paths;
mod pure;
mod secrets;

use std::path::Path;

use crate::repo::{File, Repo};
use crate::steps::{Failure, Outcome};

/// One place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Path from the root.
    pub(crate) path: String,
    /// Line from 1.
    pub(crate) line: usize,
    /// What is wrong.
    pub(crate) wrong: String,
    /// What to do instead.
    pub(crate) instead: String,
}

impl Finding {
    fn at(file: &File, line: usize, wrong: impl Into<String>, instead: impl Into<String>) -> Self {
        Self { path: file.path.clone(), line, wrong: wrong.into(), instead: instead.into() }
    }

    fn missing(path: &str, wrong: impl Into<String>, instead: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: 1, wrong: wrong.into(), instead: instead.into() }
    }
}

/// A rule: its name and what finds the places that break it.
pub(crate) struct Rule {
    name: &'static str,
    find: fn(&Repo) -> Vec<Finding>,
}

/// All rules.
pub(crate) const RULES: &[Rule] = &[
    Rule { name: "pure crates and engines do no I/O and read no clock", find: pure::find },
    Rule { name: "crates depend only on the crates that the table allows", find: edges::find },
    Rule { name: "numbers of codes stay in `codes` and the faces' codes.rs", find: numbers::find },
    Rule { name: "each limit is used, has a unit and is documented", find: limits::find },
    Rule { name: "secrets are never printed", find: secrets::find },
    Rule { name: "each row of the catalogue is reached or pending", find: coverage::find },
    Rule { name: "files are short and leave nothing undone or unbounded", find: form::find },
    Rule { name: "each parser is fuzzed, and each fuzz target has a few inputs", find: fuzzed::find },
    Rule { name: "manifests take lints from the workspace, dependencies have a reason", find: manifests::find },
    Rule { name: "links in documents lead somewhere", find: documents::find },
    Rule { name: "no file names a place of one machine", find: paths::find },
];

/// Checks every rule, prints what breaks one, and fails if anything does.
pub(crate) fn run(root: &Path) -> Outcome {
    let repo = Repo::load(root);
    let mut count = 0;
    for rule in RULES {
        let findings = (rule.find)(&repo);
        println!("{} {}", if findings.is_empty() { "ok  " } else { "FAIL" }, rule.name);
        print!("{}", told(&findings));
        count += findings.len();
    }
    if count == 0 { Ok(()) } else { Err(Failure::new(format!("{count} places break a rule; they are listed above"))) }
}

fn told(findings: &[Finding]) -> String {
    findings.iter().map(|f| format!("{}:{}: {}\n    instead: {}\n", f.path, f.line, f.wrong, f.instead)).collect()
}

#[cfg(test)]
mod tests {
    use super::{RULES, told};
    use crate::repo::{self, Repo};

    fn holds(part_of_name: &str) {
        let rule = RULES.iter().find(|rule| rule.name.contains(part_of_name)).expect("the rule exists");
        let findings = (rule.find)(&Repo::load(&repo::root()));
        assert!(findings.is_empty(), "{}:\n{}", rule.name, told(&findings));
    }

    #[test]
    fn pure_crates_and_engines_do_no_io() {
        holds("pure crates");
    }

    #[test]
    fn crates_depend_only_upwards() {
        holds("crates depend");
    }

    #[test]
    fn numbers_of_codes_stay_at_home() {
        holds("numbers of codes");
    }

    #[test]
    fn limits_are_used_and_documented() {
        holds("each limit");
    }

    #[test]
    fn secrets_are_never_printed() {
        holds("secrets");
    }

    #[test]
    fn catalogue_is_reached_or_pending() {
        holds("catalogue");
    }

    #[test]
    fn files_are_short_and_finished() {
        holds("files are short");
    }

    #[test]
    fn parsers_are_fuzzed() {
        holds("each parser");
    }

    #[test]
    fn manifests_follow_the_workspace() {
        holds("manifests");
    }

    #[test]
    fn links_lead_somewhere() {
        holds("links");
    }

    #[test]
    fn no_file_names_a_machine() {
        holds("one machine");
    }

    #[test]
    fn each_rule_has_a_test_on_this_tree() {
        assert_eq!(RULES.len(), include_str!("mod.rs").matches("\n        holds(\"").count());
    }
}
