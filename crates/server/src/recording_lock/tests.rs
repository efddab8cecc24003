use std::path::{Path, PathBuf};

use vivace_store::DataFolder;

use super::{RecordingFolderFault as Fault, RecordingLock, look_at_recording_folder as look};

/// A folder of recordings, and data folders with something in the place of their databases.
fn folders(name: &str) -> (PathBuf, PathBuf, [PathBuf; 3]) {
    let root = std::env::temp_dir().join(format!("vivace-recordings-{name}-{}", std::process::id()));
    let data = ["a", "b", "moved"].map(|name| root.join(name));
    for one in &data[..2] {
        std::fs::create_dir_all(one).unwrap();
        std::fs::write(one.join("vivace.db"), name).unwrap();
    }
    (root.clone(), root.join("kept"), data)
}

fn known(id: &str) -> DataFolder {
    DataFolder { id: id.to_owned(), recordings_dir: None, has_files: false }
}

#[test]
fn a_folder_whose_disk_is_not_mounted_is_not_taken_for_a_new_one() {
    let (root, kept, [a, ..]) = folders("mount");
    drop(RecordingLock::take(&kept, &known("1"), &a).unwrap());
    let used = |dir: &Path| {
        let dir = dir.canonicalize().unwrap().to_string_lossy().into_owned();
        DataFolder { recordings_dir: Some(dir), has_files: true, ..known("1") }
    };
    let known = used(&kept);
    let (away, both) = (root.join("away"), |dir: &Path, known: &DataFolder| {
        [look(dir, Some(known), &a).err(), RecordingLock::take(dir, known, &a).err()]
    });
    assert!(both(&kept, &known).iter().all(Option::is_none));
    // What it was mounted at is empty, or is not there at all; nothing is made there.
    std::fs::rename(&kept, &away).unwrap();
    for is_made in [false, true] {
        if is_made {
            std::fs::create_dir(&kept).unwrap();
        }
        for fault in both(&kept, &known) {
            let fault = fault.unwrap();
            assert!(matches!(&fault, Fault::Gone { .. }) && fault.remedy().contains("mount"), "{fault}");
        }
        assert_eq!(kept.exists(), is_made);
    }
    assert_eq!(std::fs::read_dir(&kept).unwrap().count(), 0);
    // Nothing is missed where nothing was, nor in the data folder itself.
    assert!(look(&kept, Some(&DataFolder { has_files: false, ..known.clone() }), &a).is_ok());
    assert!(both(&a, &used(&a)).iter().all(Option::is_none));
    // What the remedy says, and what is left where only the owner's file was removed.
    std::fs::create_dir(kept.join("media")).unwrap();
    assert!(look(&kept, Some(&known), &a).is_ok());
    std::fs::remove_dir(kept.join("media")).unwrap();
    std::fs::write(kept.join(super::FILE), "").unwrap();
    assert!(both(&kept, &known).iter().all(Option::is_none));
    std::fs::remove_dir_all(root).unwrap();
}

#[test]
fn a_folder_belongs_to_one_data_folder_also_when_nobody_serves_it() {
    let (root, kept, [a, b, moved]) = folders("owner");
    assert!(look(&kept, Some(&known("1")), &a).is_ok() && !kept.exists());
    let first = RecordingLock::take(&kept, &known("1"), &a).unwrap();
    for serves in [true, false] {
        assert!(matches!(RecordingLock::take(&kept, &known("2"), &b), Err(Fault::Foreign { .. })), "{serves}");
        // A copy has the same id.
        assert!(matches!(RecordingLock::take(&kept, &known("1"), &b), Err(Fault::Copied { .. })), "{serves}");
        let looked = [look(&kept, Some(&known("2")), &b), look(&kept, None, &b), look(&kept, Some(&known("1")), &b)];
        assert!(looked.iter().all(Result::is_err), "{looked:?}");
        assert!(look(&kept, Some(&known("1")), &a).is_ok());
        // Of a schema that is older or newer than this version's.
        assert!(look(&kept, None, &a).is_ok());
        if serves {
            first.file.unlock().unwrap();
        }
    }
    drop(first);
    // The database is gone, and a start would begin anew.
    std::fs::rename(a.join("vivace.db"), root.join("away.db")).unwrap();
    assert!(matches!(look(&kept, None, &a), Err(Fault::Foreign { .. })));
    std::fs::rename(root.join("away.db"), a.join("vivace.db")).unwrap();
    std::fs::rename(&a, &moved).unwrap();
    drop(RecordingLock::take(&kept, &known("1"), &moved).unwrap());
    // Put back from a backup: another file in the same place.
    std::fs::write(moved.join("new"), "").unwrap();
    std::fs::rename(moved.join("new"), moved.join("vivace.db")).unwrap();
    assert!(RecordingLock::take(&kept, &known("1"), &moved).is_ok());
    // A copy of all that is served beside what it is a copy of.
    let (copy, copied) = (root.join("copy"), root.join("copied"));
    for (from, to) in [(&moved, &copy), (&kept, &copied)] {
        std::fs::create_dir(to).unwrap();
        for file in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
    drop(RecordingLock::take(&copied, &known("1"), &copy).unwrap());
    std::fs::write(kept.join(super::FILE), "{\"id\":\"1").unwrap();
    assert!(RecordingLock::take(&kept, &known("2"), &b).is_ok());
    std::fs::remove_dir_all(root).unwrap();
}

#[test]
fn a_copy_with_the_same_path_is_not_the_one_that_serves() {
    let (root, kept, [a, ..]) = folders("mounts");
    let first = RecordingLock::take(&kept, &known("1"), &a).unwrap();
    // What another container sees in this place.
    std::fs::write(root.join("other"), "").unwrap();
    std::fs::rename(root.join("other"), a.join("vivace.db")).unwrap();
    assert!(matches!(RecordingLock::take(&kept, &known("1"), &a), Err(Fault::InUse { .. })));
    drop(first);
    std::fs::remove_dir_all(root).unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_takes_over_waits_for_the_server_before() {
    let (root, kept, [a, ..]) = folders("over");
    let first = RecordingLock::take(&kept, &known("1"), &a).unwrap();
    let second = RecordingLock::take(&kept, &known("1"), &a).unwrap();
    tokio::select! {
        biased;
        () = second.alone(super::LOOK) => panic!("the first still has it"),
        () = tokio::time::sleep(10 * super::LOOK) => {}
    }
    drop(first);
    second.alone(super::LOOK).await;
    std::fs::remove_dir_all(root).unwrap();
}
