mod recording;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use vivace_base::LimitField;
use vivace_domain::channel::Rate;
use vivace_domain::hook::HookSuccess;
use vivace_domain::rendition::Sound;
use vivace_server::{Auth, DualCode, Effect, effect};

use super::kind::{
    Expected, address, allow, collector, hook, host, ip, listener, log_level, names, number, switch, word, words,
    words_of,
};
use super::{LogFormat, Values, limits, storage};

/// One thing that can be set.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Its key in the file, with a dot between table and name.
    pub(crate) key: String,
    /// Its flag without the dashes, such as `delivery-merge-ms`.
    pub(crate) flag: String,
    /// What it does, in one line.
    pub(crate) doc: &'static str,
    /// What stands for a value in the usage text.
    pub(crate) value_name: &'static str,
    /// When a changed value takes effect.
    pub(crate) effect: Effect,
    access: Access,
}

/// How a value is read and set.
#[derive(Clone, Copy, Debug)]
enum Access {
    Own { get: fn(&Values) -> String, set: fn(&mut Values, &str) -> Result<(), Expected> },
    Limit(&'static LimitField),
}

/// One line of the table of settings.
pub(super) struct Line {
    pub(super) key: &'static str,
    pub(super) value_name: &'static str,
    pub(super) doc: &'static str,
    pub(super) get: fn(&Values) -> String,
    pub(super) set: fn(&mut Values, &str) -> Result<(), Expected>,
}

const AUTH: [(&str, Auth); 2] = [("signed", Auth::Signed), ("open", Auth::Open)];
const DUAL_CODE: [(&str, DualCode); 2] = [("video", DualCode::Video), ("access", DualCode::Access)];
const SUCCESS: [(&str, HookSuccess); 2] = [("body", HookSuccess::Body), ("status", HookSuccess::Status)];
const RATES: [(&str, Rate); 2] = [("550", Rate::Sd), ("900", Rate::Hd)];
const SOUNDS: [(&str, Sound); 2] = [("aac", Sound::Aac), ("opus", Sound::Opus)];
const FORMAT: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];

/// Where traces go.
pub(crate) const OTLP: &str = "log.otlp";

