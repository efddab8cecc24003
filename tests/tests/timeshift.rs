//! A stream's past, as players meet it: behind live by a while, from a time on, between two times.

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use vivace_hls::walk::Playlist;
use vivace_tests::{
    HlsPlayer, Live, Role, Rtmp, Server, Tool, ffprobe, get, get_with, push, request, split, wait_for, wait_some,
};

const WINDOW: &[&str] = &["--timeshift-window-ms", "600000"];

#[allow(clippy::disallowed_methods, reason = "addresses of the past are made of the time now")]
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

fn shifted(server: &Server, name: &str, query: &str) -> String {
    format!("{}&{query}", server.play_url(name, "hls"))
}

/// Begins as soon as there is something to begin with.
#[track_caller]
fn begin(url: &str) -> HlsPlayer {
    wait_for("something to be kept", || get(url).status == 200);
    HlsPlayer::begin(url)
}

/// When the newest segment of a playlist is over.
fn newest_ms(list: &Playlist) -> i64 {
    let newest = list.segments.last().unwrap();
    newest.date_ms.unwrap() + i64::try_from(newest.duration_us / 1_000).unwrap()
}

#[test]
fn a_player_stays_behind_live_over_a_restart_of_the_encoder_and_a_kill_of_the_server() {
    let server = Server::start(WINDOW);
    let mut encoder = push(&server.push_url("a"));
    let url = shifted(&server, "a", "txTimeshift=on&tsDelay=3");
    let player = begin(&url);
    player.watch(2);
    assert!(newest_ms(&player.now()) <= now_ms() - 3_000, "the player sees what is younger than it asked for");
    encoder.kill_9();
    let _encoder = push(&server.push_url("a"));
    player.watch(3);
    let before = player.now().newest_whole();
    let server = Server::start_in(server.kill_9(), WINDOW);
    let _encoder = push(&server.push_url("a"));
    // The address names another port now, and its token is good.
    let moved = HlsPlayer::begin(&shifted(&server, "a", "txTimeshift=on&tsDelay=3"));
    wait_for("segments behind those of before", || moved.now().newest_whole() > before);
    let list = moved.list("");
    assert!(player.into_walker().add(&list).is_ok(), "{list}");
    assert_eq!(ffprobe(&url_of(&moved)).codec("video"), Some("h264"));
}

/// The pictures of something that ends.
#[track_caller]
fn pictures(url: &str) -> u64 {
    let args = ["-v", "error", "-count_packets", "-select_streams", "v:0", "-show_entries", "stream=nb_read_packets"];
    let mut tool = Tool::start(Command::new("ffprobe").args(args).args(["-of", "csv=p=0", url]));
    let status = tool.wait_within(Duration::from_secs(60));
    let said = tool.stdout();
    assert!(status.success(), "{said}{}", tool.stderr());
    said.lines().find_map(|line| line.trim_matches(',').trim().parse().ok()).unwrap_or_else(|| panic!("{said}"))
}

/// The address of a player's media playlist.
fn url_of(player: &HlsPlayer) -> String {
    player.url(&player.playlist)
}

#[test]
fn what_lies_between_two_times_is_played_whole_also_when_nobody_pushes_any_more() {
    let server = Server::start(WINDOW);
    let begun = now_ms();
    let mut encoder = push(&server.push_url("a"));
    let live = begin(&shifted(&server, "a", &format!("from={begun}")));
    live.watch(3);
    encoder.kill_9();
    wait_for("the stream to be over", || server.stream("a").is_none());
    wait_for("the end to be listed", || live.list("").ends_with("#EXT-X-ENDLIST\n"));
    let whole = shifted(&server, "a", &format!("from={begun}&to={}", now_ms()));
    let player = HlsPlayer::begin(&whole);
    let list = player.list("");
    assert!(list.contains("#EXT-X-PLAYLIST-TYPE:VOD\n"), "{list}");
    let told: u64 = player.now().segments.iter().map(|segment| segment.duration_us).sum();
    let frames = pictures(&whole);
    // 25 pictures a second.
    assert!(frames.abs_diff(told / 40_000) <= 1, "{frames} pictures in {told} us");
    // The documented words, with a clock in China.
    let human = "txTimeshift=on&tsFormat=human_s_8&tsStart=20200101000000";
    let far = get(&shifted(&server, "a", human));
    assert_eq!((far.status, far.header("x-vivace-code")), (400, Some("lvb-video/1000")), "{}", far.text());
    let late = now_ms() / 1_000;
    let nothing = get(&shifted(&server, "a", &format!("txTimeshift=on&tsStart={late}&tsFormat=unix_s")));
    assert_eq!((nothing.status, nothing.header("x-vivace-code")), (404, Some("lvb-video/20111")), "{}", nothing.text());
}

