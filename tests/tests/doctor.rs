//! `vivace doctor`, with each condition that it tells of really there.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use vivace_tests::{FREE_PORTS, Finished, Folder, Server, command, self_signed, vivace_path, without_settings};

/// What the doctor says of free ports and this data folder.
struct Report {
    code: i32,
    said: Value,
    stderr: String,
}

impl Report {
    #[track_caller]
    fn of(finished: Finished) -> Self {
        let said = serde_json::from_str(&finished.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", finished.stdout, finished.stderr));
        Self { code: finished.code, said, stderr: finished.stderr }
    }

    #[track_caller]
    fn on(data: &Path, flags: &[&str]) -> Self {
        let mut command = command();
        Self::of(Finished::run(with(&mut command, data, flags)))
    }

    /// The check is at this level, and finding and remedy hold these words.
    #[track_caller]
    fn tells(&self, check: &str, level: &str, words: &[&str]) {
        let checks = self.said["checks"].as_array().unwrap();
        let found = checks.iter().find(|found| found["check"] == check);
        let found = found.unwrap_or_else(|| panic!("no {check} in {:#}", self.said));
        assert_eq!(found["level"], level, "{found:#}");
        assert_eq!(found["remedy"].is_string(), level != "ok", "{found:#}");
        for word in words {
            assert!(found.to_string().contains(word), "{word:?} is not in {found:#}");
        }
        if level == "fail" {
            assert_eq!(self.code, 1);
            assert!(self.said["ok"] == false && self.stderr.contains("of the checks failed"), "{}", self.stderr);
        }
    }
}

fn with<'a>(command: &'a mut Command, data: &Path, flags: &[&str]) -> &'a mut Command {
    let ports = FREE_PORTS.chunks(2).filter(|pair| !flags.contains(&pair[0])).flatten();
    command.args(["doctor", "--json", "--data"]).arg(data).args(ports).args(flags)
}

#[test]
fn a_machine_that_is_fit() {
    let folder = Folder::new();
    let data = folder.join("data");
    let report = Report::on(&data, &["--rtmps", "", "--limits-connections-max", "100"]);
    assert_eq!((report.code, &report.said["ok"], report.stderr.as_str()), (0, &Value::Bool(true), ""));
    for check in ["port http", "port rtmps", "data folder", "clock", "clock source", "file limit", "certificate"] {
        report.tells(check, "ok", &[]);
    }
    report.tells("addresses", "warn", &["loopback", "0.0.0.0"]);
    assert!(!data.exists(), "looking made something");

    let mut command = command();
    command.args(["doctor", "--data"]).arg(&data).args(FREE_PORTS);
    let text = Finished::run(&mut command).ok();
    let columns: Vec<usize> =
        text.lines().filter(|line| line.contains("any free port")).map(|line| line.find("127").unwrap()).collect();
    assert!(columns.len() == 4 && columns.windows(2).all(|two| two[0] == two[1]), "{text}");
    assert!(text.contains("remedy: ") && text.lines().last().unwrap().ends_with(" 0 failed"), "{text}");
}

#[test]
fn a_port_that_another_program_has() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let report = Report::on(&folder.join("data"), &["--http", &address]);
    report.tells("port http", "fail", &[&address, &format!("process {}", std::process::id()), "set `http`"]);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let report = Report::on(&folder.join("data"), &["--http", &free, "--rtmp", &free]);
    report.tells("port rtmp", "ok", &["is free"]);
    report.tells("port http", "fail", &["`port rtmp` too"]);
    let report = Report::on(&folder.join("data"), &["--rtmp", "203.0.113.9:1935"]);
    report.tells("port rtmp", "fail", &["203.0.113.9", "ip address"]);
}

#[test]
fn ports_that_our_own_server_has() {
    let server = Server::start(&[]);
    let report = Report::on(&server.data(), &["--http", &server.http, "--rtmp", &server.rtmp]);
    let own = format!("process {}", server.pid());
    report.tells("port http", "ok", &[&own]);
    report.tells("port rtmp", "ok", &[&own]);
    report.tells("database", "ok", &[]);
    report.tells("secrets", "ok", &["for their owner only"]);
    report.tells("file limit", "warn", &["the running server"]);
    report.tells("certificate trust", "warn", &["self-signed"]);
    // On another folder it is somebody else's.
    let folder = Folder::new();
    Report::on(&folder.join("data"), &["--http", &server.http]).tells("port http", "fail", &["vivace", &own]);
}

#[test]
fn a_folder_that_is_none_or_cannot_be_written() {
    let folder = Folder::new();
    let file = folder.join("file");
    fs::write(&file, "").unwrap();
    Report::on(&file, &[]).tells("data folder", "fail", &["is no folder", "--data DIR"]);
    Report::on(&file.join("deeper"), &[]).tells("data folder", "fail", &["--data DIR"]);

    let data = folder.join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, PermissionsExt::from_mode(0o555)).unwrap();
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let binary = folder.join("vivace");
    fs::copy(vivace_path(), &binary).unwrap();
    let powerless = |at: &Path| {
        let mut command = without_settings(Command::new(&binary));
        if rustix::process::geteuid().is_root() {
            command.uid(65_534).gid(65_534);
        }
        Report::of(Finished::run(with(&mut command, at, &[])))
    };
    powerless(&data).tells("data folder", "fail", &["Permission denied", "chown"]);
    powerless(&data.join("deeper")).tells("data folder", "fail", &["cannot be made", "Permission denied"]);
    fs::set_permissions(&data, PermissionsExt::from_mode(0o755)).unwrap();
}

