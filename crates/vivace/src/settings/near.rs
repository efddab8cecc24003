/// The name that was most likely meant; `None` if nothing is near.
pub(super) fn nearest<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_ascii_lowercase();
    let last = |name: &str| name.rsplit('.').next().map(str::to_owned);
    names
        .into_iter()
        .map(|name| {
            let lower = name.to_ascii_lowercase();
            // The right last part under a wrong table, or under none, is as good as a spelling mistake.
            let moved = if last(&lower) == last(&given) { 0.9 } else { 0.0 };
            (strsim::normalized_damerau_levenshtein(&given, &lower).max(moved), name)
        })
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}
