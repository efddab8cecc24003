use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;
use vivace_base::Secret;

use crate::text::hex;

const SCHEME: &str = "TC3-HMAC-SHA256";
/// Signed headers that one request may name; the clients name two or three.
const SIGNED_HEADERS_MAX: usize = 16;

/// Why an `Authorization` header of TC3 cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Tc3Fault {
    /// Another scheme.
    #[error("Authorization must begin with TC3-HMAC-SHA256")]
    Scheme,
    /// `Credential` is absent, or not `<SecretId>/<date>/<service>/tc3_request`.
    #[error("Credential must be <SecretId>/<YYYY-MM-DD>/<service>/tc3_request")]
    Credential,
    /// `SignedHeaders` is absent, names too many, or lacks `content-type` or `host`.
    #[error("SignedHeaders must hold content-type and host")]
    SignedHeaders,
    /// `Signature` is absent or not 64 hex digits.
    #[error("Signature must be 64 hex digits")]
    Signature,
}

/// An `Authorization` header of TC3, taken apart. `Debug` shows no signature.
#[derive(Clone, PartialEq, Eq)]
pub struct Tc3Authorization {
    /// Who signs.
    pub secret_id: String,
    /// UTC date of the key, `YYYY-MM-DD`.
    pub date: String,
    /// The service that the client says it calls; a client takes it from its host name's first label.
    pub service: String,
    /// Header names, lower case, in the order of the signature.
    pub signed_headers: Vec<String>,
    signature: [u8; 32],
}

impl std::fmt::Debug for Tc3Authorization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { secret_id, date, service, signed_headers, signature: _ } = self;
        f.debug_struct("Tc3Authorization")
            .field("secret_id", secret_id)
            .field("date", date)
            .field("service", service)
            .field("signed_headers", signed_headers)
            .finish_non_exhaustive()
    }
}

impl Tc3Authorization {
    /// Takes the header's value apart.
    ///
    /// # Errors
    /// [`Tc3Fault`]: the part that is absent or malformed.
    pub fn parse(header: &str) -> Result<Self, Tc3Fault> {
        let rest = header.trim().strip_prefix(SCHEME).ok_or(Tc3Fault::Scheme)?;
        let part = |name: &str| {
            let found = rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
            found.map(str::trim)
        };
        let credential: Vec<&str> = part("Credential").ok_or(Tc3Fault::Credential)?.split('/').collect();
        let [secret_id, date, service, "tc3_request"] = credential.as_slice() else {
            return Err(Tc3Fault::Credential);
        };
        let headers = part("SignedHeaders").ok_or(Tc3Fault::SignedHeaders)?;
        let signed_headers: Vec<String> =
            headers.split(';').take(SIGNED_HEADERS_MAX + 1).map(str::to_ascii_lowercase).collect();
        let has = |wanted: &str| signed_headers.iter().any(|name| name == wanted);
        if signed_headers.len() > SIGNED_HEADERS_MAX || !has("content-type") || !has("host") {
            return Err(Tc3Fault::SignedHeaders);
        }
        let signature = part("Signature").and_then(unhex).ok_or(Tc3Fault::Signature)?;
        Ok(Self {
            secret_id: (*secret_id).to_owned(),
            date: (*date).to_owned(),
            service: (*service).to_owned(),
            signed_headers,
            signature,
        })
    }
}

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub struct Tc3Request<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The path, `/`.
    pub path: &'a str,
    /// What stands after `?`, undecoded.
    pub query: &'a str,
    /// Lower hex of the body's SHA-256, or `UNSIGNED-PAYLOAD`.
    pub payload_hash: &'a str,
    /// `X-TC-Timestamp` as it was sent.
    pub timestamp: &'a str,
}

/// Lower hex of a body's SHA-256.
pub fn payload_hash(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

/// The signature in lower hex, with the headers that `header` gives for the names that are signed.
pub fn sign_tc3(
    request: &Tc3Request<'_>,
    authorization: (&str, &str, &[String]),
    key: &Secret<String>,
    header: impl Fn(&str) -> String,
) -> String {
    hex(&signature(request, authorization, key, header))
}

/// Whether the signature is right. An empty key signs nothing.
///
/// Clients sign header values as they send them, or in lower case: both are taken. A client may sign its host without
/// the port as well: the caller tries both by what `header` gives for `host`.
pub fn verify_tc3(
    request: &Tc3Request<'_>,
    authorization: &Tc3Authorization,
    key: &Secret<String>,
    header: impl Fn(&str) -> String,
) -> bool {
    let Tc3Authorization { date, service, signed_headers, .. } = authorization;
    let given = (date.as_str(), service.as_str(), signed_headers.as_slice());
    let as_sent = signature(request, given, key, &header);
    let lower = signature(request, given, key, |name| header(name).to_lowercase());
    let any = as_sent.ct_eq(&authorization.signature) | lower.ct_eq(&authorization.signature);
    !key.reveal().is_empty() && bool::from(any)
}

fn signature(
    request: &Tc3Request<'_>,
    (date, service, signed_headers): (&str, &str, &[String]),
    key: &Secret<String>,
    header: impl Fn(&str) -> String,
) -> [u8; 32] {
    let Tc3Request { method, path, query, payload_hash, timestamp } = request;
    let mut canonical = format!("{method}\n{path}\n{query}\n");
    for name in signed_headers {
        // Writing to a string cannot fail.
        let _ = writeln!(canonical, "{name}:{}", header(name).trim());
    }
    let _ = write!(canonical, "\n{}\n{payload_hash}", signed_headers.join(";"));
    let hash = hex(&Sha256::digest(canonical));
    let text = format!("{SCHEME}\n{timestamp}\n{date}/{service}/tc3_request\n{hash}");
    let first = [b"TC3", key.reveal().as_bytes()].concat();
    let steps = [date, service, "tc3_request", text.as_str()];
    steps
        .iter()
        .fold(None, |key: Option<[u8; 32]>, step| {
            Some(hmac(key.as_ref().map_or(first.as_slice(), |key| key.as_slice()), step.as_bytes()))
        })
        .unwrap_or_default()
}

fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    // HMAC takes keys of every length.
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else { return [0; 32] };
    mac.update(text);
    mac.finalize().into_bytes().into()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let (high, low) = text.split_at(32);
    let half = |text| u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes);
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&half(high)?);
    bytes[16..].copy_from_slice(&half(low)?);
    Some(bytes)
}
