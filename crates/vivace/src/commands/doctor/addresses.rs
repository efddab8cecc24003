//! At which addresses publishers and players reach this machine.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};

use vivace_server::Config;

use super::Finding;

pub(super) fn look(config: &Config, resolve: bool) -> Vec<Finding> {
    let own = own();
    let mut findings = vec![reach(config, &own)];
    if let Some(host) = &config.public_host {
        findings.push(public(host.trim_matches(['[', ']']), &own, resolve));
    }
    findings
}

fn reach(config: &Config, own: &[IpAddr]) -> Finding {
    let check = "addresses";
    let named =
        [("rtmp", Some(config.rtmp)), ("http", Some(config.http)), ("rtmps", config.rtmps), ("https", config.https)];
    let open: Vec<(&str, SocketAddr)> = named.into_iter().filter_map(|(name, at)| Some((name, at?))).collect();
    let (inside, outside): (Vec<_>, Vec<_>) = open.iter().partition(|(_, at)| at.ip().is_loopback());
    let shown = |list: &[IpAddr]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let outer: Vec<IpAddr> = own.iter().copied().filter(is_outer).collect();
    if outside.is_empty() {
        let found = "every listener is on a loopback address: only programs on this machine reach it";
        return Finding::warn(
            check,
            found,
            "set `rtmp` and `http` to 0.0.0.0 with their ports, unless a proxy stands in front",
        );
    }
    if outer.is_empty() {
        let found = format!("this machine has only {}: nobody else reaches it", shown(own));
        return Finding::warn(check, found, "connect it to a network, or publish the container's ports");
    }
    let found = format!("publishers can use {}", shown(&outer));
    if inside.is_empty() {
        return Finding::ok(check, found);
    }
    let names: Vec<String> = inside.iter().map(|(name, at)| format!("`{name}` ({at})")).collect();
    let found = format!("{found}, but {} can be reached from this machine only", names.join(" and "));
    Finding::warn(check, found, "give them an address that others reach, unless a proxy stands in front")
}

/// Whether others can use it: no loopback, and none that is good on one link only.
fn is_outer(ip: &IpAddr) -> bool {
    let link_local = match ip {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    !ip.is_loopback() && !link_local
}

/// Whether the host that stands in every address handed out is this machine.
fn public(host: &str, own: &[IpAddr], resolve: bool) -> Finding {
    let check = "public.host";
    let known = host.parse().map_or_else(|_| in_hosts(host), |ip| vec![ip]);
    let found = match known {
        known if !known.is_empty() => known,
        _ if resolve => (host, 0).to_socket_addrs().map(|at| at.map(|at| at.ip()).collect()).unwrap_or_default(),
        _ => {
            let found = format!("{host} is not in /etc/hosts, and no name server has been asked");
            return Finding::warn(check, found, "`vivace doctor --resolve` asks the system's resolver");
        }
    };
    if found.is_empty() {
        let remedy = "give the name an address of this machine, or set `public.host` to such an address";
        return Finding::fail(check, format!("{host} has no address: no address that is handed out works"), remedy);
    }
    let shown = found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if found.iter().all(IpAddr::is_loopback) {
        let remedy = "set it to a name or an address that players know";
        return Finding::warn(check, format!("{host} is {shown}: good on this machine only"), remedy);
    }
    if found.iter().any(|ip| own.contains(ip)) {
        return Finding::ok(check, format!("{host} is {shown}, this machine"));
    }
    let remedy = "right if a router or proxy there passes the ports on; else set it to this machine's own";
    Finding::warn(check, format!("{host} is {shown}, not an address of this machine"), remedy)
}

fn in_hosts(host: &str) -> Vec<IpAddr> {
    addresses_of(&fs::read_to_string("/etc/hosts").unwrap_or_default(), host)
}

fn addresses_of(hosts: &str, host: &str) -> Vec<IpAddr> {
    let lines = hosts.lines().map(|line| line.split('#').next().unwrap_or_default());
    lines
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let ip = words.next()?.parse().ok()?;
            words.any(|name| name.eq_ignore_ascii_case(host)).then_some(ip)
        })
        .collect()
}

/// Every address of this machine, as the kernel's tables tell.
pub(super) fn own() -> Vec<IpAddr> {
    let mut own = local_v4(&fs::read_to_string("/proc/net/fib_trie").unwrap_or_default());
    own.extend(local_v6(&fs::read_to_string("/proc/net/if_inet6").unwrap_or_default()));
    own
}

/// An address stands in the line before the one that calls it a host's own.
fn local_v4(trie: &str) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = Vec::new();
    let mut last: Option<Ipv4Addr> = None;
    for line in trie.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            last = address.parse().ok();
        } else if line.starts_with("/32 host LOCAL")
            && let Some(ip) = last
            && !found.contains(&ip.into())
        {
            found.push(ip.into());
        }
    }
    found
}

fn local_v6(table: &str) -> Vec<IpAddr> {
    let first = table.lines().filter_map(|line| line.split_whitespace().next());
    first
        .filter_map(|digits| u128::from_str_radix(digits, 16).ok())
        .map(|bits| Ipv6Addr::from_bits(bits).into())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use vivace_server::Config;

    use super::super::Level;
    use super::{addresses_of, local_v4, local_v6, public, reach};

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn the_tables_of_the_kernel_are_read() {
        let trie = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n        |-- 127.0.0.0\n\
                    /8 host LOCAL\n        |-- 127.0.0.1\n           /32 host LOCAL\n   |-- 192.0.2.2\n   /32 host LOCAL\n\
                    |-- 192.0.2.255\n  /32 link BROADCAST\nLocal:\n |-- 192.0.2.2\n   /32 host LOCAL\n";
        assert_eq!(local_v4(trie), ips(&["127.0.0.1", "192.0.2.2"]));
        let table =
            "fe8000000000000000fc00fffe000001 04 40 20 80     eth0\n00000000000000000000000000000001 01 80 10 80 lo\n";
        assert_eq!(local_v6(table), ips(&["fe80::fc:ff:fe00:1", "::1"]));
        assert!(super::own().contains(&ips(&["127.0.0.1"])[0]));
    }

    #[test]
    fn a_listener_that_only_this_machine_reaches_is_told() {
        let all = ips(&["127.0.0.1", "192.0.2.2"]);
        let open = Config::default();
        assert_eq!(reach(&open, &all).level, Level::Ok);
        assert_eq!(reach(&open, &ips(&["127.0.0.1", "169.254.1.1", "fe80::1"])).level, Level::Warn);
        let mut half = open.clone();
        half.http = "127.0.0.1:8080".parse().unwrap();
        let told = reach(&half, &all);
        assert!(told.level == Level::Warn && told.found.contains("`http`"), "{told:?}");
        half.rtmp = "[::1]:1935".parse().unwrap();
        (half.rtmps, half.https) = (None, None);
        assert!(reach(&half, &all).found.contains("every listener"));
    }

    #[test]
    fn the_public_host_is_this_machine_or_it_is_told() {
        let own = ips(&["127.0.0.1", "192.0.2.2", "2001:db8::2"]);
        let level = |host| public(host, &own, false).level;
        assert_eq!([level("192.0.2.2"), level("2001:db8::2")], [Level::Ok; 2]);
        assert_eq!([level("203.0.113.9"), level("127.0.0.1"), level("no-such-host.invalid")], [Level::Warn; 3]);
        let hosts = "# 192.0.2.1 live\n192.0.2.2 other LIVE # x\n::1 live2\n";
        assert_eq!(addresses_of(hosts, "live"), ips(&["192.0.2.2"]));
    }
}
