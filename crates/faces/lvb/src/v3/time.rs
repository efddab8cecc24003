//! Times as API 3.0 writes them: UTC as in `2018-11-29T19:00:00Z`, or the zone of the API as in `2018-11-30 03:00:00`.

use vivace_base::UnixMs;
use vivace_base::calendar::{civil, day_of};

const DAY_S: i64 = 86_400;

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `2018-11-29T19:00:00Z`.
    Utc,
    /// `2018-11-30 03:00:00`, so many minutes ahead of UTC.
    Zone {
        /// Minutes.
        ahead_min: i64,
    },
}

/// A time with the form that it was given in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: UnixMs,
    /// How it was written.
    pub form: Form,
}

impl Moment {
    /// Reads a time of either form; `None` for anything else. The zone is `ahead_min` minutes ahead of UTC.
    pub fn parse(text: &str, ahead_min: i64) -> Option<Self> {
        let bytes = text.as_bytes();
        let (form, length) = match (bytes.get(10)?, bytes.get(19)) {
            (b'T', Some(b'Z')) => (Form::Utc, 20),
            (b' ', None) => (Form::Zone { ahead_min }, 19),
            _ => return None,
        };
        if bytes.len() != length || bytes.get(13) != Some(&b':') || bytes.get(16) != Some(&b':') {
            return None;
        }
        let days = date(text.get(..10)?)?;
        let (hour, minute, second) = (two(text, 11)?, two(text, 14)?, two(text, 17)?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let offset = if let Form::Zone { ahead_min } = form { ahead_min.checked_mul(60)? } else { 0 };
        let seconds = days.checked_mul(DAY_S)?.checked_add(hour * 3_600 + minute * 60 + second)?.checked_sub(offset)?;
        Some(Self { at: UnixMs(seconds.checked_mul(1_000)?), form })
    }
}

impl Form {
    /// A time in this form.
    pub fn write(self, at: UnixMs) -> String {
        let (between, end, offset) = match self {
            Self::Utc => ("T", "Z", 0),
            Self::Zone { ahead_min } => (" ", "", ahead_min.saturating_mul(60)),
        };
        let seconds = at.0.div_euclid(1_000).saturating_add(offset);
        let (days, rest) = (seconds.div_euclid(DAY_S), seconds.rem_euclid(DAY_S));
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
        format!("{year:04}-{month:02}-{day:02}{between}{hour:02}:{minute:02}:{second:02}{end}")
    }
}

/// A time in UTC.
pub fn utc(at: UnixMs) -> String {
    Form::Utc.write(at)
}

/// Whether a text is the UTC date of a time in seconds, `YYYY-MM-DD`.
pub(super) fn is_date_of(text: &str, timestamp_s: u64) -> bool {
    let days = i64::try_from(timestamp_s / DAY_S.unsigned_abs()).ok();
    text.len() == 10 && days.is_some() && date(text) == days
}

fn two(text: &str, at: usize) -> Option<i64> {
    number(text.get(at..at + 2)?)
}

fn number(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Days since 1970 of a date; `None` if there is no such day.
fn date(text: &str) -> Option<i64> {
    if text.get(4..5) != Some("-") || text.get(7..8) != Some("-") {
        return None;
    }
    let (year, month, day) = (number(text.get(..4)?)?, two(text, 5)?, two(text, 8)?);
    day_of(year, month, day)
}

#[cfg(test)]
mod tests {
    use vivace_base::UnixMs;

    use super::{Form, Moment, is_date_of, utc};

    #[test]
    fn times_are_read_and_written_back_in_their_form() {
        for (text, at) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2018-11-29T19:00:00Z", 1_543_518_000_000),
            ("2000-02-29T23:59:59Z", 951_868_799_000),
            ("2018-11-30 03:00:00", 1_543_518_000_000),
        ] {
            let moment = Moment::parse(text, 480).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(moment.at, UnixMs(at), "{text}");
            assert_eq!(moment.form.write(moment.at), text);
        }
        assert_eq!(utc(UnixMs(-1)), "1969-12-31T23:59:59Z");
        assert_eq!(Form::Zone { ahead_min: -60 }.write(UnixMs(0)), "1969-12-31 23:00:00");
    }

    #[test]
    fn what_is_no_time_is_not_read() {
        for text in [
            "",
            "2018-11-29",
            "2018-11-29T19:00:00",
            "2018-11-29 19:00:00Z",
            "2018-02-29T00:00:00Z",
            "2018-13-01T00:00:00Z",
            "2018-00-01T00:00:00Z",
            "2018-01-00T00:00:00Z",
            "2018-01-01T24:00:00Z",
            "2018-01-01T00:60:00Z",
            "2018-01-01T00:00:60Z",
            "+018-01-01T00:00:00Z",
            "2018-01-01T0a:00:00Z",
            "ä018-01-01T00:00:00Z",
            "2018-01-01T00:00:00Zx",
            "2018/01/01T00:00:00Z",
            "2018-01-01T00-00-00Z",
        ] {
            assert_eq!(Moment::parse(text, 480), None, "{text}");
        }
    }

    #[test]
    fn a_date_is_that_of_a_second() {
        assert!(is_date_of("2019-02-25", 1_551_113_065));
        assert!(!is_date_of("2019-02-26", 1_551_113_065));
        assert!(!is_date_of("2019-2-25", 1_551_113_065));
        assert!(!is_date_of("1970-01-01", u64::MAX));
    }
}
