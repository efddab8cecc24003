use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Nobody set it.
    Default,
    /// A line of the configuration file.
    File {
        /// The file as it was named.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A variable of the environment.
    Variable(String),
    /// A flag of the command line, with its dashes.
    Flag(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// What is wrong in the settings.
#[derive(Debug, Error)]
pub(crate) enum SettingFault {
    /// The value does not fit the key.
    #[error("{key}: expected {expected}, got `{}` (from {from})", .given.escape_debug())]
    Value {
        /// The key.
        key: &'static str,
        /// What fits.
        expected: String,
        /// What was given.
        given: String,
        /// Who gave it.
        from: Source,
    },
    /// No setting has this key.
    #[error("unknown setting `{}` (from {from}){}", .key.escape_debug(), did_you_mean(.nearest.as_deref()))]
    UnknownKey {
        /// The key as given.
        key: String,
        /// The key whose name is nearest, if one is near.
        nearest: Option<String>,
        /// Who gave it.
        from: Source,
    },
    /// A variable begins like ours and is none.
    #[error("unknown variable {}{}", .name.escape_debug(), did_you_mean(.nearest.as_deref()))]
    UnknownVariable {
        /// Its name.
        name: String,
        /// The variable whose name is nearest, if one is near.
        nearest: Option<String>,
    },
    /// A variable of ours holds bytes that are no text.
    #[error("the variable {name} is not UTF-8")]
    VariableEncoding {
        /// Its name.
        name: String,
    },
    /// A single value stands where a table of settings belongs.
    #[error(
        "`{key}` holds several settings and cannot be set itself (from {from}); write [{key}] and its settings below"
    )]
    NotATable {
        /// The table.
        key: String,
        /// Who gave it.
        from: Source,
    },
    /// The file cannot be read.
    #[error("cannot read the configuration file {}: {cause}", .path.display())]
    Unreadable {
        /// The file as it was named.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{from}: {message}")]
    Syntax {
        /// What is wrong.
        message: String,
        /// Where.
        from: Source,
    },
    /// Two settings that cannot hold together.
    #[error("{low} = {low_value} is above {high} = {high_value}")]
    Crossed {
        /// The setting that must not be above the other.
        low: &'static str,
        /// Its value.
        low_value: u64,
        /// The other.
        high: &'static str,
        /// Its value.
        high_value: u64,
    },
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"))
}

/// All faults of the settings; never empty.
#[derive(Debug)]
pub(crate) struct SettingFaults(pub(crate) Vec<SettingFault>);

impl SettingFaults {
    /// Whether each of them stands in the command line.
    pub(crate) fn only_flags(&self) -> bool {
        self.0.iter().all(|fault| matches!(fault, SettingFault::Value { from: Source::Flag(_), .. }))
    }
}

impl fmt::Display for SettingFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.0.iter().enumerate() {
            let end = if at == 0 { "" } else { "\n" };
            write!(f, "{end}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SettingFaults {}
