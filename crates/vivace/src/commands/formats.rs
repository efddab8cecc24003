//! `vivace formats`: which codec passes through which protocol.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use vivace_flv::{FLV, MP4};
use vivace_media::{Codec, Container};
use vivace_rtmp::RTMP;

use crate::fault::Fault;
use crate::print;

/// How to print.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A JSON array with an object for each codec.
    #[arg(long)]
    json: bool,
}

/// The page, from the root of the repository.
#[cfg(test)]
const PAGE: &str = "docs/formats.md";

/// A column: its key in JSON, its heading, and what frames are wrapped in there.
struct Way {
    key: &'static str,
    heading: &'static str,
    container: Container,
}

const WAYS: [Way; 6] = [
    Way { key: "rtmp-push", heading: "RTMP push", container: RTMP.container },
    Way { key: "rtmp", heading: "RTMP play", container: RTMP.container },
    Way { key: "flv", heading: "HTTP-FLV, WS-FLV", container: FLV.container },
    Way { key: "mp4", heading: "fMP4", container: MP4.container },
    // HLS and LL-HLS are the same segments.
    Way { key: "hls", heading: "HLS, LL-HLS", container: Container::Fmp4 },
    Way { key: "hls-ts", heading: "HLS of MPEG-TS", container: Container::MpegTs },
];

pub(super) fn run(args: &Args) -> Result<(), Fault> {
    print::out(&if args.json { format!("{:#}\n", list()) } else { text() });
    Ok(())
}

/// How a publisher's RTMP messages name the codec.
const fn in_rtmp(codec: Codec) -> &'static str {
    match codec {
        Codec::H264 => "id 7, avc1",
        Codec::Hevc => "hvc1, id 12",
        Codec::Av1 => "av01",
        Codec::Vp9 => "vp09",
        Codec::Aac => "id 10, mp4a",
        Codec::Mp3 => "id 2, id 14, .mp3",
        Codec::Opus => "Opus",
        Codec::G711A => "id 7, mono",
        Codec::G711U => "id 8, mono",
    }
}

fn list() -> Value {
    let one = |codec: Codec| {
        let carried = WAYS.iter().map(|way| (way.key.to_owned(), way.container.carries(codec).into()));
        let kind = if codec.is_video() { "video" } else { "audio" };
        json!({"codec": codec.name(), "kind": kind, "in_rtmp": in_rtmp(codec), "formats": carried.collect::<Map<_, _>>()})
    };
    Codec::ALL.into_iter().map(one).collect()
}

/// The cells of the table, headings first.
fn rows() -> Vec<Vec<&'static str>> {
    let mut rows = vec![vec!["codec"]];
    rows[0].extend(WAYS.iter().map(|way| way.heading));
    rows[0].push("in RTMP");
    rows.extend(Codec::ALL.into_iter().map(|codec| {
        let carried = WAYS.iter().map(|way| if way.container.carries(codec) { "yes" } else { "no" });
        [codec.name()].into_iter().chain(carried).chain([in_rtmp(codec)]).collect()
    }));
    rows
}

fn text() -> String {
    let rows = rows();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.len()).max().unwrap_or(0);
    let mut out = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let _ = write!(line, "{cell:width$}  ", width = width(column));
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{PAGE, rows, text};

    const HEAD: &str = "\
# Codecs and protocols

What a publisher may send, and in which formats viewers get it. Nothing is transcoded that was not asked for by its name
(`NAME_aac`, `NAME_opus`, `NAME_550`, `NAME_900`: see [rates and sounds](transcoding.md)): a codec that a format cannot carry
makes its play impossible, and that play is refused with the code `lvb-video/20113` and the name of the codec (over HTTP
with the status 406), at once or as soon as the publisher shows what it sends. No format leaves a player with a black
picture or without sound.

";

    const TAIL: &str = "
- The last column tells how RTMP messages name the codec: a number of the legacy headers, or a FourCC of Enhanced RTMP v2.
  One message carries one track; several in one (\"multitrack\") are refused.
- HLS and LL-HLS are fragmented MP4; the same address with `&hls=ts` gives segments of MPEG-TS. No standard puts AV1 and
  VP9 into a transport stream, and no player of HLS reads Opus from one.
- Each segment and part of a live playlist has an address of its own and no byte range: a part is asked for before its segment
  has a length, and caches keep no ranges of such a file. Where media is a file already, playlists have byte ranges (see
  [storage](storage.md)). Every segment, part and recording is sent by ranges to who asks so (`Range`, RFC 9110).
- hls.js does not play MP3 from fragmented MP4, and does from MPEG-TS; ffmpeg plays both.
- G.711 has 8 kHz and one channel. MP4 has a form for it that no browser plays.
- Whether a player decodes what it gets is its own matter: browsers differ in HEVC and AV1, and FLV players in all that
  the legacy headers did not know.
- Players of RTMP do not say which codecs they know. A new ffmpeg plays HEVC, AV1, VP9 and Opus from RTMP and announces none of
  them: its `connect`, without `fourCcList`, is that of ffmpeg 5.1 and VLC 3, which play none of them, and GStreamer's differs in
  `flashVer` alone. Whoever refused a play for want of a list would refuse it to those that can play it, so none is refused. An
  old player gets the sound, or says that it does not know the codec; HEVC, AV1 and VP9 reach it as fragmented MP4.
- Streams of pictures alone or sound alone are carried as well.

Made from what the code carries; not to be edited here. `UPDATE=1 cargo test -p vivace formats_page` writes it, and
`vivace formats` prints the table.
";

    fn page() -> String {
        let mut out = HEAD.to_owned();
        for (place, row) in rows().iter().enumerate() {
            out.push_str(&format!("| {} |\n", row.join(" | ")));
            if place == 0 {
                out.push_str(&format!("|{}\n", "---|".repeat(row.len())));
            }
        }
        out + TAIL
    }

    #[test]
    fn formats_page_is_fresh() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(PAGE);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, page()).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(found == page(), "{PAGE} is not what the code carries; UPDATE=1 cargo test -p vivace formats_page");
    }

    #[test]
    fn every_line_has_its_columns_under_the_headings() {
        let text = text();
        let (head, line) =
            (text.lines().next().unwrap(), text.lines().find(|line| line.starts_with("G.711 A")).unwrap());
        let at = head.find("fMP4").unwrap();
        assert!(line[at..].starts_with("no  "), "{text}");
        assert!(line[head.find("HTTP-FLV").unwrap()..].starts_with("yes "), "{text}");
        assert_eq!(text.lines().count(), 10);
    }
}
