use std::collections::BTreeSet;
use std::fmt;

use thiserror::Error;
use vivace_base::Limits;

use super::shift::Given;
use super::{Past, Signature};
use crate::text::unescape;

/// Characters of a peer's parameter name that a fault keeps.
const NAME_CHARS_KEPT: usize = 64;

/// What an address of a stream carries after `?`. Parameters that are not listed here are accepted and dropped.
///
/// `Debug` shows no `txSecret`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StreamQuery {
    /// `txSecret` and `txTime`.
    pub signature: Signature,
    /// `bizid`, as given.
    pub bizid: Option<String>,
    /// `record`: formats to record in, as given (`mp4`, or several with `|`).
    pub record: Option<String>,
    /// `record_interval`: length of a recorded file in seconds, as given.
    pub record_interval: Option<String>,
    /// The first parameter of recording that stands twice. A wrong wish to record keeps no stream off the air, so that is
    /// none of [`QueryFault`]: of `record` all values count, of `record_interval` the first.
    pub repeated: Option<&'static str>,
    /// `mix`: layout of a mix, as given.
    pub mix: Option<String>,
    /// `start`: where a player joins.
    pub start: Option<StartAt>,
    /// The past of the stream, where it is asked for: by `txTimeshift` other than `off`, or a time in `from` or `to`.
    pub past: Option<Past>,
}

/// Where a player joins a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// `start=live`: at the live edge, with the next key frame.
    Live,
    /// `start=fast`: at the newest key frame that is kept, so that the picture comes at once.
    Fast,
}

/// Why a query was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum QueryFault {
    /// More than `limits.url_bytes_max`.
    #[error("the query has {bytes} bytes, more than {max}")]
    TooLong {
        /// Bytes given.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// A name stands twice: which of the values is meant cannot be known.
    #[error("the parameter {name:?} stands twice")]
    Duplicate {
        /// The decoded name, at most 64 characters of it.
        name: String,
    },
    /// `%` without two hex digits, or bytes that are not UTF-8.
    #[error("the parameter in byte {at} of the query is not percent-encoded UTF-8")]
    Encoding {
        /// Where the parameter begins.
        at: usize,
    },
    /// A known parameter with an unknown value.
    #[error("the parameter {name} must be {wanted}")]
    Value {
        /// The parameter.
        name: &'static str,
        /// What it may be.
        wanted: &'static str,
    },
}

impl StreamQuery {
    /// Parses what stands after `?`, undecoded: `name=value` joined by `&`, percent-encoded, `+` for a space.
    ///
    /// # Errors
    /// [`QueryFault`]; any name that stands twice is refused, known or not, but those of recording.
    pub fn parse(raw: &str, limits: &Limits) -> Result<Self, QueryFault> {
        if raw.len() > limits.url_bytes_max {
            return Err(QueryFault::TooLong { bytes: raw.len(), max: limits.url_bytes_max });
        }
        let mut query = Self::default();
        let (mut seen, mut past) = (BTreeSet::new(), Given::default());
        let mut at = 0;
        for part in raw.split('&') {
            if !part.is_empty() {
                let (name, value) = part.split_once('=').unwrap_or((part, ""));
                let name = decode(name).ok_or(QueryFault::Encoding { at })?;
                let value = decode(value).ok_or(QueryFault::Encoding { at })?;
                if !seen.contains(&name) {
                    past.set(&name, &value);
                    query.set(&name, value)?;
                    seen.insert(name);
                } else if !query.add(&name, &value) {
                    return Err(QueryFault::Duplicate { name: name.chars().take(NAME_CHARS_KEPT).collect() });
                }
            }
            at += part.len() + 1;
        }
        query.past = past.past();
        Ok(query)
    }

    /// Takes a further value of a parameter of recording; false if it is none.
    fn add(&mut self, name: &str, value: &str) -> bool {
        let name = match name {
            "record" => "record",
            "record_interval" => "record_interval",
            _ => return false,
        };
        self.repeated = self.repeated.or(Some(name));
        if let Some(record) = self.record.as_mut().filter(|_| name == "record") {
            record.push('|');
            record.push_str(value);
        }
        true
    }

    /// Whether `bizid`, if it is given, is this app's.
    pub fn bizid_fits(&self, bizid: u32) -> bool {
        self.bizid.as_deref().is_none_or(|given| given == bizid.to_string())
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), QueryFault> {
        match name {
            "txSecret" => self.signature.tx_secret = Some(value),
            "txTime" => self.signature.tx_time = Some(value),
            "bizid" => self.bizid = Some(value),
            "record" => self.record = Some(value),
            "record_interval" => self.record_interval = Some(value),
            "mix" => self.mix = Some(value),
            "start" => self.start = Some(StartAt::parse(&value)?),
            _ => {}
        }
        Ok(())
    }
}

// By hand and field by field, so that whoever adds a parameter decides whether it is shown.
impl fmt::Debug for StreamQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { signature, bizid, record, record_interval, repeated, mix, start, past } = self;
        f.debug_struct("StreamQuery")
            .field("signature", signature)
            .field("bizid", bizid)
            .field("record", record)
            .field("record_interval", record_interval)
            .field("repeated", repeated)
            .field("mix", mix)
            .field("start", start)
            .field("past", past)
            .finish()
    }
}

impl Signature {
    /// The signature that stands in a query; see [`StreamQuery::parse`], whose faults it has.
    pub fn from_query(raw: &str, limits: &Limits) -> Result<Self, QueryFault> {
        StreamQuery::parse(raw, limits).map(|query| query.signature)
    }
}

impl StartAt {
    fn parse(value: &str) -> Result<Self, QueryFault> {
        match value {
            "live" => Ok(Self::Live),
            "fast" => Ok(Self::Fast),
            _ => Err(QueryFault::Value { name: "start", wanted: "live or fast" }),
        }
    }
}

/// Decodes `application/x-www-form-urlencoded` text; nothing if it is not that, or not UTF-8 afterwards.
fn decode(raw: &str) -> Option<String> {
    String::from_utf8(unescape(raw.as_bytes())?).ok()
}
