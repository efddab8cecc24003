use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use vivace_base::LimitField;
use vivace_server::Auth;

use super::kind::{Expected, address, host, listener, log_level, names, number, switch, word};
use super::{LogFormat, Values, limits};

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
    access: Access,
}

/// How a value is read and set.
#[derive(Clone, Copy, Debug)]
enum Access {
    Own { get: fn(&Values) -> String, set: fn(&mut Values, &str) -> Result<(), Expected> },
    Limit(&'static LimitField),
}

/// One line of the table of settings.
struct Line {
    key: &'static str,
    value_name: &'static str,
    doc: &'static str,
    get: fn(&Values) -> String,
    set: fn(&mut Values, &str) -> Result<(), Expected>,
}

const AUTH: [(&str, Auth); 2] = [("signed", Auth::Signed), ("open", Auth::Open)];
const FORMAT: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];

/// Every setting but the limits, which follow from `vivace_base::Limits` itself.
static LINES: [Line; 17] = [
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
              empty, `localhost`, `127.0.0.1`, `::1`, the machine's host name and `public.host`.",
        get: |values| values.config.tls.names.join(","),
        set: |values, text| names(text).map(|value| values.config.tls.names = value),
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
];

/// The table of settings: [`LINES`], and a line for each limit.
pub(crate) fn table() -> &'static [Setting] {
    static TABLE: LazyLock<Vec<Setting>> = LazyLock::new(|| {
        let own = LINES.iter().map(|line| Setting {
            key: line.key.to_owned(),
            flag: flag(line.key),
            doc: line.doc,
            value_name: line.value_name,
            access: Access::Own { get: line.get, set: line.set },
        });
        own.chain(limits::fields().map(|field| Setting {
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

    /// The value in effect, as text that [`set`](Self::set) takes.
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
