//! Black and white lists of addresses for pushes and plays. Addresses are 16 octets, IPv4 in its IPv6-mapped form.

use thiserror::Error;

/// A block of addresses: those whose first `prefix` bits are these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpBlock {
    octets: [u8; 16],
    prefix: u8,
}

impl IpBlock {
    /// A block; bits behind the prefix are cleared. None if the prefix has more than 128 bits.
    pub fn new(octets: [u8; 16], prefix: u8) -> Option<Self> {
        let masked = u128::from_be_bytes(octets) & mask(prefix)?;
        Some(Self { octets: masked.to_be_bytes(), prefix })
    }

    /// The first address.
    pub const fn octets(&self) -> [u8; 16] {
        self.octets
    }

    /// Bits that count, of 128.
    pub const fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Whether an address lies in it.
    pub fn holds(&self, address: [u8; 16]) -> bool {
        let mask = mask(self.prefix).unwrap_or(u128::MAX);
        u128::from_be_bytes(address) & mask == u128::from_be_bytes(self.octets)
    }
}

fn mask(prefix: u8) -> Option<u128> {
    let free = 128_u32.checked_sub(u32::from(prefix))?;
    Some(u128::MAX.checked_shl(free).unwrap_or(0))
}

/// What being on the list means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Those on it are refused.
    Black,
    /// Those not on it are refused.
    White,
}

/// What the list is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Publishers.
    Push,
    /// Players.
    Play,
}

/// An app's list for one direction; it is black or white, not both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IpList {
    /// What being on it means.
    pub colour: Colour,
    /// Its blocks, in order, each once.
    pub blocks: Vec<IpBlock>,
}

/// Why an address is refused by a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ListRefusal {
    /// It stands on the black list.
    #[error("the address is on the black list")]
    Blacklisted,
    /// It does not stand on the white list.
    #[error("the address is not on the white list")]
    NotWhitelisted,
}

/// Why a list was not changed or shown.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ListFault {
    /// No entry was given.
    #[error("the list of addresses is empty")]
    Empty,
    /// An entry is no address and no block.
    #[error("entry {at} is neither an IP address nor a block such as 192.0.2.0/24")]
    Entry {
        /// Its place, from 0.
        at: usize,
    },
    /// More entries than allowed.
    #[error("the list would have {count} entries, more than {max}")]
    TooMany {
        /// Entries it would have.
        count: usize,
        /// Entries allowed.
        max: usize,
    },
    /// There is no list for this direction.
    #[error("there is no such list")]
    Unknown,
    /// There is a list of the other colour.
    #[error("there is a list of the other colour: delete it first")]
    OtherColour,
    /// The store could not be read; the log has the reason.
    #[error("the list could not be read")]
    Unreadable,
    /// The store could not be written; the log has the reason.
    #[error("the list could not be written")]
    NotWritten,
}

impl IpList {
    /// A list of these blocks, sorted, each once.
    ///
    /// # Errors
    /// `Empty`, `TooMany`.
    pub fn new(colour: Colour, mut blocks: Vec<IpBlock>, max: usize) -> Result<Self, ListFault> {
        blocks.sort_unstable();
        blocks.dedup();
        match blocks.len() {
            0 => Err(ListFault::Empty),
            count if count > max => Err(ListFault::TooMany { count, max }),
            _ => Ok(Self { colour, blocks }),
        }
    }

    /// Whether an address may pass.
    ///
    /// # Errors
    /// [`ListRefusal`].
    pub fn admit(&self, address: [u8; 16]) -> Result<(), ListRefusal> {
        let listed = self.blocks.iter().any(|block| block.holds(address));
        match (self.colour, listed) {
            (Colour::Black, true) => Err(ListRefusal::Blacklisted),
            (Colour::White, false) => Err(ListRefusal::NotWhitelisted),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Colour, IpBlock, IpList, ListFault, ListRefusal};

    fn v4(octets: [u8; 4]) -> [u8; 16] {
        let [a, b, c, d] = octets;
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d]
    }

    fn block(octets: [u8; 4], prefix: u8) -> IpBlock {
        IpBlock::new(v4(octets), 96 + prefix).expect("in range")
    }

    #[test]
    fn a_block_holds_what_shares_its_prefix() {
        let net = block([192, 0, 2, 77], 24);
        assert!(net.holds(v4([192, 0, 2, 1])) && net.holds(v4([192, 0, 2, 255])));
        assert!(!net.holds(v4([192, 0, 3, 1])) && !net.holds([0; 16]));
        assert!(IpBlock::new([7; 16], 0).expect("in range").holds(v4([1, 2, 3, 4])));
        assert!(block([1, 2, 3, 4], 32).holds(v4([1, 2, 3, 4])));
        assert!(!block([1, 2, 3, 4], 32).holds(v4([1, 2, 3, 5])));
        assert_eq!(IpBlock::new([0; 16], 129), None);
    }

    #[test]
    fn black_refuses_those_on_it_and_white_the_others() {
        let list = |colour| IpList::new(colour, vec![block([192, 0, 2, 0], 24)], 100).expect("one entry");
        let (on, off) = (v4([192, 0, 2, 9]), v4([198, 51, 100, 1]));
        assert_eq!(list(Colour::Black).admit(on), Err(ListRefusal::Blacklisted));
        assert_eq!(list(Colour::Black).admit(off), Ok(()));
        assert_eq!(list(Colour::White).admit(on), Ok(()));
        assert_eq!(list(Colour::White).admit(off), Err(ListRefusal::NotWhitelisted));
    }

    #[test]
    fn a_list_is_neither_empty_nor_over_its_limit_and_counts_an_entry_once() {
        assert_eq!(IpList::new(Colour::Black, Vec::new(), 1), Err(ListFault::Empty));
        let twice = vec![block([1, 2, 3, 4], 32); 2];
        assert_eq!(IpList::new(Colour::Black, twice, 1).expect("one entry").blocks.len(), 1);
        let two = vec![block([1, 2, 3, 4], 32), block([1, 2, 3, 5], 32)];
        assert_eq!(IpList::new(Colour::Black, two, 1), Err(ListFault::TooMany { count: 2, max: 1 }));
    }
}
