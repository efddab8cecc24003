use bytes::Bytes;
use vivace_base::MediaTime;

use crate::Codec;
use crate::fmp4::{Reader, Scan, Track, boxes, find, init_segment, whole_bytes};
use crate::mp4::{Entry, Movie};

/// Any bytes as a file of fragments: no panic, each sample lies in the data, all of them together are no longer than it,
/// and what is called whole is walked over to its end. The bytes are also taken for what follows a good beginning.
pub fn fmp4_read(data: &[u8]) {
    if let Ok(mut reader) = Reader::parse(data) {
        check(&mut reader, data);
    }
    let mut reader = Reader::parse(&init_segment(&tracks())).expect("our own file");
    check(&mut reader, data);
    let whole = whole_bytes(data);
    let mut walk = boxes(&data[..whole]);
    assert!(walk.all(|found| found.is_ok()), "a part of a box is called whole");
    let mut scan = Scan::from(u64::MAX);
    assert!(!scan.header(data, u64::MAX), "a walk over the end of the numbers");
}

fn check(reader: &mut Reader, data: &[u8]) {
    let file_at = u64::from(data.first().copied().unwrap_or(0) & 1);
    let mut bytes = 0;
    for sample in reader.samples(data, file_at) {
        match sample {
            Ok(sample) => {
                assert!(sample.at + sample.bytes <= data.len() && sample.payload(data).len() == sample.bytes);
                bytes += sample.bytes;
            }
            Err(fault) => assert!(!fault.to_string().is_empty()),
        }
    }
    assert!(bytes <= data.len(), "more samples than data");
    for track in reader.tracks() {
        let header = track.header(MediaTime::ZERO);
        assert_eq!(header.is_some(), track.track().codec().has_record());
        assert!(track.track().timescale() > 0);
    }
}

fn tracks() -> Vec<Track> {
    let aac = Bytes::from_static(&[0x12, 0x10]);
    let aac = Track::from_config(Codec::Aac, &aac, 1).expect("a good configuration");
    vec![aac, Track::g711(Codec::G711A, 2).expect("no configuration")]
}

/// `data` as samples of a progressive file: its tables tell as many samples and bytes as went in, and each chunk lies
/// behind the one before.
pub fn mp4(data: &[u8]) {
    let mut movie = Movie::new(tracks(), 1 << 20);
    let (mut counts, mut bytes) = ([0u32; 2], [0u64; 2]);
    for entry in data.chunks_exact(8) {
        let [what, a, b, c, d, e, f, g] = *entry else { return };
        let track = usize::from(what & 1);
        let dts = i64::from(i32::from_be_bytes([a, b, c, d])) << (what & 0x1e);
        let cts = i32::from_be_bytes([e, f, 0, 0]) >> (what >> 4);
        let size = u32::from(g) << (what >> 5 << 2);
        let entry =
            Entry { dts_ticks: dts, cts_ticks: cts, duration_ticks: u32::from(g), bytes: size, key: what & 2 != 0 };
        movie.add(track, &entry).expect("few samples");
        counts[track] += 1;
        bytes[track] += u64::from(size);
    }
    assert_eq!(movie.data_bytes(), bytes.iter().sum::<u64>());
    assert!(movie.duration() >= MediaTime::ZERO);
    let head = movie.head().expect("a small head");
    let moov = find(&head, &[b"moov"]).expect("moov");
    let traks = boxes(moov).map(|found| found.expect("whole boxes")).filter(|found| found.kind == *b"trak");
    let with_samples = counts.iter().zip(bytes).filter(|(count, _)| **count > 0);
    for (trak, (count, bytes)) in traks.zip(with_samples) {
        check_tables(trak.payload, *count, bytes, head.len() as u64, movie.data_bytes());
    }
}

fn check_tables(trak: &[u8], count: u32, bytes: u64, head_bytes: u64, data_bytes: u64) {
    let table = |kind: &[u8; 4]| find(trak, &[b"mdia", b"minf", b"stbl", kind]);
    let words = |payload: &[u8]| -> Vec<u32> {
        payload.chunks_exact(4).map(|word| u32::from_be_bytes(*word.first_chunk().expect("four bytes"))).collect()
    };
    let sizes = words(table(b"stsz").expect("stsz"));
    assert_eq!((sizes[2], sizes[3..].iter().map(|size| u64::from(*size)).sum::<u64>()), (count, bytes));
    for kind in [b"stts", b"ctts"] {
        let Some(runs) = table(kind).map(words) else { continue };
        assert_eq!(runs[2..].chunks_exact(2).map(|run| run[0]).sum::<u32>(), count);
        assert_eq!(runs[2..].len(), runs[1] as usize * 2);
    }
    let offsets: Vec<u64> = match (table(b"stco"), table(b"co64")) {
        (Some(short), None) => words(short)[2..].iter().map(|offset| u64::from(*offset)).collect(),
        (None, Some(long)) => {
            words(long)[2..].chunks_exact(2).map(|pair| u64::from(pair[0]) << 32 | u64::from(pair[1])).collect()
        }
        _ => unreachable!("one table of chunks"),
    };
    assert!(offsets.is_sorted() && offsets.iter().all(|at| (head_bytes..=head_bytes + data_bytes).contains(at)));
    let runs = words(table(b"stsc").expect("stsc"));
    let ends = runs[2..].chunks_exact(3).skip(1).map(|run| run[0]).chain([offsets.len() as u32 + 1]);
    let told: u32 = runs[2..].chunks_exact(3).zip(ends).map(|(run, end)| (end - run[0]) * run[1]).sum();
    assert_eq!(told, count, "the chunks hold all samples");
}

#[cfg(test)]
mod tests {
    use super::{fmp4_read, mp4};
    use crate::fuzz::inputs::{Random, mutations};

    macro_rules! sample {
        ($name:literal) => {
            include_bytes!(concat!("../../testdata/codecs/", $name)).as_slice()
        };
    }

    #[test]
    fn fragments_hold_against_noise_and_mutations() {
        let mut random = Random::new(0x5EED_0021);
        for _ in 0..4_000 {
            fmp4_read(&random.bytes(96));
        }
        for valid in
            [sample!("fragmented_absolute.mp4"), sample!("fragmented_edits.mp4"), sample!("fragmented_cmaf.mp4")]
        {
            mutations(valid, 2_000, &mut random, fmp4_read);
            // Without the beginning, of which most of the changes would be.
            let moof = valid.windows(4).position(|window| window == b"moof").unwrap() - 4;
            mutations(&valid[moof..], 2_000, &mut random, fmp4_read);
        }
    }

    #[test]
    fn tables_of_noise_are_whole() {
        let mut random = Random::new(0x5EED_0022);
        for _ in 0..4_000 {
            mp4(&random.bytes(400));
        }
    }
}
