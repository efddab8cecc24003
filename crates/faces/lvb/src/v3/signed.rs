//! The two ways in which a call is signed.

use vivace_base::Secret;
use vivace_domain::api_sign::{
    Algorithm, Tc3Authorization, Tc3Request, V2Request, payload_hash, verify_tc3, verify_v2,
};
use vivace_gate::{AccessFault, SignedCall};

use super::time::is_date_of;
use super::{Action, Fault, Params, Request};
use crate::access::{ParameterFault, Parameters};
use crate::actions::Class;

/// Seconds that a call may be from now.
const CLOCK_TOLERANCE_S: u64 = 300;
/// What a client says that signs no body.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
/// Parameters that every call may have, and no Action has as its own.
pub(super) const COMMON: [&str; 11] = [
    "Action",
    "Version",
    "Region",
    "Timestamp",
    "Nonce",
    "SecretId",
    "Signature",
    "SignatureMethod",
    "Token",
    "RequestClient",
    "Language",
];

/// A call as it was signed.
pub(super) enum Signed<'a> {
    /// By the `Authorization` header.
    Header { authorization: Tc3Authorization, request: &'a Request<'a>, timestamp: String, hash: String },
    /// By parameters, in the way of version 2.
    Parameters { parameters: &'a Parameters, request: &'a Request<'a> },
}

impl<'a> Signed<'a> {
    /// Reads how a call was signed. `parameters` are those of its query or form.
    pub(super) fn read(request: &'a Request<'a>, parameters: Option<&'a Parameters>) -> Result<Self, Fault> {
        let header = |name: &str| (request.header)(name);
        if let Some(text) = header("authorization") {
            let authorization = Tc3Authorization::parse(&text)?;
            let timestamp = header("x-tc-timestamp").ok_or_else(|| missing("X-TC-Timestamp"))?;
            let unsigned = header("x-tc-content-sha256").is_some_and(|said| said == UNSIGNED);
            // The service signs what was sent: of a GET, nothing.
            let hash = if unsigned { payload_hash(UNSIGNED.as_bytes()) } else { payload_hash(request.body) };
            return Ok(Self::Header { authorization, request, timestamp, hash });
        }
        let parameters = parameters.ok_or_else(|| missing("Authorization"))?;
        Ok(Self::Parameters { parameters, request })
    }

    /// A part that every call has: a header of one way, a parameter of the other.
    fn common(&self, name: &str) -> Option<String> {
        match self {
            Self::Header { request, .. } => (request.header)(&format!("x-tc-{}", name.to_ascii_lowercase())),
            Self::Parameters { parameters, .. } => parameters.exact(name).map(str::to_owned),
        }
        .filter(|value| !value.is_empty())
    }

    /// Who signs, as they say.
    pub(super) fn secret_id(&self) -> Result<String, Fault> {
        match self {
            Self::Header { authorization, .. } => Ok(authorization.secret_id.clone()),
            Self::Parameters { .. } => self.common("SecretId").ok_or_else(|| missing("SecretId")),
        }
    }

    /// When it was signed.
    pub(super) fn timestamp_s(&self) -> Result<u64, Fault> {
        let (field, text) = match self {
            Self::Header { timestamp, .. } => ("X-TC-Timestamp", Some(timestamp.clone())),
            Self::Parameters { .. } => ("Timestamp", self.common("Timestamp")),
        };
        let timestamp_s = whole(field, text.ok_or_else(|| missing(field))?)?;
        match self {
            Self::Header { authorization, .. } if !is_date_of(&authorization.date, timestamp_s) => {
                Err(Fault::ScopeDate)
            }
            _ => Ok(timestamp_s),
        }
    }

    /// The number that tells calls of one second apart: only the older way has one.
    pub(super) fn nonce(&self) -> Result<Option<u64>, Fault> {
        match self {
            Self::Header { .. } => Ok(None),
            Self::Parameters { .. } => whole("Nonce", self.common("Nonce").ok_or_else(|| missing("Nonce"))?).map(Some),
        }
    }

    /// Whether it says that it was signed at all.
    pub(super) fn check(&self) -> Result<(), Fault> {
        if self.common("Token").is_some() {
            return Err(AccessFault::TemporaryCredential.into());
        }
        match self {
            Self::Parameters { .. } => self.common("Signature").map(drop).ok_or_else(|| missing("Signature")),
            Self::Header { .. } => Ok(()),
        }
    }

    /// Whether this key has signed it.
    pub(super) fn is_by(&self, key: &Secret<String>) -> bool {
        match self {
            Self::Header { authorization, request, timestamp, hash } => {
                let bare = without_port(request.host);
                // A client may sign its host without the port.
                [request.host, bare]
                    .into_iter()
                    .fold(false, |any, host| any | is_by_header(authorization, request, (timestamp, hash), host, key))
            }
            Self::Parameters { parameters, request } => {
                let algorithm = Algorithm::of(parameters.exact("SignatureMethod"));
                let signature = parameters.exact("Signature").unwrap_or_default();
                let hosts = [request.host, without_port(request.host)];
                hosts.into_iter().fold(false, |any, host| {
                    let (method, path) = (request.method, request.path);
                    let signed = V2Request { method, host, path, parameters: parameters.pairs(), skips_at: false };
                    any | verify_v2(&signed, key, algorithm, signature)
                })
            }
        }
    }

    /// The parameters of its Action.
    pub(super) fn parameters(
        &self,
        request: &Request<'_>,
        flat: Option<&Parameters>,
    ) -> Result<Params, ParameterFault> {
        match (self, flat) {
            (Self::Header { .. }, None) => Params::of_json(request.body, request.limits),
            (_, Some(flat)) => Ok(Params::of_flat(flat, &COMMON)),
            (Self::Parameters { parameters, .. }, None) => Ok(Params::of_flat(parameters, &COMMON)),
        }
    }
}

fn is_by_header(
    authorization: &Tc3Authorization,
    request: &Request<'_>,
    (timestamp, hash): (&str, &str),
    host: &str,
    key: &Secret<String>,
) -> bool {
    let signed = Tc3Request {
        method: request.method,
        path: request.path,
        query: if request.method == "GET" { request.query } else { "" },
        payload_hash: hash,
        timestamp,
    };
    verify_tc3(&signed, authorization, key, |name| match name {
        "host" => host.to_owned(),
        other => (request.header)(other).unwrap_or_default(),
    })
}

/// The call as the gate is asked about it.
pub(super) fn call<'a>(
    action: Action,
    secret_id: &'a str,
    (timestamp_s, nonce): (u64, Option<u64>),
    is_signed_with: &'a (dyn Fn(&Secret<String>) -> bool + Sync),
) -> SignedCall<'a> {
    SignedCall {
        secret_id,
        is_signed_with,
        timestamp_s,
        clock_tolerance_s: CLOCK_TOLERANCE_S,
        nonce,
        action: action.name(),
        is_query: action.class() == Class::Query,
        numbers: &[],
    }
}

fn without_port(host: &str) -> &str {
    let port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    host.rsplit_once(':').filter(|(_, end)| port(end)).map_or(host, |(name, _)| name)
}

fn missing(name: &str) -> Fault {
    super::params::missing(name).into()
}

fn whole(field: &str, text: String) -> Result<u64, Fault> {
    let expected = "a whole number of 0 or more";
    text.parse().map_err(|_| ParameterFault::WrongType { field: field.to_owned(), expected }.into())
}
