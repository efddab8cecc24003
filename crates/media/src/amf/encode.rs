use super::{Value, marker};

/// Byte-array marker of AMF3 (section 3.14).
const AMF3_BYTE_ARRAY: u8 = 0x0C;

impl Value {
    /// Appends the value as AMF0.
    ///
    /// A `String` longer than 65,535 bytes is written as a long string; a key or class name of that length is cut.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Number(number) => encode_number(out, *number),
            Self::Boolean(flag) => encode_bool(out, *flag),
            Self::String(text) => encode_str(out, text),
            Self::Object(properties) => {
                out.push(marker::OBJECT);
                encode_properties(out, properties);
            }
            Self::Null => encode_null(out),
            Self::Undefined => out.push(marker::UNDEFINED),
            Self::Reference(index) => {
                out.push(marker::REFERENCE);
                out.extend_from_slice(&index.to_be_bytes());
            }
            Self::EcmaArray(properties) => {
                out.push(marker::ECMA_ARRAY);
                encode_count32(out, properties.len());
                encode_properties(out, properties);
            }
            Self::StrictArray(elements) => {
                out.push(marker::STRICT_ARRAY);
                encode_count32(out, elements.len());
                elements.iter().for_each(|element| element.encode(out));
            }
            Self::Date { ms, tz } => {
                out.push(marker::DATE);
                out.extend_from_slice(&ms.to_be_bytes());
                out.extend_from_slice(&tz.to_be_bytes());
            }
            Self::LongString(text) => encode_text32(out, marker::LONG_STRING, text),
            Self::XmlDocument(text) => encode_text32(out, marker::XML_DOCUMENT, text),
            Self::TypedObject { class_name, properties } => {
                out.push(marker::TYPED_OBJECT);
                encode_key(out, class_name);
                encode_properties(out, properties);
            }
            Self::ByteArray(bytes) => encode_byte_array(out, bytes),
        }
    }
}

/// Appends a string; one longer than 65,535 bytes as a long string.
pub fn encode_str(out: &mut Vec<u8>, text: &str) {
    match u16::try_from(text.len()) {
        Ok(bytes) => {
            out.push(marker::STRING);
            out.extend_from_slice(&bytes.to_be_bytes());
            out.extend_from_slice(text.as_bytes());
        }
        Err(_) => encode_text32(out, marker::LONG_STRING, text),
    }
}

/// Appends a number.
pub fn encode_number(out: &mut Vec<u8>, number: f64) {
    out.push(marker::NUMBER);
    out.extend_from_slice(&number.to_be_bytes());
}

/// Appends a boolean.
pub fn encode_bool(out: &mut Vec<u8>, flag: bool) {
    out.extend_from_slice(&[marker::BOOLEAN, u8::from(flag)]);
}

/// Appends the null value.
pub fn encode_null(out: &mut Vec<u8>) {
    out.push(marker::NULL);
}

/// Appends an anonymous object whose properties `write` appends.
pub fn encode_object(out: &mut Vec<u8>, write: impl FnOnce(&mut ObjectEncoder<'_>)) {
    out.push(marker::OBJECT);
    write(&mut ObjectEncoder { out, count: 0 });
    encode_end(out);
}

/// Appends an array with keys whose properties `write` appends.
pub fn encode_ecma_array(out: &mut Vec<u8>, write: impl FnOnce(&mut ObjectEncoder<'_>)) {
    out.push(marker::ECMA_ARRAY);
    let count_at = out.len();
    out.extend_from_slice(&[0; 4]);
    let mut encoder = ObjectEncoder { out, count: 0 };
    write(&mut encoder);
    let count = encoder.count;
    if let Some(place) = out.get_mut(count_at..count_at + 4) {
        place.copy_from_slice(&count.to_be_bytes());
    }
    encode_end(out);
}

/// Appends properties of an object or of an array with keys; given to the closure of [`encode_object`].
#[derive(Debug)]
pub struct ObjectEncoder<'a> {
    out: &'a mut Vec<u8>,
    count: u32,
}

impl ObjectEncoder<'_> {
    /// A string.
    pub fn str(&mut self, key: &str, text: &str) -> &mut Self {
        encode_str(self.key(key), text);
        self
    }

    /// A number.
    pub fn number(&mut self, key: &str, number: f64) -> &mut Self {
        encode_number(self.key(key), number);
        self
    }

    /// A boolean.
    pub fn bool(&mut self, key: &str, flag: bool) -> &mut Self {
        encode_bool(self.key(key), flag);
        self
    }

    /// Any value.
    pub fn value(&mut self, key: &str, value: &Value) -> &mut Self {
        value.encode(self.key(key));
        self
    }

    /// An object whose properties `write` appends.
    pub fn object(&mut self, key: &str, write: impl FnOnce(&mut ObjectEncoder<'_>)) -> &mut Self {
        encode_object(self.key(key), write);
        self
    }

    fn key(&mut self, key: &str) -> &mut Vec<u8> {
        self.count = self.count.saturating_add(1);
        encode_key(self.out, key);
        self.out
    }
}

fn encode_properties(out: &mut Vec<u8>, properties: &[(String, Value)]) {
    for (key, value) in properties {
        encode_key(out, key);
        value.encode(out);
    }
    encode_end(out);
}

/// The empty key and the marker that end an object (AMF0 section 2.11).
fn encode_end(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0, 0, marker::OBJECT_END]);
}

/// A string without its marker; what 16 bits of length cannot count is cut, between two characters.
fn encode_key(out: &mut Vec<u8>, key: &str) {
    let end = key.floor_char_boundary(usize::from(u16::MAX));
    let bytes = key.as_bytes().get(..end).unwrap_or_default();
    out.extend_from_slice(&u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(bytes);
}

fn encode_text32(out: &mut Vec<u8>, marker: u8, text: &str) {
    out.push(marker);
    encode_count32(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

/// Counts and lengths of values that fit in memory many times over; none reaches the end of 32 bits.
fn encode_count32(out: &mut Vec<u8>, count: usize) {
    out.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
}

fn encode_byte_array(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&[marker::AVM_PLUS, AMF3_BYTE_ARRAY]);
    encode_u29(out, (u32::try_from(bytes.len()).unwrap_or(u32::MAX) << 1) | 1);
    out.extend_from_slice(bytes);
}

/// An unsigned 29-bit integer of variable length (AMF3 section 1.3.1).
fn encode_u29(out: &mut Vec<u8>, number: u32) {
    let septet = |shift: u32| ((number >> shift) & 0x7F) as u8 | 0x80;
    match number {
        0..0x80 => out.push(number as u8),
        0x80..0x4000 => out.extend_from_slice(&[septet(7), (number & 0x7F) as u8]),
        0x4000..0x20_0000 => out.extend_from_slice(&[septet(14), septet(7), (number & 0x7F) as u8]),
        _ => out.extend_from_slice(&[septet(22), septet(15), septet(8), (number & 0xFF) as u8]),
    }
}
