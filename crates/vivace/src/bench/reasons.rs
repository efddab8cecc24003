//! Why sessions ended, counted by reason.

use std::collections::BTreeMap;

use serde::Serialize;

/// Kinds of reason that are told apart; whatever comes beyond is counted together.
const KINDS_MAX: usize = 100;
/// A word with a digit in it is a number of that one session from this length on, as a server may put into its words.
const SESSION_WORD_CHARS: usize = 8;

/// How many ended for the same reason, in the words of the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Failure {
    pub(super) reason: String,
    pub(super) count: u64,
}

/// All reasons of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Reasons(BTreeMap<String, Failure>);

impl Reasons {
    /// Counts one end.
    pub(super) fn add(&mut self, reason: impl ToString) {
        let reason = reason.to_string();
        let mut kind = kind(&reason);
        if self.0.len() >= KINDS_MAX && !self.0.contains_key(&kind) {
            kind = String::new();
        }
        self.0.entry(kind).or_insert(Failure { reason, count: 0 }).count += 1;
    }

    /// The most frequent first.
    pub(super) fn into_failures(self) -> Vec<Failure> {
        let mut failures: Vec<Failure> = self.0.into_values().collect();
        failures.sort_by_key(|failure| std::cmp::Reverse(failure.count));
        failures
    }
}

/// The reason without what differs from session to session.
fn kind(reason: &str) -> String {
    let words = reason.split_inclusive(|character: char| !character.is_alphanumeric());
    let is_session =
        |word: &&str| word.len() >= SESSION_WORD_CHARS && word.contains(|character: char| character.is_ascii_digit());
    words.filter(|word| !is_session(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::{KINDS_MAX, Reasons};

    #[test]
    fn reasons_that_differ_in_a_session_id_are_one_and_the_most_frequent_comes_first() {
        let mut reasons = Reasons::default();
        reasons.add("refused (4100)");
        for session in ["0123456789abcdef", "ffff456789abcdef"] {
            reasons.add(format!("refused (4101, session {session})"));
        }
        let failures = reasons.into_failures();
        let told: Vec<(&str, u64)> = failures.iter().map(|failure| (failure.reason.as_str(), failure.count)).collect();
        assert_eq!(told, [("refused (4101, session 0123456789abcdef)", 2), ("refused (4100)", 1)]);
    }

    #[test]
    fn kinds_are_bounded_and_every_end_is_counted() {
        let mut reasons = Reasons::default();
        (0..1_000).for_each(|number| reasons.add(format!("reason {number}")));
        let failures = reasons.into_failures();
        assert_eq!(failures.len(), KINDS_MAX + 1);
        assert_eq!(failures.iter().map(|failure| failure.count).sum::<u64>(), 1_000);
    }
}
