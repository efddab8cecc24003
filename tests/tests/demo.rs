//! `vivace demo`: one command, and a real browser shows a moving picture.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use vivace_tests::{Tool, vivace_path, wait_some, wait_some_within};

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
fn the_page_of_the_demo_plays_in_a_browser_at_desktop_and_phone_width() {
    let demo = demo();
    let page = printed(&demo, "page");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let mut node = Tool::start(Command::new("node").arg(folder.join("page.mjs")).arg(&page));
    let status = node.wait_within(std::time::Duration::from_secs(120));
    assert!(status.success(), "the page does not play:\n{}{}", node.stdout(), node.stderr());
    let seen: Value = serde_json::from_str(node.stdout().trim()).expect("page.mjs prints JSON");
    assert_eq!(seen["faults"], Value::Array(Vec::new()), "the page reports errors");
    for width in ["desktop", "phone"] {
        let (first, second) = (&seen[width]["first"], &seen[width]["second"]);
        let number = |look: &Value, key: &str| look[key].as_f64().expect(key);
        assert!(number(second, "current_time") > number(first, "current_time") + 1.0, "{width}: {seen}");
        assert!(number(second, "decoded") > number(first, "decoded"), "{width}: {seen}");
        assert_eq!((second["state"].as_str(), second["stream"].as_str()), (Some("playing"), Some("demo")), "{width}");
        assert!(number(second, "width") > 0.0, "{width}: {seen}");
        assert!(
            seen[width]["overflow"].as_f64().is_some_and(|pixels| pixels <= 0.0),
            "{width} scrolls sideways: {seen}"
        );
    }
}

#[test]
fn the_demo_ends_cleanly_and_leaves_nothing_behind() {
    let mut demo = demo();
    for word in ["page", "flv", "mp4", "rtmp", "push"] {
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
