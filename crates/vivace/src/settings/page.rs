//! `docs/configuration.md`, made from the table of settings.

use std::fmt::Write as _;

use vivace_server::Effect;

use super::{Setting, table};

/// The page, from the root of the repository.
pub(crate) const PAGE: &str = "docs/configuration.md";

const HEAD: &str = "\
# Configuration

Vivace runs without a configuration file. Whatever is set can be set in three places; where several set the same, the
first of these wins:

1. a flag: `vivace serve --delivery-merge-ms 100`
2. a variable of the environment: `VIVACE_DELIVERY_MERGE_MS=100`
3. the file that `--config FILE` or `VIVACE_CONFIG` names, in [TOML](https://toml.io):

```toml
http = \"127.0.0.1:8080\"

[delivery]
merge_ms = 100
```

A key, flag or variable that does not exist is refused, with the nearest name; so is a value that does not fit.
`vivace check-config --config FILE` shows every setting in effect and where it comes from, or all that is wrong.

`vivace serve` follows the file, and reads all settings anew on SIGHUP. A changed setting that is marked `live` takes
effect at once, one that is marked `restart` with the next start; `docs/operations.md` tells more.

Made from the table of settings; not to be edited here. `UPDATE=1 cargo test -p vivace configuration_page` writes it.
";

/// The whole page.
pub(crate) fn page() -> String {
    let mut out = HEAD.to_owned();
    out.push_str(
        "\n## Settings\n\n| key | default | changed | what it does | flag and variable |\n|---|---|---|---|---|\n",
    );
    for setting in table().iter().filter(|setting| !setting.is_limit()) {
        let (flag, variable) = (&setting.flag, setting.variable());
        line(&mut out, setting);
        let flag = if setting.is_secret() { String::new() } else { format!("`--{flag}`<br>") };
        let _ = writeln!(out, " {flag}`{variable}` |");
    }
    out.push_str(
        "\n## Limits\n\nUnits stand at the end of the names: `_ms` milliseconds, `_bytes` bytes; the rest are counts. The \
         flag of\n`limits.streams_max` is `--limits-streams-max`, its variable `VIVACE_LIMITS_STREAMS_MAX`; so for each.\n\n\
         | key | default | changed | what it bounds |\n|---|---|---|---|\n",
    );
    for setting in table().iter().filter(|setting| setting.is_limit()) {
        line(&mut out, setting);
        out.push('\n');
    }
    out
}

/// The columns that both tables have.
fn line(out: &mut String, setting: &Setting) {
    let default = match setting.default_text() {
        empty if empty.is_empty() => "none".to_owned(),
        text => format!("`{text}`"),
    };
    let effect = match setting.effect {
        Effect::Live => "live",
        Effect::Restart => "restart",
    };
    let _ = write!(out, "| `{}` | {default} | {effect} | {} |", setting.key, setting.doc.replace('|', "\\|"));
}
