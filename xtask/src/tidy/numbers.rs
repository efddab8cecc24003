//! Invariant 2, second half: a number of the catalogue stands only where the catalogue is turned into replies.

use std::collections::BTreeSet;

use super::{Finding, coverage};
use crate::repo::{File, Repo};
use crate::rust::{Kind, integer};

/// Shorter numbers (1000, 4000, 6000 ...) are sizes and times more often than codes.
const SMALLEST: u64 = 10_000;
/// Codes that are also round numbers of bits, bytes or ticks.
const ROUND: [u64; 2] = [30_000_000, 40_000_000];

/// Integer literals that are codes, outside the crates that own them.
pub(super) fn find(repo: &Repo) -> Vec<Finding> {
    let (rows, _) = coverage::rows(repo);
    let numbers: BTreeSet<u64> =
        rows.into_iter().map(|(_, number)| number).filter(|n| *n >= SMALLEST && !ROUND.contains(n)).collect();
    repo.rust().filter(|file| is_bound(file)).flat_map(|file| check(file, &numbers)).collect()
}

fn is_bound(file: &File) -> bool {
    let translator = file.path.starts_with("crates/faces/")
        && (file.path.ends_with("/src/codes.rs") || file.path.contains("/src/codes/"));
    file.path.starts_with("crates/") && !file.path.starts_with("crates/codes/") && !translator && !file.is_test()
}

fn check(file: &File, numbers: &BTreeSet<u64>) -> Vec<Finding> {
    let shipped = file.shipped();
    let literals = shipped.iter().filter(|token| token.kind == Kind::Number);
    literals
        .filter(|token| integer(&token.text).is_some_and(|number| numbers.contains(&number)))
        .map(|token| {
            let wrong = format!("{} is a number of the catalogue", token.text);
            let instead = "return a typed fault and let the face's codes.rs choose the row; \
                           if this is no code, write it as a product or a shift that says what it is";
            Finding::at(file, token.line, wrong, instead)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::repo::Repo;

    const TABLE: (&str, &str) =
        ("crates/codes/tables/a.toml", "table = \"a\"\n[[code]]\nnumber = 20101\n[[code]]\nnumber = 1001\n");

    fn count(path: &str, text: &str) -> usize {
        find(&Repo::of(&[TABLE, (path, text)])).len()
    }

    #[test]
    fn a_code_is_found_in_every_spelling() {
        assert_eq!(count("crates/hub/src/a.rs", "fn a() -> u32 { 20101 }\nconst B: u32 = 20_101u32;"), 2);
    }

    #[test]
    fn codes_are_free_where_they_belong_and_small_numbers_everywhere() {
        for path in
            ["crates/codes/src/a.rs", "crates/faces/lvb/src/codes.rs", "crates/hub/src/tests.rs", "tests/tests/a.rs"]
        {
            assert_eq!(count(path, "const A: u32 = 20101;"), 0, "{path}");
        }
        assert_eq!(
            count(
                "crates/hub/src/a.rs",
                "const A: u32 = 1001; // 20101\n#[cfg(test)]\nmod t { const B: u32 = 20101; }"
            ),
            0
        );
    }
}
