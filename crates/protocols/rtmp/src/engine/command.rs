use vivace_base::Limits;
use vivace_media::amf::{Decoder, Value};

use super::Fault;
use super::chunk::Message;
use super::wire::message_type;

/// A command message taken apart (RTMP 1.0, 7.2).
pub(super) struct Command {
    pub(super) name: String,
    /// 0 where no answer is wanted, and where the sender left it out.
    pub(super) transaction: f64,
    /// Message stream it was sent on.
    pub(super) stream_id: u32,
    /// The command object (mostly null), then the arguments.
    values: Vec<Value>,
}

impl Command {
    pub(super) fn decode(message: &Message, limits: &Limits) -> Result<Self, Fault> {
        let mut values = decode_values(message, limits)?.into_iter();
        let Some(name) = values.next().and_then(|value| value.as_str().map(str::to_owned)) else {
            return Err(Fault::CommandWithoutName);
        };
        let transaction = values.next().and_then(|value| value.as_f64()).filter(|number| number.is_finite());
        Ok(Self {
            name,
            transaction: transaction.unwrap_or_default(),
            stream_id: message.stream_id,
            values: values.collect(),
        })
    }

    /// The command object.
    pub(super) fn object(&self) -> Option<&Value> {
        self.values.first()
    }

    /// The argument at `at`, counted from 0 behind the command object.
    pub(super) fn argument(&self, at: usize) -> Option<&Value> {
        self.values.get(at.saturating_add(1))
    }

    /// The argument at `at` as a message stream id.
    pub(super) fn stream_argument(&self, at: usize) -> Option<u32> {
        self.argument(at).and_then(Value::as_f64).and_then(stream_id)
    }
}

/// All values of a command or data message.
pub(super) fn decode_values(message: &Message, limits: &Limits) -> Result<Vec<Value>, Fault> {
    let mut decoder = match message.type_id {
        message_type::COMMAND_AMF3 | message_type::DATA_AMF3 => Decoder::new_amf3_message(&message.payload, limits),
        _ => Decoder::new(&message.payload, limits),
    };
    let mut values = Vec::new();
    loop {
        match decoder.next() {
            Ok(Some(value)) => values.push(value),
            Ok(None) => return Ok(values),
            Err(fault) => return Err(Fault::Amf { message_type: message.type_id, fault }),
        }
    }
}

/// A number as a message stream id, if it is a whole one within range.
pub(super) fn stream_id(number: f64) -> Option<u32> {
    let id = number as u32;
    (f64::from(id) == number).then_some(id)
}
