use vivace_base::MediaTime;

use crate::fmp4::Sample;
use crate::mpegts::{Demuxer, PACKET_BYTES, PID_AUDIO, PID_VIDEO, Reader, Unit, Writer};
use crate::{Codec, FrameKind, h264, hevc};

/// Small, so that inputs of the size a fuzzer makes reach it.
const PES_BYTES_MAX: usize = 1_024;

/// Any bytes as packets: no panic, and no PES packet longer than allowed. Each packet is also taken with the sync byte
/// that noise hardly ever has, and with a table's place.
pub fn mpegts(data: &[u8]) {
    check(data);
    let packets: Vec<u8> = data
        .chunks(PACKET_BYTES - 1)
        .flat_map(|chunk| {
            let mut packet = [0xff; PACKET_BYTES];
            packet[0] = 0x47;
            packet[1..=chunk.len()].copy_from_slice(chunk);
            packet
        })
        .collect();
    check(&packets);
}

fn check(data: &[u8]) {
    let mut reader = Reader::new(PES_BYTES_MAX);
    for packet in data.chunks(PACKET_BYTES) {
        match reader.packet(packet) {
            Ok(told) => assert!(told.unit.is_none_or(|unit| unit.payload.len() <= PES_BYTES_MAX)),
            Err(fault) => assert!(!fault.to_string().is_empty()),
        }
    }
    for unit in reader.finish().into_iter().flatten() {
        assert!(unit.payload.len() <= PES_BYTES_MAX);
    }
    demux(data);
}

/// Frames of a segment that are taken here.
const FRAMES_MAX: usize = 50;

/// Any bytes as segments that follow each other: what comes out is configured before it comes, has the codec's form, and
/// is no more than what went in.
fn demux(data: &[u8]) {
    let mut demuxer = Demuxer::new(PES_BYTES_MAX, FRAMES_MAX);
    let (first, second) = data.split_at(data.len() / 2 / PACKET_BYTES * PACKET_BYTES);
    let mut configured = Vec::new();
    for segment in [first, second] {
        let frames = match demuxer.segment(&[], segment) {
            Ok(frames) => frames,
            Err(fault) => {
                assert!(!fault.to_string().is_empty());
                continue;
            }
        };
        assert!(!frames.is_empty() && frames.len() <= FRAMES_MAX);
        let bytes: usize = frames.iter().map(|frame| frame.payload.len()).sum();
        // Start codes of three bytes become lengths of four, and a frame may begin in the segment before.
        assert!(bytes <= data.len() * 2 + 64 * FRAMES_MAX, "{bytes} of {}", data.len());
        for frame in frames {
            let codec = frame.codec.expect("a frame of a track has a codec");
            match frame.kind {
                FrameKind::VideoConfig | FrameKind::AudioConfig => configured.push(codec),
                _ => assert!(configured.contains(&codec) || !codec.has_record(), "{codec:?} is not configured"),
            }
            if frame.kind == FrameKind::Video {
                let whole = match codec {
                    Codec::Hevc => hevc::nal_units(&frame.payload, 4).all(|unit| unit.is_ok()),
                    _ => h264::nal_units(&frame.payload, 4).all(|unit| unit.is_ok()),
                };
                assert!(whole, "a sample whose lengths lead out of it");
            }
        }
    }
}

/// A record of H.264 (320x240, baseline) with length fields of two bytes.
const AVCC: &[u8] =
    b"\x01\x42\xc0\x0c\xfd\xe1\x00\x16\x67\x42\xc0\x0c\xda\x05\x07\xec\x04\x40\0\0\x03\0\x40\0\0\x07\x83\xc5\
                      \x0a\xa8\x01\0\x04\x68\xce\x0f\xc8";

