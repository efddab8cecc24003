use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use thiserror::Error;

use super::{Kind, kind_of};

/// Which addresses that are not public may be connected to all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allow {
    blocks: Vec<Block>,
    any: bool,
}

/// Addresses with the same first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Block {
    /// The other bits are zero.
    address: IpAddr,
    bits: u8,
}

/// What was given is no list of addresses and blocks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AllowFault {
    /// A part is neither an address nor a block.
    #[error("`{0}` is neither an IP address nor a block such as 10.0.0.0/8 or fd00::/8")]
    Block(String),
    /// A block whose address has bits behind its length: a slip of the pen more often than a wish.
    #[error("`{given}` has bits behind its length; the block is {meant}")]
    Bits {
        /// What was given.
        given: String,
        /// The block that these addresses are in.
        meant: String,
    },
}

impl Allow {
    /// Everything: for tests, and for machines that stand alone.
    pub const fn any() -> Self {
        Self { blocks: Vec::new(), any: true }
    }

    /// What keeps this server from connecting to an address; `None` if nothing does.
    pub fn refuses(&self, address: IpAddr) -> Option<Kind> {
        // The system connects to the IPv4 address behind a mapped one: it is the same place.
        let address = address.to_canonical();
        kind_of(address).filter(|_| !self.any && !self.blocks.iter().any(|block| block.holds(address)))
    }
}

impl Block {
    fn holds(self, address: IpAddr) -> bool {
        first_bits(address, self.bits) == Some(self.address)
    }
}

/// The address with all bits behind the first ones zero; `None` if it has no more than `bits`.
fn first_bits(address: IpAddr, bits: u8) -> Option<IpAddr> {
    Some(match address {
        IpAddr::V4(v4) => {
            let behind = 32_u32.checked_sub(bits.into())?;
            let mask = u32::MAX.checked_shl(behind).unwrap_or(0);
            IpAddr::V4((v4.to_bits() & mask).into())
        }
        IpAddr::V6(v6) => {
            let behind = 128_u32.checked_sub(bits.into())?;
            let mask = u128::MAX.checked_shl(behind).unwrap_or(0);
            IpAddr::V6((v6.to_bits() & mask).into())
        }
    })
}

impl FromStr for Allow {
    type Err = AllowFault;

    /// `any`, or addresses and blocks between commas; nothing for none.
    fn from_str(text: &str) -> Result<Self, AllowFault> {
        if text.trim() == "any" {
            return Ok(Self::any());
        }
        let parts = text.split(',').map(str::trim).filter(|_| !text.trim().is_empty());
        Ok(Self { blocks: parts.map(block).collect::<Result<_, _>>()?, any: false })
    }
}

fn block(text: &str) -> Result<Block, AllowFault> {
    let none = || AllowFault::Block(text.to_owned());
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| none())?;
    let bits = match bits {
        None => {
            if address.is_ipv4() {
                32
            } else {
                128
            }
        }
        Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => bits.parse().map_err(|_| none())?,
        Some(_) => return Err(none()),
    };
    let first = first_bits(address, bits).ok_or_else(none)?;
    if first != address {
        return Err(AllowFault::Bits { given: text.to_owned(), meant: Block { address: first, bits }.to_string() });
    }
    Ok(Block { address, bits })
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = if self.address.is_ipv4() { 32 } else { 128 };
        if self.bits == whole { write!(f, "{}", self.address) } else { write!(f, "{}/{}", self.address, self.bits) }
    }
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.any {
            return f.write_str("any");
        }
        let blocks: Vec<String> = self.blocks.iter().map(Block::to_string).collect();
        f.write_str(&blocks.join(","))
    }
}
