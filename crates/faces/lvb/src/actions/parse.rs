use vivace_domain::channel::{Change, NewChannel, NewSource, SourceChange};
use vivace_domain::ip_list::{Colour, Direction};

use super::{Action, ActionFault, ChannelFilter, Command, ListChannels, ModifyUpstream, OrderBy, Page, record};
use crate::access::{Members, ParameterFault, Parameters};

/// Items on a page where none is asked for.
const PAGE_SIZE: i64 = 10;
/// `bid` of the queue of screenshots.
const QUEUE_OF_SCREENSHOTS: i64 = 100;
/// Messages that are taken from a queue at once.
const QUEUE_COUNT_MAX: u32 = 100;
/// Most items on a page.
const PAGE_SIZE_MAX: i64 = 300;

impl Command {
    /// Reads the parameters of an Action; none if the server does not offer it.
    ///
    /// # Errors
    /// [`ActionFault::Parameter`]: the first parameter that is wrong, in the order of the Action's page.
    pub fn parse(action: Action, parameters: &Parameters) -> Result<Option<Self>, ActionFault> {
        let all = parameters.members();
        let command = match action {
            Action::CreateChannel => Self::CreateChannel(new_channel(&all)?),
            Action::DescribeChannelList => Self::DescribeChannelList(list_channels(&all)?),
            Action::DescribeChannel => Self::DescribeChannel { channel: all.required_id("channelId")?.to_owned() },
            Action::ModifyChannel => modify_channel(&all)?,
            Action::ModifyUpstream => Self::ModifyUpstream(modify_upstream(&all)?),
            Action::StartChannel => Self::StartChannels(channel_ids(&all)?),
            Action::StopChannel => Self::StopChannels(channel_ids(&all)?),
            Action::DeleteChannel => Self::DeleteChannels(channel_ids(&all)?),
            Action::DescribeOnlineUsers => Self::DescribeOnlineUsers(all.texts("channelIds")?),
            Action::AddIpList => {
                let (direction, colour) = (required_direction(&all)?, colour(&all)?);
                Self::AddIpList { colour, direction, entries: all.texts("ips")? }
            }
            Action::DeleteIpList => {
                let direction = required_direction(&all)?;
                let entries = if all.has("ips") { Some(all.texts("ips")?) } else { None };
                Self::DeleteIpList { direction, entries }
            }
            Action::DescribeIpList => Self::DescribeIpList(direction(&all)?),
            Action::CreateShot => {
                let time = |name| Ok::<_, ParameterFault>(owned(&all, name)?.filter(|time| !time.is_empty()));
                let (begin, end) = (time("startTime")?, time("endTime")?);
                Self::CreateShot { channel: all.required_id("channelId")?.to_owned(), begin, end }
            }
            Action::StopShot => {
                let (channel, task) = task_of(&all)?;
                Self::StopShot { channel, task }
            }
            Action::DeleteShot => {
                let (channel, task) = task_of(&all)?;
                Self::DeleteShot { channel, task }
            }
            Action::DescribeShotList => {
                Self::DescribeShotList { channel: all.required_id("channelId")?.to_owned(), page: page(&all)? }
            }
            Action::DescribeQueueLog => Self::DescribeQueueLog(queue(&all)?),
            Action::CreateRecord
            | Action::StopRecord
            | Action::DeleteRecord
            | Action::DescribeRecordList
            | Action::DescribeRecord
            | Action::GetVodRecordFiles => return Ok(record::parse(action, &all)?.map(Self::Record)),
        };
        Ok(Some(command))
    }
}

/// `channelId` and `taskId`.
fn task_of(all: &Members<'_>) -> Result<(String, String), ParameterFault> {
    Ok((all.required_id("channelId")?.to_owned(), all.required_id("taskId")?.to_owned()))
}

/// `bid`, which names the one queue that there is, and `count`.
fn queue(all: &Members<'_>) -> Result<u32, ParameterFault> {
    if all.required_integer("bid")? != QUEUE_OF_SCREENSHOTS {
        return Err(all.out_of_range("bid", "100 (screenshots)"));
    }
    let count = all.integer("count")?.unwrap_or(1);
    let fits = u32::try_from(count).ok().filter(|count| (1..=QUEUE_COUNT_MAX).contains(count));
    fits.ok_or_else(|| all.out_of_range("count", "1 to 100"))
}

