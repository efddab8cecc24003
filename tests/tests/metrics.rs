//! The dashboard and the alert rules, held against the metrics that a running server really exposes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use vivace_tests::{Live, Server, get, push, wait_for};

/// Metrics that no panel shows, each with the reason.
const NOT_SHOWN: [(&str, &str); 2] = [
    ("vivace_events_written_total", "only its loss matters, and vivace_events_lost_total is shown"),
    ("vivace_tls_certificate_swaps_total", "the certificate's end, which is shown, tells the same"),
];
/// What Prometheus itself adds: the labels of the scrape, and whether it worked.
const OF_PROMETHEUS: [&str; 2] = ["job", "instance"];

fn deployed(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/deploy").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The metrics by name, each with the values of each of its labels.
type Exposed = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// What is exposed after a push, a play that ends, and a refusal.
fn exposed() -> (Exposed, BTreeSet<String>) {
    let server = Server::start(&[]);
    let _encoder = push(&server.push_url("a"));
    server.wait_live("a");
    drop(Live::open(&server.play_url("a", "flv")));
    assert_eq!(get(&format!("http://{}/live/a.flv", server.http)).status, 403);
    wait_for("the player to be gone", || server.metric("plays_ended_total{end=\"client\"}") > 0);
    wait_for("the join to be counted", || server.metric("play_join_ms_count") > 0);
    let text = get(&format!("http://{}/metrics", server.http)).text();
    let mut exposed = Exposed::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
        let (name, labels) = name.split_once('{').unwrap_or((name, ""));
        let of = exposed.entry(name.to_owned()).or_default();
        for pair in labels.trim_end_matches('}').split(',').filter(|pair| !pair.is_empty()) {
            let (label, value) = pair.split_once('=').unwrap();
            of.entry(label.to_owned()).or_default().insert(value.trim_matches('"').to_owned());
        }
    }
    let typed = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    (exposed, typed.map(str::to_owned).collect())
}

/// A metric in a query, with its matchers: label, operator and value.
struct Use {
    metric: String,
    matchers: Vec<(String, String)>,
}

/// The metrics of a PromQL expression, and the labels that it groups by or matches on.
fn uses(expr: &str) -> (Vec<Use>, Vec<String>) {
    let (mut uses, mut grouped) = (Vec::new(), Vec::new());
    let mut rest = expr;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic() || c == '_') {
        let word: String =
            rest[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':')).collect();
        let after = &rest[start + word.len()..];
        rest = after;
        if matches!(word.as_str(), "by" | "on" | "without" | "ignoring") {
            let list = after.trim_start().strip_prefix('(').unwrap().split(')').next().unwrap();
            grouped.extend(list.split(',').map(|label| label.trim().to_owned()));
            rest = &after[after.find(')').unwrap()..];
        } else if word == "up" || word.starts_with("vivace_") || word.starts_with("process_") {
            let list = after.strip_prefix('{').map_or("", |inside| inside.split('}').next().unwrap());
            let matchers = list.split(',').filter(|pair| !pair.is_empty()).map(|pair| {
                let (label, value) = pair.split_once('=').unwrap();
                (label.to_owned(), value.trim_start_matches('~').trim_matches('"').to_owned())
            });
            uses.push(Use { metric: word, matchers: matchers.collect() });
            rest = &after[if list.is_empty() { 0 } else { list.len() + 2 }..];
        } else if let Some(range) = after.strip_prefix('[') {
            rest = range.split_once(']').unwrap().1;
        }
    }
    (uses, grouped)
}

/// Every metric, label and value of a query is one that the server exposes.
fn check(expr: &str, legend: &str, exposed: &Exposed, used: &mut BTreeSet<String>) {
    let (uses, grouped) = uses(expr);
    assert!(!uses.is_empty(), "no metric in `{expr}`");
    let mut labels: BTreeSet<&str> = OF_PROMETHEUS.into_iter().collect();
    for Use { metric, matchers } in &uses {
        if metric == "up" {
            continue;
        }
        let found = exposed.get(metric).unwrap_or_else(|| panic!("`{metric}` of `{expr}` is not exposed"));
        labels.extend(found.keys().map(String::as_str));
        used.insert(metric.clone());
        for (label, value) in matchers.iter().filter(|(label, _)| !OF_PROMETHEUS.contains(&label.as_str())) {
            let values = found.get(label).unwrap_or_else(|| panic!("`{metric}` has no label `{label}`: `{expr}`"));
            assert!(values.contains(value), "`{metric}` has no `{label}=\"{value}\"`: {values:?}");
        }
    }
    let shown = legend.split("{{").skip(1).map(|part| part.split("}}").next().unwrap().trim());
    for label in grouped.iter().map(String::as_str).chain(shown.map(|label| label.trim_start_matches("$labels."))) {
        if label.starts_with('$') {
            continue;
        }
        assert!(labels.contains(label), "no metric of `{expr}` has the label `{label}`");
    }
}

#[test]
fn dashboard_and_alerts_ask_for_what_is_there_and_leave_nothing_out() {
    let (exposed, families) = exposed();
    let mut used = BTreeSet::new();

    let dashboard: Value = serde_json::from_str(&deployed("grafana.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let mut count = 0;
    for target in targets {
        check(target["expr"].as_str().unwrap(), target["legendFormat"].as_str().unwrap(), &exposed, &mut used);
        count += 1;
    }
    assert!(count > 30, "{count} queries");
    let shown = used.clone();

    let alerts = deployed("alerts.yml");
    let exprs: Vec<&str> = alerts.lines().filter_map(|line| line.trim().strip_prefix("expr: ")).collect();
    assert_eq!(exprs.len(), alerts.matches("- alert: ").count());
    assert_eq!(exprs.len(), alerts.matches("remedy: ").count());
    for (expr, rule) in exprs.iter().zip(alerts.split("- alert: ").skip(1)) {
        check(expr, rule, &exposed, &mut used);
    }

    // The other way round: a metric that nobody looks at is of no use, or has its reason.
    let base = |name: &str| {
        let name = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        name.to_owned()
    };
    let seen: BTreeSet<String> = shown
        .iter()
        .flat_map(|name| [name.clone(), base(name)])
        .chain(NOT_SHOWN.map(|(name, _)| name.to_owned()))
        .collect();
    let left_out: Vec<&String> = families.iter().filter(|name| !seen.contains(*name)).collect();
    assert!(left_out.is_empty(), "no panel shows {left_out:?}");
    for (name, _) in NOT_SHOWN {
        assert!(families.contains(name) && !shown.contains(name), "{name} need not be excused");
    }
}

#[test]
fn a_query_is_taken_apart() {
    let (found, grouped) =
        uses("sum by (a, b) (rate(vivace_x{job=\"vivace\",c=\"d\"}[5m])) / on (e) process_y > 0.5 * clamp_min(up, 1)");
    assert_eq!(found.iter().map(|found| found.metric.as_str()).collect::<Vec<_>>(), ["vivace_x", "process_y", "up"]);
    assert_eq!(found[0].matchers, [("job", "vivace"), ("c", "d")].map(|(a, b)| (a.to_owned(), b.to_owned())));
    assert_eq!(grouped, ["a", "b", "e"]);
}
