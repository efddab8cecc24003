mod hostile;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use clap::{Args as _, Command, FromArgMatches as _};
use vivace_base::Limits;
use vivace_server::Effect;

use super::{Setting, SettingFlags, Settings, Source, Variables, page, table};

/// A configuration file for the length of a test.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vivace-settings-{}-{name}.toml", std::process::id()));
        fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn flags(line: &[&str]) -> SettingFlags {
    let command = SettingFlags::augment_args(Command::new("serve").no_binary_name(true));
    SettingFlags::from_arg_matches(&command.try_get_matches_from(line).unwrap()).unwrap()
}

fn load(file: Option<&Path>, variables: &[(&str, &str)], line: &[&str]) -> Result<Settings, String> {
    let variables = variables.iter().map(|(name, value)| (*name, *value)).collect();
    Settings::load(file, &variables, &flags(line)).map_err(|faults| faults.to_string())
}

fn fault(variables: &[(&str, &str)], line: &[&str]) -> String {
    load(None, variables, line).unwrap_err()
}

fn fault_of_file(name: &str, text: &str) -> String {
    let file = File::new(name, text);
    load(Some(&file.0), &[], &[]).unwrap_err().replace(&file.0.display().to_string(), "FILE")
}

/// A value other than the default that the setting takes.
fn another(key: &str) -> &'static str {
    match key {
        "rtmp" | "http" | "rtmps" | "https" => "192.0.2.1:4000",
        "data" => "elsewhere",
        "outbound.allow" => "10.0.0.0/8",
        "callback.url" => "https://example.com/x",
        "callback.success" => "status",
        // Not below `limits.relay_backoff_ms_min`.
        "limits.relay_backoff_ms_max" => "2000",
        "public.host" => "live.example.com",
        "push.auth" | "play.auth" => "open",
        "page.open" | "lvb.allow_http" | "lvb.channels_only" | "lvb.verified_only" => "true",
        "lvb.dual_code" => "access",
        "lvb.connect" => "192.0.2.1",
        "log.format" => "json",
        "log.level" => "debug",
        "log.otlp" => "http://127.0.0.1:4318/v1/traces",
        "storage.s3.endpoint" | "storage.public_url" => "https://s3.example.com",
        "storage.s3.path_style" => "false",
        "storage.expire_waiting" => "true",
        "transcode.rates" => "550",
        "transcode.sounds" => "opus",
        "recording.on" => "false",
        "recording.policy" => "hls",
        "recording.formats" => "flv",
        "recording.file_ms_max" | "recording.interval_ms" | "transcode.idle_ms" => "60000",
        "hls.segment_ms" | "limits.hls_segment_ms_max" => "4000",
        _ => "201",
    }
}

#[test]
fn each_setting_is_set_by_flag_variable_and_file_in_this_order() {
    // Traces can be set only where they are built in.
    let built_in = |key: &str| cfg!(feature = "otel") || key != "log.otlp";
    for setting in table().iter().filter(|setting| built_in(&setting.key) && !setting.is_secret()) {
        let (key, default) = (&setting.key, setting.default_text());
        let wanted = another(key);
        assert_ne!(default, wanted, "{key}");
        let (table_name, name) = key.rsplit_once('.').map_or(("", key.as_str()), |(table, name)| (table, name));
        let head = if table_name.is_empty() { String::new() } else { format!("[{table_name}]\n") };
        let of_default = setting.toml(&super::Values::default());
        let file =
            |value: &str, which: &str| File::new(&format!("{key}-{which}"), &format!("{head}{name} = {value}\n"));
        let (variable, flag) = (setting.variable(), format!("--{}", setting.flag));
        let in_effect = |loaded: &Settings| setting.get(&loaded.values);

        let quoted = file(&format!("\"{wanted}\""), "wanted");
        let loaded = load(Some(&quoted.0), &[], &[]).unwrap();
        assert_eq!(in_effect(&loaded), wanted, "{key} in the file");
        assert!(matches!(loaded.source(setting), Source::File { line, .. } if *line == head.lines().count() + 1));

        let below = file(&of_default, "default");
        let loaded = load(Some(&below.0), &[(&variable, wanted)], &[]).unwrap();
        assert_eq!(in_effect(&loaded), wanted, "{variable} over the file");
        assert_eq!(*loaded.source(setting), Source::Variable(variable.clone()));

        let loaded = load(Some(&below.0), &[(&variable, &default)], &[&flag, wanted]).unwrap();
        assert_eq!(in_effect(&loaded), wanted, "{flag} over {variable}");
        assert_eq!(*loaded.source(setting), Source::Flag(flag));

        assert_eq!(in_effect(&load(None, &[], &[]).unwrap()), default);
    }
}

