//! The programs that run beside a server, and what is told of them.

use std::fs;
use std::path::PathBuf;

use vivace_tests::{Folder, Server, wait_some};

/// The FFmpeg programs that a server has started.
pub(crate) fn children(server: u32) -> Vec<u32> {
    let pids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let of = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let Some((name, rest)) = stat.rsplit_once(')') else { return false };
        let fields: Vec<&str> = rest.split_whitespace().collect();
        name.ends_with("(ffmpeg") && fields[0] != "Z" && fields[1] == server.to_string()
    };
    pids.filter(of).collect()
}

/// What a process has started itself.
#[allow(dead_code, reason = "not every scenario looks so deep")]
pub(crate) fn children_of(pid: u32) -> Vec<u32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

/// Memory that a process holds.
#[allow(dead_code, reason = "not every scenario looks so deep")]
pub(crate) fn resident_bytes(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    let pages: u64 = text.split_whitespace().nth(1).map_or(0, |pages| pages.parse().unwrap());
    pages * rustix::param::page_size() as u64
}

/// Processor time that a process has taken.
#[allow(dead_code, reason = "not every scenario looks so deep")]
pub(crate) fn cpu_ms(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let Some((_, rest)) = stat.rsplit_once(')') else { return 0 };
    let ticks: u64 = rest.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    ticks * 1_000 / rustix::param::clock_ticks_per_second()
}

/// A program in the place of FFmpeg that takes what it can get: `how` is what `hungry` knows.
#[allow(dead_code, reason = "not every scenario has such a one")]
pub(crate) fn hungry(folder: &Folder, how: &str) -> PathBuf {
    let place = folder.join(how);
    fs::create_dir(&place).unwrap();
    let program = place.join("ffmpeg");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_hungry"), &program).unwrap();
    program
}

pub(crate) fn is_gone(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.is_empty() || stat.contains(") Z ")
}

#[track_caller]
pub(crate) fn only_child(server: &Server) -> u32 {
    wait_some("one program that makes a rate", || match children(server.pid()).as_slice() {
        [one] => Some(*one),
        _ => None,
    })
}

pub(crate) fn ended(server: &Server, kind: &str, reason: &str) -> u64 {
    server.metric(&format!("children_ended_total{{kind=\"{kind}\",reason=\"{reason}\"}}"))
}

pub(crate) fn event_kinds(server: &Server, stream: &str) -> Vec<String> {
    let found = server.api(&format!("events?stream={stream}"));
    found["items"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}
