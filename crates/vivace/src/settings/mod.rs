//! Everything that can be set: one table, from which come the keys of the file, the flags, the variables, the checks
//! and `docs/configuration.md`.
//!
//! A flag wins over a variable, a variable over the file, the file over the default.

mod env;
mod fault;
mod file;
mod flags;
mod kind;
mod limits;
mod near;
#[cfg(test)]
mod page;
mod storage;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use vivace_server::Config;

pub(crate) use env::Variables;
pub(crate) use fault::{SettingFault, SettingFaults, Source};
pub(crate) use flags::SettingFlags;
pub(crate) use table::{OTLP, Setting, table};

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// What can be set, with every value checked.
#[derive(Clone, Debug)]
pub(crate) struct Values {
    /// For the server.
    pub(crate) config: Config,
    /// How log lines are written.
    pub(crate) log_format: LogFormat,
    /// What is logged, in the syntax of `tracing_subscriber::EnvFilter`.
    pub(crate) log_level: String,
    /// Where spans are exported to; only in builds with the feature `otel`.
    pub(crate) otlp: Option<String>,
}

impl Default for Values {
    fn default() -> Self {
        Self { config: Config::default(), log_format: LogFormat::Text, log_level: "info".to_owned(), otlp: None }
    }
}

/// The values in effect and where each of them comes from.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The values.
    pub(crate) values: Values,
    sources: BTreeMap<&'static str, Source>,
}

/// A value as it was given, before it is parsed.
#[derive(Clone, Debug)]
struct Given {
    setting: &'static Setting,
    text: String,
    source: Source,
}

impl Settings {
    /// Puts together what was given; `file` is what `--config` named.
    ///
    /// # Errors
    /// Every fault that was found, not only the first.
    pub(crate) fn load(
        file: Option<&Path>,
        variables: &Variables,
        flags: &SettingFlags,
    ) -> Result<Self, SettingFaults> {
        let mut faults = Vec::new();
        let named = Self::file(file, variables);
        let mut given = named.map_or_else(Vec::new, |path| file::read(&path, &mut faults));
        match variables.given() {
            Ok(part) => given.extend(part),
            Err(found) => faults.extend(found),
        }
        given.extend(flags.given());
        let settings = Self::apply(given, &mut faults);
        if faults.is_empty() {
            faults.extend(limits::contradictions(&settings.values));
        }
        if faults.is_empty() { Ok(settings) } else { Err(SettingFaults(faults)) }
    }

    /// The configuration file; `named` is what `--config` named.
    pub(crate) fn file(named: Option<&Path>, variables: &Variables) -> Option<PathBuf> {
        named.map(Path::to_path_buf).or_else(|| variables.config_file().map(PathBuf::from))
    }

    /// Where the value of a key comes from.
    pub(crate) fn source(&self, setting: &Setting) -> &Source {
        self.sources.get(setting.key.as_str()).unwrap_or(&Source::Default)
    }

    /// Later values win; one that is overridden is still checked.
    fn apply(given: Vec<Given>, faults: &mut Vec<SettingFault>) -> Self {
        let mut settings = Self { values: Values::default(), sources: BTreeMap::new() };
        for Given { setting, text, source } in given {
            match setting.set(&mut settings.values, &text) {
                Ok(()) => {
                    settings.sources.insert(&setting.key, source);
                }
                Err(expected) => {
                    faults.push(SettingFault::Value { key: &setting.key, expected, given: text, from: source })
                }
            }
        }
        settings
    }
}
