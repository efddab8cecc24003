//! Streams with another sound than they were pushed with, with real encoders and players: what is made, that the picture
//! stays as it is, and when it begins and ends.

mod programs;

use std::collections::HashMap;
use std::process::Command;
use std::time::Duration;

use programs::{children, ended, event_kinds, is_gone, only_child};
use vivace_tests::{
    AAC, Clip, Feeder, Flv, H264, HlsPlayer, Kind, Live, PICTURE, Role, Rtmp, Server, TONE, Tag, Tool, Witness, encode,
    ffmpeg, ffmpeg_new, ffprobe, get, wait_for, wait_some, wait_within,
};

/// Both sounds for all streams, which end soon.
const SOUNDS: [&str; 4] = ["--transcode-sounds", "aac,opus", "--transcode-idle-ms", "1500"];
const OPUS: &[&str] = &["-c:a", "libopus"];
/// A tone of 0.2 s at each whole second.
const BEEPS: &[&str] = &["-f", "lavfi", "-i", "aevalsrc='sin(2*PI*880*t)*lt(mod(t,1),0.2)':s=44100"];

/// What a play by FLV brings in so many milliseconds of media.
fn media(url: &str, ms: u32) -> Vec<Tag> {
    let mut flv = Flv::open(Live::open(url));
    let mut tags: Vec<Tag> = Vec::new();
    loop {
        let tag = flv.tag().unwrap().expect("the play goes on");
        let begun = tags.first().map_or(tag.time_ms, |first| first.time_ms);
        if tag.time_ms.saturating_sub(begun) > ms {
            return tags;
        }
        if tag.is_media() {
            tags.push(tag);
        }
    }
}

/// What comes of a stream and of one that is made of it, in the same time.
fn both(server: &Server, name: &str, made: &str) -> (Vec<Tag>, Vec<Tag>) {
    let source = server.play_url(name, "flv");
    let reading = std::thread::spawn(move || media(&source, 6_000));
    let made = media(&server.play_url(made, "flv"), 3_000);
    (reading.join().unwrap(), made)
}

/// Each frame of a kind that is there at the same time in the stream itself has the same bytes; how many there are.
fn same(kind: Kind, (source, made): &(Vec<Tag>, Vec<Tag>)) -> usize {
    let of = |tags: &'_ [Tag]| tags.iter().filter(|tag| tag.kind == kind).cloned().collect::<Vec<_>>();
    let (source, made) = (of(source), of(made));
    let known: HashMap<u32, &[u8]> = source.iter().map(|tag| (tag.time_ms, tag.body.as_slice())).collect();
    let last_ms = source.last().unwrap().time_ms;
    let within = made.iter().filter(|tag| (source[0].time_ms..=last_ms).contains(&tag.time_ms));
    within
        .inspect(|tag| assert_eq!(known.get(&tag.time_ms), Some(&&tag.body[..]), "{kind:?} at {}", tag.time_ms))
        .count()
}

#[test]
fn aac_becomes_opus_beside_the_picture_as_it_is() {
    let server = Server::start(&SOUNDS);
    let _feeder = Feeder::start(&server.push_url("a"), Clip::h264("640x360"));
    server.wait_live("a");
    assert!(children(server.pid()).is_empty(), "nobody has asked yet");
    let probe = ffprobe(&server.play_url("a_opus", "mp4"));
    assert_eq!((probe.codec("video"), probe.codec("audio")), (Some("h264"), Some("opus")));
    assert_eq!(probe.size(), Some((640, 360)));
    let seen = both(&server, "a", "a_opus");
    assert!(same(Kind::Video, &seen) > 40, "pictures to compare");
    let first = |kind| seen.1.iter().find(|tag| tag.kind == kind).unwrap().time_ms;
    assert!(first(Kind::Video).abs_diff(first(Kind::Audio)) < 100, "sound goes with the picture");
    // A signature that was made for the stream opens it with each sound, and all who play it share what is made.
    let player = Witness::watch(&server, "a_opus");
    player.goes_on();
    assert_eq!(ffprobe(&server.play_url("a", "mp4").replace("/a.mp4", "/a_opus.mp4")).codec("audio"), Some("opus"));
    assert_eq!((children(server.pid()).len(), server.metric("children{kind=\"sound\"}")), (1, 1));
    let line = server.stream("a_opus").expect("it is listed as every stream");
    assert!(line.to_string().contains("Opus"), "{line}");
    // It ends with the last player, and what is made is no source of anything.
    let chained = get(&server.play_url("a_opus_aac", "flv"));
    assert_eq!((chained.status, chained.header("x-vivace-code")), (501, Some("lvb-video/20114")));
    let denied = Rtmp::open(&server.push_url("a_opus"), Role::Publish).ready().unwrap_err().description;
    assert!(denied.contains("lvb-video/20108"), "{denied}");
    drop(player);
    wait_for("the sound to end", || children(server.pid()).is_empty() && server.stream("a_opus").is_none());
    assert!(event_kinds(&server, "a_opus").contains(&"transcode_runs".to_owned()));
    wait_for("the end to be told", || event_kinds(&server, "a_opus").contains(&"transcode_ended".to_owned()));
    assert_eq!((server.metric("transcode_streams"), server.metric("children_places")), (0, 0));
}

