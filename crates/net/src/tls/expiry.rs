//! When a certificate ends, and how its fields are found. Whether it can be used is checked by the TLS library.

use vivace_base::UnixMs;

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
    let days = days_from_civil(year, number(month), number(day));
    let seconds = days * 86_400 + number(hour) * 3_600 + number(minute) * 60 + number(second);
    Some(UnixMs(seconds * 1_000))
}

fn number(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'))
}

/// Days from 1970-01-01 to a day of the Gregorian calendar; years count from March, so that a leap day ends one.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of a time.
pub(super) const fn civil(at: UnixMs) -> (i32, u8, u8) {
    let days = at.0.div_euclid(86_400_000) + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year as i32, month as u8, day as u8)
}

#[cfg(test)]
mod tests {
    use super::{GENERALIZED_TIME, UTC_TIME, civil, not_after, time};
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
    fn a_day_has_one_time_and_a_time_one_day() {
        for day in (-200_000..200_000).step_by(97) {
            let (year, month, of_month) = civil(UnixMs(day * 86_400_000));
            assert_eq!(super::days_from_civil(year.into(), month.into(), of_month.into()), day);
        }
        assert_eq!(civil(UnixMs(951_825_600_000)), (2000, 2, 29));
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
