//! Who listens on a port, as `/proc` tells it.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A socket that listens.
#[derive(Debug, PartialEq, Eq)]
struct Listening {
    address: SocketAddr,
    uid: u32,
    inode: u64,
}

/// The program that keeps this address from being opened, in words.
pub(super) fn owner(address: SocketAddr) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
    let found =
        tables.iter().flat_map(|table| table.lines()).filter_map(listening).find(|at| overlap(at.address, address))?;
    Some(process(found.inode).unwrap_or_else(|| format!("a program of the user with the number {}", found.uid)))
}

/// Whether both cannot be open at once. An IPv6 address that stands for all may stand for those of IPv4 too.
fn overlap(taken: SocketAddr, wanted: SocketAddr) -> bool {
    let any = taken.ip().is_unspecified() || wanted.ip().is_unspecified();
    taken.port() == wanted.port() && (any || taken.ip() == wanted.ip())
}

/// A line of `/proc/net/tcp` or `tcp6`, if that socket listens.
fn listening(line: &str) -> Option<Listening> {
    const LISTEN: &str = "0A";
    let words: Vec<&str> = line.split_whitespace().collect();
    let [_, local, _, LISTEN, _, _, _, uid, _, inode, ..] = words.as_slice() else { return None };
    let (ip, port) = local.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    Some(Listening { address: SocketAddr::new(ip_of(ip)?, port), uid: uid.parse().ok()?, inode: inode.parse().ok()? })
}

/// An address as words of 32 bits in the machine's own order.
fn ip_of(digits: &str) -> Option<IpAddr> {
    let word = |at: usize| {
        let word = u32::from_str_radix(digits.get(at * 8..at * 8 + 8)?, 16).ok()?;
        Some(word.to_ne_bytes())
    };
    match digits.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?];
            let bytes: [u8; 16] = words.concat().try_into().ok()?;
            Some(Ipv6Addr::from(bytes).to_canonical())
        }
        _ => None,
    }
}

/// The process that holds a socket. Those of other users are hidden from all but root.
fn process(inode: u64) -> Option<String> {
    let wanted = format!("socket:[{inode}]");
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let pid = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).find(|pid| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        files.filter_map(|file| fs::read_link(file.path()).ok()).any(|target| target.to_str() == Some(&wanted))
    })?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(format!("{}, process {pid}", name.trim().escape_debug()))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::{ip_of, listening, overlap, owner};

    #[test]
    fn the_table_of_sockets_is_read() {
        let line = "   2: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000   998        0 45711 1 0 100 0 0 10 0";
        let read = listening(line).unwrap();
        assert_eq!((read.uid, read.inode), (998, 45_711));
        if cfg!(target_endian = "little") {
            assert_eq!(read.address, "127.0.0.1:8080".parse().unwrap());
            assert_eq!(
                ip_of("B80D01200000000000000000 01000000".replace(' ', "").as_str()),
                "2001:db8::1".parse().ok()
            );
        }
        // One that is connected, and the heading.
        assert_eq!(listening(&line.replace(" 0A ", " 01 ")), None);
        assert_eq!(
            listening("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid"),
            None
        );
    }

    #[test]
    fn an_address_for_all_keeps_any_other_from_its_port() {
        let of = |a: &str, b: &str| overlap(a.parse().unwrap(), b.parse().unwrap());
        assert!(of("0.0.0.0:80", "127.0.0.1:80") && of("[::]:80", "127.0.0.1:80") && of("127.0.0.1:80", "0.0.0.0:80"));
        assert!(!of("127.0.0.1:80", "127.0.0.2:80") && !of("0.0.0.0:80", "0.0.0.0:81"));
    }

    #[test]
    fn who_listens_is_named() {
        for address in ["127.0.0.1:0", "[::]:0"] {
            let Ok(listener) = TcpListener::bind(address) else { continue };
            let told = owner(listener.local_addr().unwrap()).unwrap();
            assert!(told.ends_with(&format!(", process {}", std::process::id())), "{told}");
        }
    }
}
