//! HLS and LL-HLS as players meet them: ffmpeg, hls.js in a browser, and a walker over every playlist.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use vivace_hls::walk::{Listed, Playlist, Walker};
use vivace_tests::{
    AAC, Clip, Feeder, Finished, H264, HlsPlayer, PICTURE, Server, TONE, Tool, browser, count_frames, encode, ffmpeg,
    ffmpeg_new, ffprobe, get, get_with, push, request, split, wait_for, wait_within,
};

/// A server with the test picture and its tone as `a`.
fn pushed() -> (Server, Tool) {
    let server = Server::start(&[]);
    let encoder = push(&server.push_url("a"));
    server.wait_live("a");
    (server, encoder)
}

/// The same picture and tone, for segments of a second.
fn push_short(server: &Server) -> Tool {
    encode(ffmpeg(), &[PICTURE, TONE], &[H264, &["-g", "25"], AAC], &server.push_url("a"))
}

/// Asks for the playlist again and again, each time for the next part, and walks over all of them.
struct Poll {
    player: HlsPlayer,
    walker: Walker,
    last: Playlist,
}

impl Poll {
    #[track_caller]
    fn begin(url: &str) -> Self {
        let player = HlsPlayer::begin(url);
        let mut walker = Walker::default();
        let last = walker.add(&player.list("")).unwrap().clone();
        Self { player, walker, last }
    }

    #[track_caller]
    fn next(&mut self) {
        let newest = self.last.segments.last().unwrap();
        let directives = if newest.uri.is_empty() {
            format!("&_HLS_msn={}&_HLS_part={}", newest.sequence, newest.parts.len())
        } else {
            format!("&_HLS_msn={}&_HLS_part=0", newest.sequence + 1)
        };
        // Every other time only what is new to it.
        let skip = if self.walker.playlists.is_multiple_of(2) { "&_HLS_skip=YES" } else { "" };
        let answer = get(&format!("{}{directives}{skip}", self.player.url(&self.player.playlist)));
        // While the publisher is away nothing new comes, and that is said after a while.
        if answer.status == 503 {
            return;
        }
        let text = answer.text();
        self.last = self.walker.add(&text).unwrap_or_else(|fault| panic!("{fault}\n{text}")).clone();
    }

    fn segments(&self) -> usize {
        self.walker.known().filter(|segment| !segment.uri.is_empty()).count()
    }
}

#[test]
fn ffmpeg_plays_fragmented_mp4_low_latency_and_transport_streams() {
    let (server, mut encoder) = pushed();
    let hls = server.play_url("a", "hls");
    for url in [hls.clone(), server.play_url("a", "llhls"), format!("{hls}&hls=ts")] {
        let probe = ffprobe(&url);
        assert_eq!((probe.codec("video"), probe.codec("audio")), (Some("h264"), Some("aac")), "{url}");
        assert_eq!(probe.size(), Some((320, 180)), "{url}");
        let frames = count_frames(ffmpeg(), &url);
        assert!(frames >= 75, "{url}: {frames} pictures in three seconds");
    }
    assert!(encoder.is_running());
    assert!(server.metric("hls_sessions") >= 6 && server.metric("hls_streams") == 1);
    assert!(server.metric("readers") >= 6 && server.metric("hls_bytes") > 100_000);
}

#[test]
fn the_first_viewer_of_a_stream_with_long_gops_is_answered() {
    let server = Server::start(&[]);
    // What x264 does by itself: a key frame every 250 pictures, which are ten seconds here.
    let options: &[&[&str]] = &[H264, &["-g", "250", "-sc_threshold", "0"], AAC];
    let (hls, ts) = (server.push_url("a"), server.push_url("b"));
    let _encoders = [&hls, &ts].map(|url| encode(ffmpeg(), &[PICTURE, TONE], options, url));
    for name in ["a", "b"] {
        server.wait_live(name);
    }
    let [hls, ts] = [server.play_url("a", "hls"), format!("{}&hls=ts", server.play_url("b", "hls"))];
    std::thread::scope(|scope| {
        for url in [&hls, &ts] {
            scope.spawn(move || assert_eq!(ffprobe(url).size(), Some((320, 180)), "{url}"));
        }
    });
}

