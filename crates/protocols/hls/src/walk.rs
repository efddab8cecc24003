//! A reader of consecutive media playlists of one stream that holds them to what must stay true from one to the next.

pub mod fuzz;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use thiserror::Error;

/// Why a playlist, or its succession, is wrong.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Fault {
    /// The text is no media playlist.
    #[error("{what} in line {line:?}")]
    Syntax {
        /// What is wrong.
        what: &'static str,
        /// The line.
        line: String,
    },
    /// A number fell.
    #[error("{what} falls from {before} to {now}")]
    Falls {
        /// The number.
        what: &'static str,
        /// In the playlist before.
        before: u64,
        /// In this one.
        now: u64,
    },
    /// A value that never changes did.
    #[error("{what} of {which} changes from {before} to {now}")]
    Changes {
        /// The value.
        what: &'static str,
        /// The segment or playlist.
        which: String,
        /// Before.
        before: String,
        /// Now.
        now: String,
    },
    /// A duration is out of its bounds.
    #[error("{what} of {which} is {ms} ms, which the playlist does not allow")]
    Duration {
        /// Which duration.
        what: &'static str,
        /// Of what.
        which: String,
        /// Milliseconds.
        ms: u64,
    },
    /// A segment that must still be there is gone.
    #[error("{0}")]
    Missing(String),
}

/// One segment of a playlist.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    /// Media sequence number.
    pub sequence: u64,
    /// Discontinuity sequence number.
    pub discontinuity_sequence: u64,
    /// Duration in microseconds; zero for one in the making.
    pub duration_us: u64,
    /// Date in milliseconds since 1970.
    pub date_ms: Option<i64>,
    /// Address without its query; empty for a segment in the making.
    pub uri: String,
    /// Address of its initialisation segment, without its query.
    pub map: String,
    /// Durations in microseconds and addresses of its parts, gaps among them.
    pub parts: Vec<(u64, String)>,
}

/// A media playlist.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Playlist {
    /// `EXT-X-TARGETDURATION` in seconds.
    pub target_s: u64,
    /// `PART-TARGET` in microseconds.
    pub part_target_us: Option<u64>,
    /// `EXT-X-MEDIA-SEQUENCE`.
    pub media_sequence: u64,
    /// `EXT-X-DISCONTINUITY-SEQUENCE`.
    pub discontinuity_sequence: u64,
    /// Segments, the one in the making included.
    pub segments: Vec<Listed>,
    /// Segments that a delta update left out.
    pub skipped: u64,
    /// Address of the preload hint, without its query.
    pub hint: Option<String>,
    /// `EXT-X-ENDLIST`.
    pub ended: bool,
}

impl Playlist {
    /// Reads a playlist.
    ///
    /// # Errors
    /// [`Fault::Syntax`].
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut reading = Reading::default();
        if text.lines().next() != Some("#EXTM3U") {
            return Err(syntax("no #EXTM3U", text.lines().next().unwrap_or("")));
        }
        for line in text.lines().skip(1) {
            reading.line(line)?;
        }
        reading.end()
    }

    /// Number behind that of the last segment; `None` if there is no such number.
    fn end(&self) -> Option<u64> {
        self.media_sequence.checked_add(self.skipped)?.checked_add(self.segments.len() as u64)
    }

    /// Number of the newest whole segment.
    pub fn newest_whole(&self) -> Option<u64> {
        self.segments.iter().rev().find(|segment| !segment.uri.is_empty()).map(|segment| segment.sequence)
    }
}

#[derive(Default)]
struct Reading {
    list: Playlist,
    open: Listed,
    touched: bool,
    discontinuities: u64,
    map: String,
}

