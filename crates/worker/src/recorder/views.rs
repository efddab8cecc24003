//! The recordings that are views of one stream's parts while these come: which begin, go on and end with a part.

use std::ops::Range;

use vivace_base::{AppId, MediaTime, StreamName, Ulid, UnixMs};
use vivace_domain::channel::ChannelId;
use vivace_domain::recording::{MediaPart, PartAt, RecordFormat, RecordState, Recording, Want, cut_is_due};

/// One thing that wants a stream kept in one format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The task, if it is one's.
    pub(crate) task: Option<u64>,
    /// Format, interval, name.
    pub(crate) want: Want,
    /// The channel, if the stream is one's.
    pub(crate) channel: Option<ChannelId>,
    /// The host name that the stream was pushed to.
    pub(crate) domain: String,
    /// The query of the push address, without what signs it.
    pub(crate) stream_param: String,
    /// Of which publishers, by their epochs.
    pub(crate) epochs: Range<u64>,
}

impl Asked {
    /// All publishers of a stream.
    pub(crate) const EVERY: Range<u64> = 0..u64::MAX;

    /// Whether both are the same wish, whatever its details have become.
    fn is(&self, other: &Self) -> bool {
        (self.task, self.want.format) == (other.task, other.want.format)
    }
}

/// A part that is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fresh {
    /// Its file.
    pub(crate) file: Ulid,
    /// The part.
    pub(crate) part: MediaPart,
    /// The codecs of the stream are configured anew in it.
    pub(crate) reconfigured: bool,
}

/// What a part does to recordings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// One begins with it.
    Begin(Box<Recording>),
    /// One has ended with the part before it, or with the last there is.
    End(Box<Recording>),
}

/// The recordings of one stream that are open.
pub(crate) struct Views {
    app: AppId,
    stream: StreamName,
    open: Vec<Open>,
}

struct Open {
    asked: Asked,
    recording: Recording,
    last: PartAt,
    ended_at: UnixMs,
    played: MediaTime,
    bytes: u64,
}

impl Open {
    fn begin(asked: &Asked, recording: Recording) -> Self {
        let (last, ended_at) = (recording.first, recording.started_at);
        Self { asked: asked.clone(), recording, last, ended_at, played: MediaTime::ZERO, bytes: 0 }
    }

    /// What it has come to.
    fn ended(&self) -> Recording {
        Recording {
            state: RecordState::Finalizing,
            last: Some(self.last),
            ended_at: Some(self.ended_at),
            duration_ms: ms(self.played),
            bytes: self.bytes,
            ..self.recording.clone()
        }
    }
}

impl Views {
    pub(crate) const fn new(app: AppId, stream: StreamName) -> Self {
        Self { app, stream, open: Vec::new() }
    }

    /// Takes a part that is on disk, of whose publisher's frames `asked` is wanted. One that begins with a key frame
    /// begins what is asked for and not open, if anything `may_begin`, and ends what has lasted its interval or is to be
    /// kept in another way from now on, which goes on in a new one without a frame lost. So does a part of another
    /// configuration to what can hold one only.
    pub(crate) fn part(
        &mut self,
        fresh: &Fresh,
        asked: &[Asked],
        may_begin: bool,
        mut new_id: impl FnMut() -> Ulid,
    ) -> Vec<Change> {
        let Fresh { file, part, reconfigured } = fresh;
        let at = PartAt { file: *file, part: part.number };
        let mut changes = Vec::new();
        let recording = |asked: &Asked, id| recording(self.app, &self.stream, asked, id, at, part);
        for open in &mut self.open {
            // What goes on from here goes on as it is asked for now, which may be by another publisher.
            let now = asked.iter().find(|asked| asked.is(&open.asked)).unwrap_or(&open.asked);
            let cannot_hold = *reconfigured && now.want.format == RecordFormat::Mp4;
            let is_other = part.key && now.want != open.asked.want;
            if cannot_hold || is_other || cut_is_due(ms(open.played), now.want.interval_ms, part) {
                let next = recording(now, new_id());
                changes.extend([Change::End(Box::new(open.ended())), Change::Begin(Box::new(next.clone()))]);
                *open = Open::begin(now, next);
            }
        }
        if part.key && may_begin {
            for asked in asked {
                if !self.has(asked) {
                    let begun = recording(asked, new_id());
                    changes.push(Change::Begin(Box::new(begun.clone())));
                    self.open.push(Open::begin(asked, begun));
                }
            }
        }
        for open in &mut self.open {
            open.last = at;
            open.ended_at = part.ended_at();
            open.played = open.played + part.duration;
            open.bytes = open.bytes.saturating_add(u64::from(part.bytes));
        }
        changes
    }

    /// Whether what is asked for is open.
    pub(crate) fn has(&self, asked: &Asked) -> bool {
        self.open.iter().any(|open| open.asked.is(asked))
    }

