//! Pull and push against a server of the same engine, over a pipe, in time that passes only where the test waits.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use vivace_base::{AppId, Clock, Limits, MediaTime, MonoMs, Secret, SessionId, StreamName, UnixMs};
use vivace_domain::claim::Owner;
use vivace_hub::{Hub, Publisher, Stream, Wake};
use vivace_media::{Codec, Frame, FrameKind};
use vivace_rtmp::engine::{Event, HowEnded, MediaKind, Server};
use vivace_rtmp::{Pull, Push, RemoteAddress, RemoteAround, RemoteEnd, Traffic};

/// The runtime's own clock, which stands still while something is to be done.
struct Paused(Instant);

impl Clock for Paused {
    fn unix(&self) -> UnixMs {
        UnixMs(0)
    }

    fn mono(&self) -> MonoMs {
        MonoMs(u64::try_from(self.0.elapsed().as_millis()).unwrap())
    }
}

struct Nobody;

impl Wake for Nobody {
    fn wake(&self, _: &Arc<Stream>) {}
}

const RANDOM: [u8; 1_528] = [7; 1_528];
/// Bytes that the pipe holds, as a socket would.
const PIPE_BYTES: usize = 32 << 10;

struct Scene {
    limits: Arc<Limits>,
    around: RemoteAround,
    publisher: Publisher,
    traffic: Traffic,
}

impl Scene {
    fn new(limits: Limits) -> Self {
        let (limits, clock) = (Arc::new(limits), Arc::new(Paused(Instant::now())));
        let hub = Hub::new(limits.clone(), clock.clone(), Arc::new(Nobody), 0);
        let (app, name) = (AppId(1), StreamName::parse("cam").unwrap());
        let publisher = hub.publish(app, &name, Owner::Key(app), SessionId(1)).unwrap();
        let around = RemoteAround { limits: limits.clone(), clock, stop: CancellationToken::new() };
        Self { limits, around, publisher, traffic: Traffic::default() }
    }

    /// Pushes pictures of this size, 25 a second with a key frame each second, for ever.
    async fn feed(&self, bytes: usize) {
        let frame = |kind, ms: i64, key, payload| Frame {
            kind,
            codec: Some(Codec::H264),
            dts: MediaTime::from_ms(ms),
            cts: MediaTime::ZERO,
            key,
            payload,
        };
        let record = Bytes::from_static(&[1, 100, 0, 31, 255, 225, 0, 4, 103, 100, 0, 31, 1, 0, 2, 104, 238]);
        self.publisher.push(frame(FrameKind::VideoConfig, 0, false, record)).unwrap();
        for at in 0.. {
            let payload = Bytes::from(vec![0; bytes]);
            self.publisher.push(frame(FrameKind::Video, at * 40, at % 25 == 0, payload)).unwrap();
            sleep(Duration::from_millis(40)).await;
        }
    }
}

fn address() -> RemoteAddress {
    let name = Secret::new("x?key=1".to_owned());
    RemoteAddress { app: "live".to_owned(), tc_url: "rtmp://h:1935/live".to_owned(), name }
}

/// The other side: a server's engine behind a pipe.
struct Peer {
    engine: Server,
    pipe: DuplexStream,
}

impl Peer {
    fn new(pipe: DuplexStream) -> Self {
        Self { engine: Server::new(Arc::new(Limits::default()), RANDOM), pipe }
    }

