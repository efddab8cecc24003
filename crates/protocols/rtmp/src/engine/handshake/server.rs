use vivace_base::MonoMs;

use super::{Fault, PACKET_BYTES, Packet, RANDOM_BYTES, VERSION, digest, fill, first_packet, skip, take_version};

/// What a server with digests calls itself: a Flash Media Server 4.5, which every client knows.
const SERVER_VERSION: [u8; 4] = [4, 5, 0, 1];

/// The server's side: takes C0, C1 and C2, gives S0, S1 and S2.
pub struct ServerHandshake {
    stage: Stage,
    c1: Vec<u8>,
    random: Box<[u8; RANDOM_BYTES]>,
}

#[derive(Clone, Copy)]
enum Stage {
    C0,
    C1,
    C2 { left: usize },
}

impl ServerHandshake {
    /// Waits for C0. `random` fills S1, and S2 where it is not an echo.
    pub fn new(random: [u8; RANDOM_BYTES]) -> Self {
        Self { stage: Stage::C0, c1: Vec::new(), random: Box::new(random) }
    }

    /// Takes the bytes of the handshake from the front of `input` and appends the answer to `out`.
    ///
    /// True when C2 is complete; what then is left in `input` are chunks.
    ///
    /// # Errors
    /// [`Fault::NotRtmp`] and [`Fault::EncryptedHandshake`] for the first byte.
    pub fn feed(&mut self, now: MonoMs, input: &mut &[u8], out: &mut Vec<u8>) -> Result<bool, Fault> {
        loop {
            match &mut self.stage {
                Stage::C0 => {
                    if take_version(input)?.is_none() {
                        return Ok(false);
                    }
                    self.stage = Stage::C1;
                }
                Stage::C1 => {
                    if !fill(&mut self.c1, input) {
                        return Ok(false);
                    }
                    self.answer(now, out);
                    self.c1 = Vec::new();
                    self.stage = Stage::C2 { left: PACKET_BYTES };
                }
                Stage::C2 { left } => return Ok(skip(left, input)),
            }
        }
    }

    fn answer(&self, now: MonoMs, out: &mut Vec<u8>) {
        out.push(VERSION);
        match self.client_digest() {
            Some((layout, client_digest)) => {
                let mut s1 = first_packet(now.0 as u32, SERVER_VERSION, &self.random);
                digest::sign(&mut s1, layout, &digest::SERVER_KEY);
                out.extend_from_slice(&s1);
                out.extend_from_slice(&digest::answer(&client_digest, &digest::SERVER_KEY, &self.random));
            }
            None => {
                out.extend_from_slice(&first_packet(now.0 as u32, [0; 4], &self.random));
                out.extend_from_slice(&self.c1);
            }
        }
    }

    fn client_digest(&self) -> Option<(digest::Layout, digest::Digest)> {
        let c1: &Packet = self.c1.as_slice().try_into().ok()?;
        let is_plain = c1.iter().skip(4).take(4).all(|&byte| byte == 0);
        if is_plain { None } else { digest::find(c1, &digest::CLIENT_KEY) }
    }
}