impl Reading {
    fn line(&mut self, line: &str) -> Result<(), Fault> {
        let (tag, value) = line.split_once(':').unwrap_or((line, ""));
        let whole = || value.parse::<u64>().map_err(|_| syntax("no number", line));
        match tag {
            "#EXT-X-TARGETDURATION" => self.list.target_s = whole()?,
            // RFC 8216bis, 4.4.3.2, 4.4.3.3 and 4.4.5.2: what the segments are counted from stands before them.
            "#EXT-X-MEDIA-SEQUENCE" | "#EXT-X-DISCONTINUITY-SEQUENCE" | "#EXT-X-SKIP" if self.counted() => {
                return Err(syntax("stands behind a segment", line));
            }
            "#EXT-X-MEDIA-SEQUENCE" => self.list.media_sequence = whole()?,
            "#EXT-X-DISCONTINUITY-SEQUENCE" => self.list.discontinuity_sequence = whole()?,
            "#EXT-X-PART-INF" => self.list.part_target_us = Some(decimal(value, "PART-TARGET", line)?),
            "#EXT-X-SKIP" => {
                let count = attribute(value, "SKIPPED-SEGMENTS").and_then(|count| count.parse().ok());
                self.list.skipped = count.ok_or_else(|| syntax("no SKIPPED-SEGMENTS", line))?;
            }
            "#EXT-X-DISCONTINUITY" => self.discontinuities += 1,
            "#EXT-X-MAP" => self.map = uri(value, line)?,
            "#EXT-X-PROGRAM-DATE-TIME" => {
                self.open.date_ms = Some(date(value).ok_or_else(|| syntax("no date", line))?);
                self.touched = true;
            }
            "#EXT-X-PART" => {
                self.open.parts.push((decimal(value, "DURATION", line)?, uri(value, line)?));
                self.touched = true;
            }
            "#EXT-X-PRELOAD-HINT" => self.list.hint = Some(uri(value, line)?),
            "#EXT-X-ENDLIST" => self.list.ended = true,
            "#EXTINF" => {
                let duration = value.split(',').next().unwrap_or("");
                self.open.duration_us = micros(duration).ok_or_else(|| syntax("no duration", line))?;
                self.touched = true;
            }
            _ if line.is_empty() || line.starts_with('#') => {}
            _ => {
                self.open.uri = without_query(line);
                self.close(line)?;
            }
        }
        Ok(())
    }

    /// Whether a segment or a discontinuity has been counted.
    const fn counted(&self) -> bool {
        !self.list.segments.is_empty() || self.discontinuities > 0
    }

    fn close(&mut self, line: &str) -> Result<(), Fault> {
        let mut done = std::mem::take(&mut self.open);
        done.sequence = self.list.end().ok_or_else(|| syntax("too large a number", line))?;
        let discontinuity_sequence = self.list.discontinuity_sequence.checked_add(self.discontinuities);
        done.discontinuity_sequence = discontinuity_sequence.ok_or_else(|| syntax("too large a number", line))?;
        done.map.clone_from(&self.map);
        self.list.segments.push(done);
        self.touched = false;
        Ok(())
    }

    fn end(mut self) -> Result<Playlist, Fault> {
        if self.touched {
            self.close("the last segment")?;
        }
        // The number behind the last one is compared too.
        self.list.end().ok_or_else(|| syntax("too large a number", "the last segment"))?;
        Ok(self.list)
    }
}

/// Holds each playlist to those before it.
#[derive(Clone, Debug, Default)]
pub struct Walker {
    before: Option<Playlist>,
    known: BTreeMap<u64, Listed>,
    /// Playlists that were looked at.
    pub playlists: u64,
    /// Discontinuities met.
    pub discontinuities: u64,
    /// Playlists that left segments out: delta updates.
    pub deltas: u64,
}

/// Rounding of a duration to five decimals, many times over.
const ROUNDING_US: u64 = 200;
/// A date may differ this much from what the durations before it say.
const DATE_SLACK_MS: i64 = 20;

impl Walker {
    /// Looks at the next playlist.
    ///
    /// # Errors
    /// [`Fault`]: the first rule that it breaks.
    pub fn add(&mut self, text: &str) -> Result<&Playlist, Fault> {
        let mut now = Playlist::parse(text)?;
        if now.skipped > 0 {
            self.fill(&mut now)?;
        }
        durations(&now)?;
        if let Some(before) = &self.before {
            grows(before, &now)?;
        }
        for segment in &now.segments {
            self.segment(segment)?;
        }
        let [first, newest] = [now.segments.first(), now.segments.last()].map(|one| one.map_or(0, |one| one.sequence));
        // A delta update leans on the segment before its first.
        let keep_from = newest.saturating_sub(1_000).min(first.saturating_sub(1));
        self.known.retain(|sequence, _| *sequence >= keep_from);
        self.playlists += 1;
        self.deltas += u64::from(now.skipped > 0);
        Ok(self.before.insert(now))
    }

    /// Gives the segments of a delta update what they have from those that it leaves out (RFC 8216bis, 6.2.5.1).
    fn fill(&self, now: &mut Playlist) -> Result<(), Fault> {
        skips_old_ones(now)?;
        // The parser has added both, and more.
        let last = now.media_sequence.saturating_add(now.skipped) - 1;
        let unknown = || Fault::Missing(format!("segment {last} is left out, and was never listed"));
        let left_out = self.known.get(&last).filter(|segment| !segment.uri.is_empty()).ok_or_else(unknown)?;
        let (before, counted) = (left_out.discontinuity_sequence, now.discontinuity_sequence);
        let falls = Fault::Falls { what: "the discontinuity sequence", before: counted, now: before };
        let more = before.checked_sub(counted).ok_or(falls)?;
        for segment in &mut now.segments {
            let sum = segment.discontinuity_sequence.checked_add(more);
            segment.discontinuity_sequence = sum.ok_or_else(|| syntax("too large a number", "#EXT-X-SKIP"))?;
            if segment.map.is_empty() {
                segment.map.clone_from(&left_out.map);
            }
        }
        Ok(())
    }

