use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use vivace_net::control::{Channel, ControlSocket};

use super::message::{ANSWER, Listed, Message, Offer, VERSION, WORK, hear, say};
use super::{SOCKET, UpgradeFault};
use crate::shared::Shared;

/// Streams that are announced to the new process; players of others are told at once that these are not there.
const STREAMS_MAX: usize = 10_000;

/// What a process can hand over: further handles on its listeners, and on the lock of its folder.
pub(crate) struct Estate {
    pub(crate) listeners: Vec<(Listed, OwnedFd)>,
    pub(crate) lock: OwnedFd,
}

/// The side of the process that runs.
pub(crate) struct Giver {
    estate: Estate,
    socket: Option<ControlSocket>,
}

/// A process that is ready to take over.
pub(crate) struct Heir {
    channel: Channel,
    pid: u32,
}

impl Giver {
    /// Opens the control socket. Where that is not possible, the server runs without, and says so.
    pub(crate) fn open(folder: &Path, estate: Estate) -> Self {
        let socket = ControlSocket::bind(folder, SOCKET).inspect_err(|error| {
            let folder = folder.display();
            tracing::warn!(%folder, %error, "no control socket can be opened: an upgrade takes a restart");
        });
        Self { estate, socket: socket.ok() }
    }

    /// Lets go of everything; the file of the control socket stays for the other process to put its own in its place.
    pub(crate) fn leave(self) {
        if let Some(socket) = self.socket {
            socket.leave();
        }
    }

    /// Waits for a process that is ready to take over. One at a time: others are told.
    pub(crate) async fn heir(&self, shared: &Shared) -> Heir {
        let Some(socket) = &self.socket else { return std::future::pending().await };
        loop {
            let channel = socket.accept().await;
            let ready = tokio::select! {
                ready = self.prepare(channel, shared) => ready,
                never = refuse_all(socket) => match never {},
            };
            match ready {
                Ok(heir) => return heir,
                Err(fault) => {
                    let fault = io::Error::other(fault);
                    tracing::warn!(%fault, "a process that was to take over has failed: this one goes on");
                }
            }
        }
    }

    async fn prepare(&self, mut channel: Channel, shared: &Shared) -> Result<Heir, UpgradeFault> {
        let (asked, _) = hear(&mut channel, ANSWER).await?;
        let Message::TakeOver { version, pid } = asked else {
            return Err(UpgradeFault::Unexpected { expected: "take-over" });
        };
        if version != VERSION {
            let fault = UpgradeFault::Version { other: version, own: VERSION };
            let reason = format!("it speaks version {VERSION} of the hand-over and was asked in version {version}");
            say(&mut channel, &Message::Refused { reason }, &[]).await?;
            return Err(fault);
        }
        tracing::info!(pid, "another process prepares to take over");
        let Estate { listeners, lock } = &self.estate;
        let descriptors: Vec<BorrowedFd<'_>> =
            listeners.iter().map(|(_, open)| open.as_fd()).chain([lock.as_fd()]).collect();
        say(&mut channel, &Message::Offer(self.offer(shared)), &descriptors).await?;
        let fault = match hear(&mut channel, WORK).await {
            Ok((Message::Ready, _)) => return Ok(Heir { channel, pid }),
            Ok(_) => UpgradeFault::Unexpected { expected: "ready" },
            Err(fault) => fault,
        };
        stay(&mut channel, &fault).await;
        Err(fault)
    }

    fn offer(&self, shared: &Shared) -> Offer {
        let streams = shared.hub.streams();
        // What is made of others does not come by itself.
        let pushed = streams.iter().filter(|stream| !stream.is_derived());
        let named = pushed.take(STREAMS_MAX).map(|stream| (stream.app().0, stream.name().to_string()));
        Offer {
            version: VERSION,
            pid: std::process::id(),
            listeners: self.estate.listeners.iter().map(|(listed, _)| listed.clone()).collect(),
            token_key: shared.hls.token_key().reveal().to_vec(),
            streams: named.collect(),
        }
    }
}

impl Heir {
    /// Hands over; the process that has taken over. This one does not accept meanwhile, and on an error it is as if it
    /// had not been asked.
    pub(crate) async fn hand_over(mut self) -> Result<u32, UpgradeFault> {
        let agreed = self.agree().await;
        if let Err(fault) = &agreed {
            stay(&mut self.channel, fault).await;
        }
        agreed.map(|()| self.pid)
    }

    async fn agree(&mut self) -> Result<(), UpgradeFault> {
        say(&mut self.channel, &Message::Yours, &[]).await?;
        match hear(&mut self.channel, ANSWER).await? {
            (Message::Accepting, _) => say(&mut self.channel, &Message::Released, &[]).await,
            _ => Err(UpgradeFault::Unexpected { expected: "accepting" }),
        }
    }
}

/// Tells a process that has the listeners already that this one goes on. It may be gone; if it is only late, it would take
/// a connection that closes without a word for the end of this process, and there would be two servers.
async fn stay(channel: &mut Channel, fault: &UpgradeFault) {
    let reason = format!("it goes on by itself: {fault}");
    let _ = say(channel, &Message::Refused { reason }, &[]).await;
}

enum Never {}

async fn refuse_all(socket: &ControlSocket) -> Never {
    loop {
        let mut channel = socket.accept().await;
        let reason = "another process is taking over at this moment".to_owned();
        // Whoever does not wait for the answer needs none.
        let _ = say(&mut channel, &Message::Refused { reason }, &[]).await;
    }
}
