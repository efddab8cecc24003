//! Invariant 10: every row of the catalogue is met by a scenario through a public interface, or is on the list of those
//! that are not yet; the list only shrinks.
//!
//! A scenario claims rows in a comment line above a test under `tests/`: `/// reaches: lvb-video/20101, zim/6000001`. The
//! test must hold each row as a text of exactly this form, `"lvb-video/20101"`, to look for it.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use crate::repo::{File, Repo};
use crate::rust::{Kind, Token, after_group};

/// Rows of the catalogue, as its tables were published.
const ROWS: usize = 237;
/// Rows that are pending now. Lower it when a scenario reaches one more; it never goes up.
const PENDING: usize = 182;
const LIST: &str = "tests/scenarios/pending.toml";
const HERE: &str = "xtask/src/tidy/coverage.rs";

/// A row: its table and number.
pub(super) type Row = (String, u64);

struct Place {
    path: String,
    line: usize,
}

/// Rows that are neither reached nor pending, both, unknown, or claimed without being looked at.
pub(super) fn find(repo: &Repo) -> Vec<Finding> {
    let (rows, mut findings) = rows(repo);
    if rows.len() != ROWS {
        let wrong = format!("the tables have {} rows, not {ROWS}", rows.len());
        findings.push(Finding::missing("crates/codes/tables", wrong, "a published row is neither dropped nor added"));
    }
    let (pending, more) = pending(repo);
    findings.extend(more);
    let (claims, more) = claims(repo);
    findings.extend(more);
    findings.extend(compare(&rows, &pending, &claims));
    findings.extend(shrinks(pending.len()));
    findings
}

/// Every row of the tables.
pub(super) fn rows(repo: &Repo) -> (BTreeSet<Row>, Vec<Finding>) {
    let (mut rows, mut findings) = (BTreeSet::new(), Vec::new());
    let tables = repo.files.iter().filter(|file| file.path.starts_with("crates/codes/tables/"));
    for file in tables.filter(|file| file.path.ends_with(".toml")) {
        match read_table(file) {
            Ok(found) => rows.extend(found),
            Err(finding) => findings.push(finding),
        }
    }
    (rows, findings)
}

fn read_table(file: &File) -> Result<Vec<Row>, Finding> {
    let broken = |what: String| Finding::at(file, 1, what, "see the other tables beside it for the form");
    let table: toml::Table = file.text.parse().map_err(|error| broken(format!("not TOML: {error}")))?;
    let name = table.get("table").and_then(toml::Value::as_str).ok_or_else(|| broken("no `table` name".to_owned()))?;
    let codes = table.get("code").and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let number = |code: &toml::Value| code.get("number")?.as_integer()?.try_into().ok();
    Ok(codes.iter().filter_map(number).map(|number| (name.to_owned(), number)).collect())
}

fn pending(repo: &Repo) -> (BTreeSet<Row>, Vec<Finding>) {
    let mut rows = BTreeSet::new();
    let Some(file) = repo.file(LIST) else {
        return (
            rows,
            vec![Finding::missing(LIST, "the list is missing", "write it: one [[pending]] per row not reached")],
        );
    };
    let list: toml::Table = match file.text.parse() {
        Ok(list) => list,
        Err(error) => return (rows, vec![Finding::at(file, 1, format!("not TOML: {error}"), "mend the list")]),
    };
    let mut findings = Vec::new();
    for entry in list.get("pending").and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or_default() {
        let text = |key| entry.get(key).and_then(toml::Value::as_str).unwrap_or_default();
        let number = entry.get("number").and_then(toml::Value::as_integer).and_then(|number| number.try_into().ok());
        let Some(number) = number else {
            findings.push(Finding::at(file, 1, "an entry has no number", "give table, number and reason"));
            continue;
        };
        let row = (text("table").to_owned(), number);
        if text("reason").trim().is_empty() {
            let instead = "say which work will bring the condition about";
            findings.push(Finding::at(file, 1, format!("{} has no reason", shown(&row)), instead));
        }
        if !rows.insert(row.clone()) {
            findings.push(Finding::at(file, 1, format!("{} stands twice", shown(&row)), "remove one"));
        }
    }
    (rows, findings)
}

