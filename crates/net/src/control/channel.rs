use std::io::{self, ErrorKind, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::UnixStream;

/// Bytes of one message.
pub const MESSAGE_BYTES_MAX: usize = 4 << 20;
/// Descriptors that travel with one message.
pub const DESCRIPTORS_MAX: usize = 16;

const HEADER_BYTES: usize = 4;

/// One connection to a control socket: messages with their length in front, and descriptors that travel with them.
#[derive(Debug)]
pub struct Channel {
    stream: UnixStream,
}

impl Channel {
    pub(super) const fn new(stream: UnixStream) -> Self {
        Self { stream }
    }

    /// The connection, for bytes that are no message.
    #[cfg(test)]
    pub(super) const fn stream_mut(&mut self) -> &mut UnixStream {
        &mut self.stream
    }

    /// Sends a message with copies of these descriptors.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] beyond [`MESSAGE_BYTES_MAX`] or [`DESCRIPTORS_MAX`]; else the connection is broken.
    pub async fn send(&mut self, message: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
        if message.len() > MESSAGE_BYTES_MAX || descriptors.len() > DESCRIPTORS_MAX {
            return Err(io::Error::new(ErrorKind::InvalidInput, "the message is too large"));
        }
        let header = (message.len() as u32).to_be_bytes();
        let stream = &self.stream;
        let sent = stream
            .async_io(Interest::WRITABLE, || {
                let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
                let mut ancillary = SendAncillaryBuffer::new(&mut space);
                if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(descriptors)) {
                    return Err(ErrorKind::InvalidInput.into());
                }
                Ok(sendmsg(stream.as_fd(), &[IoSlice::new(&header)], &mut ancillary, SendFlags::NOSIGNAL)?)
            })
            .await?;
        // The descriptors have gone with the first byte.
        self.stream.write_all(header.get(sent..).unwrap_or_default()).await?;
        self.stream.write_all(message).await
    }

    /// The next message; `None` when the other side has closed.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidData`] for a message beyond [`MESSAGE_BYTES_MAX`] or with descriptors that had no room; else
    /// the connection is broken.
    pub async fn receive(&mut self) -> io::Result<Option<(Vec<u8>, Vec<OwnedFd>)>> {
        let mut header = [0; HEADER_BYTES];
        let stream = &self.stream;
        let (got, descriptors) = stream.async_io(Interest::READABLE, || first(stream, &mut header)).await?;
        if got == 0 {
            return Ok(None);
        }
        self.stream.read_exact(header.get_mut(got..).unwrap_or_default()).await?;
        let length = u32::from_be_bytes(header) as usize;
        if length > MESSAGE_BYTES_MAX {
            return Err(io::Error::new(ErrorKind::InvalidData, "the message is too large"));
        }
        let mut message = vec![0; length];
        self.stream.read_exact(&mut message).await?;
        Ok(Some((message, descriptors)))
    }
}

/// Reads the first bytes of a message, with which its descriptors come.
fn first(stream: &UnixStream, header: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let read = recvmsg(stream.as_fd(), &mut [IoSliceMut::new(header)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    let mut descriptors = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            descriptors.extend(rights);
        }
    }
    if read.flags.contains(ReturnFlags::CTRUNC) {
        return Err(io::Error::new(ErrorKind::InvalidData, "the message has too many descriptors"));
    }
    Ok((read.bytes, descriptors))
}
