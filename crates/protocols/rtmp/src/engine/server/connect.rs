use vivace_base::Limits;
use vivace_media::amf::Value;

use super::Server;
use super::event::Event;
use crate::engine::command::Command;
use crate::engine::link::WINDOW_BYTES;
use crate::engine::wire::{info, object, user_event};

/// FourCCs that the hub carries (Enhanced RTMP v2, "Defining Additional Video Codecs" and "... Audio Codecs").
const VIDEO_FOURCC: [&str; 4] = ["avc1", "hvc1", "av01", "vp09"];
const AUDIO_FOURCC: [&str; 3] = ["mp4a", ".mp3", "Opus"];
/// `FourCcInfoMask.CanForward`: the server passes these codecs on and neither decodes nor encodes.
const CAN_FORWARD: f64 = 4.0;
/// `CapsExMask.Reconnect`, the one bit of `CapsExMask` that is ours: multitrack, ModEx and nanosecond offsets are not done
/// here.
const CAPS_EX_RECONNECT: u32 = 1;

/// How far `connect` has come.
pub(super) enum Connection {
    Fresh,
    /// Asked for and not answered yet.
    Asked(Offer),
    Open {
        app: String,
        tc_url: String,
    },
    Refused {
        transaction: f64,
    },
}

/// A `connect` taken apart.
pub(super) struct Offer {
    transaction: f64,
    app: String,
    tc_url: String,
    flash_ver: String,
    object_encoding: f64,
    /// Whether the client follows a reconnect request.
    reconnects: bool,
    /// Our part of the properties of Enhanced RTMP that the client sent.
    enhanced: Vec<(String, Value)>,
}

impl Offer {
    /// Reads the command object; the error says what is wrong with it, in words for the client.
    fn read(command: &Command, limits: &Limits) -> Result<Self, &'static str> {
        let given = command.object().filter(|value| value.properties().is_some());
        let given = given.ok_or("connect: the command object is missing")?;
        Ok(Self {
            transaction: command.transaction,
            app: text(given, "app", limits).ok_or("connect: app is not text, or too long")?,
            tc_url: text(given, "tcUrl", limits).ok_or("connect: tcUrl is not text, or too long")?,
            flash_ver: text(given, "flashVer", limits).unwrap_or_default(),
            object_encoding: if given.get("objectEncoding").and_then(Value::as_f64) == Some(3.0) { 3.0 } else { 0.0 },
            reconnects: caps_ex(given).is_some_and(|bits| bits & CAPS_EX_RECONNECT != 0),
            enhanced: enhanced(given),
        })
    }
}

impl Server {
    pub(super) fn on_connect(&mut self, command: &Command) {
        if !matches!(self.connection, Connection::Fresh) {
            self.fail_call(command, "NetConnection.Call.Failed", "connect was sent before");
            return;
        }
        match Offer::read(command, &self.limits) {
            Ok(offer) => {
                let (app, tc_url, flash_ver) = (offer.app.clone(), offer.tc_url.clone(), offer.flash_ver.clone());
                self.events.push_back(Event::Connect { app, tc_url, flash_ver });
                self.connection = Connection::Asked(offer);
            }
            Err(description) => self.error(command.transaction, "NetConnection.Connect.Rejected", description),
        }
    }

    /// Refuses `connect` with `_error`; the code is mostly `NetConnection.Connect.Rejected`.
    ///
    /// Every later command is refused too. The caller closes the connection once the output is sent.
    pub fn refuse_connect(&mut self, code: &str, description: &str) {
        let transaction = match &self.connection {
            Connection::Asked(offer) => offer.transaction,
            Connection::Refused { transaction } => *transaction,
            Connection::Fresh | Connection::Open { .. } => 0.0,
        };
        self.connection = Connection::Refused { transaction };
        self.error(transaction, code, description);
    }

    /// Answers a `connect` that was not refused.
    pub(super) fn settle_connect(&mut self) {
        let Connection::Asked(_) = self.connection else { return };
        let asked = std::mem::replace(&mut self.connection, Connection::Fresh);
        let Connection::Asked(offer) = asked else { return };
        self.link.announce_window(WINDOW_BYTES);
        self.link.limit_peer(WINDOW_BYTES);
        self.link.user_event(user_event::STREAM_BEGIN, 0);
        self.link.announce_chunk_bytes(vivace_base::RTMP_CHUNK_BYTES_OUT);
        let mut properties = vec![
            ("fmsVer".to_owned(), "FMS/3,5,7,7009".into()),
            ("capabilities".to_owned(), 31.0.into()),
            ("mode".to_owned(), 1.0.into()),
        ];
        properties.extend(offer.enhanced);
        let information = object([
            ("level", "status".into()),
            ("code", "NetConnection.Connect.Success".into()),
            ("description", "Connection succeeded.".into()),
            ("objectEncoding", offer.object_encoding.into()),
        ]);
        self.link.command(0, &["_result".into(), offer.transaction.into(), Value::Object(properties), information]);
        self.reconnects = offer.reconnects;
        self.connection = Connection::Open { app: offer.app, tc_url: offer.tc_url };
    }

    /// `_error` for a transaction of the connection.
    pub(super) fn error(&mut self, transaction: f64, code: &str, description: &str) {
        self.link.command(0, &["_error".into(), transaction.into(), Value::Null, info("error", code, description)]);
    }
}

/// A property that is text or absent; `None` if it is something else or too long.
fn text(given: &Value, key: &str, limits: &Limits) -> Option<String> {
    match given.get(key) {
        None | Some(Value::Null | Value::Undefined) => Some(String::new()),
        Some(value) => value.as_str().filter(|text| text.len() <= limits.url_bytes_max).map(str::to_owned),
    }
}

/// Our side of the capabilities (Enhanced RTMP v2, "Enhancing NetConnection connect Command"), as far as offered.
///
/// They refuse no play: FFmpeg plays all of these codecs and announces none of them when it plays.
fn enhanced(given: &Value) -> Vec<(String, Value)> {
    let mut ours = Vec::new();
    if let Some(Value::StrictArray(offered)) = given.get("fourCcList") {
        let offers = |fourcc: &str| offered.iter().filter_map(Value::as_str).any(|name| name == fourcc || name == "*");
        let both = VIDEO_FOURCC.into_iter().chain(AUDIO_FOURCC).filter(|fourcc| offers(fourcc));
        ours.push(("fourCcList".to_owned(), Value::StrictArray(both.map(Value::from).collect())));
    }
    let maps = [("videoFourCcInfoMap", &VIDEO_FOURCC[..]), ("audioFourCcInfoMap", &AUDIO_FOURCC)];
    for (key, known) in maps {
        let Some(offered) = given.get(key).filter(|value| value.properties().is_some()) else { continue };
        let both = known.iter().filter(|fourcc| offered.get(fourcc).or_else(|| offered.get("*")).is_some());
        let map = both.map(|fourcc| ((*fourcc).to_owned(), CAN_FORWARD.into())).collect();
        ours.push((key.to_owned(), Value::Object(map)));
    }
    if caps_ex(given).is_some() {
        ours.push(("capsEx".to_owned(), f64::from(CAPS_EX_RECONNECT).into()));
    }
    ours
}

/// The bits of `capsEx`, if it was sent. A number that is none of bits counts as 0.
fn caps_ex(given: &Value) -> Option<u32> {
    // A cast of a float saturates.
    given.get("capsEx").and_then(Value::as_f64).map(|bits| bits as u32)
}