#[cfg(not(feature = "otel"))]
#[test]
fn traces_that_are_not_built_in_are_refused() {
    let told = fault(&[], &["--log-otlp", "http://127.0.0.1:4318/v1/traces"]);
    assert!(told.starts_with("log.otlp: expected nothing: this binary is built without traces"), "{told}");
    assert!(told.contains("--features otel"), "{told}");
    assert!(load(None, &[], &["--log-otlp", ""]).is_ok());
}

#[test]
fn flags_and_variables_tell_all_settings_apart() {
    let count = table().len();
    assert_eq!(table().iter().map(|setting| &setting.flag).collect::<BTreeSet<_>>().len(), count);
    assert_eq!(table().iter().map(super::Setting::variable).collect::<BTreeSet<_>>().len(), count);
    assert_eq!(table().iter().filter(|setting| setting.is_limit()).count(), Limits::FIELDS.len());
    assert!(table().iter().all(|setting| !setting.doc.is_empty()));
}

#[test]
fn a_wrong_value_is_told_with_key_and_source() {
    let merge = "delivery.merge_ms: expected a whole number of milliseconds from 0 to 1000, got ";
    assert_eq!(fault(&[], &["--delivery-merge-ms", "abc"]), format!("{merge}`abc` (from --delivery-merge-ms)"));
    assert_eq!(
        fault(&[("VIVACE_DELIVERY_MERGE_MS", "-1")], &[]),
        format!("{merge}`-1` (from VIVACE_DELIVERY_MERGE_MS)")
    );
    let text = "# a comment\n\n[delivery]\nmerge_ms = 1001\n";
    assert_eq!(fault_of_file("merge", text), format!("{merge}`1001` (from FILE:4)"));
    // One that is overridden is told too: it would surprise whoever takes the flag away.
    assert!(fault(&[("VIVACE_RTMP", "x")], &["--rtmp", "127.0.0.1:1"]).contains("(from VIVACE_RTMP)"));
}

