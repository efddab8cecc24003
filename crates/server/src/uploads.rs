//! The bucket, as the other parts of the server reach it.

use std::sync::Arc;

use vivace_base::{LiveLimits, Secret};
use vivace_domain::live::PlayFault;
use vivace_domain::recording::Recording;
use vivace_hls::engine::TOKEN;
use vivace_net::outbound::{Allow, Outbound};
use vivace_net::tls::TlsFault;
use vivace_worker::recorder::UploadRules;
use vivace_worker::uploads::{BucketSettings, Playlist, Playlists, UploadFault, UploadSettings, probe};

use crate::callbacks::LvbFace;
use crate::{Config, StorageConfig};

const DAY_MS: u64 = 86_400_000;

/// What the bucket means for what is kept on disk.
pub(crate) fn rules(config: &Config) -> UploadRules {
    let storage = &config.storage;
    UploadRules {
        on: storage.bucket.is_some(),
        keep_local_ms: storage.keep_local_days.map(|days| days.saturating_mul(DAY_MS)),
        expire_waiting: storage.expire_waiting,
    }
}

/// How recordings are uploaded, by the settings.
pub(crate) fn settings(config: &Config) -> UploadSettings {
    UploadSettings { bucket: bucket(&config.storage), public_url: config.storage.public_url.clone() }
}

fn bucket(storage: &StorageConfig) -> Option<BucketSettings> {
    let none = || Secret::new(String::new());
    Some(BucketSettings {
        endpoint: storage.endpoint.clone(),
        bucket: storage.bucket.clone()?,
        region: storage.region.clone(),
        prefix: storage.prefix.clone(),
        path_style: storage.path_style,
        access_key_id: storage.access_key_id.clone(),
        secret_access_key: storage.secret_access_key.clone().unwrap_or_else(none),
    })
}

/// The way to the storage: its address is the operator's own word, so it may be anywhere.
pub(crate) fn way_out(config: &Config) -> Result<Arc<Outbound>, TlsFault> {
    Outbound::new(Allow::any(), config.outbound.ca.as_deref()).map(Arc::new)
}

/// Why the bucket cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StorageFault {
    /// The file of `outbound.ca` cannot be used.
    #[error("outbound.ca cannot be used: {0}")]
    Roots(TlsFault),
    /// It cannot be reached or written.
    #[error(transparent)]
    Bucket(#[from] UploadFault),
}

/// Whether the bucket of the settings can be reached and written, which a small object tells that is deleted again; `None`
/// if there is none. The whole address of it, for people.
///
/// # Errors
/// [`StorageFault`].
pub async fn probe_storage(config: &Config) -> Result<Option<String>, StorageFault> {
    let Some(settings) = bucket(&config.storage) else { return Ok(None) };
    let outbound = way_out(config).map_err(StorageFault::Roots)?;
    probe(&settings, outbound, LiveLimits::from(config.limits.clone())).await?;
    Ok(Some(settings.bucket))
}

/// Gives the playlists of recordings, once the server is there.
pub(crate) struct KeptPlaylists(pub(crate) Arc<LvbFace>);

impl Playlists for KeptPlaylists {
    fn of<'a>(&'a self, recording: &'a Recording) -> Playlist<'a> {
        Box::pin(async move {
            let shared = self.0.shared().ok_or(PlayFault::KeptUnreadable)?;
            let now = shared.recorder.past_now(recording.app, &recording.stream).now;
            let listed = shared.archive.recorded(recording, now).await?;
            Ok(listed.media().replace(TOKEN, ""))
        })
    }
}
