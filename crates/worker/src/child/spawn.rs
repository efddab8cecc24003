use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::ChildFault;

/// Starts that wait for the thread.
const STARTS_MAX: usize = 64;

/// Starts children on one thread that lives as long as the server: the kernel ends a child with the thread that has
/// started it.
#[derive(Default)]
pub(super) struct Spawner {
    starts: OnceLock<SyncSender<Start>>,
}

struct Start {
    command: Command,
    runtime: Handle,
    answer: oneshot::Sender<Result<tokio::process::Child, ChildFault>>,
}

impl Spawner {
    pub(super) async fn spawn(&self, command: Command) -> Result<tokio::process::Child, ChildFault> {
        let starts = self.starts.get_or_init(begin);
        let (answer, waiting) = oneshot::channel();
        let start = Start { command, runtime: Handle::current(), answer };
        let busy = || ChildFault::Spawn(std::io::ErrorKind::ResourceBusy.into());
        starts.try_send(start).map_err(|_| busy())?;
        waiting.await.map_err(|_| busy())?
    }
}

fn begin() -> SyncSender<Start> {
    let (starts, waiting) = sync_channel::<Start>(STARTS_MAX);
    let work = move || {
        while let Ok(Start { command, runtime, answer }) = waiting.recv() {
            let _inside = runtime.enter();
            let mut command = tokio::process::Command::from(command);
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
            // Who does not wait any more drops it, and so ends it.
            let _ = answer.send(command.spawn().map_err(ChildFault::Spawn));
        }
    };
    if let Err(error) = thread::Builder::new().name("children".to_owned()).spawn(work) {
        tracing::error!(%error, "the thread that starts programs cannot be started");
    }
    starts
}
