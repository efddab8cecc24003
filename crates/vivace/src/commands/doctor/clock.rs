//! Whether the machine's clock can be believed.

use std::path::Path;

use vivace_base::UnixMs;

use super::Finding;
use super::tool::{Tool, ToolFault};

/// 2026-01-01: this version is younger, so no clock that is right is before it.
const EARLIEST: UnixMs = UnixMs(1_767_225_600_000);
/// Steps that a clock may make when it is put right.
const STEP_MS_MAX: i64 = 60_000;
const RIGHT: &str = "put the clock right, and let chrony or systemd-timesyncd keep it so";

pub(super) fn look(now: UnixMs, newest: Option<UnixMs>) -> Vec<Finding> {
    vec![plausible(now, newest), synchronised()]
}

fn plausible(now: UnixMs, newest: Option<UnixMs>) -> Finding {
    let check = "clock";
    if now < EARLIEST {
        let found = "the clock is before the making of this version";
        return Finding::fail(check, found, format!("{RIGHT}: signed addresses and certificates depend on it"));
    }
    let behind_ms = newest.map_or(0, |newest| newest.0.saturating_sub(now.0));
    if behind_ms > STEP_MS_MAX {
        let found = format!("the clock has gone back: the data folder has things from {} later", length(behind_ms));
        let remedy = format!("{RIGHT}; until then signed addresses live longer, and the log of events is out of order");
        return Finding::fail(check, found, remedy);
    }
    Finding::ok(check, "plausible: not before anything in the data folder")
}

/// What the system says of its own clock.
fn synchronised() -> Finding {
    let check = "clock source";
    match timedatectl().or_else(chrony).or_else(timesyncd) {
        Some(true) => Finding::ok(check, "synchronised with a time server"),
        Some(false) => Finding::warn(check, "not synchronised with a time server", RIGHT),
        None => Finding::ok(check, "the system does not tell whether a time server keeps the clock"),
    }
}

fn timedatectl() -> Option<bool> {
    match Tool::new("timedatectl").output(&["show", "--property=NTPSynchronized", "--value"]) {
        Ok(said) if said.trim() == "yes" => Some(true),
        Ok(said) if said.trim() == "no" => Some(false),
        Ok(_) | Err(ToolFault::Absent | ToolFault::Failed { .. } | ToolFault::Late { .. }) => None,
    }
}

fn chrony() -> Option<bool> {
    let said = Tool::new("chronyc").output(&["-n", "tracking"]).ok()?;
    let status = said.lines().find_map(|line| line.strip_prefix("Leap status"))?;
    Some(!status.contains("Not synchronised"))
}

/// Left by systemd-timesyncd once it has set the clock.
fn timesyncd() -> Option<bool> {
    Path::new("/run/systemd/timesync/synchronized").exists().then_some(true)
}

fn length(ms: i64) -> String {
    let seconds = ms / 1_000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} minutes", seconds / 60),
        7_200..172_800 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use vivace_base::UnixMs;

    use super::super::Level;
    use super::{EARLIEST, length, plausible};

    #[test]
    fn a_clock_that_has_gone_back_is_noticed() {
        let now = UnixMs(EARLIEST.0 + 86_400_000);
        let level = |ahead_ms| plausible(now, Some(UnixMs(now.0 + ahead_ms))).level;
        assert_eq!([-1_000, 0, 60_000].map(level), [Level::Ok; 3]);
        assert_eq!([60_001, i64::MAX - now.0].map(level), [Level::Fail; 2]);
        assert_eq!(plausible(now, None).level, Level::Ok);
        assert_eq!(plausible(UnixMs(0), None).level, Level::Fail);
        assert_eq!(plausible(now, Some(UnixMs(i64::MIN))).level, Level::Ok);
    }

    #[test]
    fn lengths_are_for_people() {
        assert_eq!(
            [61_000, 3_600_000, 86_400_000, 864_000_000].map(length),
            ["61 s", "60 minutes", "24 hours", "10 days"]
        );
    }
}
