//! A change and its row in the log of changes are one: no kill and no fault leaves one without the other.

mod lvb;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::{scope, spawn};

use lvb::{call, code, create, created, damage, delete, meddle, stop};
use serde_json::Value;
use vivace_tests::{ApiCall, Server, wait_for};

/// What is on disk of channels, lists and rules beside what the log says of each: a line for each that differs.
const COMPARE: &str = r"
import json
last = {}
for operation, subject, before, after in db.execute('SELECT operation, subject, before, after FROM audit ORDER BY id'):
    last[subject] = json.loads(after) if after else None
kept = {}
for id, closed, revision in db.execute('SELECT id, closed, revision FROM channels'):
    kept['channel/%d' % (id % (1 << 64))] = (bool(closed), revision)
told = {s: (a['closed'], a['revision']) for s, a in last.items() if s.startswith('channel/') and a}
for subject in sorted(set(kept) | set(told)):
    if kept.get(subject) != told.get(subject):
        print(subject, 'kept', kept.get(subject), 'told', told.get(subject))
lists = {'list/' + d: len(blocks.split()) if blocks else 0 for d, blocks in db.execute('SELECT direction, blocks FROM ip_lists')}
told = {s: a for s, a in last.items() if s.startswith('list/') and a}
if set(lists) != set(told):
    print('lists', lists, told)
rules = {'stream/' + s for s, in db.execute('SELECT stream FROM stream_rules')}
told = {s for s, a in last.items() if s.startswith('stream/') and a}
if rules != told:
    print('rules', rules, told)
print('compared', len(kept), len(last))
";

/// Makes changes of every kind, and counts those that were answered, until the server has gone: it panics then.
fn change(server: &Arc<Server>, number: u64, done: &AtomicU64) {
    for round in 0.. {
        let ask = |action: &str, more: &[(&str, &str)]| -> Value {
            let answer = ApiCall::new(server, action, more).send(server);
            done.fetch_add(1, Relaxed);
            answer.json()
        };
        let address = format!("192.0.2.{}", round % 200 + 1);
        let make =
            [("channelName", "n"), ("outputSourceType", "3"), ("sourceList.0.name", "v"), ("sourceList.0.type", "1")];
        let made = ask("CreateLVBChannel", &make);
        let id = made["channel_id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
        let one = [("channelIds.0", id.as_str())];
        let list = [("direction", "push"), ("colour", "black"), ("ips.0", address.as_str())];
        let steps: [(&str, &[(&str, &str)]); 5] = [
            ("ModifyLVBChannel", &[("channelId", &id), ("channelName", "m")]),
            ("StopLVBChannel", &one),
            ("AddLVBIpList", &list),
            ("DeleteLVBIpList", &list[..1]),
            ("DeleteLVBChannel", &one),
        ];
        // Some are left as they are, so that there is something to compare.
        let count = if (round + number).is_multiple_of(3) { 2 } else { steps.len() };
        for (action, more) in steps.into_iter().take(count) {
            ask(action, more);
        }
    }
}

#[test]
fn a_kill_leaves_no_change_without_its_row_and_no_row_without_its_change() {
    let mut folder = None;
    for kill in 1..=4_u64 {
        let flags = ["--limits-api-changes-per-minute-max", "100000", "--limits-channels-per-app-max", "100000"];
        let server = Arc::new(match folder.take() {
            None => Server::start(&flags),
            Some(folder) => Server::start_in(folder, &flags),
        });
        let done = Arc::new(AtomicU64::new(0));
        let workers: Vec<_> = (0..4)
            .map(|number| {
                let (server, done) = (server.clone(), done.clone());
                spawn(move || change(&server, number, &done))
            })
            .collect();
        wait_for("changes", || done.load(Relaxed) > 25 * kill);
        let killed = Command::new("kill").args(["-9", &server.pid().to_string()]).status().unwrap();
        assert!(killed.success());
        for worker in workers {
            assert!(worker.join().is_err(), "it goes on without a server");
        }
        let killed = Arc::into_inner(server).expect("nobody else has it").kill_9();
        let compared = meddle(&killed.join("data"), COMPARE);
        let lines: Vec<&str> = compared.lines().collect();
        assert!(lines.len() == 1 && lines[0].starts_with("compared "), "{compared}");
        folder = Some(killed);
    }
}

#[test]
fn a_change_that_cannot_be_noted_is_not_made() {
    let server = Server::start(&[]);
    let (id, _) = create(&server, &[]);
    let (closed, _) = create(&server, &[]);
    assert_eq!(stop(&server, &closed), "ok");
    damage(&server.data(), "audit");
    assert_eq!(code(&created(&server, &[])), "lvb-video/20100");
    assert_eq!(
        code(&call(&server, "ModifyLVBChannel", &[("channelId", &id), ("channelName", "m")])),
        "lvb-video/20103"
    );
    assert_eq!(stop(&server, &id), "lvb-video/20300");
    assert_eq!(delete(&server, &closed), "lvb-video/20105");
    let list = [("direction", "push"), ("colour", "black"), ("ips.0", "192.0.2.1")];
    assert_ne!(code(&call(&server, "AddLVBIpList", &list)), "ok");
    // Nothing of it is there, neither now nor after a new start.
    let (_, folder) = server.stop();
    let kept = "print(db.execute('SELECT COUNT(*), SUM(closed), SUM(revision), MAX(name) FROM channels').fetchone(), \
        db.execute('SELECT COUNT(*) FROM ip_lists').fetchone())\n";
    assert_eq!(meddle(&folder.join("data"), kept).trim(), "(2, 1, 1, 'Evening') (0,)");
}

/// reaches: lvb-video/20103
#[test]
fn of_changes_of_one_channel_at_once_those_that_read_too_early_are_told() {
    let server = Server::start(&["--limits-api-changes-per-minute-max", "100000"]);
    let (id, _) = create(&server, &[]);
    let (made, conflicts, over) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while conflicts.load(Relaxed) == 0 && over.fetch_add(1, Relaxed) < 4_000 {
                    let change = [("channelId", id.as_str()), ("channelName", "n")];
                    match code(&call(&server, "ModifyLVBChannel", &change)).as_str() {
                        "ok" => made.fetch_add(1, Relaxed),
                        "lvb-video/20103" => conflicts.fetch_add(1, Relaxed),
                        other => panic!("{other}"),
                    };
                }
            });
        }
    });
    assert!(conflicts.load(Relaxed) > 0, "{} changes at once and no conflict", made.load(Relaxed));
    let (_, folder) = server.stop();
    let revision = meddle(&folder.join("data"), "print(db.execute('SELECT revision FROM channels').fetchone()[0])\n");
    assert_eq!(revision.trim().parse(), Ok(made.load(Relaxed)), "a change that was answered with success is lost");
}
