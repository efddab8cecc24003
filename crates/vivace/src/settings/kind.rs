//! How texts become values. Each parser says on failure what it expects.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// What a parser expects instead of what it was given.
pub(super) type Expected = String;

/// An IP address and a port.
pub(super) fn address(text: &str) -> Result<SocketAddr, Expected> {
    text.parse().map_err(|_| "an IP address and a port, such as 127.0.0.1:1935 or [::]:1935".to_owned())
}

/// An IP address and a port; empty for no listener.
pub(super) fn listener(text: &str) -> Result<Option<SocketAddr>, Expected> {
    if text.is_empty() {
        return Ok(None);
    }
    address(text).map(Some).map_err(|expected| format!("{expected}, or nothing"))
}

/// Host names and IP addresses between commas; empty for none.
pub(super) fn names(text: &str) -> Result<Vec<String>, Expected> {
    let one = |name: &str| match host(name) {
        Ok(Some(name)) if !name.starts_with('[') => Some(name),
        _ => name.parse::<IpAddr>().is_ok().then(|| name.to_owned()),
    };
    let names = text.split(',').map(str::trim).filter(|_| !text.is_empty()).map(one);
    names.collect::<Option<_>>().ok_or_else(|| {
        "host names and IP addresses between commas, such as live.example.com,192.0.2.7,2001:db8::1".to_owned()
    })
}

/// A whole number within bounds, `_` between digits allowed; `of` says of what.
pub(super) fn number<T: FromStr + PartialOrd + std::fmt::Display>(
    text: &str,
    of: &str,
    min: T,
    max: T,
) -> Result<T, Expected> {
    let digits = text.replace('_', "");
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = if plain { digits.parse().ok() } else { None };
    parsed
        .filter(|value| (&min..=&max).contains(&value))
        .ok_or_else(|| format!("a whole number{of} from {min} to {max}"))
}

/// `true` or `false`.
pub(super) fn switch(text: &str) -> Result<bool, Expected> {
    word(text, &[("true", true), ("false", false)])
}

/// One of a few words.
pub(super) fn word<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, Expected> {
    words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        names.join(" or ")
    })
}

/// A host name or an IP address without a port; empty for none.
pub(super) fn host(text: &str) -> Result<Option<String>, Expected> {
    let is_v6 = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .is_some_and(|inner| std::net::Ipv6Addr::from_str(inner).is_ok());
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    if text.is_empty() {
        Ok(None)
    } else if is_v6 || (text.len() <= 253 && text.split('.').all(label)) {
        Ok(Some(text.to_owned()))
    } else {
        Err("a host name or an IP address without a port, such as live.example.com or [2001:db8::1]".to_owned())
    }
}

/// A level of the log, or levels per part. A bare word that is no level would silence everything else, so it is refused.
pub(super) fn log_level(text: &str) -> Result<String, Expected> {
    let is_level = |part: &str| part.contains(['=', '[']) || (!part.is_empty() && part.parse::<LevelFilter>().is_ok());
    let fits = text.split(',').all(|part| is_level(part.trim())) && EnvFilter::builder().parse(text).is_ok();
    fits.then(|| text.to_owned()).ok_or_else(|| {
        "`error`, `warn`, `info`, `debug` or `trace`, or such words per part, as in `info,vivace_rtmp=debug`".to_owned()
    })
}
