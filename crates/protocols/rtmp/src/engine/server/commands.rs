use vivace_base::StreamName;
use vivace_media::amf::Value;

use super::Server;
use super::connect::Connection;
use super::event::{Event, HowEnded};
use super::streams::Role;
use crate::engine::command::Command;
use crate::engine::wire::info;

const CALL_FAILED: &str = "NetConnection.Call.Failed";
const STREAM_FAILED: &str = "NetStream.Failed";

impl Server {
    pub(super) fn on_command(&mut self, command: &Command) {
        self.settle_connect();
        if command.name == "connect" {
            return self.on_connect(command);
        }
        if !matches!(self.connection, Connection::Open { .. }) {
            return self.fail_call(command, CALL_FAILED, "connect comes first");
        }
        match command.name.as_str() {
            "createStream" => self.on_create_stream(command),
            "publish" => self.on_publish(command),
            "play" => self.on_play(command),
            "deleteStream" => self.on_delete_stream(command),
            "closeStream" => self.end_stream(command.stream_id, HowEnded::CloseStream),
            "FCUnpublish" => self.on_fc_unpublish(command),
            "pause" | "pauseRaw" => self.on_pause(command),
            "receiveAudio" | "receiveVideo" => self.on_receive(command),
            "seek" => self.status(command.stream_id, "error", "NetStream.Seek.Failed", "A live stream cannot seek."),
            _ => self.on_call(command),
        }
    }

    /// Calls that ask for an answer and change nothing.
    fn on_call(&mut self, command: &Command) {
        match command.name.as_str() {
            "releaseStream" | "_checkbw" => self.result(command, Value::Undefined),
            "getStreamLength" => self.result(command, 0.0.into()),
            "FCPublish" => {
                self.result(command, Value::Undefined);
                self.notify("onFCPublish", "NetStream.Publish.Start", "Go on with publish.");
            }
            "FCSubscribe" => {
                self.result(command, Value::Undefined);
                self.notify("onFCSubscribe", "NetStream.Play.Start", "Go on with play.");
            }
            "_result" | "_error" | "onStatus" => self.counters.ignored = self.counters.ignored.saturating_add(1),
            _ => self.fail_call(command, CALL_FAILED, "This command is not known here."),
        }
    }

    fn on_create_stream(&mut self, command: &Command) {
        match self.streams.create() {
            Some(id) => self.result(command, f64::from(id).into()),
            None => self.fail_call(command, CALL_FAILED, "There are too many message streams on this connection."),
        }
    }

    fn on_publish(&mut self, command: &Command) {
        let stream_id = command.stream_id;
        if command.argument(0) == Some(&Value::Boolean(false)) {
            return self.end_stream(stream_id, HowEnded::CloseStream);
        }
        let Some(role) = self.streams.role(stream_id) else {
            return self.fail_call(command, CALL_FAILED, "publish: this message stream was not created.");
        };
        if role != Role::Idle {
            let description = "publish: this message stream already publishes or plays.";
            return self.status(stream_id, "error", STREAM_FAILED, description);
        }
        let Some(name) = self.stream_name(command) else {
            let description = "publish: the stream name is missing, not text, or too long.";
            return self.status(stream_id, "error", "NetStream.Publish.BadName", description);
        };
        if let Some(stream) = self.streams.get_mut(stream_id) {
            stream.role = Role::PublishAsked;
            stream.name.clone_from(&name);
        }
        let publish_type = command.argument(1).and_then(Value::as_str);
        let publish_type = publish_type.filter(|text| text.len() <= 16).unwrap_or_default().to_owned();
        let (app, tc_url) = self.connected();
        self.events.push_back(Event::Publish { stream_id, name, publish_type, app, tc_url });
    }

    fn on_play(&mut self, command: &Command) {
        let stream_id = command.stream_id;
        if command.argument(0) == Some(&Value::Boolean(false)) {
            return self.end_stream(stream_id, HowEnded::CloseStream);
        }
        match self.streams.role(stream_id) {
            None => return self.fail_call(command, CALL_FAILED, "play: this message stream was not created."),
            Some(Role::PublishAsked | Role::Publishing) => {
                let description = "play: this message stream already publishes.";
                return self.status(stream_id, "error", STREAM_FAILED, description);
            }
            Some(Role::Idle | Role::PlayAsked | Role::Playing) => {}
        }
        let Some(name) = self.stream_name(command) else {
            let description = "play: the stream name is missing, not text, or too long.";
            return self.status(stream_id, "error", "NetStream.Play.Failed", description);
        };
        // A player that plays something else on the same message stream gives up what it had.
        self.end_stream(stream_id, HowEnded::CloseStream);
        self.streams.advance(stream_id, Role::Idle, Role::PlayAsked);
        let ms = |at: usize, absent: i64| command.argument(at).and_then(Value::as_f64).map_or(absent, |ms| ms as i64);
        let reset = match command.argument(3) {
            Some(Value::Boolean(reset)) => *reset,
            Some(Value::Number(number)) => *number != 0.0,
            _ => true,
        };
        let (start_ms, duration_ms) = (ms(1, -2_000), ms(2, -1));
        let (app, tc_url) = self.connected();
        self.events.push_back(Event::Play { stream_id, name, start_ms, duration_ms, reset, app, tc_url });
    }

