//! AMF3 values inside an AMF0 message (section numbers are of the AMF3 specification).
//!
//! The table of objects holds offsets, not values: a reference is resolved by reading the object's bytes again, so
//! that each value it yields is paid for with an item of the message's limit, and each byte of text it repeats
//! counts towards one more limit. Nested references multiply neither work nor memory beyond that.

use std::sync::Arc;

use super::{Decoder, Fault, Value};

const UNDEFINED: u8 = 0x00;
const NULL: u8 = 0x01;
const FALSE: u8 = 0x02;
const TRUE: u8 = 0x03;
const INTEGER: u8 = 0x04;
const DOUBLE: u8 = 0x05;
const STRING: u8 = 0x06;
const XML_DOCUMENT: u8 = 0x07;
const DATE: u8 = 0x08;
const ARRAY: u8 = 0x09;
const OBJECT: u8 = 0x0A;
const XML: u8 = 0x0B;
const BYTE_ARRAY: u8 = 0x0C;

/// The reference tables of one message (section 2.2). Texts are borrowed from the message.
#[derive(Debug, Default)]
pub(super) struct Tables<'a> {
    strings: Vec<&'a str>,
    traits: Vec<Arc<Traits<'a>>>,
    objects: Vec<Sent>,
    /// An object is being read again: what it has inline is in the tables already.
    replaying: bool,
    /// Bytes of text that references have repeated.
    repeated_bytes: usize,
}

/// Where an object begins in the message, and whether its end was reached.
#[derive(Debug)]
struct Sent {
    at: usize,
    whole: bool,
}

#[derive(Debug)]
struct Traits<'a> {
    class_name: &'a str,
    names: Vec<&'a str>,
    is_dynamic: bool,
}

/// A text, and whether a reference repeats it.
struct Text<'a> {
    text: &'a str,
    is_repeated: bool,
}

/// What a U29 with a reference flag announces (section 1.3.1).
enum Header {
    Reference(usize),
    Inline(usize),
}

impl<'a> Decoder<'a> {
    /// One value, from its marker.
    pub(super) fn amf3_value(&mut self) -> Result<Value, Fault> {
        let at = self.cursor.at();
        match self.cursor.u8()? {
            UNDEFINED => Ok(Value::Undefined),
            NULL => Ok(Value::Null),
            FALSE => Ok(Value::Boolean(false)),
            TRUE => Ok(Value::Boolean(true)),
            INTEGER => self.u29().map(|number| Value::Number(f64::from(sign_extended(number)))),
            DOUBLE => self.cursor.f64().map(Value::Number),
            STRING => self.amf3_string().map(Value::from),
            XML_DOCUMENT | XML => self.amf3_complex(at, Self::amf3_xml),
            DATE => self.amf3_complex(at, |decoder, _| Ok(Value::Date { ms: decoder.cursor.f64()?, tz: 0 })),
            ARRAY => self.amf3_complex(at, |decoder, count| decoder.nested(at, |inner| inner.amf3_array(count))),
            OBJECT => self.amf3_complex(at, |decoder, head| decoder.nested(at, |inner| inner.amf3_object(at, head))),
            BYTE_ARRAY => self.amf3_complex(at, Self::amf3_byte_array),
            marker => Err(Fault::UnsupportedAmf3Marker { at, marker }),
        }
    }

    /// A value that may be a reference: to the one sent before, or else read inline and entered in the table.
    fn amf3_complex(
        &mut self,
        at: usize,
        read: impl FnOnce(&mut Self, usize) -> Result<Value, Fault>,
    ) -> Result<Value, Fault> {
        let head = match self.header()? {
            Header::Reference(index) => return self.replay(at, index),
            Header::Inline(head) => head,
        };
        if self.tables.replaying {
            return read(self, head);
        }
        let index = self.tables.objects.len();
        self.tables.objects.push(Sent { at, whole: false });
        let value = read(self, head)?;
        if let Some(sent) = self.tables.objects.get_mut(index) {
            sent.whole = true;
        }
        Ok(value)
    }

    /// Reads an object sent before once more, from its own bytes.
    fn replay(&mut self, at: usize, index: usize) -> Result<Value, Fault> {
        let sent = self.tables.objects.get(index).ok_or(Fault::NoSuchReference { at, index })?;
        if !sent.whole {
            return Err(Fault::CircularReference { at, index });
        }
        let sent_at = sent.at;
        let back = self.cursor.at();
        let was_replaying = std::mem::replace(&mut self.tables.replaying, true);
        self.cursor.seek(sent_at);
        let value = self.amf3_value();
        self.cursor.seek(back);
        self.tables.replaying = was_replaying;
        value
    }

    /// An array (section 3.11): without keys a strict array, with keys an array in which the rest has its indices
    /// for keys.
    fn amf3_array(&mut self, dense_count: usize) -> Result<Value, Fault> {
        let at = self.cursor.at();
        self.check_items_left(at, dense_count)?;
        let mut properties = self.amf3_dynamic_properties()?;
        if properties.is_empty() {
            let mut elements = Vec::new();
            for _ in 0..dense_count {
                elements.push(self.amf3_item()?);
            }
            return Ok(Value::StrictArray(elements));
        }
        for index in 0..dense_count {
            properties.push((index.to_string(), self.amf3_item()?));
        }
        Ok(Value::EcmaArray(properties))
    }

