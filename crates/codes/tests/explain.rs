//! Rows are found by what a person has at hand: a number, a key, a symbol, a slip of either, or a few words.

use vivace_codes::explain::{ExplainError, QUERY_BYTES_MAX, explain};
use vivace_codes::{Lang, NEAR_MAX, Row, Table, near, rows, search};

fn keys(rows: &[&Row]) -> Vec<String> {
    rows.iter().map(ToString::to_string).collect()
}

fn found(query: &str) -> Vec<String> {
    keys(&explain(query).expect(query).rows)
}

#[test]
fn a_number_finds_its_rows_in_all_tables_and_a_key_the_one() {
    assert_eq!(found("20101"), ["av-push/20101", "lvb-video/20101"]);
    assert_eq!(found("lvb-video/20101"), ["lvb-video/20101"]);
    assert_eq!(found(" LVB-Video / 20101 "), ["lvb-video/20101"]);
    assert_eq!(found("liveroom/203007"), ["liveroom/203007"]);
    assert_eq!(found("zim/0"), ["zim/0"]);
    for row in rows() {
        assert_eq!(found(&row.to_string()), [row.to_string()]);
    }
}

#[test]
fn a_symbol_finds_its_rows() {
    assert_eq!(found("AV_ERR_TIMEOUT"), ["av-client/1005"]);
    assert_eq!(found("av_err_server_id_not_in_room"), ["av-server/10006", "av-server/10009"]);
    assert_eq!(found("lvb-video/ChannelQuota"), ["lvb-video/20101"]);
}

#[test]
fn an_unknown_number_leads_to_near_ones() {
    let Err(ExplainError::UnknownNumber { table: None, number: 20110, near }) = explain("20110") else {
        panic!("20110 is in no table");
    };
    assert!(keys(&near).contains(&"lvb-video/20100".to_owned()), "{near:?}");
    let said = explain("20110").unwrap_err().to_string();
    assert!(said.contains("20110") && said.contains("lvb-video/20100"), "{said}");
}

#[test]
fn a_number_asked_for_in_the_wrong_table_leads_to_the_right_one_first() {
    let Err(ExplainError::UnknownNumber { table: Some(Table::LvbVideo), near, .. }) = explain("lvb-video/203007")
    else {
        panic!("203007 is not in lvb-video");
    };
    assert_eq!(keys(&near).first().map(String::as_str), Some("liveroom/203007"));
}

#[test]
fn near_numbers_are_few_sorted_and_really_near() {
    for (number, nearest) in [(30000209, 30000208), (2010, 20101), (201011, 20101), (40000501, 40000500)] {
        let rows = near(number);
        assert!(rows.len() <= NEAR_MAX, "{number}");
        assert!(rows.iter().any(|row| row.number == nearest), "{number}: {:?}", keys(&rows));
    }
    // One wrong digit is nearer the further back it stands, and the same beginning is near without it.
    assert_eq!(keys(&near(30000209)).first().map(String::as_str), Some("av-record/30000208"));
    let same_beginning = near(30000888);
    assert_eq!(same_beginning.len(), NEAR_MAX);
    assert!(same_beginning.iter().all(|row| row.table == Table::AvRecord), "{:?}", keys(&same_beginning));
    assert_eq!(near(999_999_999), Vec::<&Row>::new());
    assert!(near(u32::MAX).len() <= NEAR_MAX);
    assert_eq!(near(20101).first().map(|row| row.number), Some(20101));
}

#[test]
fn an_unknown_table_leads_to_the_nearest_name() {
    for (query, wanted) in [
        ("lvb/4100", Table::LvbVideo),
        ("lvb_video/20101", Table::LvbVideo),
        ("lvbaccess/4100", Table::LvbAccess),
        ("live-room/203007", Table::Liveroom),
        ("zimm/1", Table::Zim),
        ("av-pusch/50007", Table::AvPush),
    ] {
        let error = explain(query).unwrap_err();
        assert!(error.to_string().contains(wanted.name()), "{error}");
        assert!(matches!(error, ExplainError::UnknownTable { nearest, .. } if nearest == wanted), "{query}: {error}");
    }
}

