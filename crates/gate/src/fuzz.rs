//! Entry point for fuzzing: any bytes may go in, nothing may panic.

use crate::lists::{block, entry};

/// Any text as an entry of a list of addresses: what is read is written as people write it, and read again as the same.
///
/// # Panics
/// If a promise is broken.
pub fn ip_entry(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some(read) = block(&text) else { return };
    assert!(read.prefix() <= 128 && read.holds(read.octets()));
    assert_eq!(block(&entry(&read)), Some(read), "a block is not what was sent");
}
