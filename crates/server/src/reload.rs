use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use parking_lot::{Mutex, RwLock};
use vivace_base::{Limits, UnixMs};

use crate::effect::{Effect, FIELDS, limit_effect, limit_key};
use crate::shared::{Shared, policy};
use crate::{Config, Server, callbacks, recording, tls, uploads};

/// What became of a changed configuration. Keys are those of the settings, such as `limits.connections_max`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// What has taken effect.
    pub changed: Vec<String>,
    /// What differs from what runs, and waits for the next start: all of it, also what an earlier call has left.
    pub restart_needed: Vec<String>,
}

/// How an attempt to read the settings anew ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// Something differed from before.
    Applied,
    /// Nothing did.
    Unchanged,
    /// They could not be read, or hold a fault: nothing was changed.
    Invalid,
}

/// Changes a running server. Clones are the same; the server runs on when all are dropped.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

impl Server {
    /// The handle by which this server can be changed while it runs.
    pub fn handle(&self) -> Handle {
        Handle { shared: self.shared.clone() }
    }
}

impl Handle {
    /// Takes over what can be changed while the server runs, and tells what cannot. Nobody is cut: what has been granted
    /// stays granted, and a connection, stream or session that has taken a value at its begin keeps it.
    pub fn apply(&self, asked: Config) -> Applied {
        let shared = &self.shared;
        // Held to the end: two calls at once would mix their values.
        let mut restart_needed = shared.running.restart_needed.lock();
        let before = shared.config();
        let (config, applied) = merge(&before, asked);
        restart_needed.clone_from(&applied.restart_needed);
        if !applied.changed.is_empty() {
            put_into_effect(shared, config);
        }
        applied
    }

    /// The configuration in effect.
    pub fn config(&self) -> Arc<Config> {
        self.shared.config()
    }

    /// Counts an attempt to read the settings anew, for the metrics.
    pub fn count_reload(&self, reload: Reload) {
        let running = &self.shared.running;
        match reload {
            Reload::Applied => running.applied.fetch_add(1, Relaxed),
            Reload::Unchanged => running.unchanged.fetch_add(1, Relaxed),
            Reload::Invalid => running.invalid.fetch_add(1, Relaxed),
        };
        if reload != Reload::Invalid {
            running.reloaded_at.store(self.shared.clock.unix().0, Relaxed);
        }
    }
}

/// The configuration in effect, and what became of attempts to change it.
pub(crate) struct Running {
    config: RwLock<Arc<Config>>,
    restart_needed: Mutex<Vec<String>>,
    pub(crate) applied: AtomicU64,
    pub(crate) unchanged: AtomicU64,
    pub(crate) invalid: AtomicU64,
    reloaded_at: AtomicI64,
}

impl Running {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config: RwLock::new(Arc::new(config)),
            restart_needed: Mutex::default(),
            applied: AtomicU64::new(0),
            unchanged: AtomicU64::new(0),
            invalid: AtomicU64::new(0),
            reloaded_at: AtomicI64::new(0),
        }
    }

    pub(crate) fn config(&self) -> Arc<Config> {
        self.config.read().clone()
    }

    pub(crate) fn restart_needed(&self) -> Vec<String> {
        self.restart_needed.lock().clone()
    }

    /// When settings were last read anew and were good; 0 before the first time.
    pub(crate) fn reloaded_at(&self) -> UnixMs {
        UnixMs(self.reloaded_at.load(Relaxed))
    }
}

/// What runs, with what is asked for where that can be changed.
fn merge(running: &Config, asked: Config) -> (Config, Applied) {
    let mut applied = Applied::default();
    let mut config = asked;
    for field in FIELDS.iter().filter(|field| !(field.same)(running, &config)).collect::<Vec<_>>() {
        match field.effect {
            Effect::Live => applied.changed.push(field.key.to_owned()),
            Effect::Restart => {
                applied.restart_needed.push(field.key.to_owned());
                (field.copy)(&mut config, running);
            }
        }
    }
    for field in Limits::FIELDS {
        let value = (field.get)(&running.limits);
        if value == (field.get)(&config.limits) {
            continue;
        }
        match limit_effect(field) {
            Effect::Live => applied.changed.push(limit_key(field)),
            Effect::Restart => {
                applied.restart_needed.push(limit_key(field));
                (field.set)(&mut config.limits, value);
            }
        }
    }
    (config, applied)
}

fn put_into_effect(shared: &Shared, config: Config) {
    let limits = &config.limits;
    // The limits first: what is told to look again below must find them.
    shared.limits.set(limits.clone());
    shared.quotas.set(limits);
    shared.gate.set_policy(policy(&config));
    shared.channels.set_verified_only(config.lvb_verified_only);
    shared.archive.set_window(config.timeshift_window_ms);
    shared.transcoder.set_idle_ms(config.transcode.idle_ms);
    shared.transcoder.children().set_program(config.ffmpeg.clone());
    shared.hub.retune(config.merge_ms);
    shared.outbound.set_allow(config.outbound.allow.clone());
    shared.callbacks.set(callbacks::settings(&config));
    shared.recorder.set(recording::settings(&config));
    shared.uploads.set(uploads::settings(&config));
    shared.recordings.set_settings(recording::wishes(&config));
    if let Some(certificates) = &shared.certificates {
        certificates.follow(tls::files(&config));
    }
    *shared.running.config.write() = Arc::new(config);
}

#[cfg(test)]
mod tests;