#[test]
fn what_names_nothing_is_malformed_and_shown_cut_and_escaped() {
    let long = "é".repeat(10_000);
    for query in ["", " ", "/", "zim/", "NoSuchSymbol", "-1", "1.5", "4294967296", "\u{1b}[31m", &long] {
        match explain(query) {
            Err(ExplainError::Malformed { query }) => assert!(query.len() <= QUERY_BYTES_MAX, "{query}"),
            Err(ExplainError::UnknownTable { name, .. }) => assert!(name.is_empty(), "{name}"),
            other => panic!("{query:?}: {other:?}"),
        }
        let error = explain(query).unwrap_err().to_string();
        assert!(!error.contains('\u{1b}') && error.len() < 400, "{error}");
    }
}

#[test]
fn text_has_all_parts_and_one_block_per_row() {
    let found = explain("20101").expect("in two tables");
    for lang in [Lang::En, Lang::Zh] {
        let text = found.text(lang);
        assert!(text.starts_with("av-push/20101") && text.contains("\n\nlvb-video/20101"), "{text}");
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{text}");
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for row in &found.rows {
            let said = row.text(lang);
            for part in [said.message, said.cause, said.remedy, row.table.title(lang), row.symbol] {
                assert!(flat.contains(part), "{part}");
            }
        }
    }
    let timeout = explain("AV_ERR_TIMEOUT").expect("an official symbol").text(Lang::En);
    assert!(timeout.starts_with("av-client/1005") && timeout.contains("(AV_ERR_TIMEOUT)"), "{timeout}");
}

#[test]
fn english_lines_fit_a_terminal() {
    for row in rows() {
        let text = explain(&row.to_string()).expect("its own key").text(Lang::En);
        for line in text.lines() {
            assert!(line.chars().count() <= 96 && line == line.trim_end(), "{row}: {line:?}");
        }
    }
}

#[test]
fn json_holds_both_languages_and_null_for_what_is_not_there() {
    let json = explain("lvb-video/20101").expect("in the catalogue").json();
    let row = &json[0];
    assert_eq!(json.as_array().map(Vec::len), Some(1));
    assert_eq!((row["table"].as_str(), row["number"].as_u64()), (Some("lvb-video"), Some(20101)));
    assert_eq!((row["at_fault"].as_str(), row["retry"].as_str()), (Some("caller"), Some("never")));
    assert!(row["official"].is_null() && row["retry_after_s"].is_null());
    for lang in ["en", "zh"] {
        for part in ["message", "cause", "remedy"] {
            assert!(row[lang][part].as_str().is_some_and(|text| !text.is_empty()), "{lang}.{part}");
        }
    }
    let frequency = explain("av-push/40000500").expect("in the catalogue").json();
    assert_eq!(frequency[0]["retry_after_s"].as_u64(), Some(3));
}

#[test]
fn search_wants_all_words_and_looks_everywhere() {
    assert!(keys(&search("WATERMARKID createlvbchannel")).contains(&"lvb-video/20500".to_owned()));
    assert_eq!(keys(&search("av_err_timeout")), ["av-client/1005"]);
    assert!(keys(&search("水印")).contains(&"lvb-video/20500".to_owned()));
    assert_eq!(keys(&search("lvb-video/20301 channel")), ["lvb-video/20301"]);
    assert_eq!(search("watermark nosuchword"), Vec::<&Row>::new());
    assert_eq!(search("  "), Vec::<&Row>::new());
}

#[test]
fn language_tags_are_read_as_systems_write_them() {
    for (tag, lang) in
        [("en", Some(Lang::En)), ("zh_CN.UTF-8", Some(Lang::Zh)), ("ZH-hans", Some(Lang::Zh)), ("fr", None)]
    {
        assert_eq!(Lang::from_name(tag), lang, "{tag}");
    }
}
