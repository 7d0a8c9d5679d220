//! Valid TOML that Prefect 1.4.1 refuses or reads differently: the additions of TOML 1.1, and some multi-line
//! strings.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::long_string;
use super::pieces::{Piece, Pieces};

/// A part of the text to refuse.
pub struct Refused {
    /// Where it begins, in bytes.
    pub offset: usize,
    pub key: Option<String>,
    pub problem: &'static str,
}

impl Refused {
    /// Finds the first one in a parsed text.
    pub fn first(text: &str, root: &DeTable<'_>) -> Option<Self> {
        // Most files have no backslash. Then strings need not be searched for escapes.
        Search { text, has_escapes: text.contains('\\') }.table(root, false)
    }

    const fn new(offset: usize, problem: &'static str) -> Self {
        Self { offset, key: None, problem }
    }
}

struct Search<'t> {
    text: &'t str,
    has_escapes: bool,
}

impl Search<'_> {
    fn table(&self, table: &DeTable<'_>, is_inline: bool) -> Option<Refused> {
        table.iter().find_map(|(key, value)| {
            let long_string = || {
                let is_different = long_string::is_different(self.text.get(value.span())?);
                let (offset, key) = (value.span().start, Some(key.get_ref().to_string()));
                let problem = long_string::PROBLEM;
                (is_different && !is_inline).then_some(Refused { offset, key, problem })
            };
            let (start, end) = (key.span().start, key.span().end);
            self.string(start, end).or_else(|| self.value(value)).or_else(long_string)
        })
    }

    fn value(&self, value: &Spanned<DeValue<'_>>) -> Option<Refused> {
        let (start, end) = (value.span().start, value.span().end);
        match value.get_ref() {
            DeValue::String(_) => self.string(start, end),
            DeValue::Datetime(moment) => moment
                .time
                .filter(|time| time.second.is_none())
                .map(|_| Refused::new(start, "a time must have seconds (TOML 1.0)")),
            DeValue::Array(items) => items.iter().find_map(|item| self.value(item)),
            DeValue::Table(table) => {
                let inline = self.text.get(start..end).filter(|inline| inline.starts_with('{'));
                self.table(table, inline.is_some()).or_else(|| {
                    let problem =
                        "an inline table must be on one line, without a trailing comma (TOML 1.0)";
                    Some(Refused::new(start + loose_inline_table(inline?)?, problem))
                })
            }
            _ => None,
        }
    }

    fn string(&self, start: usize, end: usize) -> Option<Refused> {
        let offset = if self.has_escapes { escape(self.text, start, end) } else { None };
        offset.map(|offset| Refused::new(offset, "this escape is not valid in a string (TOML 1.0)"))
    }
}

/// The offset of `\e` or `\x` in a basic string.
fn escape(text: &str, start: usize, end: usize) -> Option<usize> {
    let string = text.get(start..end).filter(|string| string.starts_with('"'))?.as_bytes();
    let mut at = string.iter().position(|&byte| byte == b'\\')?;
    while at + 1 < string.len() {
        match (string[at], string[at + 1]) {
            (b'\\', b'e' | b'x') => return Some(start + at),
            (b'\\', _) => at += 2,
            _ => at += 1,
        }
    }
    None
}

/// The offset of a line feed in an inline table, or of a comma before its closing brace, unless it is inside a string
/// or an array.
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
