use vivace_media::Codec;

/// More zeros in a row than a sample of H.264 or HEVC has: emulation prevention leaves two, and lengths a few.
const NAL_ZEROS: usize = 16;
/// More than what an encoder of AV1 or VP9 makes of any picture.
const VIDEO_ZEROS: usize = 64;

/// Whether a sample looks like what an encoder has made, and not like a stretch of a file that has got its length and never
/// its bytes: after a loss of power that is zeros.
pub(super) fn is_written(codec: Codec, payload: &[u8]) -> bool {
    let run_max = match codec {
        Codec::H264 | Codec::Hevc => NAL_ZEROS,
        Codec::Av1 | Codec::Vp9 => VIDEO_ZEROS,
        // Sound may be padded with zeros; all of a frame never is.
        _ => return payload.len() < 4 || payload.iter().any(|byte| *byte != 0),
    };
    let mut run = 0;
    !payload.iter().any(|byte| {
        run = if *byte == 0 { run + 1 } else { 0 };
        run >= run_max
    })
}

#[cfg(test)]
mod tests {
    use vivace_media::Codec;

    use super::is_written;

    #[test]
    fn zeros_that_no_encoder_makes_were_never_written() {
        let with = |zeros: usize| [vec![0, 0, 0, 90, 0x65], vec![0; zeros], vec![1]].concat();
        assert!(is_written(Codec::H264, &with(15)) && !is_written(Codec::H264, &with(16)));
        assert!(!is_written(Codec::Hevc, &[0; 100]) && !is_written(Codec::Vp9, &with(64)));
        assert!(is_written(Codec::Av1, &with(63)) && is_written(Codec::Aac, &with(200)));
        assert!(!is_written(Codec::Aac, &[0; 50]) && is_written(Codec::Opus, &[0; 3]));
    }
}
