//! Attribute lists of tags (RFC 8216, 4.2).

/// The value of an attribute, without the quotes around it.
pub(super) fn attribute<'a>(list: &'a str, name: &str) -> Option<&'a str> {
    Attributes(list).find(|(found, _)| *found == name).map(|(_, value)| value)
}

struct Attributes<'a>(&'a str);

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = self.0.split_once('=')?;
        let (value, rest) = match rest.trim_start().strip_prefix('"') {
            // A comma may stand between quotes; a quote that nobody closes goes to the end.
            Some(quoted) => {
                let (value, rest) = quoted.split_once('"').unwrap_or((quoted, ""));
                (value, rest.split_once(',').map_or("", |(_, rest)| rest))
            }
            None => rest.split_once(',').unwrap_or((rest, "")),
        };
        self.0 = rest;
        Some((name.trim(), value.trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::attribute;

    #[test]
    fn values_are_found_by_their_whole_name() {
        let list = "BANDWIDTH=1280000,CODECS=\"avc1.42c01f,mp4a.40.2\", AVERAGE-BANDWIDTH=5,AUDIO=\"a=b\",X=";
        assert_eq!(attribute(list, "BANDWIDTH"), Some("1280000"));
        assert_eq!(attribute(list, "AVERAGE-BANDWIDTH"), Some("5"));
        assert_eq!(attribute(list, "CODECS"), Some("avc1.42c01f,mp4a.40.2"));
        assert_eq!(attribute(list, "AUDIO"), Some("a=b"));
        assert_eq!((attribute(list, "X"), attribute(list, "Y")), (Some(""), None));
        assert_eq!(attribute("URI=\"open", "URI"), Some("open"));
    }
}
