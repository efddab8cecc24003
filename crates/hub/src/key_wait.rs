use vivace_base::MediaTime;

/// How long no key frame has come, and whether that has been told.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyWait {
    since: Option<MediaTime>,
    told: bool,
}

impl KeyWait {
    /// Looks at a picture. True once for each key frame behind which pictures come for longer than `longest`.
    pub(crate) fn is_too_long(&mut self, key: bool, dts: MediaTime, longest: MediaTime) -> bool {
        if key {
            *self = Self { since: Some(dts), told: false };
            return false;
        }
        let since = *self.since.get_or_insert(dts);
        dts - since > longest && self.tell()
    }

    /// True the first time since the newest key frame.
    pub(crate) fn tell(&mut self) -> bool {
        !std::mem::replace(&mut self.told, true)
    }
}

#[cfg(test)]
mod tests {
    use vivace_base::MediaTime;

    use super::KeyWait;

    #[test]
    fn it_is_told_once_for_each_key_frame() {
        let longest = MediaTime::from_ms(100);
        let mut wait = KeyWait::default();
        let mut told = |key, ms| wait.is_too_long(key, MediaTime::from_ms(ms), longest);
        // Without any key frame it counts from the first picture.
        assert_eq!(
            [told(false, 1_000), told(false, 1_100), told(false, 1_101), told(false, 9_000)],
            [false, false, true, false]
        );
        assert_eq!(
            [told(true, 9_040), told(false, 9_140), told(false, 9_160), told(false, 9_200)],
            [false, false, true, false]
        );
        assert_eq!([told(true, 9_240), told(true, 9_340), told(false, 9_400)], [false; 3]);
    }
}
