use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use crate::binary::command;
use crate::process::terminate;
use crate::wait::{wait_for, wait_some};
use crate::{Folder, Tool, WallClock, get_with, vivace};

/// Flags with which every listener takes a free port.
pub const FREE_PORTS: [&str; 8] =
    ["--rtmp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--rtmps", "127.0.0.1:0", "--https", "127.0.0.1:0"];
/// How long a server may take to end after SIGTERM: its sessions have five seconds.
const END: Duration = Duration::from_secs(15);

/// The configuration file of [`Server::start_on_file`] in its folder.
const SETTINGS: &str = "settings.toml";

/// Ports stand first: what follows may be in a table.
fn write_settings(file: &Path, text: &str) {
    let key = |pair: &[&str]| format!("{} = \"{}\"\n", pair[0].trim_start_matches('-'), pair[1]);
    let ports = FREE_PORTS.chunks(2).filter(|pair| !text.contains(&format!("{} = ", pair[0].trim_start_matches('-'))));
    let ports: String = ports.map(key).collect();
    fs::write(file, ports + text).unwrap();
}

fn serve(folder: &Folder, flags: &[&str]) -> Command {
    // A flag may stand once only: the scenario's own wins.
    let ports = FREE_PORTS.chunks(2).filter(|pair| !flags.contains(&pair[0])).flatten();
    let mut command = command();
    command.arg("serve").arg("--data").arg(folder.join("data")).args(ports).args(flags);
    command
}

/// A running server on free ports, with a data folder of its own. Dropping it ends it.
#[derive(Debug)]
pub struct Server {
    tool: Tool,
    folder: Option<Folder>,
    /// `host:port` of the RTMP listener.
    pub rtmp: String,
    /// `host:port` of the HTTP listener.
    pub http: String,
    /// `host:port` of the RTMPS listener.
    pub rtmps: String,
    /// `host:port` of the HTTPS listener.
    pub https: String,
    /// `host:port` of the CONNECT listener.
    pub connect: String,
    keys: OnceLock<Value>,
}

impl Server {
    /// Starts one with these flags and waits until it serves.
    #[track_caller]
    pub fn start(flags: &[&str]) -> Self {
        Self::start_in(Folder::new(), flags)
    }

    /// Starts one whose ports and settings, `text` of TOML, stand in the file `settings.toml` of its folder.
    ///
    /// # Panics
    /// It does not serve.
    #[track_caller]
    pub fn start_on_file(text: &str) -> Self {
        let folder = Folder::new();
        let file = folder.join(SETTINGS);
        write_settings(&file, text);
        let mut command = command();
        command.arg("serve").arg("--data").arg(folder.join("data")).arg("--config").arg(file);
        Self::launch(folder, &mut command)
    }

    /// The configuration file of a server that was started on one.
    pub fn settings_file(&self) -> PathBuf {
        self.folder.as_ref().unwrap().join(SETTINGS)
    }

    /// Puts another configuration file in the place of the one it was started on, as editors do.
    pub fn set(&self, text: &str) {
        let (file, new) = (self.settings_file(), self.settings_file().with_extension("new"));
        write_settings(&new, text);
        fs::rename(new, file).unwrap();
    }

    /// Starts one on a folder that may hold the data of an earlier one.
    ///
    /// # Panics
    /// It does not serve.
    #[track_caller]
    pub fn start_in(folder: Folder, flags: &[&str]) -> Self {
        let mut command = serve(&folder, flags);
        Self::launch(folder, &mut command)
    }

    /// Starts one on a folder that may hold the data of an earlier one, with a wall clock of its own.
    ///
    /// # Panics
    /// It does not serve.
    #[track_caller]
    pub fn start_by(clock: &WallClock, folder: Folder, flags: &[&str]) -> Self {
        let mut command = serve(&folder, flags);
        clock.rule(&mut command);
        Self::launch(folder, &mut command)
    }

    #[track_caller]
    fn launch(folder: Folder, command: &mut Command) -> Self {
        let ready = folder.join("data").join("ready.json");
        // A server that was killed leaves its file behind, which must not be taken for the new one's.
        let _ = fs::remove_file(&ready);
        let mut tool = Tool::start(command);
        let addresses: Value = wait_some("ready.json", || {
            assert!(tool.is_running(), "the server has ended\n{}", tool.stderr());
            serde_json::from_slice(&fs::read(&ready).ok()?).ok()
        });
        // A scenario may turn a TLS listener off; what it then asks of that address fails.
        let address = |name: &str| addresses[name].as_str().unwrap_or("no such listener").to_owned();
        let [rtmp, http, rtmps, https, connect] = ["rtmp", "http", "rtmps", "https", "connect"].map(address);
        Self { tool, folder: Some(folder), rtmp, http, rtmps, https, connect, keys: OnceLock::new() }
    }

