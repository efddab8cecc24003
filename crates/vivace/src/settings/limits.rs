//! Settings of the limits, made from the fields of `vivace_base::Limits`: a limit that is added there can be set at once.

use vivace_base::{LimitField, Limits};

use super::kind::{Expected, number};
use super::{Setting, SettingFault, Values};

/// Far above any use, and far below where sums of limits would overflow: 1 TiB, or 34 years of milliseconds.
const VALUE_MAX: u64 = 1 << 40;
/// Far above any use of a count, and still one that a machine can hold.
const COUNT_MAX: u64 = 10_000_000;
/// Counts that cost at once or per level what others cost only when they are used: the store's pool makes a slot for
/// each reader when it opens, and each level of an AMF value takes stack.
const COUNT_MAX_OF: [(&str, u64); 2] = [("store_readers_max", 1_024), ("amf_depth_max", 256)];

/// A setting that must not be above another one.
const ORDERED: [(&str, &str); 4] = [
    ("limits.rtmp_chunk_bytes_min", "limits.rtmp_chunk_bytes_max"),
    ("hls.part_ms", "hls.segment_ms"),
    ("hls.segment_ms", "limits.hls_segment_ms_max"),
    ("limits.relay_backoff_ms_min", "limits.relay_backoff_ms_max"),
];

/// Every limit.
pub(super) fn fields() -> impl Iterator<Item = &'static LimitField> {
    Limits::FIELDS.iter()
}

/// Times that may be 0, which means at once; any other limit of 0 would refuse everything.
const MAY_BE_ZERO: [&str; 3] = ["publish_grace_ms", "drain_ms_max", "upgrade_drain_ms_max"];

/// Parses and sets a limit.
pub(super) fn set(field: &LimitField, limits: &mut Limits, text: &str) -> Result<(), Expected> {
    let unit = |unit: &str| field.name.split('_').any(|part| part == unit);
    let (of, min, max) = match () {
        () if unit("ms") => (" of milliseconds", u64::from(!MAY_BE_ZERO.contains(&field.name)), VALUE_MAX),
        () if unit("bytes") => (" of bytes", 1, VALUE_MAX),
        () => ("", 1, count_max(field.name)),
    };
    let value = number(text, of, min, max)?;
    if (field.set)(limits, value) { Ok(()) } else { Err("a number that this machine can count to".to_owned()) }
}

fn count_max(name: &str) -> u64 {
    COUNT_MAX_OF.iter().find(|(of, _)| *of == name).map_or(COUNT_MAX, |&(_, max)| max)
}

/// Settings that contradict each other.
pub(super) fn contradictions(values: &Values) -> Vec<SettingFault> {
    let value = |key: &str| Setting::find(key).and_then(|setting| setting.get(values).parse().ok()).unwrap_or(0);
    ORDERED
        .iter()
        .map(|&(low, high)| SettingFault::Crossed { low, low_value: value(low), high, high_value: value(high) })
        .filter(|fault| matches!(fault, SettingFault::Crossed { low_value, high_value, .. } if low_value > high_value))
        .collect()
}

#[cfg(test)]
mod tests {
    use vivace_base::Limits;

    use super::{COUNT_MAX_OF, ORDERED, contradictions, fields, set};
    use crate::settings::{Setting, Values};

    fn takes(name: &str, value: u64) -> bool {
        let field = fields().find(|field| field.name == name).expect(name);
        set(field, &mut Limits::default(), &value.to_string()).is_ok()
    }

    #[test]
    fn settings_that_are_compared_exist_and_are_numbers() {
        for key in ORDERED.iter().flat_map(|(low, high)| [low, high]) {
            let setting = Setting::find(key).expect(key);
            assert!(setting.default_text().parse::<u64>().is_ok(), "{key}");
        }
        assert!(contradictions(&Values::default()).is_empty());
    }

    #[test]
    fn a_count_is_one_that_a_machine_can_hold() {
        for name in ["event_batch_max", "connections_max", "streams_max", "events_kept_max"] {
            assert!(takes(name, 10_000_000) && !takes(name, 10_000_001) && !takes(name, 1 << 40), "{name}");
        }
        for (name, max) in COUNT_MAX_OF {
            assert!(takes(name, max) && !takes(name, max + 1), "{name}");
        }
    }

    #[test]
    fn sizes_and_times_reach_further_than_counts() {
        for name in ["store_bytes_max", "gop_bytes_max", "publish_grace_ms"] {
            assert!(takes(name, 1 << 40) && !takes(name, (1 << 40) + 1), "{name}");
        }
        assert!(takes("publish_grace_ms", 0) && !takes("gop_bytes_max", 0) && !takes("streams_max", 0));
    }
}
