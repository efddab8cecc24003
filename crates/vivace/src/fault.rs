//! Why a command failed, as its user is told: one sentence, what lies behind it, and what to do.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use thiserror::Error;
use vivace_base::NameFault;
use vivace_codes::explain::ExplainError;
use vivace_server::{LoadFault, RunFault};

use crate::api::ApiFault;
use crate::settings::SettingFaults;
use crate::{logs, print};

/// Why a command failed.
#[derive(Debug, Error)]
pub(crate) enum Fault {
    /// The settings are wrong.
    #[error(transparent)]
    Settings(#[from] SettingFaults),
    /// The server does not start.
    #[error("the server cannot start: {0}")]
    Load(#[from] LoadFault),
    /// The server ended on a fault.
    #[error("the server has ended: {0}")]
    Run(#[from] RunFault),
    /// The app's keys cannot be read.
    #[error("the app's keys cannot be read: {0}")]
    Store(#[from] vivace_store::Fault),
    /// The store has no app.
    #[error("the data folder {} holds no app", .data.display())]
    NoApp {
        /// The data folder.
        data: PathBuf,
    },
    /// Nobody knows the ports.
    #[error("no server runs on {}, and the settings leave its ports to chance", .data.display())]
    NoServer {
        /// The data folder.
        data: PathBuf,
    },
    /// What is asked for takes a running server.
    #[error("no server runs on {}", .data.display())]
    NotRunning {
        /// The data folder.
        data: PathBuf,
    },
    /// The running server was asked and did not answer as it should.
    #[error("the server at {address} was asked in vain: {reason}")]
    Api {
        /// Its HTTP listener.
        address: SocketAddr,
        /// What went wrong.
        reason: ApiFault,
    },
    /// The running server was asked and refused.
    #[error("the server refused: {message}")]
    Refused {
        /// Its words.
        message: String,
        /// Whether what was asked for was wrong.
        usage: bool,
    },
    /// A URL over TLS where there is no such listener.
    #[error("the server has no listener for TLS: `{setting}` is empty")]
    NoTls {
        /// The setting of the listener.
        setting: &'static str,
    },
    /// What was given is no stream name.
    #[error("`{}` is no stream name", .name.escape_debug())]
    Name {
        /// What was given.
        name: String,
        /// What is wrong with it.
        source: NameFault,
    },
    /// Codes that are not in the catalogue.
    #[error("{}", lines(.0))]
    Explain(Vec<ExplainError>),
    /// No code has these words.
    #[error("no code has all of the words `{}`", .words.escape_debug())]
    NothingFound {
        /// The words.
        words: String,
    },
    /// The temporary folder of the demo.
    #[error("no temporary folder can be made at {}", .folder.display())]
    Folder {
        /// Its path.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The clip of the demo; a fault of the build.
    #[error("the built-in clip cannot be read")]
    Clip(#[source] vivace_media::flv::Fault),
    /// The operating system refused something basic.
    #[error("the operating system refuses {what}")]
    System {
        /// What was asked of it.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The exporter of traces.
    #[cfg(feature = "otel")]
    #[error("traces cannot be exported to {endpoint}: {reason}")]
    Traces {
        /// Where they should go.
        endpoint: String,
        /// What is wrong.
        reason: String,
    },
    /// The machine is not fit to serve.
    #[error("{failed} of the checks failed; the report says which and what to do")]
    Unfit {
        /// How many.
        failed: usize,
    },
    /// The worker mode did not become its program.
    #[error("the worker did not begin: {0}")]
    Worker(#[from] vivace_server::launch::LaunchFault),
    /// A second signal came while sessions were ending.
    #[error("ended at once by a second signal; sessions were cut")]
    Insisted,
}

impl Fault {
    /// Tells stderr, and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        if logs::are_json() {
            self.log();
        } else {
            print::note(&self.text());
        }
        ExitCode::from(self.exit_code())
    }

    /// 2 where the command line itself is at fault, else 1.
    fn exit_code(&self) -> u8 {
        match self {
            Self::Settings(faults) if faults.only_flags() => 2,
            Self::Name { .. } | Self::Refused { usage: true, .. } => 2,
            _ => 1,
        }
    }

    /// Tells the log, whose readers want nothing else on stderr.
    fn log(&self) {
        let because: Vec<String> = causes(self).map(ToString::to_string).collect();
        let (because, remedy) = (because.join(": "), self.remedy());
        tracing::error!(because, remedy, "{self}");
    }

    fn text(&self) -> String {
        let sentence = self.to_string();
        let mut out = String::new();
        for line in sentence.lines() {
            let _ = writeln!(out, "error: {line}");
        }
        let mut said = sentence;
        for cause in causes(self) {
            let text = cause.to_string();
            // A cause that its fault has quoted already would only be read twice.
            if !said.contains(&text) {
                let _ = writeln!(out, "  because: {text}");
            }
            said = text;
        }
        if let Some(remedy) = self.remedy() {
            let _ = writeln!(out, "  remedy: {remedy}");
        }
        out.truncate(out.trim_end().len());
        out
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Settings(_) => {
                Some("`vivace serve --help` lists all settings, `vivace check-config` shows those in effect".to_owned())
            }
            Self::NoApp { .. } => {
                Some("start `vivace serve` on this folder once; the first start makes the app".to_owned())
            }
            Self::Store(vivace_store::Fault::Missing { .. }) => {
                Some("name the server's data folder with --data DIR, or start `vivace serve` there once".to_owned())
            }
            Self::NotRunning { .. } => Some(
                "start `vivace serve` on this folder, or name the folder of the running server with --data DIR"
                    .to_owned(),
            ),
            Self::NoServer { .. } => {
                Some("start `vivace serve` on this folder, or name its data folder with --data DIR".to_owned())
            }
            Self::NoTls { setting } => Some(format!("set `{setting}` to an address and start the server again")),
            Self::Load(LoadFault::FolderInUse { .. }) => {
                Some("`vivace serve --take-over` puts this one in its place without a cut".to_owned())
            }
            Self::Load(LoadFault::Upgrade(_)) | Self::Run(RunFault::Upgrade(_)) => Some(
                "the server that runs goes on; where it cannot hand over, stop it and start this one in its place"
                    .to_owned(),
            ),
            Self::Load(LoadFault::Tls(fault)) => Some(fault.remedy().to_owned()),
            Self::Explain(_) => Some("`vivace explain --search WORDS` finds codes by their words".to_owned()),
            Self::Folder { .. } => Some("set TMPDIR to a folder that can be written".to_owned()),
            Self::Load(LoadFault::Store(vivace_store::Fault::NotWritable { .. })) => Some(
                "choose another data folder with --data DIR, or give this one to the user that runs this".to_owned(),
            ),
            Self::Load(LoadFault::Bind(_)) => Some(remedy_of_bind(causes(self).find_map(io_kind)).to_owned()),
            #[cfg(feature = "otel")]
            Self::Traces { .. } => Some("mend `log.otlp`, or leave it empty".to_owned()),
            Self::Load(_)
            | Self::Run(_)
            | Self::Store(_)
            | Self::Name { .. }
            | Self::Api { .. }
            | Self::Refused { .. }
            | Self::NothingFound { .. }
            | Self::Clip(_)
            | Self::System { .. }
            | Self::Unfit { .. }
            | Self::Worker(_)
            | Self::Insisted => None,
        }
    }
}

fn causes(fault: &Fault) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let mut next = fault.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

fn io_kind(cause: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    cause.downcast_ref::<io::Error>().map(io::Error::kind)
}

/// What to do about an address that cannot be listened on. A bind fault without an error of the operating system is the
/// one of an address in use.
fn remedy_of_bind(kind: Option<io::ErrorKind>) -> &'static str {
    match kind {
        None => {
            "another program, maybe another vivace, listens there, and `ss -ltnp` names it; stop it, or choose another \
             address with the setting of that listener, such as --rtmp (port 0 takes a free one)"
        }
        Some(io::ErrorKind::AddrNotAvailable) => {
            "this machine does not have that address, and `ip address` lists those it has; 0.0.0.0 stands for all of them"
        }
        Some(io::ErrorKind::PermissionDenied) => "ports below 1024 are for privileged users; choose another one",
        Some(_) => "choose another address with the setting of that listener, such as --rtmp",
    }
}

fn lines(faults: &[ExplainError]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::Fault;

    #[test]
    fn a_fault_is_told_with_cause_and_remedy() {
        let fault = Fault::Folder { folder: "/x/y".into(), source: io::Error::other("the disk is on fire") };
        let wanted = "error: no temporary folder can be made at /x/y\n  because: the disk is on fire\n  \
                      remedy: set TMPDIR to a folder that can be written";
        assert_eq!(fault.text(), wanted);
    }

    #[test]
    fn only_the_command_line_is_a_fault_of_usage() {
        let name = Fault::Name { name: "..".to_owned(), source: vivace_base::NameFault::Empty };
        assert_eq!(name.exit_code(), 2);
        assert_eq!(Fault::Insisted.exit_code(), 1);
    }
}
