//! Percentiles of what was measured.

use serde::Serialize;

/// Percentiles by nearest rank, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Percentiles {
    /// Half are no larger.
    pub(super) p50: f64,
    /// Nine of ten are no larger.
    pub(super) p90: f64,
    /// 95 of 100 are no larger.
    pub(super) p95: f64,
    /// 99 of 100 are no larger.
    pub(super) p99: f64,
    /// The largest.
    pub(super) max: f64,
    /// How many were measured.
    pub(super) samples: usize,
}

impl Percentiles {
    /// Of nanoseconds, which get sorted; `None` without any.
    pub(super) fn of(nanoseconds: &mut [u64]) -> Option<Self> {
        nanoseconds.sort_unstable();
        let samples = nanoseconds.len();
        let at = |share: f64| {
            let rank = (samples.saturating_sub(1) as f64 * share).round() as usize;
            nanoseconds.get(rank).map(|&value| rounded(value as f64 / 1e6, 2))
        };
        Some(Self { p50: at(0.5)?, p90: at(0.9)?, p95: at(0.95)?, p99: at(0.99)?, max: at(1.0)?, samples })
    }
}

/// A figure with no more decimals than it is worth.
pub(super) fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::{Percentiles, rounded};

    #[test]
    fn percentiles_are_taken_from_the_sorted_samples() {
        let mut samples: Vec<u64> = (0..=100).rev().map(|ms| ms * 1_000_000).collect();
        let expected = Percentiles { p50: 50.0, p90: 90.0, p95: 95.0, p99: 99.0, max: 100.0, samples: 101 };
        assert_eq!(Percentiles::of(&mut samples), Some(expected));
    }

    #[test]
    fn one_sample_is_every_percentile_and_none_is_none() {
        let one = Percentiles { p50: 1.23, p90: 1.23, p95: 1.23, p99: 1.23, max: 1.23, samples: 1 };
        assert_eq!(Percentiles::of(&mut [1_234_000]), Some(one));
        assert_eq!(Percentiles::of(&mut []), None);
    }

    #[test]
    fn figures_are_rounded_to_the_decimals_asked_for() {
        assert_eq!(rounded(0.06249, 4), 0.0625);
        assert_eq!(rounded(99.96, 1), 100.0);
    }
}
