//! How a child gets its limits: this server's own binary is started in its worker mode, limits itself, and becomes the
//! program. So the limits hold from the program's first instruction, and no process stands between it and the server.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use rustix::process::{
    Resource, Rlimit, Signal, getppid, set_parent_process_death_signal, setpriority_process, setrlimit,
};
use thiserror::Error;
use vivace_base::Limits;

use super::Order;

/// The word behind the binary's name that makes it a worker.
pub const MODE: &str = "worker";
/// File descriptors that a child may have open.
const FILES_MAX: u64 = 64;
/// Live sessions come first wherever there is not enough for all.
const NICE: i32 = 5;

/// What a worker is told on its command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The process that it belongs to: if that one has ended already, there is nothing to do.
    pub parent: u32,
    /// Address space.
    pub address_bytes_max: u64,
    /// Processor time.
    pub cpu_s_max: Option<u64>,
    /// The program and its arguments.
    pub program: Vec<OsString>,
}

/// Why a worker did not become its program.
#[derive(Debug, Error)]
pub enum LaunchFault {
    /// No program was named.
    #[error("no program was named")]
    NoProgram,
    /// The server that it belongs to has ended.
    #[error("the server that this worker belongs to has ended")]
    Orphan,
    /// A limit could not be set.
    #[error("the limit of {what} could not be set: {source}")]
    Limit {
        /// Of what.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The program could not be started.
    #[error("the program could not be started: {0}")]
    Program(#[source] io::Error),
}

/// Limits this process and turns it into the program. Comes back only if that fails.
pub fn become_program(terms: &Terms) -> LaunchFault {
    match limit(terms) {
        Ok(()) => {}
        Err(fault) => return fault,
    }
    let Some((program, args)) = terms.program.split_first() else { return LaunchFault::NoProgram };
    LaunchFault::Program(Command::new(program).args(args).exec())
}

fn limit(terms: &Terms) -> Result<(), LaunchFault> {
    let failed = |what| move |source: rustix::io::Errno| LaunchFault::Limit { what, source: source.into() };
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(failed("its life"))?;
    // The server may have ended before the line above: then nobody sends the signal any more.
    let parent = getppid().map(|pid| pid.as_raw_nonzero().get().unsigned_abs());
    if parent != Some(terms.parent) {
        return Err(LaunchFault::Orphan);
    }
    let set = |resource, what, max| {
        let most = Rlimit { current: Some(max), maximum: Some(max) };
        setrlimit(resource, most).map_err(failed(what))
    };
    set(Resource::Core, "core files", 0)?;
    // Pipes are no files: it writes nowhere else.
    set(Resource::Fsize, "files", 0)?;
    set(Resource::Nofile, "open files", FILES_MAX)?;
    set(Resource::As, "memory", terms.address_bytes_max)?;
    if let Some(seconds) = terms.cpu_s_max {
        set(Resource::Cpu, "processor time", seconds)?;
    }
    setpriority_process(None, NICE).map_err(failed("its priority"))
}

/// The command line that starts a child.
pub(super) fn command(launcher: Option<&Path>, program: &Path, order: &Order, limits: &Limits) -> Command {
    let mut command = match launcher {
        Some(launcher) => {
            let mut command = Command::new(launcher);
            let parent = std::process::id().to_string();
            let bytes = limits.child_address_bytes_max.to_string();
            command.arg0("vivace").args([MODE, "--parent", &parent, "--address-bytes-max", &bytes]);
            if let Some(seconds) = order.cpu_s_max {
                command.args(["--cpu-s-max", &seconds.to_string()]);
            }
            command.arg("--").arg(program);
            command
        }
        None => Command::new(program),
    };
    // Neither the server's settings, which may hold secrets, nor FFmpeg's own variables, which may name files.
    command.args(&order.args).env_clear().env("PATH", std::env::var_os("PATH").as_deref().unwrap_or(OsStr::new("")));
    command.process_group(0).current_dir("/");
    command
}
