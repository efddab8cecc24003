//! The certificate of RTMPS and HTTPS.

use vivace_base::UnixMs;
use vivace_server::{CERTIFICATE_WARN_S, CertificateFacts, Config, certificate_files};

use super::Finding;

const CHECK: &str = "certificate";
const DAY_MS: i64 = 86_400_000;

pub(super) fn look(config: &Config, now: UnixMs) -> Vec<Finding> {
    let Some((files, may_make)) = certificate_files(config) else {
        return vec![Finding::ok(CHECK, "none is needed: there is no listener for TLS")];
    };
    if may_make && !files.cert.exists() && !files.key.exists() {
        return vec![Finding::ok(CHECK, "none is there yet; the first start makes a self-signed one")];
    }
    match files.facts() {
        Ok(facts) => judge(&facts, config.public_host.as_deref(), now),
        Err(fault) => vec![Finding::fail(CHECK, fault.to_string(), fault.remedy())],
    }
}

fn judge(facts: &CertificateFacts, public_host: Option<&str>, now: UnixMs) -> Vec<Finding> {
    let CertificateFacts { begins_at, expires_at, names, self_signed } = facts;
    let shown = names.join(", ");
    let left_ms = expires_at.0.saturating_sub(now.0);
    let days = left_ms / DAY_MS;
    let install = "install a new pair in its place: a running server takes it into use at once. A self-signed pair is \
                   made anew at the next start if both files are removed";
    let time = match () {
        () if left_ms <= 0 => Finding::fail(CHECK, format!("it expired {} days ago, for {shown}", -days), install),
        () if *begins_at > now => {
            let found = format!("it does not hold for {} more days", (begins_at.0 - now.0) / DAY_MS + 1);
            Finding::fail(CHECK, found, "put the machine's clock right, or install a pair that holds already")
        }
        () if left_ms < CERTIFICATE_WARN_S * 1_000 => {
            Finding::warn(CHECK, format!("it expires in {days} days, for {shown}"), install)
        }
        () => Finding::ok(CHECK, format!("it holds for {days} more days, for {shown}")),
    };
    let mut findings = vec![time];
    if *self_signed {
        let remedy = "for others than yourself, name a pair that clients trust with `tls.cert` and `tls.key`";
        findings.push(Finding::warn("certificate trust", "self-signed: no client trusts it by itself", remedy));
    }
    let host = public_host.map(|host| host.trim_matches(['[', ']'])).filter(|host| !holds_for(names, host));
    if let Some(host) = host {
        let found = format!("`public.host` is {host}, and the certificate does not hold for it");
        findings.push(Finding::warn("certificate name", found, "have one issued for that name, or set `tls.names`"));
    }
    findings
}

/// Whether one of the names is the host, or stands for it with a `*` for its first label (RFC 6125, section 6.4.3).
fn holds_for(names: &[String], host: &str) -> bool {
    let (host, parent) =
        (host.to_ascii_lowercase(), host.split_once('.').map(|(_, parent)| parent.to_ascii_lowercase()));
    names
        .iter()
        .map(|name| name.to_ascii_lowercase())
        .any(|name| name == host || name.strip_prefix("*.").is_some_and(|of| parent.as_deref() == Some(of)))
}

#[cfg(test)]
mod tests {
    use vivace_base::UnixMs;
    use vivace_server::CertificateFacts;

    use super::super::Level;
    use super::{DAY_MS, holds_for, judge};

    #[test]
    fn its_end_is_warned_of_two_weeks_ahead() {
        let now = UnixMs(100 * DAY_MS);
        let level = |begins: i64, ends: i64| {
            let facts = CertificateFacts {
                begins_at: UnixMs(begins * DAY_MS),
                expires_at: UnixMs(ends * DAY_MS),
                names: vec!["a".to_owned()],
                self_signed: false,
            };
            judge(&facts, None, now)[0].level
        };
        assert_eq!([level(0, 114), level(0, 113), level(0, 101)], [Level::Ok, Level::Warn, Level::Warn]);
        assert_eq!([level(0, 100), level(0, 50), level(101, 200)], [Level::Fail; 3]);
    }

    #[test]
    fn a_star_stands_for_one_label() {
        let names = ["*.example.com".to_owned(), "a.example".to_owned(), "192.0.2.7".to_owned()];
        assert!(["live.Example.com", "a.example", "192.0.2.7"].iter().all(|host| holds_for(&names, host)));
        assert!(!["example.com", "a.b.example.com", "b.example"].iter().any(|host| holds_for(&names, host)));
    }
}
