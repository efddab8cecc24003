use thiserror::Error;
use vivace_base::UnixMs;
use vivace_base::calendar::day_of;

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
    /// A parameter is none of what it may be, or stands twice.
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

/// What stands in a query, before it is understood.
#[derive(Default)]
struct Given<'a> {
    timeshift: Option<&'a str>,
    delay: Option<&'a str>,
    start: Option<&'a str>,
    end: Option<&'a str>,
    format: Option<&'a str>,
    from: Option<&'a str>,
    to: Option<&'a str>,
}

impl Shift {
    /// Reads `txTimeshift=on` with `tsDelay` (seconds) or `tsStart`, `tsEnd` and `tsFormat`; or `from` and `to`, Unix seconds
    /// or milliseconds. `None` if a query has neither.
    ///
    /// # Errors
    /// [`ShiftFault`].
    pub fn parse(query: &str) -> Result<Option<Self>, ShiftFault> {
        let given = Given::of(query)?;
        match given.timeshift {
            Some("on") => given.documented().map(Some),
            Some("off") | None => given.own(),
            Some(_) => Err(ShiftFault::Malformed { name: "txTimeshift", form: "on or off" }),
        }
    }
}

impl<'a> Given<'a> {
    fn of(query: &'a str) -> Result<Self, ShiftFault> {
        let mut given = Self::default();
        for (name, value) in query.split('&').map(|part| part.split_once('=').unwrap_or((part, ""))) {
            let (place, name) = match name {
                "txTimeshift" => (&mut given.timeshift, "txTimeshift"),
                "tsDelay" => (&mut given.delay, "tsDelay"),
                "tsStart" => (&mut given.start, "tsStart"),
                "tsEnd" => (&mut given.end, "tsEnd"),
                "tsFormat" => (&mut given.format, "tsFormat"),
                "from" => (&mut given.from, "from"),
                "to" => (&mut given.to, "to"),
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Err(ShiftFault::Malformed { name, form: "there once" });
            }
        }
        Ok(given)
    }

    fn documented(&self) -> Result<Shift, ShiftFault> {
        if let Some(delay) = self.delay {
            let ms = digits(delay, 9).and_then(|seconds| seconds.checked_mul(1_000));
            let ms = ms.ok_or(ShiftFault::Malformed { name: "tsDelay", form: "whole seconds" })?;
            return Ok(Shift::Behind { ms });
        }
        let format = Format::parse(self.format.unwrap_or("unix_s"))?;
        let start = self.start.ok_or(ShiftFault::Missing { name: "tsStart" })?;
        let from = format.read("tsStart", start)?;
        let to = self.end.map(|end| format.read("tsEnd", end)).transpose()?;
        between(from, to, "tsEnd")
    }

    fn own(&self) -> Result<Option<Shift>, ShiftFault> {
        let time = |name, text: &str| {
            let form = "a time in Unix seconds (10 digits) or milliseconds (13)";
            match (digits(text, 13), text.len()) {
                (Some(seconds), 10) => Ok(UnixMs(seconds * 1_000)),
                (Some(ms), 13) => Ok(UnixMs(ms)),
                _ => Err(ShiftFault::Malformed { name, form }),
            }
        };
        let to = self.to.map(|to| time("to", to)).transpose()?;
        match self.from {
            Some(from) => between(time("from", from)?, to, "to").map(Some),
            None if to.is_some() => Err(ShiftFault::Missing { name: "from" }),
            None => Ok(None),
        }
    }
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
        b'+' => (1, text.get(1..)?),
        _ => (1, text),
    };
    digits(hours, 2).filter(|hours| *hours <= 14).map(|hours| sign * hours * 3_600)
}

/// A decimal number of so many digits at most.
fn digits(text: &str, most: usize) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}
