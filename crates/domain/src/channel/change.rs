use super::draft::{check_describe, check_name, parse_rates, parse_receiver};
use super::{Channel, ChannelBounds, ChannelFault, Media, Status};

/// What is to change of a channel (`ModifyLVBChannel`); what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// `channelName`.
    pub name: Option<String>,
    /// `channelDescribe`.
    pub describe: Option<String>,
    /// `outputSourceType`.
    pub receiver: Option<i64>,
    /// `outputRate`.
    pub rates: Option<Vec<i64>>,
    /// `watermarkId`; 0 takes it away.
    pub watermark: Option<u64>,
}

impl Change {
    /// The channel after the change. Name and description may change at any time, the rest not while it is live.
    ///
    /// # Errors
    /// [`ChannelFault`]: the parameter that is wrong, or may not change now.
    pub fn apply(&self, channel: &Channel, media: Media, bounds: ChannelBounds) -> Result<Channel, ChannelFault> {
        let mut changed = channel.clone();
        if let Some(name) = &self.name {
            check_name(name, bounds)?;
            changed.name.clone_from(name);
        }
        if let Some(describe) = &self.describe {
            check_describe(describe, bounds)?;
            changed.describe.clone_from(describe);
        }
        if let Some(receiver) = self.receiver {
            changed.receiver = parse_receiver(receiver)?;
        }
        if let Some(rates) = &self.rates {
            changed.rates = parse_rates(rates)?;
        }
        if let Some(watermark) = self.watermark {
            changed.watermark = (watermark != 0).then_some(watermark);
        }
        if channel.status(media) == Status::Live {
            let media_settings = [
                ("outputSourceType", channel.receiver != changed.receiver),
                ("outputRate", channel.rates != changed.rates),
                ("watermarkId", channel.watermark != changed.watermark),
            ];
            if let Some((field, _)) = media_settings.into_iter().find(|(_, differs)| *differs) {
                return Err(ChannelFault::NotEditable { field });
            }
        }
        Ok(changed)
    }
}

/// The channel opened (`StartLVBChannel`).
///
/// # Errors
/// [`ChannelFault::AlreadyOpen`].
pub fn start(channel: &Channel) -> Result<Channel, ChannelFault> {
    if channel.closed { Ok(Channel { closed: false, ..channel.clone() }) } else { Err(ChannelFault::AlreadyOpen) }
}

/// The channel closed (`StopLVBChannel`); whoever stores it then cuts its stream.
///
/// # Errors
/// [`ChannelFault::AlreadyClosed`].
pub fn stop(channel: &Channel) -> Result<Channel, ChannelFault> {
    if channel.closed { Err(ChannelFault::AlreadyClosed) } else { Ok(Channel { closed: true, ..channel.clone() }) }
}

/// Whether the channel may be deleted (`DeleteLVBChannel`).
///
/// # Errors
/// [`ChannelFault::NotClosed`].
pub fn delete(channel: &Channel, media: Media) -> Result<(), ChannelFault> {
    match channel.status(media) {
        Status::Closed => Ok(()),
        status => Err(ChannelFault::NotClosed { status }),
    }
}
