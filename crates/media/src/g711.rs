//! G.711, A-law and mu-law (ITU-T G.711): a byte is a sample, and there is no configuration record.

/// Samples in one second.
pub const SAMPLE_RATE: u32 = 8_000;
/// Channels.
pub const CHANNELS: u8 = 1;
