use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{Allow, AllowFault, Destination, Kind, Outbound, OutboundFault, kind_of};

/// Seeded, so that a failure comes again.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn v4(&mut self) -> Ipv4Addr {
        let address = Ipv4Addr::from((self.next() >> 32) as u32);
        // Half of them where the borders are.
        let edges = [0, 10, 100, 127, 169, 172, 192, 198, 203, 224, 240, 255];
        let edge = edges[self.next() as usize % edges.len()];
        let [_, b, c, d] = address.octets();
        if self.next() & 1 == 0 { address } else { Ipv4Addr::new(edge, b, c, d) }
    }

    fn v6(&mut self) -> Ipv6Addr {
        Ipv6Addr::from(u128::from(self.next()) << 64 | u128::from(self.next()))
    }
}

fn v4(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn every_kind_of_address_is_told_at_both_ends_of_its_range() {
    for (kind, addresses) in [
        (Kind::Unspecified, "0.0.0.0 0.255.255.255 ::"),
        (Kind::Loopback, "127.0.0.1 127.0.0.0 127.255.255.255 ::1 ::ffff:127.0.0.1 ::127.0.0.1 64:ff9b::7f00:1"),
        (Kind::Private, "10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255 2002:c0a8:1::1"),
        (Kind::Shared, "100.64.0.0 100.127.255.255 ::ffff:100.64.0.1"),
        (Kind::LinkLocal, "169.254.0.0 169.254.255.255 fe80::1 febf:ffff::1 fec0::1 feff::1"),
        (Kind::Metadata, "169.254.169.254 168.63.129.16 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe fd00:ec2::254"),
        (Kind::UniqueLocal, "fc00:: fdff:ffff::1"),
        (Kind::Multicast, "224.0.0.0 239.255.255.255 ff00:: ff02::1"),
        (Kind::Reserved, "240.0.0.0 255.255.255.255 192.0.0.1 192.0.2.1 198.18.0.1 198.19.255.255 198.51.100.7"),
        (Kind::Reserved, "203.0.113.1 2001:db8::1 2001::1 64:ff9b:1::1 100::1 3fff::1 4000::1 1::1 5f00::1"),
    ] {
        for address in addresses.split(' ') {
            assert_eq!(kind_of(v4(address)), Some(kind), "{address}");
        }
    }
    let public = "1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 \
                  169.255.0.0 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 \
                  223.255.255.255 2606:4700::1111 2a00:1450::1 2001:4860::8888 ::ffff:1.1.1.1 64:ff9b::101:101 \
                  2002:101:101::1";
    for address in public.split_whitespace() {
        assert_eq!(kind_of(v4(address)), None, "{address}");
    }
}

#[test]
fn an_ipv4_address_is_what_it_is_in_whatever_ipv6_form_it_comes() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..200_000 {
        let address = random.v4();
        let kind = kind_of(address.into());
        let (high, low) = ((address.to_bits() >> 16) as u16, address.to_bits() as u16);
        let forms = [
            address.to_ipv6_mapped(),
            Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, random.next() as u16, 0, 0, 0, random.next() as u16),
        ];
        for form in forms {
            assert_eq!(kind_of(form.into()), kind, "{form} for {address}");
        }
        let compatible = kind_of(address.to_ipv6_compatible().into());
        // `::` and `::1` have names of their own.
        assert!(compatible == kind || address.to_bits() <= 1, "{compatible:?} for {address}");
    }
}

#[test]
fn only_global_unicast_is_public() {
    let mut random = Random(7);
    for _ in 0..200_000 {
        let v6 = random.v6();
        let global = v6.segments()[0] & 0xe000 == 0x2000;
        assert!(global || kind_of(v6.into()).is_some(), "{v6}");
        let v4 = random.v4();
        // The standard library's own words for what they cover.
        let known = v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_multicast() || v4.is_broadcast();
        let known = known || v4.is_unspecified() || v4.is_documentation();
        assert!(!known || kind_of(v4.into()).is_some(), "{v4}");
    }
}

#[test]
fn a_block_allows_its_addresses_and_no_others() {
    let mut random = Random(11);
    for _ in 0..20_000 {
        let (address, bits) = (random.v4(), (random.next() % 33) as u32);
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        let first = Ipv4Addr::from(address.to_bits() & mask);
        let allow: Allow = format!("{first}/{bits}").parse().unwrap();
        let other = random.v4();
        let inside = other.to_bits() & mask == first.to_bits();
        let expected = kind_of(other.into()).filter(|_| !inside);
        assert_eq!(allow.refuses(other.into()), expected, "{other} in {allow}");
        assert_eq!(allow.refuses(other.to_ipv6_mapped().into()), expected, "mapped {other} in {allow}");
        assert_eq!(allow.refuses(address.into()), None, "{address} in {allow}");
        assert_eq!(allow.to_string().parse(), Ok(allow));
    }
}

