use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use vivace_base::{AppId, Limits, UnixMs};
use vivace_gate::{Access, StampFault, StampedCall, Tenant};

use super::command::parse;
use super::params::Params;
use super::{Command, Fault, Interface};
use crate::access::{ParameterFault, Parameters};
use crate::codes::{Code, code_api, code_api_ret};

/// The path of the API.
pub const PATH: &str = "/common_access";
/// Characters of an unknown interface that are shown.
const SHOWN_CHARS_MAX: usize = 64;

/// A call as it came.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The query, undecoded.
    pub query: &'a str,
    /// The body: JSON, whatever its type says.
    pub body: &'a [u8],
    /// Bounds of the parameters.
    pub limits: &'a Limits,
    /// The time.
    pub now: UnixMs,
    /// Where it came from.
    pub peer: IpAddr,
}

/// Who has been let in with a call.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The app that everything in the call belongs to, and its account.
    pub tenant: Arc<Tenant>,
    /// Where the call came from.
    pub peer: IpAddr,
}

/// An answer, and what is to be noted of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status: 403 where the stamp is refused, else 200.
    pub status: u16,
    /// Whether the body is JSON, and not a line of text.
    pub is_json: bool,
    /// The body.
    pub body: String,
    /// The interface, if it is one that is known.
    pub interface: Option<Interface>,
    /// Who called, if that has been established.
    pub app: Option<AppId>,
    /// The row of the fault that was answered, with its sentence; none if everything was done.
    pub refusal: Option<(Code, String)>,
}

/// What carries commands out: the server's use cases.
pub trait Execute: Send + Sync {
    /// Carries out one command for a caller who may give it; the `output` of the reply, `null` where there is none. What
    /// is answered with `Ok` is on disk.
    fn execute(&self, caller: &Caller, command: Command) -> impl Future<Output = Result<Value, Fault>> + Send;
}

/// The answer to a call that is refused before it has been read.
pub fn refuse(fault: &Fault, now: UnixMs) -> Answer {
    answered(Err(fault.clone()), None, now)
}

/// Answers a call whose body has been read.
pub async fn serve<E: Execute>(request: &Request<'_>, access: &Access, executor: &E) -> Answer {
    let (mut interface, mut app) = (None, None);
    let result = answer(request, access, executor, (&mut interface, &mut app)).await;
    Answer { interface, app, ..answered(result, interface, request.now) }
}

async fn answer<E: Execute>(
    request: &Request<'_>,
    access: &Access,
    executor: &E,
    (found, app): (&mut Option<Interface>, &mut Option<AppId>),
) -> Result<Value, Fault> {
    if request.method != "GET" && request.method != "POST" {
        return Err(Fault::Method);
    }
    let params = Params::of(&Parameters::of_query(request.query, request.limits)?)?;
    *found = Interface::of(params.common("interface"));
    let body = json_body(request.body)?;
    let name = interface_name(params.common("interface"), body.as_ref());
    *found = Interface::of(name);
    let (appid, cmd) = (params.common("appid"), params.common("cmd"));
    if !appid.is_empty() && !cmd.is_empty() && appid != cmd {
        return Err(StampFault::AppUnknown.into());
    }
    let call = StampedCall {
        appid: if appid.is_empty() { cmd } else { appid },
        t: params.common("t"),
        sign: params.common("sign"),
        interface: found.map_or("", Interface::name),
        is_query: found.is_none_or(Interface::is_query),
    };
    let tenant = access.admit_stamped(&call).await?;
    *app = Some(tenant.app.id);
    if name.is_empty() {
        return Err(ParameterFault::Missing { field: "interface".to_owned() }.into());
    }
    let cut = || Fault::UnknownInterface { interface: name.chars().take(SHOWN_CHARS_MAX).collect() };
    let interface = found.ok_or_else(cut)?;
    let command = parse(interface, &params, tenant.app.keys.bizid, request.now)?;
    executor.execute(&Caller { tenant, peer: request.peer }, command).await
}

/// The name of the interface: a mix says it in the URL, and once more in its body.
pub(super) fn interface_name<'a>(in_url: &'a str, body: Option<&'a Value>) -> &'a str {
    match (in_url, body) {
        ("", Some(body)) => body.pointer("/interface/interfaceName").and_then(Value::as_str).unwrap_or_default(),
        (name, _) => name,
    }
}

/// The body, if there is one. Its type is not asked: clients that send JSON call it a form.
pub(super) fn json_body(body: &[u8]) -> Result<Option<Value>, ParameterFault> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(body).map(Some).map_err(|error| {
        let reason = format!("line {}, column {}", error.line(), error.column());
        ParameterFault::Json { field: "the body".to_owned(), reason }
    })
}

/// The answer that says what came of a call.
fn answered(result: Result<Value, Fault>, interface: Option<Interface>, now: UnixMs) -> Answer {
    let (ret, message, output, fault) = match result {
        Ok(output) => (0, String::new(), output, None),
        Err(fault) => (code_api_ret(&fault), fault.to_string(), Value::Null, Some(fault)),
    };
    let (status, text) = match &fault {
        // What clients take for a wrong appid is any body that is not JSON.
        Some(Fault::Stamp(StampFault::AppUnknown)) => (200, Some(&message)),
        Some(Fault::Stamp(StampFault::TimeMalformed | StampFault::Expired | StampFault::SignatureWrong)) => {
            (403, Some(&message))
        }
        _ => (200, None),
    };
    let body = match (text, interface) {
        (Some(text), _) => format!("{text}\n"),
        (None, Some(Interface::Mix)) => {
            let timestamp = now.0.div_euclid(1_000);
            json!({ "code": ret, "message": message, "timestamp": timestamp }).to_string()
        }
        (None, _) => json!({ "ret": ret, "message": message, "output": output }).to_string(),
    };
    let refusal = fault.map(|fault| (code_api(&fault), message.clone()));
    Answer { status, is_json: text.is_none(), body, interface, app: None, refusal }
}
