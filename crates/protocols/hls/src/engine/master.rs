use std::fmt::Write;

use vivace_base::MediaTime;

use super::playlist::TOKEN;
use super::{Container, Flavor, Window};

/// The master playlist (RFC 8216bis, 4.4.6) with the one rendition there is at `uri`; `None` while there is none.
pub fn master(window: &Window, flavor: Flavor, uri: &str) -> Option<String> {
    let newest = window.newest_whole().filter(|_| window.is_ready(flavor))?;
    let mut text = String::from("#EXTM3U\n");
    let version = if flavor.container() == Container::Ts { 3 } else { 6 };
    let (peak, average) = rates(window, flavor.container());
    let init = &newest.init;
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "#EXT-X-VERSION:{version}\n#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},CODECS=\"{}\"",
        init.codecs
    );
    if let Some((width, height)) = init.size {
        let _ = write!(text, ",RESOLUTION={width}x{height}");
    }
    if let Some(interval) = window.frame_interval.filter(|interval| *interval > MediaTime::ZERO) {
        let thousandths = (MediaTime::HZ * 1_000 + interval.ticks() / 2) / interval.ticks();
        let _ = write!(text, ",FRAME-RATE={}.{:03}", thousandths / 1_000, thousandths % 1_000);
    }
    let _ = writeln!(text, "\n{uri}{TOKEN}");
    Some(text)
}

/// Peak and average bits per second, the first of all time.
fn rates(window: &Window, container: Container) -> (u64, u64) {
    let whole = || window.segments.iter().filter(|segment| segment.whole && segment.has(container));
    let bits = whole().map(|segment| segment.bytes_in(container)).sum::<usize>() as u64 * 8;
    let ms = whole().map(|segment| segment.duration.ms().unsigned_abs()).sum::<u64>().max(1);
    let average = (bits.saturating_mul(1_000) / ms).max(1);
    let [mp4, ts] = window.peaks;
    let peak = if container == Container::Ts { ts } else { mp4 };
    (peak.max(average), average)
}
