use serde_json::{Value, json};

use crate::{Lang, Row, Text};

/// One row as a JSON object: `table`, `table_title`, `number`, `symbol`, `official`, `source`, `at_fault`, `retry`,
/// `retry_after_s`, and the texts under `en` and `zh`; what a row does not have is `null`.
pub fn row_json(row: &Row) -> Value {
    json!({
        "table": row.table.name(),
        "table_title": { "en": row.table.title(Lang::En), "zh": row.table.title(Lang::Zh) },
        "number": row.number,
        "symbol": row.symbol,
        "official": row.official,
        "source": row.source,
        "at_fault": row.at_fault.name(),
        "retry": row.retry.name(),
        "retry_after_s": row.retry.after_s(),
        "en": text_json(&row.en),
        "zh": text_json(&row.zh),
    })
}

fn text_json(text: &Text) -> Value {
    json!({ "message": text.message, "cause": text.cause, "remedy": text.remedy })
}
