//! Parses TOML, and describes its errors in words that do not quote the text.

use std::cell::Cell;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::error::{Error, Position};

/// A parsed TOML 1.0 document.
pub struct Document<'t> {
    text: &'t str,
    root: DeTable<'t>,
}

impl<'t> Document<'t> {
    /// Parses `text`. `place` is its path, for messages. A byte order mark is skipped, as in TOML 1.0 parsers
    /// (Prefect's parser refuses it).
    ///
    /// # Errors
    /// [`Error::Config`] with line, column and, if it is certain, the key; never with the text.
    pub fn parse(text: &'t str, place: &str) -> Result<Self, Error> {
        match DeTable::parse(text) {
            Ok(root) => Ok(Self { text, root: root.into_inner() }),
            Err(error) => {
                let offset = error.span().map_or(0, |span| span.start);
                let (at, key) = (position(text, offset), key_of_line(text, offset));
                Err(Error::config(place, at, key, fault(&error)))
            }
        }
    }

    pub const fn root(&self) -> &DeTable<'t> {
        &self.root
    }

    /// The value at `path`, or why there is none.
    pub fn walk(&self, path: &[&str]) -> Walk<'_, 't> {
        let mut table = &self.root;
        for (depth, key) in path.iter().enumerate() {
            let Some(value) = table.get(*key) else { return Walk::Absent };
            if depth + 1 == path.len() {
                return Walk::Found(value.get_ref());
            }
            match value.get_ref() {
                DeValue::Table(inner) => table = inner,
                _ => return Walk::Blocked,
            }
        }
        Walk::Root(table)
    }

    /// Where the value at `path` begins.
    pub fn position(&self, path: &[&str]) -> Option<Position> {
        let (last, tables) = path.split_last()?;
        let mut table = &self.root;
        for key in tables {
            let DeValue::Table(inner) = table.get(*key)?.get_ref() else { return None };
            table = inner;
        }
        Some(position(self.text, table.get(*last)?.span().start))
    }

    /// The whole document as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        to_json(&DeValue::Table(self.root.clone()))
    }

    /// The path of every key of every table, except those inside arrays.
    pub fn keys(&self) -> Vec<Vec<String>> {
        fn collect(table: &DeTable<'_>, path: &mut Vec<String>, keys: &mut Vec<Vec<String>>) {
            for (key, value) in table {
                path.push(key.get_ref().to_string());
                keys.push(path.clone());
                if let DeValue::Table(inner) = value.get_ref() {
                    collect(inner, path, keys);
                }
                path.pop();
            }
        }
        let mut keys = Vec::new();
        collect(&self.root, &mut Vec::new(), &mut keys);
        keys
    }
}

/// Where a path leads in one document.
pub enum Walk<'d, 't> {
    /// A table on the path does not have the next key.
    Absent,
    /// Something on the path is not a table.
    Blocked,
    Found(&'d DeValue<'t>),
    /// The path is empty.
    Root(&'d DeTable<'t>),
}

/// The line and column of a byte of `text`.
pub fn position(text: impl AsRef<[u8]>, offset: usize) -> Position {
    let before = &text.as_ref()[..offset.min(text.as_ref().len())];
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    Position {
        line: before.iter().filter(|&&byte| byte == b'\n').count() + 1,
        column: String::from_utf8_lossy(&before[start..]).chars().count() + 1,
    }
}

/// Line numbers in one text, each counted from the previous one, because positions mostly come in order. A run with a
/// hundred variables in pfx.toml or an env file takes 4 % longer if each is counted from the beginning
/// (`benches/compare.sh`).
#[derive(Debug, Default)]
pub struct LineCounter {
    /// A byte offset, and the number of lines above it.
    last: Cell<(usize, usize)>,
}

impl LineCounter {
    /// The line of a byte of `text`, counted from 1.
    pub fn of(&self, text: &str, offset: usize) -> usize {
        let (from, above) = match self.last.get() {
            (last, above) if last <= offset => (last, above),
            _ => (0, 0),
        };
        let between = text.as_bytes().get(from..offset).unwrap_or_default();
        let above = above + between.iter().filter(|&&byte| byte == b'\n').count();
        self.last.set((offset, above));
        above + 1
    }

