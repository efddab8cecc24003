use std::collections::HashMap;
use std::fs;
use std::sync::Arc;

use parking_lot::Mutex;
use vivace_base::MonoMs;

/// What has been seen is good for so long: children that are looked at in the same moment share one look.
const FRESH_MS: u64 = 250;

/// What the processes of a group take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Processor time, user and system, also of those that have ended and were waited for.
    pub(super) cpu_ms: u64,
    /// Memory held.
    pub(super) resident_bytes: u64,
}

/// What all process groups take, as `/proc/PID/stat` tells it. A child is a group of its own, so what it starts counts too.
#[derive(Debug, Default)]
pub(super) struct Groups(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    at: Option<MonoMs>,
    groups: HashMap<u32, Usage>,
}

impl Groups {
    /// Of a group; none if it has gone.
    pub(super) async fn usage(self: &Arc<Self>, group: u32, now: MonoMs) -> Option<Usage> {
        let this = self.clone();
        tokio::task::spawn_blocking(move || this.look(group, now)).await.ok().flatten()
    }

    fn look(&self, group: u32, now: MonoMs) -> Option<Usage> {
        let mut seen = self.0.lock();
        if seen.at.is_none_or(|at| now.since(at) >= FRESH_MS) {
            *seen = Seen { at: Some(now), groups: all() };
        }
        seen.groups.get(&group).copied()
    }
}

/// The sums of all groups.
fn all() -> HashMap<u32, Usage> {
    let mut groups: HashMap<u32, Usage> = HashMap::new();
    let (ticks, page) = (rustix::param::clock_ticks_per_second(), rustix::param::page_size() as u64);
    let Ok(found) = fs::read_dir("/proc") else { return groups };
    let names = found.flatten().map(|entry| entry.file_name());
    for pid in names.filter_map(|name| name.to_str()?.parse::<u32>().ok()) {
        // One that ends meanwhile is not there any more.
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        let Some((group, usage)) = parse(&stat, ticks, page) else { continue };
        let sum = groups.entry(group).or_default();
        sum.cpu_ms = sum.cpu_ms.saturating_add(usage.cpu_ms);
        sum.resident_bytes = sum.resident_bytes.saturating_add(usage.resident_bytes);
    }
    groups
}

/// proc_pid_stat(5): fields 5, 14 to 17 and 24, counted from the name's closing bracket, because a name may hold anything.
fn parse(stat: &str, ticks_per_second: u64, page_bytes: u64) -> Option<(u32, Usage)> {
    let (_, rest) = stat.rsplit_once(')')?;
    let field = |number: usize| rest.split_whitespace().nth(number - 3);
    let number = |at: usize| field(at)?.parse::<u64>().ok();
    // What has ended and was waited for counts with who has waited, so the sum of a group never goes back.
    let ticks = [number(14)?, number(15)?, number(16)?, number(17)?].into_iter().fold(0, u64::saturating_add);
    let usage = Usage {
        cpu_ms: ticks.saturating_mul(1_000) / ticks_per_second.max(1),
        resident_bytes: number(24)?.saturating_mul(page_bytes),
    };
    Some((field(5)?.parse().ok()?, usage))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vivace_base::MonoMs;

    use super::{FRESH_MS, Groups, Usage, parse};

    #[test]
    fn a_line_of_stat_is_read_whatever_the_name_is() {
        let line = "12 (a) b) R 1 7 12 0 -1 4194304 90 0 0 0 250 50 100 0 20 0 1 0 5 9999 77 1844 1 1";
        assert_eq!(parse(line, 100, 4_096), Some((7, Usage { cpu_ms: 4_000, resident_bytes: 77 * 4_096 })));
        assert!(parse("", 100, 4_096).is_none() && parse("1 (a) R 1 7", 100, 4_096).is_none());
    }

    #[tokio::test]
    async fn a_look_is_shared_for_a_moment() {
        let groups = Arc::new(Groups::default());
        let own = rustix::process::getpgrp().as_raw_nonzero().get().unsigned_abs();
        let first = groups.usage(own, MonoMs(1_000)).await.unwrap();
        assert!(first.resident_bytes > 0);
        groups.0.lock().groups.clear();
        assert_eq!(groups.usage(own, MonoMs(1_000 + FRESH_MS - 1)).await, None);
        assert!(groups.usage(own, MonoMs(1_000 + FRESH_MS)).await.is_some());
    }
}
