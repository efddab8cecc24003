use std::fs;
use std::path::{Path, PathBuf};

use super::model::parse;
use super::{TABLES, coverage, fresh, load, pending, render, write};

const ROW: &str = r#"table = "lvb-video"
title.en = "A title"
title.zh = "标题"
[[code]]
number = 20101
symbol = "ChannelQuota"
source = "004:39"
at_fault = "caller"
retry = "never"
en.message = "m [x] <y>"
en.cause = "c"
en.remedy = "r \"q\""
zh.message = "提"
zh.cause = "因"
zh.remedy = "理"
"#;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

fn refused(from: &str, to: &str) -> String {
    assert!(ROW.contains(from), "{from}");
    parse(&ROW.replace(from, to), "lvb-video").expect_err(to)
}

#[test]
fn the_committed_code_is_what_the_tables_give() {
    assert_eq!(fresh(root()), Ok(()));
}

#[test]
fn the_tables_have_all_rows() {
    let rows: usize = load(root()).expect("the tables").iter().map(|table| table.code.len()).sum();
    assert_eq!(rows, 237);
}

#[test]
fn coverage_counts_what_is_not_pending_in_each_table() {
    let said = coverage(root()).expect("the list and the tables");
    let lines: Vec<Vec<&str>> = said.lines().map(|line| line.split_whitespace().collect()).collect();
    let names: Vec<&str> = lines.iter().map(|line| line[0]).collect();
    assert_eq!(names, [&TABLES[..], &["all"]].concat());
    let reached = |line: &Vec<&str>| line[1].split_once('/').and_then(|(n, _)| n.parse::<usize>().ok()).expect("n/m");
    let (all, tables) = lines.split_last().expect("a line");
    assert_eq!(reached(all), tables.iter().map(reached).sum());
    assert!(all[1].ends_with("/237"), "{said}");
}

#[test]
fn a_table_is_rendered_with_its_texts_escaped() {
    let table = parse(ROW, "lvb-video").expect("a good table");
    let files = render::files(&[table]);
    let text = &files["lvb_video.rs"];
    assert!(text.contains("    /// `20101`: m \\[x\\] \\<y\\>.\n    ChannelQuota,\n"), "{text}");
    assert!(text.contains(r#"remedy: "r \"q\"","#), "{text}");
    assert!(text.contains("static ROWS: [Row; 1]") && text.contains("table: Table::LvbVideo,"), "{text}");
    assert!(files["mod.rs"].contains("Table::LvbVideo => &lvb_video::ROWS,"), "{}", files["mod.rs"]);
}

#[test]
fn what_is_wrong_in_a_table_is_told() {
    assert!(parse(ROW, "lvb-video").is_ok());
    assert!(parse(ROW, "lvb-access").expect_err("another file").contains("lvb-access"));
    for (from, to, told) in [
        ("\"ChannelQuota\"", "\"channel_quota\"", "CamelCase"),
        ("\"ChannelQuota\"", "\"LvbVideoQuota\"", "repeats"),
        ("retry = \"never\"", "retry = \"after\"", "retry_after_s"),
        ("retry = \"never\"", "retry = \"never\"\nretry_after_s = 3", "retry_after_s"),
        ("retry = \"never\"", "retry = \"later\"", "later"),
        ("at_fault = \"caller\"", "at_fault = \"nobody\"", "nobody"),
        ("en.cause = \"c\"", "en.cause = \"\"", "en.cause"),
        ("en.cause = \"c\"", "en.cause = \" c\"", "en.cause"),
        ("zh.cause = \"因\"", "zh.cause = \"因\\n\"", "zh.cause"),
        ("zh.cause = \"因\"\n", "", "cause"),
        ("source =", "sauce =", "sauce"),
        ("number = 20101", "number = -1", "-1"),
    ] {
        let error = refused(from, to);
        assert!(error.contains(told), "{to}: {error}");
    }
}

#[test]
fn a_number_or_symbol_given_twice_is_told() {
    let (_, row) = ROW.split_once("[[code]]").expect("a row");
    let twice = |row: String| parse(&format!("{ROW}[[code]]{row}"), "lvb-video").expect_err("a double");
    assert!(twice(row.to_owned()).contains("20101: the number"));
    assert!(twice(row.replace("20101", "20102")).contains("20102: the symbol"));
}

#[test]
fn a_pending_entry_names_a_row_once_and_gives_a_reason() {
    let tables = [parse(ROW, "lvb-video").expect("a good table")];
    let entry = |number: u32, reason: &str| {
        format!("[[pending]]\ntable = \"lvb-video\"\nnumber = {number}\nreason = \"{reason}\"\n")
    };
    let good = entry(20101, "channels");
    assert_eq!(pending::parse(&good, &tables).map(|rows| rows.len()), Ok(1));
    assert_eq!(pending::parse("", &tables).map(|rows| rows.len()), Ok(0));
    for (text, told) in [
        (entry(20102, "channels"), "not in the catalogue"),
        (entry(20101, " "), "no reason"),
        (good.clone() + &good, "twice"),
        (good.replace("reason", "why"), "why"),
    ] {
        let error = pending::parse(&text, &tables).expect_err(told);
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn writing_makes_stale_code_fresh_and_clears_what_is_left_over() {
    let copy = Copy::of_the_tables("codes-write");
    let generated = copy.0.join("crates/codes/src/generated");
    fs::create_dir_all(&generated).expect("a folder");
    fs::write(generated.join("gone.rs"), "").expect("a left-over file");
    assert!(fresh(&copy.0).expect_err("nothing generated").contains("gone.rs"));
    write(&copy.0).expect("generated");
    assert_eq!(fresh(&copy.0), Ok(()));
    assert!(!generated.join("gone.rs").exists());

    let path = copy.0.join("crates/codes/tables/lvb-video.toml");
    let edited = fs::read_to_string(&path).expect("a table").replace("\"ChannelQuota\"", "\"ChannelLimit\"");
    fs::write(&path, edited).expect("an edit");
    let stale = fresh(&copy.0).expect_err("edited");
    assert!(stale.contains("lvb_video.rs") && !stale.contains("zim.rs"), "{stale}");
}

/// The tables in a folder of their own of the system for passing files, removed at the end.
struct Copy(PathBuf);

impl Copy {
    fn of_the_tables(name: &str) -> Self {
        let to = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        let tables = to.join("crates/codes/tables");
        fs::create_dir_all(&tables).expect("a folder");
        for name in TABLES {
            let file = format!("{name}.toml");
            fs::copy(root().join("crates/codes/tables").join(&file), tables.join(&file)).expect("a table");
        }
        Self(to)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
