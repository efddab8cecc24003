use std::collections::BTreeMap;

use super::psi::checksum;
use super::{Fault, PACKET_BYTES};

/// Reads packets one by one: tables, clock, and the PES packets of the first program's tracks.
#[derive(Debug)]
pub struct Reader {
    pes_bytes_max: usize,
    association: Sections,
    map: Sections,
    map_pid: Option<u16>,
    tracks: BTreeMap<u16, Track>,
    /// Newest continuity counter of each PID of interest.
    counters: BTreeMap<u16, u8>,
}

#[derive(Debug, Default)]
struct Track {
    stream_type: u8,
    begun: bool,
    random_access: bool,
    pes: Vec<u8>,
}

/// What one packet told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packet {
    /// Its PID.
    pub pid: u16,
    /// The base of its clock reference in 1/90,000 s.
    pub pcr: Option<u64>,
    /// The PES packet that ended before it on the same PID.
    pub unit: Option<Unit>,
}

/// One PES packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// The PID.
    pub pid: u16,
    /// `stream_type` of the program map table.
    pub stream_type: u8,
    /// Presentation time in 1/90,000 s, 33 bits.
    pub pts: Option<u64>,
    /// Decoding time, where it differs.
    pub dts: Option<u64>,
    /// The first packet said that decoding may begin here.
    pub random_access: bool,
    /// The payload.
    pub payload: Vec<u8>,
}

/// Tracks of a program that are read.
const TRACKS_MAX: usize = 16;

impl Reader {
    /// A reader that takes PES packets of at most `pes_bytes_max` bytes.
    pub fn new(pes_bytes_max: usize) -> Self {
        let (association, map) = (Sections::new(0), Sections::new(2));
        Self { pes_bytes_max, association, map, map_pid: None, tracks: BTreeMap::new(), counters: BTreeMap::new() }
    }

    /// Takes one packet.
    ///
    /// # Errors
    /// [`Fault`]; the reader may be given the next packet nevertheless.
    pub fn packet(&mut self, packet: &[u8]) -> Result<Packet, Fault> {
        let [sync, high, low, control, rest @ ..] = packet else { return Err(Fault::Sync) };
        if *sync != 0x47 || packet.len() != PACKET_BYTES {
            return Err(Fault::Sync);
        }
        let pid = u16::from_be_bytes([high & 0x1f, *low]);
        let starts = high & 0x40 != 0;
        let (field, payload) = split(rest, control >> 4 & 3)?;
        let flags = field.first().copied().unwrap_or(0);
        let mut told = Packet { pid, pcr: clock(field)?, unit: None };
        let known = pid == 0 || Some(pid) == self.map_pid || self.tracks.contains_key(&pid);
        if !known {
            return Ok(told);
        }
        if high & 0x80 != 0 {
            return Err(Fault::Damaged);
        }
        if control & 0xc0 != 0 {
            return Err(Fault::Scrambled);
        }
        let Some(payload) = payload else { return Ok(told) };
        if !self.count(pid, control & 15, flags & 0x80 != 0)? {
            return Ok(told);
        }
        if pid == 0 {
            self.association(payload, starts)?;
        } else if Some(pid) == self.map_pid {
            self.map(payload, starts)?;
        } else if let Some(track) = self.tracks.get_mut(&pid) {
            if starts {
                told.unit = track.end(pid)?;
                track.begun = true;
                track.random_access = flags & 0x40 != 0;
            }
            if track.begun {
                if track.pes.len() + payload.len() > self.pes_bytes_max {
                    *track = Track { stream_type: track.stream_type, ..Track::default() };
                    return Err(Fault::PesLength(self.pes_bytes_max));
                }
                track.pes.extend_from_slice(payload);
            }
        }
        Ok(told)
    }

    /// The PES packets that the end of the stream ends, by PID; each may be a [`Fault::PesHeader`].
    pub fn finish(&mut self) -> Vec<Result<Unit, Fault>> {
        self.tracks.iter_mut().filter_map(|(pid, track)| track.end(*pid).transpose()).collect()
    }

    /// The tracks of the program, as far as its map has come: PID and `stream_type`, by PID.
    pub fn tracks(&self) -> impl Iterator<Item = (u16, u8)> {
        self.tracks.iter().map(|(pid, track)| (*pid, track.stream_type))
    }

    /// 2.4.3.3: a packet may stand twice, which is false; everything else counts up. Where packets are missing, what was
    /// begun on the PID is lost.
    fn count(&mut self, pid: u16, found: u8, discontinuity: bool) -> Result<bool, Fault> {
        let before = self.counters.insert(pid, found);
        if before == Some(found) && !discontinuity {
            return Ok(false);
        }
        let expected = before.map_or(found, |before| (before + 1) & 15);
        if discontinuity || expected == found {
            return Ok(true);
        }
        if let Some(track) = self.tracks.get_mut(&pid) {
            *track = Track { stream_type: track.stream_type, ..Track::default() };
        }
        Err(Fault::Continuity { pid, expected, found })
    }

    fn association(&mut self, payload: &[u8], starts: bool) -> Result<(), Fault> {
        let Some(section) = self.association.add(payload, starts)? else { return Ok(()) };
        let body = body(&section)?;
        let programs = body.as_chunks::<4>().0.iter();
        let mut maps = programs.filter(|[a, b, ..]| (*a, *b) != (0, 0)).map(|[_, _, high, low]| [high & 0x1f, *low]);
        self.map_pid = maps.next().map(u16::from_be_bytes).filter(|pid| *pid != 0);
        Ok(())
    }

