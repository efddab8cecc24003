//! Random players and a restless publisher: whatever comes, each player's bytes are whole frames in their order.

use vivace_hub::{PlayEnd, Publisher, Start};
use vivace_media::FrameKind::{Audio, Video, VideoConfig};

use super::support::{ALL, Die, SOUND, config, frame};
use super::{Client, RealTime, Stage};

/// What a run has reached, so that the test can tell that it tests something.
#[derive(Default)]
struct Reached {
    frames: u64,
    gaps: u64,
    notices: u64,
    replies: u64,
}

impl Reached {
    fn add(&mut self, client: &Client) {
        self.frames += client.watcher.frames;
        self.gaps += client.watcher.gaps;
        self.notices += client.watcher.notices;
        self.replies += client.watcher.replies;
    }
}

/// The publisher's side of a run.
struct Feed {
    publisher: Option<Publisher>,
    is_video: Vec<bool>,
    ms: i64,
    version: u64,
    key_due: bool,
}

impl Feed {
    fn push(&mut self, die: &mut Die, stage: &Stage) {
        let publisher = self.publisher.get_or_insert_with(|| {
            (self.key_due, self.version) = (true, 1);
            stage.publish()
        });
        let number = self.is_video.len() as u64;
        let video = !number.is_multiple_of(3);
        self.ms += 13;
        stage.clock.wind(13);
        if die.below(1_500) == 0 {
            self.ms += 3_600_000 - 7_200_000 * die.below(2) as i64;
        }
        if die.below(400) == 0 {
            (self.key_due, self.version) = (true, self.version + 1);
            publisher.push(config(VideoConfig, self.version)).expect("current");
        }
        let key = video && (self.key_due || die.below(60) == 0);
        self.key_due &= !key;
        let filling = die.below(if key { 20_000 } else { 3_000 }) as usize;
        let kind = if video { Video } else { Audio };
        publisher.push(frame(kind, self.ms, key, number, self.version, filling)).expect("current");
        self.is_video.push(video);
    }
}

fn run(seed: u64, reached: &mut Reached) {
    let mut die = Die::seeded(seed);
    let mut stage = Stage::new([0, 50, 100][seed as usize % 3]);
    let mut feed = Feed { publisher: None, is_video: vec![true], ms: 5_000_000, version: 1, key_due: true };
    let mut clients: Vec<Client> = Vec::new();
    feed.push(&mut die, &stage);
    for _ in 0..3_000 {
        match die.below(24) {
            0..10 => feed.push(&mut die, &stage),
            10 if clients.len() < 8 => {
                let kind = if die.below(4) == 0 { SOUND } else { ALL };
                let start = if die.below(3) == 0 { Start::Live } else { Start::Fast };
                clients.push(stage.join(kind, start));
            }
            11 if clients.len() > 5 => {
                let gone = clients.swap_remove(die.below(clients.len() as u64) as usize);
                reached.add(&gone);
            }
            12 => {
                if let Some(client) = pick(&mut die, &mut clients) {
                    let order = *b"PCPCASABCDEFGHIJ".get(die.below(16) as usize).expect("an order");
                    client.mixed |= matches!(order, b'A' | b'S');
                    client.send(order);
                }
            }
            // The publisher is lost, or taken over.
            13 if die.below(20) == 0 => feed.publisher = None,
            13 if die.below(20) == 0 => {
                let new = stage.publish();
                (feed.key_due, feed.version, feed.publisher) = (true, 1, Some(new));
            }
            14..18 => stage.turn(),
            _ => {
                let most = 1 << die.below(15);
                if let Some(client) = pick(&mut die, &mut clients) {
                    client.read(most, &feed.is_video);
                }
            }
        }
    }
    // Now everybody reads: the end of the stream comes through, behind the last whole frame.
    drop(feed.publisher.take());
    stage.hub.end_all();
    for client in &clients {
        client.send(b'C');
    }
    let mut rest = RealTime::new();
    while !clients.iter().all(Client::is_over) {
        assert!(rest.wind(&stage.clock), "seed {seed}: somebody is never let go");
        stage.turn();
        for client in clients.iter_mut().filter(|client| !client.closed) {
            client.read(1 << 16, &feed.is_video);
        }
    }
    for client in &clients {
        assert_eq!((*client.ended.lock(), client.farewells), (Some(PlayEnd::StreamEnded), 1), "seed {seed}");
        assert!(client.bytes.is_empty(), "seed {seed}: the last frame is torn");
        reached.add(client);
    }
    assert!(stage.worker.streams.is_empty() && stage.worker.looks.is_empty());
    assert!(stage.worker.groups.iter().all(Option::is_none));
}

fn pick<'a>(die: &mut Die, clients: &'a mut [Client]) -> Option<&'a mut Client> {
    let index = die.below(clients.len() as u64) as usize;
    clients.get_mut(index)
}

#[test]
fn every_player_gets_whole_frames_in_order_whatever_happens() {
    let mut reached = Reached::default();
    for seed in 1..25 {
        run(seed, &mut reached);
    }
    let Reached { frames, gaps, notices, replies } = reached;
    assert!(frames > 5_000 && gaps > 10 && notices > 10 && replies > 100, "{frames} {gaps} {notices} {replies}");
}
