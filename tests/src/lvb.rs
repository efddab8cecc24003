//! A client of the signed live video API, version 2, written anew from the documented formula.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

use crate::http::{Answer, parse, read_whole};
use crate::sign::unix_s;
use crate::{Server, Tls};

/// In which order a client sorts parameters before it signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `_` becomes `.` first, as in Python.
    Replaced,
    /// Sorted by the names as they are, as in Java.
    Original,
    /// The same, and a leading `_` stays, as in PHP and Node.
    KeepsFirst,
}

/// One call.
#[derive(Clone, Debug)]
pub struct ApiCall {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The `Host` header.
    pub host: String,
    /// Names and values, without the signature.
    pub parameters: Vec<(String, String)>,
    /// The secret key.
    pub key: String,
    /// The order in which the parameters are signed.
    pub order: Order,
    /// Whether a POST is written as multipart form data.
    pub multipart: bool,
}

impl ApiCall {
    /// A GET of now with the first credential of the server's app.
    #[track_caller]
    pub fn new(server: &Server, action: &str, more: &[(&str, &str)]) -> Self {
        static NONCE: AtomicU64 = AtomicU64::new(1);
        let nonce = NONCE.fetch_add(1, Relaxed) + u64::from(std::process::id()) * 1_000_000;
        let call = Self {
            method: "GET",
            host: server.https.clone(),
            parameters: Vec::new(),
            key: server.key("secret_key"),
            order: Order::Original,
            multipart: false,
        };
        let (nonce, time, id) = (nonce.to_string(), unix_s().to_string(), server.key("secret_id"));
        let common = [("Action", action), ("Nonce", &nonce), ("Timestamp", &time), ("SecretId", &id), ("Region", "gz")];
        common.iter().chain(more).fold(call, |call, (name, value)| call.with(name, value))
    }

    /// With this parameter, in the place of one of the same name.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.parameters.retain(|(known, _)| known != name);
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without this parameter.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(known, _)| known != name);
        self
    }

    /// Signed so many seconds from now.
    #[must_use]
    pub fn at(self, seconds: i64) -> Self {
        let time = unix_s().checked_add_signed(seconds).unwrap();
        self.with("Timestamp", &time.to_string())
    }

    /// As a POST.
    #[must_use]
    pub fn post(mut self) -> Self {
        self.method = "POST";
        self
    }

    /// The signature of what it is now.
    pub fn signature(&self) -> String {
        let dots = |name: &str| match self.order {
            Order::KeepsFirst if name.starts_with('_') => name.to_owned(),
            _ => name.replace('_', "."),
        };
        let signed = self.parameters.iter().filter(|(_, value)| self.method == "GET" || !value.starts_with('@'));
        let mut pairs: Vec<(String, &str)> = signed.map(|(name, value)| (name.clone(), value.as_str())).collect();
        if self.order == Order::Replaced {
            pairs.iter_mut().for_each(|(name, _)| *name = name.replace('_', "."));
        }
        pairs.sort();
        let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{}={value}", dots(name))).collect();
        let text = format!("{}{}/v2/index.php?{}", self.method, self.host, pairs.join("&"));
        let method = self.parameters.iter().find(|(name, _)| name == "SignatureMethod");
        if method.is_some_and(|(_, value)| value == "HmacSHA256") {
            mac::<Hmac<Sha256>>(&self.key, &text)
        } else {
            mac::<Hmac<Sha1>>(&self.key, &text)
        }
    }

    /// The bytes of the request, with the right signature.
    pub fn request(&self) -> Vec<u8> {
        self.request_with(Some(&self.signature()))
    }

    /// The bytes of the request with this signature, or none.
    pub fn request_with(&self, signature: Option<&str>) -> Vec<u8> {
        let mut pairs = self.parameters.clone();
        pairs.extend(signature.map(|signature| ("Signature".to_owned(), signature.to_owned())));
        let form: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
        let form = form.join("&");
        if self.method == "GET" {
            return raw(&format!("GET /v2/index.php?{form}"), &self.host, "", b"");
        }
        if self.multipart {
            // As the Java client writes it: an empty line first.
            let part = |(name, value): &(String, String)| {
                format!("\r\n-----b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}")
            };
            let body: String = pairs.iter().map(part).chain(["\r\n-----b--\r\n".to_owned()]).collect();
            let kind = "Content-Type: multipart/form-data; boundary=---b\r\n";
            return raw("POST /v2/index.php?Action=ignored", &self.host, kind, body.as_bytes());
        }
        let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
        raw("POST /v2/index.php?Action=ignored", &self.host, kind, form.as_bytes())
    }

    /// Sends it over HTTPS.
    #[track_caller]
    pub fn send(&self, server: &Server) -> Answer {
        tls_request(&server.https, &self.request())
    }
}

/// A request with this beginning of its first line and these further header lines.
pub fn raw(line: &str, host: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// Sends these very bytes over TLS and reads until the server closes.
///
/// # Panics
/// What comes back is no HTTP response.
#[track_caller]
pub fn tls_request(authority: &str, bytes: &[u8]) -> Answer {
    let mut tls = Tls::open(authority);
    // A refused request may be cut before its end: what was said counts.
    let _ = tls.write_all(bytes);
    // The server may close without a farewell of TLS: what was said before counts.
    parse(read_whole(&mut tls))
}

fn mac<M: Mac + KeyInit>(key: &str, text: &str) -> String {
    let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn escape(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
