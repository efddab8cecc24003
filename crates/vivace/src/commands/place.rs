use std::path::PathBuf;

use clap::Args;
use vivace_domain::App;
use vivace_store::{FIRST_APP, Store};

use crate::fault::Fault;
use crate::settings::{SettingFlags, Settings, Variables};

/// Which server is meant, for commands that look at one.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The server's data folder [default: vivace-data, or what the settings say].
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// The server's configuration file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Place {
    /// The settings the server would have.
    pub(super) fn settings(&self) -> Result<Settings, Fault> {
        let mut flags = SettingFlags::default();
        if let Some(data) = &self.data {
            flags.add("data", data.clone());
        }
        Ok(Settings::load(self.config.as_deref(), &Variables::of_process(), &flags)?)
    }
}

/// The app of a data folder, whether or not a server runs on it.
pub(super) fn read_app(settings: &Settings) -> Result<App, Fault> {
    let config = &settings.values.config;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Fault::System { what: "an event loop", source })?;
    runtime.block_on(async {
        let reader = Store::open_read_only(&config.data, &config.limits).await?;
        let app = reader.app(FIRST_APP).await;
        reader.close().await;
        app?.ok_or_else(|| Fault::NoApp { data: config.data.clone() })
    })
}
