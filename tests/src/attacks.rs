//! What hostile peers do over and over, each kind of it as one of them would.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use crate::{
    Clip, Kind, Live, MediaKind, Role, Rtmp, Server, Tls, connect_narrow, garbage, handshake, message, split, throw,
};

const SET_CHUNK_SIZE: u8 = 1;
const VIDEO: u8 = 9;
const COMMAND: u8 = 20;
/// Connections that an attacker keeps at once where it keeps any.
const HELD: usize = 500;
/// Players that take drops at once.
const PLAYERS: usize = 20;

/// What an attacker does again and again.
pub type Act = Box<dyn FnMut() + Send>;

/// A kind of attack.
pub struct Attack {
    /// What it is.
    pub name: &'static str,
    /// Between two acts, which keeps the attacker from taking the whole machine: what is measured is the server.
    pub pause: Duration,
    /// Begins it.
    pub begin: Arc<dyn Fn() -> Act + Send + Sync>,
}

impl Attack {
    fn new<A: FnMut() + Send + 'static>(
        name: &'static str,
        pause_ms: u64,
        begin: impl Fn() -> A + Send + Sync + 'static,
    ) -> Self {
        Self { name, pause: Duration::from_millis(pause_ms), begin: Arc::new(move || Box::new(begin())) }
    }
}

/// All of them, against this server.
pub fn attacks(server: &Server) -> Vec<Attack> {
    [connections(server), rtmp(server), http(server), publishers(server)].into_iter().flatten().collect()
}

/// A message of this type that is announced with 16 MB.
pub fn announced(type_id: u8) -> Vec<u8> {
    let mut head = message(6, type_id, 1, &[], 128);
    head[4..7].copy_from_slice(&[0xff, 0xff, 0xff]);
    head
}

/// The first chunk of a message of 4 MB on each of so many chunk streams.
pub fn chunk_streams(count: u16) -> Vec<u8> {
    let head = |on: u16| [1, on.to_le_bytes()[0], on.to_le_bytes()[1], 0, 0, 0, 0x3f, 0xff, 0xff, VIDEO, 1, 0, 0, 0];
    (0..count).flat_map(|on| [&head(on)[..], &[0; 128]].concat()).collect()
}

fn connections(server: &Server) -> Vec<Attack> {
    let (connects, silent, slow) = (server.rtmp.clone(), server.rtmp.clone(), server.http.clone());
    vec![
        // Two at a time, so that it is more than a thousand a second.
        Attack::new("connects, two an act", 1, move || {
            let at = connects.clone();
            move || (0..2).for_each(|_| drop(TcpStream::connect(&at)))
        }),
        Attack::new("silent connections", 1, move || {
            let (at, mut held) = (silent.clone(), Vec::new());
            move || {
                held.extend(TcpStream::connect(&at));
                held.drain(..held.len().saturating_sub(HELD));
            }
        }),
        Attack::new("heads in drops", 1, move || {
            let (at, mut held, mut turn) = (slow.clone(), Vec::<TcpStream>::new(), 0);
            move || {
                if held.len() < HELD {
                    held.extend(TcpStream::connect(&at));
                }
                turn += 1;
                let one = turn % held.len().max(1);
                // One that has been let go makes room for another.
                if held.get_mut(one).is_some_and(|socket| !throw(socket, b"G")) {
                    held.swap_remove(one);
                }
            }
        }),
    ]
}

fn rtmp(server: &Server) -> Vec<Attack> {
    let sends = |name, pause_ms, bytes: Vec<u8>| {
        let at = server.rtmp.clone();
        Attack::new(name, pause_ms, move || {
            let (at, bytes) = (at.clone(), bytes.clone());
            move || {
                // It is cut where it is refused.
                throw(&mut handshake(&at), &bytes);
            }
        })
    };
    let noise = garbage(64 << 10);
    let chunks = [message(2, SET_CHUNK_SIZE, 0, &0x7fff_ffff_u32.to_be_bytes(), 128), announced(VIDEO), noise.clone()];
    let at = server.rtmp.clone();
    vec![
        sends("chunks of 2 GB", 20, chunks.concat()),
        sends("messages of 16 MB", 20, [announced(COMMAND), noise].concat()),
        sends("4,000 chunk streams", 20, chunk_streams(4_000)),
        sends("AMF 10,000 deep", 7, message(3, COMMAND, 0, &[3, 0, 1, b'a'].repeat(10_000), 128)),
        Attack::new("bytes one by one", 20, move || {
            let at = at.clone();
            move || {
                let mut socket = TcpStream::connect(&at).unwrap();
                (0..1_000).all(|_| throw(&mut socket, &[3]));
            }
        }),
    ]
}

