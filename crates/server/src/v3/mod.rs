//! What carries out the Actions of API 3.0.

mod callbacks;
mod domains;
mod pictures;
mod pulls;
mod records;
mod statistics;
mod streams;
mod watermarks;

use serde_json::{Map, Value};
use vivace_gate::Caller as Who;
use vivace_lvb::actions::Caller;
use vivace_lvb::v3::{Command, Execute, Fault, Page};

use crate::shared::Shared;

/// The face's name in the log of changes.
const FACE: &str = "lvb-v3";

/// Carries out the Actions of one request.
pub(crate) struct Executor<'a> {
    pub(crate) shared: &'a Shared,
}

type Fields = Map<String, Value>;

impl Execute for Executor<'_> {
    async fn execute(&self, caller: &Caller, command: Command) -> Result<Fields, Fault> {
        let who = Who { face: FACE, who: caller.secret_id.clone(), peer: Some(caller.peer) };
        let app = caller.tenant.app.id;
        match command {
            Command::Stream(command) => streams::execute(self.shared, (app, &who), command).await,
            Command::Domain(command) => domains::execute(self.shared, (app, &who), command).await,
            Command::Callback(command) => callbacks::execute(self.shared, (app, &who), command).await,
            Command::Pull(command) => pulls::execute(self.shared, &who, command).await,
            Command::Picture(command) => pictures::execute(self.shared, (app, &who), command).await,
            Command::Record(command) => records::execute(self.shared, (&caller.tenant, &who), command).await,
            Command::Watermark(command) => watermarks::execute(self.shared, (app, &who), command).await,
            Command::Statistics(command) => statistics::execute(self.shared, app, command).await,
        }
    }
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Fields {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The fields of a page beside its items.
fn paged(name: &str, items: Vec<Value>, page: Page, total: u64) -> Fields {
    fields([
        (name, items.into()),
        ("PageNum", page.number.into()),
        ("PageSize", page.size.into()),
        ("TotalNum", total.into()),
        ("TotalPage", page.pages(total).into()),
    ])
}

/// The items of a page.
fn cut<T>(items: Vec<T>, page: Page) -> (Vec<T>, u64) {
    let total = items.len() as u64;
    let skip = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    let take = usize::try_from(page.size).unwrap_or(usize::MAX);
    (items.into_iter().skip(skip).take(take).collect(), total)
}

/// What could not be read; the log has the reason.
fn unreadable(fault: &vivace_store::Fault) -> Fault {
    tracing::error!(%fault, "the store cannot be read: a call is refused");
    Fault::Internal
}