    /// An object (section 3.12): sealed properties first, then those of a dynamic class.
    fn amf3_object(&mut self, at: usize, head: usize) -> Result<Value, Fault> {
        let is_reference = head & 1 == 0;
        let traits = if is_reference { self.traits_sent(at, head >> 1)? } else { self.traits_inline(at, head)? };
        let is_repeated = is_reference || self.tables.replaying;
        let mut properties = Vec::new();
        for &name in &traits.names {
            let key = self.owned_key(&Text { text: name, is_repeated })?;
            properties.push((key, self.amf3_item()?));
        }
        if traits.is_dynamic {
            properties.append(&mut self.amf3_dynamic_properties()?);
        }
        if traits.class_name.is_empty() {
            return Ok(Value::Object(properties));
        }
        let class_name = self.owned_key(&Text { text: traits.class_name, is_repeated })?;
        Ok(Value::TypedObject { class_name, properties })
    }

    fn traits_sent(&self, at: usize, index: usize) -> Result<Arc<Traits<'a>>, Fault> {
        self.tables.traits.get(index).cloned().ok_or(Fault::NoSuchReference { at, index })
    }

    fn traits_inline(&mut self, at: usize, head: usize) -> Result<Arc<Traits<'a>>, Fault> {
        if head & 0b10 != 0 {
            return Err(Fault::Externalizable { at });
        }
        let count = head >> 3;
        self.check_items_left(at, count)?;
        let class_name = self.amf3_text()?.text;
        let mut names = Vec::new();
        for _ in 0..count {
            names.push(self.amf3_text()?.text);
        }
        let traits = Arc::new(Traits { class_name, names, is_dynamic: head & 0b100 != 0 });
        if !self.tables.replaying {
            self.tables.traits.push(Arc::clone(&traits));
        }
        Ok(traits)
    }

    /// Key and value pairs up to an empty key.
    fn amf3_dynamic_properties(&mut self) -> Result<Vec<(String, Value)>, Fault> {
        let mut properties = Vec::new();
        loop {
            let key = self.amf3_text()?;
            if key.text.is_empty() {
                return Ok(properties);
            }
            properties.push((self.owned_key(&key)?, self.amf3_item()?));
        }
    }

    fn amf3_item(&mut self) -> Result<Value, Fault> {
        self.spend_item(self.cursor.at())?;
        self.amf3_value()
    }

    fn amf3_string(&mut self) -> Result<String, Fault> {
        let text = self.amf3_text()?;
        self.owned(&text)
    }

    /// A string (section 1.3.2), borrowed from the message.
    fn amf3_text(&mut self) -> Result<Text<'a>, Fault> {
        let at = self.cursor.at();
        match self.header()? {
            Header::Reference(index) => {
                let text = *self.tables.strings.get(index).ok_or(Fault::NoSuchReference { at, index })?;
                Ok(Text { text, is_repeated: true })
            }
            Header::Inline(bytes) => {
                let text = self.checked_text(bytes)?;
                // The empty string is never sent by reference and takes no place in the table.
                if !self.tables.replaying && !text.is_empty() {
                    self.tables.strings.push(text);
                }
                Ok(Text { text, is_repeated: self.tables.replaying })
            }
        }
    }

    fn amf3_xml(&mut self, bytes: usize) -> Result<Value, Fault> {
        let text = Text { text: self.checked_text(bytes)?, is_repeated: self.tables.replaying };
        self.owned(&text).map(Value::XmlDocument)
    }

    fn amf3_byte_array(&mut self, bytes: usize) -> Result<Value, Fault> {
        self.check_string_bytes(bytes, self.string_bytes_max())?;
        if self.tables.replaying {
            self.spend_repeated(bytes)?;
        }
        self.cursor.take(bytes).map(|content| Value::ByteArray(content.to_vec()))
    }

    /// A key or class name: AMF0, in which values are written again, counts its bytes with 16 bits.
    fn owned_key(&mut self, key: &Text<'a>) -> Result<String, Fault> {
        self.check_string_bytes(key.text.len(), usize::from(u16::MAX))?;
        self.owned(key)
    }

    fn owned(&mut self, text: &Text<'a>) -> Result<String, Fault> {
        if text.is_repeated {
            self.spend_repeated(text.text.len())?;
        }
        Ok(text.text.to_owned())
    }

    fn spend_repeated(&mut self, bytes: usize) -> Result<(), Fault> {
        let bytes_max = self.string_bytes_max();
        self.tables.repeated_bytes = self.tables.repeated_bytes.saturating_add(bytes);
        if self.tables.repeated_bytes > bytes_max {
            return Err(Fault::ReferencesTooLarge { at: self.cursor.at(), bytes_max });
        }
        Ok(())
    }

    fn header(&mut self) -> Result<Header, Fault> {
        let number = self.u29()?;
        let rest = usize::try_from(number >> 1).unwrap_or(usize::MAX);
        Ok(if number & 1 == 0 { Header::Reference(rest) } else { Header::Inline(rest) })
    }

    /// An unsigned integer of 29 bits in one to four bytes (section 1.3.1).
    fn u29(&mut self) -> Result<u32, Fault> {
        let mut number = 0;
        for _ in 0..3 {
            let byte = u32::from(self.cursor.u8()?);
            number = (number << 7) | (byte & 0x7F);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Ok((number << 8) | u32::from(self.cursor.u8()?))
    }
}

/// The integer type is 29 bits wide with a sign (section 3.6).
fn sign_extended(number: u32) -> i32 {
    // Both casts keep the bits: the sign stands in bit 28 and is spread by the arithmetic shift.
    ((number << 3) as i32) >> 3
}