fn http(server: &Server) -> Vec<Attack> {
    let asks = |name, bytes: Vec<u8>| {
        let at = server.http.clone();
        Attack::new(name, 20, move || {
            let (at, bytes) = (at.clone(), bytes.clone());
            move || {
                throw(&mut TcpStream::connect(&at).unwrap(), &bytes);
            }
        })
    };
    let long = format!("GET /live/a.flv?{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(64 << 10));
    let (websocket, https, flv) =
        (server.play_url("other", "ws-flv"), server.https.clone(), server.play_url("other", "flv"));
    vec![
        asks("header floods", [b"GET / HTTP/1.1\r\n".to_vec(), b"A: b\r\n".repeat(5_000)].concat()),
        asks("addresses of 64 KB", long.into_bytes()),
        Attack::new("WebSocket pings", 20, move || {
            let url = websocket.clone();
            move || pings(&url)
        }),
        Attack::new("HTTP/2 resets over TLS", 50, move || {
            let at = https.clone();
            move || resets(&at)
        }),
        Attack::new("players that take drops", 5, move || {
            let (url, mut held, mut turn) = (flv.clone(), Vec::<TcpStream>::new(), 0);
            move || {
                if held.len() < PLAYERS {
                    let mut socket = connect_narrow(split(&url).0);
                    let head = format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", split(&url).1);
                    throw(&mut socket, head.as_bytes());
                    held.push(socket);
                }
                turn += 1;
                let one = turn % held.len();
                if !held[one].read(&mut [0; 16]).is_ok_and(|count| count > 0) {
                    held.swap_remove(one);
                }
            }
        }),
    ]
}

fn pings(url: &str) {
    let headers = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let mut live = Live::over(TcpStream::connect(split(url).0).unwrap(), url, headers);
    let ping = [0x89, 0x84, 0, 0, 0, 0, 1, 2, 3, 4].repeat(400);
    while throw(live.socket(), &ping) {}
}

fn resets(https: &str) {
    let mut tls = Tls::over(TcpStream::connect(https).unwrap(), &[b"h2"]);
    let _ = tls.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    let pair = |turn: u32| {
        let id = (2 * turn + 1).to_be_bytes();
        let ask = [&[0, 0, 6, 1, 5][..], &id, &[0x82, 0x84, 0x87, 0x41, 1, b'x']].concat();
        [ask, [&[0, 0, 4, 3, 0][..], &id, &[0, 0, 0, 8]].concat()].concat()
    };
    (0..100).all(|turn| throw(&mut tls, &(0..50).flat_map(|step| pair(turn * 50 + step)).collect::<Vec<u8>>()));
}

/// Pushes of streams that nobody should have to suffer from, at the pace of real ones.
fn publishers(server: &Server) -> Vec<Attack> {
    let pushes = |name, next: fn(u32, &Clip) -> (u32, Vec<u8>)| {
        let url = server.push_url("bad");
        Attack::new(name, 5, move || {
            let (url, mut rtmp, mut turn) = (url.clone(), None, 0);
            let clip = Clip::h264("160x90");
            move || {
                // One that has been ended is begun anew.
                let push = rtmp.take().or_else(|| publish(&url, &clip));
                turn += 1;
                let (time_ms, body) = next(turn, &clip);
                rtmp = push.and_then(|mut push| push.send(MediaKind::Video, time_ms, &body).ok().map(|()| push));
            }
        })
    };
    vec![
        pushes("clocks that jump by hours", |turn, clip| (turn * 5 + (turn / 20 % 3) * 3_600_000, inter(clip, 1_500))),
        pushes("no key frame", |turn, clip| (turn * 5, inter(clip, 1_500))),
        pushes("random bytes in frames", |turn, _| (turn * 5, garbage(1_500))),
    ]
}

fn publish(url: &str, clip: &Clip) -> Option<Rtmp> {
    let mut rtmp = Rtmp::open(url, Role::Publish);
    rtmp.ready().ok()?;
    let first = clip.tags.iter().filter(|tag| tag.kind == Kind::Video && (!tag.is_media() || tag.is_key())).take(2);
    for tag in first {
        rtmp.send(MediaKind::Video, 0, &tag.body).ok()?;
    }
    Some(rtmp)
}

/// A picture that needs others, with so many bytes more.
fn inter(clip: &Clip, more: usize) -> Vec<u8> {
    let tag = clip.tags.iter().find(|tag| tag.kind == Kind::Video && tag.is_media() && !tag.is_key()).unwrap();
    [&tag.body, &u32::try_from(more).unwrap().to_be_bytes()[..], &garbage(more)].concat()
}
