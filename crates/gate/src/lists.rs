//! The use cases of black and white lists.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

use vivace_base::AppId;
use vivace_domain::ip_list::{Colour, Direction, IpBlock, IpList, ListFault};

use crate::channels::cause;
use crate::standing::mapped;
use crate::{Audited, Caller, Channels, Guarded};

impl Channels {
    /// Sets an app's list for a direction: the entries are added to those of a list of the same colour. On disk, and in
    /// effect for new pushes or plays, when this returns.
    ///
    /// # Errors
    /// [`ListFault`].
    pub async fn set_list(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        direction: Direction,
        colour: Colour,
        entries: &[String],
    ) -> Result<IpList, ListFault> {
        let max = self.parts.limits.get().ip_list_entries_max;
        let mut blocks = parse(entries, max)?;
        let changed = self.change_list(app, caller, "list.set", direction, move |before| {
            if let Some(list) = before {
                if list.colour != colour {
                    return Err(ListFault::OtherColour);
                }
                blocks.extend(&list.blocks);
            }
            IpList::new(colour, blocks, max).map(Some)
        });
        changed.await?.ok_or(ListFault::Unknown)
    }

    /// An app's list for a direction.
    ///
    /// # Errors
    /// [`ListFault`]: `Unknown`, `Unreadable`.
    pub async fn describe_list(&self, app: AppId, direction: Direction) -> Result<IpList, ListFault> {
        self.kept(app, direction).await?.ok_or(ListFault::Unknown)
    }

    /// Takes entries off an app's list, all if none is named. On disk, and in effect, when this returns.
    ///
    /// # Errors
    /// [`ListFault`].
    pub async fn delete_list(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        direction: Direction,
        entries: Option<&[String]>,
    ) -> Result<(), ListFault> {
        let max = self.parts.limits.get().ip_list_entries_max;
        let gone = entries.map(|entries| parse(entries, max)).transpose()?;
        let changed = self.change_list(app, caller, "list.delete", direction, move |before| {
            let list = before.ok_or(ListFault::Unknown)?;
            let Some(gone) = gone else { return Ok(None) };
            if gone.iter().any(|block| !list.blocks.contains(block)) {
                return Err(ListFault::Unknown);
            }
            let blocks = list.blocks.iter().filter(|block| !gone.contains(block)).copied().collect();
            Ok(IpList::new(list.colour, blocks, max).ok())
        });
        changed.await.map(drop)
    }

    /// Puts a list of these entries in the place of an app's list for a direction; without any, takes it away. With
    /// `known`, only if the list there is has this [`version`]. On disk, and in effect, when this returns.
    ///
    /// # Errors
    /// [`ListFault`], or the word that it has another version.
    pub async fn put_list(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        direction: Direction,
        list: Option<(Colour, Vec<String>)>,
        known: Option<String>,
    ) -> Result<Option<IpList>, Guarded<ListFault>> {
        let max = self.parts.limits.get().ip_list_entries_max;
        let read = |(colour, entries): (Colour, Vec<String>)| IpList::new(colour, parse(&entries, max)?, max);
        let list = list.map(read).transpose()?;
        let operation = if list.is_some() { "list.put" } else { "list.delete" };
        let change = move |before: Option<&IpList>| {
            if known.is_some_and(|known| known != version(before)) {
                return Err(Guarded::Changed);
            }
            if list.is_none() && before.is_none() {
                return Err(ListFault::Unknown.into());
            }
            Ok(list)
        };
        self.change_list(app, caller, operation, direction, change).await
    }

    /// From the store and not from memory: who asks is told what would hold after a restart.
    async fn kept(&self, app: AppId, direction: Direction) -> Result<Option<IpList>, ListFault> {
        let kept = self.parts.store.reader().ip_lists().await.map_err(|fault| {
            tracing::error!(%fault, cause = cause(&fault), "lists of addresses cannot be read");
            ListFault::Unreadable
        })?;
        Ok(kept.into_iter().find(|kept| (kept.app, kept.direction) == (app, direction)).map(|kept| kept.list))
    }

