use vivace_base::MonoMs;

use super::{Fault, PACKET_BYTES, Packet, RANDOM_BYTES, VERSION, digest, fill, first_packet, skip, take_version};

/// What a client with digests calls itself: a Flash Player 9.0.124.2, which every server knows.
const CLIENT_VERSION: [u8; 4] = [9, 0, 124, 2];

/// The client's side: gives C0, C1 and C2, takes S0, S1 and S2.
pub struct ClientHandshake {
    stage: Stage,
    s1: Vec<u8>,
    digest: bool,
    random: Box<[u8; RANDOM_BYTES]>,
}

#[derive(Clone, Copy)]
enum Stage {
    S0,
    S1,
    S2 { left: usize },
}

impl ClientHandshake {
    /// Appends C0 and C1 to `out`; with `digest` C1 is signed, else it is plain.
    pub fn start(digest: bool, random: [u8; RANDOM_BYTES], now: MonoMs, out: &mut Vec<u8>) -> Self {
        let version = if digest { CLIENT_VERSION } else { [0; 4] };
        let mut c1 = first_packet(now.0 as u32, version, &random);
        if digest {
            digest::sign(&mut c1, digest::Layout::DigestFirst, &digest::CLIENT_KEY);
        }
        out.push(VERSION);
        out.extend_from_slice(&c1);
        Self { stage: Stage::S0, s1: Vec::new(), digest, random: Box::new(random) }
    }

    /// Takes the bytes of the handshake from the front of `input` and appends C2 to `out`.
    ///
    /// True when S2 is complete; what then is left in `input` are chunks.
    ///
    /// # Errors
    /// [`Fault::NotRtmp`] and [`Fault::EncryptedHandshake`] for the first byte.
    pub fn feed(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<bool, Fault> {
        loop {
            match &mut self.stage {
                Stage::S0 => {
                    if take_version(input)?.is_none() {
                        return Ok(false);
                    }
                    self.stage = Stage::S1;
                }
                Stage::S1 => {
                    if !fill(&mut self.s1, input) {
                        return Ok(false);
                    }
                    self.answer(out);
                    self.s1 = Vec::new();
                    self.stage = Stage::S2 { left: PACKET_BYTES };
                }
                Stage::S2 { left } => return Ok(skip(left, input)),
            }
        }
    }

    /// C2: signed if the server signed S1, else the echo of S1.
    fn answer(&self, out: &mut Vec<u8>) {
        match self.server_digest() {
            Some((_, server_digest)) => {
                out.extend_from_slice(&digest::answer(&server_digest, &digest::CLIENT_KEY, &self.random));
            }
            None => out.extend_from_slice(&self.s1),
        }
    }

    fn server_digest(&self) -> Option<(digest::Layout, digest::Digest)> {
        let s1: &Packet = self.s1.as_slice().try_into().ok()?;
        if self.digest { digest::find(s1, &digest::SERVER_KEY) } else { None }
    }
}
