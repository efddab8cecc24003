//! Real servers of S3-compatible storage: `s3s-fs`, which keeps objects as files, and `moto`, which keeps them in memory.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use crate::binary::target;
use crate::{Folder, Tool, get_with, python, request, wait_for};

/// The id of the key that `s3s-fs` asks for.
pub const KEY_ID: &str = "AKIDTEST";
/// The key.
pub const KEY: &str = "not-much-of-a-secret";
/// What `moto` takes for a signature: it looks whether there is one only.
pub const SIGNED: (&str, &str) = (
    "Authorization",
    "AWS4-HMAC-SHA256 Credential=A/20200101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=a",
);
/// The bucket.
pub const BUCKET: &str = "kept";

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum S3Kind {
    /// Checks signatures and the sums of bodies; its names of large objects are no MD5 of parts.
    S3sFs,
    /// Checks neither; names objects by their MD5 as Amazon does.
    Moto,
}

/// A storage on a port of its own. Dropping it ends it.
#[derive(Debug)]
pub struct S3 {
    kind: S3Kind,
    folder: Folder,
    port: u16,
    tool: Option<Tool>,
}

impl S3 {
    /// Starts one with an empty bucket.
    ///
    /// # Panics
    /// It has not been prepared, or does not serve.
    #[track_caller]
    pub fn start(kind: S3Kind) -> Self {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let mut s3 = Self { kind, folder: Folder::new(), port, tool: None };
        s3.resume();
        s3.make_bucket();
        s3
    }

    /// Starts one without the bucket: of `moto`, since `s3s-fs` makes a bucket of any name that is put to.
    ///
    /// # Panics
    /// It has not been prepared, or does not serve.
    #[track_caller]
    pub fn start_without_bucket() -> Self {
        let mut s3 = Self::start(S3Kind::Moto);
        s3.stop();
        s3.resume();
        s3
    }

    /// `HOST:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Makes the bucket.
    #[track_caller]
    pub fn make_bucket(&self) {
        match self.kind {
            S3Kind::S3sFs => fs::create_dir(self.folder.join(BUCKET)).unwrap(),
            S3Kind::Moto => {
                let head = format!(
                    "PUT /{BUCKET} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                    self.address()
                );
                assert_eq!(request(&self.address(), head.as_bytes()).status, 200);
            }
        }
    }

    /// Ends it; what it keeps in memory is lost.
    pub fn stop(&mut self) {
        self.tool = None;
    }

    /// Starts it again where it was.
    #[track_caller]
    pub fn resume(&mut self) {
        let port = self.port.to_string();
        let mut command = match self.kind {
            S3Kind::S3sFs => {
                let program = target().join("prepared/s3s/bin/s3s-fs");
                assert!(program.is_file(), "no s3s-fs: run `cargo xtask test` once");
                let mut command = Command::new(program);
                command.args(["--host", "127.0.0.1", "--access-key", KEY_ID, "--secret-key", KEY, "--port", &port]);
                command.arg(self.folder.path());
                command
            }
            S3Kind::Moto => {
                let mut command = python();
                command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port]);
                command
            }
        };
        self.tool = Some(Tool::start(&mut command));
        wait_for("the storage to serve", || TcpStream::connect(self.address()).is_ok());
    }

    /// The names of all objects.
    #[track_caller]
    pub fn names(&self) -> Vec<String> {
        let mut names = match self.kind {
            S3Kind::S3sFs => files_below(&self.folder.join(BUCKET), ""),
            S3Kind::Moto => {
                let text = get_with(&format!("http://{}/{BUCKET}?list-type=2", self.address()), &[SIGNED]).text();
                text.split("<Key>").skip(1).filter_map(|rest| Some(rest.split_once("</Key>")?.0.to_owned())).collect()
            }
        };
        names.sort();
        names
    }

    /// An object's bytes.
    #[track_caller]
    pub fn object(&self, name: &str) -> Vec<u8> {
        match self.kind {
            S3Kind::S3sFs => fs::read(self.folder.join(BUCKET).join(name)).unwrap(),
            S3Kind::Moto => {
                let answer = get_with(&format!("http://{}/{BUCKET}/{name}", self.address()), &[SIGNED]);
                assert_eq!(answer.status, 200, "{name}");
                answer.body
            }
        }
    }
}

/// Names of files below a folder; what begins with a dot is the server's own.
fn files_below(folder: &std::path::Path, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if entry.path().is_dir() {
            names.extend(files_below(&entry.path(), &format!("{prefix}{name}/")));
        } else {
            names.push(format!("{prefix}{name}"));
        }
    }
    names
}
