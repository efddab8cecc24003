//! hls.js in headless Chromium for minutes: each form of HLS plays without a stall, and low latency stays low.

use serde_json::Value;

use super::verdict::Verdict;
use crate::browser::{self, Form};
use crate::{AAC, H264, PICTURE, Server, TONE, encode, ffmpeg};

/// What lies at most between the encoder and the screen in low latency, at its median.
const LOW_LATENCY_MS_MAX: f64 = 1_200.0;

/// What is to be played.
#[derive(Clone, Copy, Debug)]
pub struct Browsers {
    /// Seconds.
    pub secs: u32,
}

/// Plays a stream in each form, all at once.
///
/// # Panics
/// The server does not start, or a browser or ffmpeg is missing.
pub fn browsers(plan: Browsers) -> Verdict {
    let server = Server::start(&[]);
    // A key frame every two seconds, as encoders are told to make them for HLS.
    let mut encoder = encode(ffmpeg(), &[PICTURE, TONE], &[H264, &["-g", "50"], AAC], &server.push_url("a"));
    server.wait_live("a");
    let forms = browser::forms(&server, "a");
    let mut verdict = Verdict::default();
    for (seen, form) in browser::hls(&forms, plan.secs).iter().zip(&forms) {
        judge(&mut verdict, seen, form, plan);
    }
    let runs = encoder.is_running();
    verdict.check("the encoder is not cut off", runs, "true", runs);
    verdict
}

fn judge(verdict: &mut Verdict, seen: &Value, form: &Form, plan: Browsers) {
    let name = form.name;
    verdict.notes.push(format!("{name}: {seen}"));
    for (what, field) in [("stalls", "stalls"), ("what went wrong", "faults")] {
        let none = seen[field].as_array().is_some_and(Vec::is_empty);
        verdict.check(format!("{what}, {name}"), &seen[field], "none", none);
    }
    let played_s = seen["played_s"].as_f64().unwrap_or_default();
    verdict.check(
        format!("seconds played, {name}"),
        format!("{played_s:.0}"),
        format!(">= {}", plan.secs),
        played_s >= f64::from(plan.secs),
    );
    // Those of plain HLS follow from the length of its segments.
    if form.low_latency {
        let half_ms = seen["delay_ms"]["p50"].as_f64();
        verdict.check(
            format!("delay p50 ms, {name}"),
            &seen["delay_ms"]["p50"],
            format!("<= {LOW_LATENCY_MS_MAX}"),
            half_ms.is_some_and(|ms| ms <= LOW_LATENCY_MS_MAX),
        );
    }
}
