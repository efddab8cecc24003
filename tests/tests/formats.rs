//! The matrix of codecs and protocols that `vivace formats` prints, held against what plays and what is refused.

use std::fs::File;
use std::io::{Read, Write};
use std::time::Duration;

use serde_json::Value;
use vivace_tests::{
    AAC, Folder, H264, HlsPlayer, Live, PICTURE, Server, TONE, WebSocket, count_frames, describe_new, encode, ffmpeg,
    ffmpeg_new, ffprobe, get, vivace, wait_for, wait_within,
};

const X265: &[&str] =
    &["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-x265-params", "keyint=25:bframes=0:pools=1"];
const AV1: &[&str] =
    &["-c:v", "libsvtav1", "-preset", "12", "-g", "25", "-pix_fmt", "yuv420p", "-svtav1-params", "pred-struct=1:lp=1"];
const VP9: &[&str] = &[
    "-c:v",
    "libvpx-vp9",
    "-deadline",
    "realtime",
    "-cpu-used",
    "8",
    "-g",
    "25",
    "-pix_fmt",
    "yuv420p",
    "-threads",
    "1",
];
const OPUS: &[&str] = &["-c:a", "libopus", "-b:a", "48k"];
const MP3: &[&str] = &["-c:a", "libmp3lame", "-b:a", "64k"];
const ALAW: &[&str] = &["-c:a", "pcm_alaw", "-ar", "8000", "-ac", "1"];
const ULAW: &[&str] = &["-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1"];

/// What `vivace formats` says of a codec.
fn row(codec: &str) -> Value {
    let said: Value = serde_json::from_str(&vivace(&["formats", "--json"]).ok()).unwrap();
    let found = said.as_array().unwrap().iter().find(|row| row["codec"] == codec);
    found.unwrap_or_else(|| panic!("no {codec} in {said}")).clone()
}

fn carries(codec: &str, format: &str) -> bool {
    row(codec)["formats"][format].as_bool().unwrap()
}

/// Each form of HLS as `vivace formats` names it, and what its address has beside that of HLS.
const HLS: [(&str, &str); 3] = [("hls", ""), ("hls", "&hls=ll"), ("hls-ts", "&hls=ts")];

/// How the codec's name in `CODECS` of a master playlist begins; that of sound is all of it.
fn rfc6381(codec: &str) -> &'static str {
    match codec {
        "h264" => "avc1.",
        "hevc" => "hvc1.1.6.L",
        "av1" => "av01.0.",
        "vp9" => "vp09.00.",
        "aac" => "mp4a.40.2",
        "mp3" => "mp4a.40.34",
        "opus" => "Opus",
        other => panic!("{other} is in no playlist"),
    }
}

/// Every form of HLS plays the pair, all at once, or refuses it by its code.
#[track_caller]
fn holds_as_hls(server: &Server, codecs: (&str, &str), names: (&str, &str)) {
    let hls = server.play_url("a", "hls");
    let (yes, no): (Vec<_>, Vec<_>) =
        HLS.into_iter().partition(|(format, _)| carries(codecs.0, format) && carries(codecs.1, format));
    for (_, form) in no {
        refuses(server, &format!("{hls}{form}"));
    }
    let play = |form: &str| {
        let url = format!("{hls}{form}");
        let player = HlsPlayer::begin(&url);
        let told = ["CODECS=\"", rfc6381(names.0), ",RESOLUTION=320x180,FRAME-RATE=25.000\n"];
        assert!(told.iter().all(|told| player.master.contains(told)), "{}", player.master);
        assert!(player.master.contains(&format!(",{}\"", rfc6381(names.1))), "{}", player.master);
        player.watch(1);
        describes(&describe_new(&url), names, form);
        let frames = count_frames(ffmpeg_new(), &url);
        assert!(frames > 50, "{form}: {frames} pictures in three seconds");
        if form.ends_with("ts") {
            let (pictures, sounds) = player.transport();
            assert!(pictures > 50 && sounds > 10, "{pictures} {sounds}");
        }
    };
    std::thread::scope(|scope| yes.into_iter().for_each(|(_, form)| drop(scope.spawn(move || play(form)))));
}

/// The play is refused by the code for what a format cannot carry.
#[track_caller]
fn refuses(server: &Server, url: &str) {
    let before = server.refused("play", "lvb-video/20113");
    let answer = get(url);
    assert_eq!((answer.status, answer.header("x-vivace-code")), (406, Some("lvb-video/20113")));
    assert_eq!(server.refused("play", "lvb-video/20113"), before + 1);
}

/// What `said` describes is the pair, and a size of the picture.
#[track_caller]
fn describes(said: &str, names: (&str, &str), format: &str) {
    assert!(said.contains(&format!("Video: {}", names.0)) && said.contains("320x180"), "{format}: {said}");
    assert!(said.contains(&format!("Audio: {}", names.1)), "{format}: {said}");
}

/// What comes over WebSocket is a file that the newer ffmpeg reads.
#[track_caller]
fn holds_as_websocket(url: &str, names: (&str, &str)) {
    let folder = Folder::new();
    let path = folder.join("said");
    let (mut file, mut socket) = (File::create(&path).unwrap(), WebSocket::open(url));
    let path = path.to_str().unwrap();
    wait_within("two seconds of pictures", Duration::from_secs(60), || {
        for _ in 0..40 {
            file.write_all(&socket.message().unwrap().expect("a message")).unwrap();
        }
        count_frames(ffmpeg_new(), path) > 50
    });
    describes(&describe_new(path), names, url);
}

