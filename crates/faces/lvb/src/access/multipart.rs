//! `multipart/form-data` (RFC 7578), as far as clients of the API send it: text fields. A part with a file name is no
//! parameter and is passed over.

use vivace_base::Limits;

use super::ParameterFault;
use super::form::check_name;

/// Bytes of the head of one part.
const HEAD_BYTES_MAX: usize = 4_096;
/// Bytes of a boundary (RFC 2046, section 5.1.1).
const BOUNDARY_BYTES_MAX: usize = 70;

/// The boundary of a `Content-Type`, if it is one of multipart form data.
///
/// # Errors
/// [`ParameterFault::Multipart`]: it is, and has no boundary that can be used.
pub(super) fn boundary(content_type: &str) -> Result<Option<&str>, ParameterFault> {
    let mut parts = content_type.split(';').map(str::trim);
    if !parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/form-data")) {
        return Ok(None);
    }
    let boundary = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    });
    boundary
        .filter(|text| (1..=BOUNDARY_BYTES_MAX).contains(&text.len()))
        .map(Some)
        .ok_or(ParameterFault::Multipart { reason: "its Content-Type has no boundary" })
}

/// The fields of a body in their order. Lines before the first boundary are passed over: one official client begins with
/// an empty one.
///
/// # Errors
/// [`ParameterFault`]: `Multipart`, `TooMany`, `NameTooLong`, `NotUtf8`.
pub(super) fn decode(body: &[u8], boundary: &str, limits: &Limits) -> Result<Vec<(String, String)>, ParameterFault> {
    let broken = |reason| ParameterFault::Multipart { reason };
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    // The first delimiter may stand at the very beginning, where no line end is before it.
    let first = delimiter.get(2..).unwrap_or_default();
    let mut rest = match body.strip_prefix(first) {
        Some(rest) => rest,
        None => split_at(body, &delimiter).ok_or_else(|| broken("it has no boundary"))?.1,
    };
    let mut pairs = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Ok(pairs);
        }
        let part = rest.strip_prefix(b"\r\n").ok_or_else(|| broken("a boundary does not end its line"))?;
        let (part, behind) = split_at(part, &delimiter).ok_or_else(|| broken("its last boundary is missing"))?;
        rest = behind;
        let Some(Field { name, value }) = field(part)? else { continue };
        if pairs.len() == limits.api_parameters_max {
            return Err(ParameterFault::TooMany { max: limits.api_parameters_max });
        }
        let name = check_name(name.to_vec(), limits.api_name_bytes_max)?;
        let value = String::from_utf8(value.to_vec());
        let value = value.map_err(|_| ParameterFault::NotUtf8 { field: name.clone() })?;
        pairs.push((name, value));
    }
}

/// A field as it stands in its part.
struct Field<'a> {
    name: &'a [u8],
    value: &'a [u8],
}

/// Name and value of a part; none for a file.
fn field(part: &[u8]) -> Result<Option<Field<'_>>, ParameterFault> {
    let broken = |reason| ParameterFault::Multipart { reason };
    let (head, value) = match part.strip_prefix(b"\r\n") {
        Some(_) => return Err(broken("a part has no Content-Disposition")),
        None => split_at(part, b"\r\n\r\n").ok_or_else(|| broken("the head of a part does not end"))?,
    };
    if head.len() > HEAD_BYTES_MAX {
        return Err(broken("the head of a part is too long"));
    }
    let disposition = head.split(|byte| *byte == b'\n').find_map(|line| {
        let (name, value) = split_at(line, b":")?;
        name.trim_ascii().eq_ignore_ascii_case(b"content-disposition").then_some(value)
    });
    let disposition = disposition.ok_or_else(|| broken("a part has no Content-Disposition"))?;
    if attribute(disposition, b"filename=").is_some() {
        return Ok(None);
    }
    let name = attribute(disposition, b"name=").ok_or_else(|| broken("a part has no name"))?;
    Ok(Some(Field { name, value }))
}

/// The value of an attribute such as `name=`, with or without quotes.
fn attribute<'a>(disposition: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    disposition.split(|byte| *byte == b';').map(<[u8]>::trim_ascii).find_map(|part| {
        let (head, value) = part.split_at_checked(name.len())?;
        let plain = head.eq_ignore_ascii_case(name);
        plain.then(|| value.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\"")).unwrap_or(value))
    })
}

/// What stands before and behind the first `mark`.
fn split_at<'a>(text: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = text.windows(mark.len().max(1)).position(|window| window == mark)?;
    let (before, from) = text.split_at_checked(at)?;
    Some((before, from.get(mark.len()..)?))
}

#[cfg(test)]
mod tests {
    use vivace_base::Limits;

    use super::{boundary, decode};
    use crate::access::ParameterFault;

    const KIND: &str = "multipart/form-data; boundary=---------------------------123821742118716";

    /// As the Java client writes it: an empty line first, and line ends before each boundary.
    fn java(fields: &[(&str, &str)]) -> Vec<u8> {
        let boundary = boundary(KIND).expect("a good type").expect("a boundary");
        let mut body = String::new();
        for (name, value) in fields {
            body += &format!("\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}");
        }
        (body + &format!("\r\n--{boundary}--\r\n")).into_bytes()
    }

    fn read(body: &[u8]) -> Result<Vec<(String, String)>, ParameterFault> {
        let limits = Limits { api_parameters_max: 3, api_name_bytes_max: 16, ..Limits::default() };
        decode(body, boundary(KIND)?.expect("multipart"), &limits)
    }

    #[test]
    fn the_empty_line_before_the_first_boundary_is_passed_over() {
        let body = java(&[("Action", "DescribeLVBChannel"), ("channelName", "a\r\nb ü")]);
        let read_ = read(&body).expect("a good body");
        assert_eq!(read_[0], ("Action".to_owned(), "DescribeLVBChannel".to_owned()));
        assert_eq!(read_[1], ("channelName".to_owned(), "a\r\nb ü".to_owned()));
        assert_eq!(read(&body[2..]).expect("without it"), read_);
    }

    #[test]
    fn a_file_is_no_parameter() {
        let body = java(&[("a\"; filename=\"x", "1"), ("b", "2")]);
        assert_eq!(read(&body).expect("a good body"), [("b".to_owned(), "2".to_owned())]);
    }

    #[test]
    fn no_cut_or_changed_body_is_read_as_something_else() {
        let body = java(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let whole = read(&body).expect("a good body");
        for cut in 0..body.len() - 4 {
            assert!(read(&body[..cut]).is_err(), "{cut}");
        }
        for at in 0..body.len() {
            let mut other = body.clone();
            other[at] ^= 1;
            // Whatever it is now, reading it ends.
            let _ = read(&other);
        }
        assert_eq!(whole.len(), 3);
        assert_eq!(read(&java(&[("a", ""); 4])), Err(ParameterFault::TooMany { max: 3 }));
        assert!(matches!(read(&java(&[(&"x".repeat(17), "")])), Err(ParameterFault::NameTooLong { .. })));
        assert!(boundary("multipart/form-data").is_err());
        assert_eq!(boundary("application/x-www-form-urlencoded; charset=utf-8"), Ok(None));
        assert_eq!(boundary("Multipart/Form-Data; charset=utf-8; Boundary=\"x\""), Ok(Some("x")));
    }
}
