use super::{PID_PMT, packets};

/// The only program.
const PROGRAM: u16 = 1;

/// A track as the program map table lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) stream_type: u8,
    pub(super) pid: u16,
}

/// Appends the program association table (2.4.4.3).
pub(super) fn association(out: &mut Vec<u8>, counter: &mut u8) {
    let mut table = Table::<20>::begin(0, PROGRAM, 0);
    table.word(PROGRAM);
    table.word(0xe000 | PID_PMT);
    table.end(|section| packets::section(out, 0, counter, section));
}

/// Appends the program map table (2.4.4.8).
pub(super) fn map(out: &mut Vec<u8>, counter: &mut u8, version: u8, pcr_pid: u16, tracks: &[Listed]) {
    let mut table = Table::<64>::begin(2, PROGRAM, version);
    table.word(0xe000 | pcr_pid);
    table.word(0xf000); // no program descriptors
    for track in tracks {
        table.byte(track.stream_type);
        table.word(0xe000 | track.pid);
        table.word(0xf000); // no descriptors
    }
    table.end(|section| packets::section(out, PID_PMT, counter, section));
}

/// A section in the making, of at most `N` bytes.
struct Table<const N: usize> {
    bytes: [u8; N],
    used: usize,
}

impl<const N: usize> Table<N> {
    fn begin(id: u8, extension: u16, version: u8) -> Self {
        let mut table = Self { bytes: [0; N], used: 0 };
        table.byte(id);
        table.word(0); // the length, when it is known
        table.word(extension);
        table.byte(0xc1 | (version & 0x1f) << 1); // current
        table.word(0); // section 0 of 0
        table
    }

    fn byte(&mut self, value: u8) {
        if let Some(place) = self.bytes.get_mut(self.used) {
            *place = value;
            self.used += 1;
        }
    }

    fn word(&mut self, value: u16) {
        value.to_be_bytes().into_iter().for_each(|byte| self.byte(byte));
    }

    fn end(mut self, write: impl FnOnce(&[u8])) {
        const CHECKSUM_BYTES: usize = 4;
        let length = 0xb000 | (self.used - 3 + CHECKSUM_BYTES) as u16;
        let end = std::mem::replace(&mut self.used, 1);
        self.word(length);
        self.used = end;
        let checksum = checksum(self.bytes.get(..end).unwrap_or_default());
        checksum.to_be_bytes().into_iter().for_each(|byte| self.byte(byte));
        write(self.bytes.get(..self.used).unwrap_or_default());
    }
}

/// CRC-32 of annex A: polynomial 0x04C11DB7, not reflected; zero over a section with its checksum.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 24, |crc, _| crc << 1 ^ if crc >> 31 == 1 { 0x04c1_1db7 } else { 0 })
    })
}
