use vivace_base::Limits;

use crate::amf::{Decoder, Fault, Value};

/// Any bytes as an AMF0 and as an AMF3 message: no panic, the limits hold, and what was decoded survives being
/// encoded and decoded again.
pub fn amf(data: &[u8]) {
    let small = Limits { amf_depth_max: 3, amf_items_max: 20, amf_string_bytes_max: 40, ..Limits::default() };
    for limits in [Limits::default(), small] {
        check(Decoder::new(data, &limits), &limits);
        check(Decoder::new_amf3_message(data, &limits), &limits);
    }
}

fn check(mut decoder: Decoder<'_>, limits: &Limits) {
    let mut items = 0;
    loop {
        let left_bytes = decoder.remaining().len();
        match decoder.next() {
            Ok(Some(value)) => {
                assert!(decoder.remaining().len() < left_bytes, "a value takes at least its marker");
                items += items_of(&value);
                assert!(items <= limits.amf_items_max, "more items than the limit");
                assert!(depth_of(&value) <= limits.amf_depth_max, "deeper than the limit");
                round_trip(&value, limits);
            }
            Ok(None) => return assert_eq!(left_bytes, 0, "the end is reported at the end only"),
            Err(fault) => return check_fault(fault),
        }
    }
}

/// The text of a value is what is compared: unlike the value itself it is equal where numbers are NaN.
fn round_trip(value: &Value, limits: &Limits) {
    let mut encoded = Vec::new();
    value.encode(&mut encoded);
    let mut decoder = Decoder::new(&encoded, limits);
    let again = decoder.next().expect("what was encoded decodes").expect("and is not empty");
    assert_eq!(format!("{value:?}"), format!("{again:?}"));
    assert!(decoder.remaining().is_empty(), "nothing is left behind a value");
    let mut encoded_again = Vec::new();
    again.encode(&mut encoded_again);
    assert_eq!(encoded, encoded_again);
}

fn check_fault(fault: Fault) {
    assert!(!fault.to_string().is_empty());
    if let Fault::Truncated { needed_bytes, left_bytes, .. } = fault {
        assert!(needed_bytes > left_bytes, "nothing was missing");
    }
}

fn items_of(value: &Value) -> usize {
    let inner: usize = match value {
        Value::StrictArray(elements) => elements.iter().map(items_of).sum(),
        _ => value.properties().unwrap_or_default().iter().map(|(_, inner)| items_of(inner)).sum(),
    };
    inner + 1
}

fn depth_of(value: &Value) -> usize {
    let inner = match value {
        Value::StrictArray(elements) => elements.iter().map(depth_of).max(),
        _ => match value.properties() {
            Some(properties) => properties.iter().map(|(_, inner)| depth_of(inner)).max(),
            None => return 0,
        },
    };
    inner.unwrap_or(0) + 1
}

#[cfg(test)]
mod tests {
    use super::amf;
    use crate::fuzz::inputs::{Random, mutations};

    /// Valid messages of both versions; mutations of these reach further than noise.
    const SEEDS: [&[u8]; 6] = [
        b"\x02\x00\x07connect\x00\x3f\xf0\0\0\0\0\0\0\x03\x00\x03app\x02\x00\x04live\x00\x04caps\x01\x01\x00\x00\x09",
        b"\x08\0\0\0\x02\x00\x05width\x00\x40\x94\0\0\0\0\0\0\x00\x01d\x0b\0\0\0\0\0\0\0\0\0\0\x00\x00\x09\x05\x06\x07\0\x01",
        b"\x0a\0\0\0\x03\x0c\0\0\0\x02ab\x0f\0\0\0\x03<a>\x10\x00\x01C\x00\x01k\x0a\0\0\0\x01\x0d\x00\x00\x09",
        b"\x00\x02\x00\x04play\x11\x0a\x23\x03C\x03a\x03b\x06\x03x\x09\x05\x01\x06\x04\x0a\x01\x04\x05\x01",
        b"\x11\x09\x05\x01\x09\x03\x01\x06\x03z\x09\x02\x11\x09\x03\x03k\x04\x7f\x01\x08\x01\0\0\0\0\0\0\0\0\x11\x0c\x07xyz\x11\x0c\x06",
        b"\x11\x0a\x0b\x01\x03a\x04\x81\xff\xff\xff\x03b\x05\x3f\xf0\0\0\0\0\0\0\x01\x11\x0a\x01\x03c\x0b\x05<>\x01\x11\x07\x04",
    ];

    #[test]
    fn every_seed_is_read_to_its_end() {
        for seed in SEEDS {
            let limits = vivace_base::Limits::default();
            let mut decoder = crate::amf::Decoder::new_amf3_message(seed, &limits);
            while decoder.next().unwrap_or_else(|fault| panic!("{fault} in {seed:?}")).is_some() {}
        }
    }

    #[test]
    fn noise_and_mutated_messages_break_no_promise() {
        let mut random = Random::new(0x5EED_0001);
        for _ in 0..4_000 {
            amf(&random.bytes(96));
        }
        for seed in SEEDS {
            mutations(seed, 1_500, &mut random, amf);
        }
    }
}
