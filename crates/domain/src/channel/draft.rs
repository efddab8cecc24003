use vivace_base::{AppId, NameFault, Rng, Secret, StreamName, UnixMs};

use super::source::{CREATE, NewSource, Source};
use crate::text::hex;

use super::{Channel, ChannelFault, ChannelId, Rate, Receiver};

/// How long a channel's texts may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelBounds {
    /// Bytes of the names of channels and sources.
    pub name_bytes_max: usize,
    /// Bytes of the description.
    pub describe_bytes_max: usize,
}

/// A channel as a caller describes it (`CreateLVBChannel`).
#[derive(Clone, Debug, Default)]
pub struct NewChannel {
    /// `channelName`.
    pub name: String,
    /// `channelDescribe`.
    pub describe: String,
    /// `sourceList`.
    pub sources: Vec<NewSource>,
    /// `outputSourceType`.
    pub receiver: i64,
    /// `outputRate`; empty for the original alone.
    pub rates: Vec<i64>,
    /// `watermarkId`; 0 for none.
    pub watermark: u64,
    /// `playerPassword`; empty for none.
    pub password: String,
}

impl NewChannel {
    /// The channel that is to be stored, with a number, a source number and a stream name of its own.
    ///
    /// Whether the watermark exists and whether the quota allows one more is the store's to say.
    ///
    /// # Errors
    /// [`ChannelFault`]: the first parameter that is wrong, in the order of the action's page.
    pub fn draft(
        &self,
        app: AppId,
        bizid: u32,
        bounds: ChannelBounds,
        rng: &dyn Rng,
        now: UnixMs,
    ) -> Result<Channel, ChannelFault> {
        check_name(&self.name, bounds)?;
        check_describe(&self.describe, bounds)?;
        let field = "playerPassword";
        within(field, &self.password, bounds.name_bytes_max)?;
        let receiver = parse_receiver(self.receiver)?;
        let new = match self.sources.as_slice() {
            [] => return Err(ChannelFault::NoSource),
            [one] => one,
            many => return Err(ChannelFault::TooManySources { count: many.len() }),
        };
        let source = Source::new(number(rng), new, &CREATE, bounds.name_bytes_max)?;
        let id = ChannelId(number(rng));
        Ok(Channel {
            id,
            app,
            name: self.name.clone(),
            describe: self.describe.clone(),
            source,
            receiver,
            rates: parse_rates(&self.rates)?,
            watermark: (self.watermark != 0).then_some(self.watermark),
            password: (!self.password.is_empty()).then(|| Secret::new(self.password.clone())),
            stream: stream_name(bizid, rng).map_err(|_| ChannelFault::NotWritten)?,
            closed: false,
            created_at: now,
            revision: 0,
        })
    }
}

/// A stream name of the channel mode: `<bizid>_<32 hex digits>`.
///
/// # Errors
/// None for any number; the type asks.
pub fn stream_name(bizid: u32, rng: &dyn Rng) -> Result<StreamName, NameFault> {
    let mut raw = [0; 16];
    rng.fill(&mut raw);
    StreamName::parse(&format!("{bizid}_{}", hex(&raw)))
}

pub(super) fn check_name(name: &str, bounds: ChannelBounds) -> Result<(), ChannelFault> {
    let field = "channelName";
    if name.trim().is_empty() {
        return Err(ChannelFault::Empty { field });
    }
    if name.contains(char::is_control) {
        // Names are shown in lines and become parts of file names.
        return Err(ChannelFault::OutOfRange { field, expected: "text without control characters" });
    }
    within(field, name, bounds.name_bytes_max)
}

pub(super) fn check_describe(describe: &str, bounds: ChannelBounds) -> Result<(), ChannelFault> {
    within("channelDescribe", describe, bounds.describe_bytes_max)
}

pub(super) fn parse_receiver(number: i64) -> Result<Receiver, ChannelFault> {
    Receiver::from_number(number).ok_or(ChannelFault::ReceiverProtocol { field: "outputSourceType" })
}

/// Rates in ascending order. A list that is given must hold the original.
pub(super) fn parse_rates(numbers: &[i64]) -> Result<Vec<Rate>, ChannelFault> {
    let wrong = ChannelFault::OutOfRange { field: "outputRate", expected: "a list of 0, 10 and 20 that holds 0" };
    if numbers.is_empty() {
        return Ok(vec![Rate::Original]);
    }
    let rates: Option<Vec<Rate>> = numbers.iter().map(|number| Rate::from_number(*number)).collect();
    let mut rates = rates.ok_or_else(|| wrong.clone())?;
    rates.sort();
    rates.dedup();
    if rates.first() == Some(&Rate::Original) { Ok(rates) } else { Err(wrong) }
}

fn within(field: &'static str, text: &str, max: usize) -> Result<(), ChannelFault> {
    let bytes = text.len();
    if bytes > max { Err(ChannelFault::TooLong { field, bytes, max }) } else { Ok(()) }
}

/// A random number above 2^63, as the original's are, and so never taken for a small counter.
fn number(rng: &dyn Rng) -> u64 {
    let mut raw = [0; 8];
    rng.fill(&mut raw);
    u64::from_be_bytes(raw) | 1 << 63
}
