//! `vivace list`: black and white lists of addresses of the running server.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::place::Place;
use super::relay::{api, text};
use crate::fault::Fault;
use crate::print;

/// What to do with the lists.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show the lists that there are.
    Show(ShowArgs),
    /// Put a list in the place of the one there is.
    Set(SetArgs),
    /// Take a list away.
    Delete(DeleteArgs),
}

/// What to show.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The API's JSON instead of lines.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Which list, and what stands on it.
#[derive(Debug, Args)]
pub(super) struct SetArgs {
    /// What it is for.
    #[arg(value_enum)]
    direction: Direction,
    /// What being on it means.
    #[arg(value_enum)]
    colour: Colour,
    /// Addresses, and blocks such as 192.0.2.0/24.
    #[arg(required = true)]
    entries: Vec<String>,
    #[command(flatten)]
    place: Place,
}

/// Which list.
#[derive(Debug, Args)]
pub(super) struct DeleteArgs {
    /// What it is for.
    #[arg(value_enum)]
    direction: Direction,
    #[command(flatten)]
    place: Place,
}

/// What a list is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Direction {
    /// Publishers.
    Push,
    /// Players.
    Play,
}

/// What being on a list means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Colour {
    /// Those on it are refused.
    Black,
    /// All others are refused.
    White,
}

pub(super) fn run(command: &Command) -> Result<(), Fault> {
    match command {
        Command::Show(args) => show(args),
        Command::Set(args) => {
            let colour = if args.colour == Colour::Black { "black" } else { "white" };
            let body = json!({"colour": colour, "entries": args.entries});
            api(&args.place)?.ask("PUT", path(args.direction), Some(&body)).map(drop)
        }
        Command::Delete(args) => api(&args.place)?.ask("DELETE", path(args.direction), None).map(drop),
    }
}

fn show(args: &ShowArgs) -> Result<(), Fault> {
    let found = api(&args.place)?.ask("GET", "/api/v1/lists", None)?;
    if args.json {
        print::out(&format!("{found:#}"));
        return Ok(());
    }
    let items = found.get("items").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if items.is_empty() {
        print::note("there are no lists; `vivace list set` makes one");
    } else {
        print::out(&items.iter().map(lines).collect::<String>());
    }
    Ok(())
}

const fn path(direction: Direction) -> &'static str {
    match direction {
        Direction::Push => "/api/v1/lists/push",
        Direction::Play => "/api/v1/lists/play",
    }
}

fn lines(list: &Value) -> String {
    let entries = list.get("entries").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let entries: String = entries.iter().filter_map(Value::as_str).map(|entry| format!("  {entry}\n")).collect();
    format!("{} {}\n{entries}", text(list, "direction"), text(list, "colour"))
}
