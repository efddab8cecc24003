//! Entry points for fuzzing: any bytes may go in, and nothing may panic or grow without bound.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::websocket::framed;
use crate::{Handshake, Heard, WebSocketPlayer, response_head};

/// A control message that is being gathered (the longest head, the mask, 125 bytes) and the one before it.
const HELD_BYTES_MAX: usize = 2 + 8 + 4 + 125 + 125;

/// Any bytes as what a WebSocket client sends, whole and cut into pieces.
///
/// # Panics
/// If cuts change what is heard or answered, more is answered than was asked, or more is held than a control message has.
pub fn websocket(data: &[u8]) {
    // Noise hardly ever has the mask bit, without which nothing is read.
    let mut masked = data.to_vec();
    masked.iter_mut().take(2).zip([(0x8f, 0), (0xff, 0x80)]).for_each(|(byte, (keep, set))| *byte = *byte & keep | set);
    for input in [data, masked.as_slice()] {
        let whole = listen(input, input.len().max(1));
        for step in [1, 3, usize::from(data.last().copied().unwrap_or(0)) + 1] {
            assert_eq!(listen(input, step), whole, "cuts change what is heard");
        }
        assert!(whole.0.len() <= input.len() + 4, "more is answered than was asked");
    }
    messages(data);
}

fn listen(input: &[u8], step: usize) -> (Vec<u8>, Heard) {
    let (mut player, mut out) = (WebSocketPlayer::default(), Vec::new());
    for piece in input.chunks(step) {
        match player.on_input(piece, &mut out) {
            Heard::Nothing => assert!(player.held_bytes() <= HELD_BYTES_MAX, "{} bytes are held", player.held_bytes()),
            end => return (out, end),
        }
    }
    (out, Heard::Nothing)
}

/// A message of ours says its length in the shortest form.
fn messages(data: &[u8]) {
    let body = data.repeat(usize::from(data.first().copied().unwrap_or(0)) + 1);
    let mut out = b"x".to_vec();
    framed(&mut out, |out| out.extend_from_slice(&body));
    let (length, head) = match (body.len(), out.get(1..).unwrap_or_default()) {
        (0, []) => return,
        (_, [0x82, 127, rest @ ..]) => (rest.first_chunk().map(|bytes| u64::from_be_bytes(*bytes)), 10),
        (_, [0x82, 126, rest @ ..]) => (rest.first_chunk().map(|bytes| u64::from(u16::from_be_bytes(*bytes))), 4),
        (_, [0x82, short, ..]) => (Some(u64::from(*short)), 2),
        (_, odd) => panic!("no message: {:?}", odd.first_chunk::<2>()),
    };
    assert_eq!(length, Some(body.len() as u64));
    assert_eq!(head, [2, 4, 10][usize::from(body.len() > 125) + usize::from(body.len() > 65_535)]);
    assert!(out.get(1 + head..) == Some(&body[..]));
}

/// Any lines as the head of a request for a live play: the answer to an upgrade has one shape, whatever the key was.
///
/// # Panics
/// If a peer's bytes get into the head of the response.
pub fn request(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let method = lines.next().and_then(|line| Method::from_bytes(line).ok()).unwrap_or(Method::GET);
    let mut headers = HeaderMap::new();
    for line in lines.take(16) {
        // A letter for each header that is read, so that a fuzzer need not spell their names.
        let Some((letter, value)) = line.split_first() else { continue };
        let Ok(value) = HeaderValue::from_bytes(value) else { continue };
        let name = match letter {
            b'u' => header::UPGRADE,
            b'k' => header::SEC_WEBSOCKET_KEY,
            b'v' => header::SEC_WEBSOCKET_VERSION,
            _ => HeaderName::from_static("x-other"),
        };
        headers.append(name, value);
    }
    match Handshake::of(&method, &headers) {
        Ok(handshake) => {
            assert_eq!(method, Method::GET);
            let head = response_head(&handshake, "video/x-flv", "0123456789abcdef");
            let ends = head.windows(4).filter(|four| *four == b"\r\n\r\n").count();
            assert!(ends == 1 && head.ends_with(b"\r\n\r\n"), "the head has {ends} ends");
            if let Handshake::WebSocket { accept } = &handshake {
                assert!(accept.len() == 28 && accept.is_ascii(), "{accept}");
            }
        }
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
}
