use vivace_base::{AppId, StreamName, Ulid, UnixMs};
use vivace_domain::recording::MediaFile;

use super::{Dir, NOW, open};
use crate::{ArchiveNumbers, Store};

const APP: AppId = AppId(1);

fn numbers(file: u128, sequence: u64) -> ArchiveNumbers {
    ArchiveNumbers { file: Ulid(file), sequence, discontinuity: 1 }
}

async fn file(store: &Store, id: u128, stream: &StreamName) {
    let file = MediaFile {
        id: Ulid(id),
        app: APP,
        stream: stream.clone(),
        begun_at: NOW,
        init_bytes: 700,
        codecs: "avc1.64000C".to_owned(),
        width: 320,
        height: 240,
        discontinuity: false,
        closed: false,
        ended_at: None::<UnixMs>,
        bytes: 0,
    };
    store.open_media_file(&file).await.unwrap();
}

#[tokio::test]
async fn files_keep_the_numbers_that_they_were_given_first() {
    let (dir, cam) = (Dir::new(), StreamName::parse("cam").unwrap());
    let store = open(&dir.data()).await;
    for id in 1..=3 {
        file(&store, id, &cam).await;
    }
    store.put_archive_numbers(APP, &cam, &[numbers(1, 0), numbers(2, 150)]).await.unwrap();
    store.put_archive_numbers(APP, &cam, &[numbers(2, 7), numbers(3, 300)]).await.unwrap();
    let all = vec![numbers(1, 0), numbers(2, 150), numbers(3, 300)];
    let (reader, any) = (store.reader(), Ulid(0));
    assert_eq!(reader.archive_numbers(APP, &cam, any, None).await.unwrap(), all);
    assert_eq!(reader.archive_numbers(AppId(2), &cam, any, None).await.unwrap(), []);
    assert_eq!(reader.archive_numbers(APP, &cam, Ulid(2), Some(Ulid(2))).await.unwrap(), all[1..2]);
    // One without numbers is counted on from the one before that has some.
    assert_eq!(reader.archive_numbers(APP, &cam, Ulid(9), None).await.unwrap(), all[2..]);
}

#[tokio::test]
async fn of_files_that_are_gone_the_newest_is_counted_on_from() {
    let (dir, cam) = (Dir::new(), StreamName::parse("cam").unwrap());
    let store = open(&dir.data()).await;
    for id in 1..=3 {
        file(&store, id, &cam).await;
    }
    store.put_archive_numbers(APP, &cam, &[numbers(1, 0), numbers(2, 150), numbers(3, 300)]).await.unwrap();
    for id in 1..=3 {
        store.remove_media_file(Ulid(id)).await.unwrap();
    }
    store.put_archive_numbers(APP, &cam, &[]).await.unwrap();
    assert_eq!(store.reader().archive_numbers(APP, &cam, Ulid(0), None).await.unwrap(), vec![numbers(3, 300)]);
}
