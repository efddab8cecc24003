//! `vivace stream`: live streams of the running server, and bans.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::place::Place;
use super::relay::{api, text};
use crate::api::component;
use crate::fault::Fault;
use crate::print;

const STREAMS: &str = "/api/v1/streams";

/// What to do with the streams.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the streams that are live or in their grace time.
    List(ListArgs),
    /// Cut a stream's push; its publisher may come back at once.
    Kick(KickArgs),
    /// Cut a stream's push and refuse further ones.
    Ban(BanArgs),
    /// Let a stream be pushed again.
    Unban(NameArgs),
}

/// What to list.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// The streams that are banned, and until when, instead of those that are live.
    #[arg(long)]
    banned: bool,
    /// The API's JSON instead of lines.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Whom to cut.
#[derive(Debug, Args)]
pub(super) struct KickArgs {
    /// The stream's name.
    name: String,
    /// Why; it stands in the log of changes.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// Whom to keep away.
#[derive(Debug, Args)]
pub(super) struct BanArgs {
    /// The stream's name.
    name: String,
    /// For how many minutes; as long as may be if it is not given.
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(i64).range(1..=5_256_000))]
    minutes: Option<i64>,
    /// Why; it stands in the log of changes.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// Which stream.
#[derive(Debug, Args)]
pub(super) struct NameArgs {
    /// The stream's name.
    name: String,
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(command: &Command) -> Result<(), Fault> {
    match command {
        Command::List(args) => list(args),
        Command::Kick(args) => {
            let body = with_reason(Map::new(), args.reason.as_deref());
            api(&args.place)?.ask("POST", &path(&args.name, "/kick"), Some(&body)).map(drop)
        }
        Command::Ban(args) => ban(args),
        Command::Unban(args) => api(&args.place)?.ask("DELETE", &path(&args.name, "/ban"), None).map(drop),
    }
}

fn list(args: &ListArgs) -> Result<(), Fault> {
    let items = api(&args.place)?.all(if args.banned { "/api/v1/bans" } else { STREAMS })?;
    if args.json {
        print::out(&format!("{:#}", json!({"items": items, "next": null})));
    } else if items.is_empty() {
        print::note(if args.banned { "no stream is banned" } else { "no stream is live" });
    } else {
        print::out(&items.iter().map(if args.banned { ban_line } else { line }).collect::<String>());
    }
    Ok(())
}

fn ban(args: &BanArgs) -> Result<(), Fault> {
    let api = api(&args.place)?;
    let mut body = Map::new();
    if let Some(minutes) = args.minutes {
        // By the server's clock: this machine's may be another.
        let now_ms = api.ask("GET", "/api/v1/status", None)?.get("now_ms").and_then(Value::as_i64).unwrap_or(0);
        body.insert("until_ms".to_owned(), now_ms.saturating_add(minutes.saturating_mul(60_000)).into());
    }
    let body = with_reason(body, args.reason.as_deref());
    let banned = api.ask("PUT", &path(&args.name, "/ban"), Some(&body))?;
    print::out(ban_line(&banned).trim_end());
    Ok(())
}

fn with_reason(mut body: Map<String, Value>, reason: Option<&str>) -> Value {
    if let Some(reason) = reason {
        body.insert("reason".to_owned(), reason.into());
    }
    body.into()
}

fn path(name: &str, act: &str) -> String {
    format!("{STREAMS}/{}{act}", component(name))
}

fn line(stream: &Value) -> String {
    let number = |key: &str| stream.get(key).and_then(Value::as_u64).unwrap_or(0);
    let (kbits, readers) = (number("bits_per_second") / 1_000, number("readers"));
    let (name, state) = (text(stream, "name"), text(stream, "state"));
    format!("{name:<32}  {state:<5}  {kbits} kbit/s  {readers} players\n")
}

fn ban_line(ban: &Value) -> String {
    let until_ms = ban.get("until_ms").and_then(Value::as_i64).unwrap_or(0);
    format!("{:<32}  until {until_ms} ms since 1970  {}\n", text(ban, "stream"), text(ban, "reason"))
}