fn claims(repo: &Repo) -> (BTreeMap<Row, Place>, Vec<Finding>) {
    let (mut claims, mut findings) = (BTreeMap::new(), Vec::new());
    for file in repo.files.iter().filter(|file| file.path.starts_with("tests/") && file.path != LIST) {
        for (at, line) in file.text.lines().enumerate() {
            let Some(list) = claim(line) else { continue };
            for word in list.split([',', ' ']).filter(|word| !word.is_empty()) {
                match row(word) {
                    Some(row) => {
                        findings.extend(unseen(file, at + 1, &row));
                        claims.insert(row, Place { path: file.path.clone(), line: at + 1 });
                    }
                    None => {
                        let wrong = format!("`{word}` is no row");
                        findings.push(Finding::at(file, at + 1, wrong, "write `reaches: table/number, table/number`"));
                    }
                }
            }
        }
    }
    (claims, findings)
}

/// What stands after `reaches:` in a comment line.
fn claim(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let comment = line.strip_prefix("//").or_else(|| line.strip_prefix('#'))?;
    comment.trim_start_matches(['/', '!']).trim().strip_prefix("reaches:")
}

fn row(word: &str) -> Option<Row> {
    let (table, number) = word.split_once('/')?;
    Some((table.to_owned(), number.parse().ok()?))
}

/// A claim above a test that never looks for the row is no evidence.
fn unseen(file: &File, line: usize, row: &Row) -> Option<Finding> {
    let wanted = shown(row);
    let looks = if file.path.ends_with(".rs") {
        function_below(&file.tokens(), line).iter().any(|token| token.kind == Kind::Text && token.text == wanted)
    } else {
        let is_comment = |line: &str| line.starts_with("//") || line.starts_with('#') || line.starts_with('*');
        let mut code = file.text.lines().map(str::trim_start).filter(|line| !is_comment(line));
        code.any(|line| ['"', '\'', '`'].iter().any(|quote| line.contains(&format!("{quote}{wanted}{quote}"))))
    };
    let instead = "assert on the row in the reply, in the test below the claim, as a text \"table/number\"";
    (!looks).then(|| Finding::at(file, line, format!("claims {wanted} and never looks for it"), instead))
}

/// The function that begins first after a line, nothing if there is none.
fn function_below(tokens: &[Token], line: usize) -> &[Token] {
    let Some(start) = tokens.iter().position(|token| token.line > line && token.is("fn")) else { return &[] };
    let Some(body) = tokens[start..].iter().position(|token| token.is("{")) else { return &[] };
    &tokens[start..after_group(tokens, start + body)]
}

fn compare(rows: &BTreeSet<Row>, pending: &BTreeSet<Row>, claims: &BTreeMap<Row, Place>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for row in rows.iter().filter(|row| !pending.contains(*row) && !claims.contains_key(*row)) {
        let wrong = format!("{} is neither reached by a scenario nor pending", shown(row));
        findings.push(Finding::missing(LIST, wrong, "write the scenario and claim it, or list it with the reason"));
    }
    for row in pending.iter().filter(|row| !rows.contains(*row)) {
        findings.push(Finding::missing(LIST, format!("{} is not in the catalogue", shown(row)), "remove the entry"));
    }
    for (row, place) in claims {
        let finding = |wrong: String, instead: &str| Finding {
            path: place.path.clone(),
            line: place.line,
            wrong,
            instead: instead.to_owned(),
        };
        if !rows.contains(row) {
            findings.push(finding(format!("{} is not in the catalogue", shown(row)), "claim a row that exists"));
        }
        if pending.contains(row) {
            let instead = format!("remove its entry from {LIST}, and lower PENDING in {HERE}");
            findings.push(finding(format!("{} is reached and still pending", shown(row)), &instead));
        }
    }
    findings
}

