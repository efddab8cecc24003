use vivace_base::Secret;

use super::{
    Algorithm, Ordering, Tc3Authorization, Tc3Fault, Tc3Request, V2Request, payload_hash, sign_stamp, sign_tc3,
    sign_v2, verify_stamp, verify_tc3, verify_v2,
};

fn key(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn parameters(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn request<'a>(method: &'a str, host: &'a str, parameters: &'a [(String, String)]) -> V2Request<'a> {
    V2Request { method, host, path: "/v2/index.php", parameters, skips_at: method == "POST" }
}

#[test]
fn the_documentations_vector_of_version_2() {
    let given = parameters(&[
        ("offset", "0"),
        ("Action", "DescribeInstances"),
        ("Nonce", "11886"),
        ("Region", "gz"),
        ("SecretId", "AKIDz8krbsJ5yKBZQpn74WFkmLPx3gnPhESA"),
        ("Timestamp", "1465185768"),
        ("instanceIds.0", "ins-09dx96dg"),
        ("limit", "20"),
    ]);
    let key = key("Gu5t9xGARNpq86cd98joQYCN3Cozk1qA");
    let request = request("GET", "cvm.api.qcloud.com", &given);
    let right = "NSI3UqqD99b/UJb4tbG/xZpRW64=";
    assert_eq!(sign_v2(&request, &key, Algorithm::HmacSha1, Ordering::Original), right);
    assert!(verify_v2(&request, &key, Algorithm::HmacSha1, right));
}

#[test]
fn the_sdks_vectors_of_version_2_by_host_method_and_algorithm() {
    let given = |method| {
        parameters(&[
            ("Action", "CreateLVBChannel"),
            ("Nonce", "11886"),
            ("Region", "gz"),
            ("RequestClient", "SDK_PYTHON_2.0.15"),
            ("SecretId", "AKIDtest"),
            ("SignatureMethod", method),
            ("Timestamp", "1465185768"),
            ("channelName", "test"),
            ("outputSourceType", "3"),
            ("sourceList.0.name", "v"),
            ("sourceList.0.type", "1"),
        ])
    };
    let key = key("secretKeyTest");
    for (host, method, signed_with, right) in [
        ("live.api.qcloud.com", "GET", "HmacSHA1", "UNOvAOZW6C4Uj/azpL08grnuGiQ="),
        ("live.api.qcloud.com", "GET", "HmacSHA256", "IjzUMP0assbn+PXaZSD3uZc4BMWy5YcVmVygPDjEdMs="),
        ("live.api.qcloud.com", "POST", "HmacSHA1", "nBo0wROv++nunXe1WRWJzYsrS1Q="),
        ("live.api.qcloud.com", "POST", "HmacSHA256", "3bjgQAGooqBasTo/Kf5PLYfBOBmv/LucwMhayMybJvc="),
        ("127.0.0.1:8443", "GET", "HmacSHA1", "hCQcHn6TdvZ5+UqwTrxDpBKngAM="),
        ("127.0.0.1:8443", "GET", "HmacSHA256", "chge1tN6se4A4zvFehhVC93Dv9IYZr3HpRU2Qq5HUiI="),
        ("127.0.0.1:8443", "POST", "HmacSHA1", "u/3CKWh0aCkWl6VGPzoAndfPB0M="),
        ("127.0.0.1:8443", "POST", "HmacSHA256", "u2XARTd0nDkctchmY3h8r05SNksmS8heMXhr1LXSIio="),
    ] {
        let given = given(signed_with);
        let request = request(method, host, &given);
        let algorithm = Algorithm::of(Some(signed_with));
        assert!(verify_v2(&request, &key, algorithm, right), "{host} {method} {signed_with}");
        let mut wrong = right.to_owned();
        wrong.replace_range(0..1, if right.starts_with('A') { "B" } else { "A" });
        assert!(!verify_v2(&request, &key, algorithm, &wrong), "{host} {method} {signed_with}");
    }
}

#[test]
fn all_three_orders_are_taken_and_no_fourth() {
    let given = parameters(&[
        ("Action", "CreateRecord"),
        ("Nonce", "1"),
        ("SecretId", "AKIDtest"),
        ("Timestamp", "1465185768"),
        ("aB", "1"),
        ("a_b", "2"),
        ("channelId", "123"),
        ("startTime", "x"),
        ("start_time", "2016-01-21 12:00:00"),
    ]);
    let key = key("secretKeyTest");
    let request = request("GET", "live.api.qcloud.com", &given);
    let sign = |ordering| sign_v2(&request, &key, Algorithm::HmacSha1, ordering);
    assert_eq!(sign(Ordering::Replaced), "HqMjc1INN/Bd8RtWakpzelPlhP0=");
    assert_eq!(sign(Ordering::Original), "clt0A29QFAXjFZr4Y/1WvabYUXU=");
    assert_eq!(sign(Ordering::OriginalUnlessFirst), "clt0A29QFAXjFZr4Y/1WvabYUXU=");
    for right in ["HqMjc1INN/Bd8RtWakpzelPlhP0=", "clt0A29QFAXjFZr4Y/1WvabYUXU="] {
        assert!(verify_v2(&request, &key, Algorithm::HmacSha1, right));
    }
    for wrong in ["", "=", "clt0A29QFAXjFZr4Y/1WvabYUXU", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="] {
        assert!(!verify_v2(&request, &key, Algorithm::HmacSha1, wrong), "{wrong:?}");
    }
}

