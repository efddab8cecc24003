use base64::Engine as _;
use sha1::{Digest, Sha1};

/// The value of `Sec-WebSocket-Accept` for a client's key (RFC 6455, section 4.2.2).
pub fn accept_key(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key.as_bytes());
    hash.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    base64::engine::general_purpose::STANDARD.encode(hash.finalize())
}

const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// Appends what `write` writes as one unmasked binary message; nothing if it writes nothing.
pub(crate) fn framed(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    // The longest header is reserved, and what is too much of it taken out again.
    const HEADER: usize = 10;
    let begun = out.len();
    out.resize(begun + HEADER, 0);
    write(out);
    let length = out.len() - begun - HEADER;
    if length == 0 {
        out.truncate(begun);
        return;
    }
    let mut header = [0; HEADER];
    let used = header_of(BINARY, length, &mut header);
    out.splice(begun..begun + HEADER, header.into_iter().take(used));
}

fn header_of(opcode: u8, length: usize, header: &mut [u8; 10]) -> usize {
    header[0] = 0x80 | opcode;
    if length < 126 {
        header[1] = length as u8;
        2
    } else if let Ok(short) = u16::try_from(length) {
        header[1] = 126;
        header[2..4].copy_from_slice(&short.to_be_bytes());
        4
    } else {
        header[1] = 127;
        header[2..10].copy_from_slice(&(length as u64).to_be_bytes());
        10
    }
}

/// What a WebSocket client's bytes ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing that ends the play.
    Nothing,
    /// The client closed the connection.
    Closed,
    /// The client broke RFC 6455, or sent a longer frame than a player has reason to.
    Broken,
}

/// The player's half of a WebSocket connection: answers pings and closes, passes over everything else.
#[derive(Debug, Default)]
pub struct WebSocketPlayer {
    head: Vec<u8>,
    body: Vec<u8>,
    /// Bytes of a data message that are still to be passed over.
    passing: u64,
}

/// Longest data message that is passed over.
const MESSAGE_BYTES_MAX: u64 = 64 << 10;

impl WebSocketPlayer {
    /// Takes bytes in any split; replies are appended to `out`.
    pub fn on_input(&mut self, mut input: &[u8], out: &mut Vec<u8>) -> Heard {
        loop {
            let pass = usize::try_from(self.passing).unwrap_or(usize::MAX).min(input.len());
            self.passing -= pass as u64;
            input = input.get(pass..).unwrap_or_default();
            let Some((byte, rest)) = input.split_first() else { return Heard::Nothing };
            input = rest;
            self.head.push(*byte);
            match self.step(out) {
                Heard::Nothing => {}
                end => return end,
            }
        }
    }

    /// The close frame of a server that ends the play (1001, going away).
    pub fn farewell(out: &mut Vec<u8>) {
        control(CLOSE, &1_001_u16.to_be_bytes(), out);
    }

    /// Bytes that are kept of what has come.
    pub(crate) fn held_bytes(&self) -> usize {
        self.head.len() + self.body.len()
    }

    /// Looks at the bytes gathered so far; a frame that is complete is acted on.
    fn step(&mut self, out: &mut Vec<u8>) -> Heard {
        let [first, second, extended @ ..] = self.head.as_slice() else { return Heard::Nothing };
        let (opcode, short) = (first & 15, u64::from(second & 127));
        if second & 128 == 0 || first & 0x70 != 0 {
            return Heard::Broken;
        }
        let wide = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if extended.len() < wide + 4 {
            return Heard::Nothing;
        }
        let (number, rest) = extended.split_at(wide);
        let length = if wide == 0 { short } else { number.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)) };
        let (mask, body) = rest.split_at(4);
        if opcode < CLOSE {
            if length > MESSAGE_BYTES_MAX {
                return Heard::Broken;
            }
            self.head.clear();
            self.passing = length;
            return Heard::Nothing;
        }
        if length > 125 {
            return Heard::Broken;
        }
        if (body.len() as u64) < length {
            return Heard::Nothing;
        }
        self.body.clear();
        self.body.extend(body.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        self.head.clear();
        match opcode {
            PING => control(PONG, &self.body, out),
            CLOSE => {
                control(CLOSE, self.body.get(..2).unwrap_or_default(), out);
                return Heard::Closed;
            }
            _ => {}
        }
        Heard::Nothing
    }
}

fn control(opcode: u8, body: &[u8], out: &mut Vec<u8>) {
    let mut header = [0; 10];
    let used = header_of(opcode, body.len(), &mut header);
    out.extend_from_slice(header.get(..used).unwrap_or_default());
    out.extend_from_slice(body);
}

#[cfg(test)]
mod tests {
    use super::{Heard, WebSocketPlayer, accept_key, framed};

