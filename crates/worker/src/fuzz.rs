//! Entry points for fuzzing: any bytes may go in, nothing may panic.

use vivace_domain::hook::{HookAnswer, HookSuccess};

use crate::image::{self, Kind};
use crate::post;

/// Cuts that are tried of one input.
const CUTS_MAX: usize = 512;

/// Any bytes as a picture that was fetched: one that has a size has the same however much of what follows has come, and
/// none before.
///
/// # Panics
/// If a promise is broken.
pub fn picture(data: &[u8]) {
    let whole = image::look(data);
    if let Some((kind, width, height)) = whole {
        assert!(width > 0 && height > 0, "a picture without a size");
        assert!(kind == Kind::Png || width.max(height) <= u16::MAX.into(), "a JPEG larger than there are");
        assert!(!kind.demuxer().is_empty());
    }
    let mut known = None;
    for end in 0..data.len().min(CUTS_MAX) {
        let part = image::look(&data[..end]);
        assert!(part == known || known.is_none() && part == whole, "what follows changes the size");
        known = part;
    }
}

/// Any bytes as the answer of a receiver of events: only an object has a code, and white space around it says nothing.
///
/// # Panics
/// If a promise is broken.
pub fn answer(data: &[u8]) {
    let said = post::judge(data);
    let is_object = data.trim_ascii().starts_with(b"{") && data.trim_ascii().ends_with(b"}");
    match said {
        HookAnswer::Object { code } => {
            assert!(is_object, "an object without its braces");
            assert_eq!(HookSuccess::Body.holds(200, said), code.is_none_or(|code| code == 0));
        }
        HookAnswer::NoObject => assert!(HookSuccess::Body.holds(200, said)),
        HookAnswer::TooLong => panic!("a whole body is too long"),
    }
    assert!(HookSuccess::Status.holds(200, said) && !HookSuccess::Status.holds(500, said));
    assert_eq!(post::judge(&[b"\r\n\t ", data, b" \n"].concat()), said, "white space says something");
}
