//! As much of a playlist as a viewer needs (RFC 8216).

/// What a playlist says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct List {
    /// The first media playlist of a master playlist.
    pub(super) media: Option<String>,
    /// The newest segment of a media playlist.
    pub(super) newest: Option<String>,
    /// Target duration in seconds.
    pub(super) target_s: u64,
}

impl List {
    /// Reads a playlist; what it does not know it passes over.
    pub(super) fn parse(text: &str) -> Self {
        let mut list = Self::default();
        let mut master = false;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(target) = line.strip_prefix("#EXT-X-TARGETDURATION:") {
                list.target_s = target.parse().unwrap_or(0);
            }
            master |= line.starts_with("#EXT-X-STREAM-INF");
            if line.starts_with('#') {
                continue;
            }
            if master {
                list.media.get_or_insert_with(|| line.to_owned());
            } else {
                list.newest = Some(line.to_owned());
            }
        }
        list
    }
}

/// An address within a playlist, relative to the playlist's own path (RFC 3986, 5.2); other machines are not asked.
pub(super) fn join(path: &str, name: &str) -> String {
    if name.starts_with('/') {
        return name.to_owned();
    }
    let path = path.split('?').next().unwrap_or_default();
    let folder = path.rfind('/').and_then(|slash| path.get(..=slash)).unwrap_or("/");
    format!("{folder}{name}")
}

#[cfg(test)]
mod tests {
    use super::{List, join};

    #[test]
    fn the_media_playlist_and_the_newest_segment_are_found() {
        let master = List::parse("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\r\na/x.m3u8?k=1\n");
        assert_eq!((master.media.as_deref(), master.newest), (Some("a/x.m3u8?k=1"), None));
        let media = List::parse("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\ns1.m4s\n#EXTINF:2,\ns2.m4s?k=1\n");
        assert_eq!((media.target_s, media.newest.as_deref(), media.media), (2, Some("s2.m4s?k=1"), None));
        assert_eq!(
            List::parse("\0#EXT-X-TARGETDURATION:x"),
            List { newest: Some("\0#EXT-X-TARGETDURATION:x".into()), ..List::default() }
        );
    }

    #[test]
    fn names_are_relative_to_the_playlist() {
        assert_eq!(join("/live/a.m3u8?x=/y", "a/b.m3u8?k=1"), "/live/a/b.m3u8?k=1");
        assert_eq!(join("/live/a.m3u8", "/b.ts"), "/b.ts");
        assert_eq!(join("", "b.ts"), "/b.ts");
    }
}
