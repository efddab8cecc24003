use thiserror::Error;
use vivace_base::UnixMs;
use vivace_base::calendar::day_of;

/// The last time of 13 digits.
const TIME_MAX_MS: i64 = 9_999_999_999_999;

/// The past of a stream, as an address asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past {
    /// The parameter that asks for it.
    pub parameter: &'static str,
    /// Which stretch of it. What cannot be read is a fault of a play in a format that has the past, and of nothing else.
    pub shift: Result<Shift, ShiftFault>,
}

/// Which stretch of a stream's written media a player asks for (dossier lvb_api, f.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    /// Always so many milliseconds behind live.
    Behind {
        /// How far.
        ms: i64,
    },
    /// From a time on, until another one or for as long as the stream goes on.
    Between {
        /// The first moment.
        from: UnixMs,
        /// The last one.
        to: Option<UnixMs>,
    },
}

/// Why a stretch cannot be read from an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ShiftFault {
    /// A parameter is missing.
    #[error("{name} is missing")]
    Missing {
        /// The parameter.
        name: &'static str,
    },
    /// A parameter is none of what it may be.
    #[error("{name} must be {form}")]
    Malformed {
        /// The parameter.
        name: &'static str,
        /// What it may be.
        form: &'static str,
    },
    /// It ends before it begins.
    #[error("{name} is not later than the begin")]
    Backwards {
        /// The parameter that says the end.
        name: &'static str,
    },
}

/// Offset of the zone in which `human` times are meant unless the address says another one: that of China.
const ZONE_S: i64 = 8 * 3_600;

impl Shift {
    /// What [`StreamQuery::parse`](super::StreamQuery::parse) reads as this stretch: `name=value` joined by `&`.
    pub fn query(self) -> String {
        let time = |at: UnixMs| at.0.clamp(0, TIME_MAX_MS);
        match self {
            Self::Behind { ms } => format!("txTimeshift=on&tsDelay={}", ms / 1_000),
            Self::Between { from, to: None } => format!("from={:013}", time(from)),
            Self::Between { from, to: Some(to) } => format!("from={:013}&to={:013}", time(from), time(to)),
        }
    }
}

/// What of a query asks for the past, decoded: `txTimeshift=on` with `tsDelay` (seconds) or `tsStart`, `tsEnd` and
/// `tsFormat`; or `from` and `to`, Unix seconds or milliseconds.
#[derive(Default)]
pub(super) struct Given {
    timeshift: Option<String>,
    delay: Option<String>,
    start: Option<String>,
    end: Option<String>,
    format: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

impl Given {
    /// Takes a parameter, if it is one of these.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        let place = match name {
            "txTimeshift" => &mut self.timeshift,
            "tsDelay" => &mut self.delay,
            "tsStart" => &mut self.start,
            "tsEnd" => &mut self.end,
            "tsFormat" => &mut self.format,
            "from" => &mut self.from,
            "to" => &mut self.to,
            _ => return,
        };
        *place = Some(value.to_owned());
    }

    /// What it asks for; `None` if it is live.
    pub(super) fn past(&self) -> Option<Past> {
        let past = |parameter, shift| Some(Past { parameter, shift });
        let asks = |text: &Option<String>| text.as_deref().is_some_and(looks_like_a_time);
        match self.timeshift.as_deref() {
            Some("on") => past("txTimeshift", self.documented()),
            Some("off") | None if asks(&self.from) => past("from", self.own()),
            Some("off") | None if asks(&self.to) => past("to", Err(ShiftFault::Missing { name: "from" })),
            Some("off") | None => None,
            Some(_) => past("txTimeshift", Err(ShiftFault::Malformed { name: "txTimeshift", form: "on or off" })),
        }
    }

    fn documented(&self) -> Result<Shift, ShiftFault> {
        if let Some(delay) = &self.delay {
            let ms = digits(delay, 9).and_then(|seconds| seconds.checked_mul(1_000));
            let ms = ms.ok_or(ShiftFault::Malformed { name: "tsDelay", form: "whole seconds" })?;
            return Ok(Shift::Behind { ms });
        }
        let format = Format::parse(self.format.as_deref().unwrap_or("unix_s"))?;
        let start = self.start.as_deref().ok_or(ShiftFault::Missing { name: "tsStart" })?;
        let from = format.read("tsStart", start)?;
        let to = self.end.as_deref().map(|end| format.read("tsEnd", end)).transpose()?;
        between(from, to, "tsEnd")
    }

    fn own(&self) -> Result<Shift, ShiftFault> {
        let time = |name, text: &str| {
            let form = "a time in Unix seconds (10 digits) or milliseconds (13)";
            match (digits(text, 13), text.len()) {
                (Some(seconds), 10) => Ok(UnixMs(seconds * 1_000)),
                (Some(ms), 13) => Ok(UnixMs(ms)),
                _ => Err(ShiftFault::Malformed { name, form }),
            }
        };
        let from = time("from", self.from.as_deref().unwrap_or_default())?;
        // Beside a time it is ours, whatever it holds.
        let to = self.to.as_deref().map(|to| time("to", to)).transpose()?;
        between(from, to, "to")
    }
}

