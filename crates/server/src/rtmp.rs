use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tokio::sync::OwnedSemaphorePermit;
use vivace_domain::live::{MediaFault, PlayFault, PublishFault, Unpublish};
use vivace_gate::Asked;
use vivace_hub::{Claimed, StreamState};
use vivace_lvb::codes as lvb;
use vivace_media::flv;
use vivace_net::delivery::Adoption;
use vivace_net::{Seat, Stream};
use vivace_rtmp::engine::{self, HowEnded};
use vivace_rtmp::{
    Address, Connection, PlayRequest, PublishRequest, RTMP, Request, RtmpPlayer, STREAM_ID, SessionEnd, Surroundings,
};
use vivace_store::EventKind;

use crate::shared::{Peer, Shared};

/// Serves one RTMP connection. `pending` is its place among those that have not been granted anything.
pub(crate) async fn serve(shared: Arc<Shared>, socket: Stream, peer: Peer, seat: Seat, pending: OwnedSemaphorePermit) {
    let around = Surroundings { limits: shared.limits.clone(), clock: shared.clock.clone(), stop: shared.stop.clone() };
    let mut random = [0; engine::handshake::RANDOM_BYTES];
    shared.rng.fill(&mut random);
    match Connection::new(socket, around, random).request().await {
        Ok(Request::Publish(request)) => publish(&shared, request, peer, pending).await,
        Ok(Request::Play(request)) => play(&shared, request, peer, seat, pending).await,
        Err(end) => {
            if !matches!(end, SessionEnd::Closed | SessionEnd::Shutdown) {
                tracing::info!(session = %peer.session, peer = %peer.address, %end, "RTMP connection ends before a request");
                shared.counts.protocol_errors.fetch_add(1, Relaxed);
            }
        }
    }
}

async fn publish(shared: &Arc<Shared>, request: PublishRequest<Stream>, peer: Peer, pending: OwnedSemaphorePermit) {
    let address = request.address.clone();
    match shared.gate.publish(asked(&address), peer.address.ip(), peer.session).await {
        Ok(granted) => {
            drop(pending);
            let publisher = granted.publisher;
            let stream = publisher.stream().clone();
            let (epoch, how) = (publisher.epoch(), publisher.how());
            let (kind, from) = match how {
                Claimed::New => (EventKind::Published, String::new()),
                Claimed::Continued => (EventKind::Resumed, String::new()),
                Claimed::TookOver { from } => (EventKind::TookOver, format!(" from session {from}")),
            };
            let name = stream.name().to_string();
            shared.counts.publishes.fetch_add(1, Relaxed);
            tracing::info!(session = %peer.session, peer = %peer.address, stream = %name, epoch, ?how, "publish begins");
            shared.event(peer, kind, Some(name.clone()), None, format!("epoch {epoch}{from}"));
            let end = request.accept(publisher, peer.session, |end| last_words(end, peer)).await;
            let fault = media_fault(&end);
            let interruption = lvb::interruption(&fault);
            tracing::info!(
                session = %peer.session, stream = %name, %end, errcode = interruption.errcode,
                sub_errcode = interruption.sub_errcode, waits = stream.state() != StreamState::Live, "publish ends"
            );
            match interruption.row {
                // The server ended it, and told the publisher this row: a refusal that came late.
                Some(row) => shared.refuse_running(peer, &name, row, end.to_string()),
                None => shared.event(peer, EventKind::Ended, Some(name), None, end.to_string()),
            }
        }
        Err(fault) => {
            let told = shared.refuse_publish(peer, &address.name, &fault);
            request.refuse(publish_status(&fault), &told.sentence).await;
        }
    }
}

async fn play(
    shared: &Arc<Shared>,
    request: PlayRequest<Stream>,
    peer: Peer,
    seat: Seat,
    pending: OwnedSemaphorePermit,
) {
    let address = request.address.clone();
    let granted = match shared.gate.play(asked(&address), RTMP).await {
        Ok(granted) => granted,
        Err(fault) => {
            let told = shared.refuse_play(peer, &address.name, &fault);
            return request.refuse(play_status(&fault), &told.sentence).await;
        }
    };
    if request.stream_id() != STREAM_ID {
        let said = format!("play on message stream {STREAM_ID}: one connection plays one stream");
        return request.refuse("NetStream.Play.Failed", &said).await;
    }
    drop(pending);
    let stream_id = request.stream_id();
    let start = match request.accept() {
        Ok(start) => start,
        Err(end) => return tracing::info!(session = %peer.session, %end, "play ends before it begins"),
    };
    let socket = match start.socket.into_socket() {
        Ok(socket) => socket,
        Err(error) => return tracing::info!(session = %peer.session, %error, "play ends before it begins"),
    };
    let name = granted.reader.stream().name().to_string();
    let on_end = shared.play_begins(peer, &name, "rtmp", seat);
    let inbound = Box::new(RtmpPlayer::new(start.engine, stream_id, shared.clock.clone(), on_end));
    let (reader, begin) = (granted.reader, granted.start);
    shared.delivery.adopt(Adoption { socket, reader, start: begin, head: start.head, inbound });
}

