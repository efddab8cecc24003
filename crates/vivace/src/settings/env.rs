use std::ffi::OsString;

use super::near::nearest;
use super::{Given, Setting, SettingFault, Source, table};

const PREFIX: &str = "VIVACE_";
/// Names the configuration file, as `--config` does.
pub(crate) const CONFIG: &str = "VIVACE_CONFIG";
/// What the tests of this repository are told by variables, and the command passes over.
const OF_TESTS: [&str; 2] = ["VIVACE_BIN", "VIVACE_FFMPEG_NEW"];

/// The variables of the environment that begin with `VIVACE_`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables(Vec<(String, OsString)>);

impl Variables {
    /// Those of this process.
    pub(crate) fn of_process() -> Self {
        Self::from_iter(std::env::vars_os())
    }

    /// What `VIVACE_CONFIG` names, unless it is empty.
    pub(super) fn config_file(&self) -> Option<&OsString> {
        self.0.iter().find(|(name, value)| name == CONFIG && !value.is_empty()).map(|(_, value)| value)
    }

    /// The settings they give.
    ///
    /// # Errors
    /// A variable that begins like ours and is none, or holds no text.
    pub(super) fn given(&self) -> Result<Vec<Given>, Vec<SettingFault>> {
        let mut given = Vec::new();
        let mut faults = Vec::new();
        for (name, value) in self.0.iter().filter(|(name, _)| name != CONFIG && !OF_TESTS.contains(&name.as_str())) {
            match one(name, value) {
                Ok(one) => given.push(one),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(given) } else { Err(faults) }
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(all: I) -> Self {
        let named = all.into_iter().map(|(name, value)| (name.into().to_string_lossy().into_owned(), value.into()));
        Self(named.filter(|(name, _)| name.starts_with(PREFIX)).collect())
    }
}

fn one(name: &str, value: &OsString) -> Result<Given, SettingFault> {
    let Some(setting) = table().iter().find(|setting| setting.variable() == name) else {
        let names: Vec<String> = table().iter().map(Setting::variable).collect();
        let known = names.iter().map(String::as_str).chain([CONFIG]);
        let nearest = nearest(name, known).map(str::to_owned);
        return Err(SettingFault::UnknownVariable { name: name.to_owned(), nearest });
    };
    let text = value.to_str().ok_or_else(|| SettingFault::VariableEncoding { name: name.to_owned() })?;
    Ok(Given { setting, text: text.to_owned(), source: Source::Variable(name.to_owned()) })
}
