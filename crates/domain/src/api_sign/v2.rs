use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use vivace_base::Secret;

/// What the signature is computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// `HmacSHA1`, also where `SignatureMethod` is absent or says anything else: so do the SDKs.
    #[default]
    HmacSha1,
    /// `HmacSHA256`.
    HmacSha256,
}

impl Algorithm {
    /// The algorithm that a `SignatureMethod` means.
    pub fn of(method: Option<&str>) -> Self {
        if method == Some("HmacSHA256") { Self::HmacSha256 } else { Self::HmacSha1 }
    }
}

/// The three orders in which clients sort parameters; they differ only where a name has `_`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordering {
    /// `_` becomes `.` first, then the names are sorted.
    Replaced,
    /// The names are sorted, then each `_` becomes `.`.
    Original,
    /// The names are sorted, then `_` becomes `.` in names that do not begin with it.
    OriginalUnlessFirst,
}

impl Ordering {
    const ALL: [Self; 3] = [Self::Replaced, Self::Original, Self::OriginalUnlessFirst];
}

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub struct V2Request<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The `Host` header as it was sent, with its port.
    pub host: &'a str,
    /// `/v2/index.php`, or `/` for API 3.0.
    pub path: &'a str,
    /// Every parameter, decoded; a `Signature` among them is passed over.
    pub parameters: &'a [(String, String)],
    /// Whether values that begin with `@` are left out, as the SDKs of version 2 do in a POST.
    pub skips_at: bool,
}

/// The signature in base64.
pub fn sign_v2(request: &V2Request<'_>, key: &Secret<String>, algorithm: Algorithm, ordering: Ordering) -> String {
    STANDARD.encode(mac(request, key, algorithm, ordering))
}

/// Whether `signature` is right in any of the three orders. An empty key signs nothing.
pub fn verify_v2(request: &V2Request<'_>, key: &Secret<String>, algorithm: Algorithm, signature: &str) -> bool {
    let Ok(claimed) = STANDARD.decode(signature) else { return false };
    let differ = request.parameters.iter().any(|(name, _)| name.contains('_'));
    let orders = if differ { Ordering::ALL.as_slice() } else { &[Ordering::Original] };
    let any = orders.iter().fold(Choice::from(0), |any, ordering| {
        any | mac(request, key, algorithm, *ordering).as_slice().ct_eq(&claimed)
    });
    !key.reveal().is_empty() && bool::from(any)
}

fn mac(request: &V2Request<'_>, key: &Secret<String>, algorithm: Algorithm, ordering: Ordering) -> Vec<u8> {
    let text = string_to_sign(request, ordering);
    match algorithm {
        Algorithm::HmacSha1 => hmac::<Hmac<Sha1>>(key, text.as_bytes()),
        Algorithm::HmacSha256 => hmac::<Hmac<Sha256>>(key, text.as_bytes()),
    }
}

fn hmac<M: Mac + KeyInit>(key: &Secret<String>, text: &[u8]) -> Vec<u8> {
    // HMAC takes keys of every length.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key.reveal().as_bytes()) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn string_to_sign(request: &V2Request<'_>, ordering: Ordering) -> String {
    let signed = request
        .parameters
        .iter()
        .filter(|(name, value)| name != "Signature" && !(request.skips_at && value.starts_with('@')));
    let replaces_first = ordering == Ordering::Replaced;
    let mut pairs: Vec<(Cow<'_, str>, &str)> = signed
        .map(|(name, value)| (if replaces_first { dotted(name) } else { Cow::Borrowed(name.as_str()) }, value.as_str()))
        .collect();
    pairs.sort_unstable();
    let head = [request.method, request.host, request.path, "?"];
    let bytes = pairs.iter().map(|(name, value)| name.len() + value.len() + 2).sum::<usize>();
    let mut text = String::with_capacity(bytes + head.iter().map(|part| part.len()).sum::<usize>());
    head.iter().for_each(|part| text.push_str(part));
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            text.push('&');
        }
        let keeps = ordering == Ordering::OriginalUnlessFirst && name.starts_with('_');
        text.push_str(&if keeps { Cow::Borrowed(name.as_ref()) } else { dotted(name) });
        text.push('=');
        text.push_str(value);
    }
    text
}

/// A name with `.` for each `_`.
fn dotted(name: &str) -> Cow<'_, str> {
    if name.contains('_') { Cow::Owned(name.replace('_', ".")) } else { Cow::Borrowed(name) }
}