fn asked(address: &Address) -> Asked<'_> {
    let query = address.tc_url.split_once('?').map_or("", |(_, query)| query);
    Asked { app: &address.app, name: &address.name, query }
}

/// The code of `onStatus` for a refused publish.
const fn publish_status(fault: &PublishFault) -> &'static str {
    match fault {
        PublishFault::BadAppName
        | PublishFault::BadName(_)
        | PublishFault::NameTaken { .. }
        | PublishFault::QueryTooLong { .. }
        | PublishFault::QueryEncoding { .. }
        | PublishFault::DuplicateParameter { .. }
        | PublishFault::ParameterMalformed { .. } => "NetStream.Publish.BadName",
        PublishFault::ExpiryMissing
        | PublishFault::ExpiryMalformed
        | PublishFault::SignatureMissing
        | PublishFault::SignatureWrong
        | PublishFault::Expired { .. }
        | PublishFault::WrongBizid => "NetStream.Publish.Denied",
        PublishFault::StreamsQuota { .. } | PublishFault::Draining => "NetStream.Publish.Failed",
    }
}

/// The code of `onStatus` for a refused play.
const fn play_status(fault: &PlayFault) -> &'static str {
    match fault {
        PlayFault::NotLive => "NetStream.Play.StreamNotFound",
        _ => "NetStream.Play.Failed",
    }
}

/// What a publisher whose session ends is told, if it still listens.
fn last_words(end: &SessionEnd, peer: Peer) -> Option<(&'static str, String)> {
    let code = match end {
        SessionEnd::Closed | SessionEnd::Broken(_) | SessionEnd::Unpublished(_) => return None,
        SessionEnd::Replaced => "NetStream.Publish.BadName",
        SessionEnd::Idle { .. } => "NetStream.Publish.Idle",
        SessionEnd::Media(_) => "NetStream.Publish.Rejected",
        SessionEnd::Protocol(_) | SessionEnd::TooLate { .. } | SessionEnd::Shutdown => "NetStream.Publish.Failed",
    };
    let interruption = lvb::interruption(&media_fault(end));
    let row = interruption.row.map_or(String::new(), |row| format!("{row}, "));
    let record = format!("{}/{}", interruption.errcode, interruption.sub_errcode);
    Some((code, format!("{end} ({row}{record}, session {})", peer.session)))
}

/// The end of a session as the domain knows it.
fn media_fault(end: &SessionEnd) -> MediaFault {
    match end {
        SessionEnd::Closed => MediaFault::ClientClosed,
        SessionEnd::Broken(_) => MediaFault::TcpLost,
        SessionEnd::Protocol(fault) => protocol_fault(fault),
        SessionEnd::TooLate { ms, .. } => MediaFault::Idle { silent_ms: *ms },
        SessionEnd::Idle { silent_ms } => MediaFault::Idle { silent_ms: *silent_ms },
        SessionEnd::Unpublished(how) => MediaFault::Unpublished(match how {
            HowEnded::DeleteStream => Unpublish::DeleteStream,
            HowEnded::CloseStream => Unpublish::CloseStream,
            HowEnded::FcUnpublish => Unpublish::FcUnpublish,
        }),
        SessionEnd::Replaced => MediaFault::Replaced,
        SessionEnd::Media(flv::Fault::UnsupportedCodec { codec, .. }) => {
            MediaFault::CodecUnsupported { codec: codec.name().to_owned() }
        }
        SessionEnd::Media(flv::Fault::UnsupportedMultitrack { .. }) => {
            MediaFault::CodecUnsupported { codec: "multitrack".to_owned() }
        }
        SessionEnd::Media(_) => MediaFault::MediaError,
        SessionEnd::Shutdown => MediaFault::ShuttingDown,
    }
}

fn protocol_fault(fault: &engine::Fault) -> MediaFault {
    match fault {
        engine::Fault::MessageTooLong { announced, allowed, .. } => {
            MediaFault::MessageTooLarge { bytes: *announced, max: *allowed }
        }
        engine::Fault::Amf { .. } | engine::Fault::CommandWithoutName => MediaFault::AmfError,
        _ => MediaFault::ChunkError,
    }
}
