//! The player's reader of fragmented MP4 against servers that send something else.

use bytes::Bytes;
use vivace_base::MediaTime;
use vivace_media::Codec;
use vivace_media::fmp4::{Sample, Track, fragment, init_segment};

use super::super::mp4::Scanner;

/// A reproducible die (xorshift64*).
fn die(seed: &mut u64, bound: usize) -> usize {
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    ((seed.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound as u64) as usize
}

fn stream() -> Vec<u8> {
    let track = Track::from_config(Codec::Aac, &Bytes::from_static(&[0x12, 0x10]), 1).expect("a track");
    let mut stream = init_segment(std::slice::from_ref(&track));
    let time = MediaTime::from_ms;
    let sample = Sample { dts: time(0), cts: time(0), duration: time(20), key: true, payload: &[1; 9] };
    for sequence in 1..4 {
        fragment(sequence, &track, &[sample, sample], &mut stream).expect("a small fragment");
    }
    stream
}

fn mutated(valid: &[u8], seed: &mut u64) -> Vec<u8> {
    let mut bytes = valid.to_vec();
    for _ in 0..=die(seed, 4) {
        let at = die(seed, bytes.len());
        match die(seed, 4) {
            0 => bytes[at] = die(seed, 256) as u8,
            1 => bytes[at] ^= 1 << die(seed, 8),
            2 => bytes.truncate(at.max(1)),
            _ => bytes.insert(at, [0, 1, 8, 0xff][die(seed, 4)]),
        }
    }
    bytes
}

#[test]
fn cuts_change_nothing_in_what_a_strange_server_sends() {
    let (seed, valid) = (&mut 0x5eed_0102_u64, stream());
    let (mut good, mut bad) = (0, 0);
    for _ in 0..5_000 {
        let bytes = mutated(&valid, seed);
        let whole = Scanner::default().feed(&bytes);
        if whole.is_ok() {
            good += 1
        } else {
            bad += 1
        }
        let mut scanner = Scanner::default();
        let step = die(seed, 40) + 1;
        let mut cut = scanner.feed(&[]);
        for piece in bytes.chunks(step) {
            if cut.is_ok() {
                cut = scanner.feed(piece);
            }
        }
        assert_eq!(whole, cut, "in pieces of {step}: {bytes:?}");
    }
    assert!(good > 500 && bad > 500, "{good} {bad}");
}
