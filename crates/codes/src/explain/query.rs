use super::{ExplainError, Explanation};
use crate::{Row, Table, by_number, find, near, rows};

/// Longest query that is looked at, in bytes; the longest key or symbol of the catalogue is about half as long.
pub const QUERY_BYTES_MAX: usize = 96;

/// Finds the rows that a query names: a number (`20101`), a table and a number (`lvb-video/20101`), or a symbol, ours or
/// the official one (`AV_ERR_TIMEOUT`, `lvb-video/ChannelQuota`).
///
/// # Errors
/// See [`ExplainError`]: an unknown number carries near ones, an unknown table the nearest name.
pub fn explain(query: &str) -> Result<Explanation, ExplainError> {
    let query = query.trim();
    if query.is_empty() || query.len() > QUERY_BYTES_MAX {
        return Err(malformed(query));
    }
    let (table, code) = match query.split_once('/') {
        Some((name, code)) => (Some(table_of(name.trim())?), code.trim()),
        None => (None, query),
    };
    let rows = match code.parse::<u32>() {
        Ok(number) => of_number(table, number)?,
        Err(_) => of_symbol(table, code),
    };
    if rows.is_empty() { Err(malformed(query)) } else { Ok(Explanation { rows }) }
}

fn table_of(name: &str) -> Result<Table, ExplainError> {
    let lower = name.to_ascii_lowercase();
    Table::from_name(&lower).ok_or_else(|| {
        // A family's name, as in `lvb`, is near to its tables.
        let distance = |table: &Table| {
            let of_family = !lower.is_empty() && table.name().starts_with(&lower);
            (!of_family, strsim::damerau_levenshtein(&lower, table.name()))
        };
        let nearest = Table::ALL.into_iter().min_by_key(distance).unwrap_or(Table::LvbVideo);
        ExplainError::UnknownTable { name: name.to_owned(), nearest }
    })
}

fn of_number(table: Option<Table>, number: u32) -> Result<Vec<&'static Row>, ExplainError> {
    let rows = match table {
        Some(table) => find(table, number).into_iter().collect(),
        None => by_number(number),
    };
    if rows.is_empty() { Err(ExplainError::UnknownNumber { table, number, near: near(number) }) } else { Ok(rows) }
}

fn of_symbol(table: Option<Table>, symbol: &str) -> Vec<&'static Row> {
    rows()
        .filter(|row| table.is_none_or(|table| row.table == table))
        .filter(|row| {
            row.symbol.eq_ignore_ascii_case(symbol)
                || row.official.is_some_and(|official| official.eq_ignore_ascii_case(symbol))
        })
        .collect()
}

fn malformed(query: &str) -> ExplainError {
    let end = query.floor_char_boundary(QUERY_BYTES_MAX);
    let (kept, _) = query.split_at(end);
    ExplainError::Malformed { query: kept.to_owned() }
}
