//! Settings of the limits, made from the fields of `vivace_base::Limits`: a limit that is added there can be set at once.

use vivace_base::{LimitField, Limits};

use super::SettingFault;
use super::kind::{Expected, number};

/// Far above any use, and far below where sums of limits would overflow: 1 TiB, or 34 years of milliseconds.
const VALUE_MAX: u64 = 1 << 40;

/// A limit that must not be above another one.
const ORDERED: [(&str, &str); 1] = [("limits.rtmp_chunk_bytes_min", "limits.rtmp_chunk_bytes_max")];

/// Every limit.
pub(super) fn fields() -> impl Iterator<Item = &'static LimitField> {
    Limits::FIELDS.iter()
}

/// Parses and sets a limit. A time may be 0, which means at once; a count or a size of 0 would refuse everything.
pub(super) fn set(field: &LimitField, limits: &mut Limits, text: &str) -> Result<(), Expected> {
    let unit = |unit: &str| field.name.split('_').any(|part| part == unit);
    let (of, min) = match () {
        () if unit("ms") => (" of milliseconds", 0),
        () if unit("bytes") => (" of bytes", 1),
        () => ("", 1),
    };
    let value = number(text, of, min, VALUE_MAX)?;
    if (field.set)(limits, value) { Ok(()) } else { Err("a number that this machine can count to".to_owned()) }
}

/// Limits that contradict each other.
pub(super) fn contradictions(limits: &Limits) -> Vec<SettingFault> {
    let value = |key: &str| {
        let field = fields().find(|field| key.strip_prefix("limits.") == Some(field.name));
        field.map_or(0, |field| (field.get)(limits))
    };
    ORDERED
        .iter()
        .map(|&(low, high)| SettingFault::Crossed { low, low_value: value(low), high, high_value: value(high) })
        .filter(|fault| matches!(fault, SettingFault::Crossed { low_value, high_value, .. } if low_value > high_value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{ORDERED, fields};

    #[test]
    fn limits_that_are_compared_exist() {
        for key in ORDERED.iter().flat_map(|(low, high)| [low, high]) {
            assert!(fields().any(|field| key.strip_prefix("limits.") == Some(field.name)), "{key}");
        }
    }
}
