use super::{RelayUrl, UrlFault};

fn parse(text: &str) -> Result<RelayUrl, UrlFault> {
    RelayUrl::parse(text, 4_096)
}

#[test]
fn an_address_is_taken_apart_at_its_last_slash() {
    let url = parse("rtmp://Example.org/live/cam?txSecret=1f/2&txTime=5").unwrap();
    assert_eq!((url.host(), url.port(), url.tls()), ("example.org", 1_935, false));
    assert_eq!((url.app(), url.name().reveal().as_str()), ("live", "cam?txSecret=1f/2&txTime=5"));
    assert_eq!(url.tc_url(), "rtmp://example.org:1935/live");
    let url = parse("RTMPS://[2001:db8::1]/a/b/key").unwrap();
    assert_eq!((url.host(), url.port(), url.tls(), url.app()), ("2001:db8::1", 443, true, "a/b"));
    assert_eq!(url.authority(), "[2001:db8::1]:443");
    assert_eq!(parse("rtmp://127.0.0.1:40123/live/x").unwrap().port(), 40_123);
}

#[test]
fn what_cannot_be_relayed_is_refused_with_its_reason() {
    for (text, fault) in [
        ("", UrlFault::Scheme),
        ("file:///etc/passwd", UrlFault::Scheme),
        ("http://h/live/x", UrlFault::Scheme),
        ("rtmp:/h/live/x", UrlFault::Scheme),
        ("rtmp://user:pass@h/live/x", UrlFault::UserInfo),
        ("rtmp://h:0/live/x", UrlFault::Port),
        ("rtmp://h:65536/live/x", UrlFault::Port),
        ("rtmp://h:+1/live/x", UrlFault::Port),
        ("rtmp://h:/live/x", UrlFault::Port),
        ("rtmp:///live/x", UrlFault::Host),
        ("rtmp://[::1/live/x", UrlFault::Host),
        ("rtmp://[h]/live/x", UrlFault::Host),
        ("rtmp://[::1]x/live/x", UrlFault::Host),
        ("rtmp://a%b/live/x", UrlFault::Host),
        ("rtmp://h", UrlFault::NoStream),
        ("rtmp://h/", UrlFault::NoStream),
        ("rtmp://h/live", UrlFault::NoStream),
        ("rtmp://h/live/", UrlFault::NoStream),
        ("rtmp://h?a/b/c", UrlFault::NoStream),
        ("rtmp://h/live/x#y", UrlFault::Fragment),
        ("rtmp://h/live/x y", UrlFault::Character { at: 15 }),
        ("rtmp://h/live/x\r\n", UrlFault::Character { at: 15 }),
        ("rtmp://h/live/ä", UrlFault::Character { at: 14 }),
    ] {
        assert_eq!(parse(text), Err(fault), "{text:?}");
    }
    let long = format!("rtmp://h/live/{}", "x".repeat(64 << 10));
    assert_eq!(parse(&long), Err(UrlFault::TooLong { bytes: long.len(), max: 4_096 }));
}

#[test]
fn no_secret_is_shown() {
    let url = parse("rtmps://h.example/live/sk-12345678?key=abcd1234&t=1").unwrap();
    assert_eq!(format!("{url:?}"), "rtmps://h.example:443/live/…");
    assert_eq!(url.shown(), "rtmps://h.example:443/live/…");
    let words = "no stream sk-12345678?key=abcd1234&t=1 (abcd1234) on sk-12345678";
    assert_eq!(url.redact(words), "no stream … (…) on …");
}

#[test]
fn a_server_may_send_its_client_elsewhere_but_not_out_of_tls() {
    let url = parse("rtmps://h/live/x?k=1").unwrap();
    let to = |tc_url| url.redirected(tc_url, 4_096).map(|url| (url.tc_url(), url.name().reveal().clone()));
    let expected = |tc_url: &str| Ok((tc_url.to_owned(), "x?k=1".to_owned()));
    assert_eq!(to(""), expected("rtmps://h:443/live"));
    assert_eq!(to("rtmps://other:1936/app"), expected("rtmps://other:1936/app"));
    assert_eq!(to("//other/app/"), expected("rtmps://other:443/app"));
    assert_eq!(to("/app"), expected("rtmps://h:443/app"));
    assert_eq!(to("rtmp://other/app"), Err(UrlFault::Scheme));
    assert_eq!(to("file:///etc"), Err(UrlFault::Scheme));
    assert_eq!(to("rtmps://u@other/app"), Err(UrlFault::UserInfo));
}

#[test]
fn a_playlist_is_a_source_and_no_target() {
    let source = |text| RelayUrl::parse_source(text, 4_096);
    let url = source("https://Example.org/live/a/cam.m3u8?key=abcd").unwrap();
    assert_eq!((url.host(), url.port(), url.tls(), url.app()), ("example.org", 443, true, "live/a"));
    assert_eq!(url.name().reveal(), "cam.m3u8?key=abcd");
    assert_eq!(url.shown(), "https://example.org:443/live/a/…");
    assert_eq!(url.redact("GET cam.m3u8?key=abcd"), "GET …");
    assert_eq!(url.playlist().unwrap().target(), "/live/a/cam.m3u8?key=abcd");
    let root = source("http://h/X.M3U8").unwrap();
    assert_eq!((root.app(), root.shown().as_str()), ("", "http://h:80/…"));
    assert!(source("rtmp://h/live/x").unwrap().playlist().is_none());
    for (text, fault) in [
        ("http://h/live/x.flv", UrlFault::NoPlaylist),
        ("http://h/live/x?y=.m3u8", UrlFault::NoPlaylist),
        ("http://h", UrlFault::NoPlaylist),
        ("ftp://h/live/x.m3u8", UrlFault::SourceScheme),
        ("http://u:p@h/live/x.m3u8", UrlFault::UserInfo),
        ("rtmp://h/live", UrlFault::NoStream),
    ] {
        assert_eq!(source(text).unwrap_err(), fault, "{text}");
    }
    assert_eq!(parse("http://h/live/x.m3u8").unwrap_err(), UrlFault::Scheme);
}
