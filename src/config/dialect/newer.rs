//! What only TOML 1.1 has, and Prefect 1.4.1 refuses.

use std::cell::Cell;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::pieces::{Piece, Pieces};

/// What only TOML 1.1 has, looked for in a parsed text: the offset of the first, and what it is.
pub struct Newer<'t> {
    text: &'t str,
    /// Whether there is any backslash: most files have none, and then no string is read again.
    has_escapes: bool,
    /// Whether a string of several lines was met on the way.
    pub has_long_strings: Cell<bool>,
}

impl<'t> Newer<'t> {
    pub fn of(text: &'t str) -> Self {
        Self { text, has_escapes: text.contains('\\'), has_long_strings: Cell::new(false) }
    }

    pub fn table(&self, table: &DeTable<'_>) -> Option<(usize, &'static str)> {
        table.iter().find_map(|(key, value)| {
            self.string(key.span().start, key.span().end).or_else(|| self.value(value))
        })
    }

    fn value(&self, value: &Spanned<DeValue<'_>>) -> Option<(usize, &'static str)> {
        let (start, end) = (value.span().start, value.span().end);
        match value.get_ref() {
            DeValue::String(_) => self.string(start, end),
            DeValue::Datetime(moment) => moment
                .time
                .filter(|time| time.second.is_none())
                .map(|_| (start, "a time must have seconds in TOML 1.0")),
            DeValue::Array(items) => items.iter().find_map(|item| self.value(item)),
            DeValue::Table(table) => self.table(table).or_else(|| {
                let inline = self.text.get(start..end).filter(|inline| inline.starts_with('{'))?;
                loose_inline_table(inline).map(|offset| {
                    (start + offset, "an inline table must be one line without a comma at its end")
                })
            }),
            _ => None,
        }
    }

    fn string(&self, start: usize, end: usize) -> Option<(usize, &'static str)> {
        let bytes = self.text.as_bytes().get(start..end)?;
        if bytes.starts_with(b"\"\"\"") || bytes.starts_with(b"'''") {
            self.has_long_strings.set(true);
        }
        if self.has_escapes { escape(self.text, start, end) } else { None }
    }
}

/// `\e` or `\x` in a basic string.
fn escape(text: &str, start: usize, end: usize) -> Option<(usize, &'static str)> {
    let string = text.get(start..end).filter(|string| string.starts_with('"'))?.as_bytes();
    let mut at = string.iter().position(|&byte| byte == b'\\')?;
    while at + 1 < string.len() {
        match (string[at], string[at + 1]) {
            (b'\\', b'e' | b'x') => {
                return Some((start + at, "TOML 1.0 has no such escape in a string"));
            }
            (b'\\', _) => at += 2,
            _ => at += 1,
        }
    }
    None
}

/// The offset of a line feed, or of a comma in front of the brace, in an inline table; not of one inside a
/// string or an array.
fn loose_inline_table(text: &str) -> Option<usize> {
    let mut pieces = Pieces::of(text);
    let (mut arrays, mut comma, mut offset) = (0_usize, None, 0);
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Other('[') => arrays += 1,
            Piece::Other(']') => arrays = arrays.saturating_sub(1),
            Piece::Other('\n') if arrays == 0 => return Some(offset),
            Piece::Other('}') if comma.is_some() => return comma,
            _ => {}
        }
        comma = match piece {
            Piece::Other(',') if arrays == 0 => Some(offset),
            Piece::Other(' ' | '\t') => comma,
            _ => None,
        };
        offset = pieces.offset();
    }
    None
}
