//! The inputs that the fuzzer has found worth keeping, replayed on any compiler: no promise of a parser is broken.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use vivace_domain::url;
use vivace_hls::{engine as hls, serve, walk};
use vivace_media::fuzz as media;
use vivace_rtmp::engine::fuzz as rtmp;

type Check = fn(&[u8]);

/// Each target of `fuzz/fuzz_targets` with the function that it calls.
const TARGETS: &[(&str, Check)] = &[
    ("admin_request", vivace_admin::fuzz::request),
    ("domain_addresses", vivace_domain::fuzz::addresses),
    ("domain_api_sign", vivace_domain::fuzz::api_sign),
    ("domain_file", url::fuzz::file),
    ("domain_ip_block", vivace_domain::fuzz::ip_block),
    ("domain_picture", vivace_domain::fuzz::picture),
    ("domain_query", url::fuzz::query),
    ("domain_shift", url::fuzz::shift),
    ("gate_ip_entry", vivace_gate::fuzz::ip_entry),
    ("lvb_code_body", vivace_lvb::code_api::fuzz::body),
    ("lvb_code_query", vivace_lvb::code_api::fuzz::query),
    ("lvb_connect", vivace_lvb::fuzz::connect),
    ("lvb_parameters", vivace_lvb::fuzz::parameters),
    ("lvb_v3", vivace_lvb::fuzz::v3),
    ("domain_recording", vivace_domain::recording::fuzz::words),
    ("flv_request", vivace_flv::fuzz::request),
    ("flv_websocket", vivace_flv::fuzz::websocket),
    ("hls_file", serve::fuzz::file),
    ("hls_head", serve::fuzz::head),
    ("hls_kept", serve::fuzz::kept),
    ("hls_query", hls::fuzz::query),
    ("hls_segmenter", hls::fuzz::segmenter),
    ("hls_source", hls::source::fuzz::source),
    ("hls_source_playlist", hls::source::fuzz::playlist),
    ("hls_walk", walk::fuzz::walk),
    ("media_aac", media::aac),
    ("media_amf", media::amf),
    ("media_av1", media::av1),
    ("media_flv", media::flv),
    ("media_fmp4_boxes", media::fmp4_boxes),
    ("media_fmp4_read", media::fmp4_read),
    ("media_h264", media::h264),
    ("media_hevc", media::hevc),
    ("media_mp3", media::mp3),
    ("media_mp4", media::mp4),
    ("media_mpegts", media::mpegts),
    ("media_mpegts_write", media::mpegts_write),
    ("media_opus", media::opus),
    ("media_vp9", media::vp9),
    ("net_certificate", vivace_net::tls::fuzz::certificate),
    ("rtmp_chunk", rtmp::chunk),
    ("rtmp_chunk_write", rtmp::chunk_write),
    ("rtmp_client", rtmp::client),
    ("rtmp_handshake", rtmp::handshake),
    ("rtmp_server", rtmp::server),
    ("worker_answer", vivace_worker::fuzz::answer),
    ("worker_picture", vivace_worker::fuzz::picture),
    ("worker_unpack", vivace_worker::transcode::fuzz::unpack),
];

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn each_target_is_replayed_and_has_inputs() {
    let here: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(here, names(&fuzz().join("fuzz_targets")));
    assert_eq!(here, names(&fuzz().join("corpus")));
}

#[test]
fn no_input_breaks_a_promise() {
    for (target, check) in TARGETS {
        let folder = fuzz().join("corpus").join(target);
        let mut count = 0;
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let data = fs::read(&path).unwrap();
            println!("{}", path.display());
            check(&data);
            count += 1;
        }
        assert!(count > 0, "{target} has no inputs");
    }
}
