//! A configuration file that somebody has mistyped, or that is something else: every fault is told with its line.

use std::path::Path;

use super::super::{SettingFault, Settings, Source, file};

/// A good file with each kind of value.
const GOOD: &str = "rtmp = \"127.0.0.1:1935\"\ndata = 'folder'\n[public]\nhost = \"live.example.com\"\n[limits]\nstreams_max = 10_000\n\
                    # a comment\nhandshake_ms_max = 5_000\n[page]\nopen = false\n[log]\nlevel = \"info,vivace_rtmp=debug\"\n";

/// A reproducible die (xorshift64*).
fn die(seed: &mut u64, bound: usize) -> usize {
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    ((seed.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound as u64) as usize
}

fn mutated(seed: &mut u64) -> String {
    const WORDS: [&str; 16] =
        ["[", "]", "[[", "=", "\n", "\"", "'''", "{}", "[]", "1e999", "-1", "\u{1f}", "limits", ".", "1979-05-27", "ä"];
    let mut text: Vec<char> = GOOD.chars().collect();
    for _ in 0..=die(seed, 5) {
        let at = die(seed, text.len().max(1)).min(text.len());
        let end = (at + die(seed, 12)).min(text.len());
        match die(seed, 3) {
            0 => drop(text.drain(at..end)),
            1 => drop(text.splice(at..at, WORDS[die(seed, WORDS.len())].chars())),
            _ => {
                let piece = text[at..end].to_vec();
                text.splice(at..at, piece);
            }
        }
    }
    text.into_iter().collect()
}

#[test]
fn a_mistyped_file_is_read_or_each_fault_names_a_line_of_it() {
    let seed = &mut 0x5eed_0101_u64;
    let path = Path::new("FILE");
    let mut faults = Vec::new();
    assert!(!file::parse(path, GOOD, &mut faults).is_empty() && faults.is_empty());
    let (mut good, mut bad) = (0, 0);
    for _ in 0..3_000 {
        let text = mutated(seed);
        let mut faults = Vec::new();
        let given = file::parse(path, &text, &mut faults);
        drop(Settings::apply(given, &mut faults));
        if faults.is_empty() {
            good += 1
        } else {
            bad += 1
        }
        for fault in faults {
            let told = fault.to_string();
            assert!(!told.is_empty() && !told.contains('\u{1f}'), "{told:?}");
            let (SettingFault::Value { from, .. }
            | SettingFault::UnknownKey { from, .. }
            | SettingFault::NotATable { from, .. }
            | SettingFault::Syntax { from, .. }) = fault
            else {
                panic!("not a fault of a file: {told}");
            };
            let Source::File { line, .. } = from else { panic!("not from a file: {from}") };
            assert!((1..=text.lines().count() + 1).contains(&line), "line {line} of {text:?}");
        }
    }
    assert!(good > 100 && bad > 1_000, "{good} {bad}");
}
