use std::collections::HashMap;

use parking_lot::Mutex;
use vivace_base::MonoMs;
use vivace_hub::Stream;

/// What a stream brings per second, measured between two looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) bits_per_second: u64,
    /// What is handed to its players.
    pub(crate) bits_out_per_second: u64,
    pub(crate) pictures_per_second: u64,
}

/// The rates of all streams, by serial number.
#[derive(Default)]
pub(crate) struct Rates {
    seen: Mutex<HashMap<u64, Seen>>,
}

#[derive(Clone, Copy)]
struct Seen {
    at: MonoMs,
    bytes: u64,
    bytes_out: u64,
    pictures: u64,
    rate: Rate,
}

impl Rates {
    /// Looks at the streams; those that are not among them are forgotten.
    pub(crate) fn look<'a>(&self, streams: impl Iterator<Item = &'a Stream>, now: MonoMs) {
        let mut seen = self.seen.lock();
        let before = std::mem::take(&mut *seen);
        for stream in streams {
            let totals = stream.counters.read();
            let (bytes, bytes_out, pictures) = (totals.bytes_in, totals.bytes_out, totals.pictures_in);
            let rate = before.get(&stream.serial()).map_or(Rate::default(), |last| {
                let per_second = |count: u64| (count * 1_000 + 500) / now.since(last.at).max(1);
                let bits_per_second = per_second((bytes - last.bytes) * 8);
                let bits_out_per_second = per_second(bytes_out.saturating_sub(last.bytes_out).saturating_mul(8));
                let pictures_per_second = per_second(pictures - last.pictures);
                Rate { bits_per_second, bits_out_per_second, pictures_per_second }
            });
            seen.insert(stream.serial(), Seen { at: now, bytes, bytes_out, pictures, rate });
        }
    }

    pub(crate) fn of(&self, serial: u64) -> Rate {
        self.seen.lock().get(&serial).map_or(Rate::default(), |seen| seen.rate)
    }
}
