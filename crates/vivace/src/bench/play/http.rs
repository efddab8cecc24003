//! The head of an HTTP response, as far as a player needs it (RFC 9112).

use thiserror::Error;

/// Why a response is not a stream.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum HttpFault {
    #[error("HTTP answered {0:?}")]
    Status(String),
    #[error("the answer is not HTTP: {0:?}")]
    NotHttp(String),
    #[error("the response is chunked (Transfer-Encoding), and its framing would be counted as media: not measured")]
    Chunked,
    #[error("the response head is longer than {0} bytes")]
    HeadTooLong(usize),
}

/// Longest response head in bytes.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// As much of a status line as is repeated.
const LINE_BYTES_MAX: usize = 200;
const END: &[u8] = b"\r\n\r\n";

/// A response head that is not whole yet.
#[derive(Debug, Default)]
pub(super) struct Head {
    bytes: Vec<u8>,
}

impl Head {
    /// Takes the head's bytes from the front of `input`. True when it is whole and announces a plain stream.
    ///
    /// # Errors
    /// [`HttpFault`]; nothing more is to be given then.
    pub(super) fn feed(&mut self, input: &mut &[u8]) -> Result<bool, HttpFault> {
        while let Some((&byte, rest)) = input.split_first() {
            *input = rest;
            self.bytes.push(byte);
            if self.bytes.ends_with(END) {
                check(&String::from_utf8_lossy(&self.bytes))?;
                self.bytes = Vec::new();
                return Ok(true);
            }
            if self.bytes.len() >= HEAD_BYTES_MAX {
                return Err(HttpFault::HeadTooLong(HEAD_BYTES_MAX));
            }
        }
        Ok(false)
    }
}

fn check(head: &str) -> Result<(), HttpFault> {
    let mut lines = head.split("\r\n");
    let status_line = lines.next().unwrap_or_default();
    let shown = || status_line.chars().filter(|character| !character.is_control()).take(LINE_BYTES_MAX).collect();
    let mut words = status_line.split(' ');
    if !words.next().is_some_and(|version| version.starts_with("HTTP/1.")) {
        return Err(HttpFault::NotHttp(shown()));
    }
    if words.next() != Some("200") {
        return Err(HttpFault::Status(shown()));
    }
    let is_coded = |line: &str| {
        line.split_once(':').is_some_and(|(name, value)| {
            name.eq_ignore_ascii_case("transfer-encoding") && !value.trim().eq_ignore_ascii_case("identity")
        })
    };
    if lines.any(is_coded) { Err(HttpFault::Chunked) } else { Ok(()) }
}
