use vivace_base::Ulid;
use vivace_domain::recording::RecordFormat;

use super::recordings::recording;
use super::{Dir, open};

#[tokio::test]
async fn a_data_folder_has_an_id_that_stays_and_is_nobody_elses() {
    let (one, other) = (Dir::new(), Dir::new());
    let store = open(&one.data()).await;
    let first = store.reader().data_folder().await.unwrap();
    assert!(first.id.len() == 32 && first.id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{first:?}");
    assert_eq!(first.recordings_dir, None);
    store.set_recordings_dir("/kept").await.unwrap();
    store.close().await;
    let store = open(&one.data()).await;
    let again = store.reader().data_folder().await.unwrap();
    assert_eq!((again.id.as_str(), again.recordings_dir.as_deref()), (first.id.as_str(), Some("/kept")));
    let other = open(&other.data()).await;
    assert_ne!(other.reader().data_folder().await.unwrap().id, first.id);
}

#[tokio::test]
async fn files_that_are_to_be_here_are_listed_page_by_page() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    for (id, format) in [(1, RecordFormat::Mp4), (2, RecordFormat::Hls), (3, RecordFormat::Flv), (4, RecordFormat::Aac)]
    {
        let mut one = recording(id, format, 0);
        if id < 4 {
            one.state = vivace_domain::recording::RecordState::Stored;
        }
        assert_eq!(store.reader().data_folder().await.unwrap().has_files, id > 1);
        store.put_recording(&one).await.unwrap();
    }
    let reader = store.reader();
    let page = reader.recorded_files_here(None, 1).await.unwrap();
    assert_eq!(page, [(Ulid(1), RecordFormat::Mp4)]);
    let rest = reader.recorded_files_here(Some(Ulid(1)), 10).await.unwrap();
    assert_eq!(rest, [(Ulid(3), RecordFormat::Flv)], "no HLS, and none that is not finished");
    assert!(reader.media_files_here(None, 10).await.unwrap().is_empty());
}
