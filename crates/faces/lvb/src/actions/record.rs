//! The Actions of recordings (dossier `lvb_api`, section b).

use vivace_domain::recording::RecordFault;

use super::{Action, Page};
use crate::access::{Members, ParameterFault};

/// Files on a page of `GetVodRecordFiles` where none is asked for.
const FILES: i64 = 20;
/// Most items on a page.
const PAGE_SIZE_MAX: i64 = 300;

/// A call about recordings. Times are texts as they were given: `YYYY-MM-DD HH:MM:SS` in the zone of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordCommand {
    /// `CreateRecord`.
    Create {
        /// `channelId`.
        channel: String,
        /// `startTime`.
        begin: Option<String>,
        /// `endTime`.
        end: Option<String>,
        /// `tapeType` 1: a clip from now on.
        is_clip: bool,
    },
    /// `StopRecord`.
    Stop(TaskOf),
    /// `DeleteRecord`.
    Delete(TaskOf),
    /// `DescribeRecordList`.
    List {
        /// `channelId`.
        channel: String,
        /// `pageNo` and `pageSize`.
        page: Page,
    },
    /// `DescribeRecord`.
    Files {
        /// `channelId` and `taskId`.
        task: TaskOf,
        /// `pageNo` and `pageSize`.
        page: Page,
    },
    /// `GetVodRecordFiles`.
    VodFiles {
        /// `channelId`.
        channel: String,
        /// `startTime`.
        from: String,
        /// `endTime`.
        to: Option<String>,
        /// `pageNum` and `pageSize`.
        page: Page,
    },
}

/// `channelId` and `taskId`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskOf {
    /// `channelId`.
    pub channel: String,
    /// `taskId`.
    pub task: String,
}

/// What a call wanted of a recording: what could not be read or written has a code for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordStep {
    /// To make a task.
    Create,
    /// To change or delete one.
    Change,
    /// To read.
    Read,
}

/// A call about recordings that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct RecordRefusal {
    /// What it wanted.
    pub step: RecordStep,
    /// Why not.
    pub fault: RecordFault,
}

impl RecordStep {
    /// The fault of a call that wanted this.
    pub const fn refused(self, fault: RecordFault) -> RecordRefusal {
        RecordRefusal { step: self, fault }
    }
}

/// Reads the parameters; none if the Action is about something else.
pub(super) fn parse(action: Action, all: &Members<'_>) -> Result<Option<RecordCommand>, ParameterFault> {
    let channel = || Ok::<_, ParameterFault>(all.required_id("channelId")?.to_owned());
    let time = |name| Ok::<_, ParameterFault>(all.text(name)?.filter(|time| !time.is_empty()).map(str::to_owned));
    let task = || Ok::<_, ParameterFault>(TaskOf { channel: channel()?, task: all.required_id("taskId")?.to_owned() });
    let page = || page(all, "pageNo", 10);
    Ok(Some(match action {
        Action::CreateRecord => RecordCommand::Create {
            channel: channel()?,
            begin: time("startTime")?,
            end: time("endTime")?,
            is_clip: match all.integer("tapeType")? {
                None | Some(0) => false,
                Some(1) => true,
                Some(_) => return Err(all.out_of_range("tapeType", "0 (a task) or 1 (a clip from now on)")),
            },
        },
        Action::StopRecord => RecordCommand::Stop(task()?),
        Action::DeleteRecord => RecordCommand::Delete(task()?),
        Action::DescribeRecordList => RecordCommand::List { channel: channel()?, page: page()? },
        Action::DescribeRecord => RecordCommand::Files { task: task()?, page: page()? },
        Action::GetVodRecordFiles => RecordCommand::VodFiles {
            channel: channel()?,
            from: time("startTime")?.ok_or_else(|| all.missing("startTime"))?,
            to: time("endTime")?,
            page: vod_page(all)?,
        },
        _ => return Ok(None),
    }))
}

/// `pageNum` is what this one Action calls its pages; `pageNo` is taken too, as all others have it.
fn vod_page(all: &Members<'_>) -> Result<Page, ParameterFault> {
    page(all, if all.has("pageNum") { "pageNum" } else { "pageNo" }, FILES)
}

fn page(all: &Members<'_>, number: &'static str, size: i64) -> Result<Page, ParameterFault> {
    let at = all.integer(number)?.unwrap_or(1);
    let at = u64::try_from(at).ok().filter(|at| *at > 0);
    let size = all.integer("pageSize")?.unwrap_or(size);
    if !(1..=PAGE_SIZE_MAX).contains(&size) {
        return Err(all.out_of_range("pageSize", "1 to 300"));
    }
    Ok(Page { number: at.ok_or_else(|| all.out_of_range(number, "1 or more"))?, size: size.unsigned_abs() })
}
