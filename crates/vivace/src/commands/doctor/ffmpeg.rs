//! ffmpeg, which output rates, sounds, watermarks and screenshots run. Live streams and recordings need none.

use vivace_server::Config;

use super::Finding;
use super::tool::{Tool, ToolFault};

const CHECK: &str = "ffmpeg";
const FOR: &str = "output rates, sounds, watermarks and screenshots need it; live streams and recordings do not";
const ENCODERS: [&str; 4] = ["libx264", "aac", "libopus", "mjpeg"];
const DECODERS: [&str; 6] = ["h264", "hevc", "aac", "mp3", "opus", "mjpeg"];

pub(super) fn look(config: &Config) -> Vec<Finding> {
    let ask = |what: &str| Tool::new(&config.ffmpeg).output(&["-hide_banner", what]);
    let install = format!("install it (`apt install ffmpeg`), or set `ffmpeg.path`: {FOR}");
    let version = match ask("-version") {
        Ok(said) => version(&said).to_owned(),
        Err(ToolFault::Absent) => {
            return vec![Finding::warn(CHECK, format!("`{}` is not there", config.ffmpeg.display()), install)];
        }
        Err(ToolFault::Failed { reason }) => {
            return vec![Finding::warn(CHECK, format!("it does not run: {reason}"), install)];
        }
        Err(ToolFault::Late { seconds }) => {
            return vec![Finding::warn(CHECK, format!("it did not tell its version within {seconds} s"), install)];
        }
    };
    let mut missing = lacks(&ask("-encoders").unwrap_or_default(), &ENCODERS, "encoder");
    missing.extend(lacks(&ask("-decoders").unwrap_or_default(), &DECODERS, "decoder"));
    vec![if missing.is_empty() {
        Finding::ok(CHECK, format!("version {version}, with every codec that is needed"))
    } else {
        let found = format!("version {version}, without the {}", missing.join(", "));
        Finding::warn(CHECK, found, format!("install a full build of it: {FOR}"))
    }]
}

/// The word behind `ffmpeg version`.
fn version(said: &str) -> &str {
    said.strip_prefix("ffmpeg version ").and_then(|rest| rest.split_whitespace().next()).unwrap_or("unknown")
}

/// Those that do not stand in a list such as ` V....D libx264   libx264 H.264 / AVC ...`.
fn lacks(list: &str, wanted: &[&str], kind: &str) -> Vec<String> {
    let has = |name: &str| list.lines().any(|line| line.split_whitespace().nth(1) == Some(name));
    wanted.iter().filter(|name| !has(name)).map(|name| format!("{kind} {name}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{lacks, version};

    #[test]
    fn what_ffmpeg_says_is_read() {
        assert_eq!(version("ffmpeg version 5.1.6-0+deb12u1 Copyright (c) 2000-2024\nbuilt"), "5.1.6-0+deb12u1");
        assert_eq!(version(""), "unknown");
        let list = " ------\n V....D libx264              libx264 H.264 (codec h264)\n A....D aac      AAC\n";
        assert_eq!(lacks(list, &["libx264", "aac", "libopus"], "encoder"), ["encoder libopus"]);
    }
}
