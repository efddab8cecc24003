use std::fs;

use vivace_base::{StreamName, Ulid, UnixMs};
use vivace_domain::channel::ChannelId;
use vivace_domain::recording::{RecordFormat, TaskKind, Want};
use vivace_store::FIRST_APP;

use super::super::index::tests::House;
use super::super::views::Asked;
use super::Note;

fn note(part: u32, formats: &[RecordFormat]) -> Note {
    let asked = |format: &RecordFormat| Asked {
        task: (part > 0).then_some(7),
        want: Want {
            kind: TaskKind::Url,
            format: *format,
            interval_ms: 60_000,
            keep_ms: 5,
            name: "\"{}\n".to_owned(),
            template: Some(u64::MAX),
        },
        channel: Some(ChannelId(9)),
        domain: "push.example".to_owned(),
        stream_param: "record=mp4".to_owned(),
        epochs: Asked::EVERY,
    };
    Note {
        app: FIRST_APP,
        stream: StreamName::parse("cam").unwrap(),
        run: Ulid(3),
        part,
        begun_at: UnixMs(1_700_000_000_000),
        init_bytes: 700,
        codecs: "avc1.64001f".to_owned(),
        width: 320,
        height: 180,
        discontinuity: true,
        reconfigured: false,
        asked: formats.iter().map(asked).collect(),
    }
}

#[tokio::test]
async fn a_note_says_what_was_written_and_a_torn_line_says_nothing() {
    let house = House::new().await;
    let folders = house.shared.disk.folders();
    let (first, second) = (note(0, &RecordFormat::ALL), note(3, &[]));
    assert_eq!(Note::read(folders, Ulid(1)).unwrap(), []);
    first.write(folders, Ulid(1)).unwrap();
    second.write(folders, Ulid(1)).unwrap();
    assert_eq!(Note::read(folders, Ulid(1)).unwrap(), [first.clone(), second]);
    let path = folders.note(Ulid(1));
    let text = fs::read(&path).unwrap();
    fs::write(&path, &text[..text.len() - 2]).unwrap();
    assert_eq!(Note::read(folders, Ulid(1)).unwrap(), [first]);
    fs::write(&path, vec![0; 4_096]).unwrap();
    assert_eq!(Note::read(folders, Ulid(1)).unwrap(), []);
    Note::remove(folders, Ulid(1)).unwrap();
    Note::remove(folders, Ulid(1)).unwrap();
}
