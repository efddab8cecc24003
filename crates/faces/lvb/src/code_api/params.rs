//! The parameters of a call: `Param.s.NAME` is a text, `Param.n.NAME` a whole number. Some clients write spaces around
//! names and values, which are no part of them.

use std::collections::BTreeMap;

use vivace_base::StreamName;

use crate::access::{ParameterFault, Parameters};

/// What a name of a stream may be.
const STREAM_NAME: &str = "a stream name: letters, digits, _, - and single dots, 128 at most";

/// Everything that the URL of a call says.
#[derive(Clone, Debug, Default)]
pub(super) struct Params {
    /// `interface`, `t`, `sign`, `appid`, `cmd` and whatever else.
    common: BTreeMap<String, String>,
    /// By name without the type, and whether it came as a number.
    own: BTreeMap<String, (bool, String)>,
}

impl Params {
    /// Reads the pairs of a query.
    pub(super) fn of(pairs: &Parameters) -> Result<Self, ParameterFault> {
        let mut params = Self::default();
        for (name, value) in pairs.pairs() {
            let name = name.split('.').map(str::trim).collect::<Vec<_>>().join(".");
            let value = value.trim().to_owned();
            let taken = match name.strip_prefix("Param.") {
                None => params.common.insert(name.clone(), value).is_some(),
                Some(typed) => {
                    let (is_number, own) = match typed.split_once('.') {
                        Some(("n", own)) => (true, own),
                        Some(("s", own)) => (false, own),
                        _ => return Err(ParameterFault::BadName { field: name }),
                    };
                    if is_number && !value.is_empty() && value.parse::<i64>().is_err() {
                        return Err(ParameterFault::WrongType { field: name, expected: "a whole number" });
                    }
                    params.own.insert(own.to_owned(), (is_number, value)).is_some()
                }
            };
            if taken {
                return Err(ParameterFault::Duplicate { field: name });
            }
        }
        Ok(params)
    }

    /// A parameter that every call has; empty if it is not there.
    pub(super) fn common(&self, name: &str) -> &str {
        self.common.get(name).map_or("", String::as_str)
    }

    /// A text; none if it is absent or empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.own.get(name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A text that must be there.
    pub(super) fn required(&self, name: &'static str) -> Result<&str, ParameterFault> {
        self.text(name).ok_or_else(|| ParameterFault::Missing { field: format!("Param.s.{name}") })
    }

    /// A whole number; none if it is absent or empty.
    pub(super) fn number(&self, name: &'static str) -> Result<Option<i64>, ParameterFault> {
        let wrong = || ParameterFault::WrongType { field: format!("Param.n.{name}"), expected: "a whole number" };
        self.text(name).map(|value| value.parse().map_err(|_| wrong())).transpose()
    }

    /// A whole number that must be there.
    pub(super) fn required_number(&self, name: &'static str) -> Result<i64, ParameterFault> {
        self.number(name)?.ok_or_else(|| ParameterFault::Missing { field: format!("Param.n.{name}") })
    }

    /// A whole number within a range.
    pub(super) fn within(
        &self,
        name: &'static str,
        (min, max, usual): (i64, i64, i64),
        expected: &'static str,
    ) -> Result<u64, ParameterFault> {
        let number = self.number(name)?.unwrap_or(usual);
        if (min..=max).contains(&number) { Ok(number.unsigned_abs()) } else { Err(number_out_of_range(name, expected)) }
    }

    /// The name of a stream; none if it is absent or empty.
    pub(super) fn stream(&self, name: &'static str) -> Result<Option<StreamName>, ParameterFault> {
        let parse = |text| StreamName::parse(text).map_err(|_| out_of_range(name, STREAM_NAME));
        self.text(name).map(parse).transpose()
    }

    /// The name of a stream that must be there.
    pub(super) fn required_stream(&self, name: &'static str) -> Result<StreamName, ParameterFault> {
        let text = self.required(name)?;
        StreamName::parse(text).map_err(|_| out_of_range(name, STREAM_NAME))
    }
}

/// The fault of a text outside what it may be.
pub(super) fn out_of_range(name: &str, expected: &'static str) -> ParameterFault {
    ParameterFault::OutOfRange { field: format!("Param.s.{name}"), expected }
}

/// The fault of a number outside its range.
pub(super) fn number_out_of_range(name: &str, expected: &'static str) -> ParameterFault {
    ParameterFault::OutOfRange { field: format!("Param.n.{name}"), expected }
}
