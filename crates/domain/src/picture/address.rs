use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use vivace_base::{Secret, Ulid};

use crate::text::hex;

/// Half of the digest, which leaves nothing to be guessed and the addresses short.
const MAC_BYTES: usize = 16;

/// Signs the addresses of pictures, with a key that follows from a secret which a restart keeps.
#[derive(Clone, Copy, Debug)]
pub struct PictureKey<'a>(pub &'a Secret<String>);

impl PictureKey<'_> {
    /// The last part of a picture's address: its number, a signature, and the extension.
    pub fn file(&self, id: Ulid) -> String {
        format!("{id}-{}.jpg", self.signature(id))
    }

    /// The picture of such a last part; `None` if the signature is not this key's.
    pub fn read(&self, file: &str) -> Option<Ulid> {
        let (id, signature) = file.strip_suffix(".jpg")?.split_once('-')?;
        let id = Ulid::parse(id).ok()?;
        bool::from(self.signature(id).as_bytes().ct_eq(signature.as_bytes())).then_some(id)
    }

    fn signature(&self, id: Ulid) -> String {
        // A MAC takes a key of any length.
        let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(self.0.reveal().as_bytes()) else {
            return String::new();
        };
        mac.update(b"vivace picture ");
        mac.update(&id.0.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        hex(digest.get(..MAC_BYTES).unwrap_or(&digest))
    }
}
