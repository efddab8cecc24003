//! How closely a rule of API 3.0 names a push.

/// How closely a rule for `[domain, path, stream]` names a push to them; `None` if it is not for it. An empty field of the
/// rule stands for all. A stream weighs more than a domain, both more than a path: domain and stream, then stream, then
/// domain, then none (dossier lvb_api, f.1).
pub(crate) fn rank(wanted: [&str; 3], pushed: [&str; 3]) -> Option<u8> {
    let [domain, path, stream] = wanted;
    let [to_domain, to_path, as_stream] = pushed;
    let weighed = |wanted: &str, is_same: bool, weight: u8| match wanted {
        "" => Some(0),
        _ => is_same.then_some(weight),
    };
    let of_stream = weighed(stream, stream == as_stream, 4)?;
    let of_domain = weighed(domain, domain.eq_ignore_ascii_case(to_domain), 2)?;
    Some(of_stream + of_domain + weighed(path, path.eq_ignore_ascii_case(to_path), 1)?)
}
