use vivace_base::Limits;

use super::{Decoder, Fault, Value, encode_ecma_array, encode_null, encode_number, encode_object, encode_str};

mod amf3;

fn decode_all(message: &[u8]) -> Result<Vec<Value>, Fault> {
    read(Decoder::new(message, &Limits::default()))
}

fn read(mut decoder: Decoder<'_>) -> Result<Vec<Value>, Fault> {
    let mut values = Vec::new();
    while let Some(value) = decoder.next()? {
        values.push(value);
    }
    Ok(values)
}

fn encoded(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    value.encode(&mut out);
    out
}

fn one_of_each() -> Vec<Value> {
    let pairs = || {
        vec![("b".to_owned(), Value::Number(2.0)), ("a".to_owned(), Value::from("text")), (String::new(), Value::Null)]
    };
    vec![
        Value::Number(-0.5),
        Value::Number(f64::INFINITY),
        Value::Boolean(true),
        Value::Boolean(false),
        Value::from(""),
        Value::from("直播"),
        Value::Object(pairs()),
        Value::Object(Vec::new()),
        Value::Null,
        Value::Undefined,
        Value::Reference(65_535),
        Value::EcmaArray(pairs()),
        Value::StrictArray(vec![Value::Object(pairs()), Value::Null]),
        Value::Date { ms: 1_700_000_000_000.0, tz: -480 },
        Value::LongString("x".repeat(65_536)),
        Value::LongString("short".to_owned()),
        Value::XmlDocument("<a/>".to_owned()),
        Value::TypedObject { class_name: "flex.C".to_owned(), properties: pairs() },
        Value::ByteArray(vec![0, 255, 17]),
        Value::ByteArray(vec![7; 20_000]),
    ]
}

#[test]
fn every_kind_of_value_survives_the_round_trip() {
    for value in one_of_each() {
        assert_eq!(decode_all(&encoded(&value)), Ok(vec![value]));
    }
    let all = Value::StrictArray(one_of_each());
    assert_eq!(decode_all(&encoded(&all)), Ok(vec![all]));
}

#[test]
fn bytes_on_the_wire_are_those_of_the_specification() {
    let cases: [(Value, &[u8]); 9] = [
        (Value::Number(1.0), b"\x00\x3f\xf0\0\0\0\0\0\0"),
        (Value::Boolean(true), b"\x01\x01"),
        (Value::from("ab"), b"\x02\x00\x02ab"),
        (Value::Object(vec![("k".to_owned(), Value::Null)]), b"\x03\x00\x01k\x05\x00\x00\x09"),
        (Value::Reference(258), b"\x07\x01\x02"),
        (Value::EcmaArray(vec![("k".to_owned(), Value::Null)]), b"\x08\0\0\0\x01\x00\x01k\x05\x00\x00\x09"),
        (Value::StrictArray(vec![Value::Undefined]), b"\x0a\0\0\0\x01\x06"),
        (Value::Date { ms: 1.0, tz: 1 }, b"\x0b\x3f\xf0\0\0\0\0\0\0\0\x01"),
        (Value::TypedObject { class_name: "C".to_owned(), properties: Vec::new() }, b"\x10\x00\x01C\x00\x00\x09"),
    ];
    for (value, bytes) in cases {
        assert_eq!(encoded(&value), bytes, "{value:?}");
        assert_eq!(decode_all(bytes), Ok(vec![value]));
    }
}

