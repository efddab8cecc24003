use vivace_base::Secret;

use super::{ChannelFault, Media};

/// Where a channel's stream comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// 1: it is pushed by RTMP.
    Push,
    /// 2: we pull it by RTMP.
    RtmpPull,
    /// 3: we pull it by HLS.
    HlsPull,
}

impl SourceKind {
    /// The kind of a wire number.
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Push),
            2 => Some(Self::RtmpPull),
            3 => Some(Self::HlsPull),
            _ => None,
        }
    }

    /// Its number on the wire.
    pub const fn number(self) -> i64 {
        match self {
            Self::Push => 1,
            Self::RtmpPull => 2,
            Self::HlsPull => 3,
        }
    }
}

/// A channel's source as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its number within the app.
    pub id: u64,
    /// Its name for people.
    pub name: String,
    /// Its kind.
    pub kind: SourceKind,
    /// The address that is pulled; it may carry a key.
    pub address: Option<Secret<String>>,
}

/// A source as a caller describes it.
#[derive(Clone, Debug, Default)]
pub struct NewSource {
    /// Its name.
    pub name: String,
    /// Its kind as a number.
    pub kind: i64,
    /// The address to pull; empty for a push.
    pub address: String,
}

/// What is to change of a source; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct SourceChange {
    /// Its name.
    pub name: Option<String>,
    /// Its kind as a number.
    pub kind: Option<i64>,
    /// The address to pull.
    pub address: Option<String>,
}

/// The names of the parameters, which differ between the calls.
pub(super) struct Fields {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) address: &'static str,
}

pub(super) const CREATE: Fields =
    Fields { name: "sourceList.name", kind: "sourceList.type", address: "sourceList.address" };
const MODIFY: Fields = Fields { name: "sourceName", kind: "sourceType", address: "sourceAddress" };

impl Source {
    pub(super) fn new(id: u64, new: &NewSource, fields: &Fields, name_bytes_max: usize) -> Result<Self, ChannelFault> {
        if new.name.is_empty() {
            return Err(ChannelFault::Empty { field: fields.name });
        }
        if new.name.len() > name_bytes_max {
            let bytes = new.name.len();
            return Err(ChannelFault::TooLong { field: fields.name, bytes, max: name_bytes_max });
        }
        let kind = SourceKind::from_number(new.kind).ok_or(ChannelFault::SourceProtocol {
            field: fields.kind,
            reason: "must be 1 (push), 2 (RTMP pull) or 3 (HLS pull)",
        })?;
        let address = match kind {
            SourceKind::Push => None,
            SourceKind::RtmpPull | SourceKind::HlsPull => Some(pulled(kind, &new.address, fields)?),
        };
        Ok(Self { id, name: new.name.clone(), kind, address })
    }

    /// The source after a change (`ModifyLVBUpstream`).
    ///
    /// # Errors
    /// [`ChannelFault`]: `NotEditable` while the channel is live, and what [`NewSource`] may be refused for.
    pub fn modify(&self, change: &SourceChange, media: Media, name_bytes_max: usize) -> Result<Self, ChannelFault> {
        if media == Media::Live {
            return Err(ChannelFault::NotEditable { field: "sourceAddress" });
        }
        let kept = || self.address.as_ref().map(|address| address.reveal().clone()).unwrap_or_default();
        let wanted = NewSource {
            name: change.name.clone().unwrap_or_else(|| self.name.clone()),
            kind: change.kind.unwrap_or_else(|| self.kind.number()),
            address: change.address.clone().unwrap_or_else(kept),
        };
        Self::new(self.id, &wanted, &MODIFY, name_bytes_max)
    }
}

/// The address of a pull source, whose scheme must be its kind's.
fn pulled(kind: SourceKind, address: &str, fields: &Fields) -> Result<Secret<String>, ChannelFault> {
    if address.trim().is_empty() {
        return Err(ChannelFault::AddressEmpty { field: fields.address });
    }
    let lower = address.to_ascii_lowercase();
    let path = lower.split(['?', '#']).next().unwrap_or_default();
    let (fits, reason) = match kind {
        SourceKind::HlsPull => (
            (lower.starts_with("http://") || lower.starts_with("https://")) && path.ends_with(".m3u8"),
            "an HLS source is http:// or https:// and its path ends in .m3u8",
        ),
        _ => (lower.starts_with("rtmp://") || lower.starts_with("rtmps://"), "an RTMP source is rtmp:// or rtmps://"),
    };
    if !fits {
        return Err(ChannelFault::SourceProtocol { field: fields.address, reason });
    }
    Ok(Secret::new(address.to_owned()))
}
