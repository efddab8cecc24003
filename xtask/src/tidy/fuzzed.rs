//! Every parser of a peer's bytes has a fuzz function, and every fuzz target a few small inputs that are committed.

use std::collections::BTreeSet;
use std::fs;

use super::Finding;
use crate::fuzz::{BYTES_MAX, FILES_MAX};
use crate::repo::{File, Repo};
use crate::rust::{Kind, Token, after_group};

/// Crates whose parsers read what a peer sends.
const CRATES: [&str; 9] = [
    "crates/base/src/",
    "crates/media/src/",
    "crates/domain/src/",
    "crates/protocols/",
    "crates/faces/",
    "crates/gate/src/",
    "crates/net/src/",
    "crates/worker/src/",
    SERVER,
];
/// The crate that no fuzz target is linked with: what reads bytes there stands in the wrong place, whoever may call it.
const SERVER: &str = "crates/server/src/";
/// How functions are called that take a peer's bytes.
const NAMES: [&str; 15] = [
    "parse",
    "feed",
    "packet",
    "on_input",
    "handle_input",
    "of_query",
    "of_body",
    "of_json",
    "json_body",
    "members",
    "decode",
    "judge",
    "look",
    "facts",
    "not_after",
];
const INSTEAD: &str = "give it a function in the crate's `fuzz` module and a target in fuzz/fuzz_targets";
const ELSEWHERE: &str =
    "move it to a library crate, with a function in its `fuzz` module and a target in fuzz/fuzz_targets";

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
    let is_server = file.path.starts_with(SERVER);
    let mut findings = Vec::new();
    let mut within: Option<Implemented> = None;
    for at in 0..tokens.len() {
        if within.as_ref().is_none_or(|found| at >= found.end) {
            within = tokens[at].is("impl").then(|| Implemented::at(&tokens, at));
        }
        let named = tokens[at].is("fn")
            && tokens.get(at + 1).is_some_and(|name| NAMES.contains(&name.text.as_str()))
            && takes_bytes(&tokens, at + 2);
        // A trait's function hands on to what reads; what is not public is reached through what is.
        let is_own = within.as_ref().is_none_or(|found| !found.is_trait);
        // A crate whose own work is no reading has its parsers for itself, and no other one to reach them through.
        let is_public = is_public(&tokens, at);
        if !named || !(is_public || is_server && is_own) {
            continue;
        }
        let owner = within.as_ref().map_or_else(|| module(file), |found| found.owner.clone());
        // Several codecs have a type of the same name: the module's name stands beside it.
        let codec = file.path.strip_prefix("crates/media/src/").and_then(|path| path.split(['/', '.']).next());
        let known = |words: &BTreeSet<String>| words.contains(&owner) && codec.is_none_or(|name| words.contains(name));
        if is_server || !functions.iter().any(known) {
            let wrong = format!("`{owner}::{}` reads a peer's bytes and is not fuzzed", tokens[at + 1].text);
            findings.push(Finding::at(file, tokens[at].line, wrong, if is_server { ELSEWHERE } else { INSTEAD }));
        }
    }
    findings
}

/// Whether the function at `at` is public, to all or to some.
fn is_public(tokens: &[Token], at: usize) -> bool {
    let is_word_between = |token: &Token| ["const", "async", "unsafe"].iter().any(|word| token.is(word));
    let before: Vec<&Token> = tokens[..at].iter().rev().skip_while(|token| is_word_between(token)).collect();
    match before.first() {
        Some(last) if last.is(")") => {
            let open = before.iter().position(|token| token.is("("));
            open.and_then(|open| before.get(open + 1)).is_some_and(|word| word.is("pub"))
        }
        last => last.is_some_and(|word| word.is("pub")),
    }
}

/// What a file's own functions are called by: its name, or its folder's.
fn module(file: &File) -> String {
    let path = file.path.trim_end_matches(".rs").trim_end_matches("/mod");
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

/// A block of functions of one type.
struct Implemented {
    /// The last name before its brace that is not a parameter.
    owner: String,
    /// Whether they are those of a trait.
    is_trait: bool,
    /// Index behind it.
    end: usize,
}

impl Implemented {
    fn at(tokens: &[Token], at: usize) -> Self {
        let head = || tokens.iter().skip(at + 1).take_while(|token| !token.is("{"));
        let open = at + 1 + head().count();
        Self {
            owner: implemented(tokens, at),
            is_trait: head().any(|token| token.is("for")),
            end: after_group(tokens, open),
        }
    }
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
        let parameters = &tokens[open..after_group(tokens, open)];
        // One byte by itself is a number.
        let many = |pair: &[Token]| pair[1].is("u8") && (pair[0].is("[") || pair[0].is("<"));
        parameters.iter().any(|token| token.is("str")) || parameters.windows(2).any(many)
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
        let text = "impl X { pub fn feed(&mut self, frame: Frame, by: u8) {} fn parse(data: &[u8]) {} }";
        assert!(wrong(&[("crates/domain/src/x.rs", text), ("crates/store/src/y.rs", PARSER)]).is_empty());
    }

    #[test]
    fn what_a_crate_that_reads_little_has_for_itself_is_a_parser_too() {
        for (path, text, name) in [
            ("crates/worker/src/image.rs", "pub(crate) fn look(bytes: &[u8]) {}", "image::look"),
            ("crates/worker/src/unpack.rs", "impl U { pub(super) fn feed(&mut self, b: &[u8]) {} }", "U::feed"),
            ("crates/net/src/tls/facts.rs", "pub(super) fn facts(certificate: &[u8]) {}", "facts::facts"),
            ("crates/faces/x/src/fields.rs", "pub(in crate::api) fn members(bytes: &[u8]) {}", "fields::members"),
        ] {
            assert_eq!(wrong(&[(path, text)]), [format!("`{name}` reads a peer's bytes and is not fuzzed")]);
        }
    }

    #[test]
    fn a_face_s_parser_is_known_by_its_type_or_its_module() {
        let text = "impl P { pub fn of_json(body: &[u8]) {} } pub fn judge(head: &[u8]) {}";
        let found = wrong(&[("crates/faces/x/src/head.rs", text)]);
        assert_eq!(
            found,
            ["`P::of_json`", "`head::judge`"].map(|name| format!("{name} reads a peer's bytes and is not fuzzed"))
        );
        let own = ("crates/faces/x/src/fuzz.rs", "fn x(d: &[u8]) { P::of_json(d); head::judge(d); }");
        assert!(wrong(&[("crates/faces/x/src/head.rs", text), own]).is_empty());
    }

    #[test]
    fn what_reads_bytes_in_the_server_stands_in_the_wrong_place() {
        let text = "fn judge(head: &[u8]) {} impl K { pub(super) fn parse(file: &str) {} } \
                    impl Inbound for P { fn on_input(&mut self, bytes: &[u8]) {} }";
        let found = wrong(&[("crates/server/src/connect.rs", text)]);
        assert_eq!(
            found,
            ["`connect::judge`", "`K::parse`"].map(|name| format!("{name} reads a peer's bytes and is not fuzzed"))
        );
    }

    #[test]
    fn a_target_without_inputs_is_found() {
        let found = wrong(&[("fuzz/fuzz_targets/no_such_target.rs", "#![no_main]")]);
        assert_eq!(found, ["fuzz/corpus/no_such_target holds no inputs"]);
    }
}
