//! The service: what systemd hears from a server that starts, lives, stands still and stops, and the unit's own lines.

use std::fs;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use vivace_base::Limits;
use vivace_tests::{
    FREE_PORTS, Finished, Folder, PATIENCE, Role, Rtmp, Server, Timer, Tool, command, resume, suspend, vivace_path,
    wait_for, wait_some,
};

/// systemd's side of the socket.
struct Systemd {
    socket: UnixDatagram,
    folder: Folder,
}

impl Systemd {
    fn new() -> Self {
        let folder = Folder::new();
        let socket = UnixDatagram::bind(folder.join("notify")).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        Self { socket, folder }
    }

    /// Starts a server as systemd would, which wants a sign of life within this many microseconds.
    fn start(&self, watchdog_us: u32, flags: &[&str]) -> Tool {
        self.start_on(&self.folder, watchdog_us, flags)
    }

    /// The same on the data of this folder.
    fn start_on(&self, folder: &Folder, watchdog_us: u32, flags: &[&str]) -> Tool {
        let mut command = command();
        command.env("NOTIFY_SOCKET", self.folder.join("notify")).env("WATCHDOG_USEC", watchdog_us.to_string());
        Tool::start(command.arg("serve").arg("--data").arg(folder.join("data")).args(FREE_PORTS).args(flags))
    }

    /// What `ready.json` says.
    fn ready(&self) -> Value {
        serde_json::from_slice(&fs::read(self.folder.join("data/ready.json")).unwrap()).unwrap()
    }

