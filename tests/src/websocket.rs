use std::io::{Read, Write};

use crate::Live;
use crate::http::{header, open};
use crate::split;

/// A WebSocket client written from RFC 6455: reads messages, sends masked frames.
#[derive(Debug)]
pub struct WebSocket {
    live: Live,
    rest: Vec<u8>,
    /// Code of the close frame, when it has come.
    pub closed: Option<u16>,
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Frame {
    opcode: u8,
    body: Vec<u8>,
}

impl WebSocket {
    /// Opens a `ws://` URL.
    ///
    /// # Panics
    /// The server refuses, or gives another answer to the key than the RFC's own example has.
    #[track_caller]
    pub fn open(url: &str) -> Self {
        let headers = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        let live = Live::over(open(split(url).0), url, headers);
        assert_eq!(header(&live.head, "Sec-WebSocket-Accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{}", live.head);
        Self { live, rest: Vec::new(), closed: None }
    }

    /// The next binary message; `None` after a close frame, whose code is kept in `closed`.
    pub fn message(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        loop {
            let frame = self.frame()?;
            match frame.opcode {
                2 => return Ok(Some(frame.body)),
                8 => {
                    self.closed = frame.body.first_chunk().map(|code| u16::from_be_bytes(*code));
                    return Ok(None);
                }
                _ => {}
            }
        }
    }

    /// Reads until the close frame; its code.
    pub fn close_code(&mut self) -> std::io::Result<u16> {
        loop {
            let frame = self.frame()?;
            if frame.opcode == 8 {
                return Ok(u16::from_be_bytes([frame.body[0], frame.body[1]]));
            }
        }
    }

    /// Sends a ping and reads until its pong comes; whether the pong has the ping's bytes.
    pub fn ping(&mut self, body: &[u8]) -> std::io::Result<bool> {
        let mask = [1, 2, 3, 4];
        let mut frame = vec![0x89, 0x80 | u8::try_from(body.len()).unwrap()];
        frame.extend(mask);
        frame.extend(body.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        self.live.socket().write_all(&frame)?;
        loop {
            let frame = self.frame()?;
            if frame.opcode == 10 {
                return Ok(frame.body == body);
            }
        }
    }

    fn frame(&mut self) -> std::io::Result<Frame> {
        let [first, second] = self.take()?;
        assert_eq!(first & 0xf0, 0x80, "each message is one whole frame without extensions");
        assert_eq!(second & 0x80, 0, "a server does not mask");
        let length = match second {
            126 => usize::from(u16::from_be_bytes(self.take()?)),
            127 => usize::try_from(u64::from_be_bytes(self.take()?)).unwrap(),
            short => usize::from(short),
        };
        assert!(length < 8 << 20, "a message of {length} bytes");
        let mut body = vec![0; length];
        self.live.read_exact(&mut body)?;
        Ok(Frame { opcode: first & 15, body })
    }

    fn take<const N: usize>(&mut self) -> std::io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.live.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// The messages' bytes one after the other.
impl Read for WebSocket {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.rest.is_empty() {
            match self.message()? {
                Some(message) => self.rest = message,
                None => return Ok(0),
            }
        }
        let count = buffer.len().min(self.rest.len());
        buffer[..count].copy_from_slice(&self.rest[..count]);
        self.rest.drain(..count);
        Ok(count)
    }
}
