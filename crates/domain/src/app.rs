//! The app (tenant) and its one set of keys.

mod key_name;
mod sample;
#[cfg(test)]
mod tests;

use vivace_base::{AppId, Rng, Secret};

pub use key_name::KeyName;
use sample::{ALNUM, BASE64URL, LOWER_HEX, between, text};

/// A tenant: everything a client signs, names or owns belongs to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// The number this server knows the app by.
    pub id: AppId,
    /// What the app's clients and back ends sign with.
    pub keys: Keys,
}

impl App {
    /// A new app with random keys; none of them can be guessed from another or from the id.
    ///
    /// Every value of a field's range is equally likely. The work is done by rejection: it ends with a source that is
    /// random, and need not end with one that repeats a single byte.
    pub fn generate(id: AppId, rng: &dyn Rng) -> Self {
        let secret = |alphabet, len| Secret::new(text(rng, alphabet, len));
        let (secret_id, secret_key) = credential_pair(rng);
        let keys = Keys {
            sdkappid: between(rng, 1_400_000_000, 1_499_999_999),
            sdk_secret: secret(LOWER_HEX, 64),
            sdk_public_key: None,
            secret_id,
            secret_key,
            appid: between(rng, 1_250_000_000, 1_259_999_999),
            bizid: between(rng, 1_000, 99_999),
            api_key: secret(LOWER_HEX, 32),
            push_key: secret(LOWER_HEX, 32),
            push_key_backup: secret(LOWER_HEX, 32),
            play_key: secret(LOWER_HEX, 32),
            play_key_backup: secret(LOWER_HEX, 32),
            callback_key: secret(LOWER_HEX, 32),
            zim_app_id: between(rng, 1_000_000_000, u32::MAX),
            zim_server_secret: secret(ALNUM, 32),
            auth_key: secret(ALNUM, 16),
            admin: "administrator".to_owned(),
            api_token: secret(BASE64URL, 43),
        };
        Self { id, keys }
    }
}

/// Both halves of a new credential of the signed APIs: `AKID` and 32 letters or digits, and 32 letters or digits.
pub fn credential_pair(rng: &dyn Rng) -> (String, Secret<String>) {
    (format!("AKID{}", text(rng, ALNUM, 32)), Secret::new(text(rng, ALNUM, 32)))
}

/// The keys of one app, by the names that the five systems use for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Number of the app for rooms and chat: ten digits, 1400000000 to 1499999999 when generated.
    pub sdkappid: u32,
    /// Key of UserSig version 2 (HMAC-SHA256), 64 hex digits when generated.
    pub sdk_secret: Secret<String>,
    /// Public key (PEM) of UserSig version 1 (ECDSA), for apps that still issue it.
    pub sdk_public_key: Option<String>,
    /// Public half of the credential of the LVB API v2 and of API 3.0: `AKID` and 32 letters or digits.
    pub secret_id: String,
    /// Secret half of that credential.
    pub secret_key: Secret<String>,
    /// Number of the account for `common_access`: ten digits, 125xxxxxxx when generated.
    pub appid: u32,
    /// Number that push addresses carry and stream names of the LVB-code mode begin with.
    pub bizid: u32,
    /// Key of `common_access`: `sign = md5(key + t)`.
    pub api_key: Secret<String>,
    /// Main key that push addresses are signed with.
    pub push_key: Secret<String>,
    /// Second key accepted for push addresses, so that the main one can be changed without a gap.
    pub push_key_backup: Secret<String>,
    /// Main key that play addresses are signed with.
    pub play_key: Secret<String>,
    /// Second key accepted for play addresses.
    pub play_key_backup: Secret<String>,
    /// Key that callbacks to the customer are signed with: `sign = md5(key + t)`.
    pub callback_key: Secret<String>,
    /// Number of the app for ZIM clients.
    pub zim_app_id: u32,
    /// Key of ZIM tokens (token04): 32 ASCII bytes, used as the AES-256 key.
    pub zim_server_secret: Secret<String>,
    /// Key of the audio and video privileges (AVSDK): 16 ASCII bytes, used as the TEA key.
    pub auth_key: Secret<String>,
    /// Identifier of the chat administrator.
    pub admin: String,
    /// Bearer token of Vivace's own API: 43 characters when generated, 258 bits.
    pub api_token: Secret<String>,
}
