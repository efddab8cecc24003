//! Time stamps inside the video: user data that is not registered (H.264 D.1.7, H.265 D.2.7) in an SEI NAL unit of its
//! own, which every server passes on as part of the picture.
//!
//! The user data is a UUID and the monotonic clock in 16 hexadecimal digits, 44 bytes with the headers. No byte of it
//! needs emulation prevention, and all of it lies in the first 128 bytes of a message, the smallest chunk of RTMP.

use vivace_media::Codec;

/// The UUID in front of the digits. It is fixed, so that other programs may read these stamps and write their own.
const UUID: [u8; 16] = *b"LGTSTAMP-LATENCY";
const DIGITS: usize = 16;
const STAMP_BYTES: usize = UUID.len() + DIGITS;

const USER_DATA_UNREGISTERED: u8 = 5;
const STOP_BIT: u8 = 0x80;

/// An SEI NAL unit behind its length of `length_size` bytes, which says `now_ns`; `None` for a codec without NAL units
/// and for a length that takes other than 1, 2 or 4 bytes.
pub(super) fn sei(codec: Codec, length_size: usize, now_ns: u64) -> Option<Vec<u8>> {
    let header: &[u8] = match codec {
        Codec::H264 => &[6],
        // A prefix SEI of the base layer.
        Codec::Hevc => &[39 << 1, 1],
        // Its units of metadata would have to stand inside of the frame.
        Codec::Av1 | Codec::Vp9 => return None,
        Codec::Aac | Codec::Mp3 | Codec::Opus | Codec::G711A | Codec::G711U => return None,
    };
    let unit_bytes = header.len() + 2 + STAMP_BYTES + 1;
    let length = (unit_bytes as u32).to_be_bytes();
    let length = match length_size {
        1 | 2 | 4 => length.get(length.len() - length_size..)?,
        _ => return None,
    };
    let mut unit = Vec::with_capacity(length.len() + unit_bytes);
    unit.extend_from_slice(length);
    unit.extend_from_slice(header);
    unit.extend_from_slice(&[USER_DATA_UNREGISTERED, STAMP_BYTES as u8]);
    unit.extend_from_slice(&UUID);
    unit.extend_from_slice(format!("{now_ns:016x}").as_bytes());
    unit.push(STOP_BIT);
    Some(unit)
}

/// Finds stamps in bytes that come cut at any place.
#[derive(Debug, Default)]
pub(super) struct Finder {
    /// The end of what was searched, where a stamp may have begun: less than a whole one.
    tail: Vec<u8>,
}

impl Finder {
    /// Searches what arrived and hands each stamp's nanoseconds to `found`, in order.
    pub(super) fn feed(&mut self, bytes: &[u8], mut found: impl FnMut(u64)) {
        let mut from = 0;
        if !self.tail.is_empty() {
            // Stamps that begin in the tail end before `seam` bytes of the new ones.
            let tail_bytes = self.tail.len();
            let seam = bytes.len().min(STAMP_BYTES - 1);
            self.tail.extend_from_slice(bytes.get(..seam).unwrap_or_default());
            let searched = search(&self.tail, &mut found);
            if bytes.len() < STAMP_BYTES {
                self.keep_from(searched);
                return;
            }
            from = searched.saturating_sub(tail_bytes);
        }
        let rest = bytes.get(from..).unwrap_or_default();
        let searched = search(rest, &mut found);
        self.tail.clear();
        self.tail.extend_from_slice(rest.get(searched..).unwrap_or_default());
    }

    fn keep_from(&mut self, searched: usize) {
        self.tail.drain(..searched.min(self.tail.len()));
    }
}

/// Tells all whole stamps; returns the offset before which nothing needs to be looked at again.
fn search(bytes: &[u8], found: &mut impl FnMut(u64)) -> usize {
    let [first, ..] = UUID;
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() >= STAMP_BYTES) {
        let Some(step) = rest.iter().position(|&byte| byte == first) else { return bytes.len() };
        let Some(candidate) = rest.get(step..step + STAMP_BYTES) else { return at + step };
        match candidate.strip_prefix(&UUID).and_then(nanoseconds) {
            Some(now_ns) => {
                found(now_ns);
                at += step + STAMP_BYTES;
            }
            None => at += step + 1,
        }
    }
    at
}

fn nanoseconds(digits: &[u8]) -> Option<u64> {
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::{Finder, STAMP_BYTES, UUID, sei};
    use vivace_media::{Codec, h264, hevc};

    fn found(pieces: &[&[u8]]) -> Vec<u64> {
        let mut finder = Finder::default();
        let mut stamps = Vec::new();
        for piece in pieces {
            finder.feed(piece, |stamp| stamps.push(stamp));
            assert!(finder.tail.len() < STAMP_BYTES, "{} bytes are kept", finder.tail.len());
        }
        stamps
    }

    /// Two stamps with what misleads a search around them: beginnings of the UUID, and one without digits.
    fn stamped() -> Vec<u8> {
        let mut bytes = b"LLGTSTAMP-LATENCLGT".to_vec();
        bytes.extend(sei(Codec::H264, 4, 0x0123_4567_89ab_cdef).expect("H.264"));
        bytes.extend_from_slice(&UUID);
        bytes.extend_from_slice(b"+123456789abcdefLG");
        bytes.extend(sei(Codec::Hevc, 2, u64::MAX).expect("HEVC"));
        bytes.extend_from_slice(&[7; 100]);
        bytes
    }

    #[test]
    fn stamps_are_found_wherever_the_bytes_are_cut() {
        let bytes = stamped();
        let expected = [0x0123_4567_89ab_cdef, u64::MAX];
        assert_eq!(found(&[&bytes]), expected);
        for at in 0..bytes.len() {
            let (front, back) = bytes.split_at(at);
            assert_eq!(found(&[front, back]), expected, "cut at {at}");
        }
        for size in 1..=STAMP_BYTES * 2 {
            let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
            assert_eq!(found(&pieces), expected, "pieces of {size}");
        }
    }

    #[test]
    fn the_stamp_is_one_nal_unit_for_every_reader() {
        for length_size in [1, 2, 4] {
            let sample = sei(Codec::H264, length_size, 1).expect("H.264");
            let units: Vec<_> = h264::nal_units(&sample, length_size).collect();
            assert!(matches!(units.as_slice(), [Ok(unit)] if h264::nal_type(unit) == Some(6)), "{units:?}");
            let sample = sei(Codec::Hevc, length_size, 1).expect("HEVC");
            let units: Vec<_> = hevc::nal_units(&sample, length_size).collect();
            assert!(matches!(units.as_slice(), [Ok(unit)] if hevc::nal_type(unit) == Some(39)), "{units:?}");
        }
        assert_eq!(sei(Codec::H264, 3, 1), None);
        assert_eq!(sei(Codec::Aac, 4, 1), None);
    }
}