    async fn change_list<E: From<ListFault> + Send + 'static>(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        operation: &'static str,
        direction: Direction,
        change: impl FnOnce(Option<&IpList>) -> Result<Option<IpList>, E> + Send + 'static,
    ) -> Result<Option<IpList>, E> {
        let (this, caller) = (self.clone(), caller.clone());
        let written = self.whole(async move {
            // One after the other: of two changes at once neither is lost.
            let _turn = this.turns.acquire().await;
            let before = this.kept(app, direction).await?;
            let after = change(before.as_ref())?;
            let now = this.parts.clock.unix();
            let change = Audited {
                app,
                caller,
                operation,
                subject: format!("list/{}", word(direction)),
                before: before.as_ref().map(shown),
                after: after.as_ref().map(shown),
            };
            let store = this.parts.store.noted(change.at(now));
            store.set_ip_list(app, direction, after.as_ref(), now).await.map_err(|fault| {
                tracing::error!(%fault, cause = cause(&fault), "a list of addresses cannot be written");
                ListFault::NotWritten
            })?;
            this.parts.standing.set_list(app, direction, after.clone());
            Ok(after)
        });
        written.await.unwrap_or(Err(ListFault::NotWritten.into()))
    }
}

/// Tells one state of a list from another; none is a state too.
pub fn version(list: Option<&IpList>) -> String {
    version_of(list.map(shown).as_deref())
}

/// The same of a list as the log of changes shows it.
pub(crate) fn version_of(shown: Option<&str>) -> String {
    let mut hasher = DefaultHasher::new();
    shown.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

const fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Push => "push",
        Direction::Play => "play",
    }
}

fn shown(list: &IpList) -> String {
    let colour = if list.colour == Colour::Black { "black" } else { "white" };
    serde_json::json!({ "colour": colour, "entries": list.blocks.iter().map(entry).collect::<Vec<_>>() }).to_string()
}

fn parse(entries: &[String], max: usize) -> Result<Vec<IpBlock>, ListFault> {
    if entries.is_empty() {
        return Err(ListFault::Empty);
    }
    if entries.len() > max {
        return Err(ListFault::TooMany { count: entries.len(), max });
    }
    let read = |(at, text): (usize, &String)| block(text).ok_or(ListFault::Entry { at });
    entries.iter().enumerate().map(read).collect()
}

/// An address, or a block such as `192.0.2.0/24`.
pub(crate) fn block(text: &str) -> Option<IpBlock> {
    let (address, prefix) = match text.trim().split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text.trim(), None),
    };
    let address: IpAddr = address.parse().ok()?;
    let (width, offset) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
    let plain = |prefix: &str| prefix.len() <= 3 && prefix.bytes().all(|byte| byte.is_ascii_digit());
    let prefix: u8 = match prefix {
        Some(prefix) if plain(prefix) => prefix.parse().ok().filter(|prefix| *prefix <= width)?,
        Some(_) => return None,
        None => width,
    };
    IpBlock::new(mapped(address).octets(), prefix.checked_add(offset)?)
}

/// A block as people write it.
pub fn entry(block: &IpBlock) -> String {
    let address = std::net::Ipv6Addr::from(block.octets());
    match (address.to_ipv4_mapped(), block.prefix()) {
        (Some(address), 128) => address.to_string(),
        (Some(address), prefix @ 96..) => format!("{address}/{}", prefix - 96),
        (_, 128) => address.to_string(),
        (_, prefix) => format!("{address}/{prefix}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{block, entry};

    #[test]
    fn what_people_write_is_read_and_written_back() {
        for text in ["192.0.2.1", "192.0.2.0/24", "2001:db8::/32", "2001:db8::1", "0.0.0.0/0"] {
            assert_eq!(entry(&block(text).expect("valid")), text);
        }
        assert_eq!(entry(&block("192.0.2.77/24").expect("valid")), "192.0.2.0/24");
        for text in ["", "192.0.2", "192.0.2.0/33", "2001:db8::/129", "192.0.2.0/+8", "192.0.2.0/", "a.example"] {
            assert!(block(text).is_none(), "{text}");
        }
    }
}
