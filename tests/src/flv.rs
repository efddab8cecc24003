use std::io::{ErrorKind, Read, Result};

/// What a tag carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
    /// Data.
    Script,
}

/// One FLV tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// What it carries.
    pub kind: Kind,
    /// Milliseconds.
    pub time_ms: u32,
    /// Its body.
    pub body: Vec<u8>,
}

impl Tag {
    /// Whether it holds a picture or sound, and neither a header nor data.
    pub fn is_media(&self) -> bool {
        match self.kind {
            Kind::Script => false,
            // Sound of AAC has a byte that tells its header from its frames.
            Kind::Audio => self.body[0] >> 4 != 10 || self.body[1] == 1,
            Kind::Video if self.body[0] & 0x80 != 0 => matches!(self.body[0] & 15, 1 | 3),
            Kind::Video => self.body[1] == 1,
        }
    }

    /// Whether it holds the header that decoders of H.264 or HEVC begin with.
    pub fn is_video_header(&self) -> bool {
        let enhanced = self.kind == Kind::Video && self.body[0] & 0x80 != 0;
        self.kind == Kind::Video && if enhanced { self.body[0] & 15 == 0 } else { self.body[1] == 0 }
    }

    /// Whether it holds a picture that a player can begin with.
    pub fn is_key(&self) -> bool {
        self.kind == Kind::Video && self.is_media() && (self.body[0] >> 4) & 7 == 1
    }

    /// Whether the body holds this text somewhere.
    pub fn says(&self, text: &str) -> bool {
        self.body.windows(text.len()).any(|part| part == text.as_bytes())
    }
}

/// A strict reader of FLV, written from annex E of the file format specification: every size must be right.
#[derive(Debug)]
pub struct Flv<R> {
    input: R,
    /// Flags of the file header: 4 sound, 1 pictures.
    pub flags: u8,
}

impl<R: Read> Flv<R> {
    /// Reads the file header.
    ///
    /// # Panics
    /// It is none.
    #[track_caller]
    pub fn open(mut input: R) -> Self {
        let mut header = [0; 13];
        input.read_exact(&mut header).unwrap();
        assert_eq!(&header[..4], b"FLV\x01");
        assert_eq!(&header[5..], [0, 0, 0, 9, 0, 0, 0, 0]);
        Self { input, flags: header[4] }
    }

    /// The next tag; `None` if the input ends between two tags.
    ///
    /// # Errors
    /// The input ends within a tag.
    ///
    /// # Panics
    /// The bytes are no tag.
    pub fn tag(&mut self) -> Result<Option<Tag>> {
        let mut header = [0; 11];
        if self.input.read(&mut header[..1])? == 0 {
            return Ok(None);
        }
        self.input.read_exact(&mut header[1..])?;
        let kind = match header[0] {
            8 => Kind::Audio,
            9 => Kind::Video,
            18 => Kind::Script,
            other => panic!("{other} is no kind of tag: the reader is off the tags' boundaries"),
        };
        let length = u32::from_be_bytes([0, header[1], header[2], header[3]]);
        let mut body = vec![0; length as usize];
        self.input.read_exact(&mut body)?;
        let mut size = [0; 4];
        self.input.read_exact(&mut size)?;
        assert_eq!(u32::from_be_bytes(size), length + 11, "the size behind a tag is wrong");
        assert!(body.len() > 1, "a tag without a body");
        let time_ms = u32::from_be_bytes([header[7], header[4], header[5], header[6]]);
        Ok(Some(Tag { kind, time_ms, body }))
    }

    /// The next tag that `wanted` takes.
    ///
    /// # Panics
    /// The input ends before.
    #[track_caller]
    pub fn find(&mut self, mut wanted: impl FnMut(&Tag) -> bool) -> Tag {
        loop {
            let tag = self.tag().unwrap().expect("the stream has ended");
            if wanted(&tag) {
                return tag;
            }
        }
    }

    /// What is read from.
    pub fn input(&mut self) -> &mut R {
        &mut self.input
    }

    /// Every whole tag of a file that is still being written.
    pub fn whole_tags(&mut self) -> Vec<Tag> {
        let mut tags = Vec::new();
        loop {
            match self.tag() {
                Ok(Some(tag)) => tags.push(tag),
                Ok(None) => return tags,
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return tags,
                Err(error) => panic!("{error}"),
            }
        }
    }
}
