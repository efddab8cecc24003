use std::cell::RefCell;

use mpeg2ts::pes::{PesPacketReader, ReadPesPacket};
use mpeg2ts::ts::{ReadTsPacket, TsPacketReader, TsPayload};
use vivace_hls::walk::{Playlist, Walker};

use crate::{Answer, get, wait_within};

/// One player of HLS: a session, and the address of its media playlist. Each playlist that it gets is held to those before.
#[derive(Debug)]
pub struct HlsPlayer {
    /// `http://HOST:PORT/live/NAME/`.
    pub base: String,
    /// The name of its media playlist.
    pub playlist: String,
    /// What its addresses carry.
    pub token: String,
    /// The master playlist.
    pub master: String,
    walker: RefCell<Walker>,
}

impl HlsPlayer {
    /// Begins with the signed address.
    ///
    /// # Panics
    /// The play is refused, or the answer is no master playlist.
    #[track_caller]
    pub fn begin(url: &str) -> Self {
        let answer = get(url);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let master = answer.text();
        let line = master.lines().last().unwrap();
        let (file, token) = line.split_once("?k=").unwrap_or_else(|| panic!("{master}"));
        let (folder, playlist) = file.split_once('/').unwrap();
        let base = format!("{}{folder}/", url.split_once(&format!("{folder}.m3u8")).unwrap().0);
        let (playlist, token) = (playlist.to_owned(), token.to_owned());
        Self { base, playlist, token, master, walker: RefCell::default() }
    }

    /// A file's whole address.
    pub fn url(&self, file: &str) -> String {
        format!("{}{file}?k={}", self.base, self.token)
    }

    /// GET of a file.
    #[track_caller]
    pub fn get(&self, file: &str) -> Answer {
        get(&self.url(file))
    }

    /// The playlist, with these directives.
    ///
    /// # Panics
    /// It is not given, or breaks a promise of an earlier one.
    #[track_caller]
    pub fn list(&self, directives: &str) -> String {
        let answer = get(&format!("{}{directives}", self.url(&self.playlist)));
        assert_eq!(answer.status, 200, "{directives}: {}", answer.text());
        let text = answer.text();
        if let Err(fault) = self.walker.borrow_mut().add(&text) {
            panic!("{directives}: {fault}\n{text}");
        }
        text
    }

    /// The playlist now, read.
    #[track_caller]
    pub fn now(&self) -> Playlist {
        Playlist::parse(&self.list("")).unwrap()
    }

    /// Looks at the playlist until so many whole segments of it were seen.
    #[track_caller]
    pub fn watch(&self, segments: u64) {
        let first = self.now().newest_whole().unwrap_or_default();
        wait_within("segments", std::time::Duration::from_secs(60), || {
            self.now().newest_whole() >= Some(first + segments)
        });
    }

    /// What was walked over; there is none of it any more.
    pub fn into_walker(self) -> Walker {
        self.walker.into_inner()
    }

    /// Reads the segments that are listed now as one transport stream with an independent reader; PES packets of pictures
    /// and of sound.
    ///
    /// # Panics
    /// It is none, a segment does not begin with its tables, a packet or a delimiter is missing, or a clock is told too seldom
    /// or goes back.
    #[track_caller]
    pub fn transport(&self) -> (usize, usize) {
        let list = self.now();
        let segments: Vec<Vec<u8>> = list.segments.iter().map(|segment| self.get(&segment.uri).body).collect();
        for segment in &segments {
            packets(segment);
        }
        units(&segments.concat())
    }
}

/// Of the clock of a transport stream, 27 MHz.
const TICKS_PER_MS: u64 = 27_000;
/// ISO/IEC 13818-1, 2.7.2: the longest time between two references of the clock.
const CLOCK_MS_MAX: u64 = 100;
/// ETSI TR 101 290, 1.3: between two of each table.
const TABLES_MS_MAX: u64 = 500;

/// Holds a segment to what each must have by itself: the tables first and again and again, and a clock that only grows,
/// in small steps.
#[track_caller]
fn packets(segment: &[u8]) {
    let mut reader = TsPacketReader::new(segment);
    let (mut clock, mut tables) = (None, [None; 2]);
    let mut count = 0;
    while let Some(packet) = reader.read_ts_packet().expect("mpeg2ts reads every packet") {
        match count {
            0 => assert!(matches!(packet.payload, Some(TsPayload::Pat(_))), "{packet:?}"),
            1 => assert!(matches!(packet.payload, Some(TsPayload::Pmt(_))), "{packet:?}"),
            _ => {}
        }
        count += 1;
        match packet.payload {
            Some(TsPayload::Pat(_)) => tables[0] = None,
            Some(TsPayload::Pmt(_)) => tables[1] = None,
            _ => {}
        }
        let Some(pcr) = packet.adaptation_field.and_then(|field| field.pcr) else { continue };
        let (pcr, before) = (pcr.as_u64(), clock.replace(pcr.as_u64()));
        let step = before.map(|before| pcr.checked_sub(before).expect("the clock goes back"));
        assert!(step.is_none_or(|step| step <= CLOCK_MS_MAX * TICKS_PER_MS), "a step of {step:?} ticks");
        for since in &mut tables {
            let age = pcr - *since.get_or_insert(pcr);
            assert!(age <= TABLES_MS_MAX * TICKS_PER_MS, "no tables for {age} ticks");
        }
    }
    assert!(clock.is_some() && count * 188 == segment.len(), "{count} packets in {} bytes", segment.len());
}

/// PES packets of pictures and of sound, whose times grow within each.
#[track_caller]
fn units(bytes: &[u8]) -> (usize, usize) {
    let mut counters = std::collections::HashMap::new();
    let mut packets = TsPacketReader::new(bytes);
    while let Some(packet) = packets.read_ts_packet().unwrap() {
        let has_payload = packet.payload.is_some();
        let now = packet.header.continuity_counter.as_u8();
        if let Some(before) = counters.insert(packet.header.pid, now) {
            assert_eq!(now, (before + u8::from(has_payload)) % 16, "a packet of {:?} is missing", packet.header.pid);
        }
    }
    let mut reader = PesPacketReader::new(TsPacketReader::new(bytes));
    let (mut video, mut audio) = (Vec::new(), Vec::new());
    while let Some(packet) = reader.read_pes_packet().expect("mpeg2ts reads every PES packet") {
        let header = packet.header;
        assert!(!header.stream_id.is_video() || delimited(&packet.data), "{:?}", packet.data.get(..8));
        let time = header.dts.or(header.pts).expect("a time").as_u64();
        if header.stream_id.is_video() { &mut video } else { &mut audio }.push(time);
    }
    for times in [&video, &audio] {
        assert!(times.windows(2).all(|two| two[0] < two[1]), "a time goes back");
    }
    (video.len(), audio.len())
}

/// Whether a picture begins with its access unit delimiter, of H.264 or HEVC.
fn delimited(picture: &[u8]) -> bool {
    matches!(picture, [0, 0, 0, 1, header, ..] | [0, 0, 1, header, ..] if header & 31 == 9 || header >> 1 & 63 == 35)
}
