//! The scripts of `tests/browser`, which look at pages and players as people's browsers do.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::{Server, Tool};

/// One of the scripts, under way with these arguments.
#[track_caller]
pub fn script<A: AsRef<OsStr>>(name: &str, args: impl IntoIterator<Item = A>) -> Tool {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser").join(name);
    Tool::start(Command::new("node").arg(path).args(args))
}

/// What a script has seen: the JSON that it prints at its end.
///
/// # Panics
/// It does not end within this time, fails, or prints something else.
#[track_caller]
pub fn seen(mut script: Tool, within: Duration) -> Value {
    let status = script.wait_within(within);
    assert!(status.success(), "{}{}", script.stdout(), script.stderr());
    serde_json::from_str(script.stdout().trim()).expect("a script prints JSON")
}

/// A form of HLS as hls.js plays it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// What it is called.
    pub name: &'static str,
    /// Where the stream is in it.
    pub url: String,
    /// Whether parts are asked for.
    pub low_latency: bool,
}

/// The forms of a stream.
#[track_caller]
pub fn forms(server: &Server, name: &str) -> [Form; 3] {
    let (low_latency, hls) = (server.play_url(name, "llhls"), server.play_url(name, "hls"));
    let ts = format!("{hls}&hls=ts");
    [
        Form { name: "LL-HLS", url: low_latency, low_latency: true },
        Form { name: "HLS, fMP4", url: hls, low_latency: false },
        Form { name: "HLS, MPEG-TS", url: ts, low_latency: false },
    ]
}

/// What hls.js has seen of each of these, each for so long in a browser of its own, all at once.
///
/// # Panics
/// A browser does not start, or does not come to an end.
pub fn hls(forms: &[Form], seconds: u32) -> Vec<Value> {
    let play = |form: &Form| {
        let text = seconds.to_string();
        let args = [Some(form.url.as_str()), Some(&text), form.low_latency.then_some("ll")];
        seen(script("hls.mjs", args.into_iter().flatten()), Duration::from_secs(u64::from(seconds) + 90))
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = forms.iter().map(|form| scope.spawn(move || play(form))).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    })
}
