//! `vivace doctor`: whether this machine is fit to serve with these settings, and what to do where it is not.
//!
//! Nothing is changed and, unless `--resolve` asks a name server or a bucket is set, nothing leaves the machine. To a bucket
//! a small object is written, which is deleted again.

mod addresses;
mod certificate;
mod clock;
mod ffmpeg;
mod files;
mod folder;
mod kernel;
mod owner;
mod ports;
mod recordings;
mod report;
mod running;
mod space;
mod storage;
mod store;
#[cfg(test)]
mod tests;
mod tool;

use std::path::{Path, PathBuf};

use vivace_server::Config;

use crate::fault::Fault;
use crate::settings::{SettingFlags, Settings, Variables};
use crate::{machine, print};

use report::{Finding, Level};
use running::Running;

/// What to examine: the same settings that `vivace serve` would get.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One JSON object, for machines.
    #[arg(long)]
    json: bool,
    /// Ask the system's resolver for `public.host`: the only thing here that may leave the machine.
    #[arg(long)]
    resolve: bool,
    #[command(flatten)]
    settings: SettingFlags,
}

pub(super) fn run(args: &Args) -> Result<(), Fault> {
    let settings = Settings::load(args.config.as_deref(), &Variables::of_process(), &args.settings)?;
    let findings = examine(&settings.values.config, args.resolve)?;
    print::out(&if args.json { report::json(&findings) } else { report::text(&findings) });
    match findings.iter().filter(|finding| finding.level == Level::Fail).count() {
        0 => Ok(()),
        failed => Err(Fault::Unfit { failed }),
    }
}

fn examine(config: &Config, resolve: bool) -> Result<Vec<Finding>, Fault> {
    let now = machine::unix_now();
    let running = Running::find(&config.data);
    let mut findings = ports::look(config, running.as_ref());
    findings.extend(folder::look(config));
    findings.extend(space::look(config));
    let (store, newest) = store::look(config)?;
    findings.extend(store);
    findings.extend(recordings::look(config)?);
    findings.extend(clock::look(now, newest));
    findings.push(files::look(&config.limits, running.as_ref()));
    findings.extend(certificate::look(config, now));
    findings.extend(addresses::look(config, resolve));
    findings.extend(ffmpeg::look(config));
    findings.extend(storage::look(config)?);
    findings.extend(kernel::look());
    Ok(findings)
}

/// The path itself or the nearest folder above it that is there.
fn existing(path: &Path) -> Option<&Path> {
    let mut path = path;
    loop {
        let asked = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        if asked.exists() {
            return Some(asked);
        }
        path = path.parent()?;
    }
}
