//! The part after `=`: a quoted or unquoted value, or a reference, and the rest of its line.

use zeroize::Zeroizing;

use super::{EnvFileReader, is_blank};
use crate::error::Error;
use crate::secret::SecretValue;
use crate::wanted::{
    Interpolation, Lookup, SCHEME, TemplatePiece, WantedValue, WrittenTemplate, mentions_reference,
};

/// A value while it is read.
#[derive(Default)]
pub(super) struct EnvFileValue {
    pieces: Vec<TemplatePiece>,
    /// The text after the pieces.
    text: Zeroizing<Vec<u8>>,
}

impl EnvFileValue {
    fn push(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }

    fn interpolation(&mut self, interpolation: Interpolation) {
        let text = std::mem::take(&mut *self.text);
        if !text.is_empty() {
            self.pieces.push(TemplatePiece::Text(SecretValue::bytes(text)));
        }
        self.pieces.push(TemplatePiece::Variable(interpolation));
    }

    /// Every text that the file itself contains.
    fn texts(&self) -> impl Iterator<Item = &[u8]> {
        let pieces = self.pieces.iter().filter_map(|piece| match piece {
            TemplatePiece::Text(text) => Some(text.expose()),
            TemplatePiece::Variable(interpolation) => {
                Some(interpolation.default.as_ref()?.expose())
            }
        });
        pieces.chain([&**self.text])
    }
}

/// How to write a `pfx://` that is not the whole value.
const INSIDE_TEXT: &str = "`pfx://` is a reference only as the whole value and in lower case; put it on a \
                           separate line, such as `P=pfx://secret/NAME`, and write `${P}` here; if it is plain \
                           text, write `S=pfx:` on an earlier line and `${S}//` here";

const NUL: &str = "a NUL byte, which a variable cannot hold";