#[test]
fn a_connect_command_is_read_value_by_value() {
    let mut message = Vec::new();
    encode_str(&mut message, "connect");
    encode_number(&mut message, 1.0);
    encode_object(&mut message, |object| {
        object.str("app", "live").bool("fpad", false).number("videoCodecs", 252.0);
        object.object("info", |info| {
            info.value("fourCcList", &Value::StrictArray(vec![Value::from("hvc1")]));
        });
    });
    encode_null(&mut message);

    let limits = Limits::default();
    let mut decoder = Decoder::new(&message, &limits);
    assert_eq!(decoder.next().unwrap().unwrap().as_str(), Some("connect"));
    assert_eq!(decoder.next().unwrap().unwrap().as_f64(), Some(1.0));
    let object = decoder.next().unwrap().unwrap();
    assert_eq!(object.get("app").and_then(Value::as_str), Some("live"));
    assert_eq!(object.get("fpad").and_then(Value::as_bool), Some(false));
    assert_eq!(
        object.get("info").and_then(|info| info.get("fourCcList")),
        Some(&Value::StrictArray(vec!["hvc1".into()]))
    );
    assert_eq!(object.get("absent"), None);
    assert_eq!(decoder.remaining(), b"\x05");
    assert_eq!(decoder.next(), Ok(Some(Value::Null)));
    assert_eq!(decoder.next(), Ok(None));
}

#[test]
fn the_count_of_an_array_with_keys_is_written_and_not_trusted() {
    let mut out = Vec::new();
    encode_ecma_array(&mut out, |array| {
        array.number("a", 1.0).object("b", |inner| {
            inner.bool("c", true);
        });
    });
    assert_eq!(out.get(..5), Some(b"\x08\0\0\0\x02".as_slice()));
    out[1..5].copy_from_slice(&[0xFF; 4]);
    let array = decode_all(&out).unwrap().remove(0);
    assert_eq!(array.properties().map(<[_]>::len), Some(2));
}

#[test]
fn an_array_with_keys_may_end_with_the_message_after_the_pairs_it_promised() {
    let whole = b"\x08\0\0\0\x01\x00\x01k\x05";
    assert_eq!(decode_all(whole), Ok(vec![Value::EcmaArray(vec![("k".to_owned(), Value::Null)])]));
    let short_of_one = b"\x08\0\0\0\x02\x00\x01k\x05";
    assert_eq!(decode_all(short_of_one), Err(Fault::Truncated { at: 9, needed_bytes: 2, left_bytes: 0 }));
}

#[test]
fn accessors_refuse_values_of_other_types() {
    for value in one_of_each() {
        let is_text = matches!(value, Value::String(_) | Value::LongString(_));
        assert_eq!(value.as_str().is_some(), is_text, "{value:?}");
        assert_eq!(value.as_f64().is_some(), matches!(value, Value::Number(_)));
        assert_eq!(value.as_bool().is_some(), matches!(value, Value::Boolean(_)));
        assert_eq!(value.get("a").is_some(), value.properties().is_some_and(|pairs| !pairs.is_empty()));
    }
}

#[test]
fn nesting_is_allowed_up_to_the_limit_and_refused_beyond() {
    let nested = |depth: usize| {
        let mut value = Value::Object(Vec::new());
        for _ in 1..depth {
            value = Value::Object(vec![("k".to_owned(), value)]);
        }
        encoded(&value)
    };
    let limits = Limits::default();
    assert!(decode_all(&nested(limits.amf_depth_max)).is_ok());
    let fault = decode_all(&nested(limits.amf_depth_max + 1));
    assert_eq!(fault, Err(Fault::TooDeep { at: 4 * limits.amf_depth_max, depth_max: limits.amf_depth_max }));
}

#[test]
fn ten_thousand_levels_of_each_container_meet_the_depth_fault() {
    let openings: [&[u8]; 5] = [
        b"\x03\x00\x01k",
        b"\x08\0\0\0\x01\x00\x01k",
        b"\x0a\0\0\0\x01",
        b"\x10\x00\x01C\x00\x01k",
        b"\x11\x09\x03\x01",
    ];
    for opening in openings {
        let fault = decode_all(&opening.repeat(10_000));
        // Inside AMF3 the marker that switches to it is no value and is refused.
        if opening.starts_with(b"\x11") {
            assert_eq!(fault, Err(Fault::UnsupportedAmf3Marker { at: 4, marker: 0x11 }));
        } else {
            assert!(matches!(fault, Err(Fault::TooDeep { depth_max: 16, .. })), "{fault:?}");
        }
    }
    let amf3 = [b"\x11".as_slice(), &b"\x09\x03\x01".repeat(10_000)].concat();
    assert_eq!(decode_all(&amf3), Err(Fault::TooDeep { at: 1 + 3 * 16, depth_max: 16 }));
}