    /// The publisher of an epoch goes on: ends what is asked for of others only.
    pub(crate) fn pass(&mut self, asked: &[Asked], epoch: u64) -> Vec<Recording> {
        self.end_where(|open| {
            let mut same = asked.iter().filter(|asked| asked.is(&open.asked)).peekable();
            same.peek().is_some() && !same.any(|asked| asked.epochs.contains(&epoch))
        })
    }

    /// Whether something is open that is not asked for any more.
    pub(crate) fn ends_any(&self, asked: &[Asked]) -> bool {
        self.open.iter().any(|open| !asked.iter().any(|asked| asked.is(&open.asked)))
    }

    /// Ends what is not asked for any more.
    pub(crate) fn keep(&mut self, asked: &[Asked]) -> Vec<Recording> {
        self.end_where(|open| !asked.iter().any(|asked| asked.is(&open.asked)))
    }

    fn end_where(&mut self, is_over: impl Fn(&Open) -> bool) -> Vec<Recording> {
        self.open.extract_if(.., |open| is_over(open)).map(|open| open.ended()).collect()
    }

    /// Ends all.
    pub(crate) fn end(&mut self) -> Vec<Recording> {
        self.keep(&[])
    }
}

fn recording(app: AppId, stream: &StreamName, asked: &Asked, id: Ulid, at: PartAt, part: &MediaPart) -> Recording {
    let Asked { task, want, channel, domain, stream_param, epochs: _ } = asked;
    let keep_until = (want.keep_ms > 0)
        .then(|| UnixMs(part.begun_at.0.saturating_add(i64::try_from(want.keep_ms).unwrap_or(i64::MAX))));
    let (of, made) = ((app, stream.clone()), (want.kind, want.format));
    Recording {
        task: *task,
        channel: *channel,
        name: want.name.clone(),
        domain: domain.clone(),
        stream_param: stream_param.clone(),
        keep_until,
        ..Recording::begun(id, of, made, at, part.begun_at)
    }
}