#[test]
fn every_playlist_keeps_its_promises_while_an_encoder_restarts() {
    // So short that a window has some that a delta update leaves out: more than six target durations.
    let server = Server::start(&["--hls-segment-ms", "1000"]);
    let mut encoder = push_short(&server);
    server.wait_live("a");
    let mut poll = Poll::begin(&server.play_url("a", "llhls"));
    wait_within("the first segments", Duration::from_secs(60), || {
        poll.next();
        poll.segments() >= 8 && poll.walker.deltas > 0
    });
    encoder.kill_9();
    wait_for("the grace time to begin", || server.metric("streams_in_grace") == 1);
    let (before, deltas) = (poll.segments(), poll.walker.deltas);
    let _again = push_short(&server);
    wait_within("segments of the second push", Duration::from_secs(60), || {
        poll.next();
        poll.segments() >= before + 12 && poll.walker.deltas > deltas + 2
    });
    assert_eq!(poll.walker.discontinuities, 1);
    assert!(poll.walker.playlists > 60, "{}", poll.walker.playlists);
    // The parts of what is listed are there, and what they hold is the segment.
    let whole = poll.last.segments.iter().rev().find(|segment| !segment.uri.is_empty() && !segment.parts.is_empty());
    let whole = whole.unwrap();
    let parts: Vec<u8> = whole.parts.iter().flat_map(|(_, uri)| poll.player.get(uri).body).collect();
    assert!(poll.player.get(&whole.uri).body == parts, "the parts of {} are not the segment", whole.uri);
}

/// By how much a date is later than the durations before it say, at each discontinuity.
fn date_steps(walker: &Walker) -> Vec<i64> {
    let known: Vec<_> = walker.known().collect();
    let turns = known.windows(2).filter(|pair| pair[0].discontinuity_sequence != pair[1].discontinuity_sequence);
    let end_ms = |segment: &Listed| segment.date_ms.unwrap() + i64::try_from(segment.duration_us / 1_000).unwrap();
    turns.map(|pair| pair[1].date_ms.unwrap() - end_ms(pair[0])).collect()
}

#[test]
fn what_follows_an_encoder_that_stood_still_is_dated_by_when_it_came_in_all_rates() {
    const STILL_MS: u32 = 4_000;
    let server = Server::start(&["--transcode-rates", "550"]);
    let clip = Clip::h264("320x180");
    let feeder = Feeder::start(&server.push_url("a"), clip.clone());
    server.wait_live("a");
    let players = ["a", "a_550"].map(|name| HlsPlayer::begin(&server.play_url(name, "hls")));
    // The encoder sends nothing for so long, and its clock goes on: the timeline of the stream does not.
    let mut late = clip.clone();
    late.tags.iter_mut().for_each(|tag| tag.time_ms += STILL_MS);
    feeder.switch(late);
    wait_within("the jump", Duration::from_secs(60), || server.metric("discontinuities_total") == 1);
    feeder.switch(clip);
    players.iter().for_each(|player| player.watch(4));
    let [steps, made] = players.map(|player| date_steps(&player.into_walker()));
    assert!(steps.len() == 1 && made.len() == 1, "{steps:?} {made:?}");
    // Dates of one time are the same.
    assert!(steps[0] > i64::from(STILL_MS) - 1_000 && steps[0].abs_diff(made[0]) <= 50, "{steps:?} {made:?}");
}

#[test]
fn numbers_grow_over_restarts_of_the_server_and_a_kill() {
    let (server, mut encoder) = pushed();
    let mut poll = Poll::begin(&server.play_url("a", "llhls"));
    wait_for("some segments", || {
        poll.next();
        poll.last.newest_whole() >= Some(2)
    });
    let held = poll.player.url(&poll.player.playlist);
    let held = held.split_once(&server.http).unwrap().1.to_owned();
    let mut folder = server.kill_9();
    // A player that goes on after the restarts sees one succession of playlists.
    let mut walker = poll.walker;
    for round in 0..2 {
        encoder.kill_9();
        let server = Server::start_in(folder, &[]);
        encoder = push(&server.push_url("a"));
        server.wait_live("a");
        // It needs no new address: the token that it has is good.
        let text = get(&format!("http://{}{held}", server.http)).text();
        walker.add(&text).unwrap_or_else(|fault| panic!("round {round}: {fault}\n{text}"));
        folder = server.stop().1;
    }
    encoder.kill_9();
    assert!(walker.known().map(|segment| segment.discontinuity_sequence).max() > Some(0));
}

