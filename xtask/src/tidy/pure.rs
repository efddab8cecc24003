//! Invariant 1: what decides and parses touches no socket, file, runtime or clock, so that it can be tested and fuzzed.

use super::Finding;
use crate::repo::{File, Repo};
use crate::rust::{Kind, Token, after_group, follows};

const PURE: [&str; 4] = ["crates/base/src/", "crates/media/src/", "crates/domain/src/", "crates/codes/src/"];
const MODULES: [&str; 2] = ["net", "fs"];
const INSTEAD: &str = "leave it to the caller: take bytes and a `now`, return bytes and decisions; \
                       I/O belongs in `net`, `store` or the protocol's `serve`";

/// Forbidden names in pure code.
pub(super) fn find(repo: &Repo) -> Vec<Finding> {
    repo.rust().filter(|file| is_pure(file)).flat_map(check).collect()
}

fn is_pure(file: &File) -> bool {
    let pure_crate = PURE.iter().any(|prefix| file.path.starts_with(prefix));
    let engine =
        file.path.starts_with("crates/") && (file.path.contains("/engine/") || file.path.ends_with("/engine.rs"));
    (pure_crate || engine) && !file.is_test()
}

fn check(file: &File) -> Vec<Finding> {
    let tokens = file.shipped();
    let mut findings = Vec::new();
    for at in 0..tokens.len() {
        if let Some(name) = forbidden(&tokens, at) {
            let wrong = format!("pure code names `{name}`");
            findings.push(Finding::at(file, tokens[at].line, wrong, INSTEAD));
        }
    }
    findings
}

fn forbidden(tokens: &[Token], at: usize) -> Option<String> {
    if tokens[at].is("tokio") {
        return Some("tokio".to_owned());
    }
    for clock in ["Instant", "SystemTime"] {
        if follows(tokens, at, &[clock, ":", ":", "now"]) {
            return Some(format!("{clock}::now"));
        }
    }
    if !follows(tokens, at, &["std", ":", ":"]) {
        return None;
    }
    let next = at + 3;
    if follows(tokens, next, &["{"]) {
        let heads = heads(&tokens[next + 1..after_group(tokens, next).saturating_sub(1)]);
        return heads.into_iter().find(|head| MODULES.contains(&head.as_str())).map(|head| format!("std::{head}"));
    }
    let module = tokens.get(next).filter(|token| MODULES.iter().any(|name| token.is(name)))?;
    Some(format!("std::{}", module.text))
}

/// First names of the branches of a grouped `use`.
fn heads(tokens: &[Token]) -> Vec<String> {
    let (mut heads, mut at, mut fresh) = (Vec::new(), 0, true);
    while at < tokens.len() {
        let token = &tokens[at];
        if token.is("{") {
            at = after_group(tokens, at);
            continue;
        }
        if fresh && token.kind == Kind::Word {
            heads.push(token.text.clone());
        }
        fresh = token.is(",");
        at += 1;
    }
    heads
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::repo::Repo;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        find(&Repo::of(&[(path, text)])).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn each_forbidden_name_is_found_where_it_stands() {
        let text = "use std::fs;\nuse std::{fmt, net::TcpStream};\nfn a() { tokio::spawn(b); }\nlet t = Instant::now();\n\
                    let s = std::time::SystemTime::now();";
        assert_eq!(lines("crates/base/src/a.rs", text), [1, 2, 3, 4, 5]);
        assert_eq!(lines("crates/protocols/rtmp/src/engine/chunk.rs", "use std::fs;"), [1]);
        assert_eq!(lines("crates/protocols/rtmp/src/engine.rs", "use std::fs;"), [1]);
    }

    #[test]
    fn tests_comments_strings_and_other_crates_are_free() {
        let text = "// std::fs\nconst A: &str = \"tokio\";\nuse std::{collections::{self, fs_like}, fmt};\n\
                    #[cfg(test)]\nmod tests { use std::fs; }";
        assert!(lines("crates/base/src/a.rs", text).is_empty());
        assert!(lines("crates/media/src/flv/tests.rs", "use std::fs;").is_empty());
        assert!(lines("crates/net/src/a.rs", "use std::net;").is_empty());
        assert!(lines("crates/protocols/rtmp/src/serve.rs", "use std::net;").is_empty());
    }
}