/// Whether this is meant for a time: a number, perhaps with a sign. Pages are shared with `from=singlemessage` and the like,
/// which is another page's word and dropped like any name that is unknown here.
fn looks_like_a_time(text: &str) -> bool {
    // A bare `+` of a query is a space by now.
    text.trim_start_matches([' ', '+', '-']).starts_with(|first: char| first.is_ascii_digit())
}

fn between(from: UnixMs, to: Option<UnixMs>, name: &'static str) -> Result<Shift, ShiftFault> {
    if to.is_some_and(|to| to <= from) {
        return Err(ShiftFault::Backwards { name });
    }
    Ok(Shift::Between { from, to })
}

/// `tsFormat`: `unix` or `human`, `s` or `ms`, and for `human` the zone in hours east of Greenwich.
struct Format {
    is_human: bool,
    in_ms: bool,
    zone_s: i64,
}

impl Format {
    fn parse(text: &str) -> Result<Self, ShiftFault> {
        let bad = ShiftFault::Malformed {
            name: "tsFormat",
            form: "unix_s, unix_ms, human_s or human_ms, with _ZONE if wanted",
        };
        let mut words = text.splitn(3, '_');
        let is_human = match words.next() {
            Some("unix") => false,
            Some("human") => true,
            _ => return Err(bad),
        };
        let in_ms = match words.next() {
            Some("s") => false,
            Some("ms") => true,
            _ => return Err(bad),
        };
        let zone_s = match words.next() {
            None => ZONE_S,
            Some(zone) => zone_of(zone).ok_or(bad)?,
        };
        Ok(Self { is_human, in_ms, zone_s })
    }

    fn read(&self, name: &'static str, text: &str) -> Result<UnixMs, ShiftFault> {
        let read = if self.is_human { self.human(text) } else { self.unix(text) };
        let form = match (self.is_human, self.in_ms) {
            (false, false) => "Unix seconds",
            (false, true) => "Unix milliseconds",
            (true, false) => "a time as YYYYMMDDhhmmss",
            (true, true) => "a time as YYYYMMDDhhmmssmmm",
        };
        read.map(UnixMs).ok_or(ShiftFault::Malformed { name, form })
    }

    fn unix(&self, text: &str) -> Option<i64> {
        let number = digits(text, if self.in_ms { 14 } else { 11 })?;
        if self.in_ms { Some(number) } else { number.checked_mul(1_000) }
    }

    fn human(&self, text: &str) -> Option<i64> {
        let (seconds, ms) = if self.in_ms { text.split_at_checked(14)? } else { (text, "0") };
        if seconds.len() != 14 || (self.in_ms && ms.len() != 3) {
            return None;
        }
        let field = |range: std::ops::Range<usize>| seconds.get(range).and_then(|text| digits(text, 4));
        let (year, month, day) = (field(0..4)?, field(4..6)?, field(6..8)?);
        let (hour, minute, second) = (field(8..10)?, field(10..12)?, field(12..14)?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let at_s = day_of(year, month, day)? * 86_400 + hour * 3_600 + minute * 60 + second - self.zone_s;
        Some(at_s * 1_000 + digits(ms, 3)?)
    }
}

/// Seconds east of Greenwich of `8`, `+8`, `-3` and the like.
fn zone_of(text: &str) -> Option<i64> {
    let (sign, hours) = match text.as_bytes().first()? {
        b'-' => (-1, text.get(1..)?),
        // A bare `+` of a query is a space by now.
        b'+' | b' ' => (1, text.get(1..)?),
        _ => (1, text),
    };
    digits(hours, 2).filter(|hours| *hours <= 14).map(|hours| sign * hours * 3_600)
}

/// A decimal number of so many digits at most.
fn digits(text: &str, most: usize) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}
