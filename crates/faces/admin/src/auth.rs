use http::{HeaderMap, header};
use subtle::ConstantTimeEq;
use vivace_base::Secret;

/// Whether a request carries the app's `api_token` as its bearer.
pub(crate) fn is_bearer(headers: &HeaderMap, token: &Secret<String>) -> bool {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or("");
    // The scheme's name is written in any case (RFC 9110, section 11.1).
    let Some((scheme, sent)) = sent.split_once(' ') else { return false };
    scheme.eq_ignore_ascii_case("bearer") && bool::from(sent.trim().as_bytes().ct_eq(token.reveal().as_bytes()))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
    use vivace_base::Secret;

    use super::is_bearer;

    #[test]
    fn only_the_token_itself_opens() {
        let token = Secret::new("correct-token".to_owned());
        let with = |value: &'static str| HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(value))]);
        assert!(is_bearer(&with("Bearer correct-token"), &token));
        assert!(is_bearer(&with("bearer correct-token"), &token));
        for wrong in ["", "Bearer", "Bearer ", "Bearer correct-toke", "Bearer correct-token2", "Basic correct-token"] {
            assert!(!is_bearer(&with(wrong), &token), "{wrong}");
        }
        assert!(!is_bearer(&HeaderMap::new(), &token));
    }
}
