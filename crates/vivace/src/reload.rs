//! Settings that change while the server runs: read anew on SIGHUP, and when the file has changed.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::Signal;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};
use vivace_server::{Handle, Reload};

use crate::logs::Logs;
use crate::settings::{OTLP, Setting, SettingFault, SettingFaults, SettingFlags, Settings, Values, Variables, table};

mod watch;

pub(crate) use watch::Stamp;
use watch::Watch;

/// Between two looks at the file.
const LOOK: Duration = Duration::from_secs(1);

/// What the settings are made from. Only the file can change while the process runs.
#[derive(Debug)]
pub(crate) struct Given {
    file: Option<PathBuf>,
    variables: Variables,
    flags: SettingFlags,
}

impl Given {
    /// `config` is what `--config` named.
    pub(crate) fn new(config: Option<&Path>, variables: Variables, flags: SettingFlags) -> Self {
        Self { file: Settings::file(config, &variables), variables, flags }
    }

    /// Reads the file and puts everything together.
    ///
    /// # Errors
    /// Every fault that was found.
    pub(crate) fn load(&self) -> Result<Settings, SettingFaults> {
        Settings::load(self.file.as_deref(), &self.variables, &self.flags)
    }

    /// What the file looks like now.
    pub(crate) fn look(&self) -> Stamp {
        self.file.as_deref().map_or(Stamp::NONE, Stamp::of)
    }
}

/// Brings changed settings into a running server.
pub(crate) struct Reloader {
    given: Arc<Given>,
    watch: Watch,
    server: Handle,
    logs: Logs,
    /// What was asked for last, whether or not all of it is in effect.
    asked: Values,
    /// Where the traces of this process go, until it ends.
    otlp: Option<String>,
    restart_needed: Vec<String>,
}

impl Reloader {
    /// `seen` is what the file looked like before `values` were read from it.
    pub(crate) fn new(given: Given, seen: Stamp, server: Handle, logs: Logs, values: Values) -> Self {
        let (given, watch, otlp) = (Arc::new(given), Watch::new(seen), values.otlp.clone());
        Self { given, watch, server, logs, asked: values, otlp, restart_needed: Vec::new() }
    }

    /// Reads the settings anew whenever there is a reason to. Never ends by itself.
    pub(crate) async fn follow(&mut self, hangups: &mut Signal) -> Infallible {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let asked = tokio::select! {
                // A runtime that ends takes no more signals; the looks at the file go on.
                Some(()) = hangups.recv() => true,
                _ = looks.tick() => false,
            };
            // The file may be on a disk that does not answer.
            let given = self.given.clone();
            let Ok(stamp) = spawn_blocking(move || given.look()).await else { continue };
            if asked {
                self.watch.read(stamp);
                self.reload("SIGHUP").await;
            } else if self.given.file.is_some() && self.watch.look(stamp) {
                self.reload("file").await;
            }
        }
    }

    async fn reload(&mut self, cause: &'static str) {
        let given = self.given.clone();
        match spawn_blocking(move || given.load()).await {
            Ok(Ok(settings)) => self.apply(&settings, cause),
            Ok(Err(faults)) => {
                report(&faults, cause);
                self.server.count_reload(Reload::Invalid);
            }
            // Only a runtime that ends drops such work.
            Err(_) => {}
        }
    }

    fn apply(&mut self, settings: &Settings, cause: &'static str) {
        let before = self.running();
        let applied = self.server.apply(settings.values.config.clone());
        let asked = std::mem::replace(&mut self.asked, settings.values.clone());
        let now = self.running();
        let changed: Vec<_> = table().iter().filter(|setting| setting.get(&before) != setting.get(&now)).collect();
        for setting in &changed {
            let (old, new) = (setting.get(&before), setting.get(&now));
            tracing::info!(key = setting.key, old, new, from = %settings.source(setting), "setting changed");
        }
        if changed.iter().any(|setting| setting.key.starts_with("log.")) {
            self.logs.change(&self.asked);
        }
        let mut needed = applied.restart_needed;
        if settings.values.otlp != self.otlp {
            needed.push(OTLP.to_owned());
        }
        let waits = self.tell_of_restart(settings, &asked, &now, needed);
        let unchanged = changed.is_empty() && !waits;
        self.server.count_reload(if unchanged { Reload::Unchanged } else { Reload::Applied });
        let restart_needed = self.restart_needed.len();
        tracing::info!(cause, changed = changed.len(), restart_needed, "settings read anew");
    }

    /// Names what waits for the next start, once for each value. True if that has changed.
    fn tell_of_restart(&mut self, settings: &Settings, before: &Values, now: &Values, needed: Vec<String>) -> bool {
        let mut news = false;
        for setting in needed.iter().filter_map(|key| Setting::find(key)) {
            let asked = setting.get(&settings.values);
            if asked != setting.get(before) {
                let (key, running, from) = (&setting.key, setting.get(now), settings.source(setting));
                tracing::warn!(%from, "restart needed: {key} (running {running}, settings say {asked})");
                news = true;
            }
        }
        for key in self.restart_needed.iter().filter(|key| !needed.contains(key)) {
            tracing::info!(key, "no restart is needed any more: the setting is as it runs");
            news = true;
        }
        self.restart_needed = needed;
        news
    }

    /// The values in effect.
    fn running(&self) -> Values {
        Values { config: (*self.server.config()).clone(), otlp: self.otlp.clone(), ..self.asked.clone() }
    }
}

/// Says in one line why the settings are not taken.
fn report(faults: &SettingFaults, cause: &'static str) {
    let gone = |fault: &SettingFault| matches!(fault, SettingFault::Unreadable { cause, .. } if cause.kind() == ErrorKind::NotFound);
    if faults.0.iter().all(gone) {
        tracing::warn!(cause, "the configuration file is gone: the settings stay as they are");
        return;
    }
    let all: Vec<String> = faults.0.iter().map(|fault| fault.to_string()).collect();
    tracing::error!(cause, "the settings stay as they are, since they cannot be read anew: {}", all.join("; "));
}
