//! Whether each listener can be opened.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};

use vivace_server::Config;

use super::owner::owner;
use super::{Finding, Running};

/// Ports that only a privileged process may open, where the system does not say otherwise.
const PRIVILEGED: u16 = 1_024;

pub(super) fn look(config: &Config, running: Option<&Running>) -> Vec<Finding> {
    let wanted = [
        ("port rtmp", Some(config.rtmp)),
        ("port http", Some(config.http)),
        ("port rtmps", config.rtmps),
        ("port https", config.https),
    ];
    // All are held until the last has been tried: two listeners may ask for the same.
    let mut held: Vec<(&str, SocketAddr, TcpListener)> = Vec::new();
    let mut findings = Vec::new();
    for (check, address) in wanted {
        let Some(address) = address else {
            findings.push(Finding::ok(check, "none is wanted"));
            continue;
        };
        if address.port() == 0 {
            findings.push(Finding::ok(check, format!("{}, any free port", address.ip())));
            continue;
        }
        match TcpListener::bind(address) {
            Ok(listener) => {
                findings.push(Finding::ok(check, format!("{address} is free")));
                held.push((check, address, listener));
            }
            Err(error) => {
                let rival = held.iter().find(|(_, taken, _)| taken.port() == address.port()).map(|(check, ..)| *check);
                findings.push(taken(check, address, &error, rival, running));
            }
        }
    }
    findings
}

fn taken(
    check: &'static str,
    address: SocketAddr,
    error: &io::Error,
    rival: Option<&str>,
    running: Option<&Running>,
) -> Finding {
    let setting = check.trim_start_matches("port ");
    let other = format!("set `{setting}` to another address");
    match error.kind() {
        ErrorKind::AddrInUse => match (rival, running) {
            (Some(rival), _) => Finding::fail(check, format!("{address} is asked for by `{rival}` too"), other),
            (None, Some(running)) if running.has(address) => {
                Finding::ok(check, format!("{address} is open in {}", running.name()))
            }
            _ => {
                let owner =
                    owner(address).unwrap_or_else(|| "another program, which the system does not name".to_owned());
                Finding::fail(check, format!("{address} is taken by {owner}"), format!("stop it, or {other}"))
            }
        },
        ErrorKind::AddrNotAvailable => {
            let remedy = format!("`ip address` lists those it has; 0.0.0.0 stands for all of them; {other}");
            Finding::fail(check, format!("this machine does not have the address {}", address.ip()), remedy)
        }
        ErrorKind::PermissionDenied if address.port() < PRIVILEGED => {
            let found = format!("{address} is for privileged users: ports below {PRIVILEGED}");
            Finding::fail(
                check,
                found,
                format!("AmbientCapabilities=CAP_NET_BIND_SERVICE in the systemd unit, or {other}"),
            )
        }
        _ => Finding::fail(check, format!("{address} cannot be opened: {error}"), other),
    }
}
