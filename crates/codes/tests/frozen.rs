//! The catalogue is exactly the published rows: none dropped, none added, none renumbered.

use std::collections::{BTreeMap, BTreeSet};

use vivace_codes::{Table, by_number, find, rows};

/// Table, number, official symbol (may be empty) and source of every published row.
const FROZEN: &str = include_str!("frozen.tsv");

type Key = (String, u32, String, String);

fn frozen() -> Vec<Key> {
    FROZEN
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let [table, number, symbol, source] = cells[..] else { panic!("four cells: {line:?}") };
            (table.to_owned(), number.parse().expect("a number"), symbol.to_owned(), source.to_owned())
        })
        .collect()
}

#[test]
fn every_published_row_stands_once_and_in_order_and_nothing_more() {
    let published = frozen();
    assert_eq!(published.len(), 237);
    for table in Table::ALL {
        let wanted: Vec<&Key> = published.iter().filter(|key| key.0 == table.name()).collect();
        let have: Vec<Key> = table
            .rows()
            .iter()
            .map(|row| {
                let official = row.official.unwrap_or_default();
                (row.table.name().to_owned(), row.number, official.to_owned(), row.source.to_owned())
            })
            .collect();
        assert_eq!(have.iter().collect::<Vec<_>>(), wanted, "{table}");
    }
    assert_eq!(rows().count(), 237);
}

#[test]
fn each_table_has_its_published_size() {
    let sizes: Vec<(&str, usize)> = Table::ALL.iter().map(|table| (table.name(), table.rows().len())).collect();
    let wanted = [
        ("minilvb", 6),
        ("av-client", 23),
        ("av-server", 11),
        ("av-record", 30),
        ("av-push", 44),
        ("zim", 28),
        ("liveroom", 40),
        ("lvb-access", 16),
        ("lvb-video", 39),
    ];
    assert_eq!(sizes, wanted);
}

#[test]
fn every_row_is_found_by_its_key() {
    for (table, number, _, source) in frozen() {
        let table = Table::from_name(&table).expect("a table's name");
        let row = find(table, number).expect("a published row");
        assert_eq!((row.table, row.number, row.source), (table, number, source.as_str()));
    }
}

#[test]
fn one_official_symbol_names_two_rows_and_no_other_does() {
    let mut numbers: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for row in rows() {
        if let Some(official) = row.official {
            numbers.entry(official).or_default().push(row.number);
        }
    }
    let double: Vec<_> = numbers.into_iter().filter(|(_, numbers)| numbers.len() > 1).collect();
    assert_eq!(double, [("AV_ERR_SERVER_ID_NOT_IN_ROOM", vec![10006, 10009])]);
}

#[test]
fn a_number_of_several_tables_is_found_in_each() {
    let tables = |number| by_number(number).iter().map(|row| row.table).collect::<Vec<_>>();
    assert_eq!(tables(1001), [Table::AvClient, Table::AvPush, Table::LvbVideo]);
    assert_eq!(tables(4001), [Table::Minilvb, Table::LvbVideo]);
    assert_eq!(tables(203007), [Table::Liveroom]);
    assert_eq!(tables(7), []);

    let mut seen = BTreeSet::new();
    let shared: BTreeSet<u32> = rows().map(|row| row.number).filter(|number| !seen.insert(*number)).collect();
    assert_eq!(shared.len(), 7, "{shared:?}");
}
