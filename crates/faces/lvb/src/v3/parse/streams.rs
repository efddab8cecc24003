use super::{Read, misplaced};
use crate::v3::params::out_of_range;
use crate::v3::{Action, Events, EventsFilter, Fault, StreamCommand};

/// Longest time between the ends of a list of events.
const MONTH_MS: i64 = 31 * 86_400_000;

pub(super) fn parse(action: Action, read: Read<'_>) -> Result<StreamCommand, Fault> {
    Ok(match action {
        Action::DescribeLiveStreamState => StreamCommand::State(read.stream()?),
        Action::DescribeLiveStreamOnlineList => StreamCommand::Online {
            domain: read.owned("DomainName")?,
            served: read.is_served(false)?,
            name: name(read)?,
            page: read.page(10, 300_000)?,
        },
        Action::DescribeLiveStreamPublishedList => {
            let domain = read.params.required("DomainName")?.to_owned();
            let name = name(read)?.map(EventsFilter::Holds);
            StreamCommand::Published(events(read, domain, name, true)?)
        }
        Action::DescribeLiveStreamEventList => {
            let strict = read.params.switch("IsStrict")?.unwrap_or(false);
            let filter = |name| if strict { EventsFilter::Is(name) } else { EventsFilter::Holds(name) };
            let name = name(read)?.map(filter);
            let only_begun = read.params.switch("IsFilter")?.unwrap_or(false);
            StreamCommand::Events(events(read, read.owned("DomainName")?, name, only_begun)?)
        }
        Action::DropLiveStream => StreamCommand::Drop(read.stream()?),
        Action::ForbidLiveStream => StreamCommand::Forbid {
            stream: read.stream()?,
            until: read.time("ResumeTime")?,
            reason: read.owned("Reason")?,
        },
        Action::ResumeLiveStream => StreamCommand::Resume(read.stream()?),
        Action::DescribeLiveForbidStreamList => {
            StreamCommand::Forbidden { name: name(read)?, page: read.page(10, 100)? }
        }
        Action::AddDelayLiveStream => {
            let stream = read.stream()?;
            let delay_s = read.params.required_integer("DelayTime")?;
            let delay_s = u64::try_from(delay_s).ok().filter(|delay_s| *delay_s > 0);
            let delay_s = delay_s.ok_or_else(|| out_of_range("DelayTime", "1 second or more"))?;
            StreamCommand::Delay { stream, ms: delay_s.saturating_mul(1_000), until: read.time("ExpireTime")? }
        }
        Action::ResumeDelayLiveStream => StreamCommand::ResumeDelay(read.stream()?),
        other => return Err(misplaced(other)),
    })
}

fn name(read: Read<'_>) -> Result<Option<String>, Fault> {
    Ok(read.params.text("StreamName")?.filter(|name| !name.is_empty()).map(str::to_owned))
}

fn events(read: Read<'_>, domain: String, name: Option<EventsFilter>, only_begun: bool) -> Result<Events, Fault> {
    let (from, to) = read.span(MONTH_MS, "not before StartTime, and a month behind it at most")?;
    Ok(Events {
        domain,
        served: read.is_served(false)?,
        from: from.at,
        to: to.at,
        name,
        only_begun,
        ascending: read.params.switch("IsAsc")?.unwrap_or(false),
        page: read.page(10, 100)?,
    })
}
