/// Pictures per second as a fraction, as a video parameter set tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameRate {
    /// Ticks in one second.
    pub numerator: u32,
    /// Ticks of one picture; never zero.
    pub denominator: u64,
}

impl FrameRate {
    /// `None` where either part is zero: a stream that tells a zero tells nothing.
    pub(crate) fn new(numerator: u32, denominator: u64) -> Option<Self> {
        (numerator != 0 && denominator != 0).then_some(Self { numerator, denominator })
    }

    /// Pictures per second.
    pub fn per_second(self) -> f64 {
        f64::from(self.numerator) / self.denominator as f64
    }
}
