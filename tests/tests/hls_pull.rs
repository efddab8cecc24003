//! Streams that are pulled from other servers by HLS: from a Vivace, from ffmpeg's files, and from servers that mean harm.

mod lvb;

use std::fs;

use lvb::{call, code, create, created, describe, status, stop};
use serde_json::{Value, json};
use vivace_tests::{
    AAC, Answer, Giving, H264, PICTURE, Server, TONE, Tool, Web, Witness, count_frames, ffmpeg, ffprobe, push, request,
    vivace, wait_for, wait_some,
};

/// The other server is on this machine; and a scenario does not wait for long.
const FLAGS: [&str; 10] = [
    "--outbound-allow",
    "127.0.0.1",
    "--limits-relay-backoff-ms-min",
    "100",
    "--limits-relay-backoff-ms-max",
    "300",
    "--limits-publish-grace-ms",
    "300",
    "--limits-api-queries-per-minute-max",
    "10000",
];
/// A source that is lost is soon told.
const QUICK: [&str; 2] = ["--limits-relay-idle-ms-max", "2000"];
/// Encoders that begin anew are waited for.
const PATIENT: [&str; 2] = ["--limits-relay-idle-ms-max", "60000"];

fn start(flags: &[&str]) -> Server {
    Server::start(&[&FLAGS, flags].concat())
}

