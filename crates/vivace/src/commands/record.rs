//! `vivace record`: recordings of the running server.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::place::Place;
use super::relay::{api, text};
use crate::api::component;
use crate::fault::Fault;
use crate::print;

const RECORDINGS: &str = "/api/v1/recordings";
const TASKS: &str = "/api/v1/record-tasks";

/// What to do with recordings.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the recordings, the newest first.
    List(RecordingArgs),
    /// Record a stream from now on, live or not yet; prints the number of the task.
    Start(StartArgs),
    /// List what is to be recorded, the newest first.
    Tasks(ListArgs),
    /// Stop a task: what it has recorded is finished.
    Stop(TaskArgs),
    /// Delete a recording that is finished.
    Delete(IdArgs),
    /// Bring a deleted recording back.
    Restore(IdArgs),
}

/// What to list.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Of this stream only.
    stream: Option<String>,
    /// The API's JSON instead of lines.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Which recordings to list.
#[derive(Debug, Args)]
pub(super) struct RecordingArgs {
    #[command(flatten)]
    list: ListArgs,
    /// Those that are deleted and can be restored.
    #[arg(long)]
    deleted: bool,
}

/// What to record.
#[derive(Debug, Args)]
pub(super) struct StartArgs {
    /// The stream.
    stream: String,
    /// A format; several may be given. `recording.formats` if none is.
    #[arg(long = "format", value_enum, value_name = "FORMAT")]
    formats: Vec<Format>,
    /// The API's JSON instead of the number.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// FLV.
    Flv,
    /// HLS.
    Hls,
    /// MP4.
    Mp4,
    /// The sound alone.
    Aac,
}

/// Which task.
#[derive(Debug, Args)]
pub(super) struct TaskArgs {
    /// Its number.
    task: String,
    #[command(flatten)]
    place: Place,
}

/// Which recording.
#[derive(Debug, Args)]
pub(super) struct IdArgs {
    /// Its id.
    id: String,
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(command: &Command) -> Result<(), Fault> {
    let recording = |args: &IdArgs, act: &str| format!("{RECORDINGS}/{}{act}", component(&args.id));
    match command {
        Command::List(RecordingArgs { list: args, deleted }) => {
            let (none, of) = if *deleted {
                ("no recording is deleted", "deleted=true")
            } else {
                ("there are no recordings; `vivace record start NAME` makes some", "deleted=false")
            };
            list(args, &format!("{RECORDINGS}?{of}"), none, line)
        }
        Command::Tasks(args) => {
            list(args, TASKS, "nothing was asked to be recorded; `vivace record start NAME` does", task)
        }
        Command::Start(args) => start(args),
        Command::Stop(args) => {
            let path = format!("{TASKS}/{}/stop", component(&args.task));
            api(&args.place)?.ask("POST", &path, None).map(drop)
        }
        Command::Delete(args) => api(&args.place)?.ask("DELETE", &recording(args, ""), None).map(drop),
        Command::Restore(args) => api(&args.place)?.ask("POST", &recording(args, "/restore"), None).map(drop),
    }
}

fn list(args: &ListArgs, path: &str, none: &str, line: fn(&Value) -> String) -> Result<(), Fault> {
    let of = args.stream.as_ref().map_or_else(String::new, |stream| format!("stream={}", component(stream)));
    let between = if path.contains('?') { '&' } else { '?' };
    let items = api(&args.place)?.all(&format!("{path}{between}{of}"))?;
    if args.json {
        print::out(&format!("{:#}", json!({"items": items, "next": null})));
    } else if items.is_empty() {
        print::note(none);
    } else {
        print::out(&items.iter().map(line).collect::<String>());
    }
    Ok(())
}

fn start(args: &StartArgs) -> Result<(), Fault> {
    let words = args.formats.iter().map(|format| match format {
        Format::Flv => "flv",
        Format::Hls => "hls",
        Format::Mp4 => "mp4",
        Format::Aac => "aac",
    });
    let mut new = json!({"stream": args.stream});
    if !args.formats.is_empty() {
        new["formats"] = words.collect::<Vec<_>>().into();
    }
    let made = api(&args.place)?.ask("POST", TASKS, Some(&new))?;
    print::out(&if args.json { format!("{made:#}") } else { format!("{}\n", text(&made, "id")) });
    Ok(())
}

fn line(recording: &Value) -> String {
    let [id, state, format, stream, at] =
        ["id", "state", "format", "stream", "started_at"].map(|key| text(recording, key));
    let number = |key: &str| recording.get(key).and_then(Value::as_u64).unwrap_or(0);
    let (seconds, bytes) = (number("duration_ms") / 1_000, number("size_bytes"));
    let url = [text(recording, "download_url"), text(recording, "play_url")].into_iter().find(|url| !url.is_empty());
    let (minutes, url) = (seconds / 60, url.unwrap_or_else(|| text(recording, "failure")));
    format!("{id}  {state:<10} {format:<4} {at}  {minutes:>4}:{:02}  {bytes:>12}  {stream}  {url}\n", seconds % 60)
}

fn task(task: &Value) -> String {
    let [id, state, kind, stream] = ["id", "state", "kind", "stream"].map(|key| text(task, key));
    let formats = task.get("formats").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let formats: Vec<&str> = formats.iter().filter_map(Value::as_str).collect();
    format!("{id:>6}  {state:<8}  {kind:<8}  {:<16}  {stream}\n", formats.join("|"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{line, task};

    #[test]
    fn a_recording_and_a_task_are_a_line_each() {
        let recording = json!({"id": "I", "state": "stored", "format": "mp4", "stream": "a", "started_at": "T",
            "duration_ms": 61_900, "size_bytes": 7, "download_url": "http://h/recordings/I.mp4", "play_url": "p"});
        assert_eq!(line(&recording), "I  stored     mp4  T     1:01             7  a  http://h/recordings/I.mp4\n");
        let made = json!({"id": "3", "state": "running", "kind": "timed", "formats": ["hls", "mp4"], "stream": "a"});
        assert_eq!(task(&made), "     3  running   timed     hls|mp4           a\n");
    }
}
