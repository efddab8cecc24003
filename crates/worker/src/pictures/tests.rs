use super::jpeg;

/// A JPEG file as far as its size is looked for: APP0, tables, the frame header of this size, and a scan.
fn file(width: u16, height: u16) -> Vec<u8> {
    let [w, h] = [width, height].map(u16::to_be_bytes);
    let mut file = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc4, 0, 3, 9];
    file.extend([0xff, 0xc0, 0, 11, 8, h[0], h[1], w[0], w[1], 1, 1, 0x11, 0]);
    file.extend([0xff, 0xda, 0, 2, 1, 2, 3, 0xff, 0xd9]);
    file
}

#[test]
fn the_size_of_a_picture_is_read_from_its_frame_header() {
    assert_eq!(jpeg::size(&file(1_280, 720)), Some((1_280, 720)));
    assert_eq!(jpeg::size(&file(0, 720)), None);
}

#[test]
fn what_is_no_whole_picture_has_no_size() {
    let whole = file(16, 9);
    for end in 0..whole.len() {
        assert_eq!(jpeg::size(&whole[..end]), None, "{end}");
    }
    // Lengths that lie lead nowhere, and nothing is looped over for ever.
    for at in 2..whole.len() - 2 {
        for value in [0, 1, 0x7f, 0xff] {
            let mut odd = whole.clone();
            odd[at] = value;
            let _ = jpeg::size(&odd);
        }
    }
    assert_eq!(jpeg::size(&[0xff, 0xd8, 0xff, 0xe0, 0, 0, 0xff, 0xd9]), None);
}
