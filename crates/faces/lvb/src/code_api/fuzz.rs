//! Entry points for fuzzing the reader of calls: any bytes may go in, nothing may panic.

use vivace_base::{Limits, UnixMs};

use super::command::{Command, parse};
use super::interface::NAMES;
use super::params::Params;
use super::serve::{interface_name, json_body};
use crate::access::Parameters;

const NOW: UnixMs = UnixMs(1_546_064_025_000);

/// Any text as the query of a call. What is read is within its bounds, and every interface can be asked of it.
///
/// # Panics
/// If a promise is broken.
pub fn query(data: &[u8]) {
    let limits = Limits { api_parameters_max: 64, api_name_bytes_max: 64, ..Limits::default() };
    let read = match Parameters::of_query(&String::from_utf8_lossy(data), &limits) {
        Ok(read) => read,
        Err(fault) => return assert!(!fault.to_string().is_empty()),
    };
    assert!(read.pairs().len() <= limits.api_parameters_max, "more parameters than allowed");
    let params = match Params::of(&read) {
        Ok(params) => params,
        Err(fault) => return assert!(!fault.to_string().is_empty()),
    };
    for (_, interface) in NAMES {
        match parse(interface, &params, 2_157, NOW) {
            Ok(command) => within(&command),
            Err(fault) => assert!(!fault.to_string().is_empty(), "{interface:?} refuses without a word"),
        }
    }
}

/// Any bytes as the body of a mix: it names the same interface however it is written, and what cannot be read is refused by
/// its place, without a word of it.
///
/// # Panics
/// If a promise is broken.
pub fn body(data: &[u8]) {
    let read = match json_body(data) {
        Ok(read) => read,
        Err(fault) => return assert!((1..128).contains(&fault.to_string().len()), "{fault}"),
    };
    assert_eq!(read.is_none(), data.trim_ascii().is_empty(), "white space is a body");
    let named = interface_name("", read.as_ref());
    assert_eq!(interface_name("channel_manager", read.as_ref()), "channel_manager", "the URL goes first");
    let Some(value) = &read else { return };
    let again = json_body(value.to_string().as_bytes()).expect("JSON of our own");
    assert_eq!(interface_name("", again.as_ref()), named, "it names another interface");
}

fn within(command: &Command) {
    match command {
        Command::Statistics { page, .. } | Command::TapeFiles { page, .. } => assert!((1..=300).contains(&page.size)),
        Command::List(list) => assert!((10..=100).contains(&list.page.size) && list.page.number > 0),
        Command::Queue(count) => assert!((1..=100).contains(count)),
        Command::PushHistory { from, to, .. } | Command::PlayHistory { from, to, .. } => {
            assert!(from <= to && to.0 - from.0 <= 86_400_000, "more than a day");
        }
        _ => {}
    }
}
