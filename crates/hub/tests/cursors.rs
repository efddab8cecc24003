//! A cursor under random operations: the reader's bytes stay whole frames in their order.

mod support;

use std::collections::VecDeque;
use std::io::IoSlice;
use std::sync::Arc;

use support::{ALL, Calls, Die, HandClock, Record, Watcher, audio, config, parse, reply, video};
use vivace_base::{AppId, Clock, Limits, SessionId, StreamName};
use vivace_domain::claim::Owner;
use vivace_hub::{Cursor, Hub, Publisher, SLICES_MAX, Start, View};
use vivace_media::FrameKind::{AudioConfig, VideoConfig};

/// One reader, as a delivery thread would lead it, with a socket that takes what it likes.
struct Reader {
    cursor: Cursor,
    begun: bool,
    not_before: u64,
    got: Vec<u8>,
    watcher: Watcher,
    replies: VecDeque<u8>,
}

impl Reader {
    fn new() -> Self {
        Self {
            cursor: Cursor::new(reply(0).into()),
            begun: false,
            not_before: 0,
            got: Vec::new(),
            watcher: Watcher::default(),
            replies: VecDeque::from([0]),
        }
    }

    fn place(&mut self, publisher: &Publisher, view: &View) {
        if self.cursor.is_placed() || (self.begun && self.cursor.own_bytes() > 0) {
            return;
        }
        let start = if self.begun { Start::Live } else { Start::Fast };
        if let Some(placed) = publisher.stream().place(ALL, start, self.not_before, self.begun) {
            assert!(view.time_at(placed.offset).is_some());
            self.cursor.place(placed.preamble, placed.offset);
            self.begun = true;
        }
    }

    fn skip(&mut self, view: &View) {
        if let Some((next, _)) = self.cursor.unplace(view) {
            self.not_before = next;
        }
    }

    fn take(&mut self, die: &mut Die, most: u64, view: &View) {
        let mut slices: Vec<IoSlice<'_>> = Vec::new();
        self.cursor.slices(view, &mut slices);
        assert!(slices.len() <= SLICES_MAX);
        assert_eq!(slices.is_empty(), self.cursor.is_idle(view));
        if let Some(single) = self.cursor.single(view) {
            assert!(slices.len() == 1 && *slices[0] == *single);
        }
        let offered: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        let taken = die.below(most.min(offered.len() as u64) + 1) as usize;
        drop(slices);
        self.got.extend_from_slice(&offered[..taken]);
        self.cursor.advance(taken);
        for record in parse(&mut self.got) {
            if let Record::Reply(sign) = record {
                assert_eq!(self.replies.pop_front(), Some(sign), "replies change places");
            }
            self.watcher.see(&record, |_| true);
        }
    }
}

fn publisher(merge_ms: u64) -> (Publisher, vivace_hub::Reader, Arc<HandClock>) {
    let clock = HandClock::starting_at(10_000);
    let limits = Limits { reader_lag_ms_max: 800, gop_ms_max: 2_000, ..Limits::default() };
    let hub = Hub::new(Arc::new(limits), clock.clone(), Arc::new(Calls::default()), merge_ms);
    let name = StreamName::parse("a").expect("a name");
    let publisher = hub.publish(AppId(1), &name, Owner::Key(AppId(1)), SessionId(1)).expect("free");
    publisher.push(config(VideoConfig, 1)).expect("current");
    publisher.push(config(AudioConfig, 1)).expect("current");
    let seat = hub.subscribe(AppId(1), &name, ALL).expect("live");
    (publisher, seat, clock)
}

