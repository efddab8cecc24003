//! A stream that is recorded to a real disk, whose rows nobody writes: what is to be written of it, in order.

use std::sync::Arc;

use tokio::sync::watch;
use vivace_base::{SessionId, StreamName, Ulid};
use vivace_domain::claim::Owner;
use vivace_domain::recording::{RecordFormat, TaskKind, Want};
use vivace_hub::Publisher;
use vivace_store::FIRST_APP;

use super::super::engine::tests::scene::{AVCC, picture, video_config};
use super::super::index::Entry;
use super::super::index::tests::House;
use super::super::note::Note;
use super::super::views::Asked;
use super::{StreamRecorder, Wanted};

fn asked(format: RecordFormat, epochs: std::ops::Range<u64>) -> Asked {
    let want = Want { kind: TaskKind::Url, format, interval_ms: 0, keep_ms: 0, name: String::new(), template: None };
    Asked { task: None, want, channel: None, domain: String::new(), stream_param: String::new(), epochs }
}

fn publish(house: &House) -> Publisher {
    let name = StreamName::parse("cam").unwrap();
    let publisher = house.shared.hub.publish(FIRST_APP, &name, Owner::Key(FIRST_APP), SessionId(1));
    let publisher = publisher.map_err(|fault| fault.to_string()).unwrap();
    publisher.push(video_config(AVCC)).unwrap();
    publisher
}

/// Five pictures a second, the first of each second a key frame.
fn push(publisher: &Publisher, seconds: i64) {
    for number in 0..seconds * 5 {
        publisher.push(picture(number * 200, number % 5 == 0)).unwrap();
    }
}

/// Records what each publisher after the other sends in so many seconds; what is to be written then.
async fn record(house: &mut House, wanted: Wanted, seconds: &[i64]) -> Vec<Entry> {
    let mut publisher = publish(house);
    let stream = publisher.stream().clone();
    let tap = house.shared.tap(&stream);
    for (number, seconds) in seconds.iter().enumerate() {
        if number > 0 {
            publisher = publish(house);
        }
        push(&publisher, *seconds);
    }
    house.shared.hub.end_all();
    let (_wanted, receiver) = watch::channel(Arc::new(wanted));
    StreamRecorder::new(house.shared.clone(), stream, receiver, None, Arc::default()).run(tap).await;
    let mut entries = Vec::new();
    while let Ok(entry) = house.entries.try_recv() {
        entries.push(entry);
    }
    entries
}

/// Begins and ends with their parts, and which files begin and end.
fn told(entries: &[Entry]) -> String {
    let (mut files, mut out): (Vec<Ulid>, Vec<String>) = (Vec::new(), Vec::new());
    for entry in entries {
        let file = |id: &Ulid| files.iter().position(|one| one == id).unwrap();
        match entry {
            Entry::Open(opened) => {
                out.push(format!("open {}", files.len()));
                files.push(opened.id);
            }
            Entry::Close(_, id) => out.push(format!("close {}", file(id))),
            Entry::Begin(one) => out.push(format!("{} from {}.{}", one.format, file(&one.first.file), one.first.part)),
            Entry::End(one) => {
                let last = one.last.unwrap();
                out.push(format!("{} to {}.{}", one.format, file(&last.file), last.part));
            }
            Entry::Part(..) | Entry::Cut(..) | Entry::Stop => {}
        }
    }
    out.join(", ")
}

#[tokio::test]
async fn what_a_push_asks_for_begins_with_its_own_frames_and_what_the_one_before_asked_for_ends_with_those() {
    let mut house = House::new().await;
    let asked =
        vec![asked(RecordFormat::Flv, 1..3), asked(RecordFormat::Mp4, 2..u64::MAX), asked(RecordFormat::Hls, 3..9)];
    let entries = record(&mut house, Wanted { asked, shift: false, may_begin: true }, &[3, 2, 4]).await;
    let expected = "open 0, flv from 0.0, mp4 from 0.3, flv to 0.4, hls from 0.5, mp4 to 0.8, hls to 0.8, close 0";
    assert_eq!(told(&entries), expected);
    let file = entries.iter().find_map(|entry| if let Entry::Open(file) = entry { Some(file.id) } else { None });
    let notes = Note::read(house.shared.disk.folders(), file.unwrap()).unwrap();
    let noted: Vec<_> = notes
        .iter()
        .map(|note| (note.part, note.asked.iter().map(|one| one.want.format).collect::<Vec<_>>()))
        .collect();
    let [flv, mp4, hls] = [RecordFormat::Flv, RecordFormat::Mp4, RecordFormat::Hls];
    assert_eq!(noted, [(0, vec![flv]), (3, vec![flv, mp4]), (5, vec![mp4, hls])]);
}

#[tokio::test]
async fn who_comes_again_and_asks_for_the_same_changes_no_note() {
    let mut house = House::new().await;
    let asked =
        vec![asked(RecordFormat::Flv, 1..2), asked(RecordFormat::Flv, 2..3), asked(RecordFormat::Flv, 3..u64::MAX)];
    let entries = record(&mut house, Wanted { asked, shift: false, may_begin: true }, &[3, 2, 4]).await;
    assert_eq!(told(&entries), "open 0, flv from 0.0, flv to 0.8, close 0");
    let [Entry::Open(file), ..] = entries.as_slice() else { panic!("{entries:?}") };
    let notes = Note::read(house.shared.disk.folders(), file.id).unwrap();
    assert_eq!(notes.iter().map(|note| note.part).collect::<Vec<_>>(), [0]);
}

#[tokio::test]
async fn a_file_is_told_to_be_over_behind_the_begins_of_what_is_in_it() {
    let mut house = House::new().await;
    let asked = vec![asked(RecordFormat::Hls, Asked::EVERY)];
    let entries = record(&mut house, Wanted { asked, shift: false, may_begin: true }, &[70]).await;
    assert_eq!(told(&entries), "open 0, open 1, hls from 0.0, close 0, hls to 1.9, close 1");
}

#[tokio::test]
async fn what_may_not_begin_is_not_noted() {
    for may_begin in [true, false] {
        let mut house = House::new().await;
        let asked = vec![asked(RecordFormat::Mp4, Asked::EVERY)];
        let entries = record(&mut house, Wanted { asked, shift: true, may_begin }, &[3]).await;
        let [Entry::Open(file), ..] = entries.as_slice() else { panic!("{entries:?}") };
        let notes = Note::read(house.shared.disk.folders(), file.id).unwrap();
        let noted: Vec<_> = notes.iter().map(|note| note.asked.len()).collect();
        assert_eq!(noted, [usize::from(may_begin)], "{}", told(&entries));
    }
}
