//! The running server's API, as the command line uses it: one request over one connection.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;
use thiserror::Error;
use vivace_base::Secret;

use crate::fault::Fault;

/// How long the server may take for each step.
const PATIENCE: Duration = Duration::from_secs(30);
/// Far above any answer: a thousand relays take half a megabyte.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// The API of a running server.
pub(crate) struct Api {
    pub(crate) address: SocketAddr,
    pub(crate) token: Secret<String>,
}

/// Why there was no answer.
#[derive(Debug, Error)]
pub(crate) enum ApiFault {
    /// The connection.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// What came is no HTTP response with JSON in it.
    #[error("its answer cannot be read")]
    Answer,
}

impl Api {
    /// Asks; the answer's JSON, null where it has no body.
    ///
    /// # Errors
    /// [`Fault::Api`], and [`Fault::Refused`] with the server's words.
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Fault> {
        let answered = self.exchange(method, path, body);
        let (status, answer) = answered.map_err(|reason| Fault::Api { address: self.address, reason })?;
        if (200..300).contains(&status) {
            return Ok(answer);
        }
        let said = answer.get("message").and_then(Value::as_str);
        let message = said.map_or_else(|| format!("HTTP status {status}"), str::to_owned);
        Err(Fault::Refused { message, usage: matches!(status, 400 | 404) })
    }

    /// All rows of a list, page after page.
    ///
    /// # Errors
    /// As [`Api::ask`].
    pub(crate) fn all(&self, path: &str) -> Result<Vec<Value>, Fault> {
        let first = if path.contains('?') { '&' } else { '?' };
        let mut rows = Vec::new();
        let mut cursor = String::new();
        loop {
            let mut page = self.ask("GET", &format!("{path}{first}limit=500{cursor}"), None)?;
            if let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) {
                rows.extend(items);
            }
            let Some(next) = page.get("next").and_then(Value::as_str) else { return Ok(rows) };
            cursor = format!("&cursor={}", component(next));
        }
    }

    fn exchange(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, Value), ApiFault> {
        let mut socket = TcpStream::connect_timeout(&self.address, PATIENCE)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        let body = body.map_or_else(String::new, Value::to_string);
        let (address, bytes) = (self.address, body.len());
        let line = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
        let kind = format!("X-Vivace-Face: cli\r\nContent-Type: application/json\r\nContent-Length: {bytes}\r\n\r\n");
        let request = [&line, "Authorization: Bearer ", self.token.reveal(), "\r\n", &kind, &body].concat();
        socket.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        socket.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
        read(&answer).ok_or(ApiFault::Answer)
    }
}

/// A text as a part of a path or a query.
pub(crate) fn component(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let each = text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    let encoded: String = each.collect();
    // Dots alone would lead out of the path, and nothing to the list.
    if encoded.bytes().all(|byte| byte == b'.') { "-".to_owned() } else { encoded }
}

/// Status and JSON of a response whose length its header says.
fn read(answer: &[u8]) -> Option<(u16, Value)> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, body) = (str::from_utf8(answer.get(..end)?).ok()?, answer.get(end + 4..)?);
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    let mut lengths = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = match lengths.next() {
        Some((_, length)) => length.trim().parse().ok()?,
        None => 0,
    };
    if length == 0 {
        return Some((status, Value::Null));
    }
    Some((status, serde_json::from_slice(body.get(..length)?).ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{component, read};

    #[test]
    fn no_text_leaves_its_place_in_a_path() {
        for (text, encoded) in
            [("cam-1.b_2", "cam-1.b_2"), ("a/b?c d", "a%2Fb%3Fc%20d"), ("..", "-"), ("", "-"), ("ä", "%C3%A4")]
        {
            assert_eq!(component(text), encoded);
        }
    }

    #[test]
    fn a_whole_answer_is_read_and_a_broken_one_is_none() {
        let good = b"HTTP/1.1 201 Created\r\nContent-Length: 8\r\n\r\n{\"a\": 1}";
        assert_eq!(read(good), Some((201, json!({"a": 1}))));
        assert_eq!(read(b"HTTP/1.1 204 No Content\r\n\r\n"), Some((204, Value::Null)));
        for end in 0..good.len() {
            let read = read(&good[..end]);
            assert!(read.is_none(), "{end}: {read:?}");
        }
        assert_eq!(read(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"), None);
        assert_eq!(read(b"SSH-2.0\r\n\r\n"), None);
    }
}
