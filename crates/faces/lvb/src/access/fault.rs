use thiserror::Error;
use vivace_gate::AccessFault;

use crate::actions::ActionFault;

/// Why the parameters of a request, or one of them, cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParameterFault {
    /// A parameter is missing, or empty where it may not be.
    #[error("{field} is missing")]
    Missing {
        /// The parameter.
        field: String,
    },
    /// A value is not of the parameter's type.
    #[error("{field} must be {expected}")]
    WrongType {
        /// The parameter.
        field: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A value is of the right type and outside its range.
    #[error("{field} must be {expected}")]
    OutOfRange {
        /// The parameter.
        field: String,
        /// What it may be.
        expected: &'static str,
    },
    /// A value is JSON text that does not parse.
    #[error("{field} is not JSON: {reason}")]
    Json {
        /// The parameter.
        field: String,
        /// Where and why, without the text itself.
        reason: String,
    },
    /// A parameter stands twice.
    #[error("{field} is given twice")]
    Duplicate {
        /// The parameter.
        field: String,
    },
    /// A parameter has a value and members.
    #[error("{field} has a value, and members too")]
    Ambiguous {
        /// The parameter.
        field: String,
    },
    /// A name is empty, or has an empty part.
    #[error("{field:?} is no name of a parameter")]
    BadName {
        /// The name.
        field: String,
    },
    /// A name is too long.
    #[error("the name that begins with {field} has more than {max} bytes")]
    NameTooLong {
        /// Its beginning.
        field: String,
        /// Bytes allowed.
        max: usize,
    },
    /// A structure is nested too deeply.
    #[error("{field} is nested more than {max} levels deep")]
    TooDeep {
        /// The parameter.
        field: String,
        /// Levels allowed.
        max: usize,
    },
    /// Bytes that are no UTF-8.
    #[error("{field} is not UTF-8")]
    NotUtf8 {
        /// The parameter; bytes that cannot be shown are replaced.
        field: String,
    },
    /// A percent sign that two hexadecimal digits do not follow.
    #[error("{field} is not URL-encoded: a % is not followed by two hexadecimal digits")]
    Encoding {
        /// The parameter.
        field: String,
    },
    /// Too many parameters.
    #[error("there are more than {max} parameters")]
    TooMany {
        /// Parameters allowed.
        max: usize,
    },
    /// The body is too long.
    #[error("the body has more than {max} bytes")]
    BodyTooLong {
        /// Bytes allowed.
        max: usize,
    },
    /// The bodies that are being read hold as much as they may.
    #[error("the bodies of calls that are being read hold {max} bytes, the most that there is room for")]
    BodiesFull {
        /// Bytes of all together.
        max: usize,
    },
    /// The body did not come in time.
    #[error("the body did not arrive within {ms} ms")]
    BodySlow {
        /// How long it was waited for.
        ms: u64,
    },
    /// The connection broke within the body.
    #[error("the body ends early")]
    BodyCut,
    /// The body says that it is multipart and is not.
    #[error("the multipart body cannot be read: {reason}")]
    Multipart {
        /// What is wrong.
        reason: &'static str,
    },
    /// There is no `Host` header, which the signature covers.
    #[error("the Host header is missing or not text")]
    NoHost,
}

/// Why a call of the API is refused, in the order of the checks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ApiFault {
    /// It came over plain HTTP.
    #[error("the API is served over HTTPS only")]
    PlainHttp,
    /// Neither GET nor POST.
    #[error("the method is neither GET nor POST")]
    Method,
    /// Its parameters cannot be used.
    #[error(transparent)]
    Parameter(#[from] ParameterFault),
    /// There is no such action.
    #[error("there is no action {action:?}")]
    UnknownAction {
        /// As it was asked for, cut.
        action: String,
    },
    /// The host is that of another module.
    #[error("the host is that of the module {module:?}; this is live")]
    OtherModule {
        /// The module.
        module: String,
    },
    /// The action is known and not offered.
    #[error("the action {action} is not offered by this server")]
    NotOffered {
        /// The action.
        action: &'static str,
    },
    /// The caller may not, or not now.
    #[error(transparent)]
    Access(#[from] AccessFault),
    /// The action was not carried out.
    #[error(transparent)]
    Action(#[from] ActionFault),
}
