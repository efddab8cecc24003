//! Where recordings are kept: whether the folder can be used, whose it is, and whether it has room.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use rustix::fs::statvfs;
use vivace_server::{Config, look_at_recording_folder};
use vivace_store::{DataFolder, Store};

use super::folder::may_use;
use super::space::size;
use super::{Finding, existing};
use crate::fault::Fault;

const CHECK: &str = "recordings";
const OTHER: &str = "name another folder with `recording.dir`";

pub(super) fn look(config: &Config) -> Result<Vec<Finding>, Fault> {
    let dir = config.recording.dir.as_deref().unwrap_or(&config.data);
    let known = known(config)?;
    let mut findings = vec![folder(config, dir, known.as_ref())];
    findings.extend(space(config, dir));
    Ok(findings)
}

/// What the data folder says of itself, if it is there and its database can be read by this version.
fn known(config: &Config) -> Result<Option<DataFolder>, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Fault::System { what: "an event loop", source })?;
    // Why the database cannot be read is told by its own check.
    Ok(runtime.block_on(async {
        let reader = Store::open_read_only(&config.data, &config.limits).await.ok()?;
        let found = reader.data_folder().await.ok();
        reader.close().await;
        found
    }))
}

fn folder(config: &Config, dir: &Path, known: Option<&DataFolder>) -> Finding {
    let shown = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let shown = shown.display();
    let is_there = match fs::metadata(dir) {
        Ok(found) if found.is_dir() => true,
        Ok(_) => return Finding::fail(CHECK, format!("{shown} is no folder"), OTHER),
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(error) => return Finding::fail(CHECK, format!("{shown} cannot be looked at: {error}"), OTHER),
    };
    if let Err(fault) = look_at_recording_folder(dir, known, &config.data) {
        return Finding::fail(CHECK, fault.to_string(), fault.remedy());
    }
    let above = if is_there { Some(dir) } else { existing(dir) };
    let usable = above.ok_or_else(|| "it has no folder above it".to_owned()).and_then(may_use);
    if let Err(reason) = usable {
        let found = format!("{shown} cannot be {}: {reason}", if is_there { "written" } else { "made" });
        return Finding::fail(CHECK, found, format!("give it to the server's user, or {OTHER}"));
    }
    let now = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    match known.and_then(|known| known.recordings_dir.as_deref()).filter(|before| Path::new(before) != now) {
        Some(before) => {
            let remedy = "if there is something: stop the server, move `media` and `recordings`, and start it";
            Finding::warn(CHECK, format!("they are looked for in {shown}, and were in {before}"), remedy)
        }
        None if is_there => Finding::ok(CHECK, format!("{shown} can be written")),
        None => Finding::ok(CHECK, format!("{shown} is not there yet; the first start makes it")),
    }
}

fn space(config: &Config, dir: &Path) -> Option<Finding> {
    let room = existing(dir).and_then(|at| statvfs(at).ok())?;
    let (free, min) = (room.f_bavail.saturating_mul(room.f_frsize), config.recording.free_bytes_min);
    Some(judge(free, min))
}

fn judge(free: u64, min: u64) -> Finding {
    let check = "recordings space";
    let found = format!("{} left", size(free));
    if free >= min {
        return Finding::ok(check, found);
    }
    let what = if free < min / 2 { "nothing is recorded, and what runs is closed" } else { "no recording begins" };
    let short = format!("{found}, less than {} (`recording.free_bytes_min`): {what}", size(min));
    Finding::warn(check, short, "free some, lower `recording.free_bytes_min`, or move recordings with `recording.dir`")
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::judge;

    #[test]
    fn room_is_held_against_the_mark() {
        assert_eq!(
            [100, 99, 49, 0].map(|free| judge(free, 100).level),
            [Level::Ok, Level::Warn, Level::Warn, Level::Warn]
        );
        assert!(judge(99, 100).found.contains("no recording begins") && judge(49, 100).found.contains("is closed"));
        assert_eq!(judge(0, 0).level, Level::Ok);
    }
}
