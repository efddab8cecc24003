use std::future::Future;
use std::net::IpAddr;

use serde_json::{Map, Value, json};
use vivace_base::{AppId, Limits, Secret};
use vivace_gate::Access;

use super::signed::{Signed, call};
use super::{Action, Command, Fault, UNSUPPORTED, VERSION, code};
use crate::access::{ApiFault, Parameters, Rules, admit_transport};
use crate::actions::Caller;
use crate::codes::{Code, v3 as row};

/// Characters of an unknown Action or version that are shown.
const SHOWN_CHARS_MAX: usize = 64;
/// How an `Authorization` header of API 3.0 begins.
const SCHEME: &str = "TC3-HMAC-SHA256";

/// A call as it came.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The `Host` header, verbatim.
    pub host: &'a str,
    /// The path.
    pub path: &'a str,
    /// The query, undecoded.
    pub query: &'a str,
    /// The value of a header by its name in lower case.
    pub header: &'a (dyn Fn(&str) -> Option<String> + Sync),
    /// The body.
    pub body: &'a [u8],
    /// Bounds of the parameters.
    pub limits: &'a Limits,
    /// Minutes that times without a zone are ahead of UTC.
    pub ahead_min: i64,
    /// Where it came from.
    pub peer: IpAddr,
    /// Its number in log and reply: a UUID.
    pub id: &'a str,
}

/// An answer, and what is to be noted of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The body, JSON.
    pub body: String,
    /// The Action, if it is one that is known.
    pub action: Option<&'static str>,
    /// Who called, if that has been established.
    pub app: Option<AppId>,
    /// The row of the fault that was answered, with its sentence; none if everything was done.
    pub refusal: Option<(Code, String)>,
}

/// What carries commands out: the server's use cases.
pub trait Execute: Send + Sync {
    /// Carries out one command for a caller who may give it; the fields of the reply. What is answered with `Ok` is on
    /// disk.
    fn execute(
        &self,
        caller: &Caller,
        command: Command,
    ) -> impl Future<Output = Result<Map<String, Value>, Fault>> + Send;
}

/// Whether a call is one of API 3.0: by its `Authorization` header, its `X-TC-Action`, or its parameter `Version`.
pub fn is_v3(authorization: Option<&str>, has_action_header: bool, parameters: Option<&Parameters>) -> bool {
    has_action_header
        || authorization.is_some_and(|text| text.trim_start().starts_with(SCHEME))
        || parameters.is_some_and(|parameters| parameters.exact("Version").is_some())
}

/// The answer to a call that is refused before it has been read.
pub fn refuse(fault: &Fault, id: &str) -> Answer {
    answered(Err(fault.clone()), id)
}

/// The answer that says what came of a call.
pub fn answered(result: Result<Map<String, Value>, Fault>, id: &str) -> Answer {
    let (mut fields, refusal) = match result {
        Ok(fields) => (fields, None),
        Err(fault) => {
            let error = json!({ "Code": code(&fault), "Message": fault.to_string() });
            (Map::from_iter([("Error".to_owned(), error)]), Some((row(&fault), fault.to_string())))
        }
    };
    fields.insert("RequestId".to_owned(), id.into());
    Answer { body: json!({ "Response": fields }).to_string(), action: None, app: None, refusal }
}

/// Answers a call whose body has been read.
pub async fn serve<E: Execute>(
    request: &Request<'_>,
    is_secure: bool,
    rules: Rules,
    access: &Access,
    executor: &E,
) -> Answer {
    let (mut action, mut app) = (None, None);
    let result = answer(request, (is_secure, rules), access, executor, (&mut action, &mut app)).await;
    Answer { action, app, ..answered(result, request.id) }
}

async fn answer<E: Execute>(
    request: &Request<'_>,
    (is_secure, rules): (bool, Rules),
    access: &Access,
    executor: &E,
    (named, app): (&mut Option<&'static str>, &mut Option<AppId>),
) -> Result<Map<String, Value>, Fault> {
    admit_transport(is_secure, request.method, rules).map_err(|fault| match fault {
        ApiFault::PlainHttp => Fault::PlainHttp,
        _ => Fault::Method,
    })?;
    let flat = flat_parameters(request)?;
    let action = find_action(request, flat.as_ref(), named)?;
    access.admit_action(action.name()).await?;
    let signed = Signed::read(request, flat.as_ref())?;
    signed.check()?;
    let (secret_id, times) = (signed.secret_id()?, (signed.timestamp_s()?, signed.nonce()?));
    let is_signed_with = |key: &Secret<String>| signed.is_by(key);
    let tenant = access.admit(&call(action, &secret_id, times, &is_signed_with)).await?;
    *app = Some(tenant.app.id);
    let params = signed.parameters(request, flat.as_ref())?;
    params.are_among(action.parameters())?;
    let command = Command::parse(action, &params, request.ahead_min)?;
    let caller = Caller { tenant, secret_id, peer: request.peer, request: request.id.to_owned() };
    executor.execute(&caller, command).await
}

/// The parameters of a GET's query or a form; none where they are a JSON body.
fn flat_parameters(request: &Request<'_>) -> Result<Option<Parameters>, Fault> {
    if request.method == "GET" {
        return Ok(Some(Parameters::of_query(request.query, request.limits)?));
    }
    let content_type = (request.header)("content-type").unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_form = kind == "application/x-www-form-urlencoded" || kind == "multipart/form-data";
    // A signed header may come with a JSON body that is called whatever.
    if !is_form || (request.header)("authorization").is_some() {
        return Ok(None);
    }
    Ok(Some(Parameters::of_body(&content_type, request.body, request.limits)?))
}

fn find_action(
    request: &Request<'_>,
    flat: Option<&Parameters>,
    named: &mut Option<&'static str>,
) -> Result<Action, Fault> {
    let common = |header: &str, name: &str| {
        let said = (request.header)(header).or_else(|| flat?.exact(name).map(str::to_owned));
        said.filter(|said| !said.is_empty()).ok_or_else(|| Fault::Parameter(super::params::missing(name)))
    };
    let cut = |text: &str| text.chars().take(SHOWN_CHARS_MAX).collect();
    let action = common("x-tc-action", "Action")?;
    let version = common("x-tc-version", "Version")?;
    if version != VERSION {
        return Err(Fault::Version { version: cut(&version) });
    }
    if let Some(found) = Action::of(&action) {
        *named = Some(found.name());
        return Ok(found);
    }
    match UNSUPPORTED.iter().find(|name| **name == action) {
        Some(name) => {
            *named = Some(name);
            Err(Fault::NotOffered { action: name })
        }
        None => Err(Fault::UnknownAction { action: cut(&action) }),
    }
}
