use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use vivace_domain::live::{MediaFault, PlayFault, PublishFault, Unpublish};
use vivace_gate::Asked;
use vivace_hub::{Claimed, Cut, StreamState};
use vivace_lvb::codes as lvb;
use vivace_media::flv;
use vivace_net::delivery::Adoption;
use vivace_net::{Place, Seat, Stream};
use vivace_rtmp::engine::{self, HowEnded};
use vivace_rtmp::{
    Address, Connection, PlayRequest, PublishRequest, RTMP, Request, RtmpPlayer, STREAM_ID, SessionEnd, Surroundings,
};
use vivace_store::EventKind;

use crate::callbacks::{Notice, Origin};
use crate::closed::Reason;
use crate::shared::{Peer, Shared};
use crate::spans;

/// Serves one RTMP connection. `pending` is its place among those that have not been granted anything.
pub(crate) async fn serve(shared: Arc<Shared>, socket: Stream, peer: Peer, seat: Seat, pending: Place) {
    let around = Surroundings {
        limits: shared.limits.get(),
        clock: shared.clock.clone(),
        stop: shared.stop.clone(),
        leaving: shared.leaving.clone(),
    };
    // Without it the callback of a push says less.
    let node = socket.local_address().map_or_else(|_| String::new(), |at| at.ip().to_canonical().to_string());
    let mut random = [0; engine::handshake::RANDOM_BYTES];
    shared.rng.fill(&mut random);
    match Connection::new(socket, around, random).request().await {
        Ok(Request::Publish(request)) => publish(&shared, request, peer, pending, node).await,
        Ok(Request::Play(request)) => play(&shared, request, peer, seat, pending).await,
        Err(end) => {
            if !matches!(end, SessionEnd::Closed | SessionEnd::Shutdown) {
                match Reason::of_session(&end) {
                    Some(reason) => shared.closed(peer, "rtmp", reason, &end),
                    None => {
                        tracing::debug!(session = %peer.session, peer = %peer.address, %end, "RTMP ends before a request")
                    }
                }
                shared.counts.protocol_errors.fetch_add(1, Relaxed);
            }
        }
    }
}

async fn publish(shared: &Arc<Shared>, request: PublishRequest<Stream>, peer: Peer, pending: Place, node: String) {
    let address = request.address.clone();
    match shared.gate.publish(asked(&address), peer.address.ip(), peer.session).await {
        Ok(granted) => {
            drop(pending);
            let (publisher, channel) = (granted.publisher, granted.channel);
            let stream = publisher.stream().clone();
            shared.mark(&stream, granted.watermark);
            let (epoch, how) = (publisher.epoch(), publisher.how());
            let (kind, from) = match how {
                Claimed::New => (EventKind::Published, String::new()),
                Claimed::Continued => (EventKind::Resumed, String::new()),
                Claimed::TookOver { from } => (EventKind::TookOver, format!(" from session {from}")),
            };
            let name = stream.name().to_string();
            shared.counts.publishes.fetch_add(1, Relaxed);
            shared.arrivals.came();
            tracing::info!(session = %peer.session, peer = %peer.address, stream = %name, epoch, %how, "publish begins");
            shared.event(peer, kind, Some(name.clone()), None, format!("epoch {epoch}{from}"));
            let origin = Origin::pushed(&address, channel, node, peer);
            let mut notice = Notice::begin(shared, peer.session, &publisher, origin);
            let mut late = None;
            let span = spans::publish(peer, &name);
            let said = |end: &SessionEnd| {
                let fault = media_fault(end, &stream);
                late = notice.end(fault.clone());
                last_words(end, &fault, peer)
            };
            let end = request.accept(publisher, peer.session, said).await;
            if let Some(event) = late {
                shared.callbacks.record_late(event).await;
            }
            if shared.leaving.is_cancelled() {
                count_departure(shared, &end);
            }
            let fault = media_fault(&end, &stream);
            let interruption = lvb::interruption(&fault);
            // One that lost its stream was replaced, or cut by a call: the fault knows which.
            let why = if matches!(end, SessionEnd::Replaced) { fault.to_string() } else { end.to_string() };
            tracing::info!(
                session = %peer.session, stream = %name, end = why, errcode = interruption.errcode,
                sub_errcode = interruption.sub_errcode, waits = stream.state() != StreamState::Live, "publish ends"
            );
            spans::end(&span, &end, interruption.row);
            if let Some(reason) = Reason::of_session(&end) {
                shared.closed(peer, "rtmp", reason, &end);
            }
            match interruption.row {
                // The server ended it, and told the publisher this row: a refusal that came late.
                Some(row) => shared.refuse_running(peer, &name, row, why),
                None => shared.event(peer, EventKind::Ended, Some(name), None, why),
            }
        }
        Err(fault) => {
            let told = shared.refuse_publish(peer, &address.name, &fault);
            request.refuse(publish_status(&fault), &told.sentence).await;
        }
    }
}

async fn play(shared: &Arc<Shared>, request: PlayRequest<Stream>, peer: Peer, seat: Seat, pending: Place) {
    let address = request.address.clone();
    let granted = match shared.play(asked(&address), peer.address.ip(), RTMP).await {
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
    let inbound =
        Box::new(RtmpPlayer::new(start.engine, stream_id, shared.clock.clone(), shared.leaving.clone(), on_end));
    let (reader, begin) = (granted.reader, granted.start);
    shared.delivery.adopt(Adoption { socket, reader, start: begin, head: start.head, inbound });
}

/// What became of a publisher of a process that hands over.
fn count_departure(shared: &Shared, end: &SessionEnd) {
    let departures = &shared.departures;
    let count = match end {
        SessionEnd::HandedOver => &departures.publishers_closed,
        SessionEnd::Shutdown => &departures.publishers_cut,
        _ => &departures.publishers_moved,
    };
    count.fetch_add(1, Relaxed);
}

fn asked(address: &Address) -> Asked<'_> {
    let query = address.tc_url.split_once('?').map_or("", |(_, query)| query);
    Asked { host: host(&address.tc_url), app: &address.app, name: &address.name, query }
}

