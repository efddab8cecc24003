use std::fmt;

use crate::{Lang, Row, generated};

/// One of the nine tables, each the numbering of one part of one system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// The business server of Mini LVB.
    Minilvb,
    /// The interactive SDK: what the client itself answers.
    AvClient,
    /// The interactive SDK: what its server answers.
    AvServer,
    /// The interactive SDK: recording.
    AvRecord,
    /// The interactive SDK: pushing a room out as a broadcast.
    AvPush,
    /// In-app chat.
    Zim,
    /// Rooms with several anchors.
    Liveroom,
    /// The signed access layer of the live video API.
    LvbAccess,
    /// The live video API behind the access layer.
    LvbVideo,
}

impl Table {
    /// All tables, in the catalogue's order.
    pub const ALL: [Self; 9] = [
        Self::Minilvb,
        Self::AvClient,
        Self::AvServer,
        Self::AvRecord,
        Self::AvPush,
        Self::Zim,
        Self::Liveroom,
        Self::LvbAccess,
        Self::LvbVideo,
    ];

    /// The name in keys, metrics and addresses, such as `lvb-video`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Minilvb => "minilvb",
            Self::AvClient => "av-client",
            Self::AvServer => "av-server",
            Self::AvRecord => "av-record",
            Self::AvPush => "av-push",
            Self::Zim => "zim",
            Self::Liveroom => "liveroom",
            Self::LvbAccess => "lvb-access",
            Self::LvbVideo => "lvb-video",
        }
    }

    /// The table of exactly this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// Which system and which part of it the table belongs to, in one line.
    pub fn title(self, lang: Lang) -> &'static str {
        let (en, zh) = generated::titles(self);
        match lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    /// The rows of this table, in the published order.
    pub fn rows(self) -> &'static [Row] {
        generated::rows(self)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
