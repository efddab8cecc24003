use vivace_base::{AppId, Rng, UnixMs};

use super::{
    Change, Channel, ChannelBounds, ChannelFault, ChannelId, Media, NewChannel, NewSource, Rate, Receiver,
    SourceChange, SourceKind, Status, delete, start, stop,
};

const BOUNDS: ChannelBounds = ChannelBounds { name_bytes_max: 64, describe_bytes_max: 256 };

/// Counts, so that two numbers differ.
struct Counting(std::sync::atomic::AtomicU8);

impl Rng for Counting {
    fn fill(&self, out: &mut [u8]) {
        for byte in out {
            *byte = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

fn draft(new: &NewChannel) -> Result<Channel, ChannelFault> {
    new.draft(AppId(1), 2_000, BOUNDS, &Counting(0.into()), UnixMs(5))
}

fn pushed() -> NewChannel {
    NewChannel {
        name: "Evening".to_owned(),
        sources: vec![NewSource { name: "v".to_owned(), kind: 1, ..NewSource::default() }],
        receiver: 3,
        ..NewChannel::default()
    }
}

fn pulled(kind: i64, address: &str) -> NewChannel {
    NewChannel { sources: vec![NewSource { name: "v".to_owned(), kind, address: address.to_owned() }], ..pushed() }
}

#[test]
fn a_pushed_channel_has_a_number_beyond_the_signed_ones_and_a_name_of_the_mode() {
    let channel = draft(&pushed()).expect("valid");
    assert!(channel.id.0 >= 1 << 63);
    assert_ne!(channel.id.0, channel.source.id);
    let (bizid, hex) = channel.stream.as_str().split_once('_').expect("two parts");
    assert_eq!((bizid, hex.len()), ("2000", 32));
    assert_eq!((channel.receiver, channel.rates.as_slice()), (Receiver::Both, [Rate::Original].as_slice()));
    assert_eq!(channel.status(Media::Silent), Status::Idle);
}

#[test]
fn each_wrong_parameter_has_its_own_fault() {
    let of = |change: fn(&mut NewChannel)| {
        let mut new = pushed();
        change(&mut new);
        draft(&new).expect_err("refused")
    };
    assert_eq!(of(|new| new.name = "  ".to_owned()), ChannelFault::Empty { field: "channelName" });
    assert_eq!(of(|new| new.name = "x".repeat(65)), ChannelFault::TooLong { field: "channelName", bytes: 65, max: 64 });
    assert!(matches!(of(|new| new.name = "a\nb".to_owned()), ChannelFault::OutOfRange { field: "channelName", .. }));
    assert_eq!(of(|new| new.receiver = 4), ChannelFault::ReceiverProtocol { field: "outputSourceType" });
    assert_eq!(of(|new| new.sources.clear()), ChannelFault::NoSource);
    assert_eq!(of(|new| new.sources.push(NewSource::default())), ChannelFault::TooManySources { count: 2 });
    assert_eq!(of(|new| new.sources[0].name.clear()), ChannelFault::Empty { field: "sourceList.name" });
    assert!(matches!(of(|new| new.sources[0].kind = 4), ChannelFault::SourceProtocol { .. }));
    assert!(matches!(of(|new| new.rates = vec![10]), ChannelFault::OutOfRange { field: "outputRate", .. }));
    assert!(matches!(of(|new| new.rates = vec![0, 11]), ChannelFault::OutOfRange { field: "outputRate", .. }));
}

#[test]
fn the_address_of_a_pull_source_is_of_its_kind() {
    for (kind, address) in [
        (2, "rtmp://a.example/live/x"),
        (2, "RTMPS://a.example/live/x"),
        (3, "http://a.example/x.m3u8?token=1"),
        (3, "https://a.example/x.M3U8"),
    ] {
        assert!(draft(&pulled(kind, address)).is_ok(), "{kind} {address}");
    }
    for (kind, address) in [
        (2, "http://a.example/x.m3u8"),
        (3, "rtmp://a.example/live/x"),
        (3, "http://a.example/x.mp4?a=.m3u8"),
        (2, "file:///etc/passwd"),
    ] {
        let fault = draft(&pulled(kind, address)).expect_err("refused");
        assert!(matches!(fault, ChannelFault::SourceProtocol { .. }), "{kind} {address}");
    }
    for kind in [2, 3] {
        let fault = draft(&pulled(kind, " ")).expect_err("refused");
        assert_eq!(fault, ChannelFault::AddressEmpty { field: "sourceList.address" });
    }
}

#[test]
fn a_life_from_open_to_gone() {
    let open = draft(&pushed()).expect("valid");
    assert_eq!(start(&open), Err(ChannelFault::AlreadyOpen));
    assert_eq!(delete(&open, Media::Silent), Err(ChannelFault::NotClosed { status: Status::Idle }));
    assert_eq!(delete(&open, Media::Live), Err(ChannelFault::NotClosed { status: Status::Live }));
    assert_eq!(delete(&open, Media::Failing), Err(ChannelFault::NotClosed { status: Status::Abnormal }));
    let closed = stop(&open).expect("open");
    assert_eq!(closed.status(Media::Live), Status::Closed);
    assert_eq!(stop(&closed), Err(ChannelFault::AlreadyClosed));
    assert_eq!(delete(&closed, Media::Silent), Ok(()));
    assert_eq!(start(&closed), Ok(open));
}

#[test]
fn media_settings_do_not_change_while_live_and_names_do() {
    let channel = draft(&pushed()).expect("valid");
    let named = Change { name: Some("Other".to_owned()), describe: Some("d".to_owned()), ..Change::default() };
    let changed = named.apply(&channel, Media::Live, BOUNDS).expect("allowed");
    assert_eq!((changed.name.as_str(), changed.describe.as_str()), ("Other", "d"));
    for (field, change) in [
        ("watermarkId", Change { watermark: Some(7), ..Change::default() }),
        ("outputRate", Change { rates: Some(vec![0, 10]), ..Change::default() }),
        ("outputSourceType", Change { receiver: Some(1), ..Change::default() }),
    ] {
        assert_eq!(change.apply(&channel, Media::Live, BOUNDS), Err(ChannelFault::NotEditable { field }));
        assert!(change.apply(&channel, Media::Silent, BOUNDS).is_ok(), "{field}");
    }
    let same = Change { receiver: Some(3), rates: Some(vec![0]), watermark: Some(0), ..Change::default() };
    assert_eq!(same.apply(&channel, Media::Live, BOUNDS), Ok(channel));
}

#[test]
fn a_source_keeps_what_a_change_does_not_name() {
    let source = draft(&pulled(2, "rtmp://a.example/live/x")).expect("valid").source;
    let named = SourceChange { name: Some("w".to_owned()), ..SourceChange::default() };
    let changed = source.modify(&named, Media::Silent, 64).expect("allowed");
    assert_eq!((changed.kind, changed.address), (SourceKind::RtmpPull, source.address.clone()));
    assert!(matches!(source.modify(&named, Media::Live, 64), Err(ChannelFault::NotEditable { .. })));
    let emptied = SourceChange { address: Some(String::new()), ..SourceChange::default() };
    assert_eq!(source.modify(&emptied, Media::Silent, 64), Err(ChannelFault::AddressEmpty { field: "sourceAddress" }));
    let to_hls = SourceChange { kind: Some(3), ..SourceChange::default() };
    assert!(matches!(source.modify(&to_hls, Media::Silent, 64), Err(ChannelFault::SourceProtocol { .. })));
}

#[test]
fn channel_numbers_are_decimal_without_ornament() {
    assert_eq!(ChannelId::parse("16093104850681751595"), Some(ChannelId(16_093_104_850_681_751_595)));
    for text in ["", "0", "01", "+1", "-1", "1.0", "18446744073709551616", "abc", " 1"] {
        assert_eq!(ChannelId::parse(text), None, "{text:?}");
    }
}
