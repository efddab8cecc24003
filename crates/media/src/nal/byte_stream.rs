//! NAL units behind start codes (ISO/IEC 14496-10 and 23008-2, annex B).

/// The NAL units of a byte stream, without start codes and the zeros around them; empty ones are passed over. What stands
/// in front of the first start code is no unit.
#[derive(Clone, Debug)]
pub(crate) struct ByteStream<'a> {
    rest: &'a [u8],
}

impl<'a> ByteStream<'a> {
    pub(crate) fn new(stream: &'a [u8]) -> Self {
        let rest = start_code(stream).and_then(|at| stream.get(at + 3..)).unwrap_or_default();
        Self { rest }
    }
}

impl<'a> Iterator for ByteStream<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while !self.rest.is_empty() {
            let (unit, rest) = match start_code(self.rest) {
                Some(at) => (self.rest.get(..at)?, self.rest.get(at + 3..)?),
                None => (self.rest, &[][..]),
            };
            self.rest = rest;
            let end = unit.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            if let Some(unit) = unit.get(..end).filter(|unit| !unit.is_empty()) {
                return Some(unit);
            }
        }
        None
    }
}

/// Where the next `00 00 01` begins.
fn start_code(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match bytes.get(at..)? {
            [0, 0, 1, ..] => return Some(at),
            // The third byte tells how many places cannot be the begin.
            [_, _, third, ..] => at += if *third > 1 { 3 } else { 1 },
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ByteStream;

    fn units(stream: &[u8]) -> Vec<&[u8]> {
        ByteStream::new(stream).collect()
    }

    #[test]
    fn units_are_found_behind_start_codes_of_three_and_four_bytes() {
        assert_eq!(units(&[0, 0, 0, 1, 9, 8, 0, 0, 1, 7, 0, 0, 0, 1, 6, 5]), [&[9, 8][..], &[7], &[6, 5]]);
        assert_eq!(units(&[3, 3, 0, 0, 1, 9, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 7, 0, 0]), [&[9][..], &[7]]);
        assert!(units(&[]).is_empty() && units(&[0, 0, 2, 1, 9]).is_empty() && units(&[0, 0, 1]).is_empty());
    }

    #[test]
    fn every_place_of_a_start_code_is_found() {
        for before in 0..12 {
            for fill in [0xff, 2, 1] {
                let mut stream = vec![0, 0, 1];
                stream.extend(vec![fill; before + 1]);
                stream.extend([0, 0, 1, 0x67]);
                assert_eq!(units(&stream), [&vec![fill; before + 1][..], &[0x67]], "{before} {fill}");
            }
        }
    }
}
