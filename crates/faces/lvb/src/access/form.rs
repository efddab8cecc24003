//! `application/x-www-form-urlencoded`, and queries, which are written the same way.

use vivace_base::Limits;
use vivace_domain::unescape;

use super::ParameterFault;

/// Names and values in their order, decoded.
///
/// # Errors
/// [`ParameterFault`]: `TooMany`, `NameTooLong`, `Encoding`, `NotUtf8`.
pub(super) fn decode(raw: &[u8], limits: &Limits) -> Result<Vec<(String, String)>, ParameterFault> {
    let mut pairs = Vec::new();
    for pair in raw.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        if pairs.len() == limits.api_parameters_max {
            return Err(ParameterFault::TooMany { max: limits.api_parameters_max });
        }
        let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = pair.split_at_checked(at).unwrap_or((pair, &[]));
        let name = decode_name(name, limits.api_name_bytes_max)?;
        let value = unescape(value.strip_prefix(b"=").unwrap_or(value));
        let value = value.ok_or_else(|| ParameterFault::Encoding { field: name.clone() })?;
        let value = String::from_utf8(value).map_err(|_| ParameterFault::NotUtf8 { field: name.clone() })?;
        pairs.push((name, value));
    }
    Ok(pairs)
}

fn decode_name(raw: &[u8], bytes_max: usize) -> Result<String, ParameterFault> {
    let Some(name) = unescape(raw.get(..raw.len().min(3 * bytes_max + 3)).unwrap_or(raw)) else {
        return Err(ParameterFault::Encoding { field: shown(raw) });
    };
    check_name(name, bytes_max)
}

/// The name as text, if it is not too long.
pub(super) fn check_name(name: Vec<u8>, bytes_max: usize) -> Result<String, ParameterFault> {
    if name.len() > bytes_max {
        return Err(ParameterFault::NameTooLong { field: shown(&name), max: bytes_max });
    }
    String::from_utf8(name).map_err(|error| ParameterFault::NotUtf8 { field: shown(error.as_bytes()) })
}

/// As much of a name as a sentence needs.
pub(super) fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name.get(..32).unwrap_or(name)).into_owned()
}

#[cfg(test)]
mod tests {
    use vivace_base::Limits;

    use super::decode;
    use crate::access::ParameterFault;

    fn pairs(raw: &[u8]) -> Result<Vec<(String, String)>, ParameterFault> {
        let limits = Limits { api_parameters_max: 3, api_name_bytes_max: 8, ..Limits::default() };
        decode(raw, &limits)
    }

    fn ok(raw: &str) -> Vec<(String, String)> {
        pairs(raw.as_bytes()).expect("a good query")
    }

    #[test]
    fn names_and_values_are_decoded() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(ok("a=1&b%5B0%5D=x+y%2Bz&c"), [pair("a", "1"), pair("b[0]", "x y+z"), pair("c", "")]);
        assert_eq!(ok("&&a=b=c&"), [pair("a", "b=c")]);
        assert_eq!(ok("a=%e9%a2%91"), [pair("a", "频")]);
        assert_eq!(ok(""), []);
    }

    #[test]
    fn what_cannot_be_decoded_is_refused_by_its_name() {
        let field = |name: &str| name.to_owned();
        assert_eq!(pairs(b"a=%zz"), Err(ParameterFault::Encoding { field: field("a") }));
        assert_eq!(pairs(b"a=%4"), Err(ParameterFault::Encoding { field: field("a") }));
        assert_eq!(pairs(b"a=%ff"), Err(ParameterFault::NotUtf8 { field: field("a") }));
        assert_eq!(pairs(b"a=\xff"), Err(ParameterFault::NotUtf8 { field: field("a") }));
        assert!(matches!(pairs(b"%ff=1"), Err(ParameterFault::NotUtf8 { .. })));
        assert_eq!(pairs(b"123456789=1"), Err(ParameterFault::NameTooLong { field: field("123456789"), max: 8 }));
        assert_eq!(pairs(b"a=1&b=2&c=3&d=4"), Err(ParameterFault::TooMany { max: 3 }));
        assert!(matches!(pairs(&[b'x'; 100_000]), Err(ParameterFault::NameTooLong { .. })));
    }
}
