//! Invariant 2, first half: which crate may depend on which. An arrow points only to a crate above it in the table.

use super::Finding;
use crate::repo::{File, Repo};

/// Crate and what it may depend on within the workspace. Tests may depend on anything.
const ALLOWED: &[(&str, &[&str])] = &[
    ("vivace-base", &[]),
    ("vivace-pages", &[]),
    ("vivace-codes", &["vivace-base"]),
    ("vivace-media", &["vivace-base"]),
    ("vivace-domain", &["vivace-base"]),
    ("vivace-hub", &["vivace-base", "vivace-media", "vivace-domain"]),
    ("vivace-store", &["vivace-base", "vivace-domain"]),
    ("vivace-gate", &["vivace-base", "vivace-domain", "vivace-hub", "vivace-store"]),
    ("vivace-rtmp", &["vivace-base", "vivace-media", "vivace-domain", "vivace-hub", "vivace-gate"]),
    ("vivace-flv", &["vivace-base", "vivace-media", "vivace-domain", "vivace-hub", "vivace-gate"]),
    ("vivace-hls", &["vivace-base", "vivace-media", "vivace-domain", "vivace-hub", "vivace-gate"]),
    ("vivace-lvb", &["vivace-base", "vivace-codes", "vivace-domain", "vivace-gate"]),
    ("vivace-admin", &["vivace-base", "vivace-codes", "vivace-domain", "vivace-hub", "vivace-gate"]),
    ("vivace-net", &["vivace-base", "vivace-hub"]),
    ("vivace-worker", &["vivace-base", "vivace-media", "vivace-domain", "vivace-hub", "vivace-store", "vivace-net"]),
    (
        "vivace-server",
        &[
            "vivace-base",
            "vivace-codes",
            "vivace-media",
            "vivace-domain",
            "vivace-hub",
            "vivace-store",
            "vivace-gate",
            "vivace-rtmp",
            "vivace-flv",
            "vivace-hls",
            "vivace-lvb",
            "vivace-admin",
            "vivace-net",
            "vivace-worker",
        ],
    ),
    (
        "vivace",
        &[
            "vivace-base",
            "vivace-pages",
            "vivace-codes",
            "vivace-media",
            "vivace-domain",
            "vivace-store",
            "vivace-rtmp",
            "vivace-flv",
            "vivace-server",
        ],
    ),
    // Scenarios meet the product through its public interfaces, as a client would; the RTMP engine and the playlist walker
    // are their own client.
    ("vivace-tests", &["vivace-base", "vivace-codes", "vivace-rtmp", "vivace-hls"]),
    ("xtask", &[]),
];

/// Edges outside the table.
pub(super) fn find(repo: &Repo) -> Vec<Finding> {
    repo.manifests().flat_map(check).collect()
}

fn check(file: &File) -> Vec<Finding> {
    let manifest: toml::Table = match file.text.parse() {
        Ok(manifest) => manifest,
        Err(error) => return vec![Finding::at(file, 1, format!("not TOML: {error}"), "mend the manifest")],
    };
    let name = manifest.get("package").and_then(|package| package.get("name")?.as_str()).unwrap_or_default();
    let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
        let instead = "add it to the table in xtask/src/tidy/edges.rs, at its place in the order of layers";
        return vec![Finding::at(
            file,
            file.line_of("name"),
            format!("`{name}` is not in the table of crates"),
            instead,
        )];
    };
    let used = dependencies(&manifest);
    let ours = used.iter().filter(|used| *used == "vivace" || used.starts_with("vivace-"));
    ours.filter(|used| !allowed.contains(&used.as_str()))
        .map(|used| {
            let wrong = format!("`{name}` depends on `{used}`");
            let instead = "move what is shared to a crate above both, or let a crate below join them; \
                           the table is in xtask/src/tidy/edges.rs, and a new arrow in it needs a reason in review";
            Finding::at(file, file.line_of(used), wrong, instead)
        })
        .collect()
}

/// Names under `[dependencies]` and `[build-dependencies]`, for every target.
fn dependencies(manifest: &toml::Table) -> Vec<String> {
    let mut tables = vec![manifest];
    if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
        tables.extend(targets.values().filter_map(toml::Value::as_table));
    }
    let lists = tables.into_iter().flat_map(|table| ["dependencies", "build-dependencies"].map(|key| table.get(key)));
    let lists = lists.flatten().filter_map(toml::Value::as_table);
    lists.flat_map(|list| list.iter().map(|(key, value)| package(key, value))).collect()
}

/// The package behind a dependency, also when it is renamed.
fn package(key: &str, value: &toml::Value) -> String {
    value.get("package").and_then(toml::Value::as_str).unwrap_or(key).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{ALLOWED, find};
    use crate::repo::Repo;

    fn found(manifest: &str) -> Vec<String> {
        find(&Repo::of(&[("crates/x/Cargo.toml", manifest)])).into_iter().map(|finding| finding.wrong).collect()
    }

    #[test]
    fn an_arrow_downwards_or_sideways_is_found() {
        let face = "[package]\nname = \"vivace-lvb\"\n[dependencies]\nvivace-admin = { workspace = true }\n";
        assert_eq!(found(face), ["`vivace-lvb` depends on `vivace-admin`"]);
        let renamed = "[package]\nname = \"vivace-base\"\n[target.'cfg(unix)'.dependencies]\n\
                       x = { package = \"vivace-hub\", path = \"../hub\" }\n";
        assert_eq!(found(renamed), ["`vivace-base` depends on `vivace-hub`"]);
        assert_eq!(found("[package]\nname = \"vivace-new\"\n"), ["`vivace-new` is not in the table of crates"]);
    }

    #[test]
    fn tests_may_reach_further() {
        let manifest = "[package]\nname = \"vivace-hub\"\n[dependencies]\nvivace-media = {}\n\
                        [dev-dependencies]\nvivace-rtmp = {}\n";
        assert!(found(manifest).is_empty());
    }

    #[test]
    fn the_table_itself_points_only_upwards() {
        for (at, (name, allowed)) in ALLOWED.iter().enumerate() {
            for used in *allowed {
                assert!(ALLOWED[..at].iter().any(|(above, _)| above == used), "{name} -> {used}");
            }
        }
    }
}
