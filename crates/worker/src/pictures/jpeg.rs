use crate::image::{Kind, look};

/// Width and height of a JPEG file; none if it is no whole one.
pub(super) fn size(file: &[u8]) -> Option<(u16, u16)> {
    const END: [u8; 2] = [0xff, 0xd9];
    let (kind, width, height) = look(file).filter(|_| file.ends_with(&END))?;
    (kind == Kind::Jpeg).then_some((u16::try_from(width).ok()?, u16::try_from(height).ok()?))
}