/// Every setting but the limits, which follow from `vivace_base::Limits` itself.
static LINES: [Line; 41] = [
    Line {
        key: "rtmp",
        value_name: "ADDR",
        doc: "Address and port of the RTMP listener; port 0 takes a free one. The default is IPv4 only; \
              `[::]:1935` is IPv6, and IPv4 too unless the system keeps them apart.",
        get: |values| values.config.rtmp.to_string(),
        set: |values, text| address(text).map(|value| values.config.rtmp = value),
    },
    Line {
        key: "http",
        value_name: "ADDR",
        doc: "Address and port of the HTTP listener: page, HTTP-FLV, fMP4, metrics; port 0 takes a free one. \
              The default is IPv4 only; `[::]:8080` is IPv6, and IPv4 too unless the system keeps them apart.",
        get: |values| values.config.http.to_string(),
        set: |values, text| address(text).map(|value| values.config.http = value),
    },
    Line {
        key: "rtmps",
        value_name: "ADDR",
        doc: "Address and port of the RTMPS listener; port 0 takes a free one, an empty value opens none.",
        get: |values| text_of(values.config.rtmps.as_ref()),
        set: |values, text| listener(text).map(|value| values.config.rtmps = value),
    },
    Line {
        key: "https",
        value_name: "ADDR",
        doc: "Address and port of the HTTPS listener, with HTTP/2; port 0 takes a free one, an empty value opens none.",
        get: |values| text_of(values.config.https.as_ref()),
        set: |values, text| listener(text).map(|value| values.config.https = value),
    },
    Line {
        key: "tls.cert",
        value_name: "FILE",
        doc: "The certificate of RTMPS and HTTPS with its chain, in PEM; empty, `tls/cert.pem` in the data folder. \
              A new file is taken into use at once.",
        get: |values| path_text(values.config.tls.cert.as_deref()),
        set: |values, text| {
            values.config.tls.cert = path(text);
            Ok(())
        },
    },
    Line {
        key: "tls.key",
        value_name: "FILE",
        doc: "Its private key without a passphrase, in PEM; empty, `tls/key.pem` in the data folder.",
        get: |values| path_text(values.config.tls.key.as_deref()),
        set: |values, text| {
            values.config.tls.key = path(text);
            Ok(())
        },
    },
    Line {
        key: "tls.names",
        value_name: "NAMES",
        doc: "Host names and IP addresses, separated by commas, of the self-signed certificate that the first start makes; \
              empty, `localhost`, `127.0.0.1`, `::1`, the machine's host name, `public.host`, and those of the cloud whose API is served.",
        get: |values| values.config.tls.names.join(","),
        set: |values, text| names(text).map(|value| values.config.tls.names = value),
    },
    Line {
        key: "outbound.allow",
        value_name: "BLOCKS",
        doc: "Addresses and blocks of addresses, separated by commas, that the server may connect to although they are not \
              public, such as `10.0.0.0/8,fd00::/8`; `any` for all, an empty value for none. Relays and callbacks use it.",
        get: |values| values.config.outbound.allow.to_string(),
        set: |values, text| allow(text).map(|value| values.config.outbound.allow = value),
    },
    Line {
        key: "outbound.ca",
        value_name: "FILE",
        doc: "Certificates in PEM of authorities that outgoing connections believe besides the system's; empty for none.",
        get: |values| path_text(values.config.outbound.ca.as_deref()),
        set: |values, text| {
            values.config.outbound.ca = path(text);
            Ok(())
        },
    },
    Line {
        key: "lvb.allow_http",
        value_name: "BOOL",
        doc: "Whether calls of the signed live video API are taken over plain HTTP too; without it they are answered 4600.",
        get: |values| values.config.lvb.allow_http.to_string(),
        set: |values, text| switch(text).map(|value| values.config.lvb.allow_http = value),
    },
    Line {
        key: "lvb.dual_code",
        value_name: "WHICH",
        doc: "Which code a refusal of the live video API has in `code`: `video`, its own, such as 20101; `access`, that of \
              the access layer in front of it, such as 4400. The message begins with its own either way.",
        get: |values| name(&DUAL_CODE, values.config.lvb.dual_code),
        set: |values, text| word(text, &DUAL_CODE).map(|value| values.config.lvb.dual_code = value),
    },
    Line {
        key: "lvb.connect",
        value_name: "IP",
        doc: "IP address of the CONNECT listener, through which unmodified programs reach the API under the cloud's own \
              host names: see docs/lvb-api.md.",
        get: |values| values.config.lvb.connect.to_string(),
        set: |values, text| ip(text).map(|value| values.config.lvb.connect = value),
    },
    Line {
        key: "lvb.connect_port",
        value_name: "PORT",
        doc: "Port of the CONNECT listener; 0 takes a free one, `off` opens none. It connects to this server's HTTPS only.",
        get: |values| values.config.lvb.connect_port.map_or_else(|| "off".to_owned(), |port| port.to_string()),
        set: |values, text| {
            let port = if text == "off" { Ok(None) } else { number(text, "", 0, u16::MAX).map(Some) };
            port.map(|value| values.config.lvb.connect_port = value).map_err(|expected| format!("`off` or {expected}"))
        },
    },
    Line {
        key: "callback.url",
        value_name: "URL",
        doc: "Where events of streams are posted for which no rule of callbacks says otherwise; empty, nowhere.",
        get: |values| values.config.callback.url.as_ref().map_or_else(String::new, |url| url.text().to_owned()),
        set: |values, text| hook(text).map(|value| values.config.callback.url = value),
    },
    Line {
        key: "callback.success",
        value_name: "RULE",
        doc: "Which answers mean that a receiver has the event: `body`, status 200 and no JSON object whose `code` is not \
              0; `status`, status 200.",
        get: |values| name(&SUCCESS, values.config.callback.success),
        set: |values, text| word(text, &SUCCESS).map(|value| values.config.callback.success = value),
    },
    Line {
        key: "callback.retries",
        value_name: "N",
        doc: "How often a callback that was not taken is tried again at `callback.interval_s`; later tries come ever more \
              rarely, until `callback.give_up_s`.",
        get: |values| values.config.callback.retries.to_string(),
        set: |values, text| number(text, "", 0, 1_000).map(|value| values.config.callback.retries = value),
    },
    Line {
        key: "callback.interval_s",
        value_name: "SECONDS",
        doc: "Seconds between the first tries of a callback. Receivers of old waited for 60, those before them for 3.",
        get: |values| values.config.callback.interval_s.to_string(),
        set: |values, text| {
            number(text, " of seconds", 1, 86_400).map(|value| values.config.callback.interval_s = value)
        },
    },
    Line {
        key: "callback.give_up_s",
        value_name: "SECONDS",
        doc: "A callback is given up this many seconds after its event; it stays listed and can be sent once more.",
        get: |values| values.config.callback.give_up_s.to_string(),
        set: |values, text| {
            number(text, " of seconds", 0, 31_536_000).map(|value| values.config.callback.give_up_s = value)
        },
    },
    Line {
        key: "callback.timeout_s",
        value_name: "SECONDS",
        doc: "How long a receiver of callbacks may take, from the look-up of its host to the end of its answer.",
        get: |values| values.config.callback.timeout_s.to_string(),
        set: |values, text| number(text, " of seconds", 1, 600).map(|value| values.config.callback.timeout_s = value),
    },
    Line {
        key: "callback.error_report_s",
        value_name: "SECONDS",
        doc: "How often a callback tells what goes wrong in a running push, if anything does.",
        get: |values| values.config.callback.error_report_s.to_string(),
        set: |values, text| {
            number(text, " of seconds", 1, 3_600).map(|value| values.config.callback.error_report_s = value)
        },
    },
    Line {
        key: "data",
        value_name: "DIR",
        doc: "The data folder, with the app's keys; made if it is not there. Relative to the folder the command runs in.",
        get: |values| values.config.data.display().to_string(),
        set: |values, text| {
            if text.is_empty() {
                return Err("the path of a folder".to_owned());
            }
            values.config.data = PathBuf::from(text);
            Ok(())
        },
    },
    Line {
        key: "public.host",
        value_name: "HOST",
        doc: "Host name or address put into URLs that are handed out; empty, the one that the request came to.",
        get: |values| values.config.public_host.clone().unwrap_or_default(),
        set: |values, text| host(text).map(|value| values.config.public_host = value),
    },
    Line {
        key: "push.auth",
        value_name: "WHO",
        doc: "Who may push: `signed`, holders of a signed URL; `open`, anybody.",
        get: |values| name(&AUTH, values.config.push_auth),
        set: |values, text| word(text, &AUTH).map(|value| values.config.push_auth = value),
    },
    Line {
        key: "play.auth",
        value_name: "WHO",
        doc: "Who may play: `signed`, holders of a signed URL; `open`, anybody.",
        get: |values| name(&AUTH, values.config.play_auth),
        set: |values, text| word(text, &AUTH).map(|value| values.config.play_auth = value),
    },
    Line {
        key: "lvb.channels_only",
        value_name: "BOOL",
        doc: "Whether, of the names that channels have (`BIZID_` and 32 hex digits), only those of channels may be pushed \
              to. Other names need no channel either way.",
        get: |values| values.config.lvb_channels_only.to_string(),
        set: |values, text| switch(text).map(|value| values.config.lvb_channels_only = value),
    },
    Line {
        key: "lvb.verified_only",
        value_name: "BOOL",
        doc: "Whether only accounts that the operator has marked as verified may make channels.",
        get: |values| values.config.lvb_verified_only.to_string(),
        set: |values, text| switch(text).map(|value| values.config.lvb_verified_only = value),
    },
    Line {
        key: "lvb.utc_offset_min",
        value_name: "MINUTES",
        doc: "Minutes that dates in replies of the LVB API are ahead of UTC; the API's own are those of China, 480.",
        get: |values| values.config.lvb_utc_offset_min.to_string(),
        set: |values, text| number(text, " of minutes", 0, 840).map(|value| values.config.lvb_utc_offset_min = value),
    },
    Line {
        key: "url.validity_s",
        value_name: "SECONDS",
        doc: "How long a signed URL from the command line or the page is good for, in seconds.",
        get: |values| values.config.url_validity_s.to_string(),
        set: |values, text| {
            number(text, " of seconds", 1, 3_153_600_000).map(|value| values.config.url_validity_s = value)
        },
    },
    Line {
        key: "page.open",
        value_name: "BOOL",
        doc: "Whether the page shows its lists without the app's `api_token`: anybody who reaches it may then list \
              streams and refusals with peers' addresses, and watch every stream, also where `play.auth` is \
              `signed`. To make push addresses, which is to push, still takes the token.",
        get: |values| values.config.page_open.to_string(),
        set: |values, text| switch(text).map(|value| values.config.page_open = value),
    },
    Line {
        key: "delivery.merge_ms",
        value_name: "MS",
        doc: "Frames of a stream are sent together once in this many milliseconds; 0 sends each picture at once. \
              More costs delay and saves processor time.",
        get: |values| values.config.merge_ms.to_string(),
        set: |values, text| number(text, " of milliseconds", 0, 1_000).map(|value| values.config.merge_ms = value),
    },
    Line {
        key: "hls.segment_ms",
        value_name: "MS",
        doc: "A segment of HLS ends with the first key frame behind this time. Shorter ones let players begin closer to \
              the live edge, longer ones cost fewer requests.",
        get: |values| values.config.hls_segment_ms.to_string(),
        set: |values, text| {
            number(text, " of milliseconds", 500, 60_000).map(|value| values.config.hls_segment_ms = value)
        },
    },
    Line {
        key: "timeshift.window_ms",
        value_name: "MS",
        doc: "How far players may go back in a stream's past, by `txTimeshift` or `from` in an address of HLS; 0 for not \
              at all. What streams send is kept on disk for so long.",
        get: |values| values.config.timeshift_window_ms.to_string(),
        set: |values, text| {
            let days_30 = 30 * 86_400_000;
            number(text, " of milliseconds", 0, days_30).map(|value| values.config.timeshift_window_ms = value)
        },
    },
    Line {
        key: "hls.part_ms",
        value_name: "MS",
        doc: "A part of LL-HLS has as many pictures as come closest to this time, rounded up; players stay three of them \
              behind the live edge.",
        get: |values| values.config.hls_part_ms.to_string(),
        set: |values, text| {
            number(text, " of milliseconds", 100, 10_000).map(|value| values.config.hls_part_ms = value)
        },
    },
    Line {
        key: "ffmpeg.path",
        value_name: "FILE",
        doc: "FFmpeg, which makes output rates, sounds, watermarks and screenshots: a path, or a name that is looked for on \
              PATH. Without it these are refused, and live streams go on.",
        get: |values| values.config.ffmpeg.display().to_string(),
        set: |values, text| {
            let file = path(text).ok_or_else(|| "a path, or the name of a program".to_owned());
            file.map(|value| values.config.ffmpeg = value)
        },
    },
    Line {
        key: "transcode.rates",
        value_name: "RATES",
        doc: "Output rates, separated by commas, that may be made of streams that are no channel's: `550` (960x540 at 550 \
              kbit/s), `900` (1280x720 at 900 kbit/s); an empty value for none. Channels have their own in `outputRate`.",
        get: |values| words_of(&RATES, &values.config.transcode.rates),
        set: |values, text| words(text, &RATES).map(|value| values.config.transcode.rates = value),
    },
    Line {
        key: "transcode.sounds",
        value_name: "SOUNDS",
        doc: "Sounds, separated by commas, that any stream may be played with beside its picture as it is: `aac` (as NAME_aac), \
              `opus` (as NAME_opus); an empty value for none.",
        get: |values| words_of(&SOUNDS, &values.config.transcode.sounds),
        set: |values, text| words(text, &SOUNDS).map(|value| values.config.transcode.sounds = value),
    },
    Line {
        key: "transcode.idle_ms",
        value_name: "MS",
        doc: "How long an output rate or a sound that nobody plays any more is still made.",
        get: |values| values.config.transcode.idle_ms.to_string(),
        set: |values, text| {
            number(text, " of milliseconds", 1_000, 3_600_000).map(|value| values.config.transcode.idle_ms = value)
        },
    },
    Line {
        key: "delivery.threads",
        value_name: "N",
        doc: "Threads that send to players; `auto` for one per core that the process may use.",
        get: |values| values.config.delivery_threads.map_or_else(|| "auto".to_owned(), |threads| threads.to_string()),
        set: |values, text| {
            let threads = if text == "auto" { Ok(None) } else { number(text, "", 1, 1_024).map(Some) };
            threads
                .map(|value| values.config.delivery_threads = value)
                .map_err(|expected| format!("`auto` or {expected}"))
        },
    },
    Line {
        key: "log.format",
        value_name: "FORM",
        doc: "How log lines are written to stderr: `text` for people, `json` for machines.",
        get: |values| name(&FORMAT, values.log_format),
        set: |values, text| word(text, &FORMAT).map(|value| values.log_format = value),
    },
    Line {
        key: "log.level",
        value_name: "LEVEL",
        doc: "What is logged: `error`, `warn`, `info`, `debug` or `trace`, also per part, as in `info,vivace_rtmp=debug`.",
        get: |values| values.log_level.clone(),
        set: |values, text| log_level(text).map(|value| values.log_level = value),
    },
    Line {
        key: OTLP,
        value_name: "URL",
        doc: "Where traces of pushes, plays and HTTP requests are exported to: OTLP over HTTP, such as \
              `http://127.0.0.1:4318/v1/traces`; empty, nowhere. Only in a binary built with `--features otel`.",
        get: |values| values.otlp.clone().unwrap_or_default(),
        set: |values, text| collector(text).map(|value| values.otlp = value),
    },
];

