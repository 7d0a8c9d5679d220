//! Splits TOML into pieces without checking it, for texts that a parser refuses.

/// The pieces of a text, in order. Together they are the whole text.
pub struct Pieces<'t> {
    length: usize,
    rest: &'t str,
}

pub enum Piece<'t> {
    /// A string. It is not closed if the text ends first, or the line for a single-line string.
    String {
        quotes: &'t str,
        inner: &'t str,
        closed: bool,
    },
    /// Letters, digits, `_` and `-`.
    Word(&'t str),
    /// From `#` to the end of the line.
    Comment(&'t str),
    Other(char),
}

impl<'t> Pieces<'t> {
    pub const fn of(text: &'t str) -> Self {
        Self { length: text.len(), rest: text }
    }

    /// How much of the text has been read, in bytes.
    pub const fn offset(&self) -> usize {
        self.length - self.rest.len()
    }

    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn string(&mut self) -> Piece<'t> {
        let quote = self.rest.as_bytes()[0];
        let many = self.rest.as_bytes().starts_with(&[quote; 3]);
        let quotes = self.take(if many { 3 } else { 1 });
        let bytes = self.rest.as_bytes();
        let mut at = 0;
        while at < bytes.len() && !bytes[at..].starts_with(quotes.as_bytes()) {
            if bytes[at] == b'\n' && !many {
                break;
            }
            at += if bytes[at] == b'\\' && quote == b'"' { 2 } else { 1 };
        }
        // Do not split a character.
        let end = (at.min(bytes.len())..=bytes.len())
            .find(|&end| self.rest.is_char_boundary(end))
            .unwrap_or(bytes.len());
        let inner = self.take(end);
        let closed = self.rest.starts_with(quotes);
        self.take(if closed { quotes.len() } else { 0 });
        Piece::String { quotes, inner, closed }
    }
}

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        let first = self.rest.chars().next()?;
        let word = |character: char| {
            character.is_ascii_alphanumeric()
                || matches!(character, '_' | '-')
                || !(character.is_ascii() || character.is_whitespace())
        };
        Some(match first {
            '"' | '\'' => self.string(),
            '#' => Piece::Comment(self.take(self.rest.find('\n').unwrap_or(self.rest.len()))),
            first if word(first) => {
                let end = self.rest.find(|character| !word(character));
                Piece::Word(self.take(end.unwrap_or(self.rest.len())))
            }
            first => {
                self.take(first.len_utf8());
                Piece::Other(first)
            }
        })
    }
}
