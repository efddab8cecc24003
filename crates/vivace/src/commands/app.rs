//! `vivace app show`: the app's keys, for its owner.

use clap::{Args, Subcommand};
use serde_json::{Map, Value};
use vivace_domain::App;

use super::place::{Place, read_app};
use crate::fault::Fault;
use crate::print;

/// What to do with the app.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print every key of the app. They are secrets: whoever has them can push, play and administer.
    Show(ShowArgs),
}

/// What to show.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// One JSON object instead of lines.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(command: &Command) -> Result<(), Fault> {
    let Command::Show(args) = command;
    let app = read_app(&args.place.settings()?)?;
    print::out(&if args.json { json(&app) } else { text(&app) });
    Ok(())
}

/// The keys as lines of name and value.
pub(super) fn text(app: &App) -> String {
    let shown = members(app).into_iter().map(|(name, value)| match value {
        Value::Null => format!("{name:<18}none\n"),
        Value::String(text) => format!("{name:<18}{text}\n"),
        other => format!("{name:<18}{other}\n"),
    });
    shown.collect()
}

fn json(app: &App) -> String {
    let object: Map<String, Value> = members(app).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    format!("{:#}", Value::Object(object))
}

/// Every key by the name its system gives it.
fn members(app: &App) -> [(&'static str, Value); 18] {
    let keys = &app.keys;
    [
        ("sdkappid", keys.sdkappid.into()),
        ("sdk_secret", keys.sdk_secret.reveal().as_str().into()),
        ("sdk_public_key", keys.sdk_public_key.as_deref().into()),
        ("secret_id", keys.secret_id.as_str().into()),
        ("secret_key", keys.secret_key.reveal().as_str().into()),
        ("appid", keys.appid.into()),
        ("bizid", keys.bizid.into()),
        ("api_key", keys.api_key.reveal().as_str().into()),
        ("push_key", keys.push_key.reveal().as_str().into()),
        ("push_key_backup", keys.push_key_backup.reveal().as_str().into()),
        ("play_key", keys.play_key.reveal().as_str().into()),
        ("play_key_backup", keys.play_key_backup.reveal().as_str().into()),
        ("callback_key", keys.callback_key.reveal().as_str().into()),
        ("zim_app_id", keys.zim_app_id.into()),
        ("zim_server_secret", keys.zim_server_secret.reveal().as_str().into()),
        ("auth_key", keys.auth_key.reveal().as_str().into()),
        ("admin", keys.admin.as_str().into()),
        ("api_token", keys.api_token.reveal().as_str().into()),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use vivace_base::{AppId, Rng};
    use vivace_domain::App;

    use super::{json, text};

    /// Counts up, so that every byte value comes.
    struct Counting(std::sync::atomic::AtomicU8);

    impl Rng for Counting {
        fn fill(&self, out: &mut [u8]) {
            for byte in out {
                *byte = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
    }

    #[test]
    fn every_key_of_the_design_is_a_member() {
        let app = App::generate(AppId(1), &Counting(0.into()));
        let shown: Value = serde_json::from_str(&json(&app)).unwrap();
        let names = "sdkappid sdk_secret sdk_public_key secret_id secret_key appid bizid api_key push_key play_key \
                     callback_key zim_app_id zim_server_secret auth_key admin api_token";
        for name in names.split_whitespace() {
            assert!(shown.get(name).is_some(), "{name}");
        }
        assert_eq!(shown["push_key"], app.keys.push_key.reveal().as_str());
        assert_eq!(shown["bizid"], app.keys.bizid);
        assert_eq!(shown["sdk_public_key"], Value::Null);
        assert!(text(&app).contains(&format!("play_key          {}\n", app.keys.play_key.reveal())));
    }
}
