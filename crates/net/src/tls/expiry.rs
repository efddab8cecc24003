//! When a certificate ends, and how its fields are found. Whether it can be used is checked by the TLS library.

use vivace_base::UnixMs;
use vivace_base::calendar::day_of;

pub(super) const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// `notAfter` of a certificate in DER (RFC 5280, section 4.1.2.5); `None` if it is no such certificate.
pub(super) fn not_after(certificate: &[u8]) -> Option<UnixMs> {
    let (_, fields) = value(fields(certificate)?, SEQUENCE)?;
    let (validity, _) = value(fields, SEQUENCE)?;
    let (_, not_after) = any(validity)?;
    let (not_after, _) = any(not_after)?;
    time(not_after.tag, not_after.content)
}

/// The fields of a certificate from its issuer on.
pub(super) fn fields(certificate: &[u8]) -> Option<&[u8]> {
    let (certificate, _) = value(certificate, SEQUENCE)?;
    let (mut fields, _) = value(certificate, SEQUENCE)?;
    if let Some((_, rest)) = value(fields, VERSION) {
        fields = rest;
    }
    // Serial number, signature algorithm.
    for tag in [INTEGER, SEQUENCE] {
        fields = value(fields, tag)?.1;
    }
    Some(fields)
}

/// Content of the element at the front, if it has this tag, and what follows it.
pub(super) fn value(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (element, rest) = any(bytes)?;
    (element.tag == wanted).then_some((element.content, rest))
}

/// One value of ASN.1.
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
}

/// The element at the front, and what follows it (X.690, definite lengths).
pub(super) fn any(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, mut rest) = rest.split_first()?;
    let mut length = usize::from(*first);
    if *first >= 0x80 {
        let (digits, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if digits.is_empty() || digits.len() > 4 {
            return None;
        }
        length = digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit));
        rest = after;
    }
    let (content, rest) = rest.split_at_checked(length)?;
    Some((Element { tag: *tag, content }, rest))
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`, the only forms that RFC 5280 allows.
pub(super) fn time(tag: u8, text: &[u8]) -> Option<UnixMs> {
    let digits = text.strip_suffix(b"Z")?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (year_digits, short) = match tag {
        UTC_TIME => (2, true),
        GENERALIZED_TIME => (4, false),
        _ => return None,
    };
    let (year, rest) = digits.split_at_checked(year_digits)?;
    let mut year = number(year);
    if short {
        year += if year < 50 { 2_000 } else { 1_900 };
    }
    let [month, day, hour, minute, second] = rest.as_chunks::<2>().0 else { return None };
    if rest.len() != 10 {
        return None;
    }
    let days = day_of(year, number(month), number(day))?;
    let seconds = days * 86_400 + number(hour) * 3_600 + number(minute) * 60 + number(second);
    Some(UnixMs(seconds * 1_000))
}

fn number(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::{GENERALIZED_TIME, UTC_TIME, not_after, time};
    use vivace_base::UnixMs;

    #[test]
    fn both_forms_of_a_time_are_read() {
        assert_eq!(time(UTC_TIME, b"700101000000Z"), Some(UnixMs(0)));
        assert_eq!(time(UTC_TIME, b"491231235959Z"), Some(UnixMs(2_524_607_999_000)));
        assert_eq!(time(GENERALIZED_TIME, b"20000229120000Z"), Some(UnixMs(951_825_600_000)));
        assert_eq!(time(GENERALIZED_TIME, b"99991231235959Z"), Some(UnixMs(253_402_300_799_000)));
        for wrong in [&b"700101000000"[..], b"7001010000Z", b"70010100000xZ", b"70010100000000Z", b"Z", b""] {
            assert_eq!(time(UTC_TIME, wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn what_is_cut_off_or_garbled_is_no_certificate() {
        let made = crate::tls::make::make(&["localhost".to_owned()], UnixMs(951_825_600_000)).unwrap();
        let whole = made.certificate_der;
        let end = not_after(&whole).unwrap();
        assert!(end.0 > 951_825_600_000);
        for length in 0..120 {
            assert_eq!(not_after(&whole[..length]), None, "{length}");
        }
        assert_eq!(not_after(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(not_after(&[0x30, 0x80, 0, 0]), None);
    }
}
