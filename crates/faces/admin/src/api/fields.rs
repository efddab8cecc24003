//! What a request may carry. One table of fields is both what is checked and what the OpenAPI document says.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, json};

use super::answer::Refusal;

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Text. What it may say is for the use case to decide.
    Text,
    /// Text of this form, for the document; the use case knows it exactly.
    Form(&'static str),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number from the first to the second.
    Whole(i64, i64),
    /// True or false.
    Flag,
    /// A list of texts.
    Texts,
    /// A list of whole numbers out of these.
    Numbers(&'static [i64]),
}

/// One field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) is_required: bool,
    /// Whether it may be null, which says something else than its absence.
    pub(crate) is_nullable: bool,
    pub(crate) about: &'static str,
}

impl Field {
    pub(crate) const fn new(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, is_required: false, is_nullable: false, about }
    }

    pub(crate) const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    pub(crate) const fn nullable(self) -> Self {
        Self { is_nullable: true, ..self }
    }

    /// Its schema in the document.
    pub(crate) fn schema(&self) -> Value {
        let mut schema = match self.kind {
            Kind::Text => json!({ "type": "string" }),
            Kind::Form(pattern) => json!({ "type": "string", "pattern": pattern }),
            Kind::Word(words) => json!({ "type": "string", "enum": words }),
            Kind::Whole(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
            Kind::Flag => json!({ "type": "boolean" }),
            Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
            Kind::Numbers(among) => json!({ "type": "array", "items": { "type": "integer", "enum": among } }),
        };
        if self.is_nullable {
            let single = schema["type"].take();
            schema["type"] = json!([single, "null"]);
            if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
                words.push(Value::Null);
            }
        }
        schema
    }

    fn check(&self, value: &Value) -> Result<(), Refusal> {
        let expected = match self.kind {
            _ if value.is_null() && self.is_nullable => return Ok(()),
            Kind::Text | Kind::Form(_) if value.is_string() => return Ok(()),
            Kind::Text | Kind::Form(_) => "text is expected".to_owned(),
            Kind::Word(words) if value.as_str().is_some_and(|word| words.contains(&word)) => return Ok(()),
            Kind::Word(words) => format!("one of {} is expected", words.join(", ")),
            Kind::Whole(min, max) if whole(value).is_some_and(|number| (min..=max).contains(&number)) => return Ok(()),
            Kind::Whole(min, max) => format!("a whole number from {min} to {max} is expected"),
            Kind::Flag if value.is_boolean() => return Ok(()),
            Kind::Flag => "true or false is expected".to_owned(),
            Kind::Texts if value.as_array().is_some_and(|all| all.iter().all(Value::is_string)) => return Ok(()),
            Kind::Texts => "a list of texts is expected".to_owned(),
            Kind::Numbers(among) => {
                let is_among = |one| whole(one).is_some_and(|number| among.contains(&number));
                if value.as_array().is_some_and(|all| all.iter().all(is_among)) {
                    return Ok(());
                }
                format!("a list of numbers out of {among:?} is expected")
            }
        };
        Err(Refusal::field(self.name, &expected))
    }

    /// What a path or a query says in text.
    fn read(&self, text: String) -> Value {
        let number = |text: &str| text.parse::<i64>().ok().map(Value::from);
        match self.kind {
            Kind::Whole(..) => number(&text).unwrap_or(Value::String(text)),
            Kind::Flag if text == "true" || text == "false" => Value::Bool(text == "true"),
            _ => Value::String(text),
        }
    }
}

/// JSON has one sort of number: 2.0 is whole.
fn whole(value: &Value) -> Option<i64> {
    let exact = |number: f64| number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "it has no fraction and fits in 53 bits")]
    value.as_i64().or_else(|| value.as_f64().filter(|number| exact(*number)).map(|number| number as i64))
}

/// Fields that were given, each of its kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given(BTreeMap<&'static str, Value>);

