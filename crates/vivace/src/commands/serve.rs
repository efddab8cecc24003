//! `vivace serve`.

use std::error::Error;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use vivace_domain::App;
use vivace_server::{Addresses, Config, Pulse, Server};

use super::app;
use crate::fault::Fault;
use crate::logs::Logs;
use crate::reload::{Given, Reloader, Stamp};
use crate::settings::{SettingFlags, Values, Variables};
use crate::stop::Signals;
use crate::systemd::Systemd;
use crate::{logs, memory, print};

/// How to serve.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration file (TOML); also VIVACE_CONFIG.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Take the place of the server that runs on the data folder, without a cut: its listeners are taken over, its
    /// publishers are asked to reconnect, and it ends by itself. Where none runs, this is a start like any other.
    #[arg(long)]
    take_over: bool,
    #[command(flatten)]
    settings: SettingFlags,
}

pub(super) fn run(args: &Args) -> Result<(), Fault> {
    let given = Given::new(args.config.as_deref(), Variables::of_process(), args.settings.clone());
    // Before the file is read: a change that comes in between is seen as one.
    let seen = given.look();
    let settings = given.load()?;
    let (logs, end) = Logs::start(&settings.values)?;
    let ended = block_on(serve(settings.values, logs, given, seen, args.take_over));
    end.end();
    ended
}

/// Tasks that run before the event loop looks for what has come meanwhile. Under a flood of tasks that are ready, a
/// publisher's bytes wait for no more than these.
const TASKS_PER_LOOK: u32 = 31;

/// Runs the event loop of control connections until `work` is done; players are served by threads of the server's own.
pub(super) fn block_on(work: impl Future<Output = Result<(), Fault>>) -> Result<(), Fault> {
    let built = tokio::runtime::Builder::new_multi_thread().event_interval(TASKS_PER_LOOK).enable_all().build();
    let runtime = built.map_err(|source| Fault::System { what: "an event loop", source })?;
    let ended = runtime.block_on(work);
    // Work that ended well has waited for all it started. One that was cut short is not to be waited for.
    runtime.shutdown_background();
    ended
}

async fn serve(values: Values, logs: Logs, given: Given, seen: Stamp, take_over: bool) -> Result<(), Fault> {
    let no_signals = |source| Fault::System { what: "signal handlers", source };
    let mut signals = Signals::listen().map_err(no_signals)?;
    let mut hangups = signal(SignalKind::hangup()).map_err(no_signals)?;
    let config = values.config.clone();
    let stop = CancellationToken::new();
    let work = async {
        let server = match take_over {
            true => Server::take_over(config.clone()).await?,
            false => Server::load(config.clone()).await?,
        };
        server.watch_allocator(memory::allocated);
        if let Some(app) = server.created_app() {
            greet(app, &config);
        }
        let (pulse, addresses) = (server.pulse(), server.addresses());
        let mut reloader = Reloader::new(given, seen, server.handle(), logs, values);
        // A task among the others: on the main thread each connection it accepts would go from thread to thread.
        let running = tokio::spawn(server.run(stop.clone()));
        tokio::select! {
            ended = running => match ended {
                Ok(ended) => Ok(ended?),
                // Nothing aborts it: it has failed, and says so as if it had run here.
                Err(failed) => failed.try_into_panic().map_or(Err(Fault::Insisted), |panic| std::panic::resume_unwind(panic)),
            },
            never = reloader.follow(&mut hangups) => match never {},
            never = memory::settle() => match never {},
            never = attend(pulse, addresses, &stop) => never,
        }
    };
    signals.during(&stop, work).await.unwrap_or(Err(Fault::Insisted))
}

/// Keeps systemd informed, if it has started the server. Never ends.
async fn attend(pulse: Pulse, addresses: Addresses, stop: &CancellationToken) -> Result<(), Fault> {
    match Systemd::of_process() {
        Ok(Some(systemd)) => systemd.attend(&pulse, addresses, stop).await,
        Ok(None) => {}
        Err(fault) => tracing::warn!(error = &fault as &dyn Error, "systemd cannot be told that the server is ready"),
    }
    std::future::pending().await
}

fn greet(app: &App, config: &Config) {
    if logs::are_json() {
        let show = format!("vivace app show --data {}", config.data.display());
        tracing::info!(data = %config.data.display(), show, "first start: an app was made, and its keys are kept in the data folder");
    } else {
        print::note(&greeting(app, config, io::stderr().is_terminal()));
    }
}

/// What the first start says. Where stderr is no terminal it ends in a log, and keys do not belong there.
fn greeting(app: &App, config: &Config, shown_to_a_person: bool) -> String {
    let data = config.data.display();
    let keys = if shown_to_a_person { format!(":\n\n{}\n", app::text(app)) } else { ". ".to_owned() };
    format!(
        "First start: an app was made, and its keys are kept in {data}{keys}`vivace app show --data {data}` prints them."
    )
}

#[cfg(test)]
mod tests {
    use vivace_base::{AppId, Rng};
    use vivace_domain::App;
    use vivace_server::Config;

    use super::greeting;

    struct Counting(std::sync::atomic::AtomicU8);

    impl Rng for Counting {
        fn fill(&self, out: &mut [u8]) {
            for byte in out {
                *byte = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
    }

    #[test]
    fn keys_are_shown_to_people_only() {
        let app = App::generate(AppId(1), &Counting(0.into()));
        let shown = |to_a_person| greeting(&app, &Config::default(), to_a_person).contains(app.keys.push_key.reveal());
        assert!(shown(true));
        assert!(!shown(false));
    }
}
