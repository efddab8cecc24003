use std::fs::{self, File};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};

use crate::wait::{Timer, wait_some_within};
use crate::{Folder, PATIENCE};

/// A program that runs beside the scenario, with its output in files. Dropping it ends it; a scenario that fails shows
/// what it said.
#[derive(Debug)]
pub struct Tool {
    child: Child,
    name: String,
    folder: Folder,
}

impl Tool {
    /// Starts it.
    ///
    /// # Panics
    /// The program is not there.
    pub fn start(command: &mut Command) -> Self {
        let folder = Folder::new();
        let file = |name| Stdio::from(File::create(folder.join(name)).unwrap());
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(file("stdout")).stderr(file("stderr"));
        let child = command.spawn().unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        Self { child, name, folder }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// It does not end within [`PATIENCE`].
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        self.wait_within(PATIENCE)
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// It does not end `within` this time.
    #[track_caller]
    pub fn wait_within(&mut self, within: Duration) -> ExitStatus {
        let what = format!("the end of {}", self.name);
        wait_some_within(&what, within, || self.child.try_wait().unwrap())
    }

    /// What it has written to stdout.
    pub fn stdout(&self) -> String {
        self.read("stdout")
    }

    /// What it has written to stderr.
    pub fn stderr(&self) -> String {
        self.read("stderr")
    }

    /// Kills it as `kill -9` does, and waits until it is gone.
    pub fn kill_9(&mut self) {
        let _ = self.child.kill();
        self.wait();
    }

    /// Asks it to end.
    pub fn terminate(&self) {
        terminate(self.pid());
    }

    fn read(&self, name: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.join(name)).unwrap_or_default()).into_owned()
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        if self.is_running() {
            let _ = self.child.kill();
            let timer = Timer::new(PATIENCE);
            while self.is_running() && !timer.is_over() {
                thread::yield_now();
            }
        }
        if thread::panicking() {
            let (stdout, stderr) = (self.stdout(), self.stderr());
            eprintln!("--- {} ({}) wrote\n{}{}", self.name, self.pid(), tail(&stdout), tail(&stderr));
        }
    }
}

/// The last lines: logs of a stream go on for ever.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let shown = lines.len().saturating_sub(60);
    lines.iter().skip(shown).map(|line| format!("{line}\n")).collect()
}

/// Lets this process, and those that it starts from now on, open as many files as the machine allows; how many.
pub fn raise_file_limit() -> u64 {
    let now = getrlimit(Resource::Nofile);
    let most = now.maximum.unwrap_or(1 << 20);
    if now.current.is_some_and(|current| current < most) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: now.maximum }).unwrap();
    }
    most
}

/// SIGTERM.
pub fn terminate(pid: u32) {
    signal(pid, Signal::TERM);
}

/// SIGHUP: the settings are to be read anew.
pub fn hang_up(pid: u32) {
    signal(pid, Signal::HUP);
}

/// SIGSTOP: the process stands still and its sockets stay open.
pub fn suspend(pid: u32) {
    signal(pid, Signal::STOP);
}

/// SIGCONT.
pub fn resume(pid: u32) {
    signal(pid, Signal::CONT);
}

fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).unwrap();
    kill_process(pid, signal).unwrap();
}
