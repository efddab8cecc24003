//! Days and dates of the proleptic Gregorian calendar. A year begins in March here, so that a leap day ends one.

/// Year, month and day of a day counted from 1970-01-01.
pub const fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day.saturating_add(719_468);
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day_of_year - (153 * from_march + 2) / 5 + 1)
}

/// The day of a date, counted from 1970-01-01; `None` if there is no such date, or the year has more than six digits.
pub fn day_of(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(-999_999..=999_999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let from_march = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (from_march.div_euclid(400), from_march.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let found = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    (civil(found) == (year, month, day)).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::{civil, day_of};

    #[test]
    fn every_day_of_eleven_centuries_has_a_date_of_its_own_and_back() {
        for day in -200_000..200_000 {
            let (year, month, of_month) = civil(day);
            assert_eq!(day_of(year, month, of_month), Some(day), "{year}-{month}-{of_month}");
        }
        assert_eq!((civil(0), civil(11_016), civil(-1)), ((1970, 1, 1), (2000, 2, 29), (1969, 12, 31)));
    }

    #[test]
    fn a_date_that_is_none_has_no_day() {
        for (year, month, day) in
            [(2025, 2, 29), (1900, 2, 29), (2026, 4, 31), (2026, 13, 1), (2026, 0, 1), (2026, 1, 0), (i64::MAX, 1, 1)]
        {
            assert_eq!(day_of(year, month, day), None, "{year}-{month}-{day}");
        }
        assert_eq!(day_of(2000, 2, 29), Some(11_016));
        civil(i64::MAX);
        civil(i64::MIN);
    }
}
