//! The heads of pictures: what kind they are, and how large, before anybody decodes them.

/// A kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Png,
    Jpeg,
}

impl Kind {
    /// FFmpeg's demuxer for one picture.
    pub(crate) const fn demuxer(self) -> &'static str {
        match self {
            Self::Png => "png_pipe",
            Self::Jpeg => "jpeg_pipe",
        }
    }
}

/// The kind of a picture, its width and its height; none if it is neither PNG nor JPEG, or breaks off before its size.
pub(crate) fn look(bytes: &[u8]) -> Option<(Kind, u32, u32)> {
    let found = match bytes.strip_prefix(b"\x89PNG\r\n\x1a\n") {
        Some(rest) => png(rest).map(|(width, height)| (Kind::Png, width, height)),
        None => jpeg(bytes.strip_prefix(b"\xff\xd8")?).map(|(width, height)| (Kind::Jpeg, width, height)),
    };
    found.filter(|(_, width, height)| *width > 0 && *height > 0)
}

/// PNG (ISO 15948), 11.2.2: IHDR is the first chunk.
fn png(rest: &[u8]) -> Option<(u32, u32)> {
    let rest = rest.strip_prefix(b"\0\0\0\x0dIHDR")?;
    let (width, rest) = rest.split_first_chunk::<4>()?;
    let (height, _) = rest.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

/// JPEG (ITU-T T.81), B.2.2: the frame header is one of the segments before the first scan.
fn jpeg(mut rest: &[u8]) -> Option<(u32, u32)> {
    loop {
        let (first, behind) = rest.split_first()?;
        if *first != 0xff {
            return None;
        }
        let (marker, behind) = behind.split_first()?;
        match marker {
            // Fill bytes before a marker.
            0xff => rest = rest.get(1..)?,
            // Those without a length: TEM and restarts.
            0x01 | 0xd0..=0xd7 => rest = behind,
            // A scan, the end, or another beginning: there was no frame header.
            0xd8..=0xda => return None,
            // SOF0 to SOF15, without DHT, JPG and DAC.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let [_, _, _, height_high, height_low, width_high, width_low] = *behind.first_chunk::<7>()?;
                let height = u16::from_be_bytes([height_high, height_low]);
                return Some((u16::from_be_bytes([width_high, width_low]).into(), height.into()));
            }
            _ => {
                let length = u16::from_be_bytes(*behind.first_chunk::<2>()?);
                rest = behind.get(usize::from(length.max(2))..)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, look};

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x01\x40\0\0\0\xb4\x08\x02\0\0\0";
    const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc0\0\x11\x08\0\xb4\x01\x40\x03";

    #[test]
    fn the_size_stands_in_the_head() {
        assert_eq!(look(PNG), Some((Kind::Png, 320, 180)));
        assert_eq!(look(JPEG), Some((Kind::Jpeg, 320, 180)));
    }

    #[test]
    fn whatever_breaks_off_or_is_another_kind_is_none() {
        for whole in [PNG, JPEG] {
            let ends = if whole == PNG { 24 } else { 18 };
            for at in 0..ends {
                assert_eq!(look(&whole[..at]), None, "{at}");
            }
        }
        for odd in [&b"GIF89a"[..], b"", b"\xff\xd8\xff\xda\0\x02", b"\xff\xd8\xff\xe0\xff\xff", b"\xff\xd8ab"] {
            assert_eq!(look(odd), None);
        }
        let nothing = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\0\0\0\0\xb4";
        assert_eq!(look(nothing), None, "a picture without a width");
    }
}
