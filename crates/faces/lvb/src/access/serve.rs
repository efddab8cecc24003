use std::net::IpAddr;

use vivace_base::{Limits, Secret};
use vivace_domain::access::CLOCK_TOLERANCE_S;
use vivace_domain::api_sign::{Algorithm, V2Request, verify_v2};
use vivace_gate::{Access, AccessFault, AccountNumber, NumberKind, SignedCall};

use super::reply::Context;
use super::{Answer, ApiFault, DualCode, ParameterFault, Parameters};
use crate::actions::{Action, Caller, Class, Command, Execute};

/// The path of version 2, as it is signed.
pub const PATH: &str = "/v2/index.php";

/// Hosts of other modules are this behind the module's name.
const MODULE_HOSTS: &str = ".api.qcloud.com";
/// The module that is served.
const MODULE: &str = "live";
/// Characters of an unknown Action that are shown.
const SHOWN_CHARS_MAX: usize = 64;

/// What the operator has set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Whether calls over plain HTTP are taken.
    pub allow_http: bool,
    /// Where a code of the video layer stands in a reply.
    pub dual_code: DualCode,
}

/// A call as it came.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The `Host` header, verbatim.
    pub host: &'a str,
    /// The query.
    pub query: &'a str,
    /// The `Content-Type` header, empty if there is none.
    pub content_type: &'a str,
    /// The body.
    pub body: &'a [u8],
    /// Where it came from.
    pub peer: IpAddr,
    /// Its number in log and reply.
    pub id: &'a str,
}

/// Whether a call comes by a way that is served: HTTPS unless plain HTTP is allowed, GET or POST.
///
/// # Errors
/// [`ApiFault`]: `PlainHttp`, `Method`.
pub fn admit_transport(is_secure: bool, method: &str, rules: Rules) -> Result<(), ApiFault> {
    if !is_secure && !rules.allow_http {
        return Err(ApiFault::PlainHttp);
    }
    if matches!(method, "GET" | "POST") { Ok(()) } else { Err(ApiFault::Method) }
}

/// The answer to a call that is refused before it has been read.
pub fn refuse(fault: &ApiFault, request_id: &str, rules: Rules) -> Answer {
    Context { action: None, app: None, request_id, dual_code: rules.dual_code }.fault(fault)
}

/// Answers a call: everything behind [`admit_transport`], in the order of section a.5.
pub async fn serve<E: Execute>(
    request: &Request<'_>,
    parameters: Result<Parameters, ParameterFault>,
    access: &Access,
    executor: &E,
    rules: Rules,
) -> Answer {
    let mut context = Context { action: None, app: None, request_id: request.id, dual_code: rules.dual_code };
    match parameters {
        Ok(parameters) => match call(request, &parameters, access, executor, &mut context).await {
            Ok(answer) => answer,
            Err(fault) => context.fault(&fault),
        },
        Err(fault) => context.fault(&fault.into()),
    }
}

impl Request<'_> {
    /// Its parameters: those of a GET stand in the query, those of a POST in the body, and nowhere else.
    ///
    /// # Errors
    /// [`ParameterFault`].
    pub fn parameters(&self, limits: &Limits) -> Result<Parameters, ParameterFault> {
        if self.method == "POST" {
            Parameters::of_body(self.content_type, self.body, limits)
        } else {
            Parameters::of_query(self.query, limits)
        }
    }
}

async fn call<E: Execute>(
    request: &Request<'_>,
    parameters: &Parameters,
    access: &Access,
    executor: &E,
    context: &mut Context<'_>,
) -> Result<Answer, ApiFault> {
    let action = find_action(request.host, parameters)?;
    context.action = Some(action);
    if !action.is_offered() {
        return Err(ApiFault::NotOffered { action: action.name() });
    }
    access.admit_action(action.name()).await?;
    let common = Common::read(parameters)?;
    let (is_signed, numbers) = (|key: &Secret<String>| common.is_signed(request, parameters, key), numbers(parameters));
    let tenant = access.admit(&common.call(action, &is_signed, &numbers)).await?;
    context.app = Some(tenant.app.id);
    let command = Command::parse(action, parameters)?.ok_or(ApiFault::NotOffered { action: action.name() })?;
    let (secret_id, request_id) = (common.secret_id.to_owned(), request.id.to_owned());
    let caller = Caller { tenant, secret_id, peer: request.peer, request: request_id };
    let reply = executor.execute(&caller, command).await?;
    Ok(context.reply(reply))
}

