//! Entry points for fuzzing the readers of requests: any bytes may go in, nothing may panic.

use vivace_base::Limits;

use crate::access::{ParameterFault, Parameters};
use crate::actions::{Action, Command};
use crate::connect::{CLOUD_NAMES, is_whole, judge};
use crate::v3::{self, Moment, Params};

/// The first line is the type of a body, the rest the body. Whatever is read stays within its bounds, and every Action
/// can be asked of it.
///
/// # Panics
/// If a promise is broken.
pub fn parameters(data: &[u8]) {
    let limits = Limits { api_parameters_max: 64, api_name_bytes_max: 64, api_depth_max: 4, ..Limits::default() };
    let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (kind, body) = data.split_at(at);
    let body = body.strip_prefix(b"\n").unwrap_or(body);
    flat(Parameters::of_body(&String::from_utf8_lossy(kind), body, &limits), &limits);
    multipart(data, &limits);
}

/// All of it as a body of several parts: noise hardly ever names the boundary that it has.
fn multipart(data: &[u8], limits: &Limits) {
    flat(Parameters::of_body("multipart/form-data; boundary=b", data, limits), limits);
}

fn flat(read: Result<Parameters, ParameterFault>, limits: &Limits) {
    let read = match read {
        Ok(read) => read,
        Err(fault) => return assert!(!fault.to_string().is_empty()),
    };
    let pairs = read.pairs();
    assert!(pairs.len() <= limits.api_parameters_max, "more parameters than allowed");
    for (name, value) in pairs {
        assert!(name.len() <= limits.api_name_bytes_max, "a name longer than allowed");
        assert_eq!(read.exact(name), Some(value.as_str()), "a parameter is not what was sent");
    }
    for action in Action::ALL {
        match Command::parse(*action, &read) {
            Ok(command) => assert_eq!(command.is_some(), action.is_offered()),
            Err(fault) => assert!(!fault.to_string().is_empty()),
        }
    }
}

/// A call of API 3.0: the first line is a query, the rest a JSON body. What both say is read within its bounds, and every
/// Action can be asked of it.
///
/// # Panics
/// If a promise is broken.
pub fn v3(data: &[u8]) {
    let limits = Limits { api_parameters_max: 64, api_name_bytes_max: 64, api_depth_max: 4, ..Limits::default() };
    let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (query, body) = data.split_at(at);
    let query = String::from_utf8_lossy(query);
    moment(&query);
    match Parameters::of_query(&query, &limits) {
        Ok(read) => {
            assert!(read.pairs().len() <= limits.api_parameters_max, "more parameters than allowed");
            asked(&Params::of_flat(&read, &["Action", "Version"]));
        }
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
    match Params::of_json(body.strip_prefix(b"\n").unwrap_or(body), &limits) {
        Ok(params) => asked(&params),
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
}

fn asked(params: &Params) {
    for action in v3::Action::ALL {
        if let Err(fault) = v3::Command::parse(*action, params, 480) {
            assert!(!fault.to_string().is_empty() && !v3::code(&fault).is_empty(), "{action:?} refuses without a word");
        }
    }
}

fn moment(text: &str) {
    for ahead_min in [480, 0, i64::MAX, i64::MIN] {
        if let Some(moment) = Moment::parse(text, ahead_min) {
            assert_eq!(moment.form.write(moment.at), text, "a time is not what was sent");
        }
    }
}

/// Any bytes as the head of a CONNECT, in pieces: it ends in the same place however it is cut, and only the cloud's own
/// names are let in.
///
/// # Panics
/// If a promise is broken.
pub fn connect(data: &[u8]) {
    const MAX: usize = 256;
    let whole = (0..=data.len()).find_map(|end| match is_whole(data.get(..end)?, MAX) {
        Ok(false) => None,
        Ok(true) => Some(Ok(end)),
        Err(fault) => Some(Err(fault)),
    });
    match whole {
        None => assert!(data.len() <= MAX, "a head without end"),
        Some(Err(fault)) => assert!(!fault.to_string().is_empty()),
        Some(Ok(end)) => assert!(data.get(..end).is_some_and(|head| head.ends_with(b"\r\n\r\n"))),
    }
    match judge(data) {
        Ok(()) => {
            let text = String::from_utf8_lossy(data).to_ascii_lowercase();
            let named = CLOUD_NAMES.iter().any(|name| text.starts_with(&format!("connect {name}:443 http/1.")));
            assert!(named, "another's name is connected to");
        }
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
}
