use super::Fault;
use crate::bits::BitReader;
use std::fmt::Write;

/// The general profile, tier and level of a stream (ISO/IEC 23008-2, 7.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProfileTierLevel {
    /// `general_profile_space`, 0 to 3.
    pub space: u8,
    /// `general_tier_flag`: High tier.
    pub high_tier: bool,
    /// `general_profile_idc`, 0 to 31.
    pub profile: u8,
    /// `general_profile_compatibility_flag`s, the one of profile 0 in the highest bit.
    pub compatibility: u32,
    /// The 48 bits of constraint flags.
    pub constraints: [u8; 6],
    /// `general_level_idc`: thirty times the level.
    pub level: u8,
}

impl ProfileTierLevel {
    /// Reads `profile_tier_level(1, sub_layers_max_minus1)` and passes over what it tells of sub-layers.
    pub(super) fn parse(bits: &mut BitReader<'_>, sub_layers_max_minus1: u8) -> Result<Self, Fault> {
        let general = Self::parse_general(bits)?;
        skip_sub_layers(bits, sub_layers_max_minus1)?;
        Ok(general)
    }

    /// Reads the twelve bytes that stand alike in parameter sets and in the configuration record.
    pub(super) fn parse_general(bits: &mut BitReader<'_>) -> Result<Self, Fault> {
        let (space, high_tier, profile) = (bits.small(2)?, bits.flag()?, bits.small(5)?);
        let compatibility = bits.bits(32)?;
        let mut constraints = [0; 6];
        for byte in &mut constraints {
            *byte = bits.small(8)?;
        }
        Ok(Self { space, high_tier, profile, compatibility, constraints, level: bits.small(8)? })
    }

    /// Appends the twelve bytes.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.push((self.space & 3) << 6 | u8::from(self.high_tier) << 5 | (self.profile & 0x1f));
        out.extend(self.compatibility.to_be_bytes());
        out.extend(self.constraints);
        out.push(self.level);
    }

    /// The codec string `hvc1.A.B.LX.CC` (ISO/IEC 14496-15, annex E.3).
    pub fn codec_string(&self) -> String {
        let mut text = String::from("hvc1.");
        if let Some(letter) = [None, Some('A'), Some('B'), Some('C')].get(usize::from(self.space)).copied().flatten() {
            text.push(letter);
        }
        let tier = if self.high_tier { 'H' } else { 'L' };
        let _ = write!(text, "{}.{:X}.{tier}{}", self.profile, self.compatibility.reverse_bits(), self.level);
        let told = self.constraints.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        for byte in self.constraints.iter().take(told) {
            let _ = write!(text, ".{byte:X}");
        }
        text
    }
}

fn skip_sub_layers(bits: &mut BitReader<'_>, sub_layers_max_minus1: u8) -> Result<(), Fault> {
    if sub_layers_max_minus1 == 0 {
        return Ok(());
    }
    let mut told_bits = 0;
    for _ in 0..sub_layers_max_minus1 {
        told_bits += if bits.flag()? { 88 } else { 0 };
        told_bits += if bits.flag()? { 8 } else { 0 };
    }
    let padding = 2 * 8u32.saturating_sub(u32::from(sub_layers_max_minus1));
    Ok(bits.skip(padding + told_bits)?)
}
