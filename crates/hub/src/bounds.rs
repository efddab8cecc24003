use vivace_base::{Limits, MediaTime};

use crate::history::Keep;

/// What a stream holds at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) keep: Keep,
    pub(crate) gop_bytes_max: usize,
    pub(crate) batch_bytes_max: usize,
    pub(crate) delay_bytes_max: usize,
    pub(crate) follower_bytes_max: usize,
}

impl Bounds {
    pub(crate) fn of(limits: &Limits) -> Self {
        let ms = |ms: u64| MediaTime::from_ms(i64::try_from(ms).unwrap_or(i64::MAX));
        let keep = Keep {
            lag_max: ms(limits.reader_lag_ms_max),
            gop_max: ms(limits.gop_ms_max),
            bytes_max: (limits.gop_bytes_max + limits.reader_lag_bytes_max) as u64,
        };
        Self {
            keep,
            gop_bytes_max: limits.gop_bytes_max,
            batch_bytes_max: limits.batch_bytes_max,
            delay_bytes_max: limits.delay_bytes_max,
            follower_bytes_max: limits.follower_bytes_max,
        }
    }
}
