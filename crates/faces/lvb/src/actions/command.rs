use vivace_domain::channel::{Change, NewChannel, SourceChange};
use vivace_domain::ip_list::{Colour, Direction};

use super::RecordCommand;

/// A call whose parameters have been read. Ids of channels are texts as they were given: one that is no number is the id
/// of no channel.
#[derive(Clone, Debug)]
pub enum Command {
    /// `CreateLVBChannel`.
    CreateChannel(NewChannel),
    /// `DescribeLVBChannelList`.
    DescribeChannelList(ListChannels),
    /// `DescribeLVBChannel`.
    DescribeChannel {
        /// `channelId`.
        channel: String,
    },
    /// `ModifyLVBChannel`.
    ModifyChannel {
        /// `channelId`.
        channel: String,
        /// What is to change.
        change: Change,
    },
    /// `ModifyLVBUpstream`.
    ModifyUpstream(ModifyUpstream),
    /// `StartLVBChannel`: `channelIds`, at least one.
    StartChannels(Vec<String>),
    /// `StopLVBChannel`: `channelIds`, at least one.
    StopChannels(Vec<String>),
    /// `DeleteLVBChannel`: `channelIds`, at least one.
    DeleteChannels(Vec<String>),
    /// `DescribeLVBOnlineUsers`: `channelIds`; none for the whole account.
    DescribeOnlineUsers(Vec<String>),
    /// `AddLVBIpList`.
    AddIpList {
        /// `colour`: what being on the list means.
        colour: Colour,
        /// `direction`: whose addresses they are.
        direction: Direction,
        /// `ips`: addresses and blocks as texts; may be empty, which the domain refuses.
        entries: Vec<String>,
    },
    /// `DeleteLVBIpList`.
    DeleteIpList {
        /// `direction`.
        direction: Direction,
        /// `ips`; none for the whole list.
        entries: Option<Vec<String>>,
    },
    /// `DescribeLVBIpList`: `direction`; none for both.
    DescribeIpList(Option<Direction>),
    /// `CreateLVBShot`.
    CreateShot {
        /// `channelId`.
        channel: String,
        /// `startTime`, as it was given.
        begin: Option<String>,
        /// `endTime`, as it was given.
        end: Option<String>,
    },
    /// `StopLVBShot`.
    StopShot {
        /// `channelId`.
        channel: String,
        /// `taskId`.
        task: String,
    },
    /// `DeleteLVBShot`.
    DeleteShot {
        /// `channelId`.
        channel: String,
        /// `taskId`.
        task: String,
    },
    /// `DescribeLVBShotList`.
    DescribeShotList {
        /// `channelId`.
        channel: String,
        /// `pageNo` and `pageSize`.
        page: Page,
    },
    /// An Action of recordings.
    Record(RecordCommand),
    /// `DescribeQueueLog`: `count`; the queue is that of screenshots.
    DescribeQueueLog(u32),
}

/// `ModifyLVBUpstream`.
#[derive(Clone, Debug)]
pub struct ModifyUpstream {
    /// `channelId`.
    pub channel: String,
    /// `sourceId`; a channel has one source, so it need not be named.
    pub source: Option<u64>,
    /// What is to change.
    pub change: SourceChange,
}

/// `DescribeLVBChannelList`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListChannels {
    /// `channelStatus`; none for all.
    pub filter: Option<ChannelFilter>,
    /// `ascDesc`: newest, or last by name, first.
    pub descending: bool,
    /// `orderBy`.
    pub order_by: OrderBy,
    /// `pageNo` and `pageSize`.
    pub page: Page,
}

/// Which channels are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelFilter {
    /// 0: open, without a stream.
    Idle,
    /// 1: live.
    Live,
    /// 2: their source cannot be pulled.
    Abnormal,
    /// 3: closed.
    Closed,
    /// 4: incomplete; no channel of Vivace is ever that.
    Incomplete,
}

/// What channels are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderBy {
    /// When they were made.
    CreateTime,
    /// Their names.
    Name,
}

/// A part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its number, from 1.
    pub number: u64,
    /// Most items in it, 1 or more.
    pub size: u64,
}

impl Page {
    /// Items before it.
    pub const fn offset(self) -> u64 {
        (self.number.saturating_sub(1)).saturating_mul(self.size)
    }
}
