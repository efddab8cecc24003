//! From a connection to its first key frame: the part of a play that is really parsed.

use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error;
use vivace_base::{Limits, MonoMs};
use vivace_media::flv::{self, Reader, TagKind, VideoTag, parse_video};
use vivace_rtmp::engine::{Client, ClientEvent, Fault as RtmpFault, MediaKind, Role};

use super::super::push::handshake_bytes;
use super::super::target::{Protocol, Target};
use super::http::{Head, HttpFault};
use super::mp4::{Mp4Fault, Scanner};

pub(super) use super::mp4::Seen;

/// Why a player did not get to a key frame.
#[derive(Debug, Error)]
pub(super) enum JoinFault {
    #[error(transparent)]
    Http(#[from] HttpFault),
    #[error("the body is not FLV: {0}")]
    Flv(#[from] flv::Fault),
    #[error(transparent)]
    Mp4(#[from] Mp4Fault),
    #[error("the server broke the protocol: {0}")]
    Rtmp(#[from] RtmpFault),
    #[error("onStatus {code}: {description}")]
    Refused { code: String, description: String },
    #[error("the server ended the stream before a key frame: {0}")]
    Ended(String),
}

/// One player's parser.
pub(super) enum Join {
    /// RTMP with everything a player says.
    Rtmp(Box<RtmpJoin>),
    /// A response to a GET request.
    Http(Box<HttpJoin>),
}

/// An RTMP client and what it has seen.
pub(super) struct RtmpJoin {
    client: Client,
    seen: Seen,
    last_status: String,
}

/// A request, the head of its response until that is whole, and what reads the body.
pub(super) struct HttpJoin {
    request: Vec<u8>,
    head: Option<Head>,
    body: Body,
}

enum Body {
    Flv(Reader, Seen),
    Mp4(Scanner),
}

impl Join {
    /// A parser at the start of a connection; its first output is there at once.
    pub(super) fn new(target: &Target, limits: &Arc<Limits>, now: MonoMs) -> Self {
        let body = match target.protocol {
            Protocol::Rtmp => {
                let config = target.rtmp(Role::Play, CHUNK_BYTES);
                let client = Client::new(Arc::clone(limits), config, handshake_bytes(), now);
                return Self::Rtmp(Box::new(RtmpJoin { client, seen: Seen::default(), last_status: String::new() }));
            }
            Protocol::Flv => Body::Flv(Reader::new(limits), Seen::default()),
            Protocol::Mp4 => Body::Mp4(Scanner::default()),
        };
        Self::Http(Box::new(HttpJoin { request: target.http_request(), head: Some(Head::default()), body }))
    }

    /// Takes what the server sent, cut at any place, and tells what has come so far.
    ///
    /// # Errors
    /// [`JoinFault`]; nothing more is to be given then.
    pub(super) fn feed(&mut self, now: MonoMs, mut input: &[u8]) -> Result<Seen, JoinFault> {
        match self {
            Self::Rtmp(join) => join.feed(now, input),
            Self::Http(join) => {
                if let Some(head) = &mut join.head {
                    if !head.feed(&mut input)? {
                        return Ok(Seen::default());
                    }
                    join.head = None;
                }
                join.body.feed(input)
            }
        }
    }

    /// Bytes that wait to be sent.
    pub(super) fn take_output(&mut self) -> Option<Bytes> {
        match self {
            Self::Rtmp(join) => join.client.take_output(),
            Self::Http(join) if join.request.is_empty() => None,
            Self::Http(join) => Some(Bytes::from(std::mem::take(&mut join.request))),
        }
    }
}

/// What a player sends fits into the smallest chunk or two; a server need not follow a change.
const CHUNK_BYTES: usize = 128;

impl Body {
    fn feed(&mut self, input: &[u8]) -> Result<Seen, JoinFault> {
        match self {
            Self::Mp4(scanner) => Ok(scanner.feed(input)?),
            Self::Flv(reader, seen) => {
                reader.feed(input);
                while let Some(tag) = reader.next()? {
                    seen.media |= tag.kind != TagKind::Script;
                    seen.key |= tag.kind == TagKind::Video && is_key(&tag.body)?;
                }
                Ok(*seen)
            }
        }
    }
}

impl RtmpJoin {
    fn feed(&mut self, now: MonoMs, input: &[u8]) -> Result<Seen, JoinFault> {
        let fed = self.client.handle_input(now, input);
        while let Some(event) = self.client.poll_event() {
            match event {
                ClientEvent::Media { kind: MediaKind::Video, body, .. } => {
                    self.seen.media = true;
                    self.seen.key |= is_key(&body)?;
                }
                ClientEvent::Media { kind: MediaKind::Audio, .. } => self.seen.media = true,
                ClientEvent::Refused { code, description } => return Err(JoinFault::Refused { code, description }),
                ClientEvent::Status { code, description, .. } => self.last_status = format!("{code} {description}"),
                ClientEvent::Ended => return Err(JoinFault::Ended(std::mem::take(&mut self.last_status))),
                ClientEvent::Ready { .. }
                | ClientEvent::ReconnectRequest { .. }
                | ClientEvent::Acknowledged(_)
                | ClientEvent::Media { .. } => {}
            }
        }
        fed?;
        Ok(self.seen)
    }
}

fn is_key(body: &Bytes) -> Result<bool, flv::Fault> {
    Ok(matches!(parse_video(body)?, VideoTag::Coded { key: true, .. }))
}