#[test]
fn a_request_for_what_is_not_there_yet_is_answered_when_it_is() {
    let (server, _encoder) = pushed();
    let player = HlsPlayer::begin(&server.play_url("a", "llhls"));
    let now = Playlist::parse(&player.list("")).unwrap();
    let hint = now.hint.clone().unwrap();
    assert!(!now.segments.iter().any(|segment| segment.parts.iter().any(|(_, uri)| *uri == hint)));
    let part = player.get(&hint);
    assert_eq!((part.status, part.header("Content-Type")), (200, Some("video/mp4")));
    assert_eq!(&part.body[4..8], b"moof");
    let newest = now.newest_whole().unwrap();
    let later = Playlist::parse(&player.list(&format!("&_HLS_msn={}", newest + 1))).unwrap();
    assert!(later.newest_whole() > Some(newest));
    for (directives, status) in [
        (format!("&_HLS_msn={}", newest + 50), 400),
        (format!("&_HLS_msn={}&_HLS_part=90", later.newest_whole().unwrap() + 1), 400),
        ("&_HLS_msn=x".to_owned(), 400),
        ("&_HLS_part=1".to_owned(), 400),
        ("&_HLS_skip=maybe".to_owned(), 400),
    ] {
        assert_eq!(get(&format!("{}{directives}", player.url(&player.playlist))).status, status, "{directives}");
    }
}

#[test]
fn a_delta_update_leaves_out_what_the_player_has() {
    let server = Server::start(&["--hls-segment-ms", "1000", "--limits-hls-segments-max", "10"]);
    let _encoder = push_short(&server);
    server.wait_live("a");
    let player = HlsPlayer::begin(&server.play_url("a", "llhls"));
    player.watch(10);
    let whole = player.now();
    let text = player.list("&_HLS_skip=YES");
    let delta = Playlist::parse(&text).unwrap();
    // Of ten seconds, what is older than six target durations; a segment may have come between the two.
    let oldest = whole.segments.iter().map(|segment| segment.sequence).find(|one| *one >= delta.media_sequence);
    assert_eq!((delta.skipped >= 3, oldest), (true, Some(delta.media_sequence)), "{text}");
    assert!(!text.contains("#EXT-X-MAP") && text.contains("#EXT-X-PART:"), "{text}");
    assert!(!player.list("").contains("#EXT-X-SKIP"), "nobody has asked for a delta update");
}

/// reaches nothing new: the gate's own refusals stand in refusals.rs.
#[test]
fn files_are_for_those_who_began_with_a_signed_address() {
    let (server, _encoder) = pushed();
    let _other = push(&server.push_url("b"));
    server.wait_live("b");
    let url = server.play_url("a", "hls");
    assert_eq!(get(url.split('?').next().unwrap()).status, 403, "an address without its signature");
    assert_eq!(get(&format!("{url}&hls=nonsense")).status, 400);
    let player = HlsPlayer::begin(&url);
    let list = Playlist::parse(&player.list("")).unwrap();
    let segment = list.segments.last().unwrap();
    let bare = |path: &str| get(path).status;
    assert_eq!(bare(&format!("{}{}", player.base, segment.uri)), 403);
    assert_eq!(bare(&format!("{}{}?k=AAAA", player.base, segment.uri)), 403);
    let theirs = HlsPlayer::begin(&server.play_url("b", "hls"));
    assert_eq!(bare(&format!("{}{}?k={}", player.base, segment.uri, theirs.token)), 403);
    for (file, status) in [
        ("s99999.m4s", 404),
        ("x.m4s", 404),
        ("p7-0.m4s", 404),
        ("p0-99999.m4s", 404),
        ("i0-9.mp4", 404),
        ("i7-0.mp4", 404),
        ("s0.ts", 410),
    ] {
        assert_eq!(player.get(file).status, status, "{file}");
    }
    wait_within("the first segment to be let go", Duration::from_secs(60), || player.get("s0.m4s").status == 410);
    assert_eq!(player.get("p0-0.m4s").status, 410);
}

