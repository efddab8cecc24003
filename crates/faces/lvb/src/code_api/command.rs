use vivace_base::{StreamName, UnixMs};
use vivace_domain::account::AccountFault;

use super::params::{Params, number_out_of_range, out_of_range};
use super::{Fault, Interface};
use crate::access::ParameterFault;

const DAY_MS: i64 = 86_400_000;
/// `bid` of the queue of screenshots.
const QUEUE_OF_SCREENSHOTS: i64 = 100;
/// Messages that are taken from a queue at once.
const QUEUE_COUNT_MAX: i64 = 100;
/// How far back a push's history is asked for.
const PUSH_HISTORY_DAYS: i64 = 3;
/// How far back a play's history is asked for.
const PLAY_HISTORY_DAYS: i64 = 15;

/// A call whose parameters have been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// What a channel does.
    Status(StreamName),
    /// Cuts a push and refuses further ones, until a time or for as long as may be.
    Forbid {
        /// `channel_id`.
        channel: StreamName,
        /// `abstime_end`.
        until: Option<UnixMs>,
    },
    /// Lets a channel be pushed again.
    Allow(StreamName),
    /// Cuts a push.
    Drop(StreamName),
    /// Lists channels.
    List(ListChannels),
    /// Lists the channels that are live.
    ListLive,
    /// Keeps players behind the live edge.
    Delay {
        /// `channel_id`.
        channel: StreamName,
        /// `time_length`, in milliseconds.
        ms: u64,
    },
    /// What streams do now.
    Statistics {
        /// Which figures.
        part: Part,
        /// `stream_id`; none for all that are live.
        stream: Option<StreamName>,
        /// The page.
        page: Page,
    },
    /// Takes so many messages from the queue of screenshots.
    Queue(u32),
    /// `Live_Tape_Start`. Times are texts as they were given, in the zone of the settings.
    StartTape {
        /// `channel_id`.
        channel: StreamName,
        /// `start_time`.
        begin: Option<String>,
        /// `end_time`.
        end: Option<String>,
        /// `task_sub_type` 1: a clip from now on.
        is_clip: bool,
    },
    /// `Live_Tape_Stop`.
    StopTape {
        /// `channel_id`.
        channel: StreamName,
        /// `task_id`.
        task: String,
    },
    /// `Live_Tape_GetFilelist`. Times are texts as they were given.
    TapeFiles {
        /// `channel_id`.
        channel: StreamName,
        /// `start_time`.
        from: Option<String>,
        /// `end_time`.
        to: Option<String>,
        /// `sort_type`: the newest first.
        descending: bool,
        /// The page.
        page: Page,
    },
    /// What a push was, minute by minute.
    PushHistory {
        /// `stream_id`.
        stream: StreamName,
        /// `start_time`.
        from: UnixMs,
        /// `end_time`.
        to: UnixMs,
    },
    /// What was played, minute by minute.
    PlayHistory {
        /// `stream_id`; none for all.
        stream: Option<StreamName>,
        /// `start_time`.
        from: UnixMs,
        /// `end_time`.
        to: UnixMs,
    },
}

/// `Live_Channel_GetChannelList`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListChannels {
    /// `status`; none for all.
    pub state: Option<State>,
    /// `order_type`: the newest first.
    pub descending: bool,
    /// The page.
    pub page: Page,
}

/// What a channel does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// 0: nobody pushes.
    Idle,
    /// 1: live.
    Live,
    /// 3: it may not be pushed.
    Closed,
}

impl State {
    /// Its number on the wire.
    pub const fn number(self) -> u8 {
        match self {
            Self::Idle => 0,
            Self::Live => 1,
            Self::Closed => 3,
        }
    }
}

/// Which figures of a stream are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Those of push and play.
    Both,
    /// Those of the push.
    Push,
    /// Those of the plays.
    Play,
}

impl Part {
    /// Whether those of the push are among them.
    pub const fn has_push(self) -> bool {
        matches!(self, Self::Both | Self::Push)
    }

    /// Whether those of the plays are among them.
    pub const fn has_play(self) -> bool {
        matches!(self, Self::Both | Self::Play)
    }
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
        self.number.saturating_sub(1).saturating_mul(self.size)
    }
}

