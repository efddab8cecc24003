use vivace_base::{Limits, NameFault, StreamName};
use vivace_domain::live::APP_NAME;
use vivace_domain::url::{QueryFault, StreamQuery};

/// The address of a push or play as its protocol heard it: nothing in it has been believed yet.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The host name that the client gave, perhaps with a port; empty if it gave none.
    pub host: &'a str,
    /// Application name, with its query if the client put one there.
    pub app: &'a str,
    /// Stream name without extension, with its query if there is one.
    pub name: &'a str,
    /// A query that stands apart from the name (HTTP, `tcUrl`).
    pub query: &'a str,
}

/// An address whose parts are what they should be; its signature has not been looked at.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) name: StreamName,
    pub(crate) query: StreamQuery,
}

/// Why an address cannot be read.
pub(crate) enum AddressFault {
    App,
    Name(NameFault),
    Query(QueryFault),
}

/// Parses an address. Encoders put the parameters behind the stream name, the application name or `tcUrl`: the first
/// that has any counts.
pub(crate) fn parse(asked: Asked<'_>, limits: &Limits) -> Result<Parsed, AddressFault> {
    let (app, app_query) = split(asked.app);
    if app.trim_matches('/') != APP_NAME {
        return Err(AddressFault::App);
    }
    let (name, name_query) = split(asked.name);
    let name = StreamName::parse(name).map_err(AddressFault::Name)?;
    let query = [name_query, app_query, asked.query].into_iter().find(|query| !query.is_empty()).unwrap_or("");
    let query = StreamQuery::parse(query, limits).map_err(AddressFault::Query)?;
    Ok(Parsed { name, query })
}

fn split(text: &str) -> (&str, &str) {
    text.split_once('?').unwrap_or((text, ""))
}

macro_rules! from_address_fault {
    ($fault:ty) => {
        impl From<AddressFault> for $fault {
            fn from(fault: AddressFault) -> Self {
                match fault {
                    AddressFault::App => Self::BadAppName,
                    AddressFault::Name(fault) => fault.into(),
                    AddressFault::Query(fault) => fault.into(),
                }
            }
        }
    };
}

from_address_fault!(vivace_domain::live::PublishFault);
from_address_fault!(vivace_domain::live::PlayFault);
