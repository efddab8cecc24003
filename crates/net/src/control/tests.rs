use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::{Channel, ControlSocket, DESCRIPTORS_MAX, MESSAGE_BYTES_MAX, connect, may_ask};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vivace-control-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn pair(folder: &Folder) -> (ControlSocket, Channel, Channel) {
    let socket = ControlSocket::bind(&folder.0, "s").unwrap();
    let (theirs, ours) = tokio::join!(socket.accept(), connect(&folder.0, "s"));
    (socket, theirs, ours.unwrap())
}

#[test]
fn only_the_owner_and_root_may_ask() {
    assert!(may_ask(1_000, 1_000) && may_ask(0, 1_000) && may_ask(0, 0));
    assert!(!may_ask(1_001, 1_000) && !may_ask(1_000, 0));
}

#[tokio::test]
async fn a_message_carries_open_descriptors() {
    let folder = Folder::new("descriptors");
    let (_socket, mut theirs, mut ours) = pair(&folder).await;
    let file = folder.0.join("file");
    let mut written = File::create(&file).unwrap();
    ours.send(b"take this", &[written.as_fd(), File::open(&file).unwrap().as_fd()]).await.unwrap();
    let (message, mut descriptors) = theirs.receive().await.unwrap().unwrap();
    assert_eq!((message.as_slice(), descriptors.len()), (b"take this".as_slice(), 2));
    written.write_all(b"words").unwrap();
    let mut words = String::new();
    File::from(descriptors.pop().unwrap()).read_to_string(&mut words).unwrap();
    assert_eq!(words, "words");

    let large = vec![7; MESSAGE_BYTES_MAX];
    let (sent, received) = tokio::join!(ours.send(&large, &[]), theirs.receive());
    sent.unwrap();
    assert!(received.unwrap().is_some_and(|(message, descriptors)| message == large && descriptors.is_empty()));
    drop(ours);
    assert!(theirs.receive().await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_too_large_is_not_sent_and_not_taken() {
    let folder = Folder::new("large");
    let (_socket, mut theirs, mut ours) = pair(&folder).await;
    let large = vec![0; MESSAGE_BYTES_MAX + 1];
    assert_eq!(ours.send(&large, &[]).await.unwrap_err().kind(), io::ErrorKind::InvalidInput);
    let file = File::open("/dev/null").unwrap();
    let many: Vec<BorrowedFd<'_>> = vec![file.as_fd(); DESCRIPTORS_MAX + 1];
    assert_eq!(ours.send(b"", &many).await.unwrap_err().kind(), io::ErrorKind::InvalidInput);

    use tokio::io::AsyncWriteExt;
    ours.stream_mut().write_all(&[0xff; 4]).await.unwrap();
    assert_eq!(theirs.receive().await.unwrap_err().kind(), io::ErrorKind::InvalidData);
}

#[tokio::test]
async fn a_path_may_be_longer_than_an_address() {
    let folder = Folder::new(&"x".repeat(180));
    let (socket, mut theirs, mut ours) = pair(&folder).await;
    ours.send(b"hello", &[]).await.unwrap();
    assert_eq!(theirs.receive().await.unwrap().unwrap().0, b"hello");
    assert!(socket.is_in_place());
}

#[tokio::test]
async fn a_socket_is_private_and_one_that_took_its_place_outlives_it() {
    let folder = Folder::new("place");
    let path = folder.0.join("s");
    let first = ControlSocket::bind(&folder.0, "s").unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let second = ControlSocket::bind(&folder.0, "s").unwrap();
    assert!(!first.is_in_place() && second.is_in_place());
    drop(first);
    assert!(path.exists());
    drop(second);
    assert!(!path.exists());
    assert_eq!(connect(&folder.0, "s").await.unwrap_err().kind(), io::ErrorKind::NotFound);
}
