use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;
use thiserror::Error;
use vivace_base::{AppId, Rng, Secret, StreamName, UnixMs};

/// The key of [`Tokens`].
pub type TokenKey = Secret<[u8; 64]>;

/// The key that follows from a secret which a restart keeps, so that players go on after it.
pub fn token_key(secret: &Secret<String>) -> TokenKey {
    let digest = Sha512::new().chain_update(b"vivace hls session tokens ").chain_update(secret.reveal());
    Secret::new(digest.finalize().into())
}

/// Signs and checks what every address of a playlist carries: HMAC-SHA256 over app, stream, session and expiry, with a
/// key that only this server has, its restarts, and the process that takes over from it.
#[derive(Debug)]
pub struct Tokens {
    key: TokenKey,
}

/// Why a token does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenFault {
    /// There is none.
    #[error("the address has no token: begin with the signed address of the playlist")]
    Missing,
    /// It is no token, or of another stream, or of another server.
    #[error("the token is not one of this server for this stream")]
    Wrong,
    /// It is over.
    #[error("the token has expired")]
    Expired,
}

const SESSION_BYTES: usize = 8;
const EXPIRY_BYTES: usize = 8;
/// Half of the digest, which leaves nothing to be guessed and the addresses short.
const MAC_BYTES: usize = 16;

impl Tokens {
    /// With a new key.
    pub fn new(rng: &dyn Rng) -> Self {
        let mut key = [0; 64];
        rng.fill(&mut key);
        Self { key: Secret::new(key) }
    }

    /// With a key that outlives the process.
    pub const fn with_key(key: TokenKey) -> Self {
        Self { key }
    }

    /// The key, for a process that takes over.
    pub const fn key(&self) -> &TokenKey {
        &self.key
    }

    /// A token for a session that is good until `expires_at`.
    pub fn issue(&self, app: AppId, stream: &StreamName, session: u64, expires_at: UnixMs) -> String {
        let mut bytes = Vec::with_capacity(SESSION_BYTES + EXPIRY_BYTES + MAC_BYTES);
        bytes.extend(session.to_be_bytes());
        bytes.extend(expires_at.0.to_be_bytes());
        let mac = self.mac(app, stream, &bytes);
        bytes.extend(mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The session of a token.
    ///
    /// # Errors
    /// [`TokenFault`] but [`TokenFault::Missing`].
    pub fn check(&self, app: AppId, stream: &StreamName, token: &str, now: UnixMs) -> Result<u64, TokenFault> {
        let mut bytes = [0; SESSION_BYTES + EXPIRY_BYTES + MAC_BYTES];
        let decoded = URL_SAFE_NO_PAD.decode_slice(token, &mut bytes);
        if decoded != Ok(bytes.len()) {
            return Err(TokenFault::Wrong);
        }
        let (signed, mac) = bytes.split_at(SESSION_BYTES + EXPIRY_BYTES);
        if !bool::from(self.mac(app, stream, signed).ct_eq(mac)) {
            return Err(TokenFault::Wrong);
        }
        let (Some(session), Some(expiry)) = (signed.first_chunk(), signed.last_chunk()) else {
            return Err(TokenFault::Wrong);
        };
        if now.0 > i64::from_be_bytes(*expiry) {
            return Err(TokenFault::Expired);
        }
        Ok(u64::from_be_bytes(*session))
    }

    fn mac(&self, app: AppId, stream: &StreamName, signed: &[u8]) -> [u8; MAC_BYTES] {
        let mut mac = Hmac::<Sha256>::new(self.key.reveal().into());
        mac.update(&app.0.to_be_bytes());
        // The name has no fixed length, and everything behind it has.
        mac.update(stream.as_str().as_bytes());
        mac.update(signed);
        let digest: [u8; 32] = mac.finalize().into_bytes().into();
        let mut half = [0; MAC_BYTES];
        half.iter_mut().zip(digest).for_each(|(place, byte)| *place = byte);
        half
    }
}

#[cfg(test)]
mod tests {
    use vivace_base::{AppId, Rng, Secret, StreamName, UnixMs};

    use super::{TokenFault, Tokens, token_key};

    struct Fixed(u8);

    impl Rng for Fixed {
        fn fill(&self, out: &mut [u8]) {
            out.fill(self.0);
        }
    }

    #[test]
    fn a_token_is_good_for_its_stream_until_it_expires() {
        let (tokens, name) = (Tokens::new(&Fixed(1)), StreamName::parse("cam").unwrap());
        let token = tokens.issue(AppId(1), &name, 77, UnixMs(1_000));
        assert_eq!(token.len(), 43);
        assert_eq!(tokens.check(AppId(1), &name, &token, UnixMs(1_000)), Ok(77));
        assert_eq!(tokens.check(AppId(1), &name, &token, UnixMs(1_001)), Err(TokenFault::Expired));
        let other = StreamName::parse("cam2").unwrap();
        assert_eq!(tokens.check(AppId(1), &other, &token, UnixMs(0)), Err(TokenFault::Wrong));
        assert_eq!(tokens.check(AppId(2), &name, &token, UnixMs(0)), Err(TokenFault::Wrong));
        let elsewhere = Tokens::new(&Fixed(2));
        assert_eq!(elsewhere.check(AppId(1), &name, &token, UnixMs(0)), Err(TokenFault::Wrong));
    }

    #[test]
    fn a_key_follows_from_its_secret_and_shows_nothing_of_it() {
        let name = StreamName::parse("cam").unwrap();
        let of = |secret: &str| Tokens::with_key(token_key(&Secret::new(secret.to_owned())));
        let token = of("one").issue(AppId(1), &name, 77, UnixMs(1_000));
        assert_eq!(of("one").check(AppId(1), &name, &token, UnixMs(0)), Ok(77));
        assert_eq!(of("two").check(AppId(1), &name, &token, UnixMs(0)), Err(TokenFault::Wrong));
        assert!(!token_key(&Secret::new("one".to_owned())).reveal().windows(3).any(|bytes| bytes == b"one"));
    }

    #[test]
    fn no_byte_of_a_token_can_be_changed() {
        let (tokens, name) = (Tokens::new(&Fixed(1)), StreamName::parse("cam").unwrap());
        let token = tokens.issue(AppId(1), &name, 77, UnixMs(1_000));
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'B' { b'C' } else { b'B' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(tokens.check(AppId(1), &name, &changed, UnixMs(0)), Err(TokenFault::Wrong), "{at}");
        }
        for odd in ["", "x", &token[1..], &format!("{token}A"), "ä"] {
            assert_eq!(tokens.check(AppId(1), &name, odd, UnixMs(0)), Err(TokenFault::Wrong), "{odd}");
        }
    }
}