#[test]
fn a_stretch_whose_end_is_to_come_is_shown_to_that_end() {
    let server = Server::start(WINDOW);
    let begun = now_ms();
    let _encoder = push(&server.push_url("a"));
    wait_for("something to be kept", || get(&shifted(&server, "a", &format!("from={begun}"))).status == 200);
    let to = now_ms() + 3_000;
    let url = shifted(&server, "a", &format!("from={begun}&to={to}"));
    let player = HlsPlayer::begin(&url);
    assert!(!player.list("").contains("#EXT-X-ENDLIST\n"));
    wait_for("the end to be listed", || player.list("").ends_with("#EXT-X-ENDLIST\n"));
    let list = player.now();
    assert!(newest_ms(&list) >= to, "{} ms are missing", to - newest_ms(&list));
    assert!(!player.list("").contains("VOD"), "a playlist that grew is of another type at its end");
    // Who comes now is shown the same, whole.
    let late = HlsPlayer::begin(&url);
    assert!(late.list("").contains("#EXT-X-PLAYLIST-TYPE:VOD\n"));
    assert_eq!(late.now().segments, list.segments);
}

#[test]
fn segments_are_cut_as_asked_and_are_nobody_elses() {
    let server = Server::start(WINDOW);
    let _encoders = (push(&server.push_url("a")), push(&server.push_url("b")));
    let player = begin(&shifted(&server, "a", "txTimeshift=on&tsDelay=0"));
    let other = begin(&shifted(&server, "b", "txTimeshift=on&tsDelay=0"));
    let file = wait_some("a segment", || player.now().segments.last().map(|segment| segment.uri.clone()));
    let whole = player.get(&file);
    assert_eq!((whole.status, &whole.body[4..8]), (200, b"moof".as_slice()));
    let url = player.url(&file);
    let part = get_with(&url, &[("range", "bytes=4-7")]);
    assert_eq!((part.status, part.body.as_slice()), (206, b"moof".as_slice()));
    let total = format!("bytes 4-7/{}", whole.body.len());
    assert_eq!(part.header("content-range"), Some(total.as_str()));
    assert_eq!(get_with(&url, &[("range", "bytes=999999999-")]).status, 416);
    let (authority, path) = split(&url);
    let head = request(authority, format!("HEAD {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes());
    let length = whole.body.len().to_string();
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some(length.as_str()), 0));
    // With the right to see another stream.
    assert_eq!(other.get(&file).status, 404);
    assert_eq!(get(&format!("{}{file}?k={}", player.base, other.token)).status, 403);
    // Bytes that are no segment.
    let (stem, bytes) = file.strip_suffix(".m4s").unwrap().rsplit_once('-').unwrap();
    let bytes: u64 = bytes.parse().unwrap();
    for odd in [format!("{stem}-{}.m4s", bytes + 1), format!("{stem}-18446744073709551615.m4s"), "a-..mp4".to_owned()] {
        assert_eq!(player.get(&odd).status, 404, "{odd}");
    }
}

#[test]
fn the_past_is_refused_by_code_where_it_is_not_shown() {
    let server = Server::start(&[]);
    let _encoder = push(&server.push_url("a"));
    server.wait_live("a");
    let off = get(&shifted(&server, "a", "txTimeshift=on&tsDelay=3"));
    assert_eq!((off.status, off.header("x-vivace-code")), (501, Some("lvb-video/20114")), "{}", off.text());
    assert_eq!(std::fs::read_dir(server.data().join("media")).map_or(0, Iterator::count), 0);
    let server = Server::start(WINDOW);
    let _encoder = push(&server.push_url("a"));
    let _player = begin(&shifted(&server, "a", "txTimeshift=on&tsDelay=1"));
    let url = server.play_url("a", "hls");
    let (bare, _) = url.split_once('?').unwrap();
    let unsigned = get(&format!("{bare}?txTimeshift=on&tsDelay=1"));
    assert_eq!((unsigned.status, unsigned.header("x-vivace-code")), (403, Some("lvb-access/4100")));
    let (missing, wrong) = ("lvb-access/4000", "lvb-video/1000");
    for (odd, row, said) in [
        ("txTimeshift=on", missing, "tsStart is missing"),
        ("to=1700000000", missing, "from is missing"),
        ("txTimeshift=yes", wrong, "txTimeshift must be on or off"),
        ("txTimeshift=on&tsDelay=-1", wrong, "tsDelay must be whole seconds"),
        ("from=170000000", wrong, "from must be a time in Unix seconds"),
        ("from=1700000000&to=x", wrong, "to must be a time in Unix seconds"),
        ("from=1&%66rom=1", missing, "stands twice"),
        ("from=1700000001&to=1700000000", wrong, "to must be later than the begin"),
    ] {
        let refused = get(&shifted(&server, "a", odd));
        assert_eq!((refused.status, refused.header("x-vivace-code")), (400, Some(row)), "{odd}: {}", refused.text());
        assert!(refused.text().contains(said), "{odd}: {}", refused.text());
    }
    let far = get(&shifted(&server, "a", "txTimeshift=on&tsDelay=601"));
    assert_eq!((far.status, far.header("x-vivace-code")), (400, Some("lvb-video/1000")), "{}", far.text());
    let never = get(&shifted(&server, "never", "txTimeshift=on&tsDelay=1"));
    assert_eq!((never.status, never.header("x-vivace-code")), (404, Some("lvb-video/20111")), "{}", never.text());
}