#[test]
fn lists_are_read_whole_or_refused() {
    let allow: Allow = "10.0.0.0/8, fd00::/8,127.0.0.1".parse().unwrap();
    assert_eq!(allow.to_string(), "10.0.0.0/8,fd00::/8,127.0.0.1");
    assert_eq!(allow.refuses(v4("127.0.0.1")), None);
    assert_eq!(allow.refuses(v4("127.0.0.2")), Some(Kind::Loopback));
    assert_eq!(allow.refuses(v4("fd12::1")), None);
    // What an address in IPv6 stands for is not what was allowed.
    assert_eq!(allow.refuses(v4("64:ff9b::a00:1")), Some(Kind::Private));
    assert_eq!("any".parse(), Ok(Allow::any()));
    assert_eq!("".parse(), Ok(Allow::default()));
    assert_eq!(Allow::any().refuses(v4("169.254.169.254")), None);
    for wrong in
        ["10.0.0.0/33", "fd00::/129", "10/8", "localhost", "any,10.0.0.0/8", "10.0.0.0/8,", "10.0.0.0/+8", "/8"]
    {
        assert!(matches!(wrong.parse::<Allow>(), Err(AllowFault::Block(_))), "{wrong}");
    }
    let meant = "10.0.0.0/8".to_owned();
    assert_eq!("10.1.0.0/8".parse::<Allow>(), Err(AllowFault::Bits { given: "10.1.0.0/8".to_owned(), meant }));
}

#[test]
fn a_destination_is_a_name_or_an_address_with_a_port() {
    for host in ["example.org", "127.0.0.1", "::1", "[::1]", "a_b", "2130706433"] {
        assert!(Destination::new(host, 1).is_ok(), "{host}");
    }
    for host in ["", "a b", "a/b", "a@b", "[x]", "ä", &"x".repeat(254)] {
        assert!(Destination::new(host, 1).is_err(), "{host}");
    }
    assert!(Destination::new("example.org", 0).is_err());
}

fn local() -> Allow {
    "127.0.0.0/8,::1".parse().unwrap()
}

async fn connect(outbound: &Outbound, host: &str, port: u16, tls: bool) -> Result<super::Outgoing, OutboundFault> {
    outbound.connect(&Destination::new(host, port).unwrap(), tls, 5_000).await
}

#[tokio::test]
async fn loopback_is_refused_by_address_and_by_name_in_every_notation_until_it_is_allowed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let outbound = Outbound::new(Allow::default(), None).unwrap();
    for host in ["127.0.0.1", "::ffff:127.0.0.1", "localhost", "2130706433", "0x7f.1", "0", "::"] {
        match connect(&outbound, host, port, false).await {
            Err(OutboundFault::Refused { kind: Kind::Loopback | Kind::Unspecified, .. }) => {}
            // Not every system's resolver reads every notation.
            Err(OutboundFault::Unresolved { .. }) if host.starts_with("0x") || host.starts_with('2') => {}
            other => panic!("{host}: {other:?}"),
        }
    }
    outbound.set_allow(local());
    let (connected, accepted) = tokio::join!(connect(&outbound, "127.0.0.1", port, false), listener.accept());
    assert_eq!(connected.unwrap().address, SocketAddr::from(([127, 0, 0, 1], port)));
    accepted.unwrap();
}

#[tokio::test]
async fn what_is_not_there_is_told_by_its_reason() {
    let outbound = Outbound::new(local(), None).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let fault = connect(&outbound, "127.0.0.1", port, false).await.unwrap_err();
    assert!(matches!(fault, OutboundFault::Unreachable { .. }), "{fault:?}");
    let fault = connect(&outbound, "no-such-host.invalid", port, false).await.unwrap_err();
    assert!(matches!(fault, OutboundFault::Unresolved { .. }), "{fault:?}");
}

#[tokio::test]
async fn a_server_that_says_nothing_ends_the_handshake_at_its_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, ca) = (listener.local_addr().unwrap().port(), Authority::new());
    let outbound = Outbound::new(local(), Some(&ca.file)).unwrap();
    let to = Destination::new("127.0.0.1", port).unwrap();
    let fault = outbound.connect(&to, true, 200).await.unwrap_err();
    assert!(matches!(fault, OutboundFault::Timeout { what: "the TLS handshake", ms: 200 }), "{fault:?}");
}

/// A private authority, with its certificate in a file.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: std::path::PathBuf,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        static MADE: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let number = MADE.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let file = std::env::temp_dir().join(format!("vivace-ca-{}-{number}.pem", std::process::id()));
        std::fs::write(&file, certificate.pem()).unwrap();
        Self { issuer: Issuer::new(params, key), file }
    }

    fn acceptor(&self, name: &str) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key.into())
            .unwrap();
        TlsAcceptor::from(std::sync::Arc::new(config))
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

#[tokio::test]
async fn tls_believes_the_operators_authority_for_the_name_that_was_asked_for() {
    let ca = Authority::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let shake = async |outbound: Outbound, certified: &str| {
        let acceptor = ca.acceptor(certified);
        let serving = async { acceptor.accept(listener.accept().await.unwrap().0).await.is_ok() };
        tokio::join!(connect(&outbound, "127.0.0.1", port, true), serving)
    };
    let (connected, accepted) = shake(Outbound::new(local(), Some(&ca.file)).unwrap(), "127.0.0.1").await;
    assert!(connected.is_ok() && accepted, "{connected:?}");
    let (connected, _) = shake(Outbound::new(local(), Some(&ca.file)).unwrap(), "example.org").await;
    assert!(matches!(connected, Err(OutboundFault::Tls { .. })), "{connected:?}");
    let (connected, _) = shake(Outbound::new(local(), Some(&Authority::new().file)).unwrap(), "127.0.0.1").await;
    assert!(matches!(connected, Err(OutboundFault::Tls { .. })), "{connected:?}");
}

#[test]
fn a_file_of_authorities_that_cannot_be_used_is_told_at_the_start() {
    assert!(Outbound::new(Allow::default(), Some(Path::new("/no/such/file.pem"))).is_err());
    assert!(Outbound::new(Allow::default(), Some(Path::new("/dev/null"))).is_err());
}
