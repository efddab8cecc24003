//! The database, and the newest time that it knows of.

use std::fs;
use std::time::UNIX_EPOCH;

use vivace_base::UnixMs;
use vivace_server::Config;
use vivace_store::{Fault as StoreFault, Store};

use super::Finding;
use crate::fault::Fault;

const CHECK: &str = "database";

/// What is to be said of it, and the newest time in it or in its folder.
pub(super) fn look(config: &Config) -> Result<(Vec<Finding>, Option<UnixMs>), Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Fault::System { what: "an event loop", source })?;
    let read = runtime.block_on(async {
        let reader = Store::open_read_only(&config.data, &config.limits).await?;
        let newest = reader.newest_at().await;
        reader.close().await;
        newest
    });
    let (finding, newest) = match read {
        Ok(newest) => (Some(Finding::ok(CHECK, "it can be read, and its form is that of this version")), newest),
        Err(StoreFault::Missing { .. }) => (None, None),
        Err(fault @ StoreFault::Older { .. }) => {
            let remedy = "keep a copy of the data folder; the next start of this version brings it up to date";
            (Some(Finding::warn(CHECK, fault.to_string(), remedy)), None)
        }
        Err(fault @ StoreFault::Newer { .. }) => {
            let remedy = "run the version that has written it, or go back to a copy of the folder";
            (Some(Finding::fail(CHECK, fault.to_string(), remedy)), None)
        }
        Err(fault) => {
            let remedy = "run this as the server's user; if that is so, go back to a copy of the folder";
            (Some(Finding::fail(CHECK, fault.to_string(), remedy)), None)
        }
    };
    Ok((finding.into_iter().collect(), newest.max(written_at(config))))
}

/// When the server has last written to its folder.
fn written_at(config: &Config) -> Option<UnixMs> {
    let files = ["vivace.db", "vivace.db-wal", "ready.json"].map(|name| config.data.join(name));
    let times = files.iter().filter_map(|file| fs::metadata(file).ok()?.modified().ok());
    let since = times.filter_map(|time| time.duration_since(UNIX_EPOCH).ok()).max()?;
    i64::try_from(since.as_millis()).ok().map(UnixMs)
}
