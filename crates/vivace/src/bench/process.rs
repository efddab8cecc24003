//! What Linux tells about processes and the machine: proc(5).

use std::collections::HashMap;
use std::fs;

/// USER_HZ, the unit of processor time in /proc: 100 on every architecture this runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process and all its descendants use.
#[derive(Clone, Debug, Default)]
pub(super) struct Usage {
    ticks: HashMap<u32, u64>,
    switches: HashMap<u32, u64>,
    /// Resident memory in KiB.
    pub(super) rss_kib: u64,
    /// Threads.
    pub(super) threads: u64,
}

impl Usage {
    /// Of the tree under `root`; `None` if that process is not there.
    pub(super) fn of_tree(root: u32) -> Option<Self> {
        let stats = all_stats();
        stats.get(&root)?;
        let mut usage = Self::default();
        for pid in tree(root, &stats) {
            if let Some(stat) = stats.get(&pid) {
                usage.ticks.insert(pid, stat.ticks);
                usage.threads = usage.threads.saturating_add(stat.threads);
                let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
                usage.rss_kib = usage.rss_kib.saturating_add(field(&status, "VmRSS").unwrap_or_default());
                usage.switches.insert(pid, switches(pid));
            }
        }
        Some(usage)
    }

    /// Seconds of processor time used since `before`. A process that ended in between counts as far as it was seen.
    pub(super) fn cpu_s_since(&self, before: &Self) -> f64 {
        growth(&self.ticks, &before.ticks) as f64 / TICKS_PER_SECOND
    }

    /// Context switches since `before`.
    pub(super) fn switches_since(&self, before: &Self) -> u64 {
        growth(&self.switches, &before.switches)
    }
}

/// Processor time of the whole machine, in seconds since it started.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Machine {
    /// All but idle and waiting for disks.
    pub(super) busy_s: f64,
    /// Taken by other guests of the same host.
    pub(super) steal_s: f64,
}

impl Machine {
    /// The machine's counters now; `None` where /proc is not what proc(5) says.
    pub(super) fn now() -> Option<Self> {
        machine(&fs::read_to_string("/proc/stat").ok()?)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    ticks: u64,
    threads: u64,
}

fn growth(after: &HashMap<u32, u64>, before: &HashMap<u32, u64>) -> u64 {
    let grown = after.iter().map(|(pid, now)| now.saturating_sub(before.get(pid).copied().unwrap_or_default()));
    grown.fold(0, u64::saturating_add)
}

fn all_stats() -> HashMap<u32, Stat> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            Some((pid, stat(&fs::read_to_string(entry.path().join("stat")).ok()?)?))
        })
        .collect()
}

/// The root and all that descend from it.
fn tree(root: u32, stats: &HashMap<u32, Stat>) -> Vec<u32> {
    let mut tree = vec![root];
    let mut next = 0;
    while let Some(&parent) = tree.get(next) {
        let children = stats.iter().filter(|(pid, stat)| stat.parent == parent && **pid != parent);
        let children: Vec<u32> = children.map(|(pid, _)| *pid).filter(|pid| !tree.contains(pid)).collect();
        tree.extend(children);
        next += 1;
    }
    tree
}

/// `/proc/PID/stat`. The command's name may hold spaces and parentheses; the fields count from its last parenthesis.
fn stat(text: &str) -> Option<Stat> {
    let (_, behind) = text.rsplit_once(')')?;
    let fields: Vec<&str> = behind.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Stat {
        parent: u32::try_from(number(1)?).ok()?,
        ticks: number(11)?.saturating_add(number(12)?),
        threads: number(17)?,
    })
}

fn switches(pid: u32) -> u64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let status = threads.filter_map(|thread| fs::read_to_string(thread.path().join("status")).ok());
    status.map(|status| thread_switches(&status)).fold(0, u64::saturating_add)
}

fn thread_switches(status: &str) -> u64 {
    let kinds = ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"];
    kinds.iter().filter_map(|kind| field(status, kind)).fold(0, u64::saturating_add)
}

/// The number behind `name:` in a `status` file.
fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

fn machine(text: &str) -> Option<Machine> {
    let line = text.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let ticks: Vec<u64> = line.split_whitespace().map_while(|field| field.parse().ok()).collect();
    let [user, nice, system, _idle, _iowait, irq, softirq, steal, ..] = ticks.as_slice() else { return None };
    let busy =
        [user, nice, system, irq, softirq, steal].into_iter().fold(0u64, |sum, ticks| sum.saturating_add(*ticks));
    Some(Machine { busy_s: busy as f64 / TICKS_PER_SECOND, steal_s: *steal as f64 / TICKS_PER_SECOND })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{Machine, Stat, Usage, field, machine, stat, thread_switches, tree};

    #[test]
    fn the_name_of_a_command_does_not_shift_the_fields() {
        let text = "4242 (a) b (c) S 17 4242 4242 0 -1 4194304 900 0 0 0 250 130 7 8 20 0 5 0 12345 1000000 2500 18446744073709551615";
        assert_eq!(stat(text), Some(Stat { parent: 17, ticks: 380, threads: 5 }));
        assert_eq!(stat("4242 (cut short) S 17"), None);
        assert_eq!(stat(""), None);
    }

    #[test]
    fn a_tree_holds_all_descendants_and_nothing_else() {
        let parents = [(1, 0), (10, 1), (11, 10), (12, 11), (20, 1), (21, 20)];
        let stats: HashMap<u32, Stat> =
            parents.iter().map(|&(pid, parent)| (pid, Stat { parent, ticks: 0, threads: 1 })).collect();
        let mut found = tree(10, &stats);
        found.sort_unstable();
        assert_eq!(found, [10, 11, 12]);
    }

    #[test]
    fn numbers_of_a_status_file_are_found_by_their_whole_name() {
        let status = "Name:\tx\nVmHWM:\t    9000 kB\nVmRSS:\t    8124 kB\nThreads:\t3\n\
                      voluntary_ctxt_switches:\t41\nnonvoluntary_ctxt_switches:\t2\n";
        assert_eq!(field(status, "VmRSS"), Some(8124));
        assert_eq!(field(status, "VmSwap"), None);
        assert_eq!(thread_switches(status), 43);
    }

    #[test]
    fn busy_is_all_but_idle_and_waiting() {
        let text = "cpu  100 20 30 4000 500 6 7 80 9 1\ncpu0 50 10 15 2000 250 3 3 40 4 0\n";
        assert_eq!(machine(text), Some(Machine { busy_s: 2.43, steal_s: 0.8 }));
        assert_eq!(machine("cpu  1 2 3\n"), None);
    }

    #[test]
    fn growth_counts_a_child_that_came_and_forgets_one_that_went() {
        let usage = |ticks: &[(u32, u64)]| Usage { ticks: ticks.iter().copied().collect(), ..Usage::default() };
        let (before, after) = (usage(&[(1, 100), (2, 900)]), usage(&[(1, 150), (3, 50)]));
        assert_eq!(after.cpu_s_since(&before), 1.0);
    }

    #[test]
    fn this_process_is_seen() {
        let usage = Usage::of_tree(std::process::id()).expect("/proc of Linux");
        assert!(usage.rss_kib > 0 && usage.threads > 0);
        assert!(Machine::now().is_some());
        assert!(Usage::of_tree(u32::MAX).is_none());
    }
}
