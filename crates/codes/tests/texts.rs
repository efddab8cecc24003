//! What the rows say is fit to be read by a caller and by an operator.

use std::collections::HashSet;

use vivace_codes::{AvPush, Lang, LvbVideo, Retry, Row, Table, rows};

/// A self-hosted server has nobody to hand a failure to.
const HANDED_ON: [&str; 7] =
    ["customer service", "contact support", "technical support", "report to", "support ticket", "客服", "技术支持"];

fn texts(row: &Row) -> [(&'static str, &'static str); 6] {
    [
        ("en.message", row.en.message),
        ("en.cause", row.en.cause),
        ("en.remedy", row.en.remedy),
        ("zh.message", row.zh.message),
        ("zh.cause", row.zh.cause),
        ("zh.remedy", row.zh.remedy),
    ]
}

fn is_cjk(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

#[test]
fn every_text_says_something_in_its_language() {
    for row in rows() {
        for (key, text) in texts(row) {
            assert!(!text.trim().is_empty(), "{row} {key}");
            assert_eq!(text.contains(is_cjk), key.starts_with("zh"), "{row} {key}: {text}");
        }
    }
    for table in Table::ALL {
        assert!(table.title(Lang::Zh).contains(is_cjk), "{table}");
        assert!(!table.title(Lang::En).is_empty() && !table.title(Lang::En).contains(is_cjk), "{table}");
    }
}

#[test]
fn no_text_hands_the_reader_on_to_a_support_desk() {
    for row in rows() {
        for (key, text) in texts(row) {
            let lower = text.to_lowercase();
            for phrase in HANDED_ON {
                assert!(!lower.contains(phrase), "{row} {key} says {phrase:?}");
            }
        }
    }
}

#[test]
fn a_message_is_one_short_sentence_without_an_address() {
    for row in rows() {
        for message in [row.en.message, row.zh.message] {
            assert!(message.chars().count() <= 100, "{row}: {message}");
            assert!(!message.contains("://") && !message.ends_with(['.', '。']), "{row}: {message}");
        }
    }
}

#[test]
fn a_remedy_says_more_than_the_cause() {
    for row in rows() {
        for lang in [Lang::En, Lang::Zh] {
            let text = row.text(lang);
            let distinct: HashSet<_> = [text.message, text.cause, text.remedy].into();
            assert_eq!(distinct.len(), 3, "{row} repeats itself in {}", lang.name());
        }
    }
}

#[test]
fn only_commands_that_exist_are_named() {
    let commands = [
        "serve",
        "app show",
        "url push",
        "url play",
        "formats",
        "explain",
        "check-config",
        "doctor",
        "record",
        "demo",
        "bench",
    ];
    for row in rows() {
        for (key, text) in texts(row) {
            for rest in text.split("`vivace ").skip(1) {
                assert!(commands.iter().any(|command| rest.starts_with(command)), "{row} {key}: vivace {rest}");
            }
        }
    }
}

#[test]
fn metrics_named_with_a_code_name_their_own_table_and_code() {
    for row in rows() {
        let label = format!("table=\"{}\",code=\"{}\"", row.table, row.number);
        for (key, text) in texts(row) {
            for rest in text.split("vivace_refusals_total{").skip(1) {
                assert!(rest.starts_with(&label), "{row} {key}: {rest}");
            }
        }
    }
}

#[test]
fn symbols_are_unique_in_their_table_and_lead_to_their_row() {
    for table in Table::ALL {
        let symbols: HashSet<&str> = table.rows().iter().map(|row| row.symbol).collect();
        assert_eq!(symbols.len(), table.rows().len(), "{table}");
    }
    let row = LvbVideo::ChannelQuota.row();
    assert_eq!((row.table, row.number, row.symbol), (Table::LvbVideo, 20101, "ChannelQuota"));
    assert_eq!(LvbVideo::WatermarkNotFound.number(), 20500);
    assert_eq!(<&Row>::from(LvbVideo::ChannelNotFound).number, 20301);
}

#[test]
fn a_wait_is_given_exactly_where_one_is_asked_for() {
    for row in rows() {
        assert_eq!(row.retry.after_s().is_some(), row.retry.name() == "after", "{row}");
        assert_ne!(row.retry, Retry::After { seconds: 0 }, "{row}");
    }
    let frequency = AvPush::StartTooSoon.row();
    assert_eq!(frequency.retry, Retry::After { seconds: 3 });
}
