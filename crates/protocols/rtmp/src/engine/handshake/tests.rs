use vivace_base::MonoMs;

use super::digest::{self, Layout};
use super::{ClientHandshake, Fault, Looks, PACKET_BYTES, Packet, RANDOM_BYTES, ServerHandshake, first_packet};

fn random(seed: u8) -> [u8; RANDOM_BYTES] {
    std::array::from_fn(|at| (at as u8).wrapping_mul(31) ^ seed)
}

fn packet(bytes: &[u8]) -> &Packet {
    bytes.try_into().unwrap()
}

/// The server's answer to C0 and `c1`.
fn answer_to(c1: &Packet) -> Vec<u8> {
    let mut server = ServerHandshake::new(random(1));
    let mut out = Vec::new();
    let input = [&[3], &c1[..]].concat();
    assert_eq!(server.feed(MonoMs(7), &mut &input[..], &mut out), Ok(false));
    assert_eq!(out.len(), 1 + 2 * PACKET_BYTES);
    out
}

#[test]
fn both_sides_finish_and_leave_what_follows() {
    for digest in [false, true] {
        for step in [1, 7, 1_536, 10_000] {
            let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
            let mut client = ClientHandshake::start(digest, random(9), MonoMs(5), &mut to_server);
            let mut server = ServerHandshake::new(random(1));
            for part in to_server.clone().chunks(step) {
                assert_eq!(server.feed(MonoMs(6), &mut &part[..], &mut to_client), Ok(false));
            }
            to_client.extend_from_slice(b"chunks");
            to_server.clear();
            let mut rest = Vec::new();
            for part in to_client.chunks(step) {
                let mut part = part;
                if client.feed(&mut part, &mut to_server).unwrap() {
                    rest.extend_from_slice(part);
                }
            }
            assert_eq!(rest, b"chunks");
            to_server.extend_from_slice(b"more");
            let mut input = &to_server[..];
            assert_eq!(server.feed(MonoMs(8), &mut input, &mut Vec::new()), Ok(true));
            assert_eq!(input, b"more");
        }
    }
}

#[test]
fn a_plain_first_packet_is_echoed() {
    let c1 = first_packet(1_234, [0; 4], &random(4));
    let out = answer_to(&c1);
    assert_eq!(out[0], 3);
    assert_eq!(out[1..5], 7u32.to_be_bytes());
    assert_eq!(out[5..9], [0; 4]);
    assert_eq!(out[1 + PACKET_BYTES..], c1);
}

#[test]
fn a_version_without_a_digest_is_plain() {
    let c1 = first_packet(1_234, [9, 0, 1, 1], &random(4));
    assert_eq!(answer_to(&c1)[1 + PACKET_BYTES..], c1);
}

#[test]
fn a_digest_is_answered_in_its_own_layout() {
    for layout in [Layout::DigestFirst, Layout::KeyFirst] {
        let mut c1 = first_packet(1_234, [9, 0, 124, 2], &random(4));
        digest::sign(&mut c1, layout, &digest::CLIENT_KEY);
        let (found, client_digest) = digest::find(&c1, &digest::CLIENT_KEY).unwrap();
        assert_eq!(found, layout);
        let out = answer_to(&c1);
        let s1 = packet(&out[1..=PACKET_BYTES]);
        assert_eq!(digest::find(s1, &digest::SERVER_KEY).unwrap().0, layout);
        assert_eq!(digest::find(s1, &digest::CLIENT_KEY), None);
        assert_eq!(out[1 + PACKET_BYTES..], digest::answer(&client_digest, &digest::SERVER_KEY, &random(1)));
    }
}

#[test]
fn the_digest_fits_wherever_its_offset_points() {
    for byte in [0, 1, 0x5b, 0xb5, 0xb6, 0xff] {
        for layout in [Layout::DigestFirst, Layout::KeyFirst] {
            let mut c1 = first_packet(0, [9, 0, 124, 2], &[byte; RANDOM_BYTES]);
            digest::sign(&mut c1, layout, &digest::CLIENT_KEY);
            assert_eq!(digest::find(&c1, &digest::CLIENT_KEY).map(|found| found.0), Some(layout));
        }
    }
}

#[test]
fn what_is_not_rtmp_is_told_by_its_first_bytes() {
    let refused = |input: &[u8]| ServerHandshake::new(random(1)).feed(MonoMs(0), &mut &*input, &mut Vec::new());
    for (input, looks) in [
        (&b"GET / HTTP/1.1\r\n"[..], Looks::Http),
        (b"P", Looks::Http),
        (b"OPTIONS rtsp://", Looks::Http),
        (&[0x16, 3, 1, 2], Looks::Tls),
        (&[0, 0], Looks::Unknown),
        (b"GARBAGE", Looks::Unknown),
    ] {
        assert_eq!(refused(input), Err(Fault::NotRtmp { first: input[0], looks }));
    }
    for version in [6, 8, 9] {
        assert_eq!(refused(&[version, 0]), Err(Fault::EncryptedHandshake { version }));
    }
}