impl Given {
    /// Whether it was given, null included.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// The text of a field that is required; it is there.
    pub(crate) fn needed(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    pub(crate) fn whole(&self, name: &str) -> Option<i64> {
        whole(self.0.get(name)?)
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }

    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        let all = self.0.get(name)?.as_array()?;
        Some(all.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    pub(crate) fn numbers(&self, name: &str) -> Option<Vec<i64>> {
        Some(self.0.get(name)?.as_array()?.iter().filter_map(whole).collect())
    }
}

/// Checks members of a body.
pub(crate) fn check(fields: &[Field], members: Vec<(String, Value)>) -> Result<Given, Refusal> {
    let mut given = BTreeMap::new();
    for (name, value) in members {
        let Some(field) = fields.iter().find(|field| field.name == name) else { return Err(unknown(&name, fields)) };
        field.check(&value)?;
        if given.insert(field.name, value).is_some() {
            return Err(Refusal::field(field.name, "it stands twice"));
        }
    }
    match fields.iter().find(|field| field.is_required && !given.contains_key(field.name)) {
        Some(missing) => Err(Refusal::field(missing.name, "it is missing")),
        None => Ok(Given(given)),
    }
}

/// Checks parameters of a path or a query.
pub(crate) fn check_texts(
    fields: &[Field],
    texts: impl IntoIterator<Item = (String, String)>,
) -> Result<Given, Refusal> {
    let read = |(name, text): (String, String)| {
        let value = match fields.iter().find(|field| field.name == name) {
            Some(field) => field.read(text),
            None => Value::String(text),
        };
        (name, value)
    };
    check(fields, texts.into_iter().map(read).collect())
}

fn unknown(name: &str, fields: &[Field]) -> Refusal {
    let shown: String = name.chars().take(64).collect();
    let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
    let known =
        if known.is_empty() { "there are none here".to_owned() } else { format!("there are {}", known.join(", ")) };
    Refusal::field(&shown, &format!("there is no such field; {known}"))
}

/// The members of a body that is one JSON object.
pub(crate) fn members(bytes: &[u8]) -> Result<Vec<(String, Value)>, Refusal> {
    // The library's own words quote the body, and there are keys in it.
    let read: Result<Members, _> = serde_json::from_slice(bytes);
    read.map(|members| members.0).map_err(|_| Refusal::bad("the body must be one JSON object"))
}

/// Like a map, but what stands twice is still there twice.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

/// The schema of a body.
pub(crate) fn body_schema(fields: &[Field]) -> Value {
    let property = |field: &Field| {
        let mut schema = field.schema();
        schema["description"] = field.about.into();
        (field.name.to_owned(), schema)
    };
    let properties: Map<String, Value> = fields.iter().map(property).collect();
    let required: Vec<&str> = fields.iter().filter(|field| field.is_required).map(|field| field.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Field, Kind, check, check_texts, members};

    const FIELDS: &[Field] = &[
        Field::new("name", Kind::Text, "").required(),
        Field::new("count", Kind::Whole(1, 9), "").nullable(),
        Field::new("way", Kind::Word(&["in", "out"]), ""),
        Field::new("on", Kind::Flag, ""),
        Field::new("all", Kind::Texts, ""),
        Field::new("rates", Kind::Numbers(&[0, 10]), ""),
    ];

    fn said(body: &str) -> Result<(), String> {
        let given = members(body.as_bytes()).and_then(|members| check(FIELDS, members));
        given.map(drop).map_err(|refusal| refusal.message().to_owned())
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (body, field) in [
            ("{}", "name: it is missing"),
            (r#"{"name": 5}"#, "name: text"),
            (r#"{"name": null}"#, "name: text"),
            (r#"{"name": "a", "name": "b"}"#, "name: it stands twice"),
            (r#"{"name": "a", "count": 10}"#, "count: a whole number from 1 to 9"),
            (r#"{"name": "a", "count": 1.5}"#, "count:"),
            (r#"{"name": "a", "count": 1e300}"#, "count:"),
            (r#"{"name": "a", "count": "1"}"#, "count:"),
            (r#"{"name": "a", "way": "IN"}"#, "way: one of in, out"),
            (r#"{"name": "a", "on": "true"}"#, "on: true or false"),
            (r#"{"name": "a", "all": ["x", 1]}"#, "all: a list of texts"),
            (r#"{"name": "a", "rates": [5]}"#, "rates: a list of numbers"),
            (r#"{"name": "a", "extra": 1}"#, "extra: there is no such field"),
            ("[]", "the body must be one JSON object"),
            ("", "the body must be one JSON object"),
            (r#"{"name": "a"} {}"#, "the body must be one JSON object"),
        ] {
            let message = said(body).expect_err(body);
            assert!(message.starts_with(field), "{message} for {body}");
        }
        assert_eq!(
            said(r#"{"name": "a", "count": null, "way": "in", "on": false, "all": [], "rates": [0, 10.0]}"#),
            Ok(())
        );
    }

    #[test]
    fn parameters_are_read_by_their_kind() {
        let text = |pairs: &[(&str, &str)]| {
            check_texts(FIELDS, pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())))
        };
        let given = text(&[("name", "5"), ("count", "5"), ("on", "true")]).expect("good");
        assert_eq!((given.text("name"), given.whole("count"), given.flag("on")), (Some("5"), Some(5), Some(true)));
        for (name, value) in [("count", "x"), ("count", ""), ("count", "99999999999999999999"), ("on", "1")] {
            assert!(text(&[("name", "a"), (name, value)]).is_err(), "{name}={value}");
        }
    }

    #[test]
    fn a_field_that_may_be_null_says_so() {
        let nullable: Value = Field::new("x", Kind::Word(&["a"]), "").nullable().schema();
        assert_eq!(nullable, json!({ "type": ["string", "null"], "enum": ["a", null] }));
    }
}