    fn on_delete_stream(&mut self, command: &Command) {
        let stream_id = command.stream_argument(0).unwrap_or(command.stream_id);
        self.end_stream(stream_id, HowEnded::DeleteStream);
        self.streams.remove(stream_id);
    }

    fn on_fc_unpublish(&mut self, command: &Command) {
        let name = command.argument(0).and_then(Value::as_str);
        let publishing = self.streams.publishing(name);
        self.notify("onFCUnpublish", "NetStream.Unpublish.Success", "Stop publishing.");
        if command.transaction > 0.0 {
            self.result(command, Value::Undefined);
        }
        if let Some(stream_id) = publishing {
            self.end_stream(stream_id, HowEnded::FcUnpublish);
        }
    }

    fn on_pause(&mut self, command: &Command) {
        let stream_id = command.stream_id;
        let Some(paused) = command.argument(0).and_then(Value::as_bool) else {
            return self.fail_call(command, CALL_FAILED, "pause: the flag is missing.");
        };
        if self.streams.role(stream_id) != Some(Role::Playing) {
            return self.fail_call(command, CALL_FAILED, "pause: this message stream does not play.");
        }
        let at_ms = command.argument(1).and_then(Value::as_f64).unwrap_or_default() as i64;
        let (code, description) =
            if paused { ("NetStream.Pause.Notify", "Paused.") } else { ("NetStream.Unpause.Notify", "Unpaused.") };
        self.status(stream_id, "status", code, description);
        self.events.push_back(Event::Pause { stream_id, paused, at_ms });
    }

    fn on_receive(&mut self, command: &Command) {
        let stream_id = command.stream_id;
        let Some(wanted) = command.argument(0).and_then(Value::as_bool) else {
            return self.fail_call(command, CALL_FAILED, "receiveAudio, receiveVideo: the flag is missing.");
        };
        let event = match command.name.as_str() {
            "receiveAudio" => Event::ReceiveAudio { stream_id, wanted },
            _ => Event::ReceiveVideo { stream_id, wanted },
        };
        self.events.push_back(event);
    }

    /// Ends what a message stream does; it stays created.
    fn end_stream(&mut self, stream_id: u32, how: HowEnded) {
        let Some(stream) = self.streams.get_mut(stream_id) else { return };
        let role = std::mem::replace(&mut stream.role, Role::Idle);
        stream.name = String::new();
        match role {
            Role::Idle => {}
            Role::PublishAsked | Role::Publishing => {
                self.events.push_back(Event::Unpublish { stream_id, how });
                self.status(stream_id, "status", "NetStream.Unpublish.Success", "Stop publishing.");
            }
            Role::PlayAsked | Role::Playing => self.events.push_back(Event::StopPlay { stream_id }),
        }
    }

    /// The first argument as a stream name with its query. One that is too long is cut so far behind the limit that name or
    /// query are still too long, and whoever decides about names refuses it by its length.
    fn stream_name(&self, command: &Command) -> Option<String> {
        let name = command.argument(0).and_then(Value::as_str)?;
        let kept = self.limits.url_bytes_max.saturating_add(StreamName::BYTES_MAX).saturating_add(2);
        let end = name.ceil_char_boundary(kept);
        name.get(..end).map(str::to_owned)
    }

    fn connected(&self) -> (String, String) {
        match &self.connection {
            Connection::Open { app, tc_url } => (app.clone(), tc_url.clone()),
            _ => Default::default(),
        }
    }

    fn result(&mut self, command: &Command, value: Value) {
        self.link.command(0, &["_result".into(), command.transaction.into(), Value::Null, value]);
    }

    /// A call of ours that wants no answer.
    fn notify(&mut self, name: &str, code: &str, description: &str) {
        self.link.command(0, &[name.into(), 0.0.into(), Value::Null, info("status", code, description)]);
    }

    /// Says that a command was not carried out: with `_error` where it has a transaction, else on its message stream.
    pub(super) fn fail_call(&mut self, command: &Command, code: &str, description: &str) {
        if command.transaction > 0.0 {
            self.error(command.transaction, code, description);
        } else if matches!(command.name.as_str(), "publish" | "play" | "connect") {
            self.status(command.stream_id, "error", STREAM_FAILED, description);
        } else {
            self.counters.ignored = self.counters.ignored.saturating_add(1);
        }
    }
}
