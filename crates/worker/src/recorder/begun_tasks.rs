//! Record tasks that have begun: a clock that is set makes none of them wait again, and no clip longer or shorter.

use std::collections::HashMap;

use vivace_base::{Clock, MonoMs, UnixMs};
use vivace_domain::recording::{RecordTask, TaskKind, TaskState};

/// This moment by both clocks: the one that may be set, and the one that may not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) unix: UnixMs,
    pub(super) mono: MonoMs,
}

impl Now {
    pub(super) fn by(clock: &dyn Clock) -> Self {
        Self { unix: clock.unix(), mono: clock.mono() }
    }
}

/// For how long a clip that is over is remembered: a clock that is set back by no more makes it no open one again.
const REMEMBERED_MS: u64 = 24 * 3_600_000;

/// Tasks that have begun, by number; of a clip, when it ends.
#[derive(Debug, Default)]
pub(super) struct BegunTasks(HashMap<u64, Option<MonoMs>>);

impl BegunTasks {
    /// Notes a task if it runs now.
    pub(super) fn note(&mut self, task: &RecordTask, now: Now) {
        if task.state(now.unix) != TaskState::Running {
            return;
        }
        let left_ms = task.end_at.filter(|_| task.kind == TaskKind::Clip).map(|end| ms_between(now.unix, end));
        self.0.entry(task.id).or_insert_with(|| left_ms.map(|ms| MonoMs(now.mono.0.saturating_add(ms))));
    }

    /// Forgets all but these and clips that are over since not long ago.
    pub(super) fn keep(&mut self, tasks: &[RecordTask], now: Now) {
        let is_fresh = |end: &MonoMs| now.mono >= *end && now.mono.since(*end) < REMEMBERED_MS;
        self.0.retain(|id, end| end.as_ref().is_some_and(is_fresh) || tasks.iter().any(|task| task.id == *id));
    }

    /// How far a task that is neither stopped nor has failed is.
    pub(super) fn state(&self, task: &RecordTask, now: Now) -> TaskState {
        match (self.0.get(&task.id), task.state(now.unix)) {
            (Some(Some(end)), _) if now.mono < *end => TaskState::Running,
            (Some(Some(_)), _) => TaskState::Finished,
            (Some(None), TaskState::Waiting) => TaskState::Running,
            (_, state) => state,
        }
    }

    /// How long it is until a task begins or ends.
    pub(super) fn next_ms(&self, task: &RecordTask, now: Now) -> Option<u64> {
        let ahead = |ms: &u64| *ms > 0;
        if let Some(Some(end)) = self.0.get(&task.id) {
            return Some(end.since(now.mono)).filter(ahead);
        }
        let times = [Some(task.begin_at), task.end_at].into_iter().flatten();
        times.map(|at| ms_between(now.unix, at)).filter(ahead).min()
    }

    /// Tasks that end behind this time by the clock that may be set may still go on.
    pub(super) fn open_since<'a>(&self, tasks: impl Iterator<Item = &'a RecordTask>, now: Now) -> UnixMs {
        let running = tasks.filter(|task| self.state(task, now) == TaskState::Running);
        let ends = running.filter_map(|task| task.end_at).map(|end| UnixMs(end.0.saturating_sub(1)));
        ends.fold(now.unix, UnixMs::min)
    }
}

