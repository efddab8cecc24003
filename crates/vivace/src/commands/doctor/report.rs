use std::fmt::Write as _;

use serde::Serialize;
use serde_json::json;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// Good as it is.
    Ok,
    /// The server runs, and something will be missing or go wrong later.
    Warn,
    /// The server does not start, or does not serve.
    Fail,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) check: &'static str,
    pub(super) level: Level,
    /// What was found.
    pub(super) found: String,
    /// What to do; none where all is well.
    pub(super) remedy: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, found: found.into(), remedy: None }
    }

    pub(super) fn warn(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, level: Level::Warn, found: found.into(), remedy: Some(remedy.into()) }
    }

    pub(super) fn fail(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, level: Level::Fail, found: found.into(), remedy: Some(remedy.into()) }
    }
}

fn count(findings: &[Finding], level: Level) -> usize {
    findings.iter().filter(|finding| finding.level == level).count()
}

/// For people: a line a finding, its remedy below it, and the sum.
pub(super) fn text(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
    let mut out = String::new();
    for Finding { check, level, found, remedy } in findings {
        let word = match level {
            Level::Ok => "ok",
            Level::Warn => "warn",
            Level::Fail => "FAIL",
        };
        let _ = writeln!(out, "{word:4}  {check:width$}  {found}");
        if let Some(remedy) = remedy {
            let _ = writeln!(out, "{:4}  {:width$}    remedy: {remedy}", "", "");
        }
    }
    let [ok, warned, failed] = [Level::Ok, Level::Warn, Level::Fail].map(|level| count(findings, level));
    let _ = writeln!(out, "\n{ok} ok, {warned} to look at, {failed} failed");
    out
}

/// For machines.
pub(super) fn json(findings: &[Finding]) -> String {
    let [warned, failed] = [Level::Warn, Level::Fail].map(|level| count(findings, level));
    format!("{:#}\n", json!({"ok": failed == 0, "warned": warned, "failed": failed, "checks": findings}))
}
