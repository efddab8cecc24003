//! Where the threads of a measurement run, and which go first: set by `taskset`, `chrt` and `renice`, so that what is
//! measured is the server and not who takes the machine from whom.

use std::fs;
use std::process::{Command, Stdio};

/// What a thread is in a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Starts the server, which inherits its place: the first core, before all other work of the machine.
    Server,
    /// Looks on: the second core, in real time.
    Witness,
    /// Attacks: the second core, behind everything else.
    Attacker,
}

impl Part {
    /// Gives the calling thread, and those that it starts from now on, the place of this part. False where the machine
    /// has but one core, or this process may not: then they compete.
    pub fn take(self) -> bool {
        let Some(thread) = thread_id() else { return false };
        let thread = thread.as_str();
        match self {
            Self::Server => run("taskset", &["-p", "-c", "0", thread]) && run("renice", &["-n", "-10", "-p", thread]),
            Self::Witness => run("taskset", &["-p", "-c", "1", thread]) && run("chrt", &["--fifo", "-p", "10", thread]),
            Self::Attacker => {
                run("taskset", &["-p", "-c", "1", thread])
                    && run("chrt", &["--other", "-p", "0", thread])
                    && run("renice", &["-n", "19", "-p", thread])
            }
        }
    }
}

/// Milliseconds for which the first core has worked so far, or was not there because its host gave it to others.
///
/// # Panics
/// The system does not tell.
pub fn server_core_ms() -> u64 {
    let stat = fs::read_to_string("/proc/stat").unwrap();
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu0 ")).unwrap();
    let ticks: Vec<u64> = line.split(' ').take(8).map(|ticks| ticks.parse().unwrap()).collect();
    // The fourth and the fifth are its rest.
    let rest: u64 = ticks.iter().skip(3).take(2).sum();
    (ticks.iter().sum::<u64>() - rest) * TICK_MS
}

/// Linux counts in hundredths of a second for all who ask.
const TICK_MS: u64 = 10;

/// Milliseconds of a core that a process has used so far, all its threads together.
///
/// # Panics
/// There is no such process.
pub fn cpu_ms(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name, in parentheses, may hold anything.
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let ticks: u64 = fields.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    ticks * TICK_MS
}

fn thread_id() -> Option<String> {
    let link = fs::read_link("/proc/thread-self").ok()?;
    Some(link.file_name()?.to_str()?.to_owned())
}

fn run(program: &str, args: &[&str]) -> bool {
    let status = Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
