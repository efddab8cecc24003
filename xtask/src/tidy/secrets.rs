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
const ALLOWED: [&str; 2] = ["crates/vivace/src/commands/app.rs", "crates/vivace/src/commands/url.rs"];
const HERE: &str = "xtask/src/tidy/secrets.rs";
/// What may stand behind `.reveal()` with the secret still in hand.
const SAME: [&str; 8] = ["as_str", "as_bytes", "as_ref", "clone", "to_owned", "to_string", "to_vec", "trim"];
/// What would make a secret printable by itself.
const PRINTABLE: [&str; 5] = ["Display", "Serialize", "LowerHex", "UpperHex", "ToString"];

/// Secrets that are unwrapped into a printing macro, traits that would print them, and exceptions for no file.
pub(super) fn find(repo: &Repo) -> Vec<Finding> {
    let mut findings = printed(repo);
    findings.extend(ALLOWED.iter().filter(|path| !repo.has(path)).map(|path| {
        let wrong = format!("{path} is allowed to show secrets and is not there");
        Finding::missing(HERE, wrong, "name the file that shows them now, or remove the entry")
    }));
    findings
}

fn printed(repo: &Repo) -> Vec<Finding> {
    let files = repo.rust().filter(|file| file.path.starts_with("crates/") && !file.is_test());
    files.filter(|file| !ALLOWED.contains(&file.path.as_str())).flat_map(check).collect()
}

fn check(file: &File) -> Vec<Finding> {
    let tokens = file.shipped();
    let mut findings = Vec::new();
    for at in 0..tokens.len() {
        if let Some((name, after)) = unwrapped(&tokens, at) {
            let block = &tokens[after..after + rest_of_block(&tokens[after..])];
            findings.extend(printers_of(block, name).map(|line| {
                let wrong = format!("`{name}` holds a revealed secret and is printed");
                Finding::at(file, line, wrong, "keep the `Secret` and print that, which shows nothing")
            }));
        }
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

/// The name that `let NAME = ....reveal();` gives to a secret, and the index after the statement.
fn unwrapped(tokens: &[Token], at: usize) -> Option<(&str, usize)> {
    if !tokens[at].is("let") {
        return None;
    }
    let name = at + 1 + usize::from(tokens.get(at + 1)?.is("mut"));
    let end = at + tokens[at..].iter().position(|token| token.is(";") || token.is("{"))?;
    let mut rest = tokens.get(name + 1..end)?;
    while let [before @ .., dot, method, open, close] = rest
        && (dot.is(".") && open.is("(") && close.is(")"))
    {
        if method.is("reveal") {
            return Some((&tokens[name].text, end + 1));
        }
        if !SAME.iter().any(|same| method.is(same)) {
            return None;
        }
        rest = before;
    }
    None
}

/// How many tokens there are before the bracket that closes the block these stand in.
fn rest_of_block(tokens: &[Token]) -> usize {
    let mut at = 0;
    while let Some(token) = tokens.get(at).filter(|token| !token.is("}")) {
        at = if token.is("{") { after_group(tokens, at) } else { at + 1 };
    }
    at
}

/// Lines of printing macros that name `name`, as an argument or inside the text.
fn printers_of<'a>(block: &'a [Token], name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let shows = move |token: &Token| {
        let in_text = || token.text.contains(&format!("{{{name}}}")) || token.text.contains(&format!("{{{name}:"));
        token.is(name) || (token.kind == Kind::Text && in_text())
    };
    let printers = (0..block.len()).filter(|at| is_printer(block, *at));
    printers.filter_map(move |at| {
        let inside = &block[at + 2..after_group(block, at + 2)];
        inside.iter().find(|token| shows(token)).map(|token| token.line)
    })
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
    use super::{ALLOWED, find, printed};
    use crate::repo::Repo;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        printed(&Repo::of(&[(path, text)])).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_secret_in_a_log_line_or_a_text_is_found() {
        let text = "tracing::info!(key = %key.reveal(), \"a\");\nlet a = format!(\n  \"{}\", key\n  .reveal());\n\
                    impl<T> fmt::Display for Secret<T> {}\n";
        assert_eq!(lines("crates/gate/src/a.rs", text), [1, 4, 5]);
    }

    #[test]
    fn a_secret_that_is_printed_by_another_name_is_found() {
        let text = "fn a() {\n let t = keys.token.reveal().as_str();\n if on { warn!(peer, t); }\n \
                    let u = format!(\"{t:?}\");\n println!(\"{t}\");\n}\nfn b(t: u8) { info!(t); }\n";
        assert_eq!(lines("crates/gate/src/a.rs", text), [3, 4, 5]);
        let made = "fn a() { let sum = hash(key.reveal()); info!(%sum); let n = key.reveal().len(); info!(n); }";
        assert!(lines("crates/gate/src/a.rs", made).is_empty());
        let kept = "fn a() { let t = key.reveal(); hash.update(t); info!(\"text {{t}}\", token = \"t\"); }";
        assert!(lines("crates/gate/src/a.rs", &kept.replace("{{t}}", "t")).is_empty());
    }

    #[test]
    fn an_exception_for_a_file_that_is_gone_is_found() {
        assert!(find(&Repo::of(&ALLOWED.map(|path| (path, "")))).is_empty());
        assert_eq!(find(&Repo::of(&[(ALLOWED[0], "")])).len(), ALLOWED.len() - 1);
    }

    #[test]
    fn hashing_is_free_and_so_is_the_command_that_shows_keys() {
        assert!(lines("crates/gate/src/a.rs", "hasher.update(key.reveal()); info!(\"{key:?}\");").is_empty());
        assert!(lines("crates/vivace/src/commands/app.rs", "println!(\"{}\", key.reveal());").is_empty());
        assert!(lines("crates/base/src/secret.rs", "impl<T> fmt::Debug for Secret<T> {}").is_empty());
    }
}
