use vivace_base::MonoMs;

use super::{Anomaly, IngestFrame, IngestWatch, Occurrence};

const PICTURE: IngestFrame =
    IngestFrame { video: true, header: false, key: false, needs_header: true, codec: 7, dts_ms: 0 };
const SOUND: IngestFrame = IngestFrame { video: false, codec: 10, ..PICTURE };

fn header(frame: IngestFrame) -> IngestFrame {
    IngestFrame { header: true, ..frame }
}

fn found(watch: &mut IngestWatch, now: u64) -> Vec<(Anomaly, u64)> {
    watch.report(MonoMs(now)).into_iter().map(|report| (report.anomaly, report.count)).collect()
}

#[test]
fn a_push_as_it_should_be_has_nothing_to_tell() {
    let mut watch = IngestWatch::default();
    watch.look(header(PICTURE), MonoMs(0));
    watch.look(header(SOUND), MonoMs(0));
    assert_eq!(found(&mut watch, 0), []);
    for at in 0..500 {
        watch.look(IngestFrame { key: at % 50 == 0, dts_ms: at * 40, ..PICTURE }, MonoMs(at.unsigned_abs() * 40));
        watch.look(IngestFrame { dts_ms: at * 40, ..SOUND }, MonoMs(at.unsigned_abs() * 40));
    }
    assert_eq!(found(&mut watch, 20_000), []);
}

#[test]
fn steps_of_timestamps_and_holes_in_time_are_told_apart() {
    let mut watch = IngestWatch::default();
    watch.look(header(PICTURE), MonoMs(0));
    for (dts_ms, at) in [(0, 0), (40, 40), (30, 80), (1_031, 120), (1_070, 3_121), (1_110, 3_160), (0, 3_200)] {
        watch.look(IngestFrame { dts_ms, ..PICTURE }, MonoMs(at));
    }
    let reports = watch.report(MonoMs(3_200));
    let kinds: Vec<_> = reports.iter().map(|report| (report.anomaly, report.count)).collect();
    assert_eq!(kinds, [(Anomaly::VideoBackwards, 2), (Anomaly::VideoJump, 1), (Anomaly::VideoLate, 1)]);
    assert_eq!(reports[1].first, [Occurrence { at: MonoMs(120), measured: 1_001 }]);
    assert_eq!(reports[2].first, [Occurrence { at: MonoMs(3_121), measured: 3_001 }]);
    watch.look(header(SOUND), MonoMs(0));
    watch.look(SOUND, MonoMs(0));
    watch.look(IngestFrame { dts_ms: 20, ..SOUND }, MonoMs(1_001));
    assert_eq!(found(&mut watch, 3_201), [(Anomaly::AudioLate, 1)]);
}

#[test]
fn codecs_that_change_or_come_without_a_header_are_told() {
    let mut watch = IngestWatch::default();
    watch.look(PICTURE, MonoMs(0));
    watch.look(header(PICTURE), MonoMs(0));
    watch.look(PICTURE, MonoMs(0));
    watch.look(header(IngestFrame { codec: 12, ..PICTURE }), MonoMs(1));
    watch.look(IngestFrame { codec: 12, ..PICTURE }, MonoMs(1));
    // Sound that needs no header has none.
    watch.look(IngestFrame { needs_header: false, ..SOUND }, MonoMs(1));
    watch.look(IngestFrame { codec: 2, ..SOUND }, MonoMs(1));
    let expected = [
        (Anomaly::VideoCodecChanged, 1),
        (Anomaly::AudioCodecChanged, 1),
        (Anomaly::VideoNoHeader, 1),
        (Anomaly::AudioNoHeader, 1),
    ];
    assert_eq!(found(&mut watch, 1), expected);
}

#[test]
fn few_pictures_and_rare_key_frames_are_told() {
    let mut watch = IngestWatch::default();
    watch.look(header(PICTURE), MonoMs(0));
    let _ = watch.report(MonoMs(0));
    for second in 0..20 {
        let (key, dts_ms) = (second % 11 == 0, second * 1_000);
        watch.look(IngestFrame { key, dts_ms, ..PICTURE }, MonoMs(dts_ms.unsigned_abs()));
    }
    assert_eq!(found(&mut watch, 20_000), [(Anomaly::LowFrameRate, 1), (Anomaly::LongGop, 1)]);
}

#[test]
fn a_flood_is_counted_and_takes_no_more_room() {
    let mut watch = IngestWatch::default();
    for at in 0..10_000_i64 {
        watch.look(IngestFrame { dts_ms: -at, ..SOUND }, MonoMs(0));
    }
    let reports = watch.report(MonoMs(1));
    let backwards = reports.iter().find(|report| report.anomaly == Anomaly::AudioBackwards).unwrap();
    assert_eq!((backwards.count, backwards.first.len()), (9_999, 10));
    watch.look(IngestFrame { dts_ms: i64::MIN, ..PICTURE }, MonoMs(0));
    watch.look(IngestFrame { dts_ms: i64::MAX, ..PICTURE }, MonoMs(0));
}
