use vivace_base::Limits;

use super::{Decoder, Fault, Value, decode_all, read};

/// One AMF3 value behind the marker that switches to it.
fn decode(amf3: &[u8]) -> Result<Value, Fault> {
    decode_all(&[b"\x11".as_slice(), amf3].concat()).map(|mut values| {
        assert_eq!(values.len(), 1);
        values.remove(0)
    })
}

fn pairs<const N: usize>(pairs: [(&str, Value); N]) -> Vec<(String, Value)> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

#[test]
fn simple_values_are_read() {
    assert_eq!(decode(b"\x00"), Ok(Value::Undefined));
    assert_eq!(decode(b"\x01"), Ok(Value::Null));
    assert_eq!(decode(b"\x02"), Ok(Value::Boolean(false)));
    assert_eq!(decode(b"\x03"), Ok(Value::Boolean(true)));
    assert_eq!(decode(b"\x05\xbf\xe0\0\0\0\0\0\0"), Ok(Value::Number(-0.5)));
    assert_eq!(decode(b"\x06\x05ab"), Ok(Value::from("ab")));
    assert_eq!(decode(b"\x08\x01\x3f\xf0\0\0\0\0\0\0"), Ok(Value::Date { ms: 1.0, tz: 0 }));
    assert_eq!(decode(b"\x07\x07<a>"), Ok(Value::XmlDocument("<a>".to_owned())));
    assert_eq!(decode(b"\x0b\x07<a>"), Ok(Value::XmlDocument("<a>".to_owned())));
    assert_eq!(decode(b"\x0c\x07\x00\xff\x01"), Ok(Value::ByteArray(vec![0, 255, 1])));
}

#[test]
fn integers_of_all_lengths_keep_their_sign() {
    let cases: [(&[u8], f64); 8] = [
        (b"\x04\x00", 0.0),
        (b"\x04\x7f", 127.0),
        (b"\x04\x81\x00", 128.0),
        (b"\x04\xff\x7f", 16_383.0),
        (b"\x04\x81\x80\x00", 16_384.0),
        (b"\x04\xbf\xff\xff\xff", 268_435_455.0),
        (b"\x04\xc0\x80\x80\x00", -268_435_456.0),
        (b"\x04\xff\xff\xff\xff", -1.0),
    ];
    for (bytes, number) in cases {
        assert_eq!(decode(bytes), Ok(Value::Number(number)), "{bytes:?}");
    }
}

#[test]
fn arrays_with_and_without_keys_are_read() {
    assert_eq!(decode(b"\x09\x05\x01\x01\x03"), Ok(Value::StrictArray(vec![Value::Null, Value::Boolean(true)])));
    let mixed = Value::EcmaArray(pairs([("k", Value::Null), ("0", Value::Number(9.0))]));
    assert_eq!(decode(b"\x09\x03\x03k\x01\x01\x04\x09"), Ok(mixed));
}

#[test]
fn objects_have_sealed_then_dynamic_properties() {
    let anonymous = Value::Object(pairs([("k", Value::Null)]));
    assert_eq!(decode(b"\x0a\x0b\x01\x03k\x01\x01"), Ok(anonymous));
    let typed = Value::TypedObject {
        class_name: "C".to_owned(),
        properties: pairs([("a", Value::Number(1.0)), ("d", Value::Number(2.0))]),
    };
    assert_eq!(decode(b"\x0a\x1b\x03C\x03a\x04\x01\x03d\x04\x02\x01"), Ok(typed));
}

#[test]
fn strings_traits_and_objects_are_referred_to() {
    // An array of: a string, the same by reference, an object, one of the same traits, and the first object again.
    let message = b"\x09\x0b\x01\x06\x05ab\x06\x00\x0a\x13\x01\x05ab\x04\x01\x0a\x01\x04\x02\x0a\x02";
    let object = |number| Value::Object(pairs([("ab", Value::Number(number))]));
    let expected = vec![Value::from("ab"), Value::from("ab"), object(1.0), object(2.0), object(1.0)];
    assert_eq!(decode(message), Ok(Value::StrictArray(expected)));
}

#[test]
fn an_object_read_again_leaves_the_tables_as_they_are() {
    // [ {a: "x"}, the object again, "y", string 0 = "a", string 1 = "x", string 2 = "y" ]
    let message = b"\x09\x0d\x01\x0a\x0b\x01\x03a\x06\x03x\x01\x0a\x02\x06\x03y\x06\x00\x06\x02\x06\x04";
    let object = Value::Object(pairs([("a", Value::from("x"))]));
    let expected = vec![object.clone(), object, "y".into(), "a".into(), "x".into(), "y".into()];
    assert_eq!(decode(message), Ok(Value::StrictArray(expected)));

    // [ {a: 1}, the object again, {b: 2}, one of traits 1, bytes, object 3 = the bytes ]
    let message =
        b"\x09\x0d\x01\x0a\x13\x01\x03a\x04\x01\x0a\x02\x0a\x13\x01\x03b\x04\x02\x0a\x05\x04\x03\x0c\x03z\x0c\x08";
    let object = |key, number| Value::Object(pairs([(key, Value::Number(number))]));
    let bytes = Value::ByteArray(b"z".to_vec());
    let expected = vec![object("a", 1.0), object("a", 1.0), object("b", 2.0), object("b", 3.0), bytes.clone(), bytes];
    assert_eq!(decode(message), Ok(Value::StrictArray(expected)));
}

