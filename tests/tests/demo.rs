//! `vivace demo`: one command, and a real browser shows moving pictures, each with its delay.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use vivace_tests::{Tool, browser, vivace_path, wait_some, wait_some_within};

fn demo() -> Tool {
    Tool::start(Command::new(vivace_path()).args(["demo", "--rtmp", "127.0.0.1:0", "--http", "127.0.0.1:0"]))
}

/// The address that stands behind `word` in what the demo prints.
fn printed(demo: &Tool, word: &str) -> String {
    wait_some(&format!("the demo prints its {word} address"), || {
        let text = demo.stdout();
        let line = text.lines().find(|line| line.trim_start().starts_with(&format!("{word} ")))?;
        line.split_whitespace().nth(1).map(str::to_owned)
    })
}

#[test]
fn the_page_of_the_demo_plays_three_protocols_side_by_side_at_desktop_and_phone_width() {
    let mut demo = demo();
    let page = printed(&demo, "page");
    let seen = visit(&page);
    // It takes its folder along.
    demo.terminate();
    wait_some_within("the demo ends", std::time::Duration::from_secs(15), || (!demo.is_running()).then_some(()));
    assert_eq!(seen["faults"], Value::Array(Vec::new()), "the page reports errors");
    for width in ["desktop", "phone"] {
        let (compared, one) = (&seen[width]["compared"], &seen[width]);
        for protocol in ["flv", "llhls", "hls"] {
            plays(&compared["first"][protocol], &compared["second"][protocol]);
        }
        plays(&one["first"], &one["second"]);
        assert!(number(&one["second"], "width") > 0.0, "{width}: {seen}");
        for view in [compared, one] {
            assert!(number(view, "overflow") <= 0.0, "{width} scrolls sideways: {seen}");
        }
        let delay_ms = |protocol: &str| number(&compared["third"][protocol], "delay_ms");
        let (flv, low_latency, hls) = (delay_ms("flv"), delay_ms("llhls"), delay_ms("hls"));
        assert!(flv < low_latency && low_latency < hls && low_latency < 3_000.0, "{width}: {compared}");
    }
}

#[test]
fn the_page_reads_playlists_and_flv_whole_or_says_what_is_wrong() {
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/vivace/assets/demo.flv");
    let mut node = browser::script("scripts.mjs", [clip]);
    assert!(node.wait().success(), "{}{}", node.stdout(), node.stderr());
}

/// What a browser sees of the page.
fn visit(page: &str) -> Value {
    browser::seen(browser::script("page.mjs", [page]), std::time::Duration::from_secs(600))
}

#[track_caller]
fn number(look: &Value, key: &str) -> f64 {
    look[key].as_f64().unwrap_or_else(|| panic!("{key} of {look}"))
}

/// The demo's stream has moved on between two looks at its picture.
#[track_caller]
fn plays(first: &Value, second: &Value) {
    assert!(number(second, "current_time") > number(first, "current_time") + 1.0, "{first} {second}");
    assert!(number(second, "decoded") > number(first, "decoded"), "{first} {second}");
    assert_eq!((second["state"].as_str(), second["stream"].as_str()), (Some("playing"), Some("demo")), "{second}");
}

#[test]
fn the_demo_ends_cleanly_and_leaves_nothing_behind() {
    let mut demo = demo();
    for word in ["page", "flv", "mp4", "hls", "llhls", "rtmp", "push"] {
        assert!(printed(&demo, word).contains("://"), "{word}");
    }
    let folder = demo.stdout().split_once("its folder, ").expect("the folder is named").1.trim().to_owned();
    let folder = folder.trim_end_matches('.');
    assert!(Path::new(folder).is_dir(), "{folder}");
    demo.terminate();
    let status = wait_some_within("the demo ends", std::time::Duration::from_secs(15), || {
        (!demo.is_running()).then(|| demo.wait())
    });
    assert!(status.success(), "{status}\n{}", demo.stderr());
    assert!(!Path::new(folder).exists(), "{folder} is still there");
}
