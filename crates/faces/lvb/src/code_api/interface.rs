/// What an interface that is not offered belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Mixing,
}

/// One interface of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// `Live_Channel_GetStatus`.
    GetStatus,
    /// `Live_Channel_SetStatus`.
    SetStatus,
    /// `channel_manager`.
    ChannelManager,
    /// `Live_Channel_GetChannelList`.
    GetChannelList,
    /// `Live_Channel_GetLiveChannelList`.
    GetLiveChannelList,
    /// `Live_Set_Delay`.
    SetDelay,
    /// `Get_LiveStat`.
    LiveStat,
    /// `Get_LivePushStat`.
    PushStat,
    /// `Get_LivePlayStat`.
    PlayStat,
    /// `Get_LivePushStatHistory`.
    PushHistory,
    /// `Get_LivePlayStatHistory`.
    PlayHistory,
    /// `Live_Tape_Start`.
    TapeStart,
    /// `Live_Tape_Stop`.
    TapeStop,
    /// `Live_Tape_GetFilelist`.
    TapeFiles,
    /// `Live_Queue_Get`.
    Queue,
    /// `Mix_StreamV2`, by any of its names.
    Mix,
}

pub(super) const NAMES: [(&str, Interface); 19] = [
    ("Live_Channel_GetStatus", Interface::GetStatus),
    ("Live_Channel_SetStatus", Interface::SetStatus),
    ("channel_manager", Interface::ChannelManager),
    ("Live_Channel_GetChannelList", Interface::GetChannelList),
    ("Live_Channel_GetLiveChannelList", Interface::GetLiveChannelList),
    ("Live_Set_Delay", Interface::SetDelay),
    ("Get_LiveStat", Interface::LiveStat),
    ("Get_LivePushStat", Interface::PushStat),
    ("Get_LivePlayStat", Interface::PlayStat),
    ("Get_LivePushStatHistory", Interface::PushHistory),
    ("Get_LivePlayStatHistory", Interface::PlayHistory),
    ("Live_Tape_Start", Interface::TapeStart),
    ("Live_Tape_Stop", Interface::TapeStop),
    ("Live_Tape_GetFilelist", Interface::TapeFiles),
    ("Live_Queue_Get", Interface::Queue),
    ("Mix_StreamV2", Interface::Mix),
    ("Mix_Stream", Interface::Mix),
    ("mix_streamv2.start_mix_stream_advanced", Interface::Mix),
    ("mix_streamv2.cancel_mix_stream", Interface::Mix),
];

impl Interface {
    /// The interface of a name.
    pub fn of(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, interface)| *interface)
    }

    /// Its first name on the wire.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| *name)
    }

    /// Whether it only reads.
    pub const fn is_query(self) -> bool {
        !matches!(
            self,
            Self::SetStatus
                | Self::ChannelManager
                | Self::SetDelay
                | Self::TapeStart
                | Self::TapeStop
                | Self::Queue
                | Self::Mix
        )
    }

    /// What this server lacks to carry it out.
    pub(super) const fn missing(self) -> Option<Missing> {
        match self {
            Self::Mix => Some(Missing::Mixing),
            _ => None,
        }
    }
}

impl Missing {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Mixing => "the mixing of streams",
        }
    }
}