#[test]
fn secrets_that_others_can_read() {
    let (_, folder) = Server::start(&[]).stop();
    let data = folder.join("data");
    let set = |mode| fs::set_permissions(data.join("tls/key.pem"), PermissionsExt::from_mode(mode)).unwrap();
    set(0o640);
    Report::on(&data, &[]).tells("secrets", "warn", &["key.pem", "0640", "chmod 600"]);
    set(0o604);
    Report::on(&data, &[]).tells("secrets", "fail", &["key.pem", "0604", "chmod 600"]);
}

#[test]
fn a_folder_in_memory_and_a_disk_with_little_room() {
    let shared = Path::new("/dev/shm");
    let data = shared.join(format!("vivace-tests-doctor-{}", std::process::id()));
    Report::on(&data, &[]).tells("file system", "warn", &["tmpfs", "gone after a restart"]);
    let folder = Folder::new();
    let (tebi, many) = ((1_u64 << 40).to_string(), "10000000");
    let flags = ["--limits-data-free-bytes-min", tebi.as_str(), "--limits-data-free-inodes-min", many];
    let report = Report::on(&folder.join("data"), &flags);
    let room = rustix::fs::statvfs(folder.path()).unwrap();
    let level = |left: u64, min: u64| {
        if left < min / 16 {
            "fail"
        } else if left < min {
            "warn"
        } else {
            "ok"
        }
    };
    report.tells("free space", level(room.f_bavail * room.f_frsize, 1 << 40), &["left"]);
    report.tells("free inodes", level(room.f_favail, 10_000_000), &["inodes"]);
}

#[test]
fn a_clock_that_has_gone_back() {
    let (_, folder) = Server::start(&[]).stop();
    let data = folder.join("data");
    Report::on(&data, &[]).tells("clock", "ok", &[]);
    let tomorrow = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 32);
    fs::File::options().write(true).open(data.join("vivace.db")).unwrap().set_modified(tomorrow).unwrap();
    Report::on(&data, &[]).tells("clock", "fail", &["gone back", "days later"]);
}

#[test]
fn a_clock_that_no_server_keeps() {
    let folder = Folder::new();
    let tool = folder.join("timedatectl");
    for (says, level) in [("no", "warn"), ("yes", "ok")] {
        fs::write(&tool, format!("#!/bin/sh\necho {says}\n")).unwrap();
        fs::set_permissions(&tool, PermissionsExt::from_mode(0o755)).unwrap();
        let mut command = command();
        command.env("PATH", folder.path());
        Report::of(Finished::run(with(&mut command, &folder.join("data"), &[]))).tells(
            "clock source",
            level,
            &["time server"],
        );
    }
}

#[test]
fn few_files_may_be_open() {
    let folder = Folder::new();
    for (files, level) in [("60", "fail"), ("1024", "warn")] {
        let mut command = without_settings(Command::new("sh"));
        command.args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\"")]).arg(vivace_path());
        let report = Report::of(Finished::run(with(&mut command, &folder.join("data"), &[])));
        report.tells("file limit", level, &[&format!("may open {files} files"), "LimitNOFILE=20256"]);
    }
}

#[test]
fn certificates_that_clients_refuse() {
    let folder = Folder::new();
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let data = folder.join("data");
    let flags = ["--tls-cert", cert.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    Report::on(&data, &flags).tells("certificate", "fail", &["cert.pem cannot be read"]);

    let issue = |year| {
        let mut params = rcgen::CertificateParams::new(["live.example".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(year, 1, 1));
        let pair = rcgen::KeyPair::generate().unwrap();
        fs::write(&cert, params.self_signed(&pair).unwrap().pem()).unwrap();
        fs::write(&key, pair.serialize_pem()).unwrap();
    };
    issue(2021);
    Report::on(&data, &flags).tells("certificate", "fail", &["expired", "live.example"]);
    issue(2200);
    let report = Report::on(&data, &[&flags[..], &["--public-host", "other.example"]].concat());
    report.tells("certificate", "ok", &["live.example"]);
    report.tells("certificate name", "warn", &["other.example"]);
    report.tells("public.host", "warn", &["no name server has been asked", "--resolve"]);

    fs::write(&key, rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    Report::on(&data, &flags).tells("certificate", "fail", &["does not belong to"]);
    self_signed("a.example", &cert, &key);
    fs::write(&cert, "not a certificate").unwrap();
    Report::on(&data, &flags).tells("certificate", "fail", &["cert.pem"]);
}

#[test]
fn a_public_host_that_is_not_here() {
    let folder = Folder::new();
    let told = |host| Report::on(&folder.join("data"), &["--public-host", host]);
    told("203.0.113.9").tells("public.host", "warn", &["not an address of this machine"]);
    told("127.0.0.1").tells("public.host", "warn", &["good on this machine only"]);
}

#[test]
fn a_machine_without_ffmpeg_or_with_half_of_it() {
    let folder = Folder::new();
    let look = || {
        let mut command = command();
        command.env("PATH", folder.path());
        Report::of(Finished::run(with(&mut command, &folder.join("data"), &[])))
    };
    look().tells("ffmpeg", "warn", &["is not there", "apt install ffmpeg"]);
    let tool = folder.join("ffmpeg");
    fs::write(&tool, "#!/bin/sh\necho 'ffmpeg version 9.9 of the test'\necho ' V....D libx264 H.264'\n").unwrap();
    fs::set_permissions(&tool, PermissionsExt::from_mode(0o755)).unwrap();
    look().tells("ffmpeg", "warn", &["version 9.9", "encoder libopus", "decoder hevc"]);
    fs::write(&tool, "#!/bin/sh\nexit 3\n").unwrap();
    look().tells("ffmpeg", "warn", &["does not run"]);
    Report::on(&folder.join("data"), &[]).tells("ffmpeg", "ok", &["every codec"]);
}