#[test]
fn responses_can_be_kept_compressed_and_cut() {
    let (server, _encoder) = pushed();
    let player = HlsPlayer::begin(&server.play_url("a", "hls"));
    let list = Playlist::parse(&player.list("")).unwrap();
    let segment = list.segments.last().unwrap();
    let whole = player.get(&segment.uri);
    assert_eq!(whole.header("Access-Control-Allow-Origin"), Some("*"));
    let refused = get(&server.play_url("nobody", "hls"));
    assert!(refused.header("Access-Control-Expose-Headers").unwrap().contains("X-Vivace-Code"));
    assert!(refused.header("X-Vivace-Code").is_some(), "{}", refused.status);
    assert!(whole.header("Cache-Control").unwrap().contains("immutable"), "{}", whole.head);
    let part = get_with(&player.url(&segment.uri), &[("Range", "bytes=100-299")]);
    assert_eq!((part.status, part.body.as_slice()), (206, &whole.body[100..300]));
    let told = format!("bytes 100-299/{}", whole.body.len());
    assert_eq!(part.header("Content-Range"), Some(told.as_str()));
    let behind = get_with(&player.url(&segment.uri), &[("Range", "bytes=99999999-")]);
    assert_eq!(behind.status, 416);
    let told = format!("bytes */{}", whole.body.len());
    assert_eq!(behind.header("Content-Range"), Some(told.as_str()));
    let several = get_with(&player.url(&segment.uri), &[("Range", "bytes=0-1,5-9")]);
    assert!((several.status, &several.body) == (200, &whole.body), "{}", several.head);
    let list = get_with(&player.url("index.m3u8"), &[("Range", "bytes=0-9")]);
    assert!(list.status == 200 && list.text().ends_with('\n'), "{}", list.head);
    let packed = get_with(&player.url("index.m3u8"), &[("Accept-Encoding", "gzip")]);
    assert_eq!(packed.header("Content-Encoding"), Some("gzip"));
    assert_eq!(packed.body[..2], [0x1f, 0x8b]);
    assert!(packed.header("Cache-Control").unwrap().contains("max-age=1"), "{}", packed.head);
    let init = player.get(&segment.map);
    assert_eq!(&init.body[4..8], b"ftyp");
    assert!(player.get("s99999.m4s").header("Cache-Control").unwrap().contains("no-store"));
    let url = player.url(&segment.uri);
    let (authority, path) = split(&url);
    let ask = |method: &str| {
        let more = "Origin: http://elsewhere\r\nAccess-Control-Request-Method: GET\r\nConnection: close";
        request(authority, format!("{method} {path} HTTP/1.1\r\nHost: {authority}\r\n{more}\r\n\r\n").as_bytes())
    };
    let head = ask("HEAD");
    let length = whole.body.len().to_string();
    assert_eq!((head.status, head.header("Content-Length"), head.body.len()), (200, Some(length.as_str()), 0));
    let preflight = ask("OPTIONS");
    assert_eq!((preflight.status, preflight.header("Access-Control-Allow-Origin")), (204, Some("*")));
    assert_eq!(preflight.header("Access-Control-Allow-Methods"), Some("GET, HEAD, OPTIONS"));
    assert_eq!(preflight.header("Access-Control-Allow-Headers"), Some("range"));
    let posted = ask("POST");
    assert_eq!((posted.status, posted.header("Allow")), (405, Some("GET, HEAD, OPTIONS")));
    // HTTP/2 knows no HEAD by itself: a body would break the connection.
    let url = format!("https://{}{path}", server.https);
    let args = ["--silent", "--show-error", "--insecure", "--http2", "--head", "--write-out", "%{http_version}", &url];
    let said = Finished::run(Command::new("curl").args(args)).ok();
    assert!(said.contains(&format!("content-length: {length}")) && said.ends_with("\r\n2"), "{said}");
}

#[test]
fn transport_streams_are_read_by_an_independent_reader() {
    let (server, _encoder) = pushed();
    let player = HlsPlayer::begin(&format!("{}&hls=ts", server.play_url("a", "hls")));
    player.watch(3);
    let (pictures, sounds) = player.transport();
    assert!(pictures > 200 && sounds > 50, "{pictures} {sounds}");
    assert!(player.master.contains("RESOLUTION=320x180,FRAME-RATE=25.000"), "{}", player.master);
}

#[test]
fn durations_that_are_set_are_in_the_playlists() {
    let server = Server::start(&["--hls-segment-ms", "1000", "--hls-part-ms", "400"]);
    let _encoder = push_short(&server);
    server.wait_live("a");
    let player = HlsPlayer::begin(&server.play_url("a", "llhls"));
    let text = player.list("");
    assert!(text.contains("#EXT-X-TARGETDURATION:1\n") && text.contains("PART-TARGET=0.40"), "{text}");
    player.watch(4);
}

