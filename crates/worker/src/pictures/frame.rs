use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::timeout;
use vivace_base::MediaTime;
use vivace_domain::picture::TakeFault;
use vivace_hub::{Config, Followed, Follower, Stream};
use vivace_media::fmp4::{self, Sample};
use vivace_media::{Frame, FrameKind};

/// How long a stream that holds no key frame is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// Frames that wait meanwhile: what is lost is none that is looked for.
const FRAMES_MAX: usize = 256;
/// What a picture that stands alone lasts, which nobody looks at.
const DURATION: MediaTime = MediaTime::from_ms(40);

/// The newest key frame of a stream, as an MP4 file of one fragment with one sample. It is the one that the hub holds;
/// only a stream that has none yet is waited for.
///
/// # Errors
/// [`TakeFault`]: `NoKeyFrame`, `Undecodable`.
pub(super) async fn newest(stream: &Arc<Stream>) -> Result<Bytes, TakeFault> {
    let told = Arc::new(Notify::new());
    let wake = told.clone();
    let follower = stream.follow(FRAMES_MAX, Box::new(move || wake.notify_one()));
    let found = timeout(PATIENCE, first_key(&follower, &told)).await.map_err(|_| TakeFault::NoKeyFrame)?;
    drop(follower);
    file(&found.0, &found.1)
}

async fn first_key(follower: &Follower, told: &Notify) -> (Config, Frame) {
    loop {
        if let Some(found) = key_of(follower.take()) {
            return found;
        }
        told.notified().await;
    }
}

/// The newest key frame among these, with the configuration that it is decoded by.
fn key_of(followed: Followed) -> Option<(Config, Frame)> {
    followed.batches.into_iter().rev().find_map(|batch| {
        let config = batch.tracks.video?;
        let is_key = |frame: &Frame| frame.kind == FrameKind::Video && frame.key && frame.codec == Some(config.codec);
        let frame = batch.frames.into_iter().rev().find(is_key)?;
        Some((config, frame))
    })
}

fn file(config: &Config, frame: &Frame) -> Result<Bytes, TakeFault> {
    let track = config.track(1).map_err(|_| TakeFault::Undecodable)?;
    let mut bytes = fmp4::init_segment(std::slice::from_ref(&track));
    let (dts, cts) = (MediaTime::ZERO, MediaTime::ZERO);
    let sample = Sample { dts, cts, duration: DURATION, key: true, payload: &frame.payload };
    fmp4::fragment(1, &track, &[sample], &mut bytes).map_err(|_| TakeFault::Undecodable)?;
    Ok(bytes.into())
}
