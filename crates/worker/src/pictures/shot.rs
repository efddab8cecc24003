use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;
use vivace_domain::picture::{Plan, TakeFault};
use vivace_hub::Stream;

use super::{Shared, frame, jpeg};
use crate::child::{ChildFault, ChildKind, ChildReason, Order};

/// How large a picture is to be: 0 for what follows from the stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) width: u16,
    pub(super) height: u16,
}

impl From<Plan> for Size {
    fn from(plan: Plan) -> Self {
        Self { width: plan.width, height: plan.height }
    }
}

/// A picture that was taken.
#[derive(Clone, Debug)]
pub(super) struct Shot {
    pub(super) jpeg: Bytes,
    pub(super) size: (u16, u16),
}

/// Takes a picture of a stream. Waits in line for its place among those that are being taken.
///
/// # Errors
/// [`TakeFault`].
pub(super) async fn shoot(shared: &Shared, stream: &Arc<Stream>, size: Size) -> Result<Shot, TakeFault> {
    let limits = shared.parts.limits.get();
    let children = &shared.parts.children;
    if children.program().is_none() {
        return Err(TakeFault::Missing);
    }
    let busy = || TakeFault::Busy { limit: limits.pictures_at_once_max };
    let line = timeout(Duration::from_millis(limits.picture_ms_max), shared.places.acquire());
    let _place = line.await.map_err(|_| busy())?.map_err(|_| busy())?;
    let input = frame::newest(stream).await?;
    let order = Order { kind: ChildKind::Shot, args: args(size), cpu_s_max: Some(limits.picture_ms_max / 1_000 + 1) };
    let made = children.run(&order, input, limits.picture_bytes_max, limits.picture_ms_max).await;
    let jpeg = made.map_err(|fault| failed(stream, &fault, &busy()))?;
    match jpeg::size(&jpeg) {
        Some(size) => Ok(Shot { jpeg, size }),
        None => {
            children.failed(ChildKind::Shot, ChildReason::Output);
            Err(TakeFault::Undecodable)
        }
    }
}

/// An MP4 file on stdin, one picture of it on stdout. One whose decoder finds a fault is none: a grey picture would be
/// taken for what was on air.
fn args(Size { width, height }: Size) -> Vec<OsString> {
    let input = ["-hide_banner", "-nostdin", "-loglevel", "error", "-protocol_whitelist", "pipe", "-xerror"];
    let decoder = ["-err_detect", "explode", "-threads", "1", "-flags", "low_delay", "-f", "mp4", "-i", "pipe:0"];
    let scale = match (width, height) {
        (0, 0) => "scale=out_range=full".to_owned(),
        (width, 0) => format!("scale=w={width}:h=-2:out_range=full"),
        (0, height) => format!("scale=w=-2:h={height}:out_range=full"),
        (width, height) => format!("scale=w={width}:h={height}:out_range=full"),
    };
    let output = ["-map", "0:v:0", "-frames:v", "1", "-threads", "1", "-vf", &scale, "-pix_fmt", "yuvj420p"];
    let encoder = ["-c:v", "mjpeg", "-q:v", "3", "-f", "image2pipe", "pipe:1"];
    [&input[..], &decoder, &output, &encoder].concat().into_iter().map(OsString::from).collect()
}

fn failed(stream: &Stream, fault: &ChildFault, busy: &TakeFault) -> TakeFault {
    tracing::warn!(stream = %stream.name(), %fault, "a screenshot was not taken");
    match fault {
        ChildFault::Full { .. } => busy.clone(),
        ChildFault::Missing => TakeFault::Missing,
        ChildFault::Spawn(_) => TakeFault::Spawn,
        ChildFault::Ended { .. } => TakeFault::Undecodable,
        ChildFault::Late { ms } => TakeFault::Late { ms: *ms },
        ChildFault::TooMuch { max } => TakeFault::TooLarge { max: *max },
    }
}