#[test]
fn announced_lengths_and_counts_are_refused_before_anything_is_read() {
    let huge = u32::MAX as usize;
    let string_max = Limits::default().amf_string_bytes_max;
    let too_long = |at, bytes| Err(Fault::StringTooLong { at, bytes, bytes_max: string_max });
    assert_eq!(decode_all(b"\x0c\xff\xff\xff\xff"), too_long(5, huge));
    assert_eq!(decode_all(b"\x0f\xff\xff\xff\xff"), too_long(5, huge));
    assert_eq!(decode_all(b"\x11\x06\xff\xff\xff\xff"), too_long(6, (1 << 28) - 1));
    assert_eq!(decode_all(b"\x11\x0c\xff\xff\xff\xff"), too_long(6, (1 << 28) - 1));
    let too_many = |at| Err(Fault::TooManyItems { at, items_max: 1_024 });
    assert_eq!(decode_all(b"\x0a\xff\xff\xff\xff"), too_many(1));
    assert_eq!(decode_all(b"\x11\x09\xff\xff\xff\xff"), too_many(6));
    assert_eq!(decode_all(b"\x11\x0a\xff\xff\xff\xf3\x01"), too_many(1));
    assert_eq!(decode_all(b"\x02\xff\xff"), Err(Fault::Truncated { at: 3, needed_bytes: 65_535, left_bytes: 0 }));
}

#[test]
fn items_are_counted_over_the_whole_message() {
    let limits = Limits { amf_items_max: 4, ..Limits::default() };
    let pair = encoded(&Value::Object(vec![("k".to_owned(), Value::Null)]));
    assert!(read(Decoder::new(&pair.repeat(2), &limits)).is_ok());
    let fault = read(Decoder::new(&pair.repeat(3), &limits));
    assert_eq!(fault, Err(Fault::TooManyItems { at: 2 * pair.len(), items_max: 4 }));
}

#[test]
fn bytes_that_are_not_amf_are_named_with_their_offset() {
    assert_eq!(decode_all(b"\x05\x04"), Err(Fault::UnknownMarker { at: 1, marker: 4 }));
    assert_eq!(decode_all(b"\x09"), Err(Fault::UnknownMarker { at: 0, marker: 9 }));
    assert_eq!(decode_all(b"\xff"), Err(Fault::UnknownMarker { at: 0, marker: 0xFF }));
    assert_eq!(decode_all(b"\x02\x00\x01\xff"), Err(Fault::NotUtf8 { at: 3 }));
    assert_eq!(decode_all(b"\x00\x3f"), Err(Fault::Truncated { at: 1, needed_bytes: 8, left_bytes: 1 }));
    assert_eq!(decode_all(b"\x03\x00\x01k"), Err(Fault::Truncated { at: 4, needed_bytes: 1, left_bytes: 0 }));
    assert_eq!(decode_all(b"\x03\x00\x00"), Err(Fault::Truncated { at: 3, needed_bytes: 1, left_bytes: 0 }));
}

#[test]
fn a_text_too_long_for_its_form_is_written_in_one_that_holds_it() {
    let long = "é".repeat(40_000);
    assert_eq!(
        decode_all(&encoded(&Value::String("x".repeat(65_536)))),
        Ok(vec![Value::LongString("x".repeat(65_536))])
    );
    let object = Value::Object(vec![(long, Value::Null)]);
    let again = decode_all(&encoded(&object)).unwrap().remove(0);
    let key = again.properties().and_then(|pairs| pairs.first()).map(|(key, _)| key.len());
    assert_eq!(key, Some(65_534), "cut between two characters");
}
