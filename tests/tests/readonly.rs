//! The disk under the store becomes read-only while the server runs, as a file system does that has met an error. It takes
//! a file system of its own, and so the rights of root; without them the scenario says so and does nothing.

mod lvb;

use std::path::Path;
use std::process::Command;

use lvb::{call, code, create, created, delete, describe, status, stop};
use rustix::process::geteuid;
use vivace_tests::{Folder, Server, push, wait_for};

/// Set in the process that has mounts of its own.
const INSIDE: &str = "VIVACE_TEST_MOUNTS";

#[track_caller]
fn run(program: &str, args: &[&str]) {
    let done = Command::new(program).args(args).output().unwrap();
    assert!(done.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Runs the scenario `name` of this file once more, in a process whose mounts nobody else sees and that go with it.
/// False in that process.
fn is_outside(name: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return false;
    }
    if !geteuid().is_root() {
        println!("{name}: not run, because only root may mount a file system");
        return true;
    }
    let mut inside = Command::new("unshare");
    inside.args(["--mount", "--propagation", "private"]).arg(std::env::current_exe().unwrap());
    let inside = inside.args(["--exact", name, "--nocapture"]).env(INSIDE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&inside.stdout);
    assert!(inside.status.success(), "{said}\n{}", String::from_utf8_lossy(&inside.stderr));
    true
}

/// An ext4 file system of its own as the data folder of a server.
fn mount(folder: &Folder) -> String {
    let (image, data) = (folder.join("disk.ext4"), folder.join("data"));
    std::fs::create_dir(&data).unwrap();
    std::fs::File::create(&image).unwrap().set_len(64 << 20).unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    run("mkfs.ext4", &["-q", "-F", &text(&image)]);
    run("mount", &["-o", "loop", &text(&image), &text(&data)]);
    text(&data)
}

/// What an error of the disk does to ext4, whether or not files are open for writing.
fn spoil(data: &str) {
    run("mount", &["-o", "remount,abort", data]);
    assert!(std::fs::write(format!("{data}/probe"), b"x").is_err(), "it can still be written");
}

/// reaches: lvb-video/20100
/// reaches: lvb-video/20103
/// reaches: lvb-video/20105
/// reaches: lvb-video/20203
/// reaches: lvb-video/20300
#[test]
fn a_store_whose_disk_becomes_read_only() {
    if is_outside("a_store_whose_disk_becomes_read_only") {
        return;
    }
    let folder = Folder::new();
    let data = mount(&folder);
    // What is on record of signed calls is on another disk, which goes on: otherwise no call comes as far as the store.
    let replay = format!("{data}/replay");
    std::fs::create_dir(&replay).unwrap();
    run("mount", &["-t", "tmpfs", "tmpfs", &replay]);
    let server = Server::start_in(folder, &[]);
    let ((open, info), (closed, _)) = (create(&server, &[]), create(&server, &[]));
    assert_eq!(stop(&server, &closed), "ok");
    let source = |id: &str| describe(&server, id)["upstream_list"][0]["sourceID"].as_str().unwrap().to_owned();
    let (source, _encoder) = (source(&closed), push(info["upstream_address"].as_str().unwrap()));
    wait_for("the channel to be live", || status(&server, &open) == "1");

    spoil(&data);
    assert_eq!(code(&created(&server, &[])), "lvb-video/20100");
    let modify = [("channelId", open.as_str()), ("channelName", "m")];
    assert_eq!(code(&call(&server, "ModifyLVBChannel", &modify)), "lvb-video/20103");
    let modify = [("channelId", closed.as_str()), ("sourceId", &source), ("sourceName", "w")];
    assert_eq!(code(&call(&server, "ModifyLVBUpstream", &modify)), "lvb-video/20203");
    assert_eq!(stop(&server, &open), "lvb-video/20300");
    assert_eq!(delete(&server, &closed), "lvb-video/20105");
    // What is read, and what is live, does not mind.
    assert_eq!((status(&server, &open), status(&server, &closed)), ("1".to_owned(), "3".to_owned()));
    assert_eq!(describe(&server, &open)["channel_name"], "Evening");
}

#[test]
fn a_call_that_cannot_be_put_on_record_does_not_act() {
    if is_outside("a_call_that_cannot_be_put_on_record_does_not_act") {
        return;
    }
    let folder = Folder::new();
    let data = mount(&folder);
    let server = Server::start_in(folder, &[]);
    let (open, info) = create(&server, &[]);
    let _encoder = push(info["upstream_address"].as_str().unwrap());
    wait_for("the channel to be live", || status(&server, &open) == "1");
    let name = info["upstream_address"].as_str().unwrap().rsplit_once('/').unwrap().1.split('?').next().unwrap();
    let stream = || server.stream(name).expect("it is live");

    spoil(&data);
    assert_eq!(stop(&server, &open), "lvb-access/6000");
    assert_eq!(stream()["state"], "live");
    let before = stream()["bytes_in"].as_u64();
    wait_for("more of it", || stream()["bytes_in"].as_u64() > before);
}
