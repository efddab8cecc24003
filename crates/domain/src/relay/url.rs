use std::fmt;

use thiserror::Error;
use vivace_base::Secret;

use super::HttpUrl;
use crate::place::{Place, Scheme, from_place, place};

/// The address of a stream on another server: `rtmp://HOST[:PORT]/APP/NAME[?QUERY]`, or `rtmps`; of one that is pulled
/// also `http://HOST[:PORT]/PATH/NAME.m3u8[?QUERY]`, or `https`.
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
    /// The playlist of a source that is pulled by HLS.
    playlist: Option<HttpUrl>,
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
    /// Another scheme than those that are pulled.
    #[error("it must begin with rtmp://, rtmps://, http:// or https://")]
    SourceScheme,
    /// An address of HTTP whose path is that of no playlist.
    #[error("over HTTP a playlist of HLS is pulled: the path must end in .m3u8")]
    NoPlaylist,
    /// It leads from an address with TLS to one without.
    #[error("it leads from https:// to http://, which gives up TLS")]
    TlsGivenUp,
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
            playlist: None,
        })
    }

    /// Reads the address of a stream that is to be pulled: one of RTMP, or that of a playlist.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_source(text: &str, bytes_max: usize) -> Result<Self, UrlFault> {
        match HttpUrl::parse(text, bytes_max) {
            Ok(url) => Self::of_playlist(text, url),
            Err(UrlFault::Scheme) => Self::parse(text, bytes_max).map_err(|fault| match fault {
                UrlFault::Scheme => UrlFault::SourceScheme,
                fault => fault,
            }),
            Err(fault) => Err(fault),
        }
    }

    fn of_playlist(text: &str, url: HttpUrl) -> Result<Self, UrlFault> {
        const END: &str = ".m3u8";
        let path = url.path();
        let end = path.len().checked_sub(END.len()).and_then(|at| path.get(at..));
        if !end.is_some_and(|end| end.eq_ignore_ascii_case(END)) {
            return Err(UrlFault::NoPlaylist);
        }
        let (app, _) = path.rsplit_once('/').unwrap_or_default();
        Ok(Self {
            text: Secret::new(text.to_owned()),
            tls: url.tls(),
            host: url.host().to_owned(),
            port: url.port(),
            app: app.trim_start_matches('/').to_owned(),
            name: Secret::new(url.target().get(app.len() + 1..).unwrap_or_default().to_owned()),
            playlist: Some(url),
        })
    }

    /// The playlist, if it is pulled by HLS.
    pub const fn playlist(&self) -> Option<&HttpUrl> {
        self.playlist.as_ref()
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
        let slash = if self.app.is_empty() { "" } else { "/" };
        format!("{}{slash}{}", self.origin(), self.app)
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
        match (&self.playlist, self.tls) {
            (None, false) => "rtmp",
            (None, true) => "rtmps",
            (Some(_), false) => "http",
            (Some(_), true) => "https",
        }
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