#[test]
fn tables_live_as_long_as_the_message() {
    let values = decode_all(b"\x11\x06\x03a\x05\x11\x06\x00");
    assert_eq!(values, Ok(vec![Value::from("a"), Value::Null, Value::from("a")]));
}

#[test]
fn the_empty_string_takes_no_place_in_the_table() {
    assert_eq!(
        decode(b"\x09\x07\x01\x06\x01\x06\x03a\x06\x00"),
        Ok(Value::StrictArray(vec!["".into(), "a".into(), "a".into()]))
    );
}

#[test]
fn references_to_nothing_and_to_oneself_are_refused() {
    assert_eq!(decode(b"\x06\x02"), Err(Fault::NoSuchReference { at: 2, index: 1 }));
    assert_eq!(decode(b"\x0a\x01"), Err(Fault::NoSuchReference { at: 1, index: 0 }));
    assert_eq!(decode(b"\x09\x02"), Err(Fault::NoSuchReference { at: 1, index: 1 }));
    assert_eq!(decode(b"\x09\x03\x01\x09\x00"), Err(Fault::CircularReference { at: 4, index: 0 }));
}

#[test]
fn what_only_a_class_can_read_and_other_types_are_refused() {
    assert_eq!(decode(b"\x0a\x07\x03C"), Err(Fault::Externalizable { at: 1 }));
    assert_eq!(decode(b"\x0d\x01\x00"), Err(Fault::UnsupportedAmf3Marker { at: 1, marker: 0x0D }));
    assert_eq!(decode(b"\x06\x03\xff"), Err(Fault::NotUtf8 { at: 3 }));
    assert_eq!(decode(b"\x04\x80\x80"), Err(Fault::Truncated { at: 4, needed_bytes: 1, left_bytes: 0 }));
}

/// Each array has the one before it twice: 40 levels stand for 2^40 values.
#[test]
fn doubling_through_references_meets_the_item_limit() {
    let mut message = b"\x11\x09\x51\x01\x09\x05\x01\x01\x01".to_vec();
    for index in 1..40_u8 {
        message.extend_from_slice(&[0x09, 0x05, 0x01, 0x09, index << 1, 0x09, index << 1]);
    }
    let deep = Limits { amf_depth_max: 100, ..Limits::default() };
    assert!(matches!(read(Decoder::new(&message, &deep)), Err(Fault::TooManyItems { items_max: 1_024, .. })));
    let shallow = read(Decoder::new(&message, &Limits::default()));
    assert!(matches!(shallow, Err(Fault::TooManyItems { .. } | Fault::TooDeep { .. })));
}

#[test]
fn a_long_text_repeated_by_references_meets_its_limit() {
    let long = "x".repeat(10_000);
    let mut message = b"\x11\x09\x81\x49\x01\x06\x81\x9c\x21".to_vec();
    message.extend_from_slice(long.as_bytes());
    message.extend_from_slice(&b"\x06\x00".repeat(99));
    let bytes_max = Limits::default().amf_string_bytes_max;
    let fault = decode_all(&message);
    assert!(matches!(fault, Err(Fault::ReferencesTooLarge { bytes_max: max, .. }) if max == bytes_max), "{fault:?}");

    let mut message = b"\x11\x09\x81\x49\x01\x0c\x81\x9c\x21".to_vec();
    message.extend_from_slice(long.as_bytes());
    message.extend_from_slice(&b"\x0c\x02".repeat(99));
    let fault = decode_all(&message);
    assert!(matches!(fault, Err(Fault::ReferencesTooLarge { .. })), "{fault:?}");
}

#[test]
fn an_amf3_message_has_a_format_byte_that_some_leave_out() {
    let limits = Limits::default();
    for message in
        [b"\x00\x02\x00\x01n\x11\x04\x05".as_slice(), b"\x02\x00\x01n\x11\x04\x05", b"\x00\x11\x06\x03n\x11\x04\x05"]
    {
        let values = read(Decoder::new_amf3_message(message, &limits));
        assert_eq!(values, Ok(vec![Value::from("n"), Value::Number(5.0)]));
    }
}
