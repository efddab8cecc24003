use std::fmt::Write;

use super::{Container, Flavor, Window};

/// Another rendition of a stream in its master playlist: one that is made when it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// The address of its playlist, whole.
    pub uri: String,
    /// Width and height that its picture does not exceed.
    pub size_max: (u16, u16),
    /// Bits per second of picture and sound.
    pub bits_per_second: u64,
}

/// H.264 main profile, level 3.1: what rates are made as.
const VIDEO: &str = "avc1.4d401f";
/// AAC-LC, which all other sound becomes.
const AUDIO: &str = "mp4a.40.2";
/// What boxes and packets of a container add, and what an encoder may be above its rate, in percent.
const OVERHEAD_PERCENT: u64 = 25;

/// The lines of the master playlist for other renditions than the original. Those that would have as many bits as that are
/// left out: nobody gains by them.
pub fn rungs(window: &Window, flavor: Flavor, rungs: &[Rung]) -> String {
    let mut text = String::new();
    let Some(newest) = window.newest_whole().filter(|_| window.is_ready(flavor)) else { return text };
    let Some(size) = newest.init.size else { return text };
    let original = average(window, flavor.container());
    for Rung { uri, size_max, bits_per_second } in rungs.iter().filter(|rung| rung.bits_per_second < original) {
        let (width, height) = within(size, *size_max);
        let peak = bits_per_second.saturating_mul(100 + OVERHEAD_PERCENT) / 100;
        let codecs = codecs(&newest.init.codecs);
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={bits_per_second},CODECS=\"{codecs}\",\
             RESOLUTION={width}x{height}\n{uri}\n"
        );
    }
    text
}

fn average(window: &Window, container: Container) -> u64 {
    let whole = || window.segments.iter().filter(|segment| segment.whole && segment.has(container));
    let bits = whole().map(|segment| segment.bytes_in(container)).sum::<usize>() as u64 * 8;
    let ms = whole().map(|segment| segment.duration.ms().unsigned_abs()).sum::<u64>().max(1);
    bits.saturating_mul(1_000) / ms
}

/// As large as fits, with the same proportions and even sides; never larger than it is.
fn within((width, height): (u16, u16), (width_max, height_max): (u16, u16)) -> (u32, u32) {
    let (width, height) = (u32::from(width.max(1)), u32::from(height.max(1)));
    let (most_w, most_h) = (u32::from(width_max).min(width), u32::from(height_max).min(height));
    let (w, h) = if most_w * height <= most_h * width {
        (most_w, (most_w * height + width / 2) / width)
    } else {
        ((most_h * width + height / 2) / height, most_h)
    };
    ((w & !1).max(2), (h & !1).max(2))
}

/// Sound that is AAC stays as it is, other sound becomes AAC; pictures become H.264.
fn codecs(original: &str) -> String {
    let is_picture = |codec: &&str| ["avc", "hvc", "hev", "av01", "vp09"].iter().any(|begin| codec.starts_with(begin));
    match original.split(',').find(|codec| !codec.is_empty() && !is_picture(codec)) {
        None => VIDEO.to_owned(),
        Some(aac) if aac.starts_with("mp4a.40.") && aac != "mp4a.40.34" => format!("{VIDEO},{aac}"),
        Some(_) => format!("{VIDEO},{AUDIO}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{codecs, within};

    #[test]
    fn a_rung_has_the_proportions_of_the_original_and_is_never_larger() {
        let box_of = (960, 540);
        assert_eq!(within((1_920, 1_080), box_of), (960, 540));
        assert_eq!(within((1_280, 720), box_of), (960, 540));
        assert_eq!(within((1_080, 1_920), box_of), (304, 540));
        assert_eq!(within((320, 180), box_of), (320, 180));
        assert_eq!(within((1_440, 1_080), box_of), (720, 540));
        assert_eq!(within((1, 1), box_of), (2, 2));
        assert_eq!(within((u16::MAX, u16::MAX), (u16::MAX, 2)), (2, 2));
    }

    #[test]
    fn what_is_told_is_what_is_made() {
        for (original, made) in [
            ("avc1.64001f,mp4a.40.2", "avc1.4d401f,mp4a.40.2"),
            ("avc1.64001f,mp4a.40.5", "avc1.4d401f,mp4a.40.5"),
            ("hvc1.1.6.L93,Opus", "avc1.4d401f,mp4a.40.2"),
            ("av01.0.04M.08", "avc1.4d401f"),
        ] {
            assert_eq!(codecs(original), made);
        }
    }
}
