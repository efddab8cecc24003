use std::net::SocketAddr;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use vivace_net::control::Channel;

use super::UpgradeFault;

/// Version of what is said. One that adds to it keeps the number: unknown fields are left out.
pub(super) const VERSION: u32 = 1;
/// How long one side waits for an answer that takes no work.
pub(super) const ANSWER: Duration = Duration::from_secs(10);
/// How long one side waits for the other's work: to open the store, or whatever holds a machine up.
pub(super) const WORK: Duration = Duration::from_secs(120);

/// What the two processes say, in this order but for the refusal. It has no `Debug`, because the offer holds a key.
#[derive(Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "kebab-case")]
pub(super) enum Message {
    /// The new process asks.
    TakeOver {
        /// [`VERSION`].
        version: u32,
        /// Its process.
        pid: u32,
    },
    /// The old one does not hand over.
    Refused {
        /// Why.
        reason: String,
    },
    /// What the old one hands over. With it travel the descriptors: those of the listeners in order, then the lock.
    Offer(Offer),
    /// The new process has all it needs, and waits.
    Ready,
    /// The old one no longer accepts.
    Yours,
    /// Nothing is left that could fail: the old one may let go.
    Accepting,
    /// The old one lets go. Only now the new one accepts.
    Released,
}

/// What goes over to the new process.
#[derive(Serialize, Deserialize)]
pub(super) struct Offer {
    /// [`VERSION`].
    pub(super) version: u32,
    /// The old process.
    pub(super) pid: u32,
    pub(super) listeners: Vec<Listed>,
    /// Key of the tokens that players of HLS hold.
    pub(super) token_key: Vec<u8>,
    /// Streams whose publishers are about to come.
    pub(super) streams: Vec<(u32, String)>,
}

/// A listener that is handed over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Listed {
    /// What it is for, such as `RTMP`.
    pub(crate) role: String,
    /// The address that the settings name.
    pub(crate) asked: SocketAddr,
    /// The address that it has.
    pub(crate) address: SocketAddr,
}

pub(super) async fn say(
    channel: &mut Channel,
    message: &Message,
    descriptors: &[BorrowedFd<'_>],
) -> Result<(), UpgradeFault> {
    let bytes = serde_json::to_vec(message).map_err(UpgradeFault::Malformed)?;
    within(ANSWER, async { Ok(channel.send(&bytes, descriptors).await?) }).await
}

/// The next message and what came with it. A refusal is the other side's last word, so it is an error.
pub(super) async fn hear(channel: &mut Channel, patience: Duration) -> Result<(Message, Vec<OwnedFd>), UpgradeFault> {
    let heard = within(patience, async { Ok(channel.receive().await?) }).await?;
    let (bytes, descriptors) = heard.ok_or(UpgradeFault::Closed)?;
    match message(&bytes)? {
        Message::Refused { reason } => Err(UpgradeFault::Refused { reason }),
        message => Ok((message, descriptors)),
    }
}

/// What the bytes of a message say. They come from whoever may enter the data folder.
pub(super) fn message(bytes: &[u8]) -> Result<Message, UpgradeFault> {
    serde_json::from_slice(bytes).map_err(UpgradeFault::Malformed)
}

async fn within<T>(patience: Duration, work: impl Future<Output = Result<T, UpgradeFault>>) -> Result<T, UpgradeFault> {
    let ms = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
    timeout(patience, work).await.unwrap_or(Err(UpgradeFault::Late { ms }))
}