/// Reads the parameters of an interface; `bizid` is the caller's own.
pub(super) fn parse(interface: Interface, params: &Params, bizid: u32, now: UnixMs) -> Result<Command, Fault> {
    if let Some(missing) = interface.missing() {
        return Err(Fault::Inactive { interface: interface.name(), part: missing.word() });
    }
    let channel = || params.required_stream("channel_id");
    Ok(match interface {
        Interface::GetStatus => Command::Status(channel()?),
        Interface::SetStatus => match (channel()?, params.required_number("status")?) {
            (channel, 0) => Command::Forbid { channel, until: None },
            (channel, 1) => Command::Allow(channel),
            (channel, 2) => Command::Drop(channel),
            _ => return Err(Fault::Status),
        },
        Interface::ChannelManager => match (channel()?, params.required("action")?) {
            (channel, "forbid") => {
                let until = params.required_number("abstime_end")?.checked_mul(1_000);
                let until = until.ok_or_else(|| number_out_of_range("abstime_end", "a Unix time in seconds"))?;
                Command::Forbid { channel, until: Some(UnixMs(until)) }
            }
            (channel, "resume") => Command::Allow(channel),
            _ => return Err(out_of_range("action", "forbid or resume").into()),
        },
        Interface::GetChannelList => Command::List(list(params)?),
        Interface::SetDelay => delay(params, bizid)?,
        Interface::LiveStat => statistics(params, Part::Both)?,
        Interface::PushStat => statistics(params, Part::Push)?,
        Interface::PlayStat => statistics(params, Part::Play)?,
        Interface::Queue => {
            if params.required_number("bid")? != QUEUE_OF_SCREENSHOTS {
                return Err(number_out_of_range("bid", "100 (screenshots)").into());
            }
            let count = params.within("count", (1, QUEUE_COUNT_MAX, 1), "1 to 100")?;
            Command::Queue(u32::try_from(count).unwrap_or(1))
        }
        Interface::TapeStart => start_tape(params, channel()?)?,
        Interface::TapeStop => Command::StopTape { channel: channel()?, task: params.required("task_id")?.to_owned() },
        Interface::TapeFiles => Command::TapeFiles {
            channel: channel()?,
            from: params.text("start_time").map(str::to_owned),
            to: params.text("end_time").map(str::to_owned),
            descending: match params.text("sort_type") {
                None | Some("asc") => false,
                Some("desc") => true,
                Some(_) => return Err(out_of_range("sort_type", "asc or desc").into()),
            },
            page: page(params, (1, 100, 10), "1 to 100")?,
        },
        Interface::PushHistory => {
            let stream = params.required_stream("stream_id")?;
            let (from, to) = span(params, PUSH_HISTORY_DAYS, "a Unix time, 3 days back at most", now)?;
            Command::PushHistory { stream, from, to }
        }
        Interface::PlayHistory => {
            if params.text("domain").is_some() {
                // An answer that leaves it out would be another's.
                return Err(Fault::NotTold { field: "Param.s.domain" });
            }
            let stream = params.stream("stream_id")?;
            let (from, to) = span(params, PLAY_HISTORY_DAYS, "a Unix time, 15 days back at most", now)?;
            Command::PlayHistory { stream, from, to }
        }
        // The rest has been refused above.
        Interface::GetLiveChannelList | Interface::Mix => Command::ListLive,
    })
}

/// A clip's begin is not looked at; every other task has both times.
fn start_tape(params: &Params, channel: StreamName) -> Result<Command, ParameterFault> {
    let is_clip = match params.number("task_sub_type")? {
        None | Some(0) => false,
        Some(1) => true,
        Some(_) => return Err(number_out_of_range("task_sub_type", "0 (a task) or 1 (a clip from now on)")),
    };
    let time = |name| match params.required(name) {
        Err(_) if is_clip => Ok(None),
        given => given.map(|time| Some(time.to_owned())),
    };
    Ok(Command::StartTape { channel, begin: time("start_time")?, end: time("end_time")?, is_clip })
}

fn list(params: &Params) -> Result<ListChannels, ParameterFault> {
    let state = match params.number("status")? {
        None => None,
        Some(0) => Some(State::Idle),
        Some(1) => Some(State::Live),
        Some(3) => Some(State::Closed),
        Some(_) => return Err(number_out_of_range("status", "0, 1 or 3")),
    };
    if params.text("order_field").is_some_and(|field| field != "create_time") {
        return Err(out_of_range("order_field", "create_time"));
    }
    let descending = match params.number("order_type")? {
        None | Some(0) => false,
        Some(1) => true,
        Some(_) => return Err(number_out_of_range("order_type", "0 (ascending) or 1 (descending)")),
    };
    Ok(ListChannels { state, descending, page: page(params, (10, 100, 10), "10 to 100")? })
}

fn page(params: &Params, size: (i64, i64, i64), expected: &'static str) -> Result<Page, ParameterFault> {
    let number = params.within("page_no", (1, i64::MAX, 1), "1 or more")?;
    Ok(Page { number, size: params.within("page_size", size, expected)? })
}

fn statistics(params: &Params, part: Part) -> Result<Command, ParameterFault> {
    let page = page(params, (1, 300, 300), "1 to 300")?;
    Ok(Command::Statistics { part, stream: params.stream("stream_id")?, page })
}

fn delay(params: &Params, bizid: u32) -> Result<Command, Fault> {
    let channel = params.required_stream("channel_id")?;
    if params.required_number("bizid")? != i64::from(bizid) {
        return Err(AccountFault::Mismatch { field: "Param.n.bizid" }.into());
    }
    let length = params.required_number("time_length")?;
    let ms = u64::try_from(length).ok().and_then(|seconds| seconds.checked_mul(1_000));
    let ms = ms.ok_or_else(|| number_out_of_range("time_length", "0 seconds or more"))?;
    Ok(Command::Delay { channel, ms })
}

/// A time of a day at most that begins so many days back at most.
fn span(params: &Params, days: i64, expected: &'static str, now: UnixMs) -> Result<(UnixMs, UnixMs), ParameterFault> {
    let time = |name| Ok::<_, ParameterFault>(params.required_number(name)?.saturating_mul(1_000));
    let (from, to) = (time("start_time")?, time("end_time")?);
    if from < now.0.saturating_sub(days.saturating_mul(DAY_MS)) {
        return Err(number_out_of_range("start_time", expected));
    }
    if to < from || to.saturating_sub(from) > DAY_MS {
        return Err(number_out_of_range("end_time", "not before start_time, and a day behind it at most"));
    }
    Ok((UnixMs(from), UnixMs(to)))
}
