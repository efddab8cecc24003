//! Programs that run beside the server: FFmpeg, for what the server does not do to media itself.
//!
//! Each is a process of its own group that dies with the server, even where that is killed. It has limits before its first
//! instruction ([`launch`]), gets its arguments as a vector, no environment, and nothing but its pipes. Whoever starts one
//! watches it ([`Running::watch`]): that it goes on, and how much memory and processor time it takes with all that it has
//! started.

mod backoff;
mod counts;
mod fault;
pub mod launch;
mod progress;
mod running;
mod short;
mod spawn;
#[cfg(test)]
mod tests;
mod usage;

pub use backoff::Backoff;
pub use counts::{CHILD_REASONS, ChildCounts, ChildKind, ChildReason};
pub use fault::{ChildEnd, ChildFault};
pub use progress::Progress;
pub use running::{Child, Running};

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use parking_lot::RwLock;
use vivace_base::{Clock, LiveLimits};

use counts::Tally;
use spawn::Spawner;
use usage::Groups;

/// What children are started with.
pub struct ChildrenParts {
    /// The program that sets a child's limits and then becomes it: this server's own binary. Without one, children have
    /// no limits but those that are watched; for tests.
    pub launcher: Option<PathBuf>,
    /// FFmpeg: a path, or a name that is looked for on `PATH`.
    pub program: PathBuf,
    /// Limits.
    pub limits: LiveLimits,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// What a child is to do.
#[derive(Clone, Debug)]
pub struct Order {
    /// What it is for.
    pub kind: ChildKind,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Seconds of processor time after which the kernel ends it; none for what goes on for as long as a stream does.
    pub cpu_s_max: Option<u64>,
}

/// All children of a server: how many there may be, and what has become of them.
pub struct Children {
    launcher: Option<PathBuf>,
    program: RwLock<PathBuf>,
    limits: LiveLimits,
    clock: Arc<dyn Clock>,
    taken: AtomicU64,
    tally: Arc<Tally>,
    groups: Arc<Groups>,
    spawner: Spawner,
}

/// A place among the children. Dropping it gives it back.
pub struct ChildPlace(Arc<Children>);

impl Drop for ChildPlace {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Relaxed);
    }
}

impl Children {
    /// No child yet.
    pub fn new(parts: ChildrenParts) -> Arc<Self> {
        let ChildrenParts { launcher, program, limits, clock } = parts;
        Arc::new(Self {
            launcher,
            program: RwLock::new(program),
            limits,
            clock,
            taken: AtomicU64::new(0),
            tally: Arc::default(),
            groups: Arc::default(),
            spawner: Spawner::default(),
        })
    }

    /// From now on another FFmpeg is started.
    pub fn set_program(&self, program: PathBuf) {
        *self.program.write() = program;
    }

    /// Where FFmpeg is; none if there is no such program.
    pub fn program(&self) -> Option<PathBuf> {
        find(&self.program.read())
    }

    /// A place for one child, which is kept over its restarts.
    ///
    /// # Errors
    /// [`ChildFault::Full`].
    pub fn place(self: &Arc<Self>) -> Result<ChildPlace, ChildFault> {
        self.place_of(self.limits.get().children_max)
    }

    /// A place for what anybody who plays may ask for: some are left to what cannot be done without, which are a quarter,
    /// and one at least where there are two.
    ///
    /// # Errors
    /// [`ChildFault::Full`].
    pub fn place_on_demand(self: &Arc<Self>) -> Result<ChildPlace, ChildFault> {
        let limit = self.limits.get().children_max;
        let reserve = if limit > 1 { (limit / 4).max(1) } else { 0 };
        self.place_of(limit - reserve)
    }

    /// A place, if fewer than `limit` are taken.
    fn place_of(self: &Arc<Self>, limit: usize) -> Result<ChildPlace, ChildFault> {
        let next = |taken: u64| (taken < limit as u64).then_some(taken + 1);
        if self.taken.fetch_update(Relaxed, Relaxed, next).is_err() {
            self.tally.refused();
            return Err(ChildFault::Full { limit });
        }
        Ok(ChildPlace(self.clone()))
    }

    /// Starts FFmpeg. Whoever calls this holds a place.
    ///
    /// # Errors
    /// [`ChildFault::Missing`], [`ChildFault::Spawn`].
    pub async fn start(&self, order: &Order) -> Result<Child, ChildFault> {
        let program = self.program().ok_or(ChildFault::Missing)?;
        let limits = self.limits.get();
        let command = launch::command(self.launcher.as_deref(), &program, order, &limits);
        let child = self.spawner.spawn(command).await.inspect_err(|_| self.failed(order.kind, ChildReason::Spawn))?;
        let (clock, limits) = (self.clock.clone(), self.limits.clone());
        Child::new(child, order.kind, clock, limits, self.tally.clone(), self.groups.clone())
    }

    /// A child's work was of no use for this reason: counted.
    pub fn failed(&self, kind: ChildKind, reason: ChildReason) {
        self.tally.ended(kind, reason);
    }

    /// What has become of the children so far.
    pub fn counts(&self) -> ChildCounts {
        self.tally.read(self.taken.load(Relaxed))
    }
}

/// A program by its path, or by its name on `PATH`.
fn find(program: &Path) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let runs =
        |path: &Path| path.metadata().is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0);
    if program.components().count() > 1 {
        // Children do not run in the server's folder.
        return std::path::absolute(program).ok().filter(|path| runs(path));
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| runs(path))
}
