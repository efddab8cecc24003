use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::{Child, ChildEnd, ChildFault, ChildReason, Children, Order};

impl Children {
    /// Runs FFmpeg once: `input` goes in, at most `bytes_max` come out within `ms` milliseconds. It has a place of its own
    /// meanwhile.
    ///
    /// # Errors
    /// [`ChildFault`].
    pub async fn run(
        self: &Arc<Self>,
        order: &Order,
        input: Bytes,
        bytes_max: usize,
        ms: u64,
    ) -> Result<Bytes, ChildFault> {
        let _place = self.place()?;
        let child = self.start(order).await?;
        let done = timeout(Duration::from_millis(ms), through(child, input, bytes_max)).await;
        let done = done.unwrap_or(Err(ChildFault::Late { ms }));
        match &done {
            Ok(_) | Err(ChildFault::Full { .. } | ChildFault::Missing | ChildFault::Spawn(_)) => {}
            Err(ChildFault::Ended { end, .. }) => self.failed(order.kind, end.reason()),
            Err(ChildFault::Late { .. }) => self.failed(order.kind, ChildReason::Hang),
            Err(ChildFault::TooMuch { .. }) => self.failed(order.kind, ChildReason::Output),
        }
        done
    }
}

async fn through(child: Child, bytes: Bytes, bytes_max: usize) -> Result<Bytes, ChildFault> {
    let Child { mut input, output, mut running } = child;
    let give = async move {
        // It may have seen enough before the end of it.
        let _ = input.write_all(&bytes).await;
        let _ = input.shutdown().await;
    };
    let mut out = Vec::new();
    let most = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    let mut bounded = output.take(most);
    let ((), read) = tokio::join!(give, bounded.read_to_end(&mut out));
    if out.len() > bytes_max {
        return Err(ChildFault::TooMuch { max: bytes_max });
    }
    let end = running.wait().await;
    if read.is_err() || end != (ChildEnd::Exited { code: 0 }) {
        return Err(ChildFault::Ended { end, said: running.said() });
    }
    Ok(out.into())
}