impl EnvFileReader<'_> {
    /// Reads a value and the rest of its line.
    pub(super) fn wanted(&mut self) -> Result<WantedValue, Error> {
        let before = self.at;
        self.skip(|character| character == ' ');
        let start = self.at;
        match self.peek() {
            Some('#') if start == before => Err(self.fault(start, GLUED_COMMENT)),
            Some('#') => {
                self.comment()?;
                Ok(WantedValue::Text(SecretValue::bytes([])))
            }
            Some('\t') => Err(self.fault(
                start,
                "some programs read a tab after `=` as part of the value; use spaces",
            )),
            Some('`') => Err(self.fault(start, BACKTICK)),
            Some('\'') => {
                let value = self.single_quoted()?;
                self.end_of_line()?;
                self.checked_value(start, value)
            }
            Some('"') => {
                let value = self.double_quoted()?;
                self.end_of_line()?;
                self.checked_value(start, value)
            }
            Some(_) if self.rest().starts_with(SCHEME) => {
                let text = self.rest_of_line().split(is_blank).next().unwrap_or_default();
                self.at += text.len();
                self.end_of_line()?;
                self.reference(start, text)
            }
            _ => {
                let value = self.unquoted()?;
                self.checked_value(start, value)
            }
        }
    }

    fn checked_value(&self, start: usize, mut value: EnvFileValue) -> Result<WantedValue, Error> {
        let first = match value.pieces.first() {
            Some(TemplatePiece::Text(text)) => text.expose(),
            Some(TemplatePiece::Variable(_)) => &[],
            None => &value.text,
        };
        let begins = first.starts_with(SCHEME.as_bytes());
        if begins && value.pieces.is_empty() {
            let text = std::str::from_utf8(&value.text).unwrap_or_default();
            return self.reference(start, text);
        }
        if begins {
            return Err(self.fault(start, NOT_EXPANDED));
        }
        if value.texts().any(mentions_reference) {
            return Err(self.fault(start, INSIDE_TEXT));
        }
        let text = std::mem::take(&mut *value.text);
        if value.pieces.is_empty() {
            return Ok(WantedValue::Text(SecretValue::bytes(text)));
        }
        if !text.is_empty() {
            value.pieces.push(TemplatePiece::Text(SecretValue::bytes(text)));
        }
        let (place, key) = (self.place.to_owned(), self.key.clone());
        Ok(WantedValue::Template(WrittenTemplate { pieces: value.pieces, place, key }))
    }

    fn reference(&self, start: usize, text: &str) -> Result<WantedValue, Error> {
        let names_variable = |after: &str| {
            after.starts_with(|first: char| {
                first.is_ascii_alphabetic() || matches!(first, '_' | '{')
            })
        };
        if text.split('$').skip(1).any(names_variable) {
            return Err(self.fault(start, NOT_EXPANDED));
        }
        Lookup::parse(text).map(WantedValue::Lookup).map_err(|problem| self.fault(start, problem))
    }

    /// Up to the end of the line, or to a comment with a space before it.
    fn unquoted(&mut self) -> Result<EnvFileValue, Error> {
        let mut value = EnvFileValue::default();
        while !self.is_at_end_of_line() {
            match self.peek() {
                Some(' ') => {
                    let blank = self.at;
                    self.skip(|character| character == ' ');
                    match self.peek() {
                        Some('#') => self.comment()?,
                        _ if self.is_at_end_of_line() => {}
                        _ => {
                            value.push(&self.text[blank..self.at]);
                            continue;
                        }
                    }
                    break;
                }
                Some('#') => return Err(self.fault(self.at, GLUED_COMMENT)),
                Some(character) if is_white_space(character) => {
                    return Err(self.fault(self.at, WHITE_SPACE));
                }
                Some('\\') if self.rest()[1..].starts_with(['$', ' ']) => {
                    return Err(self.fault(self.at, ESCAPE));
                }
                Some(character) => self.character(character, &mut value)?,
                None => {}
            }
        }
        Ok(value)
    }

    /// Everything up to the next `'`, as it is.
    fn single_quoted(&mut self) -> Result<EnvFileValue, Error> {
        let open = self.at;
        let rest = &self.rest()[1..];
        let Some(length) = rest.find('\'') else { return Err(self.fault(open, NOT_CLOSED)) };
        let inside = &rest[..length];
        if inside.ends_with('\\') {
            let problem = "some programs read `\\'` as an escaped quote; use double quotes, or put the `\\` \
                           elsewhere";
            return Err(self.fault(open + length, problem));
        }
        if let Some(at) = inside.find('\0') {
            return Err(self.fault(open + 1 + at, NUL));
        }
        self.at += length + 2;
        let mut value = EnvFileValue::default();
        // A carriage return is part of the end of a line.
        inside.split('\r').for_each(|part| value.push(part));
        Ok(value)
    }

    fn double_quoted(&mut self) -> Result<EnvFileValue, Error> {
        let open = self.at;
        let mut value = EnvFileValue::default();
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(self.fault(open, NOT_CLOSED)),
                Some('"') => break,
                Some('\r') => self.at += 1,
                Some('\\') => match self.rest()[1..].chars().next() {
                    Some('n') => self.escaped("\n", &mut value),
                    Some('"') => self.escaped("\"", &mut value),
                    Some(
                        '\\' | '\'' | '$' | '`' | '\r' | '\n' | 'a' | 'b' | 'f' | 'r' | 't' | 'v',
                    ) => return Err(self.fault(self.at, ESCAPE)),
                    // No program reads this as an escape.
                    _ => {
                        value.push("\\");
                        self.at += 1;
                    }
                },
                Some(character) => self.character(character, &mut value)?,
            }
        }
        self.at += 1;
        Ok(value)
    }

    fn escaped(&mut self, meant: &str, value: &mut EnvFileValue) {
        value.push(meant);
        self.at += 2;
    }

    /// Reads one character outside of single quotes, or what a `$` refers to.
    fn character(&mut self, character: char, value: &mut EnvFileValue) -> Result<(), Error> {
        match character {
            '`' => return Err(self.fault(self.at, BACKTICK)),
            '\0' => return Err(self.fault(self.at, NUL)),
            '$' => {
                if let Some(interpolation) = self.interpolation()? {
                    value.interpolation(interpolation);
                    return Ok(());
                }
                value.push("$");
            }
            other => value.push(other.encode_utf8(&mut [0; 4])),
        }
        self.at += character.len_utf8();
        Ok(())
    }

    /// Reads the rest of the line after a closed value: white space, then an optional comment.
    fn end_of_line(&mut self) -> Result<(), Error> {
        let end = self.at;
        self.skip(is_blank);
        match self.peek() {
            _ if self.is_at_end_of_line() => Ok(()),
            Some('#') if self.at > end => self.comment(),
            Some('#') => Err(self.fault(self.at, GLUED_COMMENT)),
            _ => Err(self.fault(
                self.at,
                "text after the end of the value; put all of it in one pair of quotes",
            )),
        }
    }

    /// Reads a comment to the end of the line. A comment that ends earlier for JavaScript could hide a variable from
    /// pfx.
    pub(super) fn comment(&mut self) -> Result<(), Error> {
        let text = self.rest().split('\n').next().unwrap_or_default();
        if let Some(at) = text.find(['\u{2028}', '\u{2029}']) {
            let problem =
                "a line separator (U+2028 or U+2029), which ends the comment for some programs";
            return Err(self.fault(self.at + at, problem));
        }
        self.at += text.len();
        Ok(())
    }
}

/// White space for at least one program: that of Unicode, what Python adds (U+001C to U+001F), and what JavaScript
/// adds.
fn is_white_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}' | '\u{feff}')
}

const BACKTICK: &str = "a backtick is a quote to some programs and a command to a shell; put a literal one in \
                        single quotes";
const ESCAPE: &str =
    "programs read this `\\` differently; put the value in single quotes to use it as it is";
const GLUED_COMMENT: &str = "some programs read this `#` as text and others as a comment; put a space before a \
                             comment, or the value in quotes";
const NOT_CLOSED: &str = "this quote is not closed";
const NOT_EXPANDED: &str = "variables are not expanded inside a reference";
const WHITE_SPACE: &str = "put a value that contains white space other than spaces in quotes";
