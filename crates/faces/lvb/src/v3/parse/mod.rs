//! Parameters into commands: types, ranges and times. What a thing may be is the domain's to judge.

mod callbacks;
mod domains;
mod pictures;
mod pulls;
mod records;
mod statistics;
mod streams;
mod watermarks;

use vivace_base::{StreamName, UnixMs};
use vivace_domain::host::{HostFault, HostName};
use vivace_domain::live::APP_NAME;

use super::params::{missing, out_of_range};
use super::{Action, Command, Fault, Group, Moment, Page, Params, StreamRef, TaskId};

const STREAM: &str = "a stream name: letters, digits, _, - and single dots, 128 at most";
const TIME: &str = "a time such as 2018-11-29T19:00:00Z";

impl Command {
    /// Reads the parameters of an Action. Times without a zone are `ahead_min` minutes ahead of UTC.
    ///
    /// # Errors
    /// [`Fault`]: the first parameter that is wrong, or asks for what is not supported.
    pub fn parse(action: Action, params: &Params, ahead_min: i64) -> Result<Self, Fault> {
        let read = Read { params, ahead_min };
        match action.group() {
            Group::Streams => streams::parse(action, read).map(Self::Stream),
            Group::Domains => domains::parse(action, read).map(Self::Domain),
            Group::Callbacks => callbacks::parse(action, read).map(Self::Callback),
            Group::Pulls => pulls::parse(action, read).map(Self::Pull),
            Group::Pictures => pictures::parse(action, read).map(Self::Picture),
            Group::Records => records::parse(action, read).map(Self::Record),
            Group::Watermarks => watermarks::parse(action, read).map(Self::Watermark),
            Group::Statistics => statistics::parse(action, read).map(Self::Statistics),
        }
    }
}

/// The parameters, and the zone of times.
#[derive(Clone, Copy)]
struct Read<'a> {
    params: &'a Params,
    ahead_min: i64,
}

impl Read<'_> {
    fn owned(self, name: &str) -> Result<String, Fault> {
        Ok(self.params.text(name)?.unwrap_or_default().to_owned())
    }

    /// A time; none if it is absent or empty.
    fn moment(self, name: &'static str) -> Result<Option<Moment>, Fault> {
        let Some(text) = self.params.text(name)?.filter(|text| !text.is_empty()) else { return Ok(None) };
        Moment::parse(text, self.ahead_min).map(Some).ok_or_else(|| out_of_range(name, TIME).into())
    }

    fn time(self, name: &'static str) -> Result<Option<UnixMs>, Fault> {
        Ok(self.moment(name)?.map(|moment| moment.at))
    }

    fn required_moment(self, name: &'static str) -> Result<Moment, Fault> {
        self.moment(name)?.ok_or_else(|| missing(name).into())
    }

    /// `StartTime` and `EndTime`, so far apart at most.
    fn span(self, ms_max: i64, expected: &'static str) -> Result<(Moment, Moment), Fault> {
        let (from, to) = (self.required_moment("StartTime")?, self.required_moment("EndTime")?);
        if to.at < from.at || to.at.0.saturating_sub(from.at.0) > ms_max {
            return Err(out_of_range("EndTime", expected).into());
        }
        Ok((from, to))
    }

    fn page(self, size: i64, size_max: i64) -> Result<Page, Fault> {
        let number = self.params.integer_in("PageNum", 1..=i64::MAX, "1 or more")?.unwrap_or(1);
        let size = match self.params.integer("PageSize")?.unwrap_or(size) {
            size if size < 1 => return Err(out_of_range("PageSize", "1 or more").into()),
            size => size.min(size_max),
        };
        Ok(Page { number: number.unsigned_abs(), size: size.unsigned_abs() })
    }

    /// `AppName`: whether it is the one that streams have. Absent, it is.
    fn is_served(self, required: bool) -> Result<bool, Fault> {
        let name = if required { Some(self.params.required("AppName")?) } else { self.params.text("AppName")? };
        Ok(name.is_none_or(|name| name.is_empty() || name == APP_NAME))
    }

    fn stream(self) -> Result<StreamRef, Fault> {
        let domain = self.params.required("DomainName")?.to_owned();
        let served = self.is_served(true)?;
        let name = self.params.required("StreamName")?;
        let name = StreamName::parse(name).ok().filter(|_| served);
        Ok(StreamRef { domain, name })
    }

    fn host(self) -> Result<HostName, Fault> {
        HostName::parse(self.params.required("DomainName")?).ok_or(Fault::Host(HostFault::Malformed))
    }

    /// `DomainName`, `AppName` and `StreamName` of a new rule, each of which stands for all where it is empty. What no push
    /// can be is refused: a rule for it would never hold.
    fn reach(self) -> Result<[String; 3], Fault> {
        let [domain, path, stream] = self.known_reach()?;
        if !self.is_served(false)? {
            return Err(out_of_range("AppName", APP_NAME).into());
        }
        if !stream.is_empty() && StreamName::parse(&stream).is_err() {
            return Err(out_of_range("StreamName", STREAM).into());
        }
        Ok([domain, path, stream])
    }

    /// The same of a rule that may be there, whatever it was made for.
    fn known_reach(self) -> Result<[String; 3], Fault> {
        let domain = match self.params.text("DomainName")?.unwrap_or_default() {
            "" => String::new(),
            _ => self.host()?.as_str().to_owned(),
        };
        Ok([domain, self.owned("AppName")?, self.owned("StreamName")?])
    }

    fn task(self) -> Result<TaskId, Fault> {
        self.optional_task()?.ok_or_else(|| missing("TaskId").into())
    }

    fn optional_task(self) -> Result<Option<TaskId>, Fault> {
        if let Some(given) = self.params.text("SpecifyTaskId")?.filter(|id| !id.is_empty()) {
            return Ok(Some(TaskId::Given(given.to_owned())));
        }
        Ok(self.params.text("TaskId")?.filter(|id| !id.is_empty()).map(|id| TaskId::Own(id.to_owned())))
    }
}

/// A group holds an Action that it does not read: a fault of the table.
fn misplaced(action: Action) -> Fault {
    Fault::NotOffered { action: action.name() }
}
