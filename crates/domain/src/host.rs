//! Host names that streams are pushed to and played from, and how the addresses of either direction are signed.

use thiserror::Error;
use vivace_base::{Secret, UnixMs};

use crate::ip_list::Direction;

/// Bytes of a host name (RFC 1035, section 2.3.4).
pub const HOST_BYTES_MAX: usize = 253;
/// Bytes of a key that addresses are signed with.
pub const KEY_BYTES_MAX: usize = 128;
/// Longest time that an address may be good beyond its `txTime`.
pub const DELTA_S_MAX: u64 = 10 * 365 * 86_400;

/// A host name in lower case, without a port: letters, digits and hyphens in labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName(String);

impl HostName {
    /// Reads one; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let label = |label: &str| {
            let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            plain && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
        };
        let fits = text.len() <= HOST_BYTES_MAX && text.split('.').all(label);
        fits.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The host of `host:port`, or of a host alone; `None` if that is no host name.
    pub fn of_authority(authority: &str) -> Option<Self> {
        Self::parse(authority.split_once(':').map_or(authority, |(host, _)| host))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A host name that an app uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: HostName,
    /// What it is for.
    pub direction: Direction,
    /// Whether streams may come and go by it.
    pub enabled: bool,
    /// Where it plays, as its owner says: 1 to 3. It has no effect.
    pub play_type: u8,
    /// When it was added.
    pub created_at: UnixMs,
}

/// How the addresses of one direction are signed, beside their keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UrlAuth {
    /// Whether they must be; as the settings say if not said.
    pub enabled: Option<bool>,
    /// How long an address is good beyond its `txTime`, in seconds.
    pub delta_s: u64,
}

impl UrlAuth {
    /// [`UrlAuth::delta_s`] in milliseconds.
    pub const fn delta_ms(self) -> u64 {
        self.delta_s.saturating_mul(1_000)
    }
}

/// What is to change about the addresses of one direction; what is not said stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthChange {
    /// Whether they must be signed.
    pub enabled: Option<bool>,
    /// The key.
    pub key: Option<Secret<String>>,
    /// The second key.
    pub backup: Option<Secret<String>>,
    /// How long an address is good beyond its `txTime`, in seconds.
    pub delta_s: Option<u64>,
}

impl AuthChange {
    /// Whether every value is one that may be.
    ///
    /// # Errors
    /// [`HostFault`]: `Key`, `Delta`.
    pub fn check(&self) -> Result<(), HostFault> {
        let good = |key: &Secret<String>| {
            let key = key.reveal();
            (1..=KEY_BYTES_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        if self.key.as_ref().is_some_and(|key| !good(key)) {
            return Err(HostFault::Key { backup: false });
        }
        if self.backup.as_ref().is_some_and(|key| !good(key)) {
            return Err(HostFault::Key { backup: true });
        }
        match self.delta_s {
            Some(delta_s) if delta_s > DELTA_S_MAX => Err(HostFault::Delta { max_s: DELTA_S_MAX }),
            _ => Ok(()),
        }
    }
}

/// Why a host name, or the keys of its direction, were not shown or changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HostFault {
    /// It is no host name.
    #[error("DomainName is no host name: letters, digits and hyphens in labels, without a port")]
    Malformed,
    /// The app has it already.
    #[error("the domain has been added before")]
    Known,
    /// The app does not have it, or has it for the other direction.
    #[error("there is no such domain")]
    Unknown,
    /// The app has as many as it may.
    #[error("the app has {limit} domains, the most that are allowed")]
    Quota {
        /// Host names allowed.
        limit: u64,
    },
    /// A key that cannot stand in an address.
    #[error("a key has 1 to {KEY_BYTES_MAX} letters and digits")]
    Key {
        /// Whether it is the second key.
        backup: bool,
    },
    /// The time is too long.
    #[error("an address may be good for {max_s} s beyond its txTime at most")]
    Delta {
        /// Seconds allowed.
        max_s: u64,
    },
    /// The store could not be read; the log has the reason.
    #[error("the domains could not be read")]
    Unreadable,
    /// The store could not be written; the log has the reason.
    #[error("the domain could not be written")]
    NotWritten,
    /// The media task did not answer in time.
    #[error("the media task did not answer within {ms} ms")]
    MediaSilent {
        /// How long it was waited for.
        ms: u64,
    },
}

#[cfg(test)]
mod tests {
    use vivace_base::Secret;

    use super::{AuthChange, HostFault, HostName};

    #[test]
    fn host_names_are_labels_in_lower_case() {
        assert_eq!(HostName::parse("Push.Example.COM").expect("a name").as_str(), "push.example.com");
        assert_eq!(HostName::of_authority("127.0.0.1:1935").expect("a name").as_str(), "127.0.0.1");
        let long = "a".repeat(64);
        for text in ["", ".", "a..b", "-a", "a-", "a_b", "a/b", "a:80", "ä.de", "[::1]", long.as_str()] {
            assert_eq!(HostName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_key_is_letters_and_digits() {
        let key = |text: &str| AuthChange { key: Some(Secret::new(text.to_owned())), ..AuthChange::default() }.check();
        assert_eq!(key("aZ09"), Ok(()));
        for text in ["", "a b", "ä", "a&b", &"a".repeat(129)] {
            assert_eq!(key(text), Err(HostFault::Key { backup: false }), "{text}");
        }
        let late = AuthChange { delta_s: Some(u64::MAX), ..AuthChange::default() };
        assert!(matches!(late.check(), Err(HostFault::Delta { .. })));
    }
}