    /// The next event; `None` once the client has closed.
    async fn event(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.engine.poll_event() {
                return Some(event);
            }
            self.flush().await;
            let mut buffer = [0; 4_096];
            let count = self.pipe.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
            self.engine.handle_input(MonoMs(0), &buffer[..count]).unwrap();
        }
    }

    async fn flush(&mut self) {
        while let Some(output) = self.engine.take_output() {
            // A client that has gone reads nothing.
            let _ = self.pipe.write_all(&output).await;
        }
    }

    async fn until_publish(&mut self) {
        while !matches!(self.event().await.expect("a publish"), Event::Publish { stream_id: 1, .. }) {}
        assert!(self.engine.accept_publish(1));
        self.flush().await;
    }

    async fn until_play(&mut self) {
        while !matches!(self.event().await.expect("a play"), Event::Play { stream_id: 1, .. }) {}
        assert!(self.engine.accept_play(1));
        self.flush().await;
    }

    async fn send(&mut self, kind: MediaKind, timestamp: u32, body: &[u8]) {
        let (type_id, on) = kind.message_type_and_chunk_stream();
        let mut out = Vec::new();
        let chunk_bytes = self.engine.chunk_bytes_out();
        vivace_rtmp::engine::chunk::write_message(&mut out, on, type_id, timestamp, 1, &[body], chunk_bytes).unwrap();
        self.pipe.write_all(&out).await.unwrap();
    }
}

/// A picture of H.264 in the body of a tag.
const PICTURE: &[u8] = &[0x17, 1, 0, 0, 0, 0, 0, 0, 1, 0x65];

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_reading_loses_frames_and_is_left_at_the_deadline() {
    let scene = Scene::new(Limits { relay_idle_ms_max: 5_000, reader_lag_bytes_max: 200_000, ..Limits::default() });
    let (ours, theirs) = duplex(PIPE_BYTES);
    let mut peer = Peer::new(theirs);
    let pushing = async {
        let push = Push::open(ours, address(), scene.around.clone(), RANDOM).await.expect("granted");
        push.run(scene.publisher.stream().clone(), &scene.traffic).await
    };
    let serving = async {
        peer.until_publish().await;
        std::future::pending::<()>().await;
    };
    let end = tokio::select! {
        end = pushing => end,
        () = serving => unreachable!(),
        () = scene.feed(5_000) => unreachable!(),
    };
    assert!(matches!(end, RemoteEnd::Stalled { ms } if (5_000..7_000).contains(&ms)), "{end}");
    assert!(scene.traffic.skips.load(Relaxed) > 0);
    assert!(scene.traffic.bytes.load(Relaxed) < 200_000, "more was handed over than anybody took");
}

#[tokio::test(start_paused = true)]
async fn a_slow_server_gets_whole_groups_of_pictures_and_never_another_order() {
    let scene = Scene::new(Limits::default());
    let (ours, theirs) = duplex(PIPE_BYTES);
    let mut peer = Peer::new(theirs);
    let pushing = async {
        let push = Push::open(ours, address(), scene.around.clone(), RANDOM).await.expect("granted");
        push.run(scene.publisher.stream().clone(), &scene.traffic).await
    };
    let reading = async {
        peer.until_publish().await;
        let (mut seen, mut last, mut after_gap) = (0, 0, true);
        while seen < 400 {
            let Event::Media { kind: MediaKind::Video, timestamp, body, .. } = peer.event().await.expect("it goes on")
            else {
                continue;
            };
            let is_header = body[1] == 0;
            if is_header {
                after_gap = true;
                continue;
            }
            assert!(timestamp >= last, "{timestamp} after {last}");
            assert!(
                timestamp - last <= 40 || (after_gap && body[0] >> 4 == 1),
                "a gap without a key frame at {timestamp}"
            );
            (last, seen, after_gap) = (timestamp, seen + 1, false);
            // Half as fast as they come.
            sleep(Duration::from_millis(80)).await;
        }
    };
    tokio::select! {
        end = pushing => panic!("{end}"),
        () = reading => {}
        () = scene.feed(10_000) => unreachable!(),
    }
    assert!(scene.traffic.skips.load(Relaxed) > 2);
}

