//! The bucket, if there is to be one: whether it can be reached and written.

use vivace_server::{Config, probe_storage};

use super::Finding;
use crate::fault::Fault;

const CHECK: &str = "storage";

pub(super) fn look(config: &Config) -> Result<Option<Finding>, Fault> {
    if config.storage.bucket.is_none() {
        return Ok(None);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Fault::System { what: "an event loop", source })?;
    Ok(match runtime.block_on(probe_storage(config)) {
        Ok(None) => None,
        Ok(Some(bucket)) => Some(Finding::ok(CHECK, format!("the bucket {bucket} can be reached and written"))),
        Err(fault) => {
            let remedy =
                "look at the settings of `storage.s3`; recordings are kept here, and wait, until it can be written";
            Some(Finding::warn(CHECK, fault.to_string(), remedy))
        }
    })
}
