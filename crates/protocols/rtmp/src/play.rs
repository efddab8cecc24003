use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use vivace_base::Clock;
use vivace_hub::{Ask, FormatKind, Inbound, PlayEnd, PlayTotals};

use crate::engine::{Event, Server};
use crate::from_hub::{RTMP, RTMP_AUDIO, RTMP_VIDEO};
use crate::serve::UPGRADE;

/// What is to be done when a play is over.
pub type OnEnd = Box<dyn FnOnce(PlayEnd, PlayTotals) + Send>;

/// The protocol's side of an RTMP player whose socket a delivery thread owns.
pub struct RtmpPlayer {
    engine: Server,
    stream_id: u32,
    clock: Arc<dyn Clock>,
    wants: Wants,
    leaving: CancellationToken,
    on_end: Option<OnEnd>,
}

/// What the player has asked to get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wants {
    audio: bool,
    video: bool,
    paused: bool,
}

impl Wants {
    /// The format that it comes to; `None` if nothing is to be sent.
    const fn format(self) -> Option<FormatKind> {
        match (self.paused, self.audio, self.video) {
            (false, true, true) => Some(RTMP),
            (false, true, false) => Some(RTMP_AUDIO),
            (false, false, true) => Some(RTMP_VIDEO),
            (true, _, _) | (_, false, false) => None,
        }
    }
}

impl RtmpPlayer {
    /// A player whose play has been accepted; `on_end` is called once. Once `leaving` is cancelled, another process has
    /// taken over, and a player whose stream ends here is asked to connect anew.
    pub fn new(
        engine: Server,
        stream_id: u32,
        clock: Arc<dyn Clock>,
        leaving: CancellationToken,
        on_end: OnEnd,
    ) -> Self {
        let wants = Wants { audio: true, video: true, paused: false };
        Self { engine, stream_id, clock, wants, leaving, on_end: Some(on_end) }
    }

    /// False if the play is over.
    fn on_event(&mut self, event: &Event) -> bool {
        match event {
            Event::StopPlay { stream_id } if *stream_id == self.stream_id => return false,
            Event::Pause { stream_id, paused, .. } if *stream_id == self.stream_id => self.wants.paused = *paused,
            Event::ReceiveAudio { stream_id, wanted } if *stream_id == self.stream_id => self.wants.audio = *wanted,
            Event::ReceiveVideo { stream_id, wanted } if *stream_id == self.stream_id => self.wants.video = *wanted,
            Event::Publish { stream_id, .. } => {
                let said = "this connection plays: open another one to publish";
                self.engine.refuse_publish(*stream_id, "NetStream.Publish.BadName", said);
            }
            Event::Play { stream_id, .. } => {
                let said = "this connection plays already: open another one";
                self.engine.refuse_play(*stream_id, "NetStream.Play.Failed", said);
            }
            _ => {}
        }
        true
    }

    /// What a change of wishes asks for. A player that says what held before is not interrupted.
    fn asked(before: Wants, after: Wants) -> Ask {
        match (before.format(), after.format()) {
            (before, after) if before == after => Ask::Nothing,
            (_, None) => Ask::Pause,
            (_, Some(format)) => Ask::Switch(format),
        }
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
        let before = self.wants;
        let mut plays = true;
        while let Some(event) = self.engine.poll_event() {
            plays &= self.on_event(&event);
        }
        self.take_output(out);
        if let Err(fault) = read {
            tracing::debug!(%fault, "an RTMP player broke the protocol");
            return Ask::Close(PlayEnd::Protocol);
        }
        if plays { Self::asked(before, self.wants) } else { Ask::Close(PlayEnd::Client) }
    }

    fn farewell(&mut self, _: PlayEnd, out: &mut Vec<u8>) {
        if self.leaving.is_cancelled() {
            self.engine.request_reconnect(UPGRADE);
        }
        self.engine.end_play(self.stream_id);
        self.take_output(out);
    }

    fn on_end(&mut self, end: PlayEnd, totals: PlayTotals) {
        if let Some(on_end) = self.on_end.take() {
            on_end(end, totals);
        }
    }
}

#[cfg(test)]
mod tests {
    use vivace_hub::Ask;

    use super::{RTMP, RTMP_AUDIO, RTMP_VIDEO, RtmpPlayer, Wants};

    #[test]
    fn wishes_come_to_one_order_in_whatever_order_they_are_said() {
        let wants = |audio, video, paused| Wants { audio, video, paused };
        let (both, neither) = (wants(true, true, false), wants(false, false, false));
        let table = [
            (both, both, Ask::Nothing),
            (both, wants(true, true, true), Ask::Pause),
            (both, wants(true, false, false), Ask::Switch(RTMP_AUDIO)),
            (both, wants(false, true, false), Ask::Switch(RTMP_VIDEO)),
            (both, neither, Ask::Pause),
            (neither, wants(true, false, false), Ask::Switch(RTMP_AUDIO)),
            (neither, wants(false, false, true), Ask::Nothing),
            (wants(true, true, true), wants(true, false, true), Ask::Nothing),
            (wants(true, false, true), wants(true, false, false), Ask::Switch(RTMP_AUDIO)),
            (wants(true, true, true), both, Ask::Switch(RTMP)),
        ];
        for (before, after, ask) in table {
            assert_eq!(RtmpPlayer::asked(before, after), ask, "{before:?} to {after:?}");
        }
    }
}
