/// One AMF value. Keys keep the order in which they were sent, and may repeat.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A double (AMF0 section 2.2); AMF3 integers too.
    Number(f64),
    /// A boolean (section 2.3).
    Boolean(bool),
    /// A string of at most 65,535 bytes (section 2.4).
    String(String),
    /// An anonymous object (section 2.5).
    Object(Vec<(String, Self)>),
    /// The null value (section 2.7).
    Null,
    /// The undefined value (section 2.8); the "unsupported" marker (section 2.15) too.
    Undefined,
    /// The index of an object sent earlier in the message (section 2.9). It is not resolved.
    Reference(u16),
    /// An array with keys (section 2.10).
    EcmaArray(Vec<(String, Self)>),
    /// An array without keys (section 2.12).
    StrictArray(Vec<Self>),
    /// A point in time (section 2.13).
    Date {
        /// Milliseconds since 1970-01-01 UTC.
        ms: f64,
        /// Time zone in minutes; reserved, senders set zero.
        tz: i16,
    },
    /// A string with a 32-bit length (section 2.14).
    LongString(String),
    /// An XML document (section 2.17).
    XmlDocument(String),
    /// An object of a named class (section 2.18).
    TypedObject {
        /// The class name.
        class_name: String,
        /// Its properties.
        properties: Vec<(String, Self)>,
    },
    /// A byte array. AMF0 has none: it is carried as an AMF3 value (AMF3 section 3.14) behind the switch marker.
    ByteArray(Vec<u8>),
}

impl Value {
    /// The text of a string, short or long.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) | Self::LongString(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a number.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The value of a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Boolean(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The properties of an object or of an array with keys, in the order sent.
    pub fn properties(&self) -> Option<&[(String, Self)]> {
        match self {
            Self::Object(properties) | Self::EcmaArray(properties) | Self::TypedObject { properties, .. } => {
                Some(properties)
            }
            _ => None,
        }
    }

    /// The first property of this name, of an object or of an array with keys.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.properties()?.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Boolean(flag)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for Value {
    /// A short string where its length allows, else a long one.
    fn from(text: String) -> Self {
        if text.len() > usize::from(u16::MAX) { Self::LongString(text) } else { Self::String(text) }
    }
}
