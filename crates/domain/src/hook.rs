//! Telling customers' own servers what happens: which events there are, where they go, and when a delivery is tried again.

mod fault;
mod retry;
#[cfg(test)]
mod tests;
mod url;

pub use fault::CallbackFault;
pub use retry::Retry;
pub use url::{HookFault, HookUrl};

/// Kinds of events, by the numbers of `event_type` (dossier `lvb_api`, section e).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HookKind {
    /// A push was interrupted.
    PushEnded,
    /// A push began.
    PushBegan,
    /// A recording file is ready.
    Recorded,
    /// A screenshot is ready.
    Screenshot,
    /// What goes wrong in a running push.
    PushError,
}

impl HookKind {
    /// Each of them.
    pub const ALL: [Self; 5] = [Self::PushEnded, Self::PushBegan, Self::Recorded, Self::Screenshot, Self::PushError];

    /// `event_type`.
    pub const fn number(self) -> u32 {
        match self {
            Self::PushEnded => 0,
            Self::PushBegan => 1,
            Self::Recorded => 100,
            Self::Screenshot => 200,
            Self::PushError => 321,
        }
    }

    /// The kind of this `event_type`.
    pub fn of(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

/// When an answer of the customer's server means that it has the event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HookSuccess {
    /// Status 200 and a body that is no JSON object, or whose `code` is 0 or missing.
    #[default]
    Body,
    /// Status 200, whatever the body.
    Status,
}

/// What the answer of a customer's server says, apart from its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookAnswer {
    /// No JSON object: an empty body, a text, a page.
    NoObject,
    /// A JSON object and its `code`, if that is a number.
    Object {
        /// `code`.
        code: Option<i64>,
    },
    /// A JSON object longer than is read.
    TooLong,
}

impl HookSuccess {
    /// Whether an answer with this status and body means success.
    pub const fn holds(self, status: u16, answer: HookAnswer) -> bool {
        let body = matches!(answer, HookAnswer::NoObject | HookAnswer::Object { code: None | Some(0) });
        status == 200 && (body || matches!(self, Self::Status))
    }
}
