//! Rust source as tokens: enough of a lexer to tell code from comments, strings and tests.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Identifier, keyword or lifetime name.
    Word,
    /// Number literal as written.
    Number,
    /// String or character literal; the text is its contents.
    Text,
    /// One character of punctuation.
    Mark,
}

/// A token with the line (from 1) on which it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: Kind,
    /// As written.
    pub(crate) text: String,
    /// Line from 1.
    pub(crate) line: usize,
}

impl Token {
    /// Whether this is the word or the mark `text`; a string that says so is not.
    pub(crate) fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Mark) && self.text == text
    }
}

/// Whether the tokens from `at` on are these words and marks.
pub(crate) fn follows(tokens: &[Token], at: usize, wanted: &[&str]) -> bool {
    tokens.get(at..at + wanted.len()).is_some_and(|found| found.iter().zip(wanted).all(|(token, text)| token.is(text)))
}

/// Index after the bracket that closes the one at `open`; the end if it is never closed.
pub(crate) fn after_group(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.kind == Kind::Mark {
            match token.text.as_str() {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return at + 1;
            }
        }
    }
    tokens.len()
}

/// The tokens without items under `#[cfg(test)]`.
pub(crate) fn shipped(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        if is_cfg_test(&tokens, at) {
            at = after_item(&tokens, at);
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

fn is_cfg_test(tokens: &[Token], at: usize) -> bool {
    follows(tokens, at, &["#", "[", "cfg", "(", "test", ")", "]"])
        || follows(tokens, at, &["#", "[", "cfg", "(", "all", "(", "test"])
}

/// Index after the item that starts (with its attributes) at `at`.
fn after_item(tokens: &[Token], mut at: usize) -> usize {
    while follows(tokens, at, &["#", "["]) {
        at = after_group(tokens, at + 1);
    }
    let is_use = tokens[at..].iter().take(4).any(|token| token.is("use"));
    while let Some(token) = tokens.get(at) {
        if token.is(";") || token.is(",") || token.is("}") {
            return if token.is("}") { at } else { at + 1 };
        }
        let opens = token.kind == Kind::Mark && matches!(token.text.as_str(), "(" | "[" | "{");
        let ends = token.is("{") && !is_use;
        at = if opens { after_group(tokens, at) } else { at + 1 };
        if ends {
            return at;
        }
    }
    at
}

/// Value of an integer literal in base ten, with or without `_` and a type.
pub(crate) fn integer(text: &str) -> Option<u64> {
    const TYPES: [&str; 12] = ["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize"];
    let bare = TYPES.iter().find_map(|suffix| text.strip_suffix(suffix)).unwrap_or(text);
    bare.replace('_', "").parse().ok()
}

/// Splits source into tokens and drops comments.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer { chars: source.chars().collect(), at: 0, line: 1, out: Vec::new() };
    while lexer.at < lexer.chars.len() {
        lexer.next();
    }
    lexer.out
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    line: usize,
    out: Vec<Token>,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn bump(&mut self) -> char {
        let char = self.peek(0);
        self.line += usize::from(char == '\n');
        self.at += 1;
        char
    }

    fn push(&mut self, kind: Kind, text: String, line: usize) {
        self.out.push(Token { kind, text, line });
    }

    fn next(&mut self) {
        match (self.peek(0), self.peek(1)) {
            ('/', '/') => {
                while self.at < self.chars.len() && self.peek(0) != '\n' {
                    self.bump();
                }
            }
            ('/', '*') => self.block_comment(),
            ('"', _) => self.string(),
            ('\'', _) => self.quote(),
            (char, _) if char.is_ascii_digit() => self.number(),
            (char, _) if char.is_alphabetic() || char == '_' => self.word(),
            (char, _) if char.is_whitespace() => {
                self.bump();
            }
            _ => {
                let line = self.line;
                let char = self.bump();
                self.push(Kind::Mark, char.to_string(), line);
            }
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.chars.len() {
            match (self.peek(0), self.peek(1)) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth -= 1,
                _ => {
                    self.bump();
                    continue;
                }
            }
            self.bump();
            self.bump();
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        let line = self.line;
        let mut text = String::new();
        self.bump();
        while self.at < self.chars.len() && self.peek(0) != '"' {
            if self.peek(0) == '\\' {
                text.push(self.bump());
            }
            text.push(self.bump());
        }
        self.bump();
        self.push(Kind::Text, text, line);
    }

    fn raw_string(&mut self, hashes: usize) {
        let line = self.line;
        let mut text = String::new();
        for _ in 0..=hashes {
            self.bump();
        }
        while self.at < self.chars.len() {
            if self.peek(0) == '"' && (1..=hashes).all(|ahead| self.peek(ahead) == '#') {
                break;
            }
            text.push(self.bump());
        }
        for _ in 0..=hashes {
            self.bump();
        }
        self.push(Kind::Text, text, line);
    }

    /// A character literal or a lifetime.
    fn quote(&mut self) {
        let line = self.line;
        let is_lifetime = (self.peek(1).is_alphabetic() || self.peek(1) == '_') && self.peek(2) != '\'';
        self.bump();
        if is_lifetime {
            return self.word();
        }
        let mut text = String::new();
        while self.at < self.chars.len() && self.peek(0) != '\'' {
            if self.peek(0) == '\\' {
                text.push(self.bump());
            }
            text.push(self.bump());
        }
        self.bump();
        self.push(Kind::Text, text, line);
    }

    fn number(&mut self) {
        let line = self.line;
        let mut text = String::new();
        let is_part = |char: char| char.is_ascii_alphanumeric() || char == '_';
        while is_part(self.peek(0)) || (self.peek(0) == '.' && self.peek(1).is_ascii_digit()) {
            text.push(self.bump());
        }
        self.push(Kind::Number, text, line);
    }

    fn word(&mut self) {
        let line = self.line;
        let mut text = String::new();
        while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
            text.push(self.bump());
        }
        let hashes = (0..).take_while(|ahead| self.peek(*ahead) == '#').count();
        match text.as_str() {
            "r" | "br" | "cr" if self.peek(hashes) == '"' => self.raw_string(hashes),
            "b" | "c" if self.peek(0) == '"' => self.string(),
            "b" if self.peek(0) == '\'' => self.quote(),
            "r" if hashes == 1 => {
                self.bump();
            }
            _ => self.push(Kind::Word, text, line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, follows, integer, shipped, tokens};

    fn words(source: &str) -> Vec<String> {
        let tokens = shipped(tokens(source));
        tokens.into_iter().filter(|token| token.kind == Kind::Word).map(|token| token.text).collect()
    }

    #[test]
    fn comments_strings_and_characters_are_not_code() {
        let source = "a /* b /* c */ d */ \"e \\\" f\" 'g' '\\'' b'h' r#\"i \" j\"# k // l\nm";
        assert_eq!(words(source), ["a", "k", "m"]);
    }

    #[test]
    fn lifetimes_and_raw_names_are_words() {
        assert_eq!(words("&'a str r#type 'b' x"), ["a", "str", "type", "x"]);
    }

    #[test]
    fn lines_are_counted_through_literals_and_comments() {
        let all = tokens("\"a\nb\"\n/* c\n */ d");
        assert_eq!(all.last().map(|token| (token.text.as_str(), token.line)), Some(("d", 4)));
    }

    #[test]
    fn what_only_tests_build_is_left_out() {
        let source = "use a; #[cfg(test)] use b::{c}; fn d() {} #[cfg(test)] #[allow(x)] mod e { fn f() {} } fn g() {} \
                      #[cfg(test)] mod h; fn i() {} #[cfg(test)] pub(crate) fn j(k: u8) -> u8 { k } const L: u8 = 1;";
        assert_eq!(words(source), ["use", "a", "fn", "d", "fn", "g", "fn", "i", "const", "L", "u8"]);
    }

    #[test]
    fn a_range_is_two_numbers_and_a_fraction_one() {
        let text = |source: &str| tokens(source).into_iter().map(|token| token.text).collect::<Vec<_>>();
        assert_eq!(text("1..20 1.5 0x1f_u8"), ["1", ".", ".", "20", "1.5", "0x1f_u8"]);
        assert!(follows(&tokens("a::b"), 0, &["a", ":", ":", "b"]));
    }

    #[test]
    fn integers_are_read_in_each_form() {
        assert_eq!(integer("20_101"), Some(20_101));
        assert_eq!(integer("20101u32"), Some(20_101));
        assert_eq!(integer("0x10"), None);
        assert_eq!(integer("1.5"), None);
    }
}