fn shrinks(now: usize) -> Option<Finding> {
    if now > PENDING {
        let wrong = format!("{now} rows are pending, {PENDING} were");
        return Some(Finding::missing(LIST, wrong, "keep the scenario that reached the row: the list only shrinks"));
    }
    (now < PENDING).then(|| {
        let wrong = format!("PENDING is {PENDING}, and {now} rows are pending");
        Finding::missing(HERE, wrong, format!("set it to {now}, so that the list cannot grow again"))
    })
}

fn shown(row: &Row) -> String {
    format!("{}/{}", row.0, row.1)
}

#[cfg(test)]
mod tests {
    use super::{PENDING, claims, compare, pending, rows, shrinks};
    use crate::repo::Repo;

    const TABLE: &str = "table = \"a\"\n[[code]]\nnumber = 1\n[[code]]\nnumber = 22\n[[code]]\nnumber = 333\n";
    const LIST: &str = "[[pending]]\ntable = \"a\"\nnumber = 1\nreason = \"the relay\"\n";

    fn found(list: &str, scenario: &str) -> Vec<String> {
        let repo = Repo::of(&[
            ("crates/codes/tables/a.toml", TABLE),
            ("tests/scenarios/pending.toml", list),
            ("tests/tests/a.rs", scenario),
        ]);
        let (rows, mut all) = rows(&repo);
        let (pending, more) = pending(&repo);
        all.extend(more);
        let (claims, more) = claims(&repo);
        all.extend(more);
        all.extend(compare(&rows, &pending, &claims));
        all.into_iter().map(|finding| finding.wrong).collect()
    }

    #[test]
    fn a_row_is_on_exactly_one_side() {
        let both = "/// reaches: a/22, a/333\n#[test]\nfn b() { no(\"a/22\"); assert!(text.contains(\"a/333\")); }\n";
        assert!(found(LIST, both).is_empty());
        let one = "// reaches: a/22\nfn b() { assert_eq!(row, \"a/22\"); }\n";
        assert_eq!(found(LIST, one), ["a/333 is neither reached by a scenario nor pending"]);
        let three = format!("// reaches: a/1\nfn c() {{ no(\"a/1\"); }}\n{both}");
        assert_eq!(found(LIST, &three), ["a/1 is reached and still pending"]);
    }

    #[test]
    fn unknown_rows_hollow_claims_and_entries_without_reason_are_found() {
        let scenario = "// reaches: a/22 a/333 b/4 nonsense\nfn c() { (\"a/22\", \"a/3333\", 333, \"b/4\"); }\n";
        let wrong = ["a/333 claims", "`nonsense` is no row", "b/4 is not in the catalogue"];
        let all = found(LIST, scenario);
        assert_eq!(all.len(), wrong.len(), "{all:?}");
        assert!(all.contains(&"claims a/333 and never looks for it".to_owned()), "{all:?}");
        let list = LIST.replace("the relay", " ");
        assert!(found(&list, "").contains(&"a/1 has no reason".to_owned()));
        assert!(found(&format!("{LIST}{LIST}"), "").contains(&"a/1 stands twice".to_owned()));
    }

    #[test]
    fn a_claim_is_met_by_the_test_below_it_alone() {
        let of = |scenario: &str| found(LIST, scenario).iter().filter(|wrong| wrong.contains("never looks")).count();
        let other = "fn a() { \"a/22\"; }\n/// reaches: a/22\nfn b() { 22; }\nfn c() { \"a/22\"; }\n";
        assert_eq!(of(other), 1);
        assert_eq!(of("/// reaches: a/22\nfn b() {\n  // \"a/22\"\n  a22(); }\n"), 1);
        assert_eq!(of("// reaches: a/22\n"), 1);
        assert_eq!(of("/// reaches: a/22\n#[test]\nfn b() { if x { no(\"a/22\"); } }\n"), 0);
    }

    #[test]
    fn the_list_neither_grows_nor_keeps_room_to_grow() {
        assert!(shrinks(PENDING).is_none());
        assert!(shrinks(PENDING + 1).is_some());
        assert!(shrinks(PENDING - 1).is_some());
    }
}
