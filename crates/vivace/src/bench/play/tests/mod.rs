use super::super::target::Target;
use super::crowd::Plan;
use super::{Read, seconds};

mod crowds;
mod hostile;
mod joins;

fn target(url: &str) -> Target {
    Target::parse(url, None).expect("an address")
}

/// Players that all join at once; one of them is a probe.
fn plan(url: &str, count: usize) -> Plan {
    let target = target(url);
    Plan {
        address: target.resolve().expect("loopback"),
        tls: None,
        target,
        count,
        join_step_ns: 0,
        warm_ns: 0,
        window_ns: 100_000_000,
        probes: 1,
        read: Read::Discard,
        server_pid: None,
    }
}

#[test]
fn probes_are_chosen_evenly_and_no_more_than_there_are_players() {
    let chosen = |count, probes| {
        let plan = Plan { probes, ..plan("http://127.0.0.1:1/a.flv", count) };
        (0..count).filter(|&player| plan.is_probe(player)).collect::<Vec<_>>()
    };
    assert_eq!(chosen(10, 3), [0, 3, 6]);
    assert_eq!(chosen(3, 16), [0, 1, 2]);
    assert_eq!(chosen(5, 0), [0usize; 0]);
}

#[test]
fn seconds_are_numbers_that_a_day_can_hold() {
    assert_eq!(seconds("4.5"), Ok(4.5));
    for text in ["-1", "NaN", "inf", "1e9", "", "3s"] {
        assert!(seconds(text).is_err(), "{text:?}");
    }
}
