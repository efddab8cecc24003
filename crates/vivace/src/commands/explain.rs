//! `vivace explain`: what a code means and what to do about it.

use clap::ValueEnum;
use serde_json::Value;
use vivace_codes::explain::{Explanation, explain, row_json};
use vivace_codes::{Row, search};

use crate::fault::Fault;
use crate::print;

/// What to explain.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A number (20101), a table and a number (lvb-video/20101), or a symbol (AV_ERR_TIMEOUT); with --search, words.
    #[arg(required = true)]
    query: Vec<String>,
    /// List the codes that hold all of the words, in any language.
    #[arg(long)]
    search: bool,
    /// A JSON array of rows, with the texts of both languages.
    #[arg(long)]
    json: bool,
    /// The language of the texts.
    #[arg(long, value_enum, default_value_t = Lang::En)]
    lang: Lang,
}

/// A language of the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Lang {
    /// English.
    En,
    /// Simplified Chinese.
    Zh,
}

pub(super) fn run(args: &Args) -> Result<(), Fault> {
    let (text, fault) = if args.search { list(args) } else { tell(args) };
    if !text.is_empty() {
        print::out(&text);
    }
    fault.map_or(Ok(()), Err)
}

/// What is known about the codes, and a fault for those that are not.
fn tell(args: &Args) -> (String, Option<Fault>) {
    let (mut rows, mut unknown) = (Vec::new(), Vec::new());
    for query in &args.query {
        match explain(query) {
            Ok(found) => {
                let new: Vec<_> = found.rows.into_iter().filter(|row| !rows.contains(row)).collect();
                rows.extend(new);
            }
            Err(fault) => unknown.push(fault),
        }
    }
    let found = Explanation { rows };
    let text = match () {
        () if found.rows.is_empty() => String::new(),
        () if args.json => format!("{:#}\n", found.json()),
        () => found.text(args.lang.into()),
    };
    (text, (!unknown.is_empty()).then_some(Fault::Explain(unknown)))
}

fn list(args: &Args) -> (String, Option<Fault>) {
    let words = args.query.join(" ");
    let rows = search(&words);
    if rows.is_empty() {
        return (String::new(), Some(Fault::NothingFound { words }));
    }
    (if args.json { json(&rows) } else { lines(&rows, args.lang.into()) }, None)
}

fn json(rows: &[&Row]) -> String {
    let rows: Value = rows.iter().map(|row| row_json(row)).collect();
    format!("{rows:#}\n")
}

/// One line a row: its key and its sentence.
fn lines(rows: &[&Row], lang: vivace_codes::Lang) -> String {
    let keys: Vec<String> = rows.iter().map(ToString::to_string).collect();
    let width = keys.iter().map(String::len).max().unwrap_or(0);
    rows.iter().zip(&keys).map(|(row, key)| format!("{key:width$}  {}\n", row.text(lang).message)).collect()
}

impl From<Lang> for vivace_codes::Lang {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::En => Self::En,
            Lang::Zh => Self::Zh,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Args, Lang, list, tell};
    use crate::fault::Fault;

    fn args(query: &[&str], json: bool, lang: Lang) -> Args {
        Args { query: query.iter().map(|word| (*word).to_owned()).collect(), search: false, json, lang }
    }

    /// Compares with a file; `UPDATE=1` writes it instead, for the author to look at.
    fn assert_snapshot(name: &str, text: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/explain").join(name);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, text).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap_or_default(), text, "{name}; UPDATE=1 writes it");
    }

    #[test]
    fn codes_are_told_as_the_snapshots_have_them() {
        for (name, args) in [
            ("one.txt", args(&["lvb-video/20101"], false, Lang::En)),
            ("one.zh.txt", args(&["20101"], false, Lang::Zh)),
            ("several.txt", args(&["30000415", "lvb-access/4100", "30000415"], false, Lang::En)),
            ("one.json", args(&["lvb-video/20101"], true, Lang::En)),
        ] {
            let (text, fault) = tell(&args);
            assert!(fault.is_none(), "{name}: {fault:?}");
            assert_snapshot(name, &text);
        }
        let (text, fault) = list(&args(&["timeout"], false, Lang::En));
        assert!(fault.is_none());
        assert_snapshot("search.txt", &text);
    }

    #[test]
    fn an_unknown_number_is_a_fault_with_near_ones_and_hides_nothing() {
        let (text, fault) = tell(&args(&["lvb-video/20191", "lvb-video/20101"], false, Lang::En));
        assert!(text.starts_with("lvb-video/20101"));
        let fault = fault.unwrap();
        assert!(fault.to_string().contains("lvb-video/20101"), "{fault}");
        assert!(
            matches!(list(&args(&["zebra"], false, Lang::En)), (text, Some(Fault::NothingFound { .. })) if text.is_empty())
        );
    }
}
