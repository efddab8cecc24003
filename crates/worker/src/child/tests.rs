use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use vivace_base::Limits;
use vivace_net::MachineClock;

use super::{Child, ChildEnd, ChildFault, ChildKind, ChildReason, Children, ChildrenParts, Order, Progress};

const PATIENCE: Duration = Duration::from_secs(20);

fn children(program: &str, limits: Limits) -> Arc<Children> {
    let (program, clock) = (PathBuf::from(program), Arc::new(MachineClock::new()));
    Children::new(ChildrenParts { launcher: None, program, limits: limits.into(), clock })
}

fn order(args: &[&str]) -> Order {
    Order { kind: ChildKind::Rate, args: args.iter().map(Into::into).collect(), cpu_s_max: None }
}

fn ended(children: &Children, reason: ChildReason) -> u64 {
    children.counts().ended[ChildKind::Rate as usize][reason as usize]
}

fn is_gone(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.is_empty() || stat.contains(") Z ")
}

#[tokio::test]
async fn what_goes_in_comes_out_within_its_bounds() {
    let children = children("cat", Limits::default());
    let text = Bytes::from(vec![7; 300_000]);
    assert_eq!(children.run(&order(&[]), text.clone(), text.len(), 20_000).await.unwrap(), text);
    let more = children.run(&order(&[]), text.clone(), text.len() - 1, 20_000).await;
    assert!(matches!(more, Err(ChildFault::TooMuch { max: 299_999 })), "{more:?}");
    let counts = children.counts();
    assert_eq!((counts.places, counts.running, counts.started[0]), (0, [0; 5], 2));
    assert_eq!(ended(&children, ChildReason::Output), 1);
}

#[tokio::test]
async fn an_end_is_told_with_what_the_program_said() {
    let children = children("sh", Limits::default());
    let fault = children.run(&order(&["-c", "echo one >&2; echo two >&2; exit 3"]), Bytes::new(), 10, 20_000).await;
    let Err(ChildFault::Ended { end: ChildEnd::Exited { code: 3 }, said }) = fault else { panic!("{fault:?}") };
    assert_eq!(said, "one; two");
    let fault = children.run(&order(&["-c", "sleep 1000"]), Bytes::new(), 10, 50).await;
    assert!(matches!(fault, Err(ChildFault::Late { ms: 50 })), "{fault:?}");
    assert_eq!((ended(&children, ChildReason::Exit), ended(&children, ChildReason::Hang)), (1, 1));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_said_so() {
    let children = children("no-such-program", Limits::default());
    assert!(children.program().is_none());
    assert!(matches!(children.start(&order(&[])).await, Err(ChildFault::Missing)));
}

#[tokio::test]
async fn no_more_places_are_given_than_there_are() {
    let children = children("cat", Limits { children_max: 1, ..Limits::default() });
    let place = children.place().unwrap();
    let fault = children.run(&order(&[]), Bytes::new(), 1, 1_000).await;
    assert!(matches!(fault, Err(ChildFault::Full { limit: 1 })), "{fault:?}");
    drop(place);
    assert!(children.run(&order(&[]), Bytes::new(), 1, 20_000).await.is_ok());
    assert_eq!(children.counts().refused, 1);
}

#[test]
fn what_is_made_on_demand_leaves_places_to_what_is_not() {
    for (max, on_demand) in [(0, 0), (1, 1), (2, 1), (3, 2), (16, 12)] {
        let children = children("cat", Limits { children_max: max, ..Limits::default() });
        let mut places: Vec<_> = std::iter::from_fn(|| children.place_on_demand().ok()).take(99).collect();
        assert_eq!(places.len(), on_demand, "of {max}");
        places.extend(std::iter::from_fn(|| children.place().ok()).take(99));
        assert_eq!(places.len(), max);
        let fault = children.place_on_demand().err();
        assert!(matches!(fault, Some(ChildFault::Full { limit }) if limit == on_demand), "{fault:?}");
    }
}

#[tokio::test]
async fn a_child_that_hangs_is_killed_with_all_that_it_has_started() {
    let children = children("sh", Limits { child_silent_ms_max: 300, ..Limits::default() });
    // It takes what it is given, starts another one, and says nothing more.
    let script = "sleep 1000 & echo $!; cat >/dev/null; sleep 1000";
    let Child { mut input, mut output, mut running } = children.start(&order(&["-c", script])).await.unwrap();
    let mut line = [0; 32];
    let count = output.read(&mut line).await.unwrap();
    let grandchild: u32 = std::str::from_utf8(&line[..count]).unwrap().trim().parse().unwrap();
    let (progress, clock) = (Progress::default(), MachineClock::new());
    for _ in 0..20 {
        progress.offers(vivace_base::Clock::mono(&clock));
        input.write_all(b"x").await.unwrap();
        progress.took();
    }
    let end = timeout(PATIENCE, running.watch(&progress)).await.unwrap();
    assert!(matches!(end, ChildEnd::Hung { .. }), "{end}");
    let pid = running.pid();
    drop(running);
    timeout(PATIENCE, async {
        while !is_gone(pid) || !is_gone(grandchild) {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("both have gone");
    assert_eq!((ended(&children, ChildReason::Hang), children.counts().running[0]), (1, 0));
}

#[tokio::test]
async fn a_child_that_holds_too_much_is_ended() {
    let children = children("sleep", Limits { child_memory_bytes_max: 1_000, ..Limits::default() });
    let mut child = children.start(&order(&["1000"])).await.unwrap();
    let end = timeout(PATIENCE, child.running.watch(&Progress::default())).await.unwrap();
    assert!(matches!(end, ChildEnd::Memory { max: 1_000, .. }), "{end}");
    assert_eq!(ended(&children, ChildReason::Memory), 1);
}

#[tokio::test]
async fn a_child_that_has_others_hold_too_much_is_ended_with_them() {
    let children = children("sh", Limits { child_memory_bytes_max: 40_000_000, ..Limits::default() });
    // A shell takes about a megabyte; what `tail` keeps of a line without an end takes more and more.
    let script = "tail -n 1 /dev/zero & echo $!; wait";
    let Child { mut output, mut running, .. } = children.start(&order(&["-c", script])).await.unwrap();
    let mut line = [0; 32];
    let count = output.read(&mut line).await.unwrap();
    let grandchild: u32 = std::str::from_utf8(&line[..count]).unwrap().trim().parse().unwrap();
    let end = timeout(PATIENCE, running.watch(&Progress::default())).await.unwrap();
    assert!(matches!(end, ChildEnd::Memory { max: 40_000_000, .. }), "{end}");
    timeout(PATIENCE, async {
        while !is_gone(grandchild) {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("it has gone too");
}
