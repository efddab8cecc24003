use std::fs;

/// What a process takes, as `/proc/PID/stat` tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Processor time, user and system.
    pub(super) cpu_ms: u64,
    /// Memory held.
    pub(super) resident_bytes: u64,
}

impl Usage {
    /// Of a process; none if it has gone.
    pub(super) fn of(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        parse(&stat, rustix::param::clock_ticks_per_second(), rustix::param::page_size() as u64)
    }
}

/// proc_pid_stat(5): fields 14, 15 and 24, counted from the name's closing bracket, because a name may hold anything.
fn parse(stat: &str, ticks_per_second: u64, page_bytes: u64) -> Option<Usage> {
    let (_, rest) = stat.rsplit_once(')')?;
    let field = |number: usize| rest.split_whitespace().nth(number - 3)?.parse::<u64>().ok();
    let ticks = field(14)?.saturating_add(field(15)?);
    Some(Usage {
        cpu_ms: ticks.saturating_mul(1_000) / ticks_per_second.max(1),
        resident_bytes: field(24)?.saturating_mul(page_bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::{Usage, parse};

    #[test]
    fn a_line_of_stat_is_read_whatever_the_name_is() {
        let line = "12 (a) b) R 1 12 12 0 -1 4194304 90 0 0 0 250 50 0 0 20 0 1 0 5 9999 77 1844 1 1";
        assert_eq!(parse(line, 100, 4_096), Some(Usage { cpu_ms: 3_000, resident_bytes: 77 * 4_096 }));
        assert!(parse("", 100, 4_096).is_none() && parse("1 (a) R 1", 100, 4_096).is_none());
        assert!(Usage::of(std::process::id()).is_some_and(|usage| usage.resident_bytes > 0));
    }
}
