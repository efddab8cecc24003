use vivace_base::UnixMs;

use super::WatermarkRule;

fn rule(domain: &str, path: &str, stream: &str, watermark: u64) -> WatermarkRule {
    let [domain, path, stream] = [domain, path, stream].map(str::to_owned);
    WatermarkRule { domain, path, stream, watermark, created_at: UnixMs(0) }
}

#[test]
fn the_rule_that_names_a_push_most_closely_counts() {
    let rules = [
        rule("", "", "", 1),
        rule("", "live", "", 2),
        rule("push.example.com", "", "", 3),
        rule("", "", "s", 4),
        rule("push.example.com", "live", "s", 5),
        rule("other.example.com", "live", "s", 6),
    ];
    let of = |rules: &[WatermarkRule], domain, stream| {
        WatermarkRule::closest(rules, domain, "live", stream).map(|rule| rule.watermark)
    };
    assert_eq!(of(&rules, "Push.Example.com", "s"), Some(5), "host names have no case");
    assert_eq!(of(&rules, "push.example.com", "t"), Some(3));
    assert_eq!(of(&rules, "", "s"), Some(4));
    assert_eq!(of(&rules, "", "S"), Some(2), "streams have one");
    assert_eq!(of(&rules[2..], "", "t"), None);
    assert_eq!(of(&[], "", "t"), None);
}

#[test]
fn one_rule_stands_for_the_same_streams() {
    assert!(rule("d", "live", "s", 1).is_for_same(&rule("d", "live", "s", 2)));
    for other in [rule("e", "live", "s", 1), rule("d", "", "s", 1), rule("d", "live", "", 1)] {
        assert!(!rule("d", "live", "s", 1).is_for_same(&other), "{other:?}");
    }
}