#[test]
fn a_leading_underscore_is_kept_by_the_third_order_only() {
    let given = parameters(&[("_a", "1"), ("b_c", "2")]);
    let request = request("GET", "h", &given);
    let key = key("k");
    let sign = |ordering| sign_v2(&request, &key, Algorithm::HmacSha1, ordering);
    assert_ne!(sign(Ordering::Original), sign(Ordering::OriginalUnlessFirst));
    assert!(verify_v2(&request, &key, Algorithm::HmacSha1, &sign(Ordering::OriginalUnlessFirst)));
}

#[test]
fn values_with_an_at_sign_are_left_out_of_a_post_only() {
    let (with, without) = (parameters(&[("Action", "A"), ("file", "@x")]), parameters(&[("Action", "A")]));
    let key = key("k");
    let sign = |method, given: &[(String, String)]| {
        sign_v2(&request(method, "h", given), &key, Algorithm::HmacSha1, Ordering::Original)
    };
    assert_eq!(sign("POST", &with), sign("POST", &without));
    assert_ne!(sign("GET", &with), sign("GET", &without));
}

#[test]
fn an_empty_key_signs_nothing() {
    let given = parameters(&[("Action", "A")]);
    let request = request("GET", "h", &given);
    let signature = sign_v2(&request, &key(""), Algorithm::HmacSha1, Ordering::Original);
    assert!(!verify_v2(&request, &key(""), Algorithm::HmacSha1, &signature));
    assert!(!verify_stamp(&key(""), "1", &sign_stamp(&key(""), "1")));
}

#[test]
fn the_vectors_of_common_access() {
    for (secret, t, right) in [
        ("40328529ca4381a80c6ecf2e6aa57438", "1490858347", "7f29ed83c61b77de1b0d66936fd4fd44"),
        ("5d41402abc4b2a76b9719d911017c592", "1471850187", "b17971b51ba0fe5916ddcd96692e9fb3"),
    ] {
        assert_eq!(sign_stamp(&key(secret), t), right);
        assert!(verify_stamp(&key(secret), t, &right.to_uppercase()));
        assert!(!verify_stamp(&key(secret), "1", right));
        assert!(!verify_stamp(&key(secret), t, &right[1..]));
    }
}

const HEADERS: [&str; 2] = ["content-type", "host"];

fn tc3(body: &str, method: &str, query: &str, content_type: &str, host: &str) -> String {
    let hash = payload_hash(body.as_bytes());
    let request = Tc3Request { method, path: "/", query, payload_hash: &hash, timestamp: "1551113065" };
    let signed = HEADERS.map(str::to_owned);
    sign_tc3(&request, ("2019-02-25", "live", &signed), &key("secretKeyTest"), |name| match name {
        "host" => host.to_owned(),
        _ => content_type.to_owned(),
    })
}

#[test]
fn the_vectors_of_tc3() {
    let body = r#"{"DomainName": "push.example.com", "AppName": "live", "StreamName": "s1"}"#;
    assert_eq!(
        tc3(body, "POST", "", "application/json", "live.tencentcloudapi.com"),
        "b87b4d1cdfbc5d2a0a427392ac8e7d1960b3c9c5d2f7f2144cb85ea8b72bd4b7"
    );
    let query = "DomainName=push.example.com&AppName=live&StreamName=s1";
    assert_eq!(
        tc3("", "GET", query, "application/x-www-form-urlencoded", "127.0.0.1:8080"),
        "e08994f85fd346c37c4b5ab9acf526791dcf1a43e821f7235abe356b37befe75"
    );
}

#[test]
fn a_tc3_header_is_taken_apart_and_verified() {
    let signature = tc3("{}", "POST", "", "application/json", "h");
    let header = |signature: &str| {
        format!(
            "TC3-HMAC-SHA256 Credential=AKIDtest/2019-02-25/live/tc3_request, SignedHeaders=content-type;host, \
             Signature={signature}"
        )
    };
    let parsed = Tc3Authorization::parse(&header(&signature)).expect("well formed");
    assert_eq!((parsed.secret_id.as_str(), parsed.service.as_str()), ("AKIDtest", "live"));
    let hash = payload_hash(b"{}");
    let request = Tc3Request { method: "POST", path: "/", query: "", payload_hash: &hash, timestamp: "1551113065" };
    let given =
        |host: &'static str| move |name: &str| if name == "host" { host } else { "application/json" }.to_owned();
    let right = key("secretKeyTest");
    assert!(verify_tc3(&request, &parsed, &right, given("h")));
    assert!(!verify_tc3(&request, &parsed, &right, given("other")));
    assert!(!verify_tc3(&request, &parsed, &key("other"), given("h")));
    let later = Tc3Request { timestamp: "1551113066", ..request };
    assert!(!verify_tc3(&later, &parsed, &right, given("h")));
    assert!(!format!("{parsed:?}").contains(&signature));
}

#[test]
fn a_malformed_tc3_header_names_its_part() {
    let signature = "0".repeat(64);
    for (header, fault) in [
        ("Bearer x".to_owned(), Tc3Fault::Scheme),
        (format!("TC3-HMAC-SHA256 SignedHeaders=content-type;host, Signature={signature}"), Tc3Fault::Credential),
        (
            format!("TC3-HMAC-SHA256 Credential=a/b/c, SignedHeaders=content-type;host, Signature={signature}"),
            Tc3Fault::Credential,
        ),
        (
            format!("TC3-HMAC-SHA256 Credential=a/b/c/tc3_request, SignedHeaders=host, Signature={signature}"),
            Tc3Fault::SignedHeaders,
        ),
        (
            "TC3-HMAC-SHA256 Credential=a/b/c/tc3_request, SignedHeaders=content-type;host, Signature=zz".to_owned(),
            Tc3Fault::Signature,
        ),
    ] {
        assert_eq!(Tc3Authorization::parse(&header), Err(fault), "{header}");
    }
}