    /// The line and column of a byte of `text`.
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let line = self.of(text, offset);
        let before = text.get(..offset).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        Position { line, column: before[start..].chars().count() + 1 }
    }
}

/// The parser's description of an error. Its `message()` is fixed text, except for a duplicate key, which could name
/// something in the document.
fn fault(error: &toml::de::Error) -> String {
    let message = error.message();
    if message.starts_with("duplicate key") {
        return "the key occurs twice".to_owned();
    }
    message.lines().next().unwrap_or("not valid TOML").to_owned()
}

/// The key at the start of a line, if it certainly is one: `NAME =` followed by the first character of a value.
/// Anything else might be inside a value.
fn key_of_line(text: &str, offset: usize) -> Option<String> {
    let offset = offset.min(text.len());
    let start =
        text.as_bytes()[..offset].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    // After the start of a multi-line string, a line may be a part of it.
    if text[..start].contains("\"\"\"") || text[..start].contains("'''") {
        return None;
    }
    let line = text.get(start..)?.lines().next()?;
    let (key, rest) = line.split_once('=')?;
    let key = key.trim();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let is_key = !key.is_empty() && key.len() <= 64 && key.bytes().all(plain);
    let is_value = rest.starts_with(' ') || rest.starts_with(['"', '\'', '[', '{']);
    (is_key && is_value).then(|| key.to_owned())
}

/// A TOML value as JSON: numbers in decimal, dates and times as text, and infinities and NaN, which JSON does not
/// have, as text too.
pub fn to_json(value: &DeValue<'_>) -> serde_json::Value {
    use serde_json::Value;
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Array(items) => items.iter().map(|item| to_json(item.get_ref())).collect(),
        DeValue::Table(table) => Value::Object(
            in_order(table)
                .map(|(key, value)| (key.get_ref().to_string(), to_json(value.get_ref())))
                .collect(),
        ),
        other => {
            let text = scalar(other);
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
    }
}

/// The entries of a table in the order of the file.
pub fn in_order<'d, 't>(
    table: &'d DeTable<'t>,
) -> impl Iterator<Item = (&'d Spanned<DeString<'t>>, &'d Spanned<DeValue<'t>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries.into_iter()
}

/// The text of a value that is not a string, array or table: a number in decimal with its own digits, `true`,
/// `false`, or a date or time in the form of RFC 3339.
pub fn scalar(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::Integer(number) if number.radix() == 10 => decimal(number.as_str()),
        DeValue::Integer(number) => u128::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| number.to_string(), |number| number.to_string()),
        DeValue::Float(number) => decimal(number.as_str()),
        DeValue::String(_) | DeValue::Array(_) | DeValue::Table(_) => String::new(),
    }
}

/// A TOML number as JSON: without `+`, which JSON allows only in exponents, and without `_`.
fn decimal(text: &str) -> String {
    text.strip_prefix('+').unwrap_or(text).replace('_', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Document::parse(text, "c.toml").map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn an_error_gives_line_column_and_key_and_quotes_nothing() {
        let text = error("[context.secrets]\nTOKEN = \"CANARY\nB = 1\n");
        assert!(text.starts_with("cannot read c.toml:2:"), "{text}");
        assert!(text.contains("key `TOKEN`"), "{text}");
        assert!(!text.contains("CANARY"), "{text}");
    }

    #[test]
    fn a_possible_part_of_a_value_is_not_reported_as_a_key() {
        for line in ["CANARY==", "CANARY", "CANARY=CANARY", "CANARY \"=\" x"] {
            let text = error(&format!("[context.secrets]\n{line}\n"));
            assert!(!text.contains("CANARY"), "{text}");
        }
    }

    #[test]
    fn lines_are_counted_forwards_and_backwards() {
        let lines = LineCounter::default();
        let text = "a\nb\n\nc";
        let shown: Vec<usize> = [0, 2, 5, 4, 1, 5].map(|at| lines.of(text, at)).into();
        assert_eq!(shown, [1, 2, 4, 3, 1, 4]);
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(position("a\nüx", 4), Position { line: 2, column: 2 });
    }
}
