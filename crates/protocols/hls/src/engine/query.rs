use thiserror::Error;

use super::Flavor;

/// What of a delta update a player asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Skip {
    /// `YES`: segments may be left out.
    Segments,
    /// `v2`: date ranges too, of which there are none.
    DateRanges,
}

/// The delivery directives of a request for a playlist (RFC 8216bis, 6.2.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Directives {
    /// `_HLS_msn`: wait for this segment.
    pub sequence: Option<u64>,
    /// `_HLS_part`: wait for this part of it.
    pub part: Option<u64>,
    /// `_HLS_skip`.
    pub skip: Option<Skip>,
}

/// Why directives cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum QueryFault {
    /// A value is no decimal number, or stands twice.
    #[error("{name} must stand once, with a decimal number")]
    Number {
        /// The parameter.
        name: &'static str,
    },
    /// A part without its segment.
    #[error("_HLS_part stands without _HLS_msn")]
    PartAlone,
    /// Another value than `YES` and `v2`.
    #[error("_HLS_skip must be YES or v2")]
    Skip,
    /// The segment lies too far ahead to be waited for.
    #[error("_HLS_msn is {asked}, and the newest segment is {newest}")]
    TooFar {
        /// What is asked for.
        asked: u64,
        /// What there is.
        newest: u64,
    },
    /// The part lies too far ahead to be waited for.
    #[error("_HLS_part is {asked}, and must be below {limit} now")]
    PartTooFar {
        /// What is asked for.
        asked: u64,
        /// The first part that is too far.
        limit: u64,
    },
}

/// Longest number that is read: as many digits as every 64-bit number has room for.
const DIGITS_MAX: usize = 19;

impl Directives {
    /// Reads the directives among the parameters of a query; other parameters are passed over.
    ///
    /// # Errors
    /// [`QueryFault`] but [`QueryFault::TooFar`] and [`QueryFault::PartTooFar`].
    pub fn parse(query: &str) -> Result<Self, QueryFault> {
        let mut directives = Self::default();
        for (name, value) in query.split('&').filter_map(|part| part.split_once('=')) {
            match name {
                "_HLS_msn" => number(&mut directives.sequence, "_HLS_msn", value)?,
                "_HLS_part" => number(&mut directives.part, "_HLS_part", value)?,
                "_HLS_skip" => {
                    directives.skip = match value {
                        "YES" => Some(Skip::Segments),
                        "v2" => Some(Skip::DateRanges),
                        _ => return Err(QueryFault::Skip),
                    }
                }
                _ => {}
            }
        }
        if directives.part.is_some() && directives.sequence.is_none() {
            return Err(QueryFault::PartAlone);
        }
        Ok(directives)
    }
}

impl Flavor {
    /// The flavor that `hls=mp4`, `hls=ll` or `hls=ts` in a query asks for, [`Flavor::Mp4`] without it; `None` for another
    /// value.
    pub fn of_query(query: &str) -> Option<Self> {
        match query.split('&').find_map(|part| part.strip_prefix("hls=")) {
            None | Some("mp4") => Some(Self::Mp4),
            Some("ll") => Some(Self::LowLatency),
            Some("ts") => Some(Self::Ts),
            Some(_) => None,
        }
    }
}

fn number(place: &mut Option<u64>, name: &'static str, value: &str) -> Result<(), QueryFault> {
    let plain = value.len() <= DIGITS_MAX && value.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = value.parse().ok().filter(|_| plain && place.is_none()).ok_or(QueryFault::Number { name })?;
    *place = Some(parsed);
    Ok(())
}
