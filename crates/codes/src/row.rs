use std::fmt;

use crate::Table;

/// One code of one table: what it is called, who is at fault, and what to say and do about it.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// The table; together with `number` the key of the row.
    pub table: Table,
    /// The number on the wire.
    pub number: u32,
    /// Vivace's own name of the row, unique within the table.
    pub symbol: &'static str,
    /// The name the table's system gives the row, where it gives one. One such name stands for two rows.
    pub official: Option<&'static str>,
    /// Where the row stands in the published error tables, as `page:line`.
    pub source: &'static str,
    /// Whose action ends the refusal.
    pub at_fault: AtFault,
    /// Whether the same request may succeed later.
    pub retry: Retry,
    /// The texts in English.
    pub en: Text,
    /// The texts in simplified Chinese.
    pub zh: Text,
}

impl Row {
    /// The texts in one language.
    pub fn text(&self, lang: Lang) -> &Text {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }
}

/// The key as the command line takes it, such as `lvb-video/20101`.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.table.name(), self.number)
    }
}

/// What one row says in one language.
#[derive(Debug, PartialEq, Eq)]
pub struct Text {
    /// The sentence for the wire.
    pub message: &'static str,
    /// The condition under which the code is answered.
    pub cause: &'static str,
    /// What the operator or the developer does about it.
    pub remedy: &'static str,
}

/// Whose action ends a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AtFault {
    /// The one who sent the request: the app's own code or settings.
    Caller,
    /// Another participant or the network between.
    Peer,
    /// Vivace itself or what it stands on: its store, its disk, another node.
    Server,
    /// The one who runs the server: a setting, a quota, a switch.
    Operator,
}

impl AtFault {
    /// The word of the tables, such as `caller`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Peer => "peer",
            Self::Server => "server",
            Self::Operator => "operator",
        }
    }
}

/// Whether the unchanged request may succeed when it is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// Not before something has been changed.
    Never,
    /// At once.
    AtOnce,
    /// After a wait.
    After {
        /// The wait in seconds.
        seconds: u32,
    },
}

impl Retry {
    /// The word of the tables: `never`, `at-once` or `after`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::AtOnce => "at-once",
            Self::After { .. } => "after",
        }
    }

    /// The wait in seconds, where there is one.
    pub fn after_s(self) -> Option<u32> {
        match self {
            Self::Never | Self::AtOnce => None,
            Self::After { seconds } => Some(seconds),
        }
    }
}

/// A language of the texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    Zh,
}

impl Lang {
    /// The language's tag, `en` or `zh`.
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }

    /// The language of a tag such as `en`, `zh`, `zh-CN` or `zh_CN.UTF-8`; `None` for any other language.
    pub fn from_name(name: &str) -> Option<Self> {
        let primary = name.split(['-', '_', '.']).next()?;
        [Self::En, Self::Zh].into_iter().find(|lang| primary.eq_ignore_ascii_case(lang.name()))
    }
}
