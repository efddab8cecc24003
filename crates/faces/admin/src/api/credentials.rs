//! What the signed APIs are called with.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use vivace_gate::{AccessChangeFault, Credential};

use super::answer::{Refusal, Reply};
use super::call::{Call, Open, Operation};
use super::fields::{Field, Given, Kind};
use super::openapi::of;
use super::page::{PAGE, Page, cursor};
use super::server::is_action;
use crate::Items;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: Method::GET,
        path: "/app/credentials",
        id: "listCredentials",
        group: "app",
        about: "The credentials of the signed APIs, the oldest first. The secret halves are told once, when one is made.",
        open: Open::Token,
        parameters: &[],
        query: PAGE,
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<Items<CredentialView>>)),
        refusals: &[500],
        run: |call| Box::pin(list(call)),
    },
    Operation {
        method: Method::POST,
        path: "/app/credentials",
        id: "addCredential",
        group: "app",
        about: "Makes one more credential and tells its secret half. All work side by side, so that one can take over from \
            another without a gap.",
        open: Open::Token,
        parameters: &[],
        query: &[],
        body: Some(&[]),
        is_guarded: false,
        answer: (201, Some(of::<CredentialView>)),
        refusals: &[404, 409, 500],
        run: |call| Box::pin(add(call)),
    },
    Operation {
        method: Method::PATCH,
        path: "/app/credentials/{secret_id}",
        id: "changeCredential",
        group: "app",
        about: "Enables or disables a credential, or names the actions that it may call; what is not given stays.",
        open: Open::Token,
        parameters: &[SECRET_ID],
        query: &[],
        body: Some(&[
            Field::new("enabled", Kind::Flag, "Whether it may call anything."),
            Field::new("actions", Kind::Texts, "The actions that it may call; null for all.").nullable(),
        ]),
        is_guarded: false,
        answer: (200, Some(of::<CredentialView>)),
        refusals: &[404, 500],
        run: |call| Box::pin(change(call)),
    },
    Operation {
        method: Method::DELETE,
        path: "/app/credentials/{secret_id}",
        id: "removeCredential",
        group: "app",
        about: "Removes a credential; calls signed with it are refused from this moment on.",
        open: Open::Token,
        parameters: &[SECRET_ID],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (204, None),
        refusals: &[404, 500],
        run: |call| Box::pin(remove(call)),
    },
];

const SECRET_ID: Field = Field::new("secret_id", Kind::Text, "The public half of the credential.").required();

/// How many actions a credential may be bound to.
const ACTIONS_MAX: usize = 256;

/// One credential.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Credential")]
struct CredentialView {
    /// Its public half.
    secret_id: String,
    /// Its secret half; told once, when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_key: Option<String>,
    /// Whether it may call anything.
    enabled: bool,
    /// The actions that it may call; null for all.
    actions: Option<Vec<String>>,
    /// When it was made, in milliseconds since 1970.
    created_at_ms: i64,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let page = Page::of(&call.query);
    let after = cursor(&call.query, "credentials", |text| Some(text.to_owned()))?;
    let all = call.live.operator().credentials(call.app).await.map_err(refuse)?;
    let rest: Vec<Credential> = match after {
        Some(after) => all.into_iter().skip_while(|one| one.secret_id != after).skip(1).collect(),
        None => all,
    };
    Reply::ok(&page.cut(rest, "credentials", |one| one.secret_id.clone(), view))
}

async fn add(call: Call) -> Result<Reply, Refusal> {
    let made = call.live.operator().add_credential(call.app, &call.caller).await.map_err(refuse)?;
    let secret_key = Some(made.secret_key.reveal().clone());
    Reply::created(&CredentialView { secret_key, ..view(made) })
}

async fn change(call: Call) -> Result<Reply, Refusal> {
    let (enabled, actions) = (call.body.flag("enabled"), actions(&call.body)?);
    let change =
        call.live.operator().change_credential(call.app, &call.caller, call.path.needed("secret_id"), move |rights| {
            rights.enabled = enabled.unwrap_or(rights.enabled);
            if let Some(actions) = actions {
                rights.actions = actions;
            }
        });
    Reply::ok(&view(change.await.map_err(refuse)?))
}

async fn remove(call: Call) -> Result<Reply, Refusal> {
    let secret_id = call.path.needed("secret_id");
    call.live.operator().remove_credential(call.app, &call.caller, secret_id).await.map_err(refuse)?;
    Ok(Reply::done())
}

/// None if nothing is said about them; null allows all.
#[expect(clippy::option_option, reason = "absent and null say two things")]
fn actions(body: &Given) -> Result<Option<Option<Vec<String>>>, Refusal> {
    if !body.has("actions") {
        return Ok(None);
    }
    let Some(mut actions) = body.texts("actions") else { return Ok(Some(None)) };
    if actions.len() > ACTIONS_MAX {
        return Err(Refusal::field("actions", &format!("{ACTIONS_MAX} names at most")));
    }
    if actions.iter().any(|action| !is_action(action)) {
        return Err(Refusal::field("actions", "names of letters, digits and _ are expected, 64 at most in each"));
    }
    actions.sort();
    actions.dedup();
    Ok(Some(Some(actions)))
}

pub(super) fn refuse(fault: AccessChangeFault) -> Refusal {
    let message = fault.to_string();
    match fault {
        AccessChangeFault::AppUnknown => Refusal::unknown("unknown_app", message),
        AccessChangeFault::CredentialUnknown => Refusal::unknown("unknown_credential", message),
        AccessChangeFault::TooMany { .. } => Refusal::conflict("credentials_full", message),
        AccessChangeFault::ActionName => Refusal::new(StatusCode::BAD_REQUEST, "bad_parameter", message),
        AccessChangeFault::NotWritten => Refusal::store(),
    }
}

fn view(one: Credential) -> CredentialView {
    CredentialView {
        secret_id: one.secret_id,
        secret_key: None,
        enabled: one.rights.enabled,
        actions: one.rights.actions,
        created_at_ms: one.created_at.0,
    }
}
