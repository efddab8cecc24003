//! Watermarks in the pixels of what is played.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use serde_json::Value;
use vivace_tests::{ApiCall, Clip, Server, ffmpeg};

/// One call of API 3.0; its `Response`.
#[track_caller]
pub(crate) fn v3(server: &Server, action: &str, more: &[(&str, &str)]) -> Value {
    let more = [more, &[("Version", "2018-08-01")]].concat();
    ApiCall::new(server, action, &more).send(server).json()["Response"].clone()
}

/// Serves a file to whoever asks, for as long as the scenario runs.
pub(crate) fn serve(file: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let Ok(mut socket) = socket else { return };
            let mut head = [0; 2_048];
            let _ = socket.read(&mut head);
            let length = file.len();
            let _ = write!(socket, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            let _ = socket.write_all(&file);
        }
    });
    format!("http://{address}/mark.png")
}

/// A picture in one colour.
pub(crate) fn picture(colour: &str, size: &str, to: &Path) -> Vec<u8> {
    let source = format!("color=c={colour}:s={size}");
    let args = ["-y", "-f", "lavfi", "-i", &source, "-frames:v", "1"];
    assert!(ffmpeg().args(args).arg(to).output().unwrap().status.success());
    fs::read(to).unwrap()
}

/// Red, green and blue of a place in the first picture of a play.
pub(crate) fn pixel(url: &str, x: u32, y: u32) -> [u8; 3] {
    let crop = format!("crop=2:2:{x}:{y},format=rgb24");
    let args = ["-i", url, "-frames:v", "1", "-vf", &crop, "-f", "rawvideo", "pipe:1"];
    let output = ffmpeg().args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    [output.stdout[0], output.stdout[1], output.stdout[2]]
}

pub(crate) fn is_red([red, green, blue]: [u8; 3]) -> bool {
    red > 180 && green < 80 && blue < 80
}

/// Two seconds of blue with a tone.
pub(crate) fn blue() -> Clip {
    Clip::of(&["-f", "lavfi", "-i", "color=c=blue:s=640x360:r=25", "-f", "lavfi", "-i", "sine=sample_rate=44100"])
}