#[test]
fn wrong_values_of_every_kind_are_refused() {
    for (flag, values) in [
        ("--rtmp", &["", "1935", "localhost:1935", "127.0.0.1", "127.0.0.1:65536"] as &[&str]),
        ("--rtmps", &["1936", "localhost:1936", " "]),
        ("--tls-names", &["a b", "a,,b", ",", "http://a", "[::1]", "a:1"]),
        ("--data", &[""]),
        ("--public-host", &["a b", "http://a", "a:80", "-\n", "a..b", "[::1"]),
        ("--push-auth", &["", "SIGNED", "closed"]),
        ("--url-validity-s", &["0", "1.5", "9999999999999999999999"]),
        ("--page-open", &["yes", "1"]),
        ("--hls-segment-ms", &["499", "60001", "2s"]),
        ("--hls-part-ms", &["99", "10001", "-200"]),
        ("--delivery-threads", &["0", "1025", "Auto"]),
        ("--log-format", &["xml"]),
        ("--log-level", &["", "verbose", "loud=very", "info,=", "a=b=c"]),
        ("--limits-connections-max", &["0", "1e3", "1099511627777"]),
    ] {
        for value in values {
            assert!(load(None, &[], &[flag, value]).is_err(), "{flag} {value:?}");
        }
    }
    for (flag, value) in [
        ("--rtmp", "[::]:0"),
        ("--https", ""),
        ("--tls-names", "live.example.com, 192.0.2.7,2001:db8::1"),
        ("--tls-names", ""),
        ("--public-host", "[2001:db8::1]"),
        ("--public-host", ""),
        ("--log-level", "warn,vivace=trace"),
    ] {
        assert!(load(None, &[], &[flag, value]).is_ok(), "{flag} {value:?}");
    }
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest_one() {
    let text = "rtpm = \"127.0.0.1:1\"\n[delivry]\nmerge_ms = 5\n[limits]\nstream_max = 1\n[xyz]\n";
    assert_eq!(
        fault_of_file("unknown", text).lines().collect::<BTreeSet<_>>(),
        BTreeSet::from([
            "unknown setting `rtpm` (from FILE:1); did you mean `rtmp`?",
            "unknown setting `delivry.merge_ms` (from FILE:3); did you mean `delivery.merge_ms`?",
            "unknown setting `limits.stream_max` (from FILE:5); did you mean `limits.streams_max`?",
            "unknown setting `xyz` (from FILE:6)",
        ])
    );
    let both = fault_of_file("both", "rtpm = 1\npush.auth = \"opn\"\n");
    assert!(both.contains("`rtpm`") && both.contains("push.auth: expected"), "{both}");
    assert_eq!(
        fault_of_file("bare", "merge_ms = 5"),
        "unknown setting `merge_ms` (from FILE:1); did you mean `delivery.merge_ms`?"
    );
    let unknown = "unknown variable VIVACE_DELIVERY_MERGE; did you mean `VIVACE_DELIVERY_MERGE_MS`?";
    assert_eq!(fault(&[("VIVACE_DELIVERY_MERGE", "5")], &[]), unknown);
    let passed = [("VIVACE_BIN", "x"), ("VIVACE_FFMPEG_NEW", "y"), ("VIVACE_CONFIG", ""), ("VIVACEOUS", "z")];
    assert!(load(None, &passed, &[]).is_ok());
}

#[test]
fn a_file_that_is_no_file_of_settings_is_refused() {
    assert!(fault_of_file("syntax", "a = 1\nb = = 2\n").starts_with("FILE:2: "));
    assert!(fault_of_file("twice", "rtmp = \"127.0.0.1:1\"\nrtmp = \"127.0.0.1:2\"\n").starts_with("FILE:2: "));
    assert!(fault_of_file("scalar", "delivery = 5").starts_with("`delivery` holds several settings"));
    assert!(fault_of_file("array", "[delivery]\nmerge_ms = [5]").contains("got `an array` (from FILE:2)"));
    assert!(fault_of_file("table", "[rtmp]\na = 1").contains("rtmp: expected a single value, got `a table`"));
    assert!(
        load(Some(Path::new("no/such/file.toml")), &[], &[]).unwrap_err().starts_with("cannot read the configuration")
    );
}

#[test]
fn all_faults_are_told_at_once() {
    let told = fault(&[("VIVACE_HTTP", "x"), ("VIVACE_X", "y")], &["--rtmp", "z"]);
    assert_eq!(told.lines().count(), 2, "{told}");
    let told = fault(&[("VIVACE_HTTP", "x")], &["--rtmp", "z"]);
    assert!(told.contains("http: ") && told.contains("rtmp: "), "{told}");
    let told = fault(&[], &["--limits-rtmp-chunk-bytes-min", "70000"]);
    assert_eq!(told, "limits.rtmp_chunk_bytes_min = 70000 is above limits.rtmp_chunk_bytes_max = 65536");
    for (flags, told) in [
        (["--hls-part-ms", "3000"].as_slice(), "hls.part_ms = 3000 is above hls.segment_ms = 2000"),
        (&["--hls-segment-ms", "12000"], "hls.segment_ms = 12000 is above limits.hls_segment_ms_max = 10000"),
        (&["--limits-hls-segment-ms-max", "1000"], "hls.segment_ms = 2000 is above limits.hls_segment_ms_max = 1000"),
    ] {
        assert_eq!(fault(&[], flags), told);
    }
}

#[test]
fn the_file_may_be_named_by_a_variable_and_the_flag_wins() {
    let (named, other) = (File::new("named", "page.open = true"), File::new("other", "[page]\nopen = false"));
    let variables = [("VIVACE_CONFIG", named.0.to_str().unwrap())];
    assert!(load(None, &variables, &[]).unwrap().values.config.page_open);
    assert!(!load(Some(&other.0), &variables, &[]).unwrap().values.config.page_open);
}

#[test]
fn a_variable_that_is_no_text_is_refused() {
    let variables = Variables::from_iter([("VIVACE_DATA", OsString::from_vec(vec![0xff]))]);
    let told = Settings::load(None, &variables, &SettingFlags::default()).unwrap_err().to_string();
    assert_eq!(told, "the variable VIVACE_DATA is not UTF-8");
}

#[test]
fn numbers_of_the_file_are_read_as_toml_has_them() {
    let file = File::new("numbers", "[limits]\nstreams_max = 1_000\n[url]\nvalidity_s = 3_600\n");
    let loaded = load(Some(&file.0), &[], &[]).unwrap();
    assert_eq!((loaded.values.config.limits.streams_max, loaded.values.config.url_validity_s), (1_000, 3_600));
}

#[test]
fn the_server_knows_of_every_setting_but_the_logs_when_it_takes_effect() {
    for setting in table() {
        let known = vivace_server::effect(&setting.key).is_some();
        assert_eq!(known, !setting.key.starts_with("log."), "{}", setting.key);
    }
    let effect = |key| Setting::find(key).map(|setting| setting.effect);
    let [live, restart] = [Effect::Live, Effect::Restart].map(Some);
    assert_eq!([effect("log.level"), effect("log.format"), effect("log.otlp")], [live, live, restart]);
}

#[test]
fn configuration_page_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(page::PAGE);
    let wanted = page::page();
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &wanted).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "{} is not what the table gives; UPDATE=1 cargo test -p vivace configuration_page",
        page::PAGE
    );
}