    /// Starts another process in its place, with these flags more, and waits until that one serves; the old process.
    ///
    /// # Panics
    /// The new one does not serve.
    #[track_caller]
    pub fn take_over(&mut self, flags: &[&str]) -> Tool {
        let data = self.data();
        let mut tool = Self::start_taking_over(&data, flags);
        let addresses: Value = wait_some("the new process to serve", || {
            assert!(tool.is_running(), "the new process has ended\n{}", tool.stderr());
            let ready: Value = serde_json::from_slice(&fs::read(data.join("ready.json")).ok()?).ok()?;
            (ready["pid"] == tool.pid()).then_some(ready)
        });
        let address = |name: &str| addresses[name].as_str().unwrap_or("no such listener").to_owned();
        [self.rtmp, self.http, self.rtmps, self.https] = ["rtmp", "http", "rtmps", "https"].map(address);
        std::mem::replace(&mut self.tool, tool)
    }

    /// Starts a process that is to take over from the one on this folder.
    pub fn start_taking_over(data: &std::path::Path, flags: &[&str]) -> Tool {
        let ports = FREE_PORTS.chunks(2).filter(|pair| !flags.contains(&pair[0])).flatten();
        Tool::start(command().args(["serve", "--take-over", "--data"]).arg(data).args(ports).args(flags))
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.as_ref().unwrap().join("data")
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.tool.pid()
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        self.tool.is_running()
    }

    /// Its log so far.
    pub fn log(&self) -> String {
        self.tool.stderr()
    }

    /// What `vivace` says with these arguments and this server's data folder.
    ///
    /// # Panics
    /// It fails.
    #[track_caller]
    pub fn ask(&self, args: &[&str]) -> String {
        let data = self.data();
        let mut all: Vec<&std::ffi::OsStr> = args.iter().map(|arg| arg.as_ref()).collect();
        all.extend(["--data".as_ref(), data.as_os_str()]);
        vivace(&all).ok().trim_end().to_owned()
    }

    /// A signed URL to push to.
    #[track_caller]
    pub fn push_url(&self, name: &str) -> String {
        self.ask(&["url", "push", name])
    }

    /// A signed URL to play from: `flv`, `mp4`, `rtmp`, `ws-flv`, `ws-mp4`.
    #[track_caller]
    pub fn play_url(&self, name: &str, format: &str) -> String {
        self.ask(&["url", "play", name, "--format", format])
    }

    /// One of the app's keys as text.
    #[track_caller]
    pub fn key(&self, name: &str) -> String {
        let keys = self.keys.get_or_init(|| serde_json::from_str(&self.ask(&["app", "show", "--json"])).unwrap());
        match &keys[name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    /// `GET /api/v1/...` with the app's token.
    ///
    /// # Panics
    /// The answer is not JSON with status 200.
    #[track_caller]
    pub fn api(&self, path: &str) -> Value {
        let token = format!("Bearer {}", self.key("api_token"));
        let answer = get_with(&format!("http://{}/api/v1/{path}", self.http), &[("Authorization", &token)]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// All streams that the API lists.
    #[track_caller]
    pub fn streams(&self) -> Vec<Value> {
        self.api("streams?limit=500")["items"].as_array().unwrap().clone()
    }

    /// One stream as the API lists it.
    #[track_caller]
    pub fn stream(&self, name: &str) -> Option<Value> {
        self.streams().into_iter().find(|stream| stream["name"] == name)
    }

    /// A metric by its name without `vivace_`, with its labels if it has some; 0 if it is not there.
    #[track_caller]
    pub fn metric(&self, name: &str) -> u64 {
        let text = crate::get(&format!("http://{}/metrics", self.http)).text();
        let wanted = format!("vivace_{name} ");
        text.lines().find_map(|line| line.strip_prefix(&wanted)?.parse().ok()).unwrap_or(0)
    }

    /// How often an operation was refused with a code.
    #[track_caller]
    pub fn refused(&self, operation: &str, row: &str) -> u64 {
        let (table, code) = row.split_once('/').unwrap();
        self.metric(&format!("refusals_total{{operation=\"{operation}\",table=\"{table}\",code=\"{code}\"}}"))
    }

    /// Waits until the stream is live and pictures or sound have come.
    #[track_caller]
    pub fn wait_live(&self, name: &str) {
        wait_for(&format!("stream {name} to be live"), || {
            self.stream(name).is_some_and(|stream| {
                stream["state"] == "live" && (stream["video"].is_object() || stream["audio"].is_object())
            })
        });
    }

    /// Bytes of memory that the process holds.
    pub fn memory_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1_024
    }

    /// Most bytes of memory that the process has held so far.
    pub fn memory_peak_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1_024
    }

    /// How often connections were closed, or requests turned away, for this reason.
    #[track_caller]
    pub fn closed(&self, reason: &str) -> u64 {
        self.metric(&format!("closed_total{{reason=\"{reason}\"}}"))
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        terminate(self.pid());
    }

    /// Waits for the end that SIGTERM has asked for.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        self.tool.wait_within(END)
    }

    /// Ends it in order; its exit status, and the folder for another one.
    #[track_caller]
    pub fn stop(mut self) -> (ExitStatus, Folder) {
        self.terminate();
        let status = self.wait();
        (status, self.folder.take().unwrap())
    }

    /// Kills it as a power cut would; the folder for another one.
    #[track_caller]
    pub fn kill_9(mut self) -> Folder {
        self.tool.kill_9();
        self.folder.take().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.tool.is_running() {
            self.terminate();
            let timer = crate::Timer::new(END);
            while self.tool.is_running() && !timer.is_over() {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}