#[test]
fn who_comes_right_after_its_end_has_it_made_anew() {
    let server = Server::start(&SOUNDS);
    let _feeder = Feeder::start(&server.push_url("a"), Clip::h264("320x180"));
    server.wait_live("a");
    let ends = |name| event_kinds(&server, name).iter().filter(|kind| *kind == "transcode_ended").count();
    // One that takes a program, and one that is shown as it is.
    for name in ["a_opus", "a_aac"] {
        Witness::watch(&server, name).goes_on();
        if name == "a_opus" {
            wait_for("the end to be told", || ends(name) == 1);
        } else {
            wait_for("it to end", || server.stream(name).is_none());
        }
        Witness::watch(&server, name).goes_on();
    }
}

#[test]
fn players_of_hls_have_the_sound_too() {
    let server = Server::start(&[SOUNDS.as_slice(), &["--transcode-rates", "550"]].concat());
    let _feeder = Feeder::start(&server.push_url("a"), Clip::h264_at("1280x720", 2_500));
    server.wait_live("a");
    let own = HlsPlayer::begin(&server.play_url("a_opus", "hls"));
    assert_eq!(own.master.matches("#EXT-X-STREAM-INF").count(), 1, "it has no rates: {}", own.master);
    assert!(own.master.contains("opus"), "{}", own.master);
    let probe = ffprobe(&server.play_url("a_opus", "hls"));
    assert_eq!((probe.codec("video"), probe.codec("audio")), (Some("h264"), Some("opus")));
    assert_eq!(children(server.pid()).len(), 1);
    // No transport stream carries Opus.
    let refused = get(&format!("{}&hls=ts", server.play_url("a_opus", "hls")));
    assert_eq!((refused.status, refused.header("x-vivace-code")), (406, Some("lvb-video/20113")));
}