fn run(seed: u64) -> (u64, u64) {
    let mut die = Die::seeded(seed);
    let (publisher, _seat, clock) = publisher([0, 50, 100][seed as usize % 3]);
    let mut view = View::default();
    let mut readers: Vec<Reader> = Vec::new();
    let mut number = 0;
    let (mut sign, mut frames) = (0_u8, 0);
    let (mut ms, greed) = (0_i64, 1 << die.below(14));
    for _ in 0..3_000 {
        match die.below(20) {
            0..8 => {
                number += 1;
                ms += 13;
                clock.wind(13);
                let one = if number % 3 == 0 { audio(ms, number) } else { video(ms, number % 50 == 1, number) };
                publisher.push(one).expect("current");
            }
            8 if readers.len() < 8 => readers.push(Reader::new()),
            9 if readers.len() > 4 => {
                let gone = readers.swap_remove(die.below(readers.len() as u64) as usize);
                frames += gone.watcher.frames;
            }
            10..12 => {
                publisher.stream().close_if_due(clock.mono());
                let mut blocks = Vec::new();
                let kept_from = publisher.stream().blocks(ALL, view.end(), &mut blocks);
                blocks.into_iter().for_each(|block| view.push(block));
                for reader in &mut readers {
                    if reader.cursor.needs_before(kept_from) || reader.cursor.lag(&view).ms() > 800 {
                        reader.skip(&view);
                    }
                    reader.place(&publisher, &view);
                }
                view.trim(kept_from);
                assert!(view.bytes() <= 200 * 200, "{} bytes in the window", view.bytes());
            }
            12 if !readers.is_empty() => {
                sign = sign.wrapping_add(1);
                let index = die.below(readers.len() as u64) as usize;
                let reader = &mut readers[index];
                reader.cursor.insert(reply(sign).into(), &view);
                reader.replies.push_back(sign);
            }
            13 if !readers.is_empty() && die.below(10) == 0 => readers[0].skip(&view),
            _ if !readers.is_empty() => {
                let index = die.below(readers.len() as u64) as usize;
                readers[index].take(&mut die, greed, &view);
            }
            _ => {}
        }
    }
    let gaps = readers.iter().map(|reader| reader.watcher.gaps).sum();
    (frames + readers.iter().map(|reader| reader.watcher.frames).sum::<u64>(), gaps)
}

#[test]
fn every_reader_gets_whole_frames_in_order_whatever_happens() {
    let (mut frames, mut gaps) = (0, 0);
    for seed in 1..60 {
        let (more, lost) = run(seed);
        frames += more;
        gaps += lost;
    }
    assert!(frames > 10_000 && gaps > 15, "the dice reach what is to be tested: {frames} frames, {gaps} gaps");
}

#[test]
fn replies_beyond_one_write_stay_before_the_log() {
    let (publisher, _seat, _) = publisher(0);
    publisher.push(video(0, true, 1)).expect("current");
    let mut view = View::default();
    let mut blocks = Vec::new();
    publisher.stream().blocks(ALL, 0, &mut blocks);
    blocks.into_iter().for_each(|block| view.push(block));
    let mut reader = Reader::new();
    reader.place(&publisher, &view);
    for sign in 0..200 {
        reader.cursor.insert(reply(sign).into(), &view);
        reader.replies.push_back(sign);
    }
    let mut die = Die::seeded(5);
    while !reader.cursor.is_idle(&view) {
        reader.take(&mut die, u64::MAX - 1, &view);
    }
    assert_eq!((reader.watcher.replies, reader.watcher.frames), (201, 1));
    assert!(reader.got.is_empty() && reader.cursor.own_bytes() == 0);
}

#[test]
fn a_reply_in_mid_frame_follows_the_rest_of_the_frame() {
    let (publisher, _seat, _) = publisher(0);
    publisher.push(video(0, true, 1)).expect("current");
    publisher.push(video(40, false, 2)).expect("current");
    let mut view = View::default();
    let mut blocks = Vec::new();
    publisher.stream().blocks(ALL, 0, &mut blocks);
    blocks.into_iter().for_each(|block| view.push(block));
    for cut in 0..view.end() as usize {
        let mut cursor = Cursor::default();
        cursor.place(bytes::Bytes::new(), 0);
        let mut got = Vec::new();
        let mut take = |cursor: &mut Cursor, most: usize| {
            let mut slices = Vec::new();
            cursor.slices(&view, &mut slices);
            let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).take(most).collect();
            drop(slices);
            cursor.advance(bytes.len());
            got.extend(bytes);
        };
        take(&mut cursor, cut);
        cursor.insert(reply(7).into(), &view);
        take(&mut cursor, 3);
        cursor.insert(reply(8).into(), &view);
        while !cursor.is_idle(&view) {
            take(&mut cursor, 11);
        }
        let records = parse(&mut got);
        assert!(got.is_empty());
        let signs: Vec<usize> = (0..records.len()).filter(|at| matches!(records[*at], Record::Reply(_))).collect();
        assert!(records.len() == 4 && signs[0] < signs[1], "cut at {cut}: {records:?}");
    }
}