    /// What is known of a segment.
    pub fn known(&self) -> impl Iterator<Item = &Listed> {
        self.known.values()
    }

    fn segment(&mut self, now: &Listed) -> Result<(), Fault> {
        if let Some(before) = self.known.get(&now.sequence) {
            same(before, now)?;
        }
        if let Some((_, last)) = self.known.range(..now.sequence).next_back() {
            follows(last, now)?;
            if !self.known.contains_key(&now.sequence) {
                self.discontinuities += now.discontinuity_sequence - last.discontinuity_sequence;
            }
        }
        let mut kept = now.clone();
        if let Some(before) = self.known.get(&now.sequence) {
            // A whole segment's parts are taken off the list after a while.
            if kept.parts.len() < before.parts.len() {
                kept.parts.clone_from(&before.parts);
            }
        }
        self.known.insert(now.sequence, kept);
        Ok(())
    }
}

fn durations(list: &Playlist) -> Result<(), Fault> {
    for segment in &list.segments {
        let which = || format!("segment {}", segment.sequence);
        let seconds = segment.duration_us.saturating_add(500_000) / 1_000_000;
        if seconds > list.target_s || (!segment.uri.is_empty() && segment.duration_us == 0) {
            return Err(Fault::Duration { what: "the duration", which: which(), ms: segment.duration_us / 1_000 });
        }
        let target = list.part_target_us.unwrap_or(u64::MAX);
        let long = segment.parts.iter().find(|(duration, _)| *duration > target.saturating_add(10) || *duration == 0);
        if let Some((duration, uri)) = long {
            return Err(Fault::Duration { what: "the duration", which: uri.clone(), ms: duration / 1_000 });
        }
        let sum = segment.parts.iter().fold(0u64, |sum, (duration, _)| sum.saturating_add(*duration));
        if !segment.parts.is_empty() && !segment.uri.is_empty() && sum.abs_diff(segment.duration_us) > ROUNDING_US {
            return Err(Fault::Duration { what: "the sum of the parts", which: which(), ms: sum / 1_000 });
        }
    }
    Ok(())
}

/// What may be left out lies at least so many target durations from the end (RFC 8216bis, 4.4.3.8).
const SKIP_TARGETS: u64 = 6;

fn skips_old_ones(list: &Playlist) -> Result<(), Fault> {
    // A segment in the making is as long as its parts.
    let duration = |segment: &Listed| match segment.duration_us {
        0 => segment.parts.iter().fold(0u64, |sum, (duration, _)| sum.saturating_add(*duration)),
        whole => whole,
    };
    let left = list.segments.iter().fold(0u64, |sum, segment| sum.saturating_add(duration(segment)));
    let least = list.target_s.saturating_mul(SKIP_TARGETS * 1_000_000);
    if left.saturating_add(ROUNDING_US) < least {
        return Err(Fault::Duration { what: "the rest", which: "a delta update".to_owned(), ms: left / 1_000 });
    }
    Ok(())
}

/// A list of so many segments may be shorter than three target durations: a server bounds what an encoder that restarts
/// all the time makes it keep.
const CROWDED: usize = 24;

fn grows(before: &Playlist, now: &Playlist) -> Result<(), Fault> {
    let newest = |list: &Playlist| list.end().unwrap_or(u64::MAX);
    let pairs = [
        ("the media sequence", before.media_sequence, now.media_sequence),
        ("the discontinuity sequence", before.discontinuity_sequence, now.discontinuity_sequence),
        ("the end of the list", newest(before), newest(now)),
    ];
    if let Some((what, before, now)) = pairs.into_iter().find(|(_, before, now)| now < before) {
        return Err(Fault::Falls { what, before, now });
    }
    if before.target_s != now.target_s && now.media_sequence < newest(before) {
        let (before, now) = (before.target_s.to_string(), now.target_s.to_string());
        return Err(Fault::Changes { what: "the target duration", which: "the playlist".to_owned(), before, now });
    }
    let listed = now.segments.iter().fold(0u64, |sum, segment| sum.saturating_add(segment.duration_us));
    let moved = now.media_sequence > before.media_sequence && now.media_sequence < newest(before);
    let crowded = now.segments.len() >= CROWDED;
    if moved && !crowded && now.skipped == 0 && listed < now.target_s.saturating_mul(3_000_000) {
        return Err(Fault::Duration { what: "the duration", which: "the list".to_owned(), ms: listed / 1_000 });
    }
    let parts = before.part_target_us.zip(now.part_target_us).filter(|(before, now)| before != now);
    if let Some((before, now)) = parts.filter(|_| now.media_sequence < newest(before)) {
        let (before, now) = (before.to_string(), now.to_string());
        return Err(Fault::Changes { what: "the part target", which: "the playlist".to_owned(), before, now });
    }
    if before.ended && !now.ended {
        return Err(Fault::Missing("a playlist that had ended goes on".to_owned()));
    }
    Ok(())
}

