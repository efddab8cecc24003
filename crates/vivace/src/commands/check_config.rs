//! `vivace check-config`: the settings in effect, as a configuration file that would have the same effect. Those that
//! a running server cannot change say so.

use std::fmt::Write as _;
use std::path::PathBuf;

use vivace_server::Effect;

use crate::fault::Fault;
use crate::print;
use crate::settings::{SettingFlags, Settings, Variables, table};

/// What to check.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingFlags,
}

pub(super) fn run(args: &Args) -> Result<(), Fault> {
    let settings = Settings::load(args.config.as_deref(), &Variables::of_process(), &args.settings)?;
    print::out(&text(&settings));
    Ok(())
}

/// One line a setting: key, value, and where it comes from as a comment.
fn text(settings: &Settings) -> String {
    let assigned: Vec<String> =
        table().iter().map(|setting| format!("{} = {}", setting.key, setting.toml(&settings.values))).collect();
    let width = assigned.iter().map(String::len).max().unwrap_or(0);
    let mut out = String::new();
    for (setting, assigned) in table().iter().zip(&assigned) {
        let restart = if setting.effect == Effect::Restart { "; a change needs a restart" } else { "" };
        let _ = writeln!(out, "{assigned:width$}  # {}{restart}", settings.source(setting));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::settings::{SettingFlags, Settings, Variables};

    #[test]
    fn what_is_shown_is_a_file_with_the_same_effect() {
        let mut flags = SettingFlags::default();
        flags.add("delivery.merge_ms", "7".to_owned());
        flags.add("data", "a \"folder\"".to_owned());
        let shown = text(&Settings::load(None, &Variables::default(), &flags).unwrap());
        assert!(
            shown
                .lines()
                .any(|line| line.starts_with("delivery.merge_ms = 7 ") && line.ends_with("# --delivery-merge-ms"))
        );
        assert!(
            shown
                .lines()
                .any(|line| line.starts_with("data = ") && line.ends_with("# --data; a change needs a restart"))
        );
        assert!(shown.lines().any(|line| line.starts_with("play.auth = \"signed\" ") && line.ends_with("# default")));

        let file = std::env::temp_dir().join(format!("vivace-check-config-{}.toml", std::process::id()));
        std::fs::write(&file, &shown).unwrap();
        let again = Settings::load(Some(&file), &Variables::default(), &SettingFlags::default());
        std::fs::remove_file(&file).unwrap();
        let again = again.unwrap();
        assert_eq!(again.values.config.merge_ms, 7);
        assert_eq!(again.values.config.data.to_str(), Some("a \"folder\""));
        assert_eq!(again.values.config.limits, vivace_base::Limits::default());
    }
}
