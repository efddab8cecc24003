use std::sync::Arc;

use vivace_base::Clock;
use vivace_hub::{Ask, FormatKind, Inbound, PlayEnd, PlayTotals};

use crate::engine::{Event, Server};
use crate::from_hub::{RTMP, RTMP_AUDIO, RTMP_VIDEO};

/// What is to be done when a play is over.
pub type OnEnd = Box<dyn FnOnce(PlayEnd, PlayTotals) + Send>;

/// The protocol's side of an RTMP player whose socket a delivery thread owns.
pub struct RtmpPlayer {
    engine: Server,
    stream_id: u32,
    clock: Arc<dyn Clock>,
    audio: bool,
    video: bool,
    on_end: Option<OnEnd>,
}

impl RtmpPlayer {
    /// A player whose play has been accepted; `on_end` is called once.
    pub fn new(engine: Server, stream_id: u32, clock: Arc<dyn Clock>, on_end: OnEnd) -> Self {
        Self { engine, stream_id, clock, audio: true, video: true, on_end: Some(on_end) }
    }

    fn on_event(&mut self, event: &Event) -> Ask {
        match event {
            Event::StopPlay { stream_id } if *stream_id == self.stream_id => Ask::Close(PlayEnd::Client),
            Event::Pause { stream_id, paused, .. } if *stream_id == self.stream_id => {
                if *paused {
                    Ask::Pause
                } else {
                    Ask::Resume
                }
            }
            Event::ReceiveAudio { stream_id, wanted } if *stream_id == self.stream_id => {
                self.audio = *wanted;
                self.wanted()
            }
            Event::ReceiveVideo { stream_id, wanted } if *stream_id == self.stream_id => {
                self.video = *wanted;
                self.wanted()
            }
            Event::Publish { stream_id, .. } => {
                let said = "this connection plays: open another one to publish";
                self.engine.refuse_publish(*stream_id, "NetStream.Publish.BadName", said);
                Ask::Nothing
            }
            Event::Play { stream_id, .. } => {
                let said = "this connection plays already: open another one";
                self.engine.refuse_play(*stream_id, "NetStream.Play.Failed", said);
                Ask::Nothing
            }
            _ => Ask::Nothing,
        }
    }

    fn wanted(&self) -> Ask {
        let kind: FormatKind = match (self.audio, self.video) {
            (true, true) => RTMP,
            (true, false) => RTMP_AUDIO,
            (false, true) => RTMP_VIDEO,
            (false, false) => return Ask::Pause,
        };
        Ask::Switch(kind)
    }

    fn take_output(&mut self, out: &mut Vec<u8>) {
        while let Some(output) = self.engine.take_output() {
            out.extend_from_slice(&output);
        }
    }
}

impl Inbound for RtmpPlayer {
    fn on_input(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Ask {
        let read = self.engine.handle_input(self.clock.mono(), bytes);
        let mut ask = Ask::Nothing;
        while let Some(event) = self.engine.poll_event() {
            match self.on_event(&event) {
                Ask::Nothing => {}
                other => ask = other,
            }
        }
        self.take_output(out);
        if let Err(fault) = read {
            tracing::debug!(%fault, "an RTMP player broke the protocol");
            return Ask::Close(PlayEnd::Protocol);
        }
        ask
    }

    fn farewell(&mut self, _: PlayEnd, out: &mut Vec<u8>) {
        self.engine.end_play(self.stream_id);
        self.take_output(out);
    }

    fn on_end(&mut self, end: PlayEnd, totals: PlayTotals) {
        if let Some(on_end) = self.on_end.take() {
            on_end(end, totals);
        }
    }
}