/// Every format plays the pair to the newer ffmpeg, or refuses it by its code, as the matrix says.
#[track_caller]
fn holds(video: (&str, &[&str]), audio: (&str, &[&str]), names: (&str, &str)) {
    let server = Server::start(&[]);
    let _encoder = encode(ffmpeg_new(), &[PICTURE, TONE], &[video.1, audio.1], &server.push_url("a"));
    server.wait_live("a");
    wait_for("both tracks", || {
        let stream = server.stream("a").unwrap();
        stream["video"]["name"] == video.0 && stream["audio"]["name"] == audio.0
    });
    assert_eq!(server.stream("a").unwrap()["video"]["width"], 320);
    for format in ["rtmp", "flv", "mp4"] {
        let url = server.play_url("a", format);
        if carries(video.0, format) && carries(audio.0, format) {
            describes(&describe_new(&url), names, format);
            let frames = count_frames(ffmpeg_new(), &url);
            assert!(frames > 50, "{format}: {frames} pictures in three seconds");
        } else {
            refuses(&server, &url);
        }
    }
    for format in ["flv", "mp4"] {
        let url = server.play_url("a", &format!("ws-{format}"));
        if carries(video.0, format) && carries(audio.0, format) {
            holds_as_websocket(&url, names);
        } else {
            refuses(&server, &url);
        }
    }
    holds_as_hls(&server, (video.0, audio.0), names);
}

#[test]
fn av1_and_opus() {
    holds(("AV1", AV1), ("Opus", OPUS), ("av1", "opus"));
}

#[test]
fn vp9_and_opus() {
    holds(("VP9", VP9), ("Opus", OPUS), ("vp9", "opus"));
}

#[test]
fn av1_and_aac() {
    holds(("AV1", AV1), ("AAC", AAC), ("av1", "aac"));
}

#[test]
fn hevc_and_mp3() {
    holds(("HEVC", X265), ("MP3", MP3), ("hevc", "mp3"));
}

#[test]
fn h264_and_g711_a_law() {
    holds(("H.264", H264), ("G.711 A-law", ALAW), ("h264", "pcm_alaw"));
}

#[test]
fn vp9_and_g711_mu_law() {
    holds(("VP9", VP9), ("G.711 mu-law", ULAW), ("vp9", "pcm_mulaw"));
}

#[test]
fn debians_ffmpeg_reads_av1_and_vp9_with_opus_from_mp4() {
    for (codec, options) in [("av1", AV1), ("vp9", VP9)] {
        let server = Server::start(&[]);
        let _encoder = encode(ffmpeg_new(), &[PICTURE, TONE], &[options, OPUS], &server.push_url("a"));
        server.wait_live("a");
        let url = server.play_url("a", "mp4");
        let probe = ffprobe(&url);
        assert_eq!((probe.codec("video"), probe.codec("audio")), (Some(codec), Some("opus")));
        assert_eq!(probe.size(), Some((320, 180)));
        let frames = count_frames(ffmpeg(), &url);
        assert!(frames > 50, "{codec}: {frames} pictures in three seconds");
    }
}

#[test]
fn opus_alone() {
    let server = Server::start(&[]);
    let _encoder = encode(ffmpeg_new(), &[TONE], &[OPUS], &server.push_url("a"));
    server.wait_live("a");
    let probe = ffprobe(&server.play_url("a", "mp4"));
    assert_eq!((probe.codec("audio"), probe.codec("video")), (Some("opus"), None));
    for format in ["rtmp", "flv"] {
        let said = describe_new(&server.play_url("a", format));
        assert!(said.contains("Audio: opus") && !said.contains("Video:"), "{format}: {said}");
    }
    let hls = server.play_url("a", "hls");
    for form in ["", "&hls=ll"] {
        let player = HlsPlayer::begin(&format!("{hls}{form}"));
        assert!(
            player.master.contains("CODECS=\"Opus\"") && !player.master.contains("RESOLUTION"),
            "{}",
            player.master
        );
        let probe = ffprobe(&format!("{hls}{form}"));
        assert_eq!((probe.codec("audio"), probe.codec("video")), (Some("opus"), None), "{form}");
        player.watch(1);
    }
    refuses(&server, &format!("{hls}&hls=ts"));
}

#[test]
fn a_player_is_let_go_when_the_publisher_changes_to_a_codec_that_it_cannot_get() {
    let server = Server::start(&[]);
    let first = encode(ffmpeg(), &[PICTURE, TONE], &[H264, AAC], &server.push_url("a"));
    server.wait_live("a");
    let mut player = Live::open(&server.play_url("a", "mp4"));
    let before = server.refused("play", "lvb-video/20113");
    drop(first);
    let _second = encode(ffmpeg(), &[PICTURE, TONE], &[H264, ULAW], &server.push_url("a"));
    player.read_to_end(&mut Vec::new()).unwrap();
    wait_for("the refusal", || server.refused("play", "lvb-video/20113") == before + 1);
}