fn ms(time: MediaTime) -> u64 {
    u64::try_from(time.ms()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use vivace_base::{AppId, MediaTime, StreamName, Ulid, UnixMs};
    use vivace_domain::recording::{MediaPart, PartAt, RecordFormat, TaskKind, Want};

    use super::{Asked, Change, Fresh, Views};

    fn asked(task: u64, format: RecordFormat, interval_ms: u64) -> Asked {
        let want =
            Want { kind: TaskKind::Timed, format, interval_ms, keep_ms: 0, name: "n".to_owned(), template: None };
        let (domain, stream_param) = (String::new(), String::new());
        Asked { task: Some(task), want, channel: None, domain, stream_param, epochs: Asked::EVERY }
    }

    fn fresh(number: u32, key: bool) -> Fresh {
        let part = MediaPart {
            number,
            offset: 0,
            bytes: 100,
            begun_at: UnixMs(i64::from(number) * 1_000),
            dts: MediaTime::from_ms(i64::from(number) * 1_000),
            duration: MediaTime::from_ms(1_000),
            key,
            discontinuity: false,
        };
        Fresh { file: Ulid(77), part, reconfigured: false }
    }

    /// Begins as `+id@part`, ends as `-id..part duration bytes`.
    fn told(changes: &[Change]) -> String {
        let words = changes.iter().map(|change| match change {
            Change::Begin(recording) => format!("+{}@{}", recording.id.0, recording.first.part),
            Change::End(ended) => {
                let last = ended.last.unwrap().part;
                format!("-{}..{last} {} {}", ended.id.0, ended.duration_ms, ended.bytes)
            }
        });
        words.collect::<Vec<_>>().join(" ")
    }

    struct Scene {
        views: Views,
        ids: u128,
    }

    impl Scene {
        fn new() -> Self {
            Self { views: Views::new(AppId(1), StreamName::parse("a").unwrap()), ids: 0 }
        }

        fn part(&mut self, number: u32, key: bool, asked: &[Asked]) -> String {
            self.part_in(number, key, asked, true)
        }

        fn part_in(&mut self, number: u32, key: bool, asked: &[Asked], may_begin: bool) -> String {
            let ids = &mut self.ids;
            let new_id = || {
                *ids += 1;
                Ulid(*ids)
            };
            told(&self.views.part(&fresh(number, key), asked, may_begin, new_id))
        }

        fn keep(&mut self, asked: &[Asked]) -> String {
            let ended: Vec<_> = self.views.keep(asked).into_iter().map(Box::new).map(Change::End).collect();
            told(&ended)
        }
    }

    #[test]
    fn several_tasks_share_the_parts_and_begin_with_a_key_frame() {
        let mut scene = Scene::new();
        let one = [asked(1, RecordFormat::Mp4, 0)];
        let both = [one[0].clone(), asked(2, RecordFormat::Hls, 0), asked(2, RecordFormat::Flv, 0)];
        assert_eq!(scene.part(0, false, &one), "");
        assert_eq!(scene.part(1, true, &one), "+1@1");
        assert_eq!(scene.part(2, false, &both), "");
        assert_eq!(scene.part(3, true, &both), "+2@3 +3@3");
        assert_eq!(scene.keep(&both), "");
        assert_eq!(scene.keep(&both[1..]), "-1..3 3000 300");
        assert_eq!(scene.part(4, false, &both[1..]), "");
        assert_eq!(scene.keep(&[]), "-2..4 2000 200 -3..4 2000 200");
        assert!(scene.views.open.is_empty());
    }

    #[test]
    fn an_interval_is_over_at_a_key_frame_and_no_part_is_lost() {
        let mut scene = Scene::new();
        let asked = [asked(1, RecordFormat::Mp4, 2_500)];
        let keys = [true, false, true, false, true, false, false];
        let told: Vec<_> = keys.iter().zip(0..).map(|(key, number)| scene.part(number, *key, &asked)).collect();
        assert_eq!(told, ["+1@0", "", "", "", "-1..3 4000 400 +2@4", "", ""]);
        let last: Vec<_> = scene.views.end().into_iter().filter_map(|ended| ended.last).collect();
        assert_eq!(last, [PartAt { file: Ulid(77), part: 6 }]);
    }

    #[test]
    fn what_begins_behind_an_interval_is_as_it_is_asked_for_by_then() {
        let mut views = Views::new(AppId(1), StreamName::parse("a").unwrap());
        let [mut first, mut second] = [asked(1, RecordFormat::Mp4, 2_000), asked(1, RecordFormat::Mp4, 2_000)];
        (first.stream_param, second.stream_param) = ("room=1".to_owned(), "room=2".to_owned());
        (first.domain, second.domain) = ("a.example".to_owned(), "b.example".to_owned());
        let mut begun = Vec::new();
        for (number, asked) in [&first, &first, &second, &second, &second].into_iter().enumerate() {
            let number = u32::try_from(number).unwrap();
            let changes =
                views.part(&fresh(number, number != 2), std::slice::from_ref(asked), true, || Ulid(number.into()));
            begun.extend(changes.into_iter().filter_map(|change| match change {
                Change::Begin(one) => Some((one.first.part, one.domain, one.stream_param)),
                Change::End(_) => None,
            }));
        }
        let [one, two] = [("a.example", "room=1"), ("b.example", "room=2")];
        let expected = [(0, one), (3, two)].map(|(part, (domain, of))| (part, domain.to_owned(), of.to_owned()));
        assert_eq!(begun, expected, "it goes on in the same one, and the next is the second push's");
    }

    #[test]
    fn what_is_to_be_kept_in_another_way_begins_with_the_first_key_frame_of_who_asks_for_that() {
        let long = asked(1, RecordFormat::Mp4, 60_000);
        let mut others = [long.clone(), long.clone(), asked(1, RecordFormat::Mp4, 0)];
        others[0].want.keep_ms = 86_400_000;
        others[1].want.name = "m".to_owned();
        for other in others {
            let (mut scene, before, after) = (Scene::new(), [long.clone()], [other]);
            assert_eq!(scene.part(0, true, &before), "+1@0");
            assert_eq!(scene.part(1, false, &after), "");
            assert_eq!(scene.part(2, true, &after), "-1..1 2000 200 +2@2");
            assert_eq!(scene.part(3, true, &after), "");
        }
    }

    #[test]
    fn what_holds_one_configuration_only_is_split_where_another_begins() {
        let mut scene = Scene::new();
        let asked = [asked(1, RecordFormat::Mp4, 0), asked(1, RecordFormat::Hls, 0)];
        assert_eq!(scene.part(0, true, &asked), "+1@0 +2@0");
        let other = Fresh { reconfigured: true, ..fresh(1, true) };
        assert_eq!(told(&scene.views.part(&other, &asked, true, || Ulid(9))), "-1..0 1000 100 +9@1");
    }

    #[test]
    fn where_room_is_short_what_runs_goes_on_and_nothing_begins() {
        let mut scene = Scene::new();
        let first = [asked(1, RecordFormat::Mp4, 1_000)];
        let both = [first[0].clone(), asked(2, RecordFormat::Mp4, 0)];
        assert_eq!(scene.part(0, true, &first), "+1@0");
        assert_eq!(scene.part_in(1, true, &both, false), "-1..0 1000 100 +2@1");
        assert_eq!(scene.part(2, true, &both), "-2..1 1000 100 +3@2 +4@2");
    }

    #[test]
    fn a_time_to_be_kept_counts_from_the_first_part() {
        let mut views = Views::new(AppId(1), StreamName::parse("a").unwrap());
        let mut wish = asked(1, RecordFormat::Mp4, 0);
        wish.want.keep_ms = 5_000;
        let changes = views.part(&fresh(3, true), &[wish], true, || Ulid(1));
        let [Change::Begin(recording)] = changes.as_slice() else { panic!("{changes:?}") };
        assert_eq!(recording.keep_until, Some(UnixMs(8_000)));
    }
}