/// The bounds hold below the address too, which the player asks as it likes.
#[test]
fn a_playlist_of_the_past_has_a_day_and_what_is_in_the_window() {
    let server = Server::start(&["--timeshift-window-ms", "604800000"]);
    let _encoder = push(&server.push_url("a"));
    let player = begin(&shifted(&server, "a", "txTimeshift=on&tsDelay=0"));
    let (now, hour_ms) = (now_ms(), 3_600_000);
    let ago = |hours: i64| now - hours * hour_ms;
    let refused = |url: &str, said: &str| {
        let answer = get(url);
        assert_eq!((answer.status, answer.header("x-vivace-code")), (400, Some("lvb-video/1000")), "{}", answer.text());
        assert!(answer.text().contains(said), "{}", answer.text());
    };
    let day = "one playlist lists 86400000 ms at most, and the address asks for ";
    let (token, _) = player.token.split_once('&').unwrap();
    let below = |query: &str| format!("{}shift.m3u8?k={token}&{query}", player.base);
    for url in [
        shifted(&server, "a", &format!("from={}", ago(25))),
        shifted(&server, "a", &format!("from={}&to={}", ago(26), ago(1))),
    ] {
        refused(&url, day);
    }
    refused(&below(&format!("from={}&to={}", ago(26), ago(1))), day);
    refused(&below("txTimeshift=on&tsDelay=604801"), "the last 604800000 ms are shown");
    // A player that stays so long is shown what comes.
    let stays = get(&below(&format!("from={}", ago(150))));
    assert_eq!((stays.status, stays.text().contains("#EXTINF")), (200, true), "{}", stays.text());
}

#[test]
fn a_link_that_was_shared_from_a_page_plays_live_in_every_format() {
    let server = Server::start(&[]);
    let _encoder = push(&server.push_url("a"));
    server.wait_live("a");
    for query in ["from=singlemessage&isappinstalled=0", "from=&to=timeline"] {
        drop(Live::open(&format!("{}&{query}", server.play_url("a", "flv"))));
        let url = format!("{}&{query}", server.play_url("a", "hls"));
        let player = begin(&url);
        assert!(player.list("").contains("#EXTINF"), "{query}");
    }
}

/// reaches: lvb-video/20113
#[test]
fn a_format_that_goes_on_live_alone_refuses_the_past_and_says_who_carries_it() {
    let server = Server::start(WINDOW);
    let _encoder = push(&server.push_url("a"));
    server.wait_live("a");
    for (query, name) in
        [("txTimeshift=on&tsDelay=1", "txTimeshift"), ("%66rom=1700000000", "from"), ("to=1700000000", "to")]
    {
        let said = format!("the parameter {name} asks for the past of the stream, which only HLS carries");
        for format in ["flv", "mp4"] {
            let refused = get(&format!("{}&{query}", server.play_url("a", format)));
            let row = (refused.status, refused.header("x-vivace-code"));
            assert_eq!(row, (415, Some("lvb-video/20113")), "{format} {query}: {}", refused.text());
            assert!(refused.text().contains(&said), "{format} {query}: {}", refused.text());
        }
        let url = format!("{}&{query}", server.play_url("a", "rtmp"));
        let refused = Rtmp::open(&url, Role::Play).ready().unwrap_err();
        assert!(refused.description.contains(&said) && refused.description.contains("20113"), "{refused:?}");
    }
    assert_eq!(server.refused("play", "lvb-video/20113"), 9);
    drop(Live::open(&format!("{}&txTimeshift=off", server.play_url("a", "flv"))));
    // The address of LL-HLS has the past too: it is HLS, without parts that are in the making.
    let player = begin(&format!("{}&txTimeshift=on&tsDelay=1", server.play_url("a", "llhls")));
    let media = player.list("");
    assert!(media.contains("#EXTINF") && !media.contains("#EXT-X-PART"), "{media}");
}