fn find_action(host: &str, parameters: &Parameters) -> Result<Action, ApiFault> {
    let name = required(parameters, "Action")?;
    let host = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let module = host.len().checked_sub(MODULE_HOSTS.len()).and_then(|at| host.split_at_checked(at));
    if let Some((module, rest)) = module
        && rest.eq_ignore_ascii_case(MODULE_HOSTS)
        && !module.eq_ignore_ascii_case(MODULE)
    {
        let module = module.chars().take(SHOWN_CHARS_MAX).map(|letter| letter.to_ascii_lowercase());
        return Err(ApiFault::OtherModule { module: module.collect() });
    }
    let unknown = || ApiFault::UnknownAction { action: name.chars().take(SHOWN_CHARS_MAX).collect() };
    Action::of(name).ok_or_else(unknown)
}

/// The parameters that every call has.
struct Common<'a> {
    secret_id: &'a str,
    timestamp_s: u64,
    nonce: u64,
    signature: &'a str,
    algorithm: Algorithm,
}

impl<'a> Common<'a> {
    /// Reads them. `Region` means nothing here and may be absent.
    fn read(parameters: &'a Parameters) -> Result<Self, ApiFault> {
        let common = Self {
            timestamp_s: number(parameters, "Timestamp")?,
            nonce: number(parameters, "Nonce")?,
            secret_id: required(parameters, "SecretId")?,
            signature: required(parameters, "Signature")?,
            algorithm: Algorithm::of(parameters.exact("SignatureMethod")),
        };
        if parameters.exact("Token").is_some_and(|token| !token.is_empty()) {
            return Err(AccessFault::TemporaryCredential.into());
        }
        Ok(common)
    }

    fn is_signed(&self, request: &Request<'_>, parameters: &Parameters, key: &Secret<String>) -> bool {
        let signed = V2Request {
            method: request.method,
            host: request.host,
            path: PATH,
            parameters: parameters.pairs(),
            skips_at: request.method == "POST",
        };
        verify_v2(&signed, key, self.algorithm, self.signature)
    }

    fn call(
        &self,
        action: Action,
        is_signed_with: &'a (dyn Fn(&Secret<String>) -> bool + Sync),
        numbers: &'a [AccountNumber<'a>],
    ) -> SignedCall<'a> {
        SignedCall {
            secret_id: self.secret_id,
            is_signed_with,
            timestamp_s: self.timestamp_s,
            clock_tolerance_s: CLOCK_TOLERANCE_S,
            nonce: Some(self.nonce),
            action: action.name(),
            is_query: action.class() == Class::Query,
            numbers,
        }
    }
}

/// The numbers of an account that a call carries.
fn numbers(parameters: &Parameters) -> Vec<AccountNumber<'_>> {
    let known = [("appid", NumberKind::AppId), ("bizid", NumberKind::BizId)];
    let given = |(field, kind)| parameters.exact(field).map(|given| AccountNumber { field, kind, given });
    known.into_iter().filter_map(given).collect()
}

fn required<'a>(parameters: &'a Parameters, name: &str) -> Result<&'a str, ParameterFault> {
    let value = parameters.exact(name).filter(|value| !value.is_empty());
    value.ok_or_else(|| ParameterFault::Missing { field: name.to_owned() })
}

fn number(parameters: &Parameters, name: &str) -> Result<u64, ParameterFault> {
    let expected = "a whole number of 0 or more";
    let wrong = |_| ParameterFault::WrongType { field: name.to_owned(), expected };
    required(parameters, name)?.parse().map_err(wrong)
}
