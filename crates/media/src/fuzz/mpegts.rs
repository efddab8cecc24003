use crate::mpegts::{PACKET_BYTES, Reader};

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
    if let Ok(units) = reader.finish() {
        assert!(units.iter().all(|unit| unit.payload.len() <= PES_BYTES_MAX));
    }
}

#[cfg(test)]
mod tests {
    use vivace_base::MediaTime;

    use super::mpegts;
    use crate::Codec;
    use crate::fmp4::Sample;
    use crate::fuzz::inputs::{Random, mutations};
    use crate::mpegts::Writer;

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
    }
}
