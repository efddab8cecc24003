use crate::engine::{Directives, QueryFault, Skip};

#[test]
fn directives_are_found_among_other_parameters() {
    let found = Directives::parse("k=abc&_HLS_msn=12&x&_HLS_part=3&_HLS_skip=v2");
    assert_eq!(found, Ok(Directives { sequence: Some(12), part: Some(3), skip: Some(Skip::DateRanges) }));
    assert_eq!(Directives::parse(""), Ok(Directives::default()));
}

#[test]
fn what_is_no_directive_is_refused() {
    let number = |name| Err(QueryFault::Number { name });
    for odd in ["", "-1", "+1", "1.0", "99999999999999999999", "0x1"] {
        assert_eq!(Directives::parse(&format!("_HLS_msn={odd}")), number("_HLS_msn"), "{odd}");
    }
    assert_eq!(Directives::parse("_HLS_msn=1&_HLS_msn=1"), number("_HLS_msn"));
    assert_eq!(Directives::parse("_HLS_part=1"), Err(QueryFault::PartAlone));
    assert_eq!(Directives::parse("_HLS_skip=NO"), Err(QueryFault::Skip));
}
