use std::fmt;

use thiserror::Error;

use crate::{Rng, UnixMs};

/// A number that nobody else has and that sorts by the time it was made: 48 bits of milliseconds, 80 random bits.
/// Written as the ULID specification has it: 26 characters of Crockford's base 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ulid(pub u128);

/// What was given is no ULID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an id has 26 characters of 0-9 and A-Z without I, L, O and U, the first of them 0 to 7")]
pub struct UlidFault;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHARACTERS: usize = 26;
const RANDOM_BITS: u32 = 80;

impl Ulid {
    /// A new one.
    pub fn new(now: UnixMs, rng: &dyn Rng) -> Self {
        let mut random = [0; 16];
        rng.fill(&mut random);
        let random = u128::from_be_bytes(random) & ((1 << RANDOM_BITS) - 1);
        let ms = u128::from(now.0.max(0).unsigned_abs()) & 0xffff_ffff_ffff;
        Self(ms << RANDOM_BITS | random)
    }

    /// Reads one; letters in any case.
    ///
    /// # Errors
    /// [`UlidFault`]: it is none.
    pub fn parse(text: &str) -> Result<Self, UlidFault> {
        let digit = |byte: u8| ALPHABET.iter().position(|known| *known == byte.to_ascii_uppercase());
        if text.len() != CHARACTERS || text.bytes().next().is_none_or(|first| !(b'0'..=b'7').contains(&first)) {
            return Err(UlidFault);
        }
        text.bytes()
            .try_fold(0, |number: u128, byte| digit(byte).map(|digit| number << 5 | digit as u128))
            .map(Self)
            .ok_or(UlidFault)
    }
}

impl fmt::Display for Ulid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = (0..CHARACTERS).rev().map(|at| ALPHABET[(self.0 >> (at * 5)) as usize & 31]);
        let text: String = digits.map(char::from).collect();
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Ulid, UlidFault};
    use crate::{Rng, UnixMs};

    struct Fixed(u8);

    impl Rng for Fixed {
        fn fill(&self, out: &mut [u8]) {
            out.fill(self.0);
        }
    }

    #[test]
    fn the_example_of_the_specification_survives_the_round_trip() {
        for text in ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "00000000000000000000000000", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"] {
            assert_eq!(Ulid::parse(text).unwrap().to_string(), text);
            assert_eq!(Ulid::parse(&text.to_lowercase()).unwrap().to_string(), text);
        }
        assert_eq!(Ulid::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap().0 >> 80, 1_469_922_850_259);
    }

    #[test]
    fn a_later_one_is_greater_whatever_is_random() {
        let (first, second) = (Ulid::new(UnixMs(1_000), &Fixed(255)), Ulid::new(UnixMs(1_001), &Fixed(0)));
        assert!(first < second && first.to_string() < second.to_string());
    }

    #[test]
    fn what_is_no_ulid_is_refused() {
        let letter = "01ARZ3NDEKTSV4RRFFQ69G5FAU";
        let non_ascii = "01ARZ3NDEKTSV4RRFFQ69G5FÄ";
        for text in ["", "01ARZ3NDEKTSV4RRFFQ69G5FA", "80000000000000000000000000", letter, non_ascii, "../../etc"] {
            assert_eq!(Ulid::parse(text), Err(UlidFault), "{text}");
        }
    }
}
