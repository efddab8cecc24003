use std::fmt::Write as _;

use crate::{AtFault, Lang, Retry, Row, Table};

/// Columns that wrapped text stays within.
const COLUMNS: usize = 96;
/// Columns before a value in English; long enough for the longest label.
const INDENT: usize = 12;

/// One row as lines to read, each ended.
pub(super) fn row_text(row: &Row, lang: Lang) -> String {
    let said = row.text(lang);
    let names = match row.official {
        Some(official) => format!("{} ({official})", row.symbol),
        None => row.symbol.to_owned(),
    };
    let mut out = format!("{row}  {names}\n");
    let lines: [(Label, &str); 6] = [
        (Label::Table, row.table.title(lang)),
        (Label::Message, said.message),
        (Label::Cause, said.cause),
        (Label::Remedy, said.remedy),
        (Label::AtFault, at_fault(row.at_fault, lang)),
        (Label::Retry, &retry(row.retry, lang)),
    ];
    for (label, value) in lines {
        field(&mut out, label.name(lang), value);
    }
    out
}

/// The sentence for a number that is not in the catalogue.
pub(super) fn unknown_number(table: Option<Table>, number: u32, near: &[&Row]) -> String {
    let mut out = match table {
        Some(table) => format!("table {table} has no code {number}"),
        None => format!("no table has a code {number}"),
    };
    for (at, row) in near.iter().enumerate() {
        out.push_str(if at == 0 { "; near: " } else { ", " });
        let _ = write!(out, "{row}");
    }
    out
}

#[derive(Clone, Copy)]
enum Label {
    Table,
    Message,
    Cause,
    Remedy,
    AtFault,
    Retry,
}

impl Label {
    fn name(self, lang: Lang) -> &'static str {
        let (en, zh) = match self {
            Self::Table => ("table", "所属"),
            Self::Message => ("message", "提示"),
            Self::Cause => ("cause", "原因"),
            Self::Remedy => ("remedy", "处理"),
            Self::AtFault => ("at fault", "责任方"),
            Self::Retry => ("retry", "重试"),
        };
        match lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }
}

fn at_fault(who: AtFault, lang: Lang) -> &'static str {
    let (en, zh) = match who {
        AtFault::Caller => ("the caller", "调用方"),
        AtFault::Peer => ("another participant, or the network", "其他参与者或网络"),
        AtFault::Server => ("the server", "服务端"),
        AtFault::Operator => ("the operator of the server", "服务器的运维者"),
    };
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}

fn retry(retry: Retry, lang: Lang) -> String {
    match (retry, lang) {
        (Retry::Never, Lang::En) => "not before something has been changed".to_owned(),
        (Retry::Never, Lang::Zh) => "改正之前重试无效".to_owned(),
        (Retry::AtOnce, Lang::En) => "at once".to_owned(),
        (Retry::AtOnce, Lang::Zh) => "可立即重试".to_owned(),
        (Retry::After { seconds }, Lang::En) => format!("after {seconds} s"),
        (Retry::After { seconds }, Lang::Zh) => format!("{seconds} 秒后重试"),
    }
}

/// Adds a label and its value, the value broken at spaces so that a line fits. Chinese text has few spaces and is left
/// to the terminal to break.
fn field(out: &mut String, label: &str, value: &str) {
    let wide = label.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
    let _ = write!(out, "  {label}{:1$}", "", INDENT.saturating_sub(wide + 2));
    let mut column = INDENT;
    for (at, word) in value.split_whitespace().enumerate() {
        let width = word.chars().count();
        if at > 0 && column + 1 + width > COLUMNS {
            let _ = write!(out, "\n{:INDENT$}", "");
            column = INDENT;
        } else if at > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out.push('\n');
}
