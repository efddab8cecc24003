//! How an answer is written: JSON, `code`, `message` and `codeDesc` beside the Action's own fields (dossier, section a.6).

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use vivace_base::AppId;

use super::ApiFault;
use crate::actions::{Action, ActionFault, Outcome, Reply};
use crate::channels::ChannelInfo;
use crate::codes::{self, Code};

/// Where a code of the video layer stands in a reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DualCode {
    /// `code` is the code of the video layer.
    #[default]
    Video,
    /// `code` is the code of the access layer in front of it. `message` has the other one either way.
    Access,
}

/// An answer, and what is to be noted of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The body, JSON.
    pub body: String,
    /// The Action, if it is one.
    pub action: Option<Action>,
    /// Who called, if that has been established.
    pub app: Option<AppId>,
    /// Each code that was answered, with the fault's sentence; none if everything was done.
    pub refusals: Vec<(Code, String)>,
}

struct Body<'a> {
    code: u32,
    message: &'a str,
    code_desc: &'a str,
    fields: Fields,
    request_id: &'a str,
}

/// An Action's own fields.
enum Fields {
    Named(Map<String, Value>),
    Channel(Box<ChannelInfo>),
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_map(None)?;
        body.serialize_entry("code", &self.code)?;
        body.serialize_entry("message", self.message)?;
        body.serialize_entry("codeDesc", self.code_desc)?;
        match &self.fields {
            Fields::Named(fields) => {
                for (name, value) in fields {
                    body.serialize_entry(name, value)?;
                }
            }
            Fields::Channel(info) => body.serialize_entry("channelInfo", info)?,
        }
        if !self.request_id.is_empty() {
            body.serialize_entry("requestId", self.request_id)?;
        }
        body.end()
    }
}

/// Bytes that most bodies have room in.
const BODY_BYTES: usize = 1_536;

/// What has been established of a call when it is answered.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) action: Option<Action>,
    pub(super) app: Option<AppId>,
    pub(super) request_id: &'a str,
    pub(super) dual_code: DualCode,
}

impl Context<'_> {
    pub(super) fn fault(&self, fault: &ApiFault) -> Answer {
        let code = codes::api(self.action, fault);
        self.refusal(code, &fault.to_string(), Map::new(), vec![(code, fault.to_string())])
    }

    pub(super) fn reply(&self, reply: Reply) -> Answer {
        match reply {
            Reply::Done => self.success(Fields::Named(Map::new())),
            Reply::Fields(fields) => self.success(Fields::Named(fields)),
            Reply::Channel(info) => self.success(Fields::Channel(info)),
            Reply::Batch(outcomes) => self.batch(outcomes),
        }
    }

    fn success(&self, fields: Fields) -> Answer {
        self.write(0, "", "Success", fields, Vec::new())
    }

    /// One id has its own code; several have one together, and their own in `detail`.
    fn batch(&self, outcomes: Vec<Outcome>) -> Answer {
        let mut refusals = Vec::new();
        let mut detail = Map::new();
        let count = outcomes.len();
        for Outcome { id, result } in outcomes {
            let entry = match result {
                Ok(()) => json!({"code": 0, "message": ""}),
                Err(fault) => {
                    let fault: ActionFault = fault;
                    let code = codes::action(self.action, &fault);
                    refusals.push((code, fault.to_string()));
                    if count == 1 {
                        return self.refusal(code, &fault.to_string(), Map::new(), refusals);
                    }
                    json!({"code": self.number(code), "message": message(code, &fault.to_string())})
                }
            };
            detail.insert(id, entry);
        }
        let fields =
            if count > 1 { Map::from_iter([("detail".to_owned(), Value::Object(detail))]) } else { Map::new() };
        match codes::batch(refusals.len(), count) {
            None => self.success(Fields::Named(fields)),
            Some(code) => {
                let sentence = format!("{} of {count} failed", refusals.len());
                refusals.push((code, sentence.clone()));
                self.refusal(code, &sentence, fields, refusals)
            }
        }
    }

    fn refusal(&self, code: Code, sentence: &str, fields: Map<String, Value>, refusals: Vec<(Code, String)>) -> Answer {
        self.write(self.number(code), &message(code, sentence), code.row().symbol, Fields::Named(fields), refusals)
    }

    fn number(&self, code: Code) -> u32 {
        match self.dual_code {
            DualCode::Video => code.row().number,
            DualCode::Access => code.access().row().number,
        }
    }

    fn write(
        &self,
        code: u32,
        message: &str,
        code_desc: &str,
        fields: Fields,
        refusals: Vec<(Code, String)>,
    ) -> Answer {
        let body = Body { code, message, code_desc, fields, request_id: self.request_id };
        // Texts and numbers under text keys: there is nothing in it that cannot be written.
        let mut bytes = Vec::with_capacity(BODY_BYTES);
        let written = serde_json::to_writer(&mut bytes, &body).is_ok();
        let body = String::from_utf8(bytes).ok().filter(|_| written).unwrap_or_default();
        Answer { body, action: self.action, app: self.app, refusals }
    }
}

/// The catalogue's sentence and the fault's. A code of the video layer stands in front, since `code` may have another.
fn message(code: Code, sentence: &str) -> String {
    let row = code.row();
    match code {
        Code::Video(_) => format!("({}){}: {sentence}", row.number, row.en.message),
        Code::Access(_) => format!("{}: {sentence}", row.en.message),
    }
}
