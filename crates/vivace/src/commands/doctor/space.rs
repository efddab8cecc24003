//! Room in the data folder's file system.

use rustix::fs::statvfs;
use vivace_server::Config;

use super::{Finding, existing};

/// Where only this part of what there should be is left, the next start may already fail.
const FAIL_PART: u64 = 16;

pub(super) fn look(config: &Config) -> Vec<Finding> {
    let Some(room) = existing(&config.data).and_then(|at| statvfs(at).ok()) else { return Vec::new() };
    let (bytes, limits) = (room.f_bavail.saturating_mul(room.f_frsize), &config.limits);
    let mut findings = vec![judge(
        "free space",
        &size(bytes),
        (bytes, limits.data_free_bytes_min),
        &format!("{} (`limits.data_free_bytes_min`)", size(limits.data_free_bytes_min)),
    )];
    // Some file systems have no fixed number of them and say 0.
    if room.f_files > 0 {
        let (free, min) = (room.f_favail, limits.data_free_inodes_min);
        let found = format!("{free} inodes");
        findings.push(judge("free inodes", &found, (free, min), &format!("{min} (`limits.data_free_inodes_min`)")));
    }
    findings
}

fn judge(check: &'static str, left: &str, (value, min): (u64, u64), wanted: &str) -> Finding {
    let found = format!("{left} left");
    let short = format!("{found}, less than {wanted}");
    let remedy = "free some, or move the data folder with --data DIR to where there is more";
    if value < min / FAIL_PART {
        Finding::fail(check, short, remedy)
    } else if value < min {
        Finding::warn(check, short, remedy)
    } else {
        Finding::ok(check, found)
    }
}

/// Bytes as people say them.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let (unit, of) = UNITS.into_iter().find(|(_, of)| bytes >= *of).unwrap_or(("bytes", 1));
    let tenths = bytes % of * 10 / of;
    if tenths == 0 { format!("{} {unit}", bytes / of) } else { format!("{}.{tenths} {unit}", bytes / of) }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::{judge, size};

    #[test]
    fn little_room_is_warned_of_and_hardly_any_fails() {
        let level = |value| judge("free space", "", (value, 160), "").level;
        assert_eq!([160, 159, 10, 9, 0].map(level), [Level::Ok, Level::Warn, Level::Warn, Level::Fail, Level::Fail]);
    }

    #[test]
    fn sizes_are_for_people() {
        assert_eq!(
            [0, 1_023, 1_536, 1 << 20, (3 << 30) + (1 << 29)].map(size),
            ["0 bytes", "1023 bytes", "1.5 KiB", "1 MiB", "3.5 GiB"]
        );
    }
}
