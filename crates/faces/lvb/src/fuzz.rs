//! Entry points for fuzzing the readers of requests: any bytes may go in, nothing may panic.

use vivace_base::Limits;

use crate::access::Parameters;
use crate::actions::{Action, Command};

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
    let read = match Parameters::of_body(&String::from_utf8_lossy(kind), body, &limits) {
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
