use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use parking_lot::Mutex;

/// Whom connections are counted for: an IPv4 address, or a /64 of IPv6, which is what one customer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Network {
    V4(u32),
    V6(u64),
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }
}

/// How many shares of a quota one network may have. The table has an entry for each network with a share, so it is
/// bounded by the quota.
#[derive(Debug)]
pub(crate) struct PerAddress {
    limit: &'static str,
    max: AtomicUsize,
    taken: Mutex<HashMap<Network, usize>>,
    refused: AtomicU64,
}

impl PerAddress {
    pub(crate) fn new(limit: &'static str, max: usize) -> Self {
        Self { limit, max: AtomicUsize::new(max), taken: Mutex::default(), refused: AtomicU64::new(0) }
    }

    pub(crate) fn set_max(&self, max: usize) {
        self.max.store(max, Relaxed);
    }

    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    /// True if the network may have one more; else the refusal is counted.
    pub(crate) fn take(&self, network: Network) -> bool {
        let max = self.max.load(Relaxed);
        let mut all = self.taken.lock();
        let taken = all.get(&network).copied().unwrap_or_default();
        if taken < max {
            all.insert(network, taken + 1);
            return true;
        }
        drop(all);
        let refused = self.refused.fetch_add(1, Relaxed) + 1;
        if refused.is_power_of_two() {
            tracing::warn!(
                limit = self.limit,
                max,
                refused,
                ?network,
                "connections of one address are refused at a limit"
            );
        }
        false
    }

    pub(crate) fn give_back(&self, network: Network) {
        let mut all = self.taken.lock();
        let left = all.get(&network).map_or(0, |taken| taken.saturating_sub(1));
        if left == 0 {
            all.remove(&network);
        } else {
            all.insert(network, left);
        }
        if all.is_empty() {
            // What a flood has made it grow to.
            all.shrink_to_fit();
        }
    }

    #[cfg(test)]
    pub(crate) fn networks(&self) -> usize {
        self.taken.lock().len()
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{Network, PerAddress};

    fn network(text: &str) -> Network {
        text.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn a_64_of_ipv6_is_one_network_and_so_is_a_mapped_address_of_ipv4() {
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_ne!(network("0.0.0.1"), network("::1"));
    }

    #[test]
    fn the_table_holds_those_only_who_have_something() {
        let table = PerAddress::new("connections_per_address_max", 2);
        for last in 0..1_000 {
            let one = Network::V4(last);
            assert!(table.take(one) && table.take(one) && !table.take(one));
        }
        assert_eq!((table.networks(), table.refused()), (1_000, 1_000));
        for last in 0..1_000 {
            table.give_back(Network::V4(last));
            table.give_back(Network::V4(last));
        }
        assert_eq!(table.networks(), 0);
        table.set_max(0);
        assert!(!table.take(Network::V4(1)));
    }
}