    fn map(&mut self, payload: &[u8], starts: bool) -> Result<(), Fault> {
        let Some(section) = self.map.add(payload, starts)? else { return Ok(()) };
        let [_, _, high, low, rest @ ..] = body(&section)? else { return Err(Fault::Truncated) };
        let mut rest = rest.get(length(*high, *low)..).ok_or(Fault::Truncated)?;
        let mut listed = BTreeMap::new();
        while let [stream_type, high, low, length_high, length_low, more @ ..] = rest {
            let pid = u16::from_be_bytes([high & 0x1f, *low]);
            let track = self.tracks.remove(&pid).filter(|track| track.stream_type == *stream_type);
            listed.insert(pid, track.unwrap_or(Track { stream_type: *stream_type, ..Track::default() }));
            if listed.len() > TRACKS_MAX {
                return Err(Fault::Tracks(TRACKS_MAX));
            }
            rest = more.get(length(*length_high, *length_low)..).ok_or(Fault::Truncated)?;
        }
        self.tracks = listed;
        Ok(())
    }
}

impl Track {
    fn end(&mut self, pid: u16) -> Result<Option<Unit>, Fault> {
        let bytes = std::mem::take(&mut self.pes);
        if !std::mem::take(&mut self.begun) {
            return Ok(None);
        }
        let [0, 0, 1, _, high, low, _, flags, header, rest @ ..] = bytes.as_slice() else {
            return Err(Fault::PesHeader);
        };
        // 2.4.3.7: what stands behind the length is none of it; of pictures it may be zero, which tells nothing.
        let told = usize::from(u16::from_be_bytes([*high, *low]));
        let rest = match told.checked_sub(3) {
            Some(told) => rest.get(..told).ok_or(Fault::PesHeader)?,
            None if told == 0 => rest,
            None => return Err(Fault::PesHeader),
        };
        let (times, payload) = rest.split_at_checked(usize::from(*header)).ok_or(Fault::PesHeader)?;
        let time = |at: usize| times.get(at..).and_then(<[u8]>::first_chunk).map(time);
        let pts = if flags & 0x80 != 0 { Some(time(0).ok_or(Fault::PesHeader)?) } else { None };
        let dts = if flags & 0xc0 == 0xc0 { Some(time(5).ok_or(Fault::PesHeader)?) } else { None };
        let (stream_type, random_access) = (self.stream_type, self.random_access);
        Ok(Some(Unit { pid, stream_type, pts, dts, random_access, payload: payload.to_vec() }))
    }
}

/// The adaptation field without its length, and the payload.
fn split(rest: &[u8], control: u8) -> Result<(&[u8], Option<&[u8]>), Fault> {
    if control & 2 == 0 {
        return Ok((&[], (control & 1 != 0).then_some(rest)));
    }
    let (bytes, rest) = rest.split_first().ok_or(Fault::Truncated)?;
    let (field, payload) = rest.split_at_checked(usize::from(*bytes)).ok_or(Fault::Truncated)?;
    Ok((field, (control & 1 != 0).then_some(payload)))
}

fn clock(field: &[u8]) -> Result<Option<u64>, Fault> {
    match field {
        [flags, a, b, c, d, e, _, ..] if flags & 0x10 != 0 => {
            Ok(Some(u64::from(u32::from_be_bytes([*a, *b, *c, *d])) << 1 | u64::from(e >> 7)))
        }
        [flags, ..] if flags & 0x10 != 0 => Err(Fault::Truncated),
        _ => Ok(None),
    }
}

/// Puts the sections of one table together, which may stand in several packets (2.4.4).
#[derive(Debug)]
struct Sections {
    table: u8,
    open: Vec<u8>,
}

impl Sections {
    const fn new(table: u8) -> Self {
        Self { table, open: Vec::new() }
    }

    /// The section that ends in this packet, if it is whole and one of the table.
    fn add(&mut self, payload: &[u8], starts: bool) -> Result<Option<Vec<u8>>, Fault> {
        if starts {
            let (pointer, rest) = payload.split_first().ok_or(Fault::Truncated)?;
            let begin = rest.get(usize::from(*pointer)..).ok_or(Fault::Truncated)?;
            self.open.clear();
            if begin.first() == Some(&self.table) {
                self.open.extend_from_slice(begin);
            }
        } else if !self.open.is_empty() {
            self.open.extend_from_slice(payload);
        }
        let [_, high, low, ..] = self.open.as_slice() else { return Ok(None) };
        // Twelve bits: no more than 22 packets are put together.
        let bytes = length(*high, *low) + 3;
        if self.open.len() < bytes {
            return Ok(None);
        }
        let mut section = std::mem::take(&mut self.open);
        section.truncate(bytes);
        if checksum(&section) == 0 { Ok(Some(section)) } else { Err(Fault::Checksum) }
    }
}

/// What stands between the head of a section and its checksum.
fn body(section: &[u8]) -> Result<&[u8], Fault> {
    let end = section.len().checked_sub(4).ok_or(Fault::Truncated)?;
    section.get(8..end).ok_or(Fault::Truncated)
}

fn length(high: u8, low: u8) -> usize {
    usize::from(u16::from_be_bytes([high & 0x0f, low]))
}

fn time(bytes: &[u8; 5]) -> u64 {
    let [a, b, c, d, e] = bytes.map(u64::from);
    (a >> 1 & 7) << 30 | b << 22 | (c >> 1) << 15 | d << 7 | e >> 1
}