#[tokio::test(start_paused = true)]
async fn a_push_ends_with_its_stream_and_says_so() {
    let scene = Scene::new(Limits { publish_grace_ms: 0, ..Limits::default() });
    let (ours, theirs) = duplex(PIPE_BYTES);
    let mut peer = Peer::new(theirs);
    let stop = scene.around.stop.clone();
    let pushing = async {
        let push = Push::open(ours, address(), scene.around.clone(), RANDOM).await.expect("granted");
        push.run(scene.publisher.stream().clone(), &scene.traffic).await
    };
    let reading = async {
        peer.until_publish().await;
        let mut seen = 0;
        loop {
            match peer.event().await {
                Some(Event::Media { .. }) if seen == 50 => stop.cancel(),
                Some(Event::Unpublish { how, .. }) => return how,
                Some(_) => {}
                None => panic!("it left without a word"),
            }
            seen += 1;
        }
    };
    let feeding = scene.feed(100);
    let both = async { tokio::join!(pushing, reading) };
    let (end, how) = tokio::select! {
        both = both => both,
        () = feeding => unreachable!(),
    };
    assert!(matches!(end, RemoteEnd::Stopped), "{end}");
    assert_eq!(how, HowEnded::FcUnpublish);
}

/// What a pull comes to against a server that does this once it has granted the play.
async fn pull(limits: Limits, serve: impl AsyncFnOnce(&mut Peer)) -> (RemoteEnd, Scene) {
    let scene = Scene::new(limits);
    let (ours, theirs) = duplex(PIPE_BYTES);
    let mut peer = Peer::new(theirs);
    let name = StreamName::parse("pulled").unwrap();
    let hub = Hub::new(scene.limits.clone(), scene.around.clock.clone(), Arc::new(Nobody), 0);
    let publisher = hub.publish(AppId(1), &name, Owner::Key(AppId(1)), SessionId(2)).unwrap();
    let pulling = async {
        match Pull::open(ours, address(), scene.around.clone(), RANDOM).await {
            Ok(pull) => pull.run(publisher, SessionId(2), &scene.traffic).await,
            Err(end) => end,
        }
    };
    let serving = async {
        peer.until_play().await;
        serve(&mut peer).await;
        while peer.event().await.is_some() {}
    };
    let (end, ()) = tokio::join!(pulling, serving);
    (end, scene)
}

#[tokio::test(start_paused = true)]
async fn a_play_that_brings_nothing_is_no_stream() {
    let (end, scene) = pull(Limits::default(), async |_| {}).await;
    let ms = scene.limits.relay_idle_ms_max;
    assert!(matches!(end, RemoteEnd::TooLate { ms: waited, .. } if waited == ms), "{end}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_falls_silent_is_left() {
    let (end, scene) = pull(Limits::default(), async |peer| peer.send(MediaKind::Video, 0, PICTURE).await).await;
    assert!(matches!(end, RemoteEnd::Idle { silent_ms } if silent_ms >= scene.limits.relay_idle_ms_max), "{end}");
    assert_eq!(scene.traffic.bytes.load(Relaxed), PICTURE.len() as u64);
}

#[tokio::test(start_paused = true)]
async fn a_request_to_reconnect_and_an_end_are_told_apart() {
    let (end, _) = pull(Limits::default(), async |peer| {
        peer.send(MediaKind::Video, 0, PICTURE).await;
        assert!(peer.engine.request_reconnect("moving"), "the client has not announced that it follows");
        peer.flush().await;
    })
    .await;
    assert!(matches!(&end, RemoteEnd::Reconnect { description, .. } if description == "moving"), "{end}");
    let (end, _) = pull(Limits::default(), async |peer| {
        peer.send(MediaKind::Video, 0, PICTURE).await;
        assert!(peer.engine.end_play(1));
        peer.flush().await;
    })
    .await;
    assert!(matches!(end, RemoteEnd::Cut { .. }), "{end}");
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_no_rtmp_end_the_connection() {
    let (end, _) = pull(Limits::default(), async |peer| peer.pipe.write_all(&[0x3f; 4_000]).await.unwrap()).await;
    assert!(matches!(end, RemoteEnd::Protocol(_)), "{end}");
}
