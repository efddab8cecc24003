use vivace_media::amf::Value;

use super::{Client, ClientEvent, Role, Stage};
use crate::engine::Fault;
use crate::engine::chunk::Message;
use crate::engine::command::{Command, decode_values, stream_id};
use crate::engine::wire::{MediaKind, RECONNECT_REQUEST, message_type};

const CONNECT: f64 = 1.0;
const RELEASE_STREAM: f64 = 2.0;
const FC_PUBLISH: f64 = 3.0;
const CREATE_STREAM: f64 = 4.0;
const START: f64 = 5.0;
const FC_UNPUBLISH: f64 = 6.0;
const DELETE_STREAM: f64 = 7.0;

/// `CapsExMask.Reconnect` (Enhanced RTMP v2, "Enhancing NetConnection connect Command").
const CAPS_EX_RECONNECT: f64 = 1.0;

/// What Enhanced RTMP may name to this client and get from it: all is passed on as it is.
const FOURCC: [&str; 7] = ["avc1", "hvc1", "av01", "vp09", "mp4a", ".mp3", "Opus"];

/// How much a playing client asks the server to send ahead.
const BUFFER_MS: u32 = 1_000;

impl Client {
    pub(super) fn send_connect(&mut self) {
        let mut given = vec![
            ("app", self.config.app.as_str().into()),
            ("type", "nonprivate".into()),
            ("flashVer", "FMLE/3.0 (compatible; Vivace)".into()),
            ("tcUrl", self.config.tc_url.as_str().into()),
            ("fpad", false.into()),
            ("capabilities", 239.0.into()),
            ("audioCodecs", 3_575.0.into()),
            ("videoCodecs", 252.0.into()),
            ("videoFunction", 1.0.into()),
            ("objectEncoding", 0.0.into()),
            ("fourCcList", Value::StrictArray(FOURCC.iter().map(|fourcc| (*fourcc).into()).collect())),
        ];
        if self.reconnects {
            given.push(("capsEx", CAPS_EX_RECONNECT.into()));
        }
        let given = given.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        self.link.command(0, &["connect".into(), CONNECT.into(), Value::Object(given)]);
    }

    pub(super) fn on_command(&mut self, command: &Command) {
        match command.name.as_str() {
            "_result" => self.on_result(command),
            "_error" if [CONNECT, CREATE_STREAM, START].contains(&command.transaction) => {
                let information = command.argument(0).or_else(|| command.object());
                let (_, code, description) = status_of(information);
                self.refused(code, description);
            }
            "onStatus" => self.on_status(command.argument(0)),
            "close" => self.end(),
            _ => {}
        }
    }

    /// Data of a play; the two messages that servers put in front of a stream are not part of it.
    pub(super) fn on_data(&mut self, message: Message) -> Result<(), Fault> {
        let values = decode_values(&message, &self.limits)?;
        match values.first().and_then(Value::as_str) {
            Some("|RtmpSampleAccess") => {}
            Some("onStatus") => self.on_status(values.get(1)),
            _ => {
                let skip = usize::from(message.type_id == message_type::DATA_AMF3 && message.payload.starts_with(&[0]));
                let payload = message.payload.slice(skip..);
                self.on_media(Message { payload, ..message }, MediaKind::Data);
            }
        }
        Ok(())
    }

    pub(super) fn leave(&mut self, stream_id: u32) {
        if self.config.role == Role::Publish {
            let name = self.config.name.as_str().into();
            self.link.command(0, &["FCUnpublish".into(), FC_UNPUBLISH.into(), Value::Null, name]);
        }
        let id = f64::from(stream_id).into();
        self.link.command(0, &["deleteStream".into(), DELETE_STREAM.into(), Value::Null, id]);
    }

    fn on_result(&mut self, command: &Command) {
        match self.stage {
            Stage::Connecting if command.transaction == CONNECT => {
                self.create_stream();
                self.stage = Stage::Creating;
            }
            Stage::Creating if command.transaction == CREATE_STREAM => {
                match command.argument(0).and_then(Value::as_f64).and_then(stream_id).filter(|&id| id > 0) {
                    Some(stream_id) => {
                        self.start(stream_id);
                        self.stage = Stage::Starting { stream_id };
                    }
                    None => self.refused(String::new(), "createStream was answered without a stream id".to_owned()),
                }
            }
            _ => {}
        }
    }

    fn create_stream(&mut self) {
        let name = || Value::from(self.config.name.as_str());
        if self.config.role == Role::Publish {
            self.link.command(0, &["releaseStream".into(), RELEASE_STREAM.into(), Value::Null, name()]);
            self.link.command(0, &["FCPublish".into(), FC_PUBLISH.into(), Value::Null, name()]);
        }
        self.link.command(0, &["createStream".into(), CREATE_STREAM.into(), Value::Null]);
    }

    fn start(&mut self, stream_id: u32) {
        const LIVE_ELSE_RECORDED: f64 = -2_000.0;
        let name = self.config.name.as_str().into();
        match self.config.role {
            Role::Publish => {
                self.link.command(stream_id, &["publish".into(), START.into(), Value::Null, name, "live".into()]);
            }
            Role::Play => {
                let start = LIVE_ELSE_RECORDED.into();
                self.link.command(stream_id, &["play".into(), START.into(), Value::Null, name, start]);
                self.link.set_buffer_length(stream_id, BUFFER_MS);
            }
        }
    }

    fn on_status(&mut self, information: Option<&Value>) {
        let (level, code, description) = status_of(information);
        if code == RECONNECT_REQUEST {
            let tc_url = information.and_then(|info| info.get("tcUrl")).and_then(Value::as_str);
            let tc_url = tc_url.unwrap_or_default().to_owned();
            return self.events.push_back(ClientEvent::ReconnectRequest { tc_url, description });
        }
        // Some servers say no to `connect` and `createStream` with a status, and close.
        if level == "error" && matches!(self.stage, Stage::Connecting | Stage::Creating) {
            return self.refused(code, description);
        }
        if let Stage::Starting { stream_id } = self.stage {
            let granted = match self.config.role {
                Role::Publish => "NetStream.Publish.Start",
                Role::Play => "NetStream.Play.Start",
            };
            if code == granted {
                self.stage = Stage::Ready { stream_id };
                return self.events.push_back(ClientEvent::Ready { stream_id });
            }
            if level == "error" {
                return self.refused(code, description);
            }
        }
        let is_end = matches!(
            code.as_str(),
            "NetStream.Play.Stop"
                | "NetStream.Play.UnpublishNotify"
                | "NetStream.Unpublish.Success"
                | "NetConnection.Connect.Closed"
        );
        self.events.push_back(ClientEvent::Status { level, code, description });
        if is_end {
            self.end();
        }
    }

    fn refused(&mut self, code: String, description: String) {
        if self.stage != Stage::Over {
            self.stage = Stage::Over;
            self.events.push_back(ClientEvent::Refused { code, description });
        }
    }
}

/// Level, code and description of an information object; empty where it has none.
fn status_of(information: Option<&Value>) -> (String, String, String) {
    let text = |key| information.and_then(|info| info.get(key)).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("level"), text("code"), text("description"))
}
