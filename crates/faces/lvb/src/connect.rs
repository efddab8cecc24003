//! The head of a CONNECT: programs that are made for the cloud's own host names ask a proxy for these.

use thiserror::Error;

/// The names that a CONNECT may ask for, and that the self-signed certificate carries.
pub const CLOUD_NAMES: [&str; 4] =
    ["live.api.qcloud.com", "fcgi.video.qcloud.com", "statcgi.video.qcloud.com", "live.tencentcloudapi.com"];

/// The port of HTTPS.
const PORT: &str = "443";
/// What ends a head.
const END: &[u8] = b"\r\n\r\n";

/// What is wrong with a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HeadFault {
    /// It is too long.
    #[error("the request head has more than {max} bytes")]
    TooLong {
        /// Bytes allowed.
        max: usize,
    },
    /// It is not one of HTTP/1, or something follows it before the answer.
    #[error("the request is not one of HTTP/1.1")]
    Malformed,
    /// Another method.
    #[error("the method is not CONNECT")]
    Method,
    /// Another host or port.
    #[error("only this server's own names are connected to, at port {PORT}")]
    Elsewhere,
}

/// Whether what has come is a whole head, in bytes; false if more is to come.
///
/// # Errors
/// `TooLong`; `Malformed` if something follows it: a client that begins before it is answered speaks to somebody else.
pub fn is_whole(head: &[u8], bytes_max: usize) -> Result<bool, HeadFault> {
    match head.windows(END.len()).position(|end| end == END) {
        Some(at) if at.saturating_add(END.len()) == head.len() => Ok(true),
        Some(_) => Err(HeadFault::Malformed),
        None if head.len() > bytes_max => Err(HeadFault::TooLong { max: bytes_max }),
        None => Ok(false),
    }
}

/// Whether a whole head asks for one of [`CLOUD_NAMES`], over HTTPS.
///
/// # Errors
/// `Malformed`, `Method`, `Elsewhere`.
pub fn judge(head: &[u8]) -> Result<(), HeadFault> {
    let line = head.split(|byte| *byte == b'\r').next().and_then(|line| std::str::from_utf8(line).ok());
    let mut words = line.ok_or(HeadFault::Malformed)?.split(' ');
    let (Some(method), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(HeadFault::Malformed);
    };
    if !version.starts_with("HTTP/1.") {
        return Err(HeadFault::Malformed);
    }
    if method != "CONNECT" {
        return Err(HeadFault::Method);
    }
    let ours = target
        .rsplit_once(':')
        .is_some_and(|(host, port)| port == PORT && CLOUD_NAMES.iter().any(|name| name.eq_ignore_ascii_case(host)));
    if ours { Ok(()) } else { Err(HeadFault::Elsewhere) }
}

#[cfg(test)]
mod tests {
    use super::{HeadFault, is_whole, judge};

    #[test]
    fn only_our_own_names_are_connected_to() {
        let judge = |line: &str| judge(format!("{line}\r\nHost: x\r\n\r\n").as_bytes());
        assert!(judge("CONNECT live.api.qcloud.com:443 HTTP/1.1").is_ok());
        assert!(judge("CONNECT LIVE.tencentcloudapi.com:443 HTTP/1.0").is_ok());
        for target in [
            "live.api.qcloud.com:80",
            "live.api.qcloud.com",
            "169.254.169.254:80",
            "127.0.0.1:443",
            "example.org:443",
            "x.live.api.qcloud.com:443",
            "live.api.qcloud.com.:443",
            "[::1]:443",
            ":443",
            "",
        ] {
            let answer = judge(&format!("CONNECT {target} HTTP/1.1"));
            assert_eq!(answer, Err(HeadFault::Elsewhere), "{target}");
        }
        assert_eq!(judge("GET http://live.api.qcloud.com/ HTTP/1.1"), Err(HeadFault::Method));
        for line in ["", "CONNECT", "CONNECT live.api.qcloud.com:443", "CONNECT a b HTTP/1.1 c", "CONNECT a:443 HTTP/2"]
        {
            assert_eq!(judge(line), Err(HeadFault::Malformed), "{line}");
        }
    }

    #[test]
    fn a_head_is_whole_at_its_empty_line_and_nothing_may_follow() {
        assert_eq!(is_whole(b"", 4), Ok(false));
        assert_eq!(is_whole(b"a\r\n\r", 4), Ok(false));
        assert_eq!(is_whole(b"a\r\n\r\n", 4), Ok(true));
        assert_eq!(is_whole(b"a\r\n\r\nb", 4), Err(HeadFault::Malformed));
        assert_eq!(is_whole(b"abcde", 4), Err(HeadFault::TooLong { max: 4 }));
    }
}
