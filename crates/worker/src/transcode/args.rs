//! FFmpeg's command lines: decisions only.
//!
//! What is read is probed as little as can be, or the first picture would come seconds late; timestamps pass as they are;
//! key frames stand where those of the source do, so that players change between rates at the same place.

use std::ffi::OsString;
use std::path::PathBuf;

use vivace_domain::channel::Rate;
use vivace_domain::rendition::Sound;
use vivace_media::Codec;

/// What FFmpeg is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The demuxer of what comes in: `flv` or `mp4`.
    pub(super) input: &'static str,
    /// Whether there is a picture.
    pub(super) video: bool,
    /// The codec of the sound, if there is sound that the input carries.
    pub(super) audio: Option<Codec>,
    pub(super) make: Make,
}

/// What it makes of the picture, or of the sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Make {
    /// A smaller one with fewer bits.
    Rate(Rate),
    /// Another sound. Of the picture it gets nothing.
    Sound(Sound),
    /// The same one with a watermark.
    Mark {
        /// A PNG file.
        picture: PathBuf,
        /// Percent from the left.
        x: u8,
        /// Percent from the top.
        y: u8,
    },
}

/// Bits per second of sound that is encoded anew.
const AUDIO_BITS: u64 = 64_000;
/// One or two channels at the rate that Opus is decoded at: more channels are mixed into two, and one stays one.
const SOUND: &str = "-map 0:a:0 -af aformat=sample_rates=48000:channel_layouts=mono|stereo";
/// One fragment for each frame, with times as they were given.
const FRAGMENTS: &str = "-f mp4 -use_editlist 0 \
                         -movflags +empty_moov+default_base_moof+frag_every_frame+frag_discont+skip_trailer pipe:1";
/// Times as they come, and nothing kept back.
const UNTOUCHED: &str = "-copyts -avoid_negative_ts disabled -flush_packets 1";
/// Pictures from one key frame to the next where the source's are further apart.
const KEY_MAX: &str = "250";

impl Plan {
    /// The arguments behind the program's name.
    pub(super) fn args(&self) -> Vec<OsString> {
        let mut args = Args::default();
        args.words("-hide_banner -nostdin -nostats -loglevel error");
        args.words("-protocol_whitelist pipe -probesize 5000 -analyzeduration 0 -threads 1 -flags low_delay");
        args.words("-f").words(self.input).words("-i pipe:0");
        match &self.make {
            Make::Mark { picture, x, y } if self.video => {
                let mut file = OsString::from("file:");
                file.push(picture);
                args.words("-protocol_whitelist file -f png_pipe -i").word(file);
                args.words("-filter_complex")
                    .words(&format!("[0:v:0][1:v:0]overlay=x=main_w*{x}/100:y=main_h*{y}/100,format=yuv420p[marked]"));
                args.words("-map [marked]");
            }
            Make::Mark { .. } => {}
            Make::Rate(rate) if self.video => {
                args.words("-map 0:v:0");
                if let Some((width, height)) = rate.size_max() {
                    args.words("-vf").words(&format!(
                        "scale=w=min({width}\\,iw):h=min({height}\\,ih):force_original_aspect_ratio=decrease\
                         :force_divisible_by=2,format=yuv420p"
                    ));
                }
            }
            Make::Rate(_) | Make::Sound(_) => {}
        }
        if let Make::Sound(sound) = self.make {
            args.words(SOUND).words(match sound {
                Sound::Aac => "-c:a aac -b:a 128000",
                Sound::Opus => "-c:a libopus -b:a 96000",
            });
            args.words(UNTOUCHED).words(FRAGMENTS);
            return args.0;
        }
        if self.video {
            self.picture(&mut args);
        }
        match self.audio {
            Some(Codec::Aac) => args.words("-map 0:a:0? -c:a copy"),
            Some(_) => args.words(&format!("-map 0:a:0? -c:a aac -b:a {AUDIO_BITS}")),
            None => &mut args,
        };
        args.words(UNTOUCHED);
        args.words("-f flv -flvflags no_duration_filesize pipe:1");
        args.0
    }

    fn picture(&self, args: &mut Args) {
        args.words("-fps_mode passthrough -enc_time_base 1:1000 -c:v libx264 -preset veryfast -tune zerolatency");
        args.words("-threads 2 -sc_threshold 0 -force_key_frames source -g").words(KEY_MAX);
        match &self.make {
            Make::Rate(rate) => {
                let bits = rate.bits_per_second().unwrap_or_default();
                let bits = bits.saturating_sub(if self.audio.is_some() { AUDIO_BITS } else { 0 });
                args.words("-profile:v main -level 3.1");
                args.words(&format!("-b:v {bits} -maxrate {bits} -bufsize {}", bits * 2));
            }
            // Of a sound nothing gets here.
            Make::Sound(_) => {}
            Make::Mark { .. } => {
                args.words("-crf 21 -maxrate 8000000 -bufsize 16000000");
            }
        }
    }
}

#[derive(Default)]
struct Args(Vec<OsString>);

impl Args {
    /// Words of this file, which have no space in them.
    fn words(&mut self, words: &str) -> &mut Self {
        self.0.extend(words.split(' ').map(OsString::from));
        self
    }

    fn word(&mut self, word: OsString) -> &mut Self {
        self.0.push(word);
        self
    }
}

#[cfg(test)]
mod tests {
    use vivace_domain::channel::Rate;
    use vivace_domain::rendition::Sound;
    use vivace_media::Codec;

    use super::{Make, Plan};

    fn line(plan: &Plan) -> String {
        plan.args().iter().map(|arg| arg.to_str().expect("text")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_rate_keeps_its_bits_and_the_sources_key_frames() {
        let plan = Plan { input: "flv", video: true, audio: Some(Codec::Aac), make: Make::Rate(Rate::Sd) };
        let said = line(&plan);
        assert!(
            said.contains("-b:v 486000 ") && said.contains("min(960\\,iw)") && said.contains("-c:a copy"),
            "{said}"
        );
        assert!(said.contains("-force_key_frames source"), "{said}");
        let said = line(&Plan { audio: Some(Codec::Opus), input: "mp4", make: Make::Rate(Rate::Hd), ..plan.clone() });
        assert!(
            said.contains("-f mp4 -i pipe:0") && said.contains("-b:v 836000 ") && said.contains("-c:a aac"),
            "{said}"
        );
        let said = line(&Plan { video: false, ..plan });
        assert!(!said.contains("libx264") && said.contains("-map 0:a:0?"), "{said}");
    }

    #[test]
    fn a_sound_is_made_of_the_sound_alone() {
        for (sound, encoder) in [(Sound::Aac, "-c:a aac "), (Sound::Opus, "-c:a libopus ")] {
            let plan = Plan { input: "flv", video: false, audio: Some(Codec::Mp3), make: Make::Sound(sound) };
            let said = line(&plan);
            assert!(said.contains(encoder) && said.contains("-copyts") && said.ends_with("pipe:1"), "{said}");
            assert!(!said.contains("-c:v") && !said.contains("0:v"), "{said}");
        }
    }

    #[test]
    fn a_path_is_one_argument_whatever_is_in_it() {
        let make = Make::Mark { picture: "/a b/-i/1.png".into(), x: 5, y: 90 };
        let args = Plan { input: "flv", video: true, audio: None, make }.args();
        assert!(args.iter().any(|arg| arg == "file:/a b/-i/1.png"));
        assert!(args.iter().any(|arg| arg.to_string_lossy().contains("main_w*5/100:y=main_h*90/100")));
    }
}
