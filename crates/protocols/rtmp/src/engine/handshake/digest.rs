use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{PACKET_BYTES, Packet, RANDOM_BYTES};

/// Bytes of an HMAC-SHA256.
pub(super) const DIGEST_BYTES: usize = 32;
/// Key of the server: its text signs S1, the whole of it S2.
pub(super) const SERVER_KEY: Key = Key { text: b"Genuine Adobe Flash Media Server 001" };
/// Key of the client: its text signs C1, the whole of it C2.
pub(super) const CLIENT_KEY: Key = Key { text: b"Genuine Adobe Flash Player 001" };

/// The constant that follows the text in both keys; it is public and proves nothing about the peer.
const KEY_TAIL: [u8; 32] = [
    0xf0, 0xee, 0xc2, 0x4a, 0x80, 0x68, 0xbe, 0xe8, 0x2e, 0x00, 0xd0, 0xd1, 0x02, 0x9e, 0x7e, 0x57, 0x6e, 0xec, 0x5d,
    0x2d, 0x29, 0x80, 0x6f, 0xab, 0x93, 0xb8, 0xe6, 0x36, 0xcf, 0xeb, 0x31, 0xae,
];

pub(super) type Digest = [u8; DIGEST_BYTES];

/// One of the two genuine keys.
pub(super) struct Key {
    text: &'static [u8],
}

/// Where the digest lies in C1 and S1: in the block after the version, or in the one after the key block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Offset at byte 8, the digest before the key.
    DigestFirst,
    /// Offset at byte 772, the digest behind the key.
    KeyFirst,
}

impl Layout {
    /// Byte where the digest begins. At most 727 + 772 + 4, so it always ends inside the packet.
    fn digest_at(self, packet: &Packet) -> usize {
        let block = match self {
            Self::DigestFirst => 8,
            Self::KeyFirst => 772,
        };
        let sum: usize = packet.iter().skip(block).take(4).map(|&byte| usize::from(byte)).sum();
        sum % 728 + block + 4
    }
}

/// Finds the digest that a peer with `key` put into its first packet.
pub(super) fn find(packet: &Packet, key: &Key) -> Option<(Layout, Digest)> {
    [Layout::DigestFirst, Layout::KeyFirst].into_iter().find_map(|layout| {
        let expected = first_digest(packet, layout, key);
        let at = layout.digest_at(packet);
        (packet.get(at..at + DIGEST_BYTES) == Some(&expected[..])).then_some((layout, expected))
    })
}

/// Puts our digest into our first packet.
pub(super) fn sign(packet: &mut Packet, layout: Layout, key: &Key) {
    let digest = first_digest(packet, layout, key);
    let at = layout.digest_at(packet);
    if let Some(place) = packet.get_mut(at..at + DIGEST_BYTES) {
        place.copy_from_slice(&digest);
    }
}

/// The second packet (C2, S2): random bytes signed with a key made from the peer's digest.
pub(super) fn answer(peer_digest: &Digest, key: &Key, random: &[u8; RANDOM_BYTES]) -> Packet {
    const SIGNED: usize = PACKET_BYTES - DIGEST_BYTES;
    let temporary = hmac(&[key.text, &KEY_TAIL].concat(), &[peer_digest]);
    let mut packet = [0; PACKET_BYTES];
    let (signed, place) = packet.split_at_mut(SIGNED);
    for (byte, random) in signed.iter_mut().zip(random) {
        *byte = *random;
    }
    place.copy_from_slice(&hmac(&temporary, &[signed]));
    packet
}

/// Digest over a first packet without the place of the digest itself.
fn first_digest(packet: &Packet, layout: Layout, key: &Key) -> Digest {
    let (before, rest) = packet.split_at(layout.digest_at(packet));
    let after = rest.get(DIGEST_BYTES..).unwrap_or_default();
    hmac(key.text, &[before, after])
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Digest {
    // HMAC is defined for keys of every length; the error of this constructor belongs to other MACs.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; DIGEST_BYTES] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::{CLIENT_KEY, KEY_TAIL, SERVER_KEY, hmac};

    #[test]
    fn the_keys_have_their_known_lengths() {
        assert_eq!((SERVER_KEY.text.len(), CLIENT_KEY.text.len(), KEY_TAIL.len()), (36, 30, 32));
    }

    /// RFC 4231, test case 2.
    #[test]
    fn the_mac_is_hmac_sha256() {
        let mac = hmac(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(mac[..8], [0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e]);
    }
}
