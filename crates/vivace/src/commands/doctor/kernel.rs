//! Settings of the kernel that the server's own cannot go beyond.

use std::fs;

use vivace_server::LISTEN_BACKLOG;

use super::Finding;

pub(super) fn look() -> Option<Finding> {
    let text = fs::read_to_string("/proc/sys/net/core/somaxconn").ok()?;
    Some(judge(text.trim().parse().ok()?))
}

fn judge(somaxconn: i64) -> Finding {
    let check = "kernel";
    let found = format!("net.core.somaxconn is {somaxconn}");
    if somaxconn >= i64::from(LISTEN_BACKLOG) {
        return Finding::ok(check, found);
    }
    let found =
        format!("{found}: of a rush of newcomers only that many wait, not {LISTEN_BACKLOG}, and the rest try again");
    let remedy = format!("`sysctl net.core.somaxconn={LISTEN_BACKLOG}`, and the same in /etc/sysctl.d to keep it");
    Finding::warn(check, found, remedy)
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::judge;

    #[test]
    fn a_queue_shorter_than_ours_is_told() {
        assert_eq!([4_096, 4_095, 128].map(|max| judge(max).level), [Level::Ok, Level::Warn, Level::Warn]);
    }
}
