//! Which streams carry a watermark that is not their channel's.

#[cfg(test)]
mod tests;

use vivace_base::UnixMs;

use crate::reach;

/// Which streams a watermark is for. An empty field stands for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatermarkRule {
    /// The host name that is pushed to.
    pub domain: String,
    /// The path that is pushed to: `AppName`.
    pub path: String,
    /// The stream.
    pub stream: String,
    /// The number of the watermark.
    pub watermark: u64,
    /// When it was made.
    pub created_at: UnixMs,
}

impl WatermarkRule {
    /// The rule that counts for a push: the one that names it most closely, by domain and stream, then by stream, then by
    /// domain.
    pub fn closest<'a>(rules: &'a [Self], domain: &str, path: &str, stream: &str) -> Option<&'a Self> {
        let rank = |rule: &Self| reach::rank([&rule.domain, &rule.path, &rule.stream], [domain, path, stream]);
        rules.iter().filter_map(|rule| Some((rank(rule)?, rule))).max_by_key(|(rank, _)| *rank).map(|(_, rule)| rule)
    }

    /// Whether it is for exactly the same streams as another one.
    pub fn is_for_same(&self, other: &Self) -> bool {
        (&self.domain, &self.path, &self.stream) == (&other.domain, &other.path, &other.stream)
    }
}
