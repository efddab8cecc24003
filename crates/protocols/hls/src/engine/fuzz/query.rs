use crate::engine::{Directives, Flavor, Skip};

/// Any text as the query of a request for a playlist: what was read is read again from the way we would write it.
///
/// # Panics
/// If it is not.
pub fn query(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = Flavor::of_query(&text);
    let directives = match Directives::parse(&text) {
        Ok(directives) => directives,
        Err(fault) => return assert!(!fault.to_string().is_empty()),
    };
    assert!(directives.part.is_none() || directives.sequence.is_some(), "a part without its segment");
    let skip = directives.skip.map(|skip| if skip == Skip::Segments { "YES" } else { "v2" });
    let parts = [
        directives.sequence.map(|number| format!("_HLS_msn={number}")),
        directives.part.map(|number| format!("_HLS_part={number}")),
        skip.map(|word| format!("_HLS_skip={word}")),
    ];
    let written: Vec<String> = parts.into_iter().flatten().collect();
    assert_eq!(Directives::parse(&written.join("&")), Ok(directives));
}
