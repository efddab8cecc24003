//! Invariant 2, second half: a number of the catalogue stands only where the catalogue is turned into replies, and so does
//! the name of a table, by which small numbers would come in.

use std::collections::BTreeSet;

use super::{Finding, coverage};
use crate::repo::{File, Repo};
use crate::rust::{Kind, Token, integer};

/// Shorter numbers (1000, 4000, 6000 ...) are sizes and times more often than codes.
const SMALLEST: u64 = 10_000;
/// Codes that are also round numbers of bits, bytes or ticks.
const ROUND: [u64; 2] = [30_000_000, 40_000_000];

/// Integer literals that are codes, and texts that name a table, outside the crates that own them.
pub(super) fn find(repo: &Repo) -> Vec<Finding> {
    let (rows, _) = coverage::rows(repo);
    let tables: BTreeSet<&str> = rows.iter().map(|(table, _)| table.as_str()).collect();
    let numbers: BTreeSet<u64> =
        rows.iter().map(|(_, number)| *number).filter(|n| *n >= SMALLEST && !ROUND.contains(n)).collect();
    repo.rust().filter(|file| is_bound(file)).flat_map(|file| check(file, &numbers, &tables)).collect()
}

fn is_bound(file: &File) -> bool {
    let translator = file.path.starts_with("crates/faces/")
        && (file.path.ends_with("/src/codes.rs") || file.path.contains("/src/codes/"));
    file.path.starts_with("crates/") && !file.path.starts_with("crates/codes/") && !translator && !file.is_test()
}

fn check(file: &File, numbers: &BTreeSet<u64>, tables: &BTreeSet<&str>) -> Vec<Finding> {
    file.shipped()
        .iter()
        .filter_map(|token| number(file, token, numbers).or_else(|| table(file, token, tables)))
        .collect()
}

fn number(file: &File, token: &Token, numbers: &BTreeSet<u64>) -> Option<Finding> {
    let is_code = token.kind == Kind::Number && integer(&token.text).is_some_and(|number| numbers.contains(&number));
    is_code.then(|| {
        let wrong = format!("{} is a number of the catalogue", token.text);
        let instead = "return a typed fault and let the face's codes.rs choose the row; \
                       if this is no code, write it as a product or a shift that says what it is";
        Finding::at(file, token.line, wrong, instead)
    })
}

fn table(file: &File, token: &Token, tables: &BTreeSet<&str>) -> Option<Finding> {
    let name = tables.iter().find(|name| token.kind == Kind::Text && names(&token.text, name))?;
    let wrong = format!("the text names the table `{name}` of the catalogue");
    Some(Finding::at(file, token.line, wrong, "take the row of a typed fault from the face's codes.rs, and its table"))
}

/// Whether a text is a table's name, or has a row in it: the name, `/` and a number.
fn names(text: &str, table: &str) -> bool {
    let is_row = |(at, _): (usize, &str)| {
        let (before, behind) = (&text[..at], &text[at + table.len()..]);
        let number = behind.strip_prefix('/').is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()));
        number && !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    text == table || text.match_indices(table).any(is_row)
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
    fn a_table_is_found_by_its_name_and_by_its_rows() {
        for text in ["\"a\"", "\"a/1001\"", "\"see [a/1001], please\"", "r\"a\""] {
            assert_eq!(count("crates/hub/src/a.rs", &format!("const A: &str = {text};")), 1, "{text}");
            assert_eq!(count("crates/faces/lvb/src/codes.rs", &format!("const A: &str = {text};")), 0, "{text}");
        }
        for text in ["\"a b\"", "\"ab/1001\"", "\"ba/1001\"", "\"a/b\"", "1 // a/1001"] {
            assert_eq!(count("crates/hub/src/a.rs", &format!("f({text}\n);")), 0, "{text}");
        }
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
