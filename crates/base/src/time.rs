use std::ops::{Add, Sub};

/// A point or a span on a stream's timeline: signed ticks of 1/90,000 s.
///
/// Raw 32-bit timestamps of a protocol are unwrapped into this type by its parser and go no further.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaTime(i64);

impl MediaTime {
    /// The start of a timeline, and the empty span.
    pub const ZERO: Self = Self(0);
    /// Ticks in one second.
    pub const HZ: i64 = 90_000;

    /// From ticks of 1/90,000 s.
    pub const fn from_ticks(ticks: i64) -> Self {
        Self(ticks)
    }

    /// From milliseconds; saturates at the ends of the range.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms.saturating_mul(Self::HZ / 1_000))
    }

    /// Ticks of 1/90,000 s.
    pub const fn ticks(self) -> i64 {
        self.0
    }

    /// Whole milliseconds, rounded towards minus infinity.
    pub const fn ms(self) -> i64 {
        self.0.div_euclid(Self::HZ / 1_000)
    }
}

impl Add for MediaTime {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for MediaTime {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

#[cfg(test)]
mod tests {
    use super::MediaTime;

    #[test]
    fn milliseconds_survive_the_round_trip_on_both_sides_of_zero() {
        for ms in [-1_001, -1, 0, 1, 33, 4_294_967_296, i64::from(u32::MAX) * 90] {
            assert_eq!(MediaTime::from_ms(ms).ms(), ms);
        }
    }

    #[test]
    fn arithmetic_saturates_instead_of_wrapping() {
        let end = MediaTime::from_ticks(i64::MAX);
        assert_eq!(end + MediaTime::from_ms(1), end);
    }
}
