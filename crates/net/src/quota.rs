use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use crate::per_address::{Network, PerAddress};

/// A part of a [`Quota`]; dropping it gives it back.
#[derive(Debug)]
pub struct Share {
    quota: Arc<Quota>,
    network: Option<Network>,
}

impl Drop for Share {
    fn drop(&mut self) {
        if let (Some(addresses), Some(network)) = (&self.quota.addresses, self.network) {
            addresses.give_back(network);
        }
        self.quota.taken.fetch_sub(1, Relaxed);
    }
}

/// How many of a kind may be there at once, and how many were turned away. Nobody waits for a share.
#[derive(Debug)]
pub struct Quota {
    limit: &'static str,
    max: AtomicUsize,
    taken: AtomicUsize,
    refused: AtomicU64,
    addresses: Option<PerAddress>,
}

/// Why there is no share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// All are taken.
    All,
    /// One address has as many as one may have.
    Address,
}

impl Quota {
    /// A quota of `max` shares; `limit` is the name of the limit that it keeps, for the log.
    pub fn new(limit: &'static str, max: usize) -> Arc<Self> {
        Arc::new(Self::with(limit, max, None))
    }

    /// A quota of which one address, or /64 of IPv6, may have `address_max` shares; `address_limit` is that limit's name.
    pub fn per_address(limit: &'static str, max: usize, address_limit: &'static str, address_max: usize) -> Arc<Self> {
        Arc::new(Self::with(limit, max, Some(PerAddress::new(address_limit, address_max))))
    }

    const fn with(limit: &'static str, max: usize, addresses: Option<PerAddress>) -> Self {
        let (taken, refused) = (AtomicUsize::new(0), AtomicU64::new(0));
        Self { limit, max: AtomicUsize::new(max), taken, refused, addresses }
    }

    /// Changes how many one address may have, as [`set_max`](Self::set_max) does.
    pub fn set_address_max(&self, max: usize) {
        if let Some(addresses) = &self.addresses {
            addresses.set_max(max);
        }
    }

    /// A share for a connection from this address; else the refusal is counted.
    ///
    /// # Errors
    /// [`Full`].
    pub fn try_take_from(self: &Arc<Self>, address: IpAddr) -> Result<Share, Full> {
        let network = Network::from(address);
        // The address first: what one peer is refused says nothing about the others.
        if self.addresses.as_ref().is_some_and(|addresses| !addresses.take(network)) {
            return Err(Full::Address);
        }
        let Some(mut share) = self.try_take() else {
            if let Some(addresses) = &self.addresses {
                addresses.give_back(network);
            }
            return Err(Full::All);
        };
        share.network = self.addresses.is_some().then_some(network);
        Ok(share)
    }

    /// How often an address had too many.
    pub fn refused_by_address(&self) -> u64 {
        self.addresses.as_ref().map_or(0, PerAddress::refused)
    }

    /// Changes how many there may be. Shares that are taken stay; where they are too many, none is free until enough of
    /// them have been given back.
    pub fn set_max(&self, max: usize) {
        self.max.store(max, Relaxed);
    }

    /// A share if one is free; else the refusal is counted.
    pub fn try_take(self: &Arc<Self>) -> Option<Share> {
        let max = self.max.load(Relaxed);
        // A count alone, which orders no other memory.
        let taken = self.taken.fetch_update(Relaxed, Relaxed, |taken| (taken < max).then_some(taken + 1));
        if taken.is_ok() {
            return Some(Share { quota: self.clone(), network: None });
        }
        let refused = self.refused.fetch_add(1, Relaxed) + 1;
        // A line for each refusal would let a flood of peers write the log.
        if refused.is_power_of_two() {
            tracing::warn!(limit = self.limit, max, refused, "connections are refused at a limit");
        }
        None
    }

    /// Shares that are taken now.
    pub fn taken(&self) -> u64 {
        self.taken.load(Relaxed) as u64
    }

    /// How often no share was free.
    pub fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{Full, Quota};

    #[test]
    fn one_address_leaves_the_others_their_shares() {
        let quota = Quota::per_address("connections_max", 3, "connections_per_address_max", 2);
        let [one, other] = [[127, 0, 0, 1], [127, 0, 0, 2]].map(IpAddr::from);
        let first = quota.try_take_from(one);
        let second = quota.try_take_from(one);
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(quota.try_take_from(one).err(), Some(Full::Address));
        let third = quota.try_take_from(other);
        assert!(third.is_ok());
        assert_eq!(quota.try_take_from(other).err(), Some(Full::All));
        assert_eq!((quota.taken(), quota.refused(), quota.refused_by_address()), (3, 1, 1));
        drop(first);
        let again = quota.try_take_from(one);
        assert!(again.is_ok() && quota.try_take_from(other).is_err());
        drop((second, third, again));
        assert_eq!(quota.taken(), 0);
        assert!(quota.try_take_from(other).is_ok(), "a refused share was counted for its address");
    }

    #[test]
    fn a_lowered_quota_cuts_nobody_and_a_raised_one_lets_in_at_once() {
        let quota = Quota::new("connections_max", 2);
        let (first, second) = (quota.try_take(), quota.try_take());
        assert!(first.is_some() && second.is_some() && quota.try_take().is_none());
        quota.set_max(1);
        assert_eq!((quota.taken(), quota.refused()), (2, 1));
        drop(first);
        assert!(quota.try_take().is_none(), "one is taken of one");
        quota.set_max(2);
        assert!(quota.try_take().is_some());
        drop(second);
        assert_eq!((quota.taken(), quota.refused()), (0, 2));
    }
}