    #[test]
    fn the_example_key_of_rfc_6455_gets_its_answer() {
        assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn message_headers_have_the_three_lengths_of_rfc_6455() {
        for (length, header) in [(0_usize, vec![]), (125, vec![0x82, 125]), (126, vec![0x82, 126, 0, 126])] {
            let mut out = vec![7];
            framed(&mut out, |out| out.resize(out.len() + length, 1));
            assert_eq!(out.len(), 1 + header.len() + length);
            assert!(out[1..].starts_with(&header));
        }
        let mut out = Vec::new();
        framed(&mut out, |out| out.resize(out.len() + 70_000, 1));
        assert_eq!(out[..10], [0x82, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70]);
    }

    #[test]
    fn pings_are_answered_and_text_is_passed_over_in_any_split() {
        let mut input = vec![0x81, 0x83, 1, 2, 3, 4, 9, 9, 9];
        input.extend([0x89, 0x82, 1, 1, 1, 1, b'h' ^ 1, b'i' ^ 1]);
        input.extend([0x88, 0x82, 0, 0, 0, 0, 3, 0xe8]);
        for step in 1..input.len() {
            let (mut player, mut out, mut heard) = (WebSocketPlayer::default(), Vec::new(), Heard::Nothing);
            for piece in input.chunks(step) {
                heard = player.on_input(piece, &mut out);
            }
            assert_eq!((out.as_slice(), heard), (&[0x8a, 2, b'h', b'i', 0x88, 2, 3, 0xe8][..], Heard::Closed));
        }
    }

    #[test]
    fn an_unmasked_frame_and_an_endless_one_end_the_play() {
        assert_eq!(WebSocketPlayer::default().on_input(&[0x81, 3, 1, 2, 3, 4, 5], &mut Vec::new()), Heard::Broken);
        let endless = [0x82, 0xff, 127, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0];
        assert_eq!(WebSocketPlayer::default().on_input(&endless, &mut Vec::new()), Heard::Broken);
    }

    /// A reproducible die (xorshift64*).
    fn die(seed: &mut u64, bound: u64) -> u64 {
        *seed ^= *seed >> 12;
        *seed ^= *seed << 25;
        *seed ^= *seed >> 27;
        (seed.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }

    /// A masked client frame with its length in the shortest of the three forms, or a longer one.
    fn client_frame(seed: &mut u64, first: u8, body: &[u8], wide: u64) -> Vec<u8> {
        let length = body.len();
        let mut out = vec![first];
        match (length, wide) {
            (0..126, 0) => out.push(0x80 | length as u8),
            (_, 0 | 1) => {
                out.push(0x80 | 126);
                out.extend((length as u16).to_be_bytes());
            }
            _ => {
                out.push(0x80 | 127);
                out.extend((length as u64).to_be_bytes());
            }
        }
        let mask: [u8; 4] = std::array::from_fn(|_| die(seed, 256) as u8);
        out.extend(mask);
        out.extend(body.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        out
    }

    fn feed(input: &[u8], mut step: impl FnMut() -> usize) -> (Vec<u8>, Heard) {
        let (mut player, mut out, mut input) = (WebSocketPlayer::default(), Vec::new(), input);
        while !input.is_empty() {
            let (now, rest) = input.split_at(step().clamp(1, input.len()));
            match player.on_input(now, &mut out) {
                Heard::Nothing => input = rest,
                end => return (out, end),
            }
            assert!(player.head.len() < 14 + 126, "a header of {} bytes is held", player.head.len());
            assert!(player.body.len() <= 125);
        }
        (out, Heard::Nothing)
    }

    #[test]
    fn any_split_of_well_formed_messages_is_answered_alike() {
        let seed = &mut 0x1234_5678_9abc_def1;
        for _ in 0..500 {
            let (mut input, mut answer) = (Vec::new(), Vec::new());
            for _ in 0..die(seed, 12) {
                let ping = die(seed, 2) == 0;
                let longest = if ping { 126 } else { 3_000 };
                let body: Vec<u8> = (0..die(seed, longest)).map(|_| die(seed, 256) as u8).collect();
                let first = if ping { 0x89 } else { [0x81, 0x82, 0x01, 0x00, 0x80][die(seed, 5) as usize] };
                let wide = if ping { 0 } else { die(seed, 3) };
                input.extend(client_frame(seed, first, &body, wide));
                if ping {
                    answer.extend([0x8a, body.len() as u8]);
                    answer.extend(body);
                }
            }
            let whole = feed(&input, || usize::MAX);
            assert_eq!(whole, (answer, Heard::Nothing));
            for most in [1, 2, 7, 100] {
                assert_eq!(feed(&input, || die(seed, most) as usize + 1), whole);
            }
        }
    }

    #[test]
    fn garbage_ends_the_play_or_passes_and_is_never_held() {
        let seed = &mut 0xfeed_5678_9abc_def1;
        for _ in 0..20_000 {
            let mut input: Vec<u8> = (0..die(seed, 300)).map(|_| die(seed, 256) as u8).collect();
            if die(seed, 2) == 0 && input.len() > 1 {
                // The two bits that most garbage fails at.
                input[0] &= 0x8f;
                input[1] |= 0x80;
            }
            let whole = feed(&input, || usize::MAX);
            let split = feed(&input, || die(seed, 9) as usize + 1);
            assert_eq!(split, whole);
            assert!(whole.0.len() <= input.len() + 4, "more is answered than was asked");
        }
    }
}