/// A name, how its picture and its sound are encoded, what its picture is, and how it is played.
type Source<'a> = (&'a str, &'a [&'a str], &'a [&'a str], &'a str, &'a [&'a str]);

#[test]
fn every_sound_becomes_aac_beside_every_picture() {
    let server = Server::start(&SOUNDS);
    let yuv = ["-pix_fmt", "yuv420p"];
    let hevc: &[&str] = &["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "keyint=25:log-level=error"];
    let sources: [Source<'_>; 4] = [
        ("opus", H264, OPUS, "h264", &["flv", "rtmp", "hls"]),
        ("hevc", hevc, OPUS, "hevc", &["mp4"]),
        ("mp3", H264, &["-c:a", "libmp3lame"], "h264", &["flv"]),
        // Of which FFmpeg's MP4 would know nothing.
        ("g711", hevc, &["-c:a", "pcm_alaw", "-ar", "8000"], "hevc", &["mp4"]),
    ];
    for (name, picture, sound, codec, formats) in sources {
        let _encoder = encode(ffmpeg_new(), &[PICTURE, TONE], &[&yuv, picture, sound], &server.push_url(name));
        server.wait_live(name);
        for format in formats {
            let probe = ffprobe(&server.play_url(&format!("{name}_aac"), format));
            assert_eq!((probe.codec("video"), probe.codec("audio")), (Some(codec), Some("aac")), "{name} by {format}");
        }
    }
    for reason in ["spawn", "exit", "signal", "hang", "memory", "output"] {
        assert_eq!(ended(&server, "sound", reason), 0, "{reason}");
    }
}

/// When the beeps of a stream begin, as parts of a second on its own timeline.
fn beeps(url: &str) -> Vec<f64> {
    let detect = "silencedetect=noise=-30dB:duration=0.3";
    let args = ["-copyts", "-i", url, "-map", "0:a", "-af", detect, "-frames:a", "280", "-f", "null", "-"];
    let tool = Tool::start(ffmpeg().args(args));
    let said = wait_some("an ffmpeg that has heard enough", || {
        let said = tool.stderr();
        said.contains("audio:").then_some(said)
    });
    let ends = said.lines().filter_map(|line| line.split_once("silence_end: "));
    let ends = ends.map(|(_, rest)| rest.split_whitespace().next().unwrap().parse::<f64>().unwrap().fract());
    let mut ends: Vec<f64> = ends.collect();
    // It may be where the reading ended.
    ends.pop();
    ends
}

#[test]
fn the_sound_stays_where_it_was() {
    let server = Server::start(&SOUNDS);
    for (name, sound, made) in [("a", AAC, "a_opus"), ("o", OPUS, "o_aac")] {
        let _encoder = encode(ffmpeg_new(), &[PICTURE, BEEPS], &[H264, sound], &server.push_url(name));
        server.wait_live(name);
        let (before, after) = (beeps(&server.play_url(name, "mp4")), beeps(&server.play_url(made, "mp4")));
        assert!(before.len() > 2 && after.len() > 2, "{before:?} {after:?}");
        let expected = before[0];
        for beep in after {
            let apart = (beep - expected).abs();
            let apart_s = apart.min(1.0 - apart);
            assert!(apart_s < 0.05, "{made}: a beep {apart_s} s from where it was, {before:?}");
        }
    }
}

/// reaches: lvb-video/20113, lvb-video/20114
#[test]
fn what_has_the_sound_already_takes_no_program_and_what_has_none_is_refused() {
    let server = Server::start(&[SOUNDS.as_slice(), &["--ffmpeg-path", "/no/such/ffmpeg"]].concat());
    let _feeder = Feeder::start(&server.push_url("a"), Clip::h264("320x180"));
    server.wait_live("a");
    assert!(ffprobe(&server.play_url("a", "flv")).size().is_some(), "what it consists of is known");
    let seen = both(&server, "a", "a_aac");
    assert!(same(Kind::Video, &seen) > 40 && same(Kind::Audio, &seen) > 60, "frames to compare");
    assert_eq!((children(server.pid()).len(), server.metric("children_places")), (0, 0));
    wait_for("it to end when nobody watches", || server.stream("a_aac").is_none());
    let refused = get(&server.play_url("a_opus", "flv"));
    assert_eq!((refused.status, refused.header("x-vivace-code")), (501, Some("lvb-video/20114")), "{}", refused.text());

    let _mute = encode(ffmpeg(), &[PICTURE], &[H264], &server.push_url("mute"));
    server.wait_live("mute");
    assert!(ffprobe(&server.play_url("mute", "flv")).codec("audio").is_none());
    for made in ["mute_aac", "mute_opus"] {
        let refused = get(&server.play_url(made, "flv"));
        let code = refused.header("x-vivace-code");
        assert_eq!((refused.status, code), (406, Some("lvb-video/20113")), "{}", refused.text());
        assert!(refused.text().contains("has no sound"), "{}", refused.text());
        assert_eq!(get(&server.play_url(made, "hls")).status, 406);
    }
}

#[test]
fn a_name_belongs_to_its_publisher_where_the_sound_is_not_made() {
    let server = Server::start(&["--transcode-sounds", "opus"]);
    let _feeder = Feeder::start(&server.push_url("a"), Clip::h264("320x180"));
    server.wait_live("a");
    let refused = get(&server.play_url("a_aac", "flv"));
    assert_eq!((refused.status, refused.header("x-vivace-code")), (404, Some("lvb-video/20111")), "nobody pushes it");
    let _other = Feeder::start(&server.push_url("a_aac"), Clip::h264("640x360"));
    server.wait_live("a_aac");
    assert_eq!(ffprobe(&server.play_url("a_aac", "flv")).size(), Some((640, 360)), "what its publisher sends");
    assert!(children(server.pid()).is_empty());
    // Who may see one stream may not see another for that.
    for (name, status) in [("a_aac", 403), ("a_opus", 200)] {
        let url = server.play_url("a", "hls").replace("/a.m3u8", &format!("/{name}.m3u8"));
        assert_eq!(get(&url).status, status, "{name}");
    }
}

#[test]
fn a_program_that_fails_is_noticed_and_the_sound_made_anew() {
    let server = Server::start(&SOUNDS);
    let feeder = Feeder::start(&server.push_url("a"), Clip::h264("320x180"));
    server.wait_live("a");
    let (player, original) = (Witness::watch(&server, "a_opus"), Witness::watch(&server, "a"));
    player.goes_on();
    let mut last = only_child(&server);
    for times in 1..=3 {
        assert!(Command::new("kill").args(["-9", &last.to_string()]).status().unwrap().success());
        wait_within("the killed program to be gone", Duration::from_secs(5), || is_gone(last));
        last =
            wait_some("another one", || children(server.pid()).into_iter().find(|pid| *pid != last && !is_gone(*pid)));
        player.goes_on();
        original.goes_on();
        wait_for("the kill to be counted", || ended(&server, "sound", "signal") == times);
    }
    // The picture has passed by all of them: where its two seconds begin anew there are 100 ms between two.
    assert!(player.seen().gap_ms <= 100, "{:?}", player.seen());
    let heard = media(&server.play_url("a_opus", "flv"), 3_000);
    assert!(heard.iter().filter(|tag| tag.kind == Kind::Audio).count() > 40, "the sound has come back");
    assert!(event_kinds(&server, "a_opus").contains(&"transcode_failed".to_owned()));
    // Another publisher, who sends Opus: it is shown as it is, and the program goes.
    drop(feeder);
    let _encoder = encode(ffmpeg_new(), &[PICTURE, TONE], &[H264, OPUS], &server.push_url("a"));
    wait_for("the program to be gone", || is_gone(last) && children(server.pid()).is_empty());
    player.goes_on();
    assert_eq!(ffprobe(&server.play_url("a_opus", "mp4")).codec("audio"), Some("opus"));
    assert_eq!(server.metric("children_places"), 0, "its place is free");
}

#[test]
fn a_sound_that_comes_to_need_a_program_takes_none_that_is_left_to_watermarks() {
    let flags = ["--transcode-rates", "550", "--limits-children-max", "2"];
    let server = Server::start(&[SOUNDS.as_slice(), &flags].concat());
    let encoder = encode(ffmpeg_new(), &[PICTURE, TONE], &[H264, OPUS], &server.push_url("a"));
    let _other = Feeder::start(&server.push_url("b"), Clip::h264("320x180"));
    server.wait_live("a");
    server.wait_live("b");
    let (player, rate) = (Witness::watch(&server, "a_opus"), Witness::watch(&server, "b_550"));
    player.goes_on();
    rate.goes_on();
    assert_eq!((server.metric("children_places"), server.metric("children_refused_total")), (1, 0));
    // Another publisher, whose sound is another one.
    drop(encoder);
    let _feeder = Feeder::start(&server.push_url("a"), Clip::h264("320x180"));
    wait_for("a place to be refused", || server.metric("children_refused_total") > 1);
    assert_eq!(server.metric("children{kind=\"sound\"}"), 0);
    player.goes_on();
    drop(rate);
    wait_for("the program that makes the sound", || server.metric("children{kind=\"sound\"}") == 1);
    player.goes_on();
    assert_eq!(server.metric("children_places"), 1);
}
