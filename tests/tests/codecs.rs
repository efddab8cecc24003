//! Streams of other codecs and of one track only.

use vivace_tests::{
    AAC, Clip, Feeder, H264, HlsPlayer, PICTURE, Server, TONE, count_frames, describe_new, encode, ffmpeg, ffmpeg_new,
    ffprobe,
};

const X265: &[&str] =
    &["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-x265-params", "keyint=25:bframes=0:pools=1"];

/// What each form of HLS gives to ffprobe: the codecs of pictures and of sound.
#[track_caller]
fn plays_hls(server: &Server, codecs: (Option<&str>, Option<&str>), named: &str) {
    let hls = server.play_url("a", "hls");
    for form in ["", "&hls=ll", "&hls=ts"] {
        let url = format!("{hls}{form}");
        let player = HlsPlayer::begin(&url);
        assert!(player.master.contains(named), "{form}: {}", player.master);
        let probe = ffprobe(&url);
        assert_eq!((probe.codec("video"), probe.codec("audio")), codecs, "{form}");
        player.watch(1);
        if form.ends_with("ts") {
            let (pictures, sounds) = player.transport();
            assert_eq!((pictures > 50, sounds > 10), (codecs.0.is_some(), codecs.1.is_some()), "{pictures} {sounds}");
        }
    }
}

/// Every format gives HEVC to the newer ffmpeg, and MP4 to Debian's too.
#[track_caller]
fn plays_hevc(server: &Server, sound: Option<&str>) {
    for format in ["rtmp", "flv", "mp4"] {
        let url = server.play_url("a", format);
        let said = describe_new(&url);
        assert!(said.contains("Video: hevc") && said.contains("320x180"), "{format}: {said}");
        let frames = count_frames(ffmpeg_new(), &url);
        assert!(frames > 60, "{format}: {frames} pictures in three seconds");
    }
    let probe = ffprobe(&server.play_url("a", "mp4"));
    assert_eq!((probe.codec("video"), probe.size()), (Some("hevc"), Some((320, 180))));
    assert_eq!(server.stream("a").unwrap()["video"]["name"], "HEVC");
    plays_hls(server, (Some("hevc"), sound), "CODECS=\"hvc1.1.6.L");
}

#[test]
fn hevc_by_enhanced_rtmp() {
    let server = Server::start(&[]);
    let _encoder = encode(ffmpeg_new(), &[PICTURE, TONE], &[X265, AAC], &server.push_url("a"));
    server.wait_live("a");
    plays_hevc(&server, Some("aac"));
}

#[test]
fn hevc_with_codec_id_12_as_encoders_sent_it_before_enhanced_rtmp() {
    let server = Server::start(&[]);
    let _feeder = Feeder::start(&server.push_url("a"), Clip::hevc().with_codec_id_12());
    server.wait_live("a");
    plays_hevc(&server, None);
}

#[test]
fn sound_without_pictures() {
    let server = Server::start(&[]);
    let _encoder = encode(ffmpeg(), &[TONE], &[AAC], &server.push_url("a"));
    server.wait_live("a");
    for format in ["rtmp", "flv", "mp4"] {
        let probe = ffprobe(&server.play_url("a", format));
        assert_eq!((probe.codec("audio"), probe.codec("video")), (Some("aac"), None), "{format}");
    }
    plays_hls(&server, (None, Some("aac")), "CODECS=\"mp4a.40.2\"");
}

#[test]
fn pictures_without_sound() {
    let server = Server::start(&[]);
    let _encoder = encode(ffmpeg(), &[PICTURE], &[H264], &server.push_url("a"));
    server.wait_live("a");
    for format in ["rtmp", "flv", "mp4"] {
        let url = server.play_url("a", format);
        let probe = ffprobe(&url);
        assert_eq!((probe.codec("video"), probe.codec("audio")), (Some("h264"), None), "{format}");
    }
    let frames = count_frames(ffmpeg(), &server.play_url("a", "flv"));
    assert!(frames > 60, "{frames} pictures in three seconds");
    plays_hls(&server, (Some("h264"), None), "RESOLUTION=320x180,FRAME-RATE=25.000");
}

#[test]
fn mp3() {
    let server = Server::start(&[]);
    let mp3 = &["-c:a", "libmp3lame", "-b:a", "64k"];
    let _encoder = encode(ffmpeg(), &[PICTURE, TONE], &[H264, mp3], &server.push_url("a"));
    server.wait_live("a");
    for format in ["rtmp", "flv", "mp4"] {
        let probe = ffprobe(&server.play_url("a", format));
        assert_eq!((probe.codec("video"), probe.codec("audio")), (Some("h264"), Some("mp3")), "{format}");
    }
    plays_hls(&server, (Some("h264"), Some("mp3")), ",mp4a.40.34\"");
}
