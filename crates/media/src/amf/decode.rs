use vivace_base::Limits;

use super::amf3::Tables;
use super::cursor::Cursor;
use super::{Fault, Value, marker};

/// Reads the AMF0 values of one message, one after the other, and AMF3 where the message switches to it.
///
/// Depth, items and string lengths are limited over the whole message by `amf_depth_max`, `amf_items_max` and
/// `amf_string_bytes_max`; each value is one item. After a fault the position means nothing and the rest of the
/// message is not to be read.
#[derive(Debug)]
pub struct Decoder<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) tables: Tables<'a>,
    string_bytes_max: usize,
    depth_max: usize,
    depth: usize,
    items_max: usize,
    items: usize,
}

impl<'a> Decoder<'a> {
    /// A decoder of the values of an AMF0 message: RTMP message types 18 and 20, FLV script tags.
    pub fn new(message: &'a [u8], limits: &Limits) -> Self {
        Self {
            cursor: Cursor::new(message),
            tables: Tables::default(),
            string_bytes_max: limits.amf_string_bytes_max,
            depth_max: limits.amf_depth_max,
            depth: 0,
            items_max: limits.amf_items_max,
            items: 0,
        }
    }

    /// A decoder of the values of an AMF3 message: RTMP message types 15 and 17.
    ///
    /// Such a message is a format byte of zero and then AMF0 values that may switch to AMF3. The first value is a
    /// name, which no zero begins, so a sender that leaves the format byte out is understood as well.
    pub fn new_amf3_message(message: &'a [u8], limits: &Limits) -> Self {
        let mut decoder = Self::new(message, limits);
        if decoder.cursor.peek() == Some(0) {
            decoder.cursor.seek(1);
        }
        decoder
    }

    /// The next value; `None` at the end of the message.
    ///
    /// # Errors
    /// The bytes are not AMF, or a limit is met; the fault says which and at what offset.
    #[expect(clippy::should_implement_trait, reason = "an iterator would go on after a fault")]
    pub fn next(&mut self) -> Result<Option<Value>, Fault> {
        if self.cursor.is_at_end() {
            return Ok(None);
        }
        self.value().map(Some)
    }

    /// The bytes that are not read yet.
    pub fn remaining(&self) -> &'a [u8] {
        self.cursor.remaining()
    }

    fn value(&mut self) -> Result<Value, Fault> {
        let at = self.cursor.at();
        self.spend_item(at)?;
        match self.cursor.u8()? {
            marker::NUMBER => self.cursor.f64().map(Value::Number),
            marker::BOOLEAN => self.cursor.u8().map(|byte| Value::Boolean(byte != 0)),
            marker::STRING => self.short_string().map(Value::String),
            marker::OBJECT => self.nested(at, |decoder| decoder.properties(None)).map(Value::Object),
            marker::NULL => Ok(Value::Null),
            marker::UNDEFINED | marker::UNSUPPORTED => Ok(Value::Undefined),
            marker::REFERENCE => self.cursor.u16().map(Value::Reference),
            marker::ECMA_ARRAY => self.nested(at, Self::ecma_array),
            marker::STRICT_ARRAY => self.nested(at, Self::strict_array),
            marker::DATE => Ok(Value::Date { ms: self.cursor.f64()?, tz: self.cursor.i16()? }),
            marker::LONG_STRING => self.long_string().map(Value::LongString),
            marker::XML_DOCUMENT => self.long_string().map(Value::XmlDocument),
            marker::TYPED_OBJECT => self.nested(at, Self::typed_object),
            marker::AVM_PLUS => self.amf3_value(),
            marker => Err(Fault::UnknownMarker { at, marker }),
        }
    }

    /// Key and value pairs up to the end marker. Some muxers leave the end marker of an array with keys out, so
    /// where `announced` pairs were promised and read, the end of the message does as well.
    fn properties(&mut self, announced: Option<usize>) -> Result<Vec<(String, Value)>, Fault> {
        let mut properties = Vec::new();
        loop {
            if self.cursor.is_at_end() && announced == Some(properties.len()) {
                return Ok(properties);
            }
            let key = self.short_string()?;
            if key.is_empty() && self.cursor.peek() == Some(marker::OBJECT_END) {
                self.cursor.u8()?;
                return Ok(properties);
            }
            properties.push((key, self.value()?));
        }
    }

    fn ecma_array(&mut self) -> Result<Value, Fault> {
        // The count is a hint that senders get wrong: it reserves nothing and bounds nothing.
        let announced = self.cursor.count32()?;
        self.properties(Some(announced)).map(Value::EcmaArray)
    }

    fn strict_array(&mut self) -> Result<Value, Fault> {
        let at = self.cursor.at();
        let count = self.cursor.count32()?;
        self.check_items_left(at, count)?;
        let mut elements = Vec::new();
        for _ in 0..count {
            elements.push(self.value()?);
        }
        Ok(Value::StrictArray(elements))
    }

    fn typed_object(&mut self) -> Result<Value, Fault> {
        let class_name = self.short_string()?;
        Ok(Value::TypedObject { class_name, properties: self.properties(None)? })
    }

    fn short_string(&mut self) -> Result<String, Fault> {
        let bytes = usize::from(self.cursor.u16()?);
        self.checked_text(bytes).map(str::to_owned)
    }

    fn long_string(&mut self) -> Result<String, Fault> {
        let bytes = self.cursor.count32()?;
        self.checked_text(bytes).map(str::to_owned)
    }

    /// A text of an announced length, which is compared with the limit first.
    pub(super) fn checked_text(&mut self, bytes: usize) -> Result<&'a str, Fault> {
        self.check_string_bytes(bytes, self.string_bytes_max)?;
        self.cursor.text(bytes)
    }

    pub(super) fn check_string_bytes(&self, bytes: usize, bytes_max: usize) -> Result<(), Fault> {
        if bytes > bytes_max {
            return Err(Fault::StringTooLong { at: self.cursor.at(), bytes, bytes_max });
        }
        Ok(())
    }

    pub(super) fn string_bytes_max(&self) -> usize {
        self.string_bytes_max
    }

    /// Runs `read` one level deeper, where the depth allows.
    pub(super) fn nested<T>(
        &mut self,
        at: usize,
        read: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if self.depth >= self.depth_max {
            return Err(Fault::TooDeep { at, depth_max: self.depth_max });
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    pub(super) fn spend_item(&mut self, at: usize) -> Result<(), Fault> {
        self.check_items_left(at, 1)?;
        self.items += 1;
        Ok(())
    }

    /// Refuses an announced count that the items left cannot hold, before any of them is read.
    pub(super) fn check_items_left(&self, at: usize, count: usize) -> Result<(), Fault> {
        if count > self.items_max.saturating_sub(self.items) {
            return Err(Fault::TooManyItems { at, items_max: self.items_max });
        }
        Ok(())
    }
}
