//! The settings of the bucket.

use vivace_base::Secret;
use vivace_domain::hook::HookUrl;

use super::kind::{Expected, number, switch};
use super::table::Line;

/// The key of the one value that is never shown, and that no flag sets: flags are seen by everybody on the machine.
pub(super) const SECRET: &str = "storage.s3.secret_access_key";
/// What is shown in the place of it.
const SHOWN: &str = "[secret]";

pub(super) static LINES: [Line; 10] = [
    Line {
        key: "storage.s3.endpoint",
        value_name: "URL",
        doc: "The S3-compatible storage that recordings are uploaded to, such as `https://s3.example.com`, without the \
              bucket; empty, Amazon's in `storage.s3.region`.",
        get: |values| values.config.storage.endpoint.clone().unwrap_or_default(),
        set: |values, text| origin(text).map(|value| values.config.storage.endpoint = value),
    },
    Line {
        key: "storage.s3.bucket",
        value_name: "NAME",
        doc: "The bucket; empty, nothing is uploaded.",
        get: |values| values.config.storage.bucket.clone().unwrap_or_default(),
        set: |values, text| bucket(text).map(|value| values.config.storage.bucket = value),
    },
    Line {
        key: "storage.s3.region",
        value_name: "NAME",
        doc: "The region that requests are signed for; storages that have none take any.",
        get: |values| values.config.storage.region.clone(),
        set: |values, text| {
            let fits = (1..=64).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
            if !fits {
                return Err("a region such as us-east-1".to_owned());
            }
            values.config.storage.region = text.to_owned();
            Ok(())
        },
    },
    Line {
        key: "storage.s3.prefix",
        value_name: "PREFIX",
        doc: "What the names of all objects begin with, as a folder, such as `vivace/one`; empty for nothing.",
        get: |values| values.config.storage.prefix.clone(),
        set: |values, text| prefix(text).map(|value| values.config.storage.prefix = value),
    },
    Line {
        key: "storage.s3.path_style",
        value_name: "BOOL",
        doc: "Whether the bucket stands in the path of addresses, as most storages but Amazon's want it, and not in the \
              host name.",
        get: |values| values.config.storage.path_style.to_string(),
        set: |values, text| switch(text).map(|value| values.config.storage.path_style = value),
    },
    Line {
        key: "storage.s3.access_key_id",
        value_name: "ID",
        doc: "The id of the key to the bucket.",
        get: |values| values.config.storage.access_key_id.clone(),
        set: |values, text| plain(text).map(|()| values.config.storage.access_key_id = text.to_owned()),
    },
    Line {
        key: SECRET,
        value_name: "KEY",
        doc: "The key itself. It is never shown, and set in the file or by the variable only.",
        get: |values| values.config.storage.secret_access_key.as_ref().map_or("", |_| SHOWN).to_owned(),
        set: |values, text| {
            if text == SHOWN {
                return Err("the key, not what is shown in its place".to_owned());
            }
            let secret = (!text.is_empty()).then(|| Secret::new(text.to_owned()));
            values.config.storage.secret_access_key = secret;
            Ok(())
        },
    },
    Line {
        key: "storage.keep_local",
        value_name: "DAYS",
        doc: "How long files stay on this server's disk behind a verified upload: `yes` for as long as the recording, `no` \
              for not at all, or a number of days. They are read from the bucket then.",
        get: |values| match values.config.storage.keep_local_days {
            None => "yes".to_owned(),
            Some(0) => "no".to_owned(),
            Some(days) => days.to_string(),
        },
        set: |values, text| {
            values.config.storage.keep_local_days = match text {
                "yes" => None,
                "no" => Some(0),
                days => {
                    let days = number(days, " of days", 0, 36_500);
                    Some(days.map_err(|expected| format!("`yes`, `no` or {expected}"))?)
                }
            };
            Ok(())
        },
    },
    Line {
        key: "storage.public_url",
        value_name: "URL",
        doc: "Where everybody can read the bucket's objects, such as a CDN's `https://media.example.com`; players and \
              callbacks are given it then. Empty, players are given signed addresses that are good for six hours.",
        get: |values| values.config.storage.public_url.clone().unwrap_or_default(),
        set: |values, text| address(text).map(|value| values.config.storage.public_url = value),
    },
    Line {
        key: "storage.expire_waiting",
        value_name: "BOOL",
        doc: "Whether `recording.keep_days`, `recording.bytes_max` and the time of templates may take away recordings that \
              the bucket is to have and has not yet.",
        get: |values| values.config.storage.expire_waiting.to_string(),
        set: |values, text| switch(text).map(|value| values.config.storage.expire_waiting = value),
    },
];

/// An address of HTTP; empty for none.
fn address(text: &str) -> Result<Option<String>, Expected> {
    if text.is_empty() {
        return Ok(None);
    }
    let fits = HookUrl::parse(text).is_ok_and(|url| url.target().bytes().all(|byte| !b"?#".contains(&byte)));
    fits.then(|| Some(text.trim_end_matches('/').to_owned()))
        .ok_or_else(|| "an address such as https://media.example.com, without a query, or nothing".to_owned())
}

/// One without a path.
fn origin(text: &str) -> Result<Option<String>, Expected> {
    let wanted = || "an address without a path, such as https://s3.example.com, or nothing".to_owned();
    let address = address(text).map_err(|_| wanted())?;
    let is_bare = HookUrl::parse(text).map_or(text.is_empty(), |url| url.target() == "/");
    if is_bare { Ok(address) } else { Err(wanted()) }
}

/// A name as S3 has them, and some storages with more; empty for none.
fn bucket(text: &str) -> Result<Option<String>, Expected> {
    if text.is_empty() {
        return Ok(None);
    }
    let fits = (3..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        && !text.contains("..");
    fits.then(|| Some(text.to_owned()))
        .ok_or_else(|| "the name of a bucket: 3 to 63 letters, digits, dots, dashes; or nothing".to_owned())
}

fn prefix(text: &str) -> Result<String, Expected> {
    let named = |part: &str| {
        !part.is_empty()
            && !part.bytes().all(|byte| byte == b'.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    };
    let inner = text.trim_matches('/');
    let fits = text.len() <= 200 && (inner.is_empty() || inner.split('/').all(named));
    fits.then(|| inner.to_owned())
        .ok_or_else(|| "names of letters, digits, dots and dashes with slashes between them, or nothing".to_owned())
}

fn plain(text: &str) -> Result<(), Expected> {
    let fits = text.len() <= 256 && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then_some(()).ok_or_else(|| "an id without spaces, or nothing".to_owned())
}
