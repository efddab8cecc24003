//! How texts become values. Each parser says on failure what it expects.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use vivace_domain::hook::HookUrl;
use vivace_domain::recording::{Formats, NAME_BYTES_MAX};
use vivace_server::{Allow, AllowFault};

/// What a parser expects instead of what it was given.
pub(super) type Expected = String;

/// An IP address and a port.
pub(super) fn address(text: &str) -> Result<SocketAddr, Expected> {
    text.parse().map_err(|_| "an IP address and a port, such as 127.0.0.1:1935 or [::]:1935".to_owned())
}

/// An IP address.
pub(super) fn ip(text: &str) -> Result<IpAddr, Expected> {
    text.parse().map_err(|_| "an IP address, such as 127.0.0.1 or ::1".to_owned())
}

/// An IP address and a port; empty for no listener.
pub(super) fn listener(text: &str) -> Result<Option<SocketAddr>, Expected> {
    if text.is_empty() {
        return Ok(None);
    }
    address(text).map(Some).map_err(|expected| format!("{expected}, or nothing"))
}

/// Addresses and blocks of addresses between commas, `any`, or nothing.
pub(super) fn allow(text: &str) -> Result<Allow, Expected> {
    text.parse().map_err(|fault: AllowFault| {
        format!("`any`, or IP addresses and blocks between commas, such as 10.0.0.0/8,fd00::/8 ({fault})")
    })
}

/// An address of HTTP; empty for none.
pub(super) fn hook(text: &str) -> Result<Option<HookUrl>, Expected> {
    if text.is_empty() {
        return Ok(None);
    }
    HookUrl::parse(text)
        .map(Some)
        .map_err(|fault| format!("an address such as https://example.com/callbacks, or nothing ({fault})"))
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

/// Formats of recordings with `|` between them.
pub(super) fn formats(text: &str) -> Result<Formats, Expected> {
    Formats::parse(text).map_err(|_| "flv, hls, mp4 or aac, or several with | between them".to_owned())
}

/// The same; empty for none.
pub(super) fn formats_or_none(text: &str) -> Result<Formats, Expected> {
    if text.is_empty() {
        Ok(Formats::NONE)
    } else {
        formats(text).map_err(|expected| format!("{expected}, or nothing"))
    }
}

/// A pattern of names of recordings.
pub(super) fn record_name(text: &str) -> Result<String, Expected> {
    if text.is_empty() || text.len() > NAME_BYTES_MAX {
        return Err(format!("a pattern such as {{StreamID}}-{{StartUnixSecond}}, at most {NAME_BYTES_MAX} bytes"));
    }
    Ok(text.to_owned())
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

/// Several of a few words between commas; empty for none.
pub(super) fn words<T: Copy + PartialEq>(text: &str, all: &[(&str, T)]) -> Result<Vec<T>, Expected> {
    let parts = text.split(',').map(str::trim).filter(|_| !text.is_empty());
    let found: Result<Vec<T>, Expected> = parts.map(|part| word(part, all)).collect();
    let found = found.map_err(|expected| format!("{expected}, separated by commas, or nothing"))?;
    Ok(all.iter().map(|(_, value)| *value).filter(|value| found.contains(value)).collect())
}

/// The words of values, as [`words`] reads them.
pub(super) fn words_of<T: Copy + PartialEq>(all: &[(&str, T)], values: &[T]) -> String {
    let named = all.iter().filter(|(_, value)| values.contains(value)).map(|(word, _)| *word);
    named.collect::<Vec<_>>().join(",")
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

/// The address of a collector of traces; empty for none.
pub(super) fn collector(text: &str) -> Result<Option<String>, Expected> {
    if text.is_empty() {
        return Ok(None);
    }
    if !cfg!(feature = "otel") {
        return Err("nothing: this binary is built without traces (`cargo build --release --features otel`)".to_owned());
    }
    let authority = text.strip_prefix("http://").map(|rest| rest.split('/').next().unwrap_or_default());
    let named = authority.and_then(|authority| authority.rsplit_once(':')).is_some_and(|(name, port)| {
        matches!(host(name), Ok(Some(_))) && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    (named && plain).then(|| Some(text.to_owned())).ok_or_else(|| {
        "an address with `http`, host and port, such as http://127.0.0.1:4318/v1/traces, or nothing".to_owned()
    })
}

/// A level of the log, or levels per part. A bare word that is no level would silence everything else, so it is refused.
pub(super) fn log_level(text: &str) -> Result<String, Expected> {
    let is_level = |part: &str| part.contains(['=', '[']) || (!part.is_empty() && part.parse::<LevelFilter>().is_ok());
    let fits = text.split(',').all(|part| is_level(part.trim())) && EnvFilter::builder().parse(text).is_ok();
    fits.then(|| text.to_owned()).ok_or_else(|| {
        "`error`, `warn`, `info`, `debug` or `trace`, or such words per part, as in `info,vivace_rtmp=debug`".to_owned()
    })
}
