//! `vivace channel`: channels of the running server.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::place::Place;
use super::relay::{api, text};
use crate::api::component;
use crate::fault::Fault;
use crate::print;

const CHANNELS: &str = "/api/v1/channels";

/// What to do with the channels.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the channels, the oldest first.
    List(ListArgs),
    /// Make a channel; prints its number and its addresses.
    Create(CreateArgs),
    /// Show a channel with its addresses.
    Show(IdArgs),
    /// Open a channel that is closed.
    Start(IdArgs),
    /// Close a channel: its push is cut, later ones are refused.
    Stop(IdArgs),
    /// Delete a channel that is closed.
    Delete(IdArgs),
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

/// What to make.
#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// Its name for people.
    name: String,
    /// Its description.
    #[arg(long, value_name = "TEXT", default_value = "")]
    describe: String,
    /// Which addresses viewers get.
    #[arg(long, value_enum, default_value = "both")]
    receiver: Receiver,
    /// Pull its stream from here instead of waiting for a push: rtmp(s)://..., or http(s)://...m3u8.
    #[arg(long, value_name = "URL")]
    pull: Option<String>,
    /// The API's JSON instead of lines.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Which addresses viewers get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Receiver {
    /// RTMP and FLV.
    Rtmp,
    /// HLS.
    Hls,
    /// All of them.
    Both,
}

/// Which channel.
#[derive(Debug, Args)]
pub(super) struct IdArgs {
    /// Its number.
    id: String,
    /// The API's JSON instead of lines.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(command: &Command) -> Result<(), Fault> {
    match command {
        Command::List(args) => list(args),
        Command::Create(args) => create(args),
        Command::Show(args) => shown(args, &api(&args.place)?.ask("GET", &path(&args.id, ""), None)?),
        Command::Start(args) => shown(args, &api(&args.place)?.ask("POST", &path(&args.id, "/start"), None)?),
        Command::Stop(args) => shown(args, &api(&args.place)?.ask("POST", &path(&args.id, "/stop"), None)?),
        Command::Delete(args) => api(&args.place)?.ask("DELETE", &path(&args.id, ""), None).map(drop),
    }
}

fn list(args: &ListArgs) -> Result<(), Fault> {
    let items = api(&args.place)?.all(CHANNELS)?;
    if args.json {
        print::out(&format!("{:#}", json!({"items": items, "next": null})));
    } else if items.is_empty() {
        print::note("there are no channels; `vivace channel create` makes one");
    } else {
        print::out(&items.iter().map(line).collect::<String>());
    }
    Ok(())
}

fn create(args: &CreateArgs) -> Result<(), Fault> {
    let receiver = match args.receiver {
        Receiver::Rtmp => "rtmp",
        Receiver::Hls => "hls",
        Receiver::Both => "both",
    };
    let mut new = json!({"name": args.name, "describe": args.describe, "receiver": receiver});
    if let Some(url) = &args.pull {
        let kind = if url.to_ascii_lowercase().starts_with("http") { "hls_pull" } else { "rtmp_pull" };
        new["source_kind"] = kind.into();
        new["source_address"] = url.as_str().into();
    }
    let made = api(&args.place)?.ask("POST", CHANNELS, Some(&new))?;
    print::out(&if args.json { format!("{made:#}") } else { block(&made) });
    Ok(())
}

fn shown(args: &IdArgs, channel: &Value) -> Result<(), Fault> {
    print::out(&if args.json { format!("{channel:#}") } else { block(channel) });
    Ok(())
}

fn path(id: &str, act: &str) -> String {
    format!("{CHANNELS}/{}{act}", component(id))
}

fn line(channel: &Value) -> String {
    let [id, status, stream, name] = ["id", "status", "stream", "name"].map(|key| text(channel, key));
    format!("{id:<20}  {status:<8}  {stream}  {name}\n")
}

/// A channel and its addresses, a line each.
fn block(channel: &Value) -> String {
    let mut lines = String::new();
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            lines.push_str(&format!("{name:<12}{value}\n"));
        }
    };
    for key in ["id", "name", "describe", "stream", "status", "failure", "push"] {
        add(key, text(channel, key));
    }
    for rate in channel.get("play").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
        let number = rate.get("rate").and_then(Value::as_i64).unwrap_or(0);
        let suffix = if number == 0 { String::new() } else { format!(" {number}") };
        for key in ["rtmp", "flv", "hls"] {
            add(&format!("{key}{suffix}"), text(rate, key));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::block;

    #[test]
    fn a_channel_is_its_fields_and_its_addresses() {
        let channel = json!({"id": "9", "name": "n", "describe": "", "stream": "1_a", "status": "idle", "failure": null,
            "push": "rtmp://h/live/1_a?x", "play": [{"rate": 0, "rtmp": null, "flv": "f", "hls": "h"},
            {"rate": 10, "rtmp": "r", "flv": null, "hls": null}]});
        let shown = "id          9\nname        n\nstream      1_a\nstatus      idle\npush        rtmp://h/live/1_a?x\n\
            flv         f\nhls         h\nrtmp 10     r\n";
        assert_eq!(block(&channel), shown);
    }
}
