/// Width and height of a JPEG file (ITU-T T.81, B.2.2); none if it is no whole one.
pub(super) fn size(file: &[u8]) -> Option<(u16, u16)> {
    const START: [u8; 2] = [0xff, 0xd8];
    const END: [u8; 2] = [0xff, 0xd9];
    if !file.starts_with(&START) || !file.ends_with(&END) {
        return None;
    }
    let mut rest = file.get(2..)?;
    loop {
        let (&[marker, kind, high, low], _) = rest.split_first_chunk::<4>()?;
        if marker != 0xff {
            return None;
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        // Frame headers, but for the tables that have numbers among theirs.
        if matches!(kind, 0xc0..=0xcf) && !matches!(kind, 0xc4 | 0xc8 | 0xcc) {
            let &[_, height_1, height_2, width_1, width_2] = rest.get(4..)?.first_chunk::<5>()?;
            let size = (u16::from_be_bytes([width_1, width_2]), u16::from_be_bytes([height_1, height_2]));
            return (size.0 > 0 && size.1 > 0).then_some(size);
        }
        // The scan begins without a frame header before it.
        if kind == 0xda {
            return None;
        }
        rest = rest.get(length.max(2).checked_add(2)?..)?;
    }
}
