use std::os::unix::process::ExitStatusExt as _;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt as _;
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::task::AbortOnDropHandle;
use vivace_base::{Clock, LiveLimits, MonoMs};

use super::counts::Tally;
use super::usage::Groups;
use super::{ChildEnd, ChildFault, ChildKind, Progress};

/// How often a child is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// Processor time is measured over so many milliseconds.
const CPU_WINDOW_MS: u64 = 10_000;
/// How long the last words of a child that has ended are waited for.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// Bytes that are kept of what it says.
const SAID_BYTES_MAX: usize = 2_048;

/// A child with its pipes.
pub struct Child {
    /// Where it reads.
    pub input: ChildStdin,
    /// Where it writes.
    pub output: ChildStdout,
    /// The process.
    pub running: Running,
}

/// The process of a child. Dropping it kills it with all that it has started.
pub struct Running {
    child: tokio::process::Child,
    pid: u32,
    kind: ChildKind,
    clock: Arc<dyn Clock>,
    limits: LiveLimits,
    tally: Arc<Tally>,
    groups: Arc<Groups>,
    began_at: MonoMs,
    said: Arc<Mutex<Vec<u8>>>,
    listening: AbortOnDropHandle<()>,
}

impl Child {
    pub(super) fn new(
        mut child: tokio::process::Child,
        kind: ChildKind,
        clock: Arc<dyn Clock>,
        limits: LiveLimits,
        tally: Arc<Tally>,
        groups: Arc<Groups>,
    ) -> Result<Self, ChildFault> {
        let gone = || ChildFault::Spawn(std::io::ErrorKind::BrokenPipe.into());
        let (input, output) = (child.stdin.take().ok_or_else(gone)?, child.stdout.take().ok_or_else(gone)?);
        let stderr = child.stderr.take().ok_or_else(gone)?;
        let pid = child.id().ok_or_else(gone)?;
        let said = Arc::<Mutex<Vec<u8>>>::default();
        let listening = AbortOnDropHandle::new(tokio::spawn(listen(stderr, said.clone())));
        tally.begins(kind);
        let began_at = clock.mono();
        let running = Running { child, pid, kind, clock, limits, tally, groups, began_at, said, listening };
        Ok(Self { input, output, running })
    }
}

impl Running {
    /// Its process.
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// For how long it has run.
    pub fn ran_ms(&self) -> u64 {
        self.clock.mono().since(self.began_at)
    }

    /// The end of what it wrote to stderr, as one line.
    pub fn said(&self) -> String {
        let said = self.said.lock();
        let text = String::from_utf8_lossy(&said);
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let last = lines.get(lines.len().saturating_sub(3)..).unwrap_or_default();
        last.join("; ").chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
    }

    /// Waits for its end, and brings it about where it hangs or takes too much. Counted under its reason.
    pub async fn watch(&mut self, progress: &Progress) -> ChildEnd {
        let end = self.end(progress).await;
        self.kill();
        self.tally.ended(self.kind, end.reason());
        end
    }

    /// Waits until it has ended by itself; nothing is watched or counted.
    pub(super) async fn wait(&mut self) -> ChildEnd {
        let ended = self.child.wait().await;
        // Its last words may still be on their way, and whoever it has started may hold the pipe for long.
        if !self.listening.is_finished() {
            let _ = timeout(LAST_WORDS, &mut self.listening).await;
        }
        match ended {
            Ok(status) => match status.code() {
                Some(code) => ChildEnd::Exited { code },
                None => ChildEnd::Signalled { signal: status.signal().unwrap_or(0) },
            },
            // It is not there any more, and nobody knows how it went.
            Err(_) => ChildEnd::Signalled { signal: 0 },
        }
    }

    async fn end(&mut self, progress: &Progress) -> ChildEnd {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let now = self.clock.mono();
        let mut since = (now, self.groups.usage(self.pid, now).await.unwrap_or_default().cpu_ms);
        loop {
            tokio::select! {
                end = self.wait() => return end,
                _ = looks.tick() => {}
            }
            let (limits, now) = (self.limits.get(), self.clock.mono());
            let silent_ms = progress.silent_ms(now);
            if silent_ms >= limits.child_silent_ms_max {
                return ChildEnd::Hung { silent_ms };
            }
            let Some(usage) = self.groups.usage(self.pid, now).await else { continue };
            let max = limits.child_memory_bytes_max;
            if usage.resident_bytes > max {
                return ChildEnd::Memory { bytes: usage.resident_bytes, max };
            }
            let passed_ms = now.since(since.0);
            if passed_ms >= CPU_WINDOW_MS {
                let percent = usage.cpu_ms.saturating_sub(since.1).saturating_mul(100) / passed_ms;
                since = (now, usage.cpu_ms);
                let max = limits.child_cpu_percent_max;
                if percent > max {
                    return ChildEnd::Cpu { percent, max };
                }
            }
        }
    }

    fn kill(&mut self) {
        // As long as it has not been waited for, its number is nobody else's.
        if self.child.id().is_some()
            && let Some(group) = i32::try_from(self.pid).ok().and_then(Pid::from_raw)
        {
            // It may have ended just now.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        self.tally.is_gone(self.kind);
    }
}

/// Keeps the end of what a child says.
async fn listen(mut stderr: ChildStderr, said: Arc<Mutex<Vec<u8>>>) {
    let mut bytes = [0; 512];
    while let Ok(count) = stderr.read(&mut bytes).await {
        let Some(new) = bytes.get(..count).filter(|new| !new.is_empty()) else { return };
        let mut said = said.lock();
        said.extend_from_slice(new);
        let over = said.len().saturating_sub(SAID_BYTES_MAX);
        said.drain(..over);
    }
}
