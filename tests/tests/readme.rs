//! Every command of README.md is run, as it stands there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use vivace_tests::{Finished, Folder, Tool, vivace_path, wait_for};

/// The lines of the README's `sh` blocks.
fn commands() -> Vec<String> {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).expect("README.md");
    let blocks = readme.split("```sh\n").skip(1);
    blocks
        .flat_map(|block| block.split("```").next().unwrap_or("").lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// A shell in a folder of its own, in which `vivace` is the built one, on free ports.
struct Shell {
    folder: Folder,
}

impl Shell {
    fn new() -> Self {
        let folder = Folder::new();
        fs::create_dir(folder.join("bin")).expect("a folder");
        std::os::unix::fs::symlink(vivace_path().canonicalize().expect("the binary"), folder.join("bin/vivace"))
            .expect("a link");
        Self { folder }
    }

    fn start(&self, line: &str) -> Tool {
        let path = format!("{}:{}", self.folder.join("bin").display(), std::env::var("PATH").expect("PATH"));
        let mut command = Command::new("sh");
        // exec, so that a signal reaches the program and not the shell.
        command.arg("-c").arg(format!("exec {line}")).current_dir(self.folder.path()).env("PATH", path);
        command.envs(["RTMP", "HTTP", "RTMPS", "HTTPS"].map(|name| (format!("VIVACE_{name}"), "127.0.0.1:0")));
        command.env("VIVACE_DATA", self.data()).env_remove("VIVACE_BIN").env_remove("VIVACE_FFMPEG_NEW");
        Tool::start(&mut command)
    }

    fn run(&self, line: &str) -> String {
        let mut tool = self.start(line);
        let code = tool.wait_within(std::time::Duration::from_secs(120)).code().unwrap_or(-1);
        Finished { code, stdout: tool.stdout(), stderr: tool.stderr() }.ok()
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

#[test]
fn the_commands_of_the_readme_work_as_they_stand() {
    let shell = Shell::new();
    let clip = "ffmpeg -v error -f lavfi -i testsrc2=size=320x180:rate=25 -f lavfi -i sine -t 60 -c:v libx264 \
                -preset ultrafast -g 25 -pix_fmt yuv420p -c:a aac video.mp4";
    shell.run(clip);
    let mut running = Vec::new();
    let mut seen = Vec::new();
    for line in commands() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            // The same program as `vivace demo`, which has a test of its own.
            ["cargo", "run", "--release", "--", "demo"] => seen.push("demo"),
            ["vivace", "serve"] => {
                running.push(shell.start(&line));
                wait_for("the server is ready", || shell.data().join("ready.json").exists());
                seen.push("serve");
            }
            ["ffmpeg", "-re", ..] => {
                running.push(shell.start(&line));
                let probe = "sh -c 'ffprobe -v error \"$(vivace url play a --format flv)\"'";
                wait_for("the pushed stream is live", || {
                    shell.start(probe).wait_within(std::time::Duration::from_secs(30)).success()
                });
                seen.push("push");
            }
            ["ffprobe", ..] => {
                let printed =
                    shell.run(&line.replacen("ffprobe", "ffprobe -v error -show_entries stream=codec_name", 1));
                assert!(printed.contains("h264") && printed.contains("aac"), "{line}\n{printed}");
                seen.push("probe");
            }
            ["vivace", "url" | "explain" | "check-config" | "doctor" | "app", ..] => {
                assert!(!shell.run(&line).trim().is_empty(), "{line} prints nothing");
                seen.push("command");
            }
            ["vivace", "bench", what, ..] => {
                let printed = shell.run(&line);
                if *what == "play" {
                    let json: serde_json::Value = serde_json::from_str(printed.trim()).expect("JSON");
                    assert_eq!(json["count"], 50, "{printed}");
                    assert!(json["delivered_over_expected"].as_f64().is_some_and(|share| share > 0.9), "{printed}");
                }
                seen.push("bench");
            }
            _ => panic!("the test does not know how to run `{line}`: teach it"),
        }
    }
    for kind in ["demo", "serve", "push", "probe", "command", "bench"] {
        assert!(seen.contains(&kind), "the README shows no {kind} command any more");
    }
}
