//! The app and its account.

use http::Method;
use schemars::JsonSchema;
use serde::Serialize;
use vivace_domain::account::Account;
use vivace_gate::{Guarded, account_version};

use super::answer::{Refusal, Reply};
use super::call::{Call, Open, Operation};
use super::credentials::refuse;
use super::fields::{Field, Kind};
use super::openapi::of;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: Method::GET,
        path: "/app",
        id: "getApp",
        group: "app",
        about: "The app: its numbers, and what its account may do.",
        open: Open::Token,
        parameters: &[],
        query: &[],
        body: None,
        is_guarded: false,
        answer: (200, Some(of::<AppView>)),
        refusals: &[404, 500],
        run: |call| Box::pin(show(call)),
    },
    Operation {
        method: Method::PATCH,
        path: "/app",
        id: "changeApp",
        group: "app",
        about: "Changes what the app's account may do; what is not given stays.",
        open: Open::Token,
        parameters: &[],
        query: &[],
        body: Some(&[
            Field::new("blocked", Kind::Flag, "Its calls, pushes and plays are refused."),
            Field::new("deleted", Kind::Flag, "It is treated as deleted: its credentials have no account any more."),
            Field::new("verified", Kind::Flag, "Its owner has been verified."),
            Field::new("balance", BALANCE, "What is left of a prepaid balance; null where nothing is prepaid.")
                .nullable(),
        ]),
        is_guarded: true,
        answer: (200, Some(of::<AppView>)),
        refusals: &[404, 500],
        run: |call| Box::pin(change(call)),
    },
];

const BALANCE: Kind = Kind::Whole(-9_007_199_254_740_991, 9_007_199_254_740_991);

/// The app.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "App")]
struct AppView {
    /// Number of the app for rooms and chat.
    sdkappid: u32,
    /// Number of the account for the LVB-code API.
    appid: u32,
    /// Number that push addresses carry.
    bizid: u32,
    /// Number of the app for ZIM clients.
    zim_app_id: u32,
    /// Public half of its first credential.
    secret_id: String,
    /// Identifier of the chat administrator.
    admin: String,
    /// Its calls, pushes and plays are refused.
    blocked: bool,
    /// It is treated as deleted.
    deleted: bool,
    /// Its owner has been verified.
    verified: bool,
    /// What is left of a prepaid balance; null where nothing is prepaid.
    balance: Option<i64>,
}

async fn show(call: Call) -> Result<Reply, Refusal> {
    let account = call.live.operator().account(call.app).await.map_err(refuse)?;
    shown(&call, account)
}

async fn change(call: Call) -> Result<Reply, Refusal> {
    let body = call.body.clone();
    let change = move |account: &mut Account| {
        account.blocked = body.flag("blocked").unwrap_or(account.blocked);
        account.deleted = body.flag("deleted").unwrap_or(account.deleted);
        account.verified = body.flag("verified").unwrap_or(account.verified);
        if body.has("balance") {
            account.balance = body.whole("balance");
        }
    };
    let changed = call.live.operator().change_account(call.app, &call.caller, call.known.clone(), change).await;
    let account = changed.map_err(|fault| match fault {
        Guarded::Changed => Refusal::changed(),
        Guarded::Fault(fault) => refuse(fault),
    })?;
    shown(&call, account)
}

fn shown(call: &Call, account: Account) -> Result<Reply, Refusal> {
    let version = account_version(&account);
    let (app, Account { blocked, deleted, verified, balance }) = (call.live.app(), account);
    let keys = &app.keys;
    let view = AppView {
        sdkappid: keys.sdkappid,
        appid: keys.appid,
        bizid: keys.bizid,
        zim_app_id: keys.zim_app_id,
        secret_id: keys.secret_id.clone(),
        admin: keys.admin.clone(),
        blocked,
        deleted,
        verified,
        balance,
    };
    Ok(Reply::ok(&view)?.of_version(version))
}
