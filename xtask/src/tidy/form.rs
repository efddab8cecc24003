//! Form: a file that shows one thing, no unfinished code, nothing unbounded, no test switched off.

use super::Finding;
use crate::repo::{File, Repo};
use crate::rust::{Token, follows};

const LINES_MAX: usize = 600;

/// Long files, unfinished code, unbounded queues and ignored tests.
pub(super) fn find(repo: &Repo) -> Vec<Finding> {
    repo.rust().flat_map(check).collect()
}

fn check(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let lines = file.text.lines().count();
    if lines > LINES_MAX && !file.is_test() && !file.is_generated() {
        let wrong = format!("{lines} lines, more than {LINES_MAX}");
        findings.push(Finding::at(file, LINES_MAX, wrong, "split it: a file shows one thing, and this one shows two"));
    }
    let all = file.tokens();
    for at in 0..all.len() {
        if follows(&all, at, &["#", "[", "ignore"]) {
            let instead = "mend the test or remove it; what it needs is installed by `cargo xtask test`";
            findings.push(Finding::at(file, all[at].line, "a test is switched off", instead));
        }
    }
    if !file.is_test() {
        let shipped = file.shipped();
        findings.extend((0..shipped.len()).filter_map(|at| unfinished(file, &shipped, at)));
    }
    findings
}

fn unfinished(file: &File, tokens: &[Token], at: usize) -> Option<Finding> {
    let line = tokens[at].line;
    if tokens[at].is("unbounded_channel") || follows(tokens, at, &["unbounded", "("]) {
        return Some(Finding::at(file, line, "a queue without bound", "`channel(n)` with a limit of limits.rs"));
    }
    let name = ["todo", "unimplemented"].into_iter().find(|name| follows(tokens, at, &[name, "!"]))?;
    Some(Finding::at(file, line, format!("`{name}!` in shipped code"), "finish it, or leave it out until it is"))
}

#[cfg(test)]
mod tests {
    use super::{LINES_MAX, find};
    use crate::repo::Repo;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        find(&Repo::of(&[(path, text)])).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn unfinished_and_unbounded_code_is_found() {
        let text = "fn a() { todo!() }\nfn b() { unimplemented!(\"b\") }\nlet c = mpsc::unbounded_channel();\n\
                    #[cfg(test)]\nmod tests {\n#[test]\n#[ignore = \"slow\"]\nfn d() { todo!() } }\n";
        assert_eq!(lines("crates/hub/src/a.rs", text), [7, 1, 2, 3]);
    }

    #[test]
    fn only_long_files_of_ours_are_long() {
        let long = "// a\n".repeat(LINES_MAX + 1);
        assert_eq!(lines("crates/hub/src/a.rs", &long), [LINES_MAX]);
        assert!(lines("crates/hub/src/tests.rs", &long).is_empty());
        assert!(lines("crates/codes/src/a.rs", &format!("//! @generated\n{long}")).is_empty());
        assert!(lines("crates/hub/src/a.rs", &"// a\n".repeat(LINES_MAX)).is_empty());
    }
}
