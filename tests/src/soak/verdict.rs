//! What a run has shown.

use std::fmt::{self, Display};

/// One question and its answer.
#[derive(Clone, Debug)]
pub struct Check {
    /// What is asked.
    pub what: String,
    /// What was found.
    pub found: String,
    /// What may be found.
    pub bound: String,
    /// Whether it is within.
    pub ok: bool,
}

/// All questions.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// In the order asked.
    pub checks: Vec<Check>,
    /// Numbers that nothing is asked of.
    pub notes: Vec<String>,
}

impl Verdict {
    pub(super) fn check(&mut self, what: impl Into<String>, found: impl Display, bound: impl Into<String>, ok: bool) {
        self.checks.push(Check { what: what.into(), found: found.to_string(), bound: bound.into(), ok });
    }

    /// Whether all is well.
    pub fn is_ok(&self) -> bool {
        self.checks.iter().all(|check| check.ok)
    }

    /// Whether the answer to a question is well.
    pub fn holds(&self, what: &str) -> bool {
        let mut asked = self.checks.iter().filter(|check| check.what.starts_with(what)).peekable();
        asked.peek().is_some() && asked.all(|check| check.ok)
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for note in &self.notes {
            writeln!(f, "       {note}")?;
        }
        for Check { what, found, bound, ok } in &self.checks {
            writeln!(f, "{} {what:<44} {found:<40} ({bound})", if *ok { "ok  " } else { "FAIL" })?;
        }
        Ok(())
    }
}