fn new_channel(all: &Members<'_>) -> Result<NewChannel, ParameterFault> {
    let name = all.required_text("channelName")?.to_owned();
    let receiver = all.required_integer("outputSourceType")?;
    let source = |source: Members<'_>| {
        Ok(NewSource {
            name: source.required_text("name")?.to_owned(),
            kind: source.required_integer("type")?,
            address: owned(&source, "address")?.unwrap_or_default(),
        })
    };
    // Absent or empty, it is a channel without a source, which has a code of its own.
    let sources = all.objects("sourceList")?.into_iter().map(source).collect::<Result<_, ParameterFault>>()?;
    Ok(NewChannel {
        name,
        receiver,
        sources,
        describe: owned(all, "channelDescribe")?.unwrap_or_default(),
        password: owned(all, "playerPassword")?.unwrap_or_default(),
        watermark: all.unsigned("watermarkId")?.unwrap_or_default(),
        rates: all.integers("outputRate")?,
    })
}

fn list_channels(all: &Members<'_>) -> Result<ListChannels, ParameterFault> {
    let filter = match all.integer("channelStatus")? {
        None => None,
        Some(0) => Some(ChannelFilter::Idle),
        Some(1) => Some(ChannelFilter::Live),
        Some(2) => Some(ChannelFilter::Abnormal),
        Some(3) => Some(ChannelFilter::Closed),
        Some(4) => Some(ChannelFilter::Incomplete),
        Some(_) => return Err(all.out_of_range("channelStatus", "0 to 4")),
    };
    let descending = match all.integer("ascDesc")? {
        None | Some(0) => false,
        Some(1) => true,
        Some(_) => return Err(all.out_of_range("ascDesc", "0 (ascending) or 1 (descending)")),
    };
    let order_by = match all.text("orderBy")? {
        None | Some("" | "create_time" | "createTime") => OrderBy::CreateTime,
        Some("channel_name" | "channelName") => OrderBy::Name,
        Some(_) => return Err(all.out_of_range("orderBy", "create_time or channel_name")),
    };
    Ok(ListChannels { filter, descending, order_by, page: page(all)? })
}

fn page(all: &Members<'_>) -> Result<Page, ParameterFault> {
    let number = all.integer("pageNo")?.unwrap_or(1);
    let number = u64::try_from(number).ok().filter(|number| *number > 0);
    let size = all.integer("pageSize")?.unwrap_or(PAGE_SIZE);
    let fits = (1..=PAGE_SIZE_MAX).contains(&size);
    Ok(Page {
        number: number.ok_or_else(|| all.out_of_range("pageNo", "1 or more"))?,
        size: if fits { size.unsigned_abs() } else { return Err(all.out_of_range("pageSize", "1 to 300")) },
    })
}

fn modify_channel(all: &Members<'_>) -> Result<Command, ParameterFault> {
    let channel = all.required_id("channelId")?.to_owned();
    let rates = all.integers("outputRate")?;
    let change = Change {
        name: Some(all.required_text("channelName")?.to_owned()),
        describe: owned(all, "channelDescribe")?,
        receiver: all.integer("outputSourceType")?,
        rates: (!rates.is_empty()).then_some(rates),
        watermark: all.unsigned("watermarkId")?,
    };
    Ok(Command::ModifyChannel { channel, change })
}

fn modify_upstream(all: &Members<'_>) -> Result<ModifyUpstream, ParameterFault> {
    Ok(ModifyUpstream {
        channel: all.required_id("channelId")?.to_owned(),
        source: all.unsigned("sourceId")?,
        change: SourceChange {
            name: owned(all, "sourceName")?,
            kind: all.integer("sourceType")?,
            address: owned(all, "sourceAddress")?,
        },
    })
}

/// At least one id, each once: the result has one line for each.
fn channel_ids(all: &Members<'_>) -> Result<Vec<String>, ParameterFault> {
    let mut ids = Vec::new();
    for id in all.texts("channelIds")? {
        if id.is_empty() {
            return Err(all.missing("channelIds"));
        }
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if ids.is_empty() { Err(all.missing("channelIds")) } else { Ok(ids) }
}

fn colour(all: &Members<'_>) -> Result<Colour, ParameterFault> {
    match all.required_text("colour")? {
        "black" => Ok(Colour::Black),
        "white" => Ok(Colour::White),
        _ => Err(all.out_of_range("colour", "black or white")),
    }
}

fn direction(all: &Members<'_>) -> Result<Option<Direction>, ParameterFault> {
    match all.text("direction")? {
        None | Some("") => Ok(None),
        Some("push") => Ok(Some(Direction::Push)),
        Some("play") => Ok(Some(Direction::Play)),
        Some(_) => Err(all.out_of_range("direction", "push or play")),
    }
}

fn required_direction(all: &Members<'_>) -> Result<Direction, ParameterFault> {
    direction(all)?.ok_or_else(|| all.missing("direction"))
}

fn owned(all: &Members<'_>, name: &str) -> Result<Option<String>, ParameterFault> {
    Ok(all.text(name)?.map(str::to_owned))
}
