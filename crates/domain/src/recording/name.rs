use std::fmt::Write as _;

use vivace_base::UnixMs;
use vivace_base::calendar::civil;

/// Bytes of a pattern at most.
pub const NAME_BYTES_MAX: usize = 1_024;

/// The pattern of a channel's recordings, as the channel-hosting API names them.
pub fn channel_pattern(channel_name: &str) -> String {
    const TIMES: &str = "{StartYear}{StartMonth}{StartDay}-{StartHour}{StartMinute}\
        -{EndYear}{EndMonth}{EndDay}-{EndHour}{EndMinute}";
    format!("直播 -{}-{TIMES}", literal(channel_name))
}

/// A text as a pattern that stands for nothing but itself: braces, which would open a placeholder, become round.
pub fn literal(text: &str) -> String {
    text.replace('{', "(").replace('}', ")")
}

/// The name that a pattern gives. Placeholders as in API 3.0: `{StreamID}`, `{StartYear}`, `{StartMonth}`,
/// `{StartDay}`, `{StartHour}`, `{StartMinute}`, `{StartSecond}`, `{StartMillisecond}`, the same with `End`, and
/// `{StartUnixSecond}`, `{EndUnixSecond}`, `{StartUnixMillisecond}`, `{EndUnixMillisecond}`. What is no placeholder stays
/// as it is. `zone_ms` is how far local time is ahead of UTC. It is a name for people: files are named by ids.
pub fn file_name(pattern: &str, stream: &str, started_at: UnixMs, ended_at: UnixMs, zone_ms: i64) -> String {
    let (start, end) = (Moment::of(started_at, zone_ms), Moment::of(ended_at, zone_ms));
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, behind)) = rest.split_once('{') {
        out.push_str(before);
        let placed = behind.split_once('}').is_some_and(|(word, _)| place(&mut out, word, stream, &start, &end));
        rest = if placed { behind.split_once('}').map_or("", |(_, rest)| rest) } else { behind };
        if !placed {
            out.push('{');
        }
    }
    out.push_str(rest);
    out
}

struct Moment {
    at: UnixMs,
    year: i64,
    month: i64,
    day: i64,
    of_day_ms: i64,
}

impl Moment {
    fn of(at: UnixMs, zone_ms: i64) -> Self {
        const DAY_MS: i64 = 86_400_000;
        let local = at.0.saturating_add(zone_ms);
        let (year, month, day) = civil(local.div_euclid(DAY_MS));
        Self { at, year, month, day, of_day_ms: local.rem_euclid(DAY_MS) }
    }

    /// What a word behind `Start` or `End` stands for: its number and how many digits it has.
    fn part(&self, word: &str) -> Option<(i64, usize)> {
        Some(match word {
            "Year" => (self.year, 4),
            "Month" => (self.month, 2),
            "Day" => (self.day, 2),
            "Hour" => (self.of_day_ms / 3_600_000, 2),
            "Minute" => (self.of_day_ms / 60_000 % 60, 2),
            "Second" => (self.of_day_ms / 1_000 % 60, 2),
            "Millisecond" => (self.of_day_ms % 1_000, 3),
            "UnixSecond" => (self.at.0.div_euclid(1_000), 1),
            "UnixMillisecond" => (self.at.0, 1),
            _ => return None,
        })
    }
}

fn place(out: &mut String, word: &str, stream: &str, start: &Moment, end: &Moment) -> bool {
    if word == "StreamID" {
        out.push_str(stream);
        return true;
    }
    let part = match (word.strip_prefix("Start"), word.strip_prefix("End")) {
        (Some(word), _) => start.part(word),
        (None, Some(word)) => end.part(word),
        (None, None) => None,
    };
    let Some((number, digits)) = part else { return false };
    // Writing to a string cannot fail.
    let _ = write!(out, "{number:0digits$}");
    true
}
