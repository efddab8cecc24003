//! `cargo xtask soak` runs this: the soak and the checks of scale, each with its verdict.

use std::process::ExitCode;

use vivace_tests::soak::{Browsers, Many, Recording, Soak, Verdict, Waves, browsers, many, recording, soak, waves};

const USAGE: &str = "\
soak [MODE] [--minutes N]
  live   publishers and players of all kinds come and go for N minutes (default, 10)
  hls    hls.js plays each form of HLS in a browser for N minutes (5)
  waves  10,000 streams and 50,000 players are created and dropped
  record 200 streams of 1 Mbit/s are recorded for N minutes (1), the server is killed 20 times, and a stream of half an
         hour is recorded faster than time
  drift  that stream alone
  many   500 streams of 300 kbit/s, each with a player that counts every frame";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let verdict = match args.as_slice() {
        [] | ["live"] => live(Some(10)),
        ["--minutes", minutes] | ["live", "--minutes", minutes] => live(minutes.parse().ok()),
        ["hls"] => hls(Some(5)),
        ["hls", "--minutes", minutes] => hls(minutes.parse().ok()),
        ["waves"] => Some(waves(Waves { waves: 10, streams: 1_000, players: 5 })),
        ["record"] => record(Some(1)),
        ["record", "--minutes", minutes] => record(minutes.parse().ok()),
        ["record", "--small"] => {
            Some(recording(Recording { streams: 40, secs: 20, kbps: 1_000, kills: 3, minutes: 30 }))
        }
        ["drift"] => Some(recording(Recording { streams: 0, secs: 0, kbps: 100, kills: 0, minutes: 30 })),
        ["many"] => Some(many(Many { streams: 500, secs: 30, kbps: 300 })),
        _ => None,
    };
    let Some(verdict) = verdict else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    print!("{verdict}");
    if verdict.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn record(minutes: Option<u64>) -> Option<Verdict> {
    let minutes = minutes.filter(|minutes| *minutes > 0)?;
    Some(recording(Recording { streams: 200, secs: minutes * 60, kbps: 1_000, kills: 20, minutes: 30 }))
}

fn hls(minutes: Option<u32>) -> Option<Verdict> {
    let secs = minutes.filter(|minutes| *minutes > 0)?.checked_mul(60)?;
    Some(browsers(Browsers { secs }))
}

fn live(minutes: Option<u64>) -> Option<Verdict> {
    let minutes = minutes.filter(|minutes| *minutes > 0)?;
    Some(soak(Soak { secs: minutes * 60, guests: 16 }))
}