fn ask(server: &Server, method: &str, path: &str, body: &str) -> Answer {
    let (host, token, bytes) = (&server.http, server.key("api_token"), body.len());
    let head = format!("{method} /api/v1/{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    let head = format!("{head}Authorization: Bearer {token}\r\nContent-Length: {bytes}\r\n\r\n");
    request(host, format!("{head}{body}").as_bytes())
}

/// Pulls a playlist; the relay's id.
#[track_caller]
fn pull(server: &Server, stream: &str, url: &str) -> String {
    let body = json!({"direction": "pull", "stream": stream, "url": url}).to_string();
    let answer = ask(server, "POST", "relays", &body);
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn relay(server: &Server, id: &str) -> Value {
    let items = server.api("relays")["items"].as_array().unwrap().clone();
    items.into_iter().find(|item| item["id"] == id).expect("the relay is not listed")
}

/// A relay that tries again and again is caught between two tries.
#[track_caller]
fn wait_error(server: &Server, id: &str, part: &str) -> String {
    wait_some(&format!("an error with {part:?}; the relay is {}", relay(server, id)), || {
        let error = relay(server, id)["last_error"].as_str()?.to_owned();
        error.contains(part).then_some(error)
    })
}

/// ffmpeg with the picture and the tone, as HLS into the folder of a web server.
fn segments(web: &Web, options: &[&str]) -> Tool {
    let mut encoder = ffmpeg();
    for input in [PICTURE, TONE] {
        encoder.arg("-re").args(input);
    }
    encoder.args([H264, AAC].concat()).args(["-f", "hls", "-hls_time", "1", "-hls_list_size", "5"]).args(options);
    let encoder = Tool::start(encoder.arg(web.folder().join("x.m3u8")));
    wait_for("a playlist", || listed(web) >= 2);
    encoder
}

fn listed(web: &Web) -> usize {
    fs::read_to_string(web.folder().join("x.m3u8")).map_or(0, |list| list.matches("#EXTINF").count())
}

#[track_caller]
fn plays(server: &Server, name: &str) {
    server.wait_live(name);
    assert!(count_frames(ffmpeg(), &server.play_url(name, "flv")) > 50);
    let probe = ffprobe(&server.play_url(name, "flv"));
    assert_eq!((probe.codec("video"), probe.codec("audio")), (Some("h264"), Some("aac")));
    assert_eq!(probe.size(), Some((320, 180)));
}

#[test]
fn a_stream_of_another_vivace_is_pulled_as_mp4_and_as_transport_stream() {
    let (origin, server) = (Server::start(&["--hls-segment-ms", "1000"]), start(&QUICK));
    let _encoder = push(&origin.push_url("src"));
    origin.wait_live("src");
    let address = origin.play_url("src", "hls");
    let mp4 = server.ask(&["relay", "add", "pull", "mp4", &address]);
    let ts = pull(&server, "ts", &format!("{address}&hls=ts"));
    for name in ["mp4", "ts"] {
        plays(&server, name);
    }
    let witness = Witness::watch(&server, "mp4");
    witness.goes_on();
    for id in [&mp4, &ts] {
        let running = relay(&server, id);
        assert_eq!((&running["state"], &running["attempts"]), (&json!("running"), &json!(1)), "{running}");
        assert!(running["bytes"].as_u64() > Some(10_000), "{running}");
        let shown = running["url"].as_str().unwrap();
        assert!(shown.starts_with("http://127.0.0.1:") && shown.ends_with("/live/…"), "{shown}");
    }
    assert!(server.metric("relay_hls_segments_total") >= 4);
    assert_eq!(server.metric("relay_hls_segments_skipped_total"), 0);
    // One name has one source, and what is pulled by HLS cannot be pushed to.
    let body = json!({"direction": "push", "stream": "mp4", "url": "http://h/live/x.m3u8"}).to_string();
    let refused = ask(&server, "POST", "relays", &body);
    assert_eq!(refused.status, 400, "{}", refused.text());
    for wrong in ["http://h/live/x.flv", "ftp://h/x.m3u8", "https://u:p@h/x.m3u8"] {
        let data = server.data();
        let said = vivace(&["relay", "add", "pull", "z", wrong, "--data", data.to_str().unwrap()]);
        assert_ne!(said.code, 0, "{wrong}");
    }
    assert_eq!(ask(&server, "DELETE", &format!("relays/{ts}"), "").status, 204);
}

#[test]
fn a_channel_pulls_hls_and_tells_why_it_cannot() {
    let (web, server) = (Web::start(), start(&QUICK));
    let encoder = segments(&web, &["-hls_flags", "delete_segments"]);
    let address = web.url("/x.m3u8?key=s3cr3tkey");
    let source = |address: &str| {
        let reply = created(&server, &[("sourceList.0.type", "3"), ("sourceList.0.address", address)]);
        code(&reply)
    };
    for wrong in ["rtmp://h/live/x", "http://h/live/x.flv", "ftp://h/x.m3u8"] {
        assert_eq!(source(wrong), "lvb-video/20112", "{wrong}");
    }
    let (id, info) = create(&server, &[("sourceList.0.type", "3"), ("sourceList.0.address", &address)]);
    assert_eq!(info["upstream_address"], "", "it takes no push");
    wait_for("the channel to be live", || status(&server, &id) == "1");
    let shown = describe(&server, &id);
    assert_eq!(shown["upstream_list"][0]["sourceType"], "3", "{shown}");
    let flv = info["downstream_address"][0]["flv_downstream_address"].as_str().unwrap();
    assert!(count_frames(ffmpeg(), flv) > 50);

    // The encoder's end stands in its playlist.
    encoder.terminate();
    wait_for("the channel to be abnormal", || status(&server, &id) == "2");
    let reason = wait_some("a reason", || {
        let failing = describe(&server, &id);
        let reason = failing["status_reason"].as_str()?.to_owned();
        reason.contains("has ended").then_some(reason)
    });
    assert!(!reason.contains("s3cr3tkey"), "{reason}");
    drop(encoder);
    // It begins anew with lower numbers than before.
    for entry in fs::read_dir(web.folder().path()).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let _encoder = segments(&web, &["-hls_flags", "delete_segments"]);
    wait_for("the channel to be live again", || status(&server, &id) == "1");

    // It goes on after a kill, and stops with its channel.
    let server = Server::start_in(server.kill_9(), &[&FLAGS[..], &QUICK].concat());
    wait_for("the channel to be live after a restart", || status(&server, &id) == "1");
    assert_eq!(stop(&server, &id), "ok");
    let before = web.asked("/x.m3u8");
    assert_eq!(status(&server, &id), "3");
    assert_eq!(web.asked("/x.m3u8"), before, "a stopped channel asks on");
    // The source may be changed from one kind to the other.
    let upstream = describe(&server, &id)["upstream_list"][0]["sourceID"].clone();
    let upstream = upstream.as_str().map_or_else(|| upstream.to_string(), str::to_owned);
    let change = [("channelId", id.as_str()), ("sourceId", &upstream), ("sourceName", "v"), ("sourceType", "3")];
    let change = |address| [&change[..], &[("sourceAddress", address)]].concat();
    assert_eq!(code(&call(&server, "ModifyLVBUpstream", &change("rtmp://h/live/x"))), "lvb-video/20112");
    assert_eq!(code(&call(&server, "ModifyLVBUpstream", &change("https://example.org/live/x.m3u8"))), "ok");
}

#[test]
fn a_source_that_dies_is_told_and_pulled_again_when_it_comes_back() {
    let (origin, server) = (Server::start(&["--hls-segment-ms", "1000"]), start(&QUICK));
    let mut encoder = push(&origin.push_url("src"));
    origin.wait_live("src");
    let id = pull(&server, "cam", &origin.play_url("src", "hls"));
    server.wait_live("cam");
    let address = [origin.rtmp.clone(), origin.http.clone()];
    let folder = origin.kill_9();
    encoder.kill_9();
    wait_error(&server, &id, "cannot be reached");
    wait_for("the stream to end", || server.stream("cam").is_none());
    let flags = ["--rtmp", &address[0], "--http", &address[1], "--hls-segment-ms", "1000"];
    let origin = Server::start_in(folder, &flags);
    let _encoder = push(&origin.push_url("src"));
    plays(&server, "cam");
    assert!(server.metric("relay_reconnects_total") >= 1);
}

#[test]
fn discontinuities_and_new_numbers_do_not_end_the_stream() {
    let (web, server) = (Web::start(), start(&PATIENT));
    let mut encoder = segments(&web, &["-hls_flags", "omit_endlist"]);
    let id = pull(&server, "cam", &web.url("/x.m3u8"));
    server.wait_live("cam");
    let witness = Witness::watch(&server, "cam");
    witness.goes_on();
    // The list goes on behind a discontinuity, with times that begin anew.
    encoder.kill_9();
    let mut encoder = segments(&web, &["-hls_flags", "omit_endlist+append_list"]);
    wait_for("a discontinuity", || {
        fs::read_to_string(web.folder().join("x.m3u8")).is_ok_and(|list| list.contains("#EXT-X-DISCONTINUITY\n"))
    });
    witness.goes_on();
    // Numbers begin anew, with other names.
    encoder.kill_9();
    let name = web.folder().join("other%d.ts");
    fs::remove_file(web.folder().join("x.m3u8")).unwrap();
    let _encoder = segments(&web, &["-hls_flags", "omit_endlist", "-hls_segment_filename", name.to_str().unwrap()]);
    witness.goes_on();
    wait_for("the new segments", || web.asked("/other1.ts") > 0);
    witness.goes_on();
    let running = relay(&server, &id);
    assert_eq!((&running["state"], &running["attempts"]), (&json!("running"), &json!(1)), "{running}");
}

#[test]
fn fragmented_mp4_of_ffmpeg_is_pulled_with_its_sound_in_a_rendition_of_its_own() {
    let (web, server) = (Web::start(), start(&QUICK));
    let mut encoder = ffmpeg();
    for input in [PICTURE, TONE] {
        encoder.arg("-re").args(input);
    }
    encoder.args([H264, AAC].concat()).args(["-f", "hls", "-hls_time", "1", "-hls_list_size", "5"]);
    encoder.args(["-hls_segment_type", "fmp4", "-map", "0:v", "-map", "1:a", "-master_pl_name", "master.m3u8"]);
    encoder.args(["-var_stream_map", "v:0,agroup:sound a:0,agroup:sound,default:yes"]);
    // What stands for the number of a rendition goes into each name.
    let encoder = Tool::start(encoder.arg(web.folder().join("x%v.m3u8")));
    let master = web.folder().join("master.m3u8");
    wait_for("a playlist", || {
        let listed = |file: &str| {
            fs::read_to_string(web.folder().join(file)).is_ok_and(|list| list.matches("#EXTINF").count() > 1)
        };
        master.is_file() && listed("x0.m3u8") && listed("x1.m3u8")
    });
    let text = fs::read_to_string(&master).unwrap();
    assert!(text.contains("TYPE=AUDIO") && text.contains("x1.m3u8"), "{text}");
    pull(&server, "cam", &web.url("/master.m3u8"));
    plays(&server, "cam");
    drop(encoder);
}

#[test]
fn encrypted_segments_are_refused_with_their_reason() {
    let (web, server) = (Web::start(), start(&QUICK));
    let [key, info] = ["key.bin", "key.info"].map(|name| web.folder().join(name));
    fs::write(&key, [7; 16]).unwrap();
    fs::write(&info, format!("key.bin\n{}\n", key.display())).unwrap();
    let _encoder = segments(&web, &["-hls_key_info_file", info.to_str().unwrap()]);
    let id = pull(&server, "cam", &web.url("/x.m3u8"));
    let error = wait_error(&server, &id, "encrypted");
    assert!(error.contains("AES-128"), "{error}");
    assert!(server.stream("cam").is_none());
    assert_eq!(web.asked("/x0.ts"), 0, "what cannot be read is not asked for");
}

/// A live playlist of one segment.
fn list(uri: &str) -> Giving {
    Giving::Body(format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{uri}\n").into_bytes())
}

/// Packets of a program whose PES packets lie about their lengths.
fn broken_lengths() -> Vec<u8> {
    // The tables that ffmpeg writes.
    let mut encoder = ffmpeg();
    encoder.args(TONE).args(["-t", "1", "-c:a", "aac", "-f", "mpegts", "pipe:1"]);
    let output = encoder.output().unwrap();
    let mut packets = output.stdout;
    assert!(packets.len() > 188 * 10, "{}", String::from_utf8_lossy(&output.stderr));
    for packet in packets.chunks_mut(188) {
        if let Some(at) = packet.windows(4).position(|four| four == [0, 0, 1, 0xc0]) {
            packet[at + 4..at + 6].copy_from_slice(&[0xff, 0xff]);
        }
    }
    packets
}

#[test]
fn servers_that_mean_harm_cost_no_memory_and_are_told_apart() {
    let flags = [&QUICK[..], &["--limits-relay-start-ms-max", "1500"]].concat();
    let (web, server) = (Web::start(), start(&flags));
    web.give("/endless.m3u8", Giving::Endless(b"#EXTM3U\n".to_vec(), b"#EXTINF:1,\nx.ts\n".repeat(1_000)));
    web.give("/gigabyte.m3u8", Giving::Flood(1 << 30));
    web.give("/drip.m3u8", Giving::Drip);
    web.give("/hang.m3u8", Giving::Hang);
    web.give("/page.m3u8", Giving::Body(b"<html>no</html>".to_vec()));
    web.give("/away.m3u8", Giving::Redirect("http://127.0.0.2:9/live/x.m3u8".to_owned()));
    web.give("/loop.m3u8", Giving::Redirect("loop.m3u8".to_owned()));
    web.give("/file.m3u8", Giving::Redirect("file:///etc/passwd".to_owned()));
    web.give("/metadata.m3u8", list("http://169.254.169.254/latest/meta-data/"));
    web.give("/noise.m3u8", list("noise.ts"));
    web.give(
        "/noise.ts",
        Giving::Body((0..100_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()),
    );
    web.give("/sync.m3u8", list("sync.ts"));
    web.give("/sync.ts", Giving::Body(vec![0x47; 188 * 500]));
    web.give("/pes.m3u8", list("pes.ts"));
    web.give("/pes.ts", Giving::Body(broken_lengths()));
    web.give("/big.m3u8", list("big.ts"));
    web.give("/big.ts", Giving::Flood(1 << 30));
    let mut ended = Vec::from(*b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nnoise.ts\n#EXT-X-ENDLIST\n");
    web.give("/ended.m3u8", Giving::Body(std::mem::take(&mut ended)));
    let cases = [
        ("endless", "more than 4194304 bytes"),
        ("gigabyte", "more than 4194304 bytes"),
        ("drip", "no whole answer came within 1500 ms"),
        ("hang", "no whole answer came within 1500 ms"),
        ("missing", "status 404"),
        ("page", "does not begin with #EXTM3U"),
        ("away", "127.0.0.2 is a loopback address"),
        ("loop", "more than 5 times"),
        ("file", "sends elsewhere"),
        ("metadata", "169.254.169.254"),
        ("noise", "neither a transport stream nor"),
        ("sync", "no table of tracks"),
        ("pes", "no new segment came"),
        ("big", "more than 67108864 bytes"),
        ("ended", "EXT-X-ENDLIST"),
    ];
    let ids = cases.map(|(name, _)| pull(&server, name, &web.url(&format!("/{name}.m3u8"))));
    for ((name, reason), id) in cases.iter().zip(&ids) {
        let error = wait_error(&server, id, reason);
        assert!(!error.contains(".m3u8"), "{name}: {error}");
    }
    assert!(server.streams().is_empty(), "a name is claimed without media");
    // Everybody else is served meanwhile.
    let _encoder = push(&server.push_url("mine"));
    plays(&server, "mine");
    for id in &ids {
        assert_eq!(ask(&server, "DELETE", &format!("relays/{id}"), "").status, 204);
    }
    assert!(server.memory_peak_bytes() < 400 << 20, "{}", server.memory_peak_bytes());
    assert_eq!(server.metric("panics_total"), 0);
}
