use vivace_base::{Rng, Secret};

use super::Keys;
use super::sample::{ALNUM, BASE64URL, LOWER_HEX, text};

/// The keys of an app that can be replaced by themselves. A credential of the signed APIs is not among them: it is
/// replaced by another credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyName {
    /// `push_key`.
    Push,
    /// `push_key_backup`.
    PushBackup,
    /// `play_key`.
    Play,
    /// `play_key_backup`.
    PlayBackup,
    /// `api_key`.
    Api,
    /// `callback_key`.
    Callback,
    /// `sdk_secret`.
    SdkSecret,
    /// `zim_server_secret`.
    ZimServerSecret,
    /// `auth_key`.
    AuthKey,
    /// `api_token`.
    ApiToken,
}

impl KeyName {
    /// Each of them.
    pub const ALL: [Self; 10] = [
        Self::Push,
        Self::PushBackup,
        Self::Play,
        Self::PlayBackup,
        Self::Api,
        Self::Callback,
        Self::SdkSecret,
        Self::ZimServerSecret,
        Self::AuthKey,
        Self::ApiToken,
    ];

    /// The name that its system gives it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push_key",
            Self::PushBackup => "push_key_backup",
            Self::Play => "play_key",
            Self::PlayBackup => "play_key_backup",
            Self::Api => "api_key",
            Self::Callback => "callback_key",
            Self::SdkSecret => "sdk_secret",
            Self::ZimServerSecret => "zim_server_secret",
            Self::AuthKey => "auth_key",
            Self::ApiToken => "api_token",
        }
    }

    /// The key of this name.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == word)
    }

    /// The second key for the same use: when this one is replaced, the old one stays good as that.
    pub const fn backup(self) -> Option<Self> {
        match self {
            Self::Push => Some(Self::PushBackup),
            Self::Play => Some(Self::PlayBackup),
            _ => None,
        }
    }

    /// The key itself.
    pub const fn of(self, keys: &Keys) -> &Secret<String> {
        match self {
            Self::Push => &keys.push_key,
            Self::PushBackup => &keys.push_key_backup,
            Self::Play => &keys.play_key,
            Self::PlayBackup => &keys.play_key_backup,
            Self::Api => &keys.api_key,
            Self::Callback => &keys.callback_key,
            Self::SdkSecret => &keys.sdk_secret,
            Self::ZimServerSecret => &keys.zim_server_secret,
            Self::AuthKey => &keys.auth_key,
            Self::ApiToken => &keys.api_token,
        }
    }

    /// A new key of this use, which cannot be guessed from any other.
    pub fn fresh(self, rng: &dyn Rng) -> Secret<String> {
        let (alphabet, len) = match self {
            Self::Push | Self::PushBackup | Self::Play | Self::PlayBackup | Self::Api | Self::Callback => {
                (LOWER_HEX, 32)
            }
            Self::SdkSecret => (LOWER_HEX, 64),
            Self::ZimServerSecret => (ALNUM, 32),
            Self::AuthKey => (ALNUM, 16),
            Self::ApiToken => (BASE64URL, 43),
        };
        Secret::new(text(rng, alphabet, len))
    }
}