/// The table of settings: [`LINES`], and a line for each limit.
pub(crate) fn table() -> &'static [Setting] {
    static TABLE: LazyLock<Vec<Setting>> = LazyLock::new(|| {
        let own = LINES.iter().chain(&recording::LINES).chain(&storage::LINES).map(|line| Setting {
            key: line.key.to_owned(),
            flag: flag(line.key),
            doc: line.doc,
            value_name: line.value_name,
            effect: effect_of(line.key),
            access: Access::Own { get: line.get, set: line.set },
        });
        own.chain(limits::fields().map(|field| Setting {
            effect: effect_of(&format!("limits.{}", field.name)),
            key: format!("limits.{}", field.name),
            flag: flag(&format!("limits.{}", field.name)),
            doc: field.doc,
            value_name: "N",
            access: Access::Limit(field),
        }))
        .collect()
    });
    &TABLE
}

impl Setting {
    /// The setting of exactly this key.
    pub(crate) fn find(key: &str) -> Option<&'static Self> {
        table().iter().find(|setting| setting.key == key)
    }

    /// Its variable, such as `VIVACE_DELIVERY_MERGE_MS`.
    pub(crate) fn variable(&self) -> String {
        format!("VIVACE_{}", self.key.replace('.', "_").to_ascii_uppercase())
    }

    /// Whether it is one of the limits.
    pub(crate) fn is_limit(&self) -> bool {
        matches!(self.access, Access::Limit(_))
    }

    /// Whether its value is never shown, and no flag sets it.
    pub(crate) fn is_secret(&self) -> bool {
        self.key == storage::SECRET
    }

    /// The value in effect, as text that [`set`](Self::set) takes, unless it is secret.
    pub(crate) fn get(&self, values: &Values) -> String {
        match self.access {
            Access::Own { get, .. } => get(values),
            Access::Limit(field) => (field.get)(&values.config.limits).to_string(),
        }
    }

    /// The value without any setting, as text.
    pub(crate) fn default_text(&self) -> String {
        self.get(&Values::default())
    }

    /// Parses and sets a value.
    ///
    /// # Errors
    /// What is expected instead; nothing is changed then.
    pub(super) fn set(&self, values: &mut Values, text: &str) -> Result<(), Expected> {
        match self.access {
            Access::Own { set, .. } => set(values, text),
            Access::Limit(field) => limits::set(field, &mut values.config.limits, text),
        }
    }

    /// The value in effect as it stands in a file.
    pub(crate) fn toml(&self, values: &Values) -> String {
        let text = self.get(values);
        let bare = text == "true" || text == "false" || text.parse::<u64>().is_ok();
        if bare { text } else { toml::Value::String(text).to_string() }
    }
}

/// The server knows which of its values it can change; the log is the command's own and follows at once, but for the
/// exporter of traces, which is made at the start.
fn effect_of(key: &str) -> Effect {
    match key {
        OTLP => Effect::Restart,
        _ => effect(key).unwrap_or(Effect::Live),
    }
}

/// A path; none for an empty text.
fn path(text: &str) -> Option<PathBuf> {
    (!text.is_empty()).then(|| PathBuf::from(text))
}

fn path_text(path: Option<&Path>) -> String {
    path.map_or_else(String::new, |path| path.display().to_string())
}

fn text_of<T: ToString>(value: Option<&T>) -> String {
    value.map_or_else(String::new, T::to_string)
}

fn flag(key: &str) -> String {
    key.replace(['.', '_'], "-")
}

fn name<T: PartialEq>(words: &[(&'static str, T)], value: T) -> String {
    words.iter().find(|(_, known)| *known == value).map(|(word, _)| (*word).to_owned()).unwrap_or_default()
}
