//! Stamps inside of pictures and sound, which every protocol carries to the player unchanged.
//!
//! In H.264 a stamp is an SEI NAL unit of its own (user data that is not registered, H.264 D.1.7) in front of the picture; in
//! AAC it stands behind the frame, where no decoder looks. Its digits need no emulation prevention.

use vivace_rtmp::engine::MediaKind;

use crate::{Kind, Tag};

const NAME: [u8; 16] = *b"VIVACE-SOAK-TIME";
const DIGITS: usize = 16;
/// Bytes of a stamp: its name, when it was sent, and where in its stream.
const BYTES: usize = NAME.len() + 2 * DIGITS;
/// Bytes of the FLV header before the NAL units of a picture.
const PICTURE_HEADER_BYTES: usize = 5;
const AAC: u8 = 10;

/// What a publisher says with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// When it was sent, in microseconds of the run.
    pub sent_us: u64,
    /// Its place in its own stream, in microseconds or as a count: what its publisher counts without faults.
    pub place: u64,
}

impl Stamp {
    fn bytes(self) -> Vec<u8> {
        let mut bytes = NAME.to_vec();
        bytes.extend_from_slice(format!("{:016x}{:016x}", self.sent_us, self.place).as_bytes());
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let number = |bytes: &[u8]| u64::from_str_radix(std::str::from_utf8(bytes).ok()?, 16).ok();
        let digits = bytes.get(..2 * DIGITS)?;
        let (sent, place) = digits.split_at(DIGITS);
        Some(Self { sent_us: number(sent)?, place: number(place)? })
    }
}

/// The body of a tag of H.264 or AAC with a stamp in it; others as they are.
pub(super) fn stamped(tag: &Tag, stamp: Stamp) -> Vec<u8> {
    match tag.kind {
        Kind::Video if tag.is_media() => {
            let (header, units) = tag.body.split_at(PICTURE_HEADER_BYTES);
            // Six bytes go before the stamp in its unit, and a stop bit behind it.
            let length = u32::try_from(3 + BYTES + 1).unwrap().to_be_bytes();
            let payload = u8::try_from(BYTES).unwrap();
            [header, &length, &[6, 5, payload], &stamp.bytes(), &[0x80], units].concat()
        }
        Kind::Audio if tag.is_media() && tag.body[0] >> 4 == AAC => [&tag.body[..], &stamp.bytes()].concat(),
        _ => tag.body.clone(),
    }
}

/// As what a tag is sent.
pub(super) const fn kind_of(tag: &Tag) -> MediaKind {
    match tag.kind {
        Kind::Audio => MediaKind::Audio,
        Kind::Video => MediaKind::Video,
        Kind::Script => MediaKind::Data,
    }
}

/// Finds stamps in bytes that come cut at any place.
#[derive(Debug, Default)]
pub struct Finder {
    tail: Vec<u8>,
}

impl Finder {
    /// Searches what has come, and hands each stamp to `found`, in order.
    pub fn feed(&mut self, bytes: &[u8], mut found: impl FnMut(Stamp)) {
        self.tail.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(rest) = self.tail.get(at..).filter(|rest| rest.len() >= BYTES) {
            let Some(step) = rest.iter().position(|byte| *byte == NAME[0]) else {
                at = self.tail.len();
                break;
            };
            let Some(candidate) = rest.get(step..step + BYTES) else {
                at += step;
                break;
            };
            match candidate.strip_prefix(&NAME).and_then(Stamp::read) {
                Some(stamp) => {
                    found(stamp);
                    at += step + BYTES;
                }
                None => at += step + 1,
            }
        }
        self.tail.drain(..at);
    }

    /// The newest stamp of a whole file.
    pub fn newest(bytes: &[u8]) -> Option<Stamp> {
        let mut newest = None;
        Self::default().feed(bytes, |stamp| newest = newest.max_by_time(stamp));
        newest
    }
}

trait Newest {
    fn max_by_time(self, other: Stamp) -> Self;
}

impl Newest for Option<Stamp> {
    fn max_by_time(self, other: Stamp) -> Self {
        Some(self.filter(|stamp| stamp.sent_us > other.sent_us).unwrap_or(other))
    }
}

#[cfg(test)]
mod tests {
    use super::{Finder, Stamp, stamped};
    use crate::{Kind, Tag};

    #[test]
    fn stamps_are_found_wherever_the_bytes_are_cut() {
        let stamps = [Stamp { sent_us: 7, place: 1 }, Stamp { sent_us: u64::MAX, place: 2 }];
        let picture = Tag { kind: Kind::Video, time_ms: 0, body: b"\x17\x01\0\0\0\0\0\0\x01V".to_vec() };
        let sound = Tag { kind: Kind::Audio, time_ms: 0, body: b"\xaf\x01VIVACE-SOAK".to_vec() };
        let bytes = [stamped(&picture, stamps[0]), b"VIV".to_vec(), stamped(&sound, stamps[1])].concat();
        for size in 1..bytes.len() {
            let (mut finder, mut found) = (Finder::default(), Vec::new());
            bytes.chunks(size).for_each(|piece| finder.feed(piece, |stamp| found.push(stamp)));
            assert_eq!(found, stamps, "pieces of {size}");
        }
        assert_eq!(Finder::newest(&bytes), Some(stamps[1]));
    }

    #[test]
    fn the_stamp_of_a_picture_is_one_unit() {
        let tag = Tag { kind: Kind::Video, time_ms: 0, body: vec![0x17, 1, 0, 0, 0, 0, 0, 0, 1, 0x65] };
        let body = stamped(&tag, Stamp { sent_us: 1, place: 2 });
        let length = u32::from_be_bytes(body[5..9].try_into().unwrap()) as usize;
        assert_eq!((body[9], body[9 + length - 1], &body[9 + length..]), (6, 0x80, &[0, 0, 0, 1, 0x65][..]));
    }
}
