//! The data folder: whether it can be used, by whom, and who else could read what is secret in it.

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, accessat, statfs};
use rustix::process::geteuid;
use vivace_server::{Config, certificate_files};

use super::{Finding, existing};

const CHECK: &str = "data folder";
const OTHER: &str = "name another folder with --data DIR";

/// File systems by the numbers of `statfs(2)`, and what is to be known of them.
const NETWORK: [(i64, &str); 7] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB2"),
    (0x0102_1997, "9p"),
    (0x00c3_6400, "Ceph"),
    (0x6573_5546, "FUSE"),
];
const FLEETING: [(i64, &str, &str); 3] = [
    (0x0102_1994, "tmpfs", "memory: everything in it is gone after a restart of the machine"),
    (0x8584_58f6, "ramfs", "memory: everything in it is gone after a restart of the machine"),
    (0x794c_7630, "overlay", "a container's own layer: everything in it is gone with the container"),
];

pub(super) fn look(config: &Config) -> Vec<Finding> {
    let data = config.data.as_path();
    let shown = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
    let mut findings = match fs::metadata(data) {
        Ok(found) if found.is_dir() => vec![use_of(data, &shown, &found)],
        Ok(_) => vec![Finding::fail(CHECK, format!("{} is no folder", shown.display()), OTHER)],
        Err(error) if error.kind() == ErrorKind::NotFound => vec![creation(data, &shown)],
        Err(error) => {
            vec![Finding::fail(CHECK, format!("{} cannot be looked at: {error}", shown.display()), OTHER)]
        }
    };
    findings.extend(secrets(config));
    findings.extend(existing(data).and_then(file_system));
    findings
}

fn creation(data: &Path, shown: &Path) -> Finding {
    let Some(above) = existing(data) else {
        return Finding::fail(CHECK, format!("{} has no folder above it", shown.display()), OTHER);
    };
    let above_shown = std::path::absolute(above).unwrap_or_else(|_| above.to_owned());
    let usable = if above.is_dir() { may_use(above) } else { Err("it is no folder".to_owned()) };
    match usable {
        Ok(()) => Finding::ok(CHECK, format!("{} is not there yet; the first start makes it", shown.display())),
        Err(reason) => {
            let found = format!("{} cannot be made in {}: {reason}", shown.display(), above_shown.display());
            Finding::fail(CHECK, found, format!("make it for the server's user, or {OTHER}"))
        }
    }
}

/// Whether a folder that is there can be used, and belongs to whom.
fn use_of(data: &Path, shown: &Path, found: &Metadata) -> Finding {
    let path = shown.display();
    let owner = user(found.uid());
    if let Err(reason) = may_use(data) {
        let found = format!("{path} of {owner} cannot be written by {}: {reason}", user(geteuid().as_raw()));
        return Finding::fail(CHECK, found, format!("`chown` it to the server's user, or {OTHER}"));
    }
    let strange = files(data).into_iter().find(|file| fs::metadata(file).is_ok_and(|file| file.uid() != found.uid()));
    if let Some(strange) = strange {
        let found = format!("{path} belongs to {owner}, but {} in it to another user", strange.display());
        return Finding::warn(
            CHECK,
            found,
            format!("`chown -R` the folder to one user: {owner} could not write that file"),
        );
    }
    // Root may write everywhere, so that the server's user may says more.
    let by = if geteuid().is_root() && found.uid() != 0 { "; looked at by root" } else { "" };
    Finding::ok(CHECK, format!("{path} belongs to {owner} and can be written{by}"))
}

/// What the server writes there.
fn files(data: &Path) -> Vec<PathBuf> {
    ["vivace.db", "vivace.db-wal", "vivace.db-shm", "vivace.lock", "tls", "tls/cert.pem", "tls/key.pem"]
        .map(|name| data.join(name))
        .to_vec()
}

/// Whether this user may write to a folder and read it.
pub(super) fn may_use(folder: &Path) -> Result<(), String> {
    let wanted = Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK;
    accessat(CWD, folder, wanted, AtFlags::EACCESS).map_err(|error| std::io::Error::from(error).to_string())
}

/// Keys, and what holds them.
fn secrets(config: &Config) -> Option<Finding> {
    let check = "secrets";
    let mut paths: Vec<PathBuf> =
        ["vivace.db", "vivace.db-wal", "vivace.db-shm"].map(|name| config.data.join(name)).to_vec();
    paths.extend(certificate_files(config).map(|(files, _)| files.key));
    let there: Vec<(PathBuf, u32)> = paths
        .into_iter()
        .filter_map(|path| fs::metadata(&path).ok().map(|found| (path, found.permissions().mode() & 0o777)))
        .collect();
    let (path, mode) = there.iter().max_by_key(|(_, mode)| (mode & 0o007 != 0, mode & 0o070 != 0))?;
    let found = format!("{} has mode {mode:04o}", path.display());
    let remedy = format!("`chmod 600 {}`; if it was so for long, make new keys", path.display());
    Some(match () {
        () if mode & 0o007 != 0 => {
            Finding::fail(check, format!("{found}: everybody on this machine gets at it"), remedy)
        }
        () if mode & 0o070 != 0 => Finding::warn(check, format!("{found}: its group gets at it"), remedy),
        () => Finding::ok(check, format!("{} files, for their owner only", there.len())),
    })
}

fn file_system(at: &Path) -> Option<Finding> {
    let check = "file system";
    #[allow(clippy::useless_conversion, reason = "the field's width depends on the machine")]
    let kind = i64::try_from(statfs(at).ok()?.f_type).ok()? & 0xffff_ffff;
    if let Some((_, name)) = NETWORK.iter().find(|(number, _)| *number == kind) {
        let found = format!("the data folder is on {name}, a file system of the network or of a user's program");
        let remedy = "the database needs locks and shared memory that work: put the folder on a disk of this machine";
        return Some(Finding::warn(check, found, remedy));
    }
    if let Some((_, name, why)) = FLEETING.iter().find(|(number, ..)| *number == kind) {
        let remedy = "put the folder on a disk or a volume; the app's keys are in it";
        return Some(Finding::warn(check, format!("the data folder is on {name}, {why}"), remedy));
    }
    Some(Finding::ok(check, "the data folder is on a disk of this machine"))
}

/// A user as people call it.
fn user(uid: u32) -> String {
    let known = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = known.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("the user with the number {uid}"))
}
