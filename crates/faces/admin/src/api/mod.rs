//! `/api/v1`: a table of operations, which is served, checked against, and described as OpenAPI.

mod answer;
mod app;
mod audit;
mod call;
mod channels;
mod credentials;
mod events;
mod fields;
pub mod fuzz;
mod hooks;
mod keys;
mod lists;
mod openapi;
mod page;
mod pictures;
mod record_tasks;
mod recordings;
mod relays;
mod server;
mod streams;
mod uploads;

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::response::IntoResponse;
use axum::routing::any;

use crate::auth::is_bearer;
use crate::router::Shared;
use answer::Refusal;
use call::Operation;

pub use openapi::document;

/// Every operation.
fn operations() -> impl Iterator<Item = &'static Operation> {
    let groups = [
        server::OPERATIONS,
        app::OPERATIONS,
        keys::OPERATIONS,
        credentials::OPERATIONS,
        streams::OPERATIONS,
        pictures::OPERATIONS,
        recordings::OPERATIONS,
        uploads::OPERATIONS,
        record_tasks::OPERATIONS,
        channels::OPERATIONS,
        lists::OPERATIONS,
        relays::OPERATIONS,
        events::OPERATIONS,
        hooks::OPERATIONS,
        audit::OPERATIONS,
    ];
    groups.into_iter().flatten()
}

/// The routes below `/api/v1`.
pub(crate) fn routes() -> Router<Shared> {
    let mut paths: BTreeMap<&str, Vec<&'static Operation>> = BTreeMap::new();
    for operation in operations() {
        paths.entry(operation.path).or_default().push(operation);
    }
    let mut router = Router::new();
    for (path, operations) in paths {
        let serve = async move |State(live): State<Shared>,
                                parameters: Result<RawPathParams, RawPathParamsRejection>,
                                request: Request| {
            match parameters {
                Ok(parameters) => {
                    let parameters = parameters.iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
                    call::serve(live, operations, parameters, request).await
                }
                Err(_) => call::unstored(Refusal::bad("the path is not UTF-8").into_response()),
            }
        };
        router = router.route(path, any(serve));
    }
    router.fallback(unknown)
}

/// Whether there is such a path is not told to everybody.
async fn unknown(State(live): State<Shared>, request: Request) -> impl IntoResponse {
    let is_let = is_bearer(request.headers(), &live.token());
    let refusal = if is_let || live.is_open() {
        Refusal::unknown("unknown_path", "no such resource in /api/v1")
    } else {
        Refusal::unauthorised()
    };
    call::unstored(refusal.into_response())
}
