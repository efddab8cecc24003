use super::{Read, misplaced};
use crate::v3::params::out_of_range;
use crate::v3::{Action, Fault, StatisticsCommand, TopOrder};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

pub(super) fn parse(action: Action, read: Read<'_>) -> Result<StatisticsCommand, Fault> {
    let params = read.params;
    Ok(match action {
        Action::DescribeStreamPlayInfoList => {
            refuse(read, &["PlayDomain", "ServiceName"])?;
            let (from, to) = read.span(DAY_MS, "not before StartTime, and a day behind it at most")?;
            let stream = params.text("StreamName")?.filter(|name| !name.is_empty()).map(str::to_owned);
            StatisticsCommand::Plays { from, to, stream }
        }
        Action::DescribeLiveStreamPushInfoList => {
            StatisticsCommand::Pushes { served: read.is_served(false)?, page: read.page(200, 100_000)? }
        }
        Action::DescribeStreamPushInfoList => {
            let stream = params.required("StreamName")?.to_owned();
            let (from, to) = read.span(7 * DAY_MS, "not before StartTime, and 7 days behind it at most")?;
            StatisticsCommand::PushHistory { stream, from, to }
        }
        Action::DescribeTopClientIpSumInfoList => {
            refuse(read, &["PlayDomains", "MainlandOrOversea"])?;
            let (from, to) = read.span(4 * HOUR_MS, "not before StartTime, and 4 hours behind it at most")?;
            let order = match params.text("OrderParam")? {
                None | Some("" | "TotalRequest") => TopOrder::Requests,
                Some("FailedRequest") => TopOrder::Failed,
                Some("TotalFlux") => TopOrder::Bytes,
                Some(_) => return Err(out_of_range("OrderParam", "TotalRequest, FailedRequest or TotalFlux").into()),
            };
            StatisticsCommand::TopClients { from, to, order, page: read.page(20, 1_000)? }
        }
        Action::DescribeBillBandwidthAndFluxList => {
            refuse(read, &["PlayDomains", "MainlandOrOversea", "ServiceName", "RegionNames"])?;
            let minutes = params.integer("Granularity")?.unwrap_or(5);
            if !matches!(minutes, 5 | 60 | 1_440) {
                return Err(out_of_range("Granularity", "5, 60 or 1440").into());
            }
            let days = if minutes == 5 { 1 } else { 31 };
            let expected = "not before StartTime, and a day (Granularity 5) or 31 days behind it at most";
            let (from, to) = read.span(days * DAY_MS, expected)?;
            StatisticsCommand::Bill { from, to, step_ms: minutes * 60_000 }
        }
        other => return Err(misplaced(other)),
    })
}

/// By these nothing is told apart: an answer that leaves them out would be another's. `LVB`, and all of a place, is what
/// everything is.
fn refuse(read: Read<'_>, fields: &[&'static str]) -> Result<(), Fault> {
    for field in fields.iter().copied().filter(|field| read.params.has(field)) {
        let all = matches!(field, "ServiceName" | "MainlandOrOversea")
            && matches!(read.params.text(field)?, Some("LVB" | "Global"));
        if !all {
            return Err(Fault::NotSupported { field, what: "a part of the statistics by this" });
        }
    }
    Ok(())
}