    fn hear(&self) -> Option<String> {
        let mut bytes = [0; 4_096];
        match self.socket.recv(&mut bytes) {
            Ok(length) => Some(String::from_utf8(bytes[..length].to_vec()).unwrap()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// The next message of this kind.
    #[track_caller]
    fn wait(&self, line: &str) -> String {
        wait_some(line, || self.hear().filter(|message| message.lines().any(|found| found == line)))
    }

    /// Takes away what has been said until nothing more comes.
    fn drain(&self) {
        let timer = Timer::new(PATIENCE);
        while self.hear().is_some() {
            assert!(!timer.is_over(), "beats come without end");
        }
    }
}

#[test]
fn ready_beats_and_stopping_are_told() {
    let systemd = Systemd::new();
    // Half of it is longer than the wait of `hear`, so that a silence is seen as one.
    let mut server = systemd.start(1_000_000, &[]);
    let first = wait_some("the first message", || systemd.hear());
    assert!(first.starts_with("READY=1\nSTATUS=serving RTMP on 127.0.0.1:"), "{first}");
    let ready = systemd.ready();
    for listener in ["rtmp", "http", "rtmps", "https"] {
        TcpStream::connect(ready[listener].as_str().unwrap()).unwrap();
    }
    for _ in 0..3 {
        systemd.wait("WATCHDOG=1");
    }

    // A process that stands still gives no sign of life, and one that goes on does.
    suspend(server.pid());
    systemd.drain();
    for _ in 0..10 {
        assert_eq!(systemd.hear(), None, "a beat of a process that stands still");
    }
    resume(server.pid());
    systemd.wait("WATCHDOG=1");

    // A question that was put right before the standstill may have been too old for its answer afterwards.
    let said = server.stderr().len();
    server.terminate();
    systemd.wait("STOPPING=1");
    assert!(server.wait().success(), "{}", server.stderr());
    assert!(!server.stderr()[said..].contains("no sign of life"), "{}", server.stderr());
}

#[test]
fn a_process_that_drains_for_another_one_gives_signs_of_life() {
    let systemd = Systemd::new();
    let mut old = systemd.start(1_000_000, &["--push-auth", "open", "--limits-upgrade-drain-ms-max", "600000"]);
    systemd.wait("READY=1");
    // A publisher that follows a reconnect request, says so, and does not: the old process stays for it.
    let rtmp = systemd.ready()["rtmp"].as_str().unwrap().to_owned();
    let mut publisher = Rtmp::open_following(&format!("rtmp://{rtmp}/live/a"), Role::Publish);
    publisher.ready().unwrap();

    let mut new = Server::start_taking_over(&systemd.folder.join("data"), &["--push-auth", "open"]);
    wait_for("the new process to serve", || systemd.ready()["pid"] == new.pid());
    // The new one is not told of systemd, so these are the old one's; the first may have been due before.
    for _ in 0..4 {
        systemd.wait("WATCHDOG=1");
    }
    assert!(old.is_running(), "{}", old.stderr());
    drop(publisher);
    assert!(old.wait().success() && old.stderr().contains("handed over"), "{}", old.stderr());
    new.terminate();
    assert!(new.wait().success());
}

#[test]
fn each_of_two_instances_tells_of_itself_while_one_takes_over_from_the_other() {
    const FLAGS: &[&str] = &["--take-over", "--push-auth", "open", "--limits-upgrade-drain-ms-max", "600000"];
    // systemd has a socket, and a question for signs of life, for each of its services.
    let [blue, green] = [Systemd::new(), Systemd::new()];
    let mut running = blue.start(1_000_000, FLAGS);
    blue.wait("READY=1");
    for (from, to) in [(&blue, &green), (&green, &blue)] {
        // A publisher that follows a reconnect request, says so, and does not: the old process stays for it.
        let rtmp = blue.ready()["rtmp"].as_str().unwrap().to_owned();
        let mut publisher = Rtmp::open_following(&format!("rtmp://{rtmp}/live/a"), Role::Publish);
        publisher.ready().unwrap();
        let new = to.start_on(&blue.folder, 1_000_000, FLAGS);
        to.wait("READY=1");
        let mut old = std::mem::replace(&mut running, new);
        wait_for("the new process in ready.json", || blue.ready()["pid"] == running.pid());
        for _ in 0..4 {
            to.wait("WATCHDOG=1");
            from.wait("WATCHDOG=1");
        }
        assert!(old.is_running(), "{}", old.stderr());
        drop(publisher);
        // What `Restart=on-failure` leaves alone.
        assert_eq!(old.wait().code(), Some(0), "{}", old.stderr());
        from.drain();
        to.wait("WATCHDOG=1");
    }
    running.terminate();
    blue.wait("STOPPING=1");
    assert!(running.wait().success(), "{}", running.stderr());
}

#[test]
fn without_a_watchdog_there_are_no_beats() {
    let systemd = Systemd::new();
    let mut server = systemd.start(0, &[]);
    systemd.wait("READY=1");
    server.terminate();
    let message = wait_some("the next message", || systemd.hear());
    assert!(message.starts_with("STOPPING=1\n"), "{message}");
    assert!(server.wait().success());
}

#[test]
fn a_socket_that_is_none_does_not_keep_the_server_from_serving() {
    let folder = Folder::new();
    let mut command = command();
    command.env("NOTIFY_SOCKET", "vsock:2:1").arg("serve").arg("--data").arg(folder.join("data")).args(FREE_PORTS);
    let mut server = Tool::start(&mut command);
    wait_some("ready.json", || fs::read(folder.join("data/ready.json")).ok());
    wait_some("the warning", || server.stderr().contains("NOTIFY_SOCKET is \"vsock:2:1\"").then_some(()));
    server.terminate();
    assert!(server.wait().success());
}

/// A line's value in the unit.
fn setting<'a>(unit: &'a str, name: &str) -> &'a str {
    let value = unit.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    value.unwrap_or_else(|| panic!("the unit has no {name}"))
}

/// A unit of `docs/deploy`.
fn unit(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/deploy").join(name)).unwrap()
}

#[test]
fn the_units_fit_the_limits_and_systemd_takes_them() {
    for name in ["vivace.service", "vivace@.service"] {
        let unit = unit(name);
        let limits = Limits::default();
        let seconds = |name| setting(&unit, name).parse::<u64>().unwrap();
        assert!(seconds("TimeoutStopSec") * 1_000 > 2 * limits.drain_ms_max, "a stop is cut before the drain is over");
        assert!(seconds("WatchdogSec") >= 2);
        assert!(setting(&unit, "LimitNOFILE").parse::<usize>().unwrap() > limits.connections_max);
        assert_eq!(setting(&unit, "Type"), "notify");
        assert_eq!(setting(&unit, "NotifyAccess"), "main");
        is_taken(name, &unit);
    }
}

#[track_caller]
fn is_taken(name: &str, unit: &str) {
    let verify = Command::new("systemd-analyze").arg("--version").output();
    if verify.is_err() {
        eprintln!("systemd-analyze is not installed: the unit's form is not checked");
        return;
    }
    let folder = Folder::new();
    let copy = folder.join(name);
    fs::write(&copy, unit.replace("/usr/local/bin/vivace", vivace_path().to_str().unwrap())).unwrap();
    let verify = || {
        // Of a template, an instance is looked at.
        let instance = folder.join(&name.replace('@', "@blue"));
        if instance != copy {
            let _ = std::os::unix::fs::symlink(&copy, &instance);
        }
        Finished::run(Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&instance))
    };
    let said = verify();
    let about: Vec<&str> = said.stderr.lines().filter(|line| line.contains("vivace")).collect();
    assert!(about.is_empty(), "{about:?}");
    // What the check is worth: it finds a line that it does not know.
    fs::write(&copy, fs::read_to_string(&copy).unwrap().replace("NoNewPrivileges", "NoNewPrivilege")).unwrap();
    let said = verify();
    assert!(said.stderr.contains("NoNewPrivilege"), "{}", said.stderr);
}

#[test]
fn the_template_is_the_unit_but_for_what_two_instances_need() {
    let lines = |unit: &str| -> Vec<String> {
        unit.lines().filter(|line| line.contains('=') && !line.starts_with('#')).map(str::to_owned).collect()
    };
    let (single, template) = (unit("vivace.service"), unit("vivace@.service"));
    let only = |these: &str, those: &str| -> Vec<String> {
        let known = lines(those);
        lines(these).into_iter().filter(|line| !known.contains(line)).collect()
    };
    let serve = |flag: &str| {
        format!("ExecStart=/usr/local/bin/vivace serve{flag} --config /etc/vivace/vivace.toml --data /var/lib/vivace")
    };
    let of_template =
        ["Description=Vivace live video server (%i)", &serve(" --take-over"), "TimeoutStartSec=150", "User=vivace"];
    assert_eq!(only(&template, &single), of_template);
    assert_eq!(only(&single, &template), ["Description=Vivace live video server", &serve(""), "TimeoutStartSec=60"]);
}
