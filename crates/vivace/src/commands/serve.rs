//! `vivace serve`.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use tokio_util::sync::CancellationToken;
use vivace_domain::App;
use vivace_server::{Config, Server};

use super::app;
use crate::fault::Fault;
use crate::settings::{SettingFlags, Settings, Variables};
use crate::stop::Signals;
use crate::{logs, print};

/// How to serve.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration file (TOML); also VIVACE_CONFIG.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingFlags,
}

pub(super) fn run(args: &Args) -> Result<(), Fault> {
    let settings = Settings::load(args.config.as_deref(), &Variables::of_process(), &args.settings)?;
    logs::start(&settings.values);
    block_on(serve(settings.values.config))
}

/// Runs the event loop of control connections until `work` is done; players are served by threads of the server's own.
pub(super) fn block_on(work: impl Future<Output = Result<(), Fault>>) -> Result<(), Fault> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = built.map_err(|source| Fault::System { what: "an event loop", source })?;
    let ended = runtime.block_on(work);
    // Work that ended well has waited for all it started. One that was cut short is not to be waited for.
    runtime.shutdown_background();
    ended
}

async fn serve(config: Config) -> Result<(), Fault> {
    let mut signals = Signals::listen().map_err(|source| Fault::System { what: "signal handlers", source })?;
    let stop = CancellationToken::new();
    let work = async {
        let server = Server::load(config.clone()).await?;
        if let Some(app) = server.created_app() {
            print::note(&greeting(app, &config, io::stderr().is_terminal()));
        }
        Ok(server.run(stop.clone()).await?)
    };
    signals.during(&stop, work).await.unwrap_or(Err(Fault::Insisted))
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
