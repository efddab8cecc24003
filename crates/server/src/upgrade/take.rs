use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use vivace_base::{AppId, Secret, StreamName};
use vivace_hls::serve::TokenKey;
use vivace_net::control::{self, Channel};

use super::message::{ANSWER, Listed, Message, Offer, VERSION, WORK, hear, say};
use super::{SOCKET, UpgradeFault};
use crate::LoadFault;
use crate::lock::FolderLock;

/// What a new process has got from the one that runs, which goes on until [`Predecessor::claim`].
pub(crate) struct Inheritance {
    listeners: Vec<(Listed, OwnedFd)>,
    lock: FolderLock,
    pub(super) token_key: TokenKey,
    /// Streams whose publishers are about to come.
    pub(super) streams: Vec<(AppId, StreamName)>,
    predecessor: Predecessor,
}

/// The process that runs until this one is ready.
pub(crate) struct Predecessor {
    channel: Channel,
    pid: u32,
}

/// Asks the server that runs on the folder to hand over.
pub(crate) async fn ask(folder: &Path) -> Result<Inheritance, LoadFault> {
    let mut channel = control::connect(folder, SOCKET).await.map_err(UpgradeFault::Unreachable)?;
    let message = Message::TakeOver { version: VERSION, pid: std::process::id() };
    say(&mut channel, &message, &[]).await?;
    let (offered, mut descriptors) = hear(&mut channel, ANSWER).await?;
    let Message::Offer(offer) = offered else { return Err(UpgradeFault::Unexpected { expected: "offer" }.into()) };
    if offer.version != VERSION {
        return Err(UpgradeFault::Version { other: offer.version, own: VERSION }.into());
    }
    let Offer { pid, listeners, token_key, streams, .. } = offer;
    let lock = descriptors.pop().filter(|_| descriptors.len() == listeners.len());
    let lock = lock.ok_or(UpgradeFault::Estate { what: "the number of descriptors" })?;
    let token_key = token_key.try_into().map_err(|_| UpgradeFault::Estate { what: "the length of the key" })?;
    let named = |(app, name): (u32, String)| Some((AppId(app), StreamName::parse(&name).ok()?));
    Ok(Inheritance {
        listeners: listeners.into_iter().zip(descriptors).collect(),
        lock: FolderLock::inherit(lock, folder)?,
        token_key: Secret::new(token_key),
        streams: streams.into_iter().filter_map(named).collect(),
        predecessor: Predecessor { channel, pid },
    })
}

impl Inheritance {
    /// The listener of a role, if it has the address that the settings ask for.
    pub(super) fn listener(&mut self, role: &str, asked: SocketAddr) -> Option<OwnedFd> {
        let fits =
            |(listed, _): &(Listed, OwnedFd)| listed.role == role && (listed.asked == asked || listed.address == asked);
        let index = self.listeners.iter().position(fits)?;
        Some(self.listeners.swap_remove(index).1)
    }

    /// The process that runs.
    pub(super) const fn pid(&self) -> u32 {
        self.predecessor.pid
    }

    /// Lets go of what the settings no longer ask for; the process that runs keeps it until the end.
    pub(super) fn settle(self) -> (FolderLock, Predecessor) {
        for (Listed { role, address, .. }, _) in self.listeners {
            tracing::info!(role, %address, "this listener is not taken over: the settings name another address, or none");
        }
        (self.lock, self.predecessor)
    }
}

impl Predecessor {
    /// Says that this process is ready, and waits until the other one no longer accepts.
    ///
    /// # Errors
    /// The other process has changed its mind. That it has ended is no error: there is nobody left to wait for.
    pub(crate) async fn claim(mut self) -> Result<Self, UpgradeFault> {
        match self.call(&Message::Ready, ANSWER).await {
            Ok(Some(Message::Yours) | None) => Ok(self),
            Ok(Some(_)) => Err(UpgradeFault::Unexpected { expected: "yours" }),
            Err(fault) => Err(fault),
        }
    }

    /// Tells the other process that it may let go, and waits until it does.
    ///
    /// # Errors
    /// The other process goes on, so this one must not. That it has ended is no error.
    pub(crate) async fn release(mut self) -> Result<(), UpgradeFault> {
        match self.call(&Message::Accepting, WORK).await? {
            Some(Message::Released) => tracing::info!(from = self.pid, "taken over: the process before drains"),
            None => tracing::warn!(from = self.pid, "taken over from a process that has ended"),
            Some(_) => return Err(UpgradeFault::Unexpected { expected: "released" }),
        }
        Ok(())
    }

    /// Says something and hears the answer; `None` if the other process has ended.
    async fn call(&mut self, message: &Message, patience: Duration) -> Result<Option<Message>, UpgradeFault> {
        let said = say(&mut self.channel, message, &[]).await;
        // What it said last is there to be read even if it no longer listens.
        match (said, hear(&mut self.channel, patience).await) {
            (_, Ok((answer, _))) => Ok(Some(answer)),
            (_, Err(UpgradeFault::Closed | UpgradeFault::Broken(_))) => Ok(None),
            (_, Err(fault)) => Err(fault),
        }
    }
}
