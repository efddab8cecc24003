//! What a server has kept of streams: the rows in its store and the files in its folder, as an operator finds them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::Tool;
use crate::binary::Finished;

const QUERY: &str = "import json, sqlite3, sys\n\
    db = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True, timeout=10)\n\
    db.row_factory = sqlite3.Row\n\
    rows = db.execute(sys.argv[2], sys.argv[3:]).fetchall()\n\
    print(json.dumps([{key: row[key] for key in row.keys() if not isinstance(row[key], bytes)} for row in rows]))\n";

/// A recording as its row says.
#[derive(Clone, Debug)]
pub struct Recorded(Value);

impl Recorded {
    /// Its id.
    pub fn id(&self) -> &str {
        self.text("id")
    }

    /// `mp4`, `flv`, `hls`, `aac`.
    pub fn format(&self) -> &str {
        self.text("format")
    }

    /// `recording`, `finalizing`, `stored`, `failed`.
    pub fn state(&self) -> &str {
        self.text("state")
    }

    /// Why it ended before its time; empty if it did not.
    pub fn failure(&self) -> &str {
        self.0["failure"].as_str().unwrap_or("")
    }

    /// What it plays for, in milliseconds.
    pub fn duration_ms(&self) -> u64 {
        self.0["duration_ms"].as_u64().unwrap()
    }

    /// When its first frame came, in milliseconds since 1970.
    pub fn started_at(&self) -> i64 {
        self.0["started_at"].as_i64().unwrap()
    }

    /// Bytes of its file.
    pub fn bytes(&self) -> u64 {
        self.0["bytes"].as_u64().unwrap()
    }

    /// Its file in the folder of recordings.
    pub fn file(&self, folder: &Path) -> PathBuf {
        folder.join("recordings").join(format!("{}.{}", self.id(), self.format()))
    }

    fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap_or_else(|| panic!("no {key} in {}", self.0))
    }
}

/// The recordings of a stream, the oldest first.
#[track_caller]
pub fn recordings(data: &Path, stream: &str) -> Vec<Recorded> {
    let columns = "id, stream, format, state, duration_ms, bytes, failure, started_at, ended_at";
    let sql = format!("SELECT {columns} FROM recordings WHERE stream = ? ORDER BY started_at, id");
    query(data, &sql, stream).into_iter().map(Recorded).collect()
}

/// The media files of a stream that are in the folder, and how long each should be by its row; 0 while it is written.
#[track_caller]
pub fn media_files(data: &Path, stream: &str) -> Vec<(PathBuf, u64)> {
    let rows = query(data, "SELECT id, bytes FROM media_files WHERE stream = ? ORDER BY id", stream);
    let file = |row: &Value| data.join("media").join(format!("{}.mp4", row["id"].as_str().unwrap()));
    rows.iter().map(|row| (file(row), row["bytes"].as_u64().unwrap())).collect()
}

#[track_caller]
fn query(data: &Path, sql: &str, stream: &str) -> Vec<Value> {
    let mut command = Command::new("python3");
    command.args(["-c", QUERY]).arg(data.join("vivace.db")).args([sql, stream]);
    let said = Finished::of(Tool::start(&mut command)).ok();
    serde_json::from_str::<Value>(&said).unwrap().as_array().unwrap().clone()
}

/// How many callbacks of a stream the receivers have taken, on disk.
#[track_caller]
pub fn delivered(data: &Path, stream: &str) -> usize {
    query(data, "SELECT seq FROM outbox WHERE stream = ? AND state = 'delivered'", stream).len()
}

/// What a player finds in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Played {
    /// Codecs, pictures first.
    pub codecs: Vec<String>,
    /// Pictures.
    pub pictures: u64,
    /// From the first frame to the end of the last, in milliseconds.
    pub length_ms: u64,
    /// Whether each frame of a track is to be decoded behind the one before.
    pub times_grow: bool,
    /// Whether the first picture is a key frame.
    pub begins_with_key: bool,
    /// Frames of sound.
    pub sounds: u64,
    /// From the first picture's time to that of the first sound, in milliseconds.
    pub sound_ahead_first_ms: f64,
    /// From the last picture's time to that of the last sound, in milliseconds.
    pub sound_ahead_ms: f64,
}

/// Reads a file to its end, and decodes it: a byte that cannot be decoded is a fault.
///
/// # Panics
/// It cannot be played.
#[track_caller]
pub fn played(file: &Path) -> Played {
    let mut probe = Command::new("ffprobe");
    probe.args(["-v", "error", "-of", "json", "-show_streams", "-show_packets"]);
    probe.args([
        "-show_entries",
        "packet=codec_type,pts_time,dts_time,duration_time,flags:stream=codec_type,codec_name",
    ]);
    let said = Finished::of(Tool::start(probe.arg(file))).ok();
    let found: Value = serde_json::from_str(&said).unwrap();
    let packets = found["packets"].as_array().unwrap();
    let of = |kind: &str| packets.iter().filter(|packet| packet["codec_type"] == kind).collect::<Vec<_>>();
    let number = |packet: &Value, key: &str| packet[key].as_str().and_then(|text| text.parse::<f64>().ok());
    let begin = |packet: &Value| number(packet, "pts_time").or_else(|| number(packet, "dts_time")).unwrap_or(0.0);
    let end = |packet: &&&Value| begin(packet) + number(packet, "duration_time").unwrap_or(0.0);
    let ends = |kind: &str| of(kind).iter().map(|packet| end(&packet)).fold(0.0, f64::max);
    // What the last frame of a track lasts is not what ffprobe says of it.
    let newest = |kind: &str| of(kind).iter().map(|packet| begin(packet)).fold(0.0, f64::max);
    let oldest = |kind: &str| of(kind).iter().map(|packet| begin(packet)).fold(f64::MAX, f64::min);
    let (pictures, sounds) = (of("video"), of("audio"));
    let apart =
        |video: f64, audio: f64| if pictures.is_empty() || sounds.is_empty() { 0.0 } else { (audio - video) * 1e3 };
    let first = packets.iter().map(begin).fold(f64::MAX, f64::min);
    let streams = found["streams"].as_array().unwrap();
    let mut codecs: Vec<&Value> = streams.iter().collect();
    codecs.sort_by_key(|stream| stream["codec_type"] != "video");
    let mut decode = crate::ffmpeg();
    decode.args(["-v", "error", "-xerror", "-i"]).arg(file).args(["-f", "null", "-"]);
    let mut decode = Tool::start(&mut decode);
    assert!(decode.wait().success(), "{} cannot be decoded: {}", file.display(), decode.stderr());
    Played {
        codecs: codecs.iter().map(|stream| stream["codec_name"].as_str().unwrap().to_owned()).collect(),
        pictures: pictures.len() as u64,
        length_ms: ((ends("video").max(ends("audio")) - first).max(0.0) * 1e3).round() as u64,
        times_grow: [&pictures, &sounds].iter().all(|packets| {
            let times: Vec<f64> = packets.iter().filter_map(|packet| number(packet, "dts_time")).collect();
            times.len() == packets.len() && times.is_sorted_by(|one, next| one < next)
        }),
        begins_with_key: pictures.first().is_some_and(|packet| packet["flags"].as_str().unwrap().contains('K')),
        sounds: sounds.len() as u64,
        sound_ahead_first_ms: apart(oldest("video"), oldest("audio")),
        sound_ahead_ms: apart(newest("video"), newest("audio")),
    }
}