/// The host, perhaps with a port, of `rtmp://HOST/APP`.
fn host(tc_url: &str) -> &str {
    let rest = tc_url.split_once("://").map_or(tc_url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or(rest)
}

/// The code of `onStatus` for a refused publish.
const fn publish_status(fault: &PublishFault) -> &'static str {
    match fault {
        PublishFault::BadAppName
        | PublishFault::BadName(_)
        | PublishFault::NameTaken { .. }
        | PublishFault::RenditionReserved { .. }
        | PublishFault::QueryTooLong { .. }
        | PublishFault::QueryEncoding { .. }
        | PublishFault::DuplicateParameter { .. }
        | PublishFault::ParameterMalformed { .. } => "NetStream.Publish.BadName",
        PublishFault::ExpiryMissing
        | PublishFault::ExpiryMalformed
        | PublishFault::SignatureMissing
        | PublishFault::SignatureWrong
        | PublishFault::Expired { .. }
        | PublishFault::AccountBlocked
        | PublishFault::DomainDisabled
        | PublishFault::Blacklisted
        | PublishFault::NotWhitelisted
        | PublishFault::StreamForbidden { .. }
        | PublishFault::ChannelUnknown
        | PublishFault::ChannelClosed
        | PublishFault::ChannelPulls
        | PublishFault::WrongBizid => "NetStream.Publish.Denied",
        PublishFault::StreamsQuota { .. } | PublishFault::StoreUnreadable | PublishFault::Draining => {
            "NetStream.Publish.Failed"
        }
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
fn last_words(end: &SessionEnd, fault: &MediaFault, peer: Peer) -> Option<(&'static str, String)> {
    let code = match end {
        SessionEnd::Closed | SessionEnd::Broken(_) | SessionEnd::Untaken { .. } | SessionEnd::Unpublished(_) => {
            return None;
        }
        SessionEnd::Replaced if *fault == MediaFault::Replaced => "NetStream.Publish.BadName",
        SessionEnd::Replaced => "NetStream.Publish.Rejected",
        SessionEnd::Idle { .. } | SessionEnd::TooSlow { .. } => "NetStream.Publish.Idle",
        SessionEnd::Media(_) => "NetStream.Publish.Rejected",
        SessionEnd::Protocol(_) | SessionEnd::TooLate { .. } | SessionEnd::Shutdown | SessionEnd::HandedOver => {
            "NetStream.Publish.Failed"
        }
    };
    let interruption = lvb::interruption(fault);
    let row = interruption.row.map_or(String::new(), |row| format!("{row}, "));
    let record = format!("{}/{}", interruption.errcode, interruption.sub_errcode);
    Some((code, format!("{fault} ({row}{record}, session {})", peer.session)))
}

/// The end of a session that fed a stream, as the domain knows it.
fn media_fault(end: &SessionEnd, stream: &vivace_hub::Stream) -> MediaFault {
    match end {
        SessionEnd::Closed => MediaFault::ClientClosed,
        SessionEnd::Broken(_) | SessionEnd::Untaken { .. } => MediaFault::TcpLost,
        SessionEnd::Protocol(fault) => protocol_fault(fault),
        SessionEnd::TooLate { ms, .. } | SessionEnd::TooSlow { ms, .. } => MediaFault::Idle { silent_ms: *ms },
        SessionEnd::Idle { silent_ms } => MediaFault::Idle { silent_ms: *silent_ms },
        SessionEnd::Unpublished(how) => MediaFault::Unpublished(match how {
            HowEnded::DeleteStream => Unpublish::DeleteStream,
            HowEnded::CloseStream => Unpublish::CloseStream,
            HowEnded::FcUnpublish => Unpublish::FcUnpublish,
        }),
        SessionEnd::Replaced => match stream.cut() {
            Some(Cut::Requested) => MediaFault::CutOnRequest,
            Some(Cut::Disabled) => MediaFault::Disabled,
            None => MediaFault::Replaced,
        },
        SessionEnd::Media(flv::Fault::UnsupportedCodec { codec, .. }) => {
            MediaFault::CodecUnsupported { codec: codec.name().to_owned() }
        }
        SessionEnd::Media(flv::Fault::UnsupportedMultitrack { .. }) => {
            MediaFault::CodecUnsupported { codec: "multitrack".to_owned() }
        }
        SessionEnd::Media(_) => MediaFault::MediaError,
        SessionEnd::Shutdown | SessionEnd::HandedOver => MediaFault::ShuttingDown,
    }
}

/// What the domain calls bytes that RTMP does not allow.
pub(crate) fn protocol_fault(fault: &engine::Fault) -> MediaFault {
    match fault {
        engine::Fault::MessageTooLong { announced, allowed, .. } => {
            MediaFault::MessageTooLarge { bytes: *announced, max: *allowed }
        }
        engine::Fault::Amf { .. } | engine::Fault::CommandWithoutName => MediaFault::AmfError,
        _ => MediaFault::ChunkError,
    }
}