fn same(before: &Listed, now: &Listed) -> Result<(), Fault> {
    let which = format!("segment {}", now.sequence);
    let changes = |what, before: String, now: String| Err(Fault::Changes { what, which: which.clone(), before, now });
    if before.discontinuity_sequence != now.discontinuity_sequence {
        let (before, now) = (before.discontinuity_sequence, now.discontinuity_sequence);
        return changes("the discontinuity sequence", before.to_string(), now.to_string());
    }
    if before.date_ms != now.date_ms {
        return changes("the date", format!("{:?}", before.date_ms), format!("{:?}", now.date_ms));
    }
    if !before.uri.is_empty() && (&before.uri, before.duration_us) != (&now.uri, now.duration_us) {
        let text = |one: &Listed| format!("{} of {} us", one.uri, one.duration_us);
        return changes("the address or duration", text(before), text(now));
    }
    if !before.map.is_empty() && before.map != now.map {
        return changes("the map", before.map.clone(), now.map.clone());
    }
    let both = before.parts.iter().zip(&now.parts);
    if let Some((before, now)) = both.into_iter().find(|(before, now)| before != now) {
        return changes("a part", format!("{before:?}"), format!("{now:?}"));
    }
    if now.uri.is_empty() && now.parts.len() < before.parts.len() {
        return Err(Fault::Missing(format!("{which} has lost a part before it was whole")));
    }
    Ok(())
}

fn follows(last: &Listed, now: &Listed) -> Result<(), Fault> {
    let (before, after) = (last.discontinuity_sequence, now.discontinuity_sequence);
    if after < before {
        return Err(Fault::Falls { what: "a segment's discontinuity sequence", before, now: after });
    }
    let (Some(last_date), Some(date)) = (last.date_ms, now.date_ms) else { return Ok(()) };
    let end = last_date.saturating_add_unsigned(last.duration_us / 1_000);
    let adjacent = now.sequence.checked_sub(1) == Some(last.sequence) && before == after && !last.uri.is_empty();
    let off = date.saturating_sub(end);
    if off < -DATE_SLACK_MS || (adjacent && off > DATE_SLACK_MS) {
        let (before, now) = (end.unsigned_abs(), date.unsigned_abs());
        return Err(Fault::Falls { what: "the date, or leaves a gap,", before, now });
    }
    Ok(())
}

fn syntax(what: &'static str, line: &str) -> Fault {
    Fault::Syntax { what, line: line.chars().take(200).collect() }
}

/// The value of an attribute, without quotes.
fn attribute<'a>(list: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = list;
    loop {
        let (key, after) = rest.split_once('=')?;
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => {
                quoted.split_once('"').map(|(value, next)| (value, next.strip_prefix(',').unwrap_or(next)))?
            }
            None => after.split_once(',').unwrap_or((after, "")),
        };
        if key == name {
            return Some(value);
        }
        rest = next;
    }
}

fn uri(list: &str, line: &str) -> Result<String, Fault> {
    attribute(list, "URI").map(without_query).ok_or_else(|| syntax("no URI", line))
}

fn without_query(uri: &str) -> String {
    uri.split('?').next().unwrap_or_default().to_owned()
}

fn decimal(list: &str, name: &str, line: &str) -> Result<u64, Fault> {
    attribute(list, name).and_then(micros).ok_or_else(|| syntax("no duration", line))
}

/// Seconds as a decimal number, in microseconds.
fn micros(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = part.bytes().take(6).chain(std::iter::repeat(b'0')).take(6);
    let part =
        digits.map(|digit| char::from(digit).to_digit(10)).try_fold(0u64, |sum, d| Some(sum * 10 + u64::from(d?)))?;
    whole.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(part)
}

/// Milliseconds since 1970 of a date such as `2026-01-02T03:04:05.678Z`.
fn date(text: &str) -> Option<i64> {
    let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut numbers = day.split('-').map(str::parse::<i64>);
    let (year, month, day) = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
    let mut parts = time.split(':');
    let (hour, minute) = (parts.next()?.parse::<i64>().ok()?, parts.next()?.parse::<i64>().ok()?);
    let ms = i64::try_from(micros(parts.next()?)? / 1_000).ok()?;
    let in_range = (0..=9_999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !in_range || !(0..24).contains(&hour) || !(0..60).contains(&minute) || ms > 60_999 {
        return None;
    }
    // Days before the year, with years that begin in March.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days =
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day - 1;
    Some((((days - 719_468) * 24 + hour) * 60 + minute) * 60_000 + ms)
}
