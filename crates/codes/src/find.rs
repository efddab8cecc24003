use std::cmp::Reverse;

use crate::{Lang, Row, Table};

/// Most rows that [`near`] gives.
pub const NEAR_MAX: usize = 5;

/// Every row of every table, in the catalogue's order.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    Table::ALL.into_iter().flat_map(Table::rows)
}

/// The one row of a table and a number.
pub fn find(table: Table, number: u32) -> Option<&'static Row> {
    table.rows().iter().find(|row| row.number == number)
}

/// The rows of a number in all tables: none, one, or several that mean different things.
pub fn by_number(number: u32) -> Vec<&'static Row> {
    rows().filter(|row| row.number == number).collect()
}

/// The rows whose numbers look like this one, nearest first, at most [`NEAR_MAX`].
///
/// Near is one digit wrong, missing, added, or the same first half; a row of this very number counts as nearest, so
/// that a number asked for in the wrong table leads to the right one.
pub fn near(number: u32) -> Vec<&'static Row> {
    let asked = number.to_string();
    let mut ranked: Vec<_> = rows()
        .filter_map(|row| {
            let digits = row.number.to_string();
            let distance = strsim::levenshtein(&asked, &digits);
            let prefix = asked.bytes().zip(digits.bytes()).take_while(|(a, b)| a == b).count();
            let close = distance <= 1 || prefix * 2 >= asked.len();
            close.then(|| ((distance, Reverse(prefix), row.number.abs_diff(number)), row))
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().take(NEAR_MAX).map(|(_, row)| row).collect()
}

/// The rows that hold every one of these words, in the catalogue's order; none for no words.
///
/// A word is found without regard to case anywhere in the key, the symbols and the texts of both languages.
pub fn search(words: &str) -> Vec<&'static Row> {
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return Vec::new();
    }
    rows()
        .filter(|row| {
            let text = searched(row);
            words.iter().all(|word| text.contains(word.as_str()))
        })
        .collect()
}

/// All that [`search`] looks at, in lower case.
fn searched(row: &Row) -> String {
    let mut text = format!("{row}\n{}\n{}", row.symbol, row.official.unwrap_or_default());
    for lang in [Lang::En, Lang::Zh] {
        let said = row.text(lang);
        for part in [said.message, said.cause, said.remedy] {
            text.push('\n');
            text.push_str(part);
        }
    }
    text.to_lowercase()
}
