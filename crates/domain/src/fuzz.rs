//! Entry points for fuzzing what no other module of this crate has its own for: any bytes may go in, nothing may panic.

use vivace_base::{Secret, Ulid};

use crate::api_sign::{
    Algorithm, Ordering, Tc3Authorization, Tc3Request, V2Request, payload_hash, sign_stamp, sign_tc3, sign_v2,
    verify_stamp, verify_tc3, verify_v2,
};
use crate::app::KeyName;
use crate::channel::ChannelId;
use crate::hook::HookUrl;
use crate::host::HostName;
use crate::ip_list::IpBlock;
use crate::picture::PictureKey;
use crate::relay::{Direction, HttpUrl, RelayUrl};

/// The first line as an `Authorization` header, a signature and a number; the others as parameters of a request. A
/// signature holds for the request that it was made for, and a guess never.
///
/// # Panics
/// If a promise is broken.
pub fn api_sign(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.lines();
    let first = lines.next().unwrap_or("");
    if let Some(id) = ChannelId::parse(first) {
        assert_eq!(id.to_string(), first, "two spellings of one number");
    }
    let key = Secret::new("key".to_owned());
    authorization(first, &text, &key);
    let pairs = lines.take(32).map(|line| line.split_once('=').unwrap_or((line, "")));
    let parameters: Vec<(String, String)> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let skips_at = data.len().is_multiple_of(2);
    let request = V2Request { method: "GET", host: "h", path: "/v2/index.php", parameters: &parameters, skips_at };
    for algorithm in [Algorithm::HmacSha1, Algorithm::HmacSha256] {
        assert!(!verify_v2(&request, &key, algorithm, first), "a signature was guessed");
        for ordering in [Ordering::Replaced, Ordering::Original, Ordering::OriginalUnlessFirst] {
            let signature = sign_v2(&request, &key, algorithm, ordering);
            assert!(verify_v2(&request, &key, algorithm, &signature), "our own signature is refused");
            assert!(!verify_v2(&request, &Secret::new(String::new()), algorithm, &signature), "no key opens");
        }
    }
    assert!(!verify_stamp(&key, "1", first), "a stamp was guessed");
    assert!(verify_stamp(&key, first, &sign_stamp(&key, first)));
}

fn authorization(header: &str, body: &str, key: &Secret<String>) {
    let read = match Tc3Authorization::parse(header) {
        Ok(read) => read,
        Err(fault) => return assert!(!fault.to_string().is_empty()),
    };
    let hash = payload_hash(body.as_bytes());
    let request = Tc3Request { method: "POST", path: "/", query: "", payload_hash: &hash, timestamp: "1" };
    let value = |name: &str| format!("Value of {name}");
    assert!(!verify_tc3(&request, &read, key, value), "a signature was guessed");
    let given = (read.date.as_str(), read.service.as_str(), read.signed_headers.as_slice());
    let signature = sign_tc3(&request, given, key, value);
    let written = format!(
        "TC3-HMAC-SHA256 Credential={}/{}/{}/tc3_request, SignedHeaders={}, Signature={signature}",
        read.secret_id,
        read.date,
        read.service,
        read.signed_headers.join(";")
    );
    let again = Tc3Authorization::parse(&written).expect("what was read can be written");
    assert_eq!((&again.secret_id, &again.signed_headers), (&read.secret_id, &read.signed_headers));
    assert!(verify_tc3(&request, &again, key, value), "our own signature is refused");
}

/// Any text as the address of a remote stream, of a customer's server, as an id and as a word: what is accepted is kept
/// as it was given, and what is shown of it holds no query.
///
/// # Panics
/// If a promise is broken.
pub fn addresses(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    assert!(RelayUrl::parse(&text, text.len().saturating_sub(1)).is_err() || text.is_empty(), "a limit is passed over");
    match RelayUrl::parse(&text, 4_096) {
        Ok(url) => {
            assert_eq!(url.text().reveal(), text.as_ref());
            assert!(
                !url.host().is_empty() && url.port() > 0 && !url.app().is_empty() && !url.name().reveal().is_empty()
            );
            assert!(!url.shown().contains('?') && !format!("{url:?}").contains('?'), "a query is shown");
        }
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
    if let Ok(url) = RelayUrl::parse_source(&text, 4_096) {
        assert!(!url.shown().contains('?') && !url.name().reveal().is_empty(), "a query is shown");
    }
    let base = HttpUrl::parse("https://h/live/a/x.m3u8?k=1", 4_096).expect("an address");
    match base.resolve(&text, 4_096) {
        Ok(url) => {
            assert!(url.tls() && url.port() > 0 && url.target().starts_with('/') && url.target().is_ascii());
            assert!(!url.path().split('/').any(|part| matches!(part, "." | "..")), "dots are left");
        }
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
    match HookUrl::parse(&text) {
        Ok(url) => {
            assert_eq!(url.text(), text.as_ref());
            assert!(!url.host().is_empty() && url.port() > 0 && url.target().starts_with('/'));
            for shown in [url.shown(), format!("{url:?}")] {
                assert!(shown.split_once('?').is_none_or(|(_, query)| query == "…"), "a query is shown");
            }
        }
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
    if let Ok(id) = Ulid::parse(&text) {
        assert_eq!(id.to_string(), text.to_ascii_uppercase());
    }
    if let Some(name) = KeyName::parse(&text) {
        assert_eq!(name.as_str(), text);
    }
    if let Some(host) = HostName::parse(&text) {
        assert_eq!(host.as_str(), text.to_ascii_lowercase());
        assert_eq!(HostName::of_authority(&format!("{text}:1")), Some(host));
    }
    if let Some(direction) = Direction::parse(&text) {
        assert_eq!(direction.as_str(), text);
    }
}

/// Any text as the last part of a picture's address: only what this key has signed is one, and a signed one is.
///
/// # Panics
/// If a promise is broken.
pub fn picture(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (ours, others) = (Secret::new("key".to_owned()), Secret::new("another".to_owned()));
    let (ours, others) = (PictureKey(&ours), PictureKey(&others));
    if let Some(id) = ours.read(&text) {
        assert!(ours.file(id).eq_ignore_ascii_case(&text), "a signature was guessed");
    }
    let number = data.first_chunk().map_or(0, |bytes: &[u8; 16]| u128::from_be_bytes(*bytes));
    let file = ours.file(Ulid(number));
    assert_eq!(ours.read(&file), Some(Ulid(number)));
    assert_eq!(others.read(&file), None, "another's signature holds");
}

/// 16 octets and a prefix as a block, 16 more as an address: a block holds what agrees with it bit by bit, and nothing else.
///
/// # Panics
/// If a promise is broken.
pub fn ip_block(data: &[u8]) {
    let Some(([octets @ .., prefix], rest)) = data.split_first_chunk::<17>() else { return };
    let Some(block) = IpBlock::new(*octets, *prefix) else { return assert!(*prefix > 128, "a block is refused") };
    assert_eq!(IpBlock::new(block.octets(), block.prefix()), Some(block), "a block is not what it was made of");
    assert!(block.holds(*octets) && block.holds(block.octets()));
    let Some(address) = rest.first_chunk::<16>() else { return };
    let bit = |octets: &[u8; 16], at: usize| octets.get(at / 8).map(|octet| octet >> (7 - at % 8) & 1);
    let agrees = (0..usize::from(*prefix)).all(|at| bit(octets, at) == bit(address, at));
    assert_eq!(block.holds(*address), agrees);
}
