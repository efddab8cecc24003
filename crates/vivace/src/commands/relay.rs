//! `vivace relay`: what the running server pulls and pushes.

use std::io::{self, Read as _};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::place::{Place, read_app};
use crate::api::Api;
use crate::fault::Fault;
use crate::print;
use crate::ready::Listening;

/// What to do with the relays.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Relay a stream from now on, also after a restart; prints the relay's id.
    Add(AddArgs),
    /// List the relays with their states.
    List(ListArgs),
    /// End a relay and forget it.
    Remove(IdArgs),
    /// Start a relay that was stopped, or try one again that has failed.
    Start(IdArgs),
    /// Stop a relay and keep it.
    Stop(IdArgs),
}

/// What to relay.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Which way.
    #[arg(value_enum)]
    direction: Direction,
    /// The stream of this server.
    stream: String,
    /// The stream of the other server: rtmp(s)://HOST[:PORT]/APP/NAME[?QUERY], for a pull also
    /// http(s)://HOST[:PORT]/PATH/NAME.m3u8[?QUERY]. `-` reads it from stdin, so that its key stands in no list of
    /// processes.
    url: String,
    #[command(flatten)]
    place: Place,
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Direction {
    /// From the other server.
    Pull,
    /// To the other server.
    Push,
}

/// What to list.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// The API's JSON instead of lines.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Which relay.
#[derive(Debug, Args)]
pub(super) struct IdArgs {
    /// Its id.
    id: String,
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(command: &Command) -> Result<(), Fault> {
    match command {
        Command::Add(args) => add(args),
        Command::List(args) => list(args),
        Command::Remove(args) => api(&args.place)?.ask("DELETE", &path(&args.id), None).map(drop),
        Command::Start(args) => enable(args, true),
        Command::Stop(args) => enable(args, false),
    }
}

fn add(args: &AddArgs) -> Result<(), Fault> {
    let direction = match args.direction {
        Direction::Pull => "pull",
        Direction::Push => "push",
    };
    let url = if args.url == "-" { read_url()? } else { args.url.clone() };
    let new = json!({"direction": direction, "stream": args.stream, "url": url});
    let added = api(&args.place)?.ask("POST", RELAYS, Some(&new))?;
    print::out(text(&added, "id"));
    Ok(())
}

fn list(args: &ListArgs) -> Result<(), Fault> {
    let items = api(&args.place)?.all(RELAYS)?;
    if args.json {
        print::out(&format!("{:#}", json!({"items": items, "next": null})));
        return Ok(());
    }
    if items.is_empty() {
        print::note("there are no relays; `vivace relay add` adds one");
    } else {
        print::out(&items.iter().map(line).collect::<String>());
    }
    Ok(())
}

fn enable(args: &IdArgs, enabled: bool) -> Result<(), Fault> {
    let asked = json!({"enabled": enabled});
    api(&args.place)?.ask("PATCH", &path(&args.id), Some(&asked)).map(drop)
}

const RELAYS: &str = "/api/v1/relays";

/// An id goes into a path: whatever else was given is sent as one that no relay has.
fn path(id: &str) -> String {
    let plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    format!("{RELAYS}/{}", if plain { id } else { "-" })
}

pub(super) fn api(place: &Place) -> Result<Api, Fault> {
    let settings = place.settings()?;
    let address = Listening::running(&settings.values.config)?.http_here();
    Ok(Api { address, token: read_app(&settings)?.keys.api_token })
}

fn read_url() -> Result<String, Fault> {
    // Longer than any address that a server takes.
    const BYTES_MAX: u64 = 64 << 10;
    let mut text = String::new();
    let read = io::stdin().take(BYTES_MAX).read_to_string(&mut text);
    read.map_err(|source| Fault::System { what: "stdin", source })?;
    Ok(text.trim().to_owned())
}

fn line(relay: &Value) -> String {
    let (direction, arrow) = match text(relay, "direction") {
        "pull" => ("pull", "<-"),
        other => (other, "->"),
    };
    let kbits = relay["bits_per_second"].as_u64().unwrap_or(0) / 1_000;
    let [id, stream, url, state] = ["id", "stream", "url", "state"].map(|key| text(relay, key));
    let why = match text(relay, "last_error") {
        "" => String::new(),
        why if state == "failed" => format!("    last error: {why}; then `vivace relay start {id}`\n"),
        why => format!("    last error: {why}\n"),
    };
    format!("{id}  {direction}  {state:<10}  {stream} {arrow} {url}  {kbits} kbit/s\n{why}")
}

pub(super) fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{line, path};

    #[test]
    fn an_id_cannot_leave_its_path() {
        assert_eq!(path("01ARZ3NDEKTSV4RRFFQ69G5FAV"), "/api/v1/relays/01ARZ3NDEKTSV4RRFFQ69G5FAV");
        for id in ["", "../status", "a b", "a\r\nX: y", "a?b", "ä"] {
            assert_eq!(path(id), "/api/v1/relays/-", "{id:?}");
        }
    }

    #[test]
    fn a_relay_is_a_line_and_its_reason_another() {
        let relay = json!({"id": "01A", "direction": "pull", "stream": "cam", "url": "rtmp://h:1935/live/…",
            "state": "waiting", "bits_per_second": 2_500, "last_error": "no"});
        let shown = "01A  pull  waiting     cam <- rtmp://h:1935/live/…  2 kbit/s\n    last error: no\n";
        assert_eq!(line(&relay), shown);
        let failed = json!({"id": "01A", "state": "failed", "last_error": "no"});
        assert!(line(&failed).ends_with("    last error: no; then `vivace relay start 01A`\n"), "{failed}");
    }
}
