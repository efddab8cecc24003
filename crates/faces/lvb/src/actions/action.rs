/// Which quota a call is counted against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// It only reads.
    Query,
    /// It changes something.
    Change,
}

/// Declares the Actions: variant, name on the wire, class, and whether this server offers it.
macro_rules! actions {
    ($($(#[doc = $doc:literal])+ $action:ident = $name:literal, $class:ident, $offered:literal;)+) => {
        /// One Action of the module `live`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[doc = $doc])+ $action,)+
        }

        impl Action {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$action,)+];

            /// Its name on the wire.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)+
                }
            }

            /// Which quota it is counted against.
            pub const fn class(self) -> Class {
                match self {
                    $(Self::$action => Class::$class,)+
                }
            }

            /// Whether this server carries it out.
            pub const fn is_offered(self) -> bool {
                match self {
                    $(Self::$action => $offered,)+
                }
            }
        }
    };
}

actions! {
    /// Makes a channel.
    CreateChannel = "CreateLVBChannel", Change, true;
    /// Lists channels.
    DescribeChannelList = "DescribeLVBChannelList", Query, true;
    /// Shows a channel.
    DescribeChannel = "DescribeLVBChannel", Query, true;
    /// Changes a channel.
    ModifyChannel = "ModifyLVBChannel", Change, true;
    /// Changes a channel's source.
    ModifyUpstream = "ModifyLVBUpstream", Change, true;
    /// Opens channels.
    StartChannel = "StartLVBChannel", Change, true;
    /// Closes channels.
    StopChannel = "StopLVBChannel", Change, true;
    /// Deletes closed channels.
    DeleteChannel = "DeleteLVBChannel", Change, true;
    /// Counts viewers.
    DescribeOnlineUsers = "DescribeLVBOnlineUsers", Query, true;
    /// Makes a recording task.
    CreateRecord = "CreateRecord", Change, true;
    /// Ends a recording task.
    StopRecord = "StopRecord", Change, true;
    /// Deletes a recording task.
    DeleteRecord = "DeleteRecord", Change, true;
    /// Lists recording tasks.
    DescribeRecordList = "DescribeRecordList", Query, true;
    /// Lists the files of a recording task.
    DescribeRecord = "DescribeRecord", Query, true;
    /// Lists the recorded files of a channel.
    GetVodRecordFiles = "GetVodRecordFiles", Query, true;
    /// Makes a screenshot task.
    CreateShot = "CreateLVBShot", Change, true;
    /// Ends a screenshot task.
    StopShot = "StopLVBShot", Change, true;
    /// Deletes a screenshot task.
    DeleteShot = "DeleteLVBShot", Change, true;
    /// Lists screenshot tasks.
    DescribeShotList = "DescribeLVBShotList", Query, true;
    /// Takes messages from the queue.
    DescribeQueueLog = "DescribeQueueLog", Query, true;
    /// Adds entries to a black or white list. Vivace's own.
    AddIpList = "AddLVBIpList", Change, true;
    /// Takes entries from a list. Vivace's own.
    DeleteIpList = "DeleteLVBIpList", Change, true;
    /// Shows the lists. Vivace's own.
    DescribeIpList = "DescribeLVBIpList", Query, true;
}

impl Action {
    /// The Action of a name; its first letter may be small, which some SDKs change and others do not.
    pub fn of(name: &str) -> Option<Self> {
        let same = |known: &&Self| {
            let known = known.name();
            known == name
                || (known.get(1..) == name.get(1..)
                    && known.get(..1).zip(name.get(..1)).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b)))
        };
        Self::ALL.iter().find(same).copied()
    }
}
