use std::fmt::Write;
use std::sync::Arc;

use vivace_base::calendar::civil;
use vivace_base::{MediaTime, UnixMs};

use super::{Container, Flavor, Segment, Skip, Window};

/// Stands at the end of every address of a playlist, where a session's own query belongs.
pub const TOKEN: char = '\u{1}';

/// Older segments than this many target durations from the end may be skipped (RFC 8216bis, 4.4.3.8: at least six).
const SKIP_TARGETS: u64 = 6;
/// Parts within this many target durations from the end are listed (RFC 8216bis, 4.4.4.9).
const PARTS_TARGETS: u64 = 3;

/// The media playlist (RFC 8216bis, section 4.4); `None` while there is nothing to list.
///
/// A delta update (6.2.5.1) leaves out what a player has for sure, if it asks for one and there is enough of that.
pub fn media(window: &Window, flavor: Flavor, skip: Option<Skip>) -> Option<String> {
    let target_s = window.target_s.filter(|_| window.is_ready(flavor))?;
    let list = List { window, flavor, target_s };
    let mut text = String::with_capacity(8 << 10);
    // Writing to a string cannot fail.
    let _ = list.write(&mut text, skip.is_some());
    Some(text)
}

struct List<'a> {
    window: &'a Window,
    flavor: Flavor,
    target_s: u64,
}

impl List<'_> {
    fn write(&self, text: &mut String, skip: bool) -> std::fmt::Result {
        let first = self.window.first_listed(self.flavor.container());
        let low_latency = self.flavor == Flavor::LowLatency;
        let listed = || {
            self.window.segments.iter().skip(first).filter(|one| one.whole || (low_latency && !one.parts.is_empty()))
        };
        self.head(text, listed())?;
        let skipped = if skip && low_latency { self.skipped(listed()) } else { 0 };
        if skipped > 0 {
            writeln!(text, "#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}")?;
        }
        let mut behind = listed().fold(MediaTime::ZERO, |sum, segment| sum + segment.duration);
        let mut before: Option<&Segment> = None;
        for (at, segment) in listed().enumerate() {
            behind = behind - segment.duration;
            if at >= skipped {
                self.segment(text, segment, before, behind < self.targets(PARTS_TARGETS))?;
            }
            before = Some(segment);
        }
        if self.window.ended {
            writeln!(text, "#EXT-X-ENDLIST")
        } else if low_latency {
            let (run, next) = (self.window.run, self.window.next_part);
            writeln!(text, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p{run}-{next}.m4s{TOKEN}\"")
        } else {
            Ok(())
        }
    }

    fn head<'s>(&self, text: &mut String, mut listed: impl Iterator<Item = &'s Segment>) -> std::fmt::Result {
        let version = match self.flavor {
            Flavor::Ts => 3,
            Flavor::Mp4 => 6,
            Flavor::LowLatency => 9,
        };
        let first = listed.next();
        writeln!(text, "#EXTM3U\n#EXT-X-VERSION:{version}\n#EXT-X-TARGETDURATION:{}", self.target_s)?;
        if self.flavor == Flavor::LowLatency {
            let part = self.window.part_target;
            let hold_back = seconds(MediaTime::from_ticks(part.ticks().saturating_mul(3)));
            let skip_until = self.target_s * SKIP_TARGETS;
            writeln!(
                text,
                "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={hold_back},CAN-SKIP-UNTIL={skip_until}.0\n\
                 #EXT-X-PART-INF:PART-TARGET={}",
                seconds(part)
            )?;
        }
        let starts = |segment: &Segment| segment.parts.first().is_some_and(|part| part.independent);
        if first.is_some_and(starts) && listed.all(starts) {
            writeln!(text, "#EXT-X-INDEPENDENT-SEGMENTS")?;
        }
        let sequence = first.map_or(self.window.next_sequence, |first| first.sequence);
        writeln!(text, "#EXT-X-MEDIA-SEQUENCE:{sequence}")?;
        // The tag before the first segment counts itself, so the number is the one from before it.
        let number = |first: &Segment| first.discontinuity_sequence.saturating_sub(u64::from(first.discontinuity));
        writeln!(text, "#EXT-X-DISCONTINUITY-SEQUENCE:{}", first.map_or(0, number))
    }

    /// So many target durations.
    fn targets(&self, count: u64) -> MediaTime {
        MediaTime::from_ms(i64::try_from(self.target_s.saturating_mul(count * 1_000)).unwrap_or(i64::MAX))
    }

    /// How many of the oldest segments a delta update leaves out.
    fn skipped<'s>(&self, listed: impl DoubleEndedIterator<Item = &'s Segment> + Clone) -> usize {
        let boundary = self.targets(SKIP_TARGETS);
        let mut behind = MediaTime::ZERO;
        let kept = listed.clone().rev().take_while(|segment| {
            let inside = behind < boundary;
            behind = behind + segment.duration;
            inside
        });
        let kept = kept.count();
        listed.count().saturating_sub(kept)
    }

    fn segment(&self, text: &mut String, segment: &Segment, before: Option<&Segment>, parts: bool) -> std::fmt::Result {
        if segment.discontinuity {
            writeln!(text, "#EXT-X-DISCONTINUITY")?;
        }
        let run = self.window.run;
        let same_init = before.is_some_and(|before| Arc::ptr_eq(&before.init, &segment.init));
        if self.flavor.container() == Container::Mp4 && !same_init {
            writeln!(text, "#EXT-X-MAP:URI=\"i{run}-{}.mp4{TOKEN}\"", segment.init.number)?;
        }
        writeln!(text, "#EXT-X-PROGRAM-DATE-TIME:{}", date(segment.begins_at))?;
        if self.flavor == Flavor::LowLatency && parts {
            for part in &segment.parts {
                let independent = if part.independent { ",INDEPENDENT=YES" } else { "" };
                let gap = if part.gap { ",GAP=YES" } else { "" };
                let (number, duration) = (part.number, seconds(part.duration));
                writeln!(text, "#EXT-X-PART:DURATION={duration},URI=\"p{run}-{number}.m4s{TOKEN}\"{independent}{gap}")?;
            }
        }
        if segment.whole {
            let extension = if self.flavor.container() == Container::Ts { "ts" } else { "m4s" };
            let (duration, sequence) = (seconds(segment.duration), segment.sequence);
            writeln!(text, "#EXTINF:{duration},\ns{sequence}.{extension}{TOKEN}")?;
        }
        Ok(())
    }
}

/// A duration in seconds with five decimals.
pub(super) fn seconds(time: MediaTime) -> String {
    let micros = time.ticks().max(0).saturating_mul(100) / 9;
    format!("{}.{:05}", micros / 1_000_000, micros % 1_000_000 / 10)
}

/// A date of ISO 8601 with milliseconds, in UTC.
pub fn date(at: UnixMs) -> String {
    let (days, ms) = (at.0.div_euclid(86_400_000), at.0.rem_euclid(86_400_000));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1_000)
}
