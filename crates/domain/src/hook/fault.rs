use thiserror::Error;

use super::{HookFault, HookKind};

/// Why a call about callbacks was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CallbackFault {
    /// A text that must not be empty is.
    #[error("{field} must not be empty")]
    Empty {
        /// The field.
        field: &'static str,
    },
    /// A text is too long.
    #[error("{field} has {bytes} bytes, more than {max}")]
    TooLong {
        /// The field.
        field: &'static str,
        /// Bytes given.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// The address for a kind of event is none.
    #[error("the address for event_type {}: {fault}", kind.number())]
    Url {
        /// The kind of event.
        kind: HookKind,
        /// What is wrong with it.
        fault: HookFault,
    },
    /// Two addresses for one kind of event.
    #[error("there are two addresses for event_type {}", kind.number())]
    TwoUrls {
        /// The kind of event.
        kind: HookKind,
    },
    /// No such template.
    #[error("there is no template {id} of callbacks")]
    TemplateUnknown {
        /// The number asked for.
        id: i64,
    },
    /// A rule uses the template.
    #[error("the template {id} of callbacks is used by a rule: delete the rule first")]
    TemplateUsed {
        /// The number asked for.
        id: i64,
    },
    /// As many templates or rules as there may be.
    #[error("there are {limit} {what} of callbacks, the most that are allowed")]
    Quota {
        /// `templates` or `rules`.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// No rule for exactly these streams.
    #[error("there is no rule of callbacks for these streams")]
    RuleUnknown,
    /// No such event, or it has been forgotten.
    #[error("there is no event {seq} in the outbox")]
    EventUnknown {
        /// The number asked for.
        seq: i64,
    },
    /// The event waits anyway.
    #[error("the event {seq} waits for its next try: there is nothing to send again")]
    EventWaits {
        /// The number asked for.
        seq: i64,
    },
    /// The outbox is full of events that wait.
    #[error("the outbox is full of events that wait")]
    OutboxFull,
    /// The store could not be read; the log has the reason.
    #[error("callbacks could not be read from the store")]
    Unreadable,
    /// The store could not be written; the log has the reason.
    #[error("callbacks could not be written to the store")]
    NotWritten,
}
