//! Invariant 9: a secret is wrapped so that `Debug` shows nothing, and nobody unwraps it into text that is printed.

use super::Finding;
use crate::repo::{File, Repo};
use crate::rust::{Kind, Token, after_group, follows};

/// Macros whose arguments end in a log, on a terminal or in a reply.
const PRINTERS: [&str; 22] = [
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "event",
    "span",
    "trace_span",
    "debug_span",
    "info_span",
    "warn_span",
    "error_span",
    "print",
    "println",
    "eprint",
    "eprintln",
    "format",
    "format_args",
    "write",
    "writeln",
    "panic",
    "concat",
];
/// Where showing a secret is the purpose: the command that prints the app's keys and signed addresses to its owner.
const ALLOWED: [&str; 2] = ["crates/vivace/src/app", "crates/vivace/src/url"];
/// What would make a secret printable by itself.
const PRINTABLE: [&str; 5] = ["Display", "Serialize", "LowerHex", "UpperHex", "ToString"];

/// Secrets that are unwrapped inside a printing macro, and traits that would print them.
pub(super) fn find(repo: &Repo) -> Vec<Finding> {
    let files = repo.rust().filter(|file| file.path.starts_with("crates/") && !file.is_test());
    files.filter(|file| !ALLOWED.iter().any(|place| file.path.starts_with(place))).flat_map(check).collect()
}

fn check(file: &File) -> Vec<Finding> {
    let tokens = file.shipped();
    let mut findings = Vec::new();
    for at in 0..tokens.len() {
        if is_printer(&tokens, at) {
            let inside = &tokens[at..after_group(&tokens, at + 2)];
            findings.extend(revealed(inside).map(|line| {
                let wrong = format!("a secret is revealed inside `{}!`", tokens[at].text);
                let instead = "hash or compare the bytes without text in between; to show it to its owner, \
                               do so in the commands listed in xtask/src/tidy/secrets.rs";
                Finding::at(file, line, wrong, instead)
            }));
        }
        if PRINTABLE.iter().any(|name| tokens[at].is(name)) && is_for_secret(&tokens[at + 1..]) {
            let wrong = format!("`{}` would print a secret", tokens[at].text);
            findings.push(Finding::at(
                file,
                tokens[at].line,
                wrong,
                "a `Secret` has no text of its own; remove the impl",
            ));
        }
    }
    findings
}

fn is_printer(tokens: &[Token], at: usize) -> bool {
    PRINTERS.iter().any(|name| tokens[at].is(name))
        && follows(tokens, at + 1, &["!"])
        && tokens.get(at + 2).is_some_and(|open| open.kind == Kind::Mark && "([{".contains(&open.text))
}

fn revealed(tokens: &[Token]) -> impl Iterator<Item = usize> {
    tokens.windows(2).filter(|pair| pair[0].is(".") && pair[1].is("reveal")).map(|pair| pair[1].line)
}

fn is_for_secret(tokens: &[Token]) -> bool {
    let ahead = tokens.iter().take_while(|token| !token.is("{") && !token.is(";")).collect::<Vec<_>>();
    ahead.windows(2).any(|pair| pair[0].is("for") && pair[1].is("Secret"))
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::repo::Repo;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        find(&Repo::of(&[(path, text)])).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_secret_in_a_log_line_or_a_text_is_found() {
        let text = "tracing::info!(key = %key.reveal(), \"a\");\nlet a = format!(\n  \"{}\", key\n  .reveal());\n\
                    impl<T> fmt::Display for Secret<T> {}\n";
        assert_eq!(lines("crates/gate/src/a.rs", text), [1, 4, 5]);
    }

    #[test]
    fn hashing_is_free_and_so_is_the_command_that_shows_keys() {
        assert!(lines("crates/gate/src/a.rs", "hasher.update(key.reveal()); info!(\"{key:?}\");").is_empty());
        assert!(lines("crates/vivace/src/app.rs", "println!(\"{}\", key.reveal());").is_empty());
        assert!(lines("crates/base/src/secret.rs", "impl<T> fmt::Debug for Secret<T> {}").is_empty());
    }
}
