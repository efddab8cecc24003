use std::fmt;

use thiserror::Error;
use vivace_base::Secret;

use crate::place::{Place, Scheme, from_place, place};

/// The address of a stream on another server: `rtmp://HOST[:PORT]/APP/NAME[?QUERY]`, or `rtmps`.
///
/// The last part of the path, with its query, is the stream's name there; what stands before is the application. The
/// name may be a key, so `Debug` leaves it out; [`RelayUrl::shown`] is what may be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct RelayUrl {
    text: Secret<String>,
    tls: bool,
    host: String,
    port: u16,
    app: String,
    name: Secret<String>,
}

/// Why an address of a remote stream was refused. Nothing of the address is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UrlFault {
    /// Longer than allowed.
    #[error("it has {bytes} bytes, more than {max}")]
    TooLong {
        /// Bytes given.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// A space, a control character, or one outside ASCII.
    #[error("byte {at} is a space, a control character, or outside ASCII: encode it with %")]
    Character {
        /// Index of the first offending byte.
        at: usize,
    },
    /// Another scheme than RTMP.
    #[error("it must begin with rtmp:// or rtmps://")]
    Scheme,
    /// `user:password@` in front of the host.
    #[error("user and password before the host are not taken: put the server's key into the name or its query")]
    UserInfo,
    /// No host, or what no host name is.
    #[error("the host is missing, or is neither a host name nor an IP address (IPv6 in brackets)")]
    Host,
    /// A port that is none.
    #[error("the port must be a number from 1 to 65535")]
    Port,
    /// The path does not hold an application and a stream name.
    #[error("it must name an application and a stream: rtmp://HOST/APP/STREAM")]
    NoStream,
    /// `#` in it, which no server gets to see.
    #[error("a fragment (#) has no meaning here: encode it as %23")]
    Fragment,
}

from_place!(UrlFault);

const SCHEMES: [Scheme; 2] = [("rtmp", false, 1_935), ("rtmps", true, 443)];

impl RelayUrl {
    /// Reads an address of `bytes_max` bytes at most. Without a port, RTMP has 1935 and RTMPS has 443.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, bytes_max: usize) -> Result<Self, UrlFault> {
        let Place { tls, host, port, rest: path } = place(text, bytes_max, SCHEMES)?;
        let (path, query) = path.split_at(path.find('?').unwrap_or(path.len()));
        let (app, name) = path.trim_start_matches('/').rsplit_once('/').ok_or(UrlFault::NoStream)?;
        if app.is_empty() || name.is_empty() {
            return Err(UrlFault::NoStream);
        }
        Ok(Self {
            text: Secret::new(text.to_owned()),
            tls,
            host,
            port,
            app: app.to_owned(),
            name: Secret::new([name, query].concat()),
        })
    }

    /// The address as it was given; a secret.
    pub const fn text(&self) -> &Secret<String> {
        &self.text
    }

    /// Whether it is over TLS.
    pub const fn tls(&self) -> bool {
        self.tls
    }

    /// Host name or address; IPv6 without its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// `app` of `connect`.
    pub fn app(&self) -> &str {
        &self.app
    }

    /// The stream's name there with its query; a secret.
    pub const fn name(&self) -> &Secret<String> {
        &self.name
    }

    /// `tcUrl` of `connect`: everything but the name.
    pub fn tc_url(&self) -> String {
        format!("{}/{}", self.origin(), self.app)
    }

    /// As much of it as may be shown: no query, and of the name, which is the key on many servers, nothing either.
    pub fn shown(&self) -> String {
        format!("{}/…", self.tc_url())
    }

    /// `HOST:PORT`.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// A server's words without the secrets of this address, which some servers repeat.
    pub fn redact(&self, words: &str) -> String {
        let name = self.name.reveal();
        let (plain, query) = name.split_once('?').unwrap_or((name, ""));
        let values = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(_, value)| value);
        // The longer first: what is part of another is found in it. Short ones are words, not keys.
        let secrets = [name.as_str(), query, plain].into_iter().chain(values).filter(|secret| secret.len() >= 4);
        secrets.fold(words.to_owned(), |words, secret| words.replace(secret, "…"))
    }

    /// Where a server's `NetConnection.Connect.ReconnectRequest` sends this client (Enhanced RTMP v2): the same stream
    /// behind another `tcUrl`, which may leave out what stays as it is. TLS is not given up for it.
    ///
    /// # Errors
    /// It is no address, or one without TLS for one with it.
    pub fn redirected(&self, tc_url: &str, bytes_max: usize) -> Result<Self, UrlFault> {
        let base = match tc_url {
            "" => self.tc_url(),
            absolute if absolute.contains("://") => absolute.to_owned(),
            relative if relative.starts_with("//") => [self.scheme(), ":", relative].concat(),
            relative if relative.starts_with('/') => [&self.origin(), relative].concat(),
            relative => [&self.origin(), "/", relative].concat(),
        };
        let base = base.trim_end_matches('/');
        let found = Self::parse(&[base, "/", self.name.reveal()].concat(), bytes_max)?;
        if self.tls && !found.tls { Err(UrlFault::Scheme) } else { Ok(found) }
    }

    const fn scheme(&self) -> &'static str {
        if self.tls { "rtmps" } else { "rtmp" }
    }

    fn origin(&self) -> String {
        format!("{}://{}", self.scheme(), self.authority())
    }
}

impl fmt::Debug for RelayUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

#[cfg(test)]
mod tests;
