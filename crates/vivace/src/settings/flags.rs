use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::{Given, Setting, Source, table};

/// The flags that stand for settings, one each, made from the table.
#[derive(Clone, Debug, Default)]
pub(crate) struct SettingFlags(Vec<(&'static Setting, String)>);

impl SettingFlags {
    /// The settings they give.
    pub(super) fn given(&self) -> impl Iterator<Item = Given> {
        self.0.iter().map(|(setting, text)| Given {
            setting,
            text: text.clone(),
            source: Source::Flag(format!("--{}", setting.flag)),
        })
    }

    /// Adds one, as if it were given.
    pub(crate) fn add(&mut self, key: &str, text: String) {
        self.0.extend(Setting::find(key).map(|setting| (setting, text)));
    }

    fn read(matches: &ArgMatches) -> Self {
        let value = |setting: &'static Setting| {
            let text = matches.try_get_one::<String>(&setting.key).ok().flatten();
            text.map(|text| (setting, text.clone()))
        };
        Self(table().iter().filter_map(value).collect())
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self::read(matches))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::read(matches);
        Ok(())
    }
}

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        command.args(table().iter().filter(|setting| !setting.is_secret()).map(arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// Values are taken as they are; the table's own parser says better what is wrong with one.
fn arg(setting: &'static Setting) -> Arg {
    let (heading, short) = if setting.is_limit() { ("Limits", false) } else { ("Settings", true) };
    let default = setting.default_text();
    let help =
        if default.is_empty() { setting.doc.to_owned() } else { format!("{} [default: {default}]", setting.doc) };
    Arg::new(setting.key.as_str())
        .long(setting.flag.as_str())
        .value_name(setting.value_name)
        .help(help)
        .help_heading(heading)
        .allow_hyphen_values(true)
        .hide_short_help(!short)
}
