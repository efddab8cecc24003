use super::{Fault, ranged};
use crate::bits::BitReader;

/// Pictures a reference picture set can name: the decoded picture buffer's limit (A.4.2).
const PICTURES_MAX: u32 = 16;

/// Passes over the short-term and long-term reference picture sets of a sequence parameter set (7.3.2.2.1).
pub(super) fn skip_sets(bits: &mut BitReader<'_>, order_count_bits: u32) -> Result<(), Fault> {
    let sets = ranged(bits, "num_short_term_ref_pic_sets", 64)?;
    let mut pictures = 0;
    for set in 0..sets {
        pictures = skip_short_term(bits, set, pictures)?;
    }
    if bits.flag()? {
        for _ in 0..ranged(bits, "num_long_term_ref_pics_sps", 32)? {
            bits.skip(order_count_bits + 1)?; // lt_ref_pic_poc_lsb_sps, used_by_curr_pic_lt_sps_flag
        }
    }
    Ok(())
}

/// `st_ref_pic_set(set)` (7.3.7): from the number of pictures in the set before to the number in this one.
fn skip_short_term(bits: &mut BitReader<'_>, set: u32, pictures_before: u32) -> Result<u32, Fault> {
    if set != 0 && bits.flag()? {
        return skip_predicted(bits, pictures_before);
    }
    let negative = ranged(bits, "num_negative_pics", PICTURES_MAX)?;
    let positive = ranged(bits, "num_positive_pics", PICTURES_MAX - negative)?;
    for _ in 0..negative + positive {
        bits.ue()?; // delta_poc_minus1
        bits.flag()?; // used_by_curr_pic_flag
    }
    Ok(negative + positive)
}

/// A set told as a difference to the one before: a picture stays unless both of its flags are zero.
fn skip_predicted(bits: &mut BitReader<'_>, pictures_before: u32) -> Result<u32, Fault> {
    bits.flag()?; // delta_rps_sign
    bits.ue()?; // abs_delta_rps_minus1
    let mut pictures = 0;
    for _ in 0..=pictures_before {
        let used = bits.flag()?;
        if used || bits.flag()? {
            pictures += 1;
        }
    }
    match pictures {
        0..=PICTURES_MAX => Ok(pictures),
        value => Err(Fault::Range { field: "NumDeltaPocs", value }),
    }
}
