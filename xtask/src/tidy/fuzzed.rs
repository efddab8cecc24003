//! Every parser of a peer's bytes has a fuzz function, and every fuzz target a few small inputs that are committed.

use std::collections::BTreeSet;
use std::fs;

use super::Finding;
use crate::fuzz::{BYTES_MAX, FILES_MAX};
use crate::repo::{File, Repo};
use crate::rust::{Kind, Token, after_group, follows};

/// Crates whose parsers read what a peer sends.
const CRATES: [&str; 4] = ["crates/base/src/", "crates/media/src/", "crates/domain/src/", "crates/protocols/"];
/// How functions are called that take a peer's bytes.
const NAMES: [&str; 5] = ["parse", "feed", "packet", "on_input", "handle_input"];
const INSTEAD: &str = "give it a function in the crate's `fuzz` module and a target in fuzz/fuzz_targets";

/// Parsers without a fuzz function, targets without inputs, and inputs that are too many.
pub(super) fn find(repo: &Repo) -> Vec<Finding> {
    let functions: Vec<BTreeSet<String>> = repo.rust().filter(|file| is_fuzz(file)).map(words).collect();
    let parsers = repo.rust().filter(|file| is_parsing(file)).flat_map(|file| check(file, &functions));
    let targets = repo.rust().filter(|file| file.path.starts_with("fuzz/fuzz_targets/"));
    parsers.chain(targets.filter_map(|file| inputs(repo, file))).collect()
}

fn is_fuzz(file: &File) -> bool {
    file.path.starts_with("crates/") && (file.path.contains("/fuzz/") || file.path.ends_with("/fuzz.rs"))
}

fn is_parsing(file: &File) -> bool {
    CRATES.iter().any(|prefix| file.path.starts_with(prefix)) && !file.is_test() && !is_fuzz(file)
}

fn words(file: &File) -> BTreeSet<String> {
    file.shipped().into_iter().filter(|token| token.kind == Kind::Word).map(|token| token.text).collect()
}

fn check(file: &File, functions: &[BTreeSet<String>]) -> Vec<Finding> {
    let tokens = file.shipped();
    let mut findings = Vec::new();
    let mut owner = String::new();
    for at in 0..tokens.len() {
        if tokens[at].is("impl") {
            owner = implemented(&tokens, at);
        }
        let is_parser = follows(&tokens, at, &["pub", "fn"])
            && tokens.get(at + 2).is_some_and(|name| NAMES.contains(&name.text.as_str()))
            && takes_bytes(&tokens, at + 3);
        if !is_parser {
            continue;
        }
        // Several codecs have a type of the same name: the module's name stands beside it.
        let module = file.path.strip_prefix("crates/media/src/").and_then(|path| path.split(['/', '.']).next());
        let known = |words: &BTreeSet<String>| words.contains(&owner) && module.is_none_or(|name| words.contains(name));
        if !functions.iter().any(known) {
            let wrong = format!("`{owner}::{}` reads a peer's bytes and is not fuzzed", tokens[at + 2].text);
            findings.push(Finding::at(file, tokens[at].line, wrong, INSTEAD));
        }
    }
    findings
}

/// The type that an `impl` at `at` is for: the last name before its brace that is not a parameter.
fn implemented(tokens: &[Token], at: usize) -> String {
    let (mut name, mut depth) = (String::new(), 0_usize);
    for token in tokens.iter().skip(at + 1).take_while(|token| !token.is("{") && !token.is("where")) {
        match token.text.as_str() {
            "<" => depth += 1,
            ">" => depth = depth.saturating_sub(1),
            _ if depth == 0 && token.kind == Kind::Word && token.text != "for" => name.clone_from(&token.text),
            _ => {}
        }
    }
    name
}

/// Whether the parameters that begin behind `at` hold bytes or text.
fn takes_bytes(tokens: &[Token], at: usize) -> bool {
    let open = (at..tokens.len()).find(|at| tokens[*at].is("("));
    open.is_some_and(|open| {
        tokens[open..after_group(tokens, open)].iter().any(|token| token.is("u8") || token.is("str"))
    })
}

/// What is wrong with the inputs of one target.
fn inputs(repo: &Repo, target: &File) -> Option<Finding> {
    let name = target.path.strip_prefix("fuzz/fuzz_targets/")?.strip_suffix(".rs")?;
    let folder = repo.root.join("fuzz/corpus").join(name);
    let sizes: Vec<u64> = fs::read_dir(folder)
        .map(|entries| entries.flatten().filter_map(|entry| Some(entry.metadata().ok()?.len())).collect())
        .unwrap_or_default();
    let bytes: u64 = sizes.iter().sum();
    if sizes.is_empty() {
        let wrong = format!("fuzz/corpus/{name} holds no inputs");
        return Some(Finding::at(target, 1, wrong, "run the target, then `cargo xtask fuzz --keep`"));
    }
    (sizes.len() > FILES_MAX || bytes > BYTES_MAX).then(|| {
        let wrong = format!("{} inputs of {bytes} bytes, more than {FILES_MAX} or {BYTES_MAX}", sizes.len());
        Finding::at(target, 1, wrong, "`cargo xtask fuzz --keep` keeps the fewest that reach as much")
    })
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::repo::Repo;

    const PARSER: &str = "impl<'a> Record<'a> { pub fn parse(data: &'a [u8]) -> Self { x } }";

    fn wrong(files: &[(&str, &str)]) -> Vec<String> {
        find(&Repo::of(files)).into_iter().map(|finding| finding.wrong).collect()
    }

    #[test]
    fn a_parser_without_a_fuzz_function_is_found() {
        let found = wrong(&[("crates/media/src/av9/record.rs", PARSER)]);
        assert_eq!(found, ["`Record::parse` reads a peer's bytes and is not fuzzed"]);
        let other = ("crates/media/src/fuzz/codecs.rs", "fn av8(d: &[u8]) { av8::Record::parse(d); }");
        assert_eq!(wrong(&[("crates/media/src/av9/record.rs", PARSER), other]).len(), 1);
        let own = ("crates/media/src/fuzz/codecs.rs", "fn av9(d: &[u8]) { av9::Record::parse(d); }");
        assert!(wrong(&[("crates/media/src/av9/record.rs", PARSER), own]).is_empty());
    }

    #[test]
    fn what_takes_no_bytes_or_is_private_is_no_parser() {
        let text = "impl X { pub fn feed(&mut self, frame: Frame) {} fn parse(data: &[u8]) {} }";
        assert!(wrong(&[("crates/domain/src/x.rs", text), ("crates/net/src/y.rs", PARSER)]).is_empty());
    }

    #[test]
    fn a_target_without_inputs_is_found() {
        let found = wrong(&[("fuzz/fuzz_targets/no_such_target.rs", "#![no_main]")]);
        assert_eq!(found, ["fuzz/corpus/no_such_target holds no inputs"]);
    }
}
