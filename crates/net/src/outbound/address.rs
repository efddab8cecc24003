use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is none of a public server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 0.0.0.0/8, `::`.
    Unspecified,
    /// 127.0.0.0/8, `::1`.
    Loopback,
    /// RFC 1918.
    Private,
    /// Between a carrier and its customers (RFC 6598).
    Shared,
    /// 169.254.0.0/16, fe80::/10, and fec0::/10, which came before unique local addresses.
    LinkLocal,
    /// Where clouds tell a machine its credentials: 169.254.169.254, 168.63.129.16 (Azure's host), fd00:ec2::254.
    Metadata,
    /// fc00::/7 (RFC 4193).
    UniqueLocal,
    /// 224.0.0.0/4, ff00::/8.
    Multicast,
    /// Set aside for documentation, measurements, protocols or the future (RFC 6890); broadcast.
    Reserved,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "an unspecified address",
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::Shared => "an address between a carrier and its customers",
            Self::LinkLocal => "a link-local address",
            Self::Metadata => "the address of a cloud's metadata",
            Self::UniqueLocal => "a unique local address",
            Self::Multicast => "a multicast address",
            Self::Reserved => "a reserved address",
        })
    }
}

/// What keeps an address from being a public server's; `None` if nothing does. An IPv6 address that stands for an IPv4
/// one is what that one is.
pub fn kind_of(address: IpAddr) -> Option<Kind> {
    match address {
        IpAddr::V4(v4) => kind_of_v4(v4),
        IpAddr::V6(v6) => kind_of_v6(v6),
    }
}

fn kind_of_v4(address: Ipv4Addr) -> Option<Kind> {
    Some(match address.octets() {
        [0, ..] => Kind::Unspecified,
        [127, ..] => Kind::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Kind::Private,
        [100, 64..=127, ..] => Kind::Shared,
        [169, 254, 169, 254] | [168, 63, 129, 16] => Kind::Metadata,
        [169, 254, ..] => Kind::LinkLocal,
        [224..=239, ..] => Kind::Multicast,
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => {
            Kind::Reserved
        }
        [240..=255, ..] => Kind::Reserved,
        _ => return None,
    })
}

fn kind_of_v6(address: Ipv6Addr) -> Option<Kind> {
    const METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    if address == METADATA {
        return Some(Kind::Metadata);
    }
    let [a, b, c, ..] = address.segments();
    match (a, b, c) {
        _ if address.is_unspecified() => Some(Kind::Unspecified),
        _ if address.is_loopback() => Some(Kind::Loopback),
        (0xfc00..=0xfdff, ..) => Some(Kind::UniqueLocal),
        (0xfe80..=0xfeff, ..) => Some(Kind::LinkLocal),
        (0xff00..=0xffff, ..) => Some(Kind::Multicast),
        // NAT64 within a network, Teredo, ORCHID, documentation, discard-only, segment routing: nobody's server.
        (0x64, 0xff9b, 1) | (0x2001, 0..=0x1ff | 0xdb8, _) | (0x3fff, 0..=0xfff, _) | (0x5f00, ..) => {
            Some(Kind::Reserved)
        }
        (0x100, 0, 0) => Some(Kind::Reserved),
        _ => match stands_for(address) {
            Some(v4) => kind_of_v4(v4),
            // What is not global unicast (2000::/3) is not given to anybody.
            None if a & 0xe000 != 0x2000 => Some(Kind::Reserved),
            None => None,
        },
    }
}

/// The IPv4 address that an IPv6 address leads to: mapped, compatible, translated (RFC 2765), NAT64 (RFC 6052), 6to4.
fn stands_for(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0 | 0xffff] | [0, 0, 0, 0, 0xffff, 0] | [0x64, 0xff9b, 0, 0, 0, 0] => Some(v4(g, h)),
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}
