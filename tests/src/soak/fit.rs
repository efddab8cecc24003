//! Whether something grows, told from noisy samples.

/// Samples are first gathered into so many blocks of equal time, each known by its median: what a busy machine does to a
/// second or two then counts for nothing.
const BLOCKS: usize = 20;

/// A straight line through samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Growth for each hour.
    pub per_hour: f64,
    /// Standard error of that, by how far the blocks lie from the line.
    pub error: f64,
}

impl Trend {
    /// Through `(seconds, value)`: the median slope of all pairs of blocks (Theil and Sen). `None` with fewer than four
    /// blocks that hold anything.
    pub fn of(samples: &[(f64, f64)]) -> Option<Self> {
        let blocks = blocks(samples);
        if blocks.len() < 4 {
            return None;
        }
        let pairs =
            blocks.iter().enumerate().flat_map(|(at, first)| blocks[at + 1..].iter().map(move |next| (first, next)));
        let slope = median(pairs.map(|(first, next)| (next.1 - first.1) / (next.0 - first.0)).collect())?;
        let level = median(blocks.iter().map(|(t, value)| value - slope * t).collect())?;
        // The median of the distances, as the standard deviation of normal ones.
        let spread = 1.4826 * median(blocks.iter().map(|(t, value)| (value - level - slope * t).abs()).collect())?;
        let middle = blocks.iter().map(|(t, _)| t).sum::<f64>() / blocks.len() as f64;
        let extent = blocks.iter().map(|(t, _)| (t - middle).powi(2)).sum::<f64>().sqrt();
        Some(Self { per_hour: slope * 3_600.0, error: spread / extent * 3_600.0 })
    }

    /// Whether it grows by more than `bound` an hour beyond doubt: a short run leaves more doubt than a long one.
    pub fn is_above(&self, bound: f64) -> bool {
        self.per_hour - 3.0 * self.error > bound
    }

    /// Whether it grows or falls by more than that beyond doubt.
    pub fn is_off(&self, bound: f64) -> bool {
        self.per_hour.abs() - 3.0 * self.error > bound
    }
}

impl std::fmt::Display for Trend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:+.1} ± {:.1} an hour", self.per_hour, self.error)
    }
}

fn blocks(samples: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return Vec::new() };
    let width = (last.0 - first.0) / BLOCKS as f64;
    if width <= 0.0 {
        return Vec::new();
    }
    let of = |block: usize| {
        let within = |t: f64| (((t - first.0) / width) as usize).min(BLOCKS - 1) == block;
        let (times, values) = samples.iter().filter(|(t, _)| within(*t)).copied().unzip();
        Some((median(times)?, median(values)?))
    };
    (0..BLOCKS).filter_map(of).collect()
}

/// The middle one.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::Trend;

    /// A value a second with noise that no generator of random numbers is needed for.
    fn noisy(seconds: u32, per_hour: f64, noise: f64) -> Vec<(f64, f64)> {
        let noise = |second: u32| (f64::from(second.wrapping_mul(2_654_435_761) >> 16) / 65_536.0 - 0.5) * 2.0 * noise;
        (0..seconds).map(|t| (f64::from(t), 40.0 + f64::from(t) * per_hour / 3_600.0 + noise(t))).collect()
    }

    #[test]
    fn a_growth_is_seen_through_noise_and_outliers() {
        let mut samples = noisy(600, 60.0, 3.0);
        samples.iter_mut().step_by(17).for_each(|sample| sample.1 += 500.0);
        let trend = Trend::of(&samples).unwrap();
        assert!((trend.per_hour - 60.0).abs() < 12.0, "{trend}");
        assert!(trend.is_above(10.0), "{trend}");
    }

    #[test]
    fn a_fall_is_seen_where_it_is_asked_for() {
        let trend = Trend::of(&noisy(450, -100.0, 1.0)).unwrap();
        assert!(trend.is_off(10.0) && !trend.is_above(10.0), "{trend}");
        assert!(!Trend::of(&noisy(450, 0.0, 1.0)).unwrap().is_off(10.0));
    }

    #[test]
    fn noise_without_growth_is_not_taken_for_one() {
        for seconds in [40, 120, 600, 3_600] {
            let trend = Trend::of(&noisy(seconds, 0.0, 20.0)).unwrap();
            assert!(!trend.is_above(10.0), "{seconds} s: {trend}");
        }
    }

    #[test]
    fn too_little_tells_nothing() {
        assert_eq!(Trend::of(&[]), None);
        assert_eq!(Trend::of(&[(1.0, 1.0), (1.0, 2.0)]), None);
        assert_eq!(Trend::of(&[(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)]), None);
    }
}
