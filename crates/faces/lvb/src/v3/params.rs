use serde_json::{Map, Value};
use vivace_base::Limits;

use super::Fault;
use crate::access::{ParameterFault, Parameters};

const INTEGER: &str = "a whole number";

/// The parameters of a call: members of a JSON object, or flattened into names, where every value is a text.
#[derive(Clone, Debug)]
pub struct Params {
    members: Map<String, Value>,
    /// Whether a number may be written as a text.
    is_flat: bool,
}

impl Params {
    /// Those of a JSON body; an empty one has none.
    ///
    /// # Errors
    /// [`ParameterFault`]: `Json`, `WrongType`, `TooDeep`.
    pub fn of_json(body: &[u8], limits: &Limits) -> Result<Self, ParameterFault> {
        let field = || "the body".to_owned();
        if body.trim_ascii().is_empty() {
            return Ok(Self { members: Map::new(), is_flat: false });
        }
        let value: Value = serde_json::from_slice(body).map_err(|error| {
            let reason = format!("line {}, column {}", error.line(), error.column());
            ParameterFault::Json { field: field(), reason }
        })?;
        let Value::Object(members) = value else {
            return Err(ParameterFault::WrongType { field: field(), expected: "a JSON object" });
        };
        for (name, value) in &members {
            if depth(value) >= limits.api_depth_max {
                return Err(ParameterFault::TooDeep { field: cut(name), max: limits.api_depth_max });
            }
        }
        Ok(Self { members, is_flat: false })
    }

    /// Those of a query or a form, without those that every call has.
    pub fn of_flat(parameters: &Parameters, common: &[&str]) -> Self {
        let Value::Object(mut members) = parameters.to_json() else {
            return Self { members: Map::new(), is_flat: true };
        };
        members.retain(|name, _| !common.contains(&name.as_str()));
        Self { members, is_flat: true }
    }

    /// Whether all of them are known.
    ///
    /// # Errors
    /// [`Fault::UnknownParameter`]: the first that is not.
    pub fn are_among(&self, known: &[&str]) -> Result<(), Fault> {
        match self.members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Fault::UnknownParameter { name: cut(name) }),
            None => Ok(()),
        }
    }

    /// Whether a parameter is there and says something.
    pub fn has(&self, name: &str) -> bool {
        match self.members.get(name) {
            None | Some(Value::Null) => false,
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(items)) => !items.is_empty(),
            Some(_) => true,
        }
    }

    /// A text, which may be empty; none if it is absent.
    ///
    /// # Errors
    /// [`ParameterFault::WrongType`].
    pub fn text(&self, name: &str) -> Result<Option<&str>, ParameterFault> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(name, "a text")),
        }
    }

    /// A text that must be there and not be empty.
    ///
    /// # Errors
    /// [`ParameterFault`]: `Missing`, `WrongType`.
    pub fn required(&self, name: &str) -> Result<&str, ParameterFault> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| missing(name))
    }

    /// A whole number; none if it is absent.
    ///
    /// # Errors
    /// [`ParameterFault::WrongType`].
    pub fn integer(&self, name: &str) -> Result<Option<i64>, ParameterFault> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => number.as_i64().map(Some).ok_or_else(|| wrong(name, INTEGER)),
            Some(Value::String(text)) if self.is_flat => text.parse().map(Some).map_err(|_| wrong(name, INTEGER)),
            Some(_) => Err(wrong(name, INTEGER)),
        }
    }

    /// A whole number that must be there.
    ///
    /// # Errors
    /// [`ParameterFault`]: `Missing`, `WrongType`.
    pub fn required_integer(&self, name: &str) -> Result<i64, ParameterFault> {
        self.integer(name)?.ok_or_else(|| missing(name))
    }

    /// A whole number within a range.
    ///
    /// # Errors
    /// [`ParameterFault`]: `WrongType`, `OutOfRange`.
    pub fn integer_in(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<i64>,
        expected: &'static str,
    ) -> Result<Option<i64>, ParameterFault> {
        match self.integer(name)? {
            Some(value) if !range.contains(&value) => Err(out_of_range(name, expected)),
            value => Ok(value),
        }
    }

    /// A switch, 0 or 1.
    ///
    /// # Errors
    /// [`ParameterFault`]: `WrongType`, `OutOfRange`.
    pub fn switch(&self, name: &str) -> Result<Option<bool>, ParameterFault> {
        Ok(self.integer_in(name, 0..=1, "0 or 1")?.map(|value| value == 1))
    }

    /// A switch, true or false, or 1 or 0.
    ///
    /// # Errors
    /// [`ParameterFault::WrongType`].
    pub fn flag(&self, name: &str) -> Result<Option<bool>, ParameterFault> {
        match self.members.get(name) {
            Some(Value::Bool(on)) => Ok(Some(*on)),
            Some(Value::String(text)) if self.is_flat && matches!(text.as_str(), "true" | "True") => Ok(Some(true)),
            Some(Value::String(text)) if self.is_flat && matches!(text.as_str(), "false" | "False") => Ok(Some(false)),
            _ => self.switch(name),
        }
    }

    /// The members of an object; none if it is absent.
    ///
    /// # Errors
    /// [`ParameterFault::WrongType`].
    pub fn object(&self, name: &str) -> Result<Option<Self>, ParameterFault> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(members)) => Ok(Some(Self { members: members.clone(), is_flat: self.is_flat })),
            Some(_) => Err(wrong(name, "an object")),
        }
    }

    /// A list of texts; empty if it is absent.
    ///
    /// # Errors
    /// [`ParameterFault::WrongType`].
    pub fn texts(&self, name: &str) -> Result<Vec<String>, ParameterFault> {
        let items = match self.members.get(name) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(wrong(name, "a list of texts")),
        };
        let text = |(at, item): (usize, &Value)| match item {
            Value::String(text) => Ok(text.clone()),
            _ => Err(wrong(&format!("{name}.{at}"), "a text")),
        };
        items.iter().enumerate().map(text).collect()
    }
}

pub(super) fn missing(name: &str) -> ParameterFault {
    ParameterFault::Missing { field: name.to_owned() }
}

pub(super) fn out_of_range(name: &str, expected: &'static str) -> ParameterFault {
    ParameterFault::OutOfRange { field: name.to_owned(), expected }
}

fn wrong(name: &str, expected: &'static str) -> ParameterFault {
    ParameterFault::WrongType { field: name.to_owned(), expected }
}

/// As much of a name as a sentence needs.
fn cut(name: &str) -> String {
    name.chars().take(32).collect()
}

/// Levels of a value: 1 for one that holds no other. What parses is bounded in depth.
fn depth(value: &Value) -> usize {
    let deepest = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => None,
    };
    deepest.unwrap_or(0) + 1
}