#[test]
fn the_key_to_the_bucket_is_read_and_never_shown() {
    let setting = table().iter().find(|setting| setting.is_secret()).unwrap();
    let loaded = load(None, &[("VIVACE_STORAGE_S3_SECRET_ACCESS_KEY", "hunter2")], &[]).unwrap();
    let secret = loaded.values.config.storage.secret_access_key.as_ref();
    assert_eq!(secret.map(|secret| secret.reveal().as_str()), Some("hunter2"));
    assert_eq!(setting.get(&loaded.values), "[secret]");
    assert!(!format!("{:?}", loaded.values).contains("hunter2"));
    let file = File::new("secret", "[storage.s3]\nsecret_access_key = \"hunter2\"\n");
    assert_eq!(setting.get(&load(Some(&file.0), &[], &[]).unwrap().values), "[secret]");
    let command = SettingFlags::augment_args(Command::new("serve").no_binary_name(true));
    assert!(command.try_get_matches_from(["--storage-s3-secret-access-key", "x"]).is_err());
    assert!(fault(&[("VIVACE_STORAGE_S3_SECRET_ACCESS_KEY", "[secret]")], &[]).contains("the key, not what is shown"));
    for (variable, value) in [
        ("VIVACE_STORAGE_S3_ENDPOINT", "https://s3.example.com/bucket"),
        ("VIVACE_STORAGE_S3_BUCKET", "no"),
        ("VIVACE_STORAGE_S3_PREFIX", "a/../b"),
        ("VIVACE_STORAGE_KEEP_LOCAL", "sometimes"),
        ("VIVACE_STORAGE_PUBLIC_URL", "https://cdn.example.com/?key=1"),
    ] {
        assert!(load(None, &[(variable, value)], &[]).is_err(), "{variable} {value}");
    }
}