/// `data` as samples of a publisher, written as packets and read again: what was written is whole packets, and comes back
/// with its times and, for sound, with its bytes.
pub fn mpegts_write(data: &[u8]) {
    let mut writer = Writer::new();
    let with_video = data.first().is_some_and(|byte| byte & 1 == 0);
    let video = with_video.then_some((Codec::H264, AVCC));
    writer.configure(video, Some((Codec::Aac, &[0x12, 0x10]))).expect("good configurations");
    let (mut file, mut dts) = (Vec::new(), MediaTime::ZERO);
    let (mut pictures, mut sounds) = (Vec::new(), Vec::new());
    let mut rest = data;
    while let Some(([what, step, length], after)) = rest.split_first_chunk() {
        let (payload, after) = after.split_at(usize::from(*length).min(after.len()));
        rest = after;
        dts = dts + MediaTime::from_ms(i64::from(*step));
        let (key, cts) = (what & 2 != 0, MediaTime::from_ms(i64::from(what >> 3)));
        let sample = Sample { dts, cts, duration: MediaTime::ZERO, key, payload };
        let before = file.len();
        if what & 4 == 0 {
            writer.audio(&[sample], &mut file).expect("frames here are short");
            sounds.push((wire(dts), payload.len() + 7));
        } else if writer.video(&sample, &mut file).is_ok() {
            pictures.push((wire(dts + cts), wire(dts), key));
        } else {
            assert_eq!(file.len(), before, "a sample that was refused has left packets");
        }
    }
    assert!(file.len().is_multiple_of(PACKET_BYTES), "half a packet");
    let units = read(&file);
    let of = |pid: u16| units.iter().filter(move |unit| unit.pid == pid);
    let read: Vec<_> = of(PID_VIDEO)
        .map(|unit| (unit.pts.unwrap_or_default(), unit.dts.or(unit.pts).unwrap_or_default(), unit.random_access))
        .collect();
    assert_eq!(read, pictures);
    let read: Vec<_> = of(PID_AUDIO).map(|unit| (unit.pts.unwrap_or_default(), unit.payload.len())).collect();
    assert_eq!(read, sounds);
}

/// A time of a sample as the packets have it: a second later.
fn wire(time: MediaTime) -> u64 {
    (time + MediaTime::from_ms(1_000)).ticks().cast_unsigned()
}

fn read(file: &[u8]) -> Vec<Unit> {
    let mut reader = Reader::new(1 << 20);
    let mut units = Vec::new();
    for packet in file.chunks(PACKET_BYTES) {
        units.extend(reader.packet(packet).expect("our own packets are read").unit);
    }
    units.extend(reader.finish().into_iter().map(|unit| unit.expect("the last ones too")));
    units
}

#[cfg(test)]
mod tests {
    use vivace_base::MediaTime;

    use super::{AVCC, FRAMES_MAX, PES_BYTES_MAX, mpegts, mpegts_write};
    use crate::Codec;
    use crate::fmp4::Sample;
    use crate::fuzz::inputs::{Random, mutations};
    use crate::mpegts::{Demuxer, Writer};

    #[test]
    fn what_is_written_of_noise_is_read_again() {
        let mut random = Random::new(0x5EED_0008);
        for _ in 0..2_000 {
            mpegts_write(&random.bytes(400));
        }
        let sample = b"\x06\x28\x07\0\x03\x65\x88\x84\0\0\x04\x14\x05\xff\xff\xff\xff\xff\x04\x28\x04\0\x02\x41\x9a";
        mutations(sample, 4_000, &mut random, mpegts_write);
    }

    #[test]
    fn noise_and_mutated_inputs_break_no_promise() {
        let mut random = Random::new(0x5EED_0007);
        for _ in 0..2_000 {
            mpegts(&random.bytes(800));
        }
        let mut writer = Writer::new();
        writer.configure(None, Some((Codec::Aac, &[0x12, 0x10]))).unwrap();
        let mut seed = Vec::new();
        for at in 0..4 {
            let (dts, payload) = (MediaTime::from_ms(at * 200), &[3; 300]);
            let sample = Sample { dts, cts: MediaTime::ZERO, duration: MediaTime::ZERO, key: true, payload };
            writer.audio(&[sample], &mut seed).unwrap();
        }
        mutations(&seed, 4_000, &mut random, mpegts);
        let mut writer = Writer::new();
        writer.configure(Some((Codec::H264, AVCC)), Some((Codec::Aac, &[0x12, 0x10]))).unwrap();
        let mut seed = Vec::new();
        for at in 0..6 {
            let (dts, cts) = (MediaTime::from_ms(at * 40), MediaTime::from_ms(80));
            let payload: &[u8] = &[&[0, 30, if at % 3 == 0 { 0x65 } else { 0x41 }][..], &[7; 29]].concat();
            let sample = Sample { dts, cts, duration: MediaTime::ZERO, key: at % 3 == 0, payload };
            writer.video(&sample, &mut seed).unwrap();
            writer.audio(&[Sample { cts: MediaTime::ZERO, payload: &[3; 60], ..sample }], &mut seed).unwrap();
        }
        assert!(Demuxer::new(PES_BYTES_MAX, FRAMES_MAX).segment(&[], &seed).is_ok_and(|frames| frames.len() == 14));
        mutations(&seed, 6_000, &mut random, mpegts);
    }
}
