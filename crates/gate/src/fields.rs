//! What the fields of rules may hold that say which streams they are for.

/// Bytes of each of them.
pub(crate) const FIELD_BYTES_MAX: usize = 128;

/// The first of a rule's domain, path and stream that is too long, and its bytes.
pub(crate) fn too_long(domain: &str, path: &str, stream: &str) -> Option<(&'static str, usize)> {
    let fields = [("DomainName", domain), ("AppName", path), ("StreamName", stream)];
    let long = fields.into_iter().find(|(_, text)| text.len() > FIELD_BYTES_MAX);
    long.map(|(field, text)| (field, text.len()))
}

#[cfg(test)]
mod tests {
    use super::{FIELD_BYTES_MAX, too_long};

    #[test]
    fn the_first_field_that_is_too_long_is_named() {
        let (most, more) = ("x".repeat(FIELD_BYTES_MAX), "x".repeat(FIELD_BYTES_MAX + 1));
        assert_eq!(too_long(&most, &most, &most), None);
        assert_eq!(too_long(&most, &more, &more), Some(("AppName", 129)));
        assert_eq!(too_long("", "", &more), Some(("StreamName", 129)));
    }
}