#[test]
fn a_player_is_refused_by_code_once_the_publisher_sends_what_it_cannot_get() {
    let (server, encoder) = pushed();
    let players =
        ["", "&hls=ll", "&hls=ts"].map(|form| HlsPlayer::begin(&format!("{}{form}", server.play_url("a", "hls"))));
    let ulaw = &["-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1"];
    drop(encoder);
    let _again = encode(ffmpeg(), &[PICTURE, TONE], &[H264, ulaw], &server.push_url("a"));
    for player in &players {
        wait_for("the refusal", || player.get(&player.playlist).status == 406);
        let refused = player.get(&player.playlist);
        assert_eq!(refused.header("x-vivace-code"), Some("lvb-video/20113"));
        assert_eq!(
            refused.json()["detail"].as_str().map(|said| said.contains("G.711")),
            Some(true),
            "{}",
            refused.text()
        );
    }
    assert!(server.refused("play", "lvb-video/20113") >= 3);
}

#[test]
fn a_stream_that_nobody_plays_is_not_cut_and_goes_on_when_somebody_does() {
    let server = Server::start(&["--limits-hls-session-idle-ms-max", "1500"]);
    let _encoder = push(&server.push_url("a"));
    server.wait_live("a");
    let mut walker = Walker::default();
    for round in 0..2 {
        assert_eq!(server.metric("hls_streams"), 0);
        let player = HlsPlayer::begin(&server.play_url("a", "hls"));
        let text = player.list("");
        walker.add(&text).unwrap_or_else(|fault| panic!("round {round}: {fault}\n{text}"));
        wait_for("the player to be taken for gone", || server.metric("hls_streams") == 0);
        assert_eq!((server.metric("hls_sessions"), server.metric("readers")), (0, 0));
    }
}

#[test]
fn the_end_of_a_stream_is_said() {
    let server = Server::start(&["--limits-publish-grace-ms", "500"]);
    let mut encoder = push(&server.push_url("a"));
    server.wait_live("a");
    let player = HlsPlayer::begin(&server.play_url("a", "llhls"));
    encoder.kill_9();
    wait_for("the end to be listed", || player.list("").ends_with("#EXT-X-ENDLIST\n"));
}

/// How long a browser plays each form: enough to see the window move. `cargo xtask soak` plays for minutes.
const BROWSER_SECONDS: u32 = 20;

#[track_caller]
fn played_through(seen: &Value, seconds: u32) {
    eprintln!("{seen}");
    assert_eq!(seen["stalls"], Value::Array(Vec::new()), "{seen}");
    assert_eq!(seen["faults"], Value::Array(Vec::new()), "{seen}");
    assert!(seen["played_s"].as_f64().unwrap() >= f64::from(seconds), "{seen}");
    assert!(seen["decoded"].as_u64().unwrap() > u64::from(seconds) * 20, "{seen}");
    assert!(seen["audio_bytes"].as_u64().unwrap() > 0 && seen["width"] == 320, "{seen}");
}

#[test]
fn a_browser_plays_each_form_without_a_stall() {
    let server = Server::start(&[]);
    // A key frame every two seconds, as encoders are told to make them for HLS.
    let _encoder = encode(ffmpeg(), &[PICTURE, TONE], &[H264, &["-g", "50"], AAC], &server.push_url("a"));
    server.wait_live("a");
    let forms = browser::forms(&server, "a");
    for (seen, form) in browser::hls(&forms, BROWSER_SECONDS).iter().zip(&forms) {
        played_through(seen, BROWSER_SECONDS);
        assert_eq!(seen["parts"].as_u64().unwrap() > 0, form.low_latency, "{seen}");
        assert!(seen["delay_ms"]["looks"].as_u64().unwrap() > 0, "{seen}");
    }
}

#[test]
fn a_browser_plays_av1_with_opus_and_mp3() {
    let server = Server::start(&[]);
    let av1: &[&str] = &["-c:v", "libsvtav1", "-preset", "12", "-g", "25", "-svtav1-params", "pred-struct=1:lp=1"];
    let (yuv, opus, mp3) = (&["-pix_fmt", "yuv420p"], &["-c:a", "libopus"], &["-c:a", "libmp3lame"]);
    let _av1 = encode(ffmpeg_new(), &[PICTURE, TONE], &[av1, yuv, opus], &server.push_url("a"));
    let _mp3 = encode(ffmpeg_new(), &[PICTURE, TONE], &[H264, mp3], &server.push_url("b"));
    for name in ["a", "b"] {
        server.wait_live(name);
    }
    // hls.js does not read MP3 from MP4: it finds no codec string that Chromium takes.
    let [low_latency, ..] = browser::forms(&server, "a");
    let [.., ts] = browser::forms(&server, "b");
    for seen in browser::hls(&[low_latency, ts], 6) {
        played_through(&seen, 6);
    }
}
