use std::sync::Arc;

use vivace_base::{AppId, StreamName, Ulid};
use vivace_domain::hook::HookKind;
use vivace_domain::picture::{Picture, TakeFault};
use vivace_hub::Stream;
use vivace_store::NewHook;

use super::shot::{Shot, Size, shoot};
use super::{PictureOrigin, Shared};
use crate::HookAbout;

/// Takes a picture of a live stream and keeps it: its file, its row, its place in the queue and its event are on disk
/// when this returns.
///
/// # Errors
/// [`TakeFault`]; it is counted.
pub(super) async fn take(
    shared: &Shared,
    (app, name): (AppId, &StreamName),
    size: Size,
    task: Option<i64>,
) -> Result<Picture, TakeFault> {
    let taken = match shared.live(app, name) {
        Ok(stream) => take_of(shared, &stream, size, task).await,
        Err(fault) => Err(fault),
    };
    match &taken {
        Ok(_) => shared.counts.taken(),
        Err(fault) => shared.counts.failed(fault),
    }
    taken
}

async fn take_of(shared: &Shared, stream: &Arc<Stream>, size: Size, task: Option<i64>) -> Result<Picture, TakeFault> {
    let Shot { jpeg, size } = shoot(shared, stream, size).await?;
    let (parts, origin) = (&shared.parts, shared.parts.face.origin(stream));
    let taken_at = parts.clock.unix();
    let picture = Picture {
        id: Ulid::new(taken_at, parts.rng.as_ref()),
        app: stream.app(),
        stream: stream.name().clone(),
        channel: origin.channel.clone(),
        task,
        taken_at,
        size,
        bytes: jpeg.len() as u64,
    };
    shared.files.write(picture.id, jpeg).await.map_err(|error| {
        tracing::error!(stream = %stream.name(), %error, "a screenshot cannot be written");
        TakeFault::NotWritten
    })?;
    if let Err(fault) = put(shared, &picture, &origin).await {
        shared.files.remove(vec![picture.id]).await;
        return Err(fault);
    }
    let Picture { id, size: (width, height), bytes, .. } = &picture;
    tracing::debug!(stream = %stream.name(), %id, width, height, bytes, "a screenshot was taken");
    Ok(picture)
}

async fn put(shared: &Shared, picture: &Picture, origin: &PictureOrigin) -> Result<(), TakeFault> {
    let parts = &shared.parts;
    let failed = |fault: vivace_store::Fault| {
        let cause = std::error::Error::source(&fault).map(ToString::to_string);
        tracing::error!(stream = %picture.stream, %fault, cause, "a screenshot cannot be noted");
        TakeFault::NotWritten
    };
    let hook = event(shared, picture, origin).await.map_err(failed)?;
    let queue_max = parts.limits.get().picture_queue_max;
    let put = parts.store.put_picture(picture, hook.as_ref(), queue_max, parts.clock.unix()).await.map_err(failed)?;
    shared.counts.unread(put.unread_dropped);
    if put.hook_dropped {
        parts.callbacks.left_out(1);
    } else if hook.is_some() {
        parts.callbacks.wake();
    }
    Ok(())
}

async fn event(
    shared: &Shared,
    picture: &Picture,
    origin: &PictureOrigin,
) -> Result<Option<NewHook>, vivace_store::Fault> {
    let about = HookAbout {
        app: picture.app,
        domain: &origin.domain,
        path: &origin.path,
        stream: &picture.stream,
        kind: HookKind::Screenshot,
    };
    shared.parts.callbacks.hook(about, &shared.parts.face.told(picture, origin)).await
}