/// Nothing if it is no later.
fn ms_between(from: UnixMs, to: UnixMs) -> u64 {
    u64::try_from(to.0.saturating_sub(from.0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use vivace_base::{AppId, MonoMs, StreamName, UnixMs};
    use vivace_domain::recording::{RecordTask, TaskKind, TaskState};

    use super::{BegunTasks, Now};

    const HOUR_MS: i64 = 3_600_000;
    const START_MS: i64 = 1_700_000_000_000;

    fn task(id: u64, kind: TaskKind, (from, to): (i64, i64)) -> RecordTask {
        let stream = StreamName::parse("a").unwrap();
        RecordTask {
            id,
            begin_at: UnixMs(START_MS + from),
            end_at: Some(UnixMs(START_MS + to)),
            ..RecordTask::new(AppId(1), stream, kind, UnixMs(START_MS))
        }
    }

    /// So long after the start, by a clock that is so far ahead.
    fn at(ms: i64, ahead: i64) -> Now {
        Now { unix: UnixMs(START_MS + ms + ahead), mono: MonoMs(u64::try_from(5_000 + ms).unwrap()) }
    }

    #[test]
    fn a_clip_lasts_as_long_as_it_was_to_and_a_timed_task_ends_by_the_clock() {
        let (clip, timed) = (task(1, TaskKind::Clip, (0, 10_000)), task(2, TaskKind::Timed, (0, 10_000)));
        let mut begun = BegunTasks::default();
        for (now, states) in [
            (at(0, 0), [TaskState::Running, TaskState::Running]),
            (at(9_000, HOUR_MS), [TaskState::Running, TaskState::Finished]),
            (at(9_000, -HOUR_MS), [TaskState::Running, TaskState::Running]),
            (at(10_000, -HOUR_MS), [TaskState::Finished, TaskState::Running]),
            (at(10_000, HOUR_MS), [TaskState::Finished, TaskState::Finished]),
        ] {
            [&clip, &timed].into_iter().for_each(|task| begun.note(task, now));
            assert_eq!([&clip, &timed].map(|task| begun.state(task, now)), states, "{now:?}");
        }
        // One that is made by a clock that is wrong already lasts as long.
        let late = task(3, TaskKind::Clip, (HOUR_MS, HOUR_MS + 10_000));
        begun.note(&late, at(20_000, HOUR_MS - 20_000));
        assert_eq!(begun.state(&late, at(29_000, 0)), TaskState::Running);
        assert_eq!(begun.state(&late, at(30_000, 0)), TaskState::Finished);
    }

    #[test]
    fn a_clip_that_is_over_stays_so_where_the_clock_is_set_back_behind_its_end() {
        let clip = task(1, TaskKind::Clip, (0, 10_000));
        let mut begun = BegunTasks::default();
        begun.note(&clip, at(0, 0));
        // Another task changes, and this one is not among those that are open; then it is, by the clock.
        begun.keep(&[], at(12_000, 0));
        assert_eq!(begun.state(&clip, at(13_000, -8_000)), TaskState::Finished);
        begun.keep(std::slice::from_ref(&clip), at(13_000, -8_000));
        begun.note(&clip, at(13_000, -8_000));
        assert_eq!(begun.state(&clip, at(14_000, -8_000)), TaskState::Finished);
        // It is not remembered for ever.
        begun.keep(&[], at(10_000 + 24 * HOUR_MS, 0));
        assert!(begun.0.is_empty());
    }

    #[test]
    fn it_is_known_when_to_look_and_what_to_read() {
        let clip = task(1, TaskKind::Clip, (0, 10_000));
        let ahead = task(2, TaskKind::Timed, (3_000, 8_000));
        let mut begun = BegunTasks::default();
        [&clip, &ahead].into_iter().for_each(|task| begun.note(task, at(0, 0)));
        let next = |now| [&clip, &ahead].map(|task| begun.next_ms(task, now));
        assert_eq!(next(at(1_000, 0)), [Some(9_000), Some(2_000)]);
        assert_eq!(next(at(4_000, HOUR_MS)), [Some(6_000), None]);
        let since = |now| begun.open_since([&clip, &ahead].into_iter(), now).0 - START_MS;
        assert_eq!((since(at(4_000, 0)), since(at(4_000, HOUR_MS))), (4_000, 9_999));
        assert_eq!(since(at(10_000, HOUR_MS)), HOUR_MS + 10_000, "it is over");
        begun.keep(&[], at(4_000, HOUR_MS));
        assert_eq!(begun.state(&clip, at(4_000, HOUR_MS)), TaskState::Finished, "it is not known any more");
    }
}
