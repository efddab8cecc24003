//! Players of HLS that go from rate to rate: hls.js in a real browser, on rates that real encoders make.

use std::time::Duration;

use serde_json::json;
use vivace_tests::{Clip, Feeder, Server, browser};

/// How far apart dates of the same time may be: they go by the sum of the durations that came before.
const DATES_MS: f64 = 50.0;

#[test]
fn a_player_goes_from_rate_to_rate_without_a_hole_or_a_step_in_time() {
    let server = Server::start(&["--transcode-rates", "550,900", "--transcode-idle-ms", "1500"]);
    let _feeder = Feeder::start(&server.push_url("a"), Clip::h264_at("1600x900", 2_500));
    server.wait_live("a");
    let script = browser::script("levels.mjs", [server.play_url("a", "hls")]);
    let seen = browser::seen(script, Duration::from_secs(240));
    assert_eq!((&seen["fatal"], &seen["broken"], &seen["holes"]), (&json!(false), &json!([]), &json!([])), "{seen}");

    let levels = seen["levels"].as_array().unwrap();
    let resolutions: Vec<&str> = levels.iter().map(|level| level["resolution"].as_str().unwrap()).collect();
    assert_eq!(resolutions, ["960x540", "1280x720", "1600x900"]);
    for level in levels {
        let codecs = level["codecs"].as_str().unwrap();
        assert!(codecs.starts_with("avc1.") && codecs.ends_with(",mp4a.40.2"), "{level}");
    }
    let rates: Vec<u64> = levels.iter().map(|level| level["bitrate"].as_u64().unwrap()).collect();
    assert!(rates.is_sorted(), "{rates:?}");

    let visits = seen["visits"].as_array().unwrap();
    let wanted: Vec<u64> = visits.iter().map(|visit| visit["level"].as_u64().unwrap()).collect();
    assert_eq!(wanted, [0, 1, 2, 0, 2, 0], "{seen}");
    let mut at_s = 0.0;
    for visit in visits {
        let (first, second) = (&visit["first"], &visit["second"]);
        let height = [540, 720, 900][usize::try_from(visit["level"].as_u64().unwrap()).unwrap()];
        assert_eq!((&first["height"], &second["height"]), (&json!(height), &json!(height)), "{visit}");
        let (begun, ended) = (first["at_s"].as_f64().unwrap(), second["at_s"].as_f64().unwrap());
        assert!(begun >= at_s && ended >= begun + 1.5, "time goes on: {at_s} {visit}");
        assert!(second["decoded"].as_u64() >= first["decoded"].as_u64().map(|frames| frames + 20), "{visit}");
        assert!(second["audio_bytes"].as_u64() > first["audio_bytes"].as_u64(), "{visit}");
        at_s = ended;
    }

    // Segments of all rates lie on one timeline, and their dates say so.
    let zeros: Vec<f64> = seen["dates"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|level| level.as_array().unwrap())
        .map(|segment| segment["zero_ms"].as_f64().unwrap())
        .collect();
    let (first, last) = zeros.iter().fold((f64::MAX, f64::MIN), |(low, high), zero| (low.min(*zero), high.max(*zero)));
    assert!(zeros.len() >= 6 && last - first <= DATES_MS, "{} ms apart: {zeros:?}", last - first);
}
