//! TOML as Prefect 1.4.1 reads it, with `toml` 0.10.2: here and there wider than TOML 1.0, and without what
//! TOML 1.1 added. Where that parser is narrower than TOML 1.0, TOML 1.0 holds.

use std::cell::{Cell, OnceCell};

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

use super::document::{Document, position};
use super::pieces::{Piece, Pieces};
use crate::error::Error;

/// Parses `text`. If it has to be rewritten to be TOML 1.0, `rewritten` keeps that.
///
/// # Errors
/// [`Error::Config`] as [`Document::parse`]; and for what only TOML 1.1 allows, with which Prefect does
/// not start.
pub fn parse<'t>(
    text: &'t str,
    place: &str,
    rewritten: &'t OnceCell<Zeroizing<String>>,
) -> Result<Document<'t>, Error> {
    match Document::parse(text, place) {
        Ok(document) => {
            let newer = Newer::of(text);
            if let Some((offset, problem)) = newer.table(document.root()) {
                return Err(Error::Config {
                    place: place.to_owned(),
                    at: Some(position(text, offset)),
                    key: None,
                    problem: problem.to_owned(),
                });
            }
            match newer.has_long_strings.get().then(|| rewrite(text)).flatten() {
                Some(text) => Document::parse(rewritten.get_or_init(|| text), place),
                None => Ok(document),
            }
        }
        Err(error) => {
            let Some(text) = rewrite(text) else { return Err(error) };
            Document::parse(rewritten.get_or_init(|| text), place).map_err(|_| error)
        }
    }
}

/// Makes one line feed of every `\r\n` and `\r`, as Python does when it opens a text.
pub fn universal_newlines(bytes: &mut Vec<u8>) {
    let Some(first) = bytes.iter().position(|&byte| byte == b'\r') else { return };
    let (mut to, mut from) = (first, first);
    while from < bytes.len() {
        let byte = bytes[from];
        from += if byte == b'\r' && bytes.get(from + 1) == Some(&b'\n') { 2 } else { 1 };
        bytes[to] = if byte == b'\r' { b'\n' } else { byte };
        to += 1;
    }
    bytes.truncate(to);
}

/// What only TOML 1.1 has, looked for in a parsed text: the offset of the first, and what it is.
struct Newer<'t> {
    text: &'t str,
    /// Whether there is any backslash: most files have none, and then no string is read again.
    has_escapes: bool,
    /// Whether a string of several lines was met on the way.
    has_long_strings: Cell<bool>,
}

impl<'t> Newer<'t> {
    fn of(text: &'t str) -> Self {
        Self { text, has_escapes: text.contains('\\'), has_long_strings: Cell::new(false) }
    }

    fn table(&self, table: &DeTable<'_>) -> Option<(usize, &'static str)> {
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

/// The text with what Prefect's parser takes beyond TOML 1.0 written as TOML 1.0 has it: control characters
/// in strings, the escape `\0`, and letters of all alphabets in bare keys; and what it reads otherwise, strings
/// of many lines. `None` if there is none.
fn rewrite(text: &str) -> Option<Zeroizing<String>> {
    let mut made = Zeroizing::new(String::with_capacity(text.len() + 64));
    // Whether a key may stand here: at the head of a line, in a header, in an inline table before `=`.
    let mut key = true;
    let mut open = Vec::new();
    for piece in Pieces::of(text) {
        match piece {
            Piece::String { quotes, inner, closed } => {
                let lines = (quotes.len() == 3 && closed && !key && open.is_empty())
                    .then(|| as_lines_are_read(inner));
                let inner = lines.as_ref().and_then(Option::as_ref).map_or(inner, |lines| lines);
                write_string(&mut made, quotes, inner, closed);
            }
            Piece::Word(word) if key && !word.is_ascii() => {
                made.push('"');
                made.push_str(word);
                made.push('"');
            }
            Piece::Word(text) | Piece::Comment(text) => made.push_str(text),
            Piece::Other(character) => {
                match character {
                    '=' => key = false,
                    '[' | '{' if !key => {
                        open.push(character);
                        key = character == '{';
                    }
                    ']' | '}' if open.pop().is_some() => key = false,
                    ',' => key = open.last() == Some(&'{'),
                    '\n' if open.is_empty() => key = true,
                    _ => {}
                }
                made.push(character);
            }
        }
    }
    (*made != text).then_some(made)
}

/// The inside of a string of many lines as Prefect's parser reads it, if that is not as TOML 1.0 does. It takes
/// the text line by line: all line feeds in front are lost, and so are blanks at the end of the first
/// line; a line with `\` at its end, in a literal string too, is joined with the next one, which loses
/// the blanks at both its ends (`toml/decoder.py`, `loads`).
fn as_lines_are_read(inner: &str) -> Option<Zeroizing<String>> {
    let mut lines = inner.trim_start_matches('\n').split('\n').peekable();
    // What stands first is a line feed that TOML drops.
    let mut made = Zeroizing::new("\n".to_owned());
    let (mut strip, mut joined) = (true, false);
    let mut first = true;
    while let Some(line) = lines.next() {
        let is_last = lines.peek().is_none();
        let line = if first || !strip { line } else { line.trim_start_matches(is_blank) };
        let line = if strip && !is_last { line.trim_end_matches(is_blank) } else { line };
        first = false;
        if line.is_empty() && joined && !is_last {
            continue;
        }
        let slashes = line.len() - line.trim_end_matches('\\').len();
        if is_last {
            made.push_str(line);
        } else if slashes % 2 == 1 {
            made.push_str(&line[..line.len() - 1]);
            joined = true;
        } else {
            made.push_str(line);
            made.push('\n');
            (strip, joined) = (false, false);
            continue;
        }
        strip = true;
    }
    let as_toml = inner.strip_prefix('\n').unwrap_or(inner);
    (made[1..] != *as_toml).then_some(made)
}

/// What Python's `str.strip` takes away.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}')
}

fn write_string(made: &mut String, quotes: &str, inner: &str, closed: bool) {
    let many = quotes.len() == 3;
    let odd = |character: char| {
        character.is_ascii_control() && character != '\t' && !(many && character == '\n')
    };
    let literal = quotes.starts_with('\'');
    if literal && !inner.contains(odd) {
        made.push_str(quotes);
        made.push_str(inner);
        made.push_str(if closed { quotes } else { "" });
        return;
    }
    let basic = if many { "\"\"\"" } else { "\"" };
    made.push_str(basic);
    let mut characters = inner.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' | '"' if literal => {
                made.push('\\');
                made.push(character);
            }
            '\\' if characters.peek() == Some(&'0') => {
                characters.next();
                made.push_str("\\u0000");
            }
            '\\' => {
                made.push('\\');
                made.extend(characters.next());
            }
            character if odd(character) => {
                made.push_str(&format!("\\u{:04X}", u32::from(character)));
            }
            character => made.push(character),
        }
    }
    made.push_str(if closed { basic } else { "" });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> String {
        rewrite(text).map_or_else(|| "as it is".to_owned(), |made| made.to_string())
    }

    fn fault(text: &str) -> String {
        let rewritten = OnceCell::new();
        parse(text, "c", &rewritten)
            .map(|_| ())
            .map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn what_prefects_parser_takes_beyond_toml_is_written_as_toml() {
        for (text, made) in [
            ("clé = 'v'\n", "\"clé\" = 'v'\n"),
            (
                "[a.日本]\nx = { é = 1, y = \"é\" } # é\n",
                "[a.\"日本\"]\nx = { \"é\" = 1, y = \"é\" } # é\n",
            ),
            ("x = [{ é = 1 }, é]\né = 2\n", "x = [{ \"é\" = 1 }, é]\n\"é\" = 2\n"),
            ("x = \"a\u{1}\\0b\\\\0\"\n", "x = \"a\\u0001\\u0000b\\\\0\"\n"),
            ("x = 'a\u{7f}\"\\'\n", "x = \"a\\u007F\\\"\\\\\"\n"),
            ("x = '''a\u{7}\n'''\n", "x = \"\"\"a\\u0007\n\"\"\"\n"),
        ] {
            assert_eq!(rewritten(text), made);
        }
    }

    #[test]
    fn strings_of_many_lines_are_read_line_by_line() {
        // Each as the real parser reads it.
        for (inner, read) in [
            ("a  \nb", "a\nb"),
            ("  a  \n  b  \n", "  a\n  b  \n"),
            ("\na  \n  b  \n c", "a\n  b  \n c"),
            ("\n\n\na", "a"),
            ("\n  \na", "\na"),
            ("   \n\na", "\n\na"),
            ("a\\\n  b  \nc", "ab\nc"),
            ("a\\\n  b  \n  c  \nd", "ab\n  c  \nd"),
            ("\\\n  a  \\\n  b  \n c", "a  b\n c"),
            ("a\\\n\n\n  b", "ab"),
            ("a\\\\  \nb", "a\\\\\nb"),
            ("\n\n", ""),
        ] {
            assert_eq!(as_lines_are_read(inner).as_deref().map(|made| &made[1..]), Some(read));
        }
        for inner in ["", "a", "  a  ", "\na\n", "a\nb  \n", "\n  a\n  b\n  ", "a\\\\\nb"] {
            assert_eq!(as_lines_are_read(inner).as_deref(), None::<&String>, "{inner:?}");
        }
        assert_eq!(rewritten("x = '''a  \nb''' # c\ny = 1\n"), "x = '''\na\nb''' # c\ny = 1\n");
    }

    #[test]
    fn what_is_toml_and_what_is_nothing_stay() {
        for text in ["", "x = \"é\" # é\n", "x = é\n", "x = \"open é\ny", "x = '''open", "\"\\é"]
        {
            assert_eq!(rewritten(text), "as it is", "{text}");
        }
    }

    #[test]
    fn what_only_toml_1_1_has_is_refused_with_its_place() {
        for (text, place) in [
            ("x = \"a\\eb\"\n", "c:1:7:"),
            ("x = \"\"\"\n\\\\x \\x41\"\"\"\n", "c:2:5:"),
            ("\"\\x41\" = 1\n", "c:1:2:"),
            ("x = 1\ny = 03:04\n", "c:2:5:"),
            ("x = [{\n a = 1 }]\n", "c:1:7:"),
            ("x = { a = 1, }\n", "c:1:12:"),
        ] {
            assert!(fault(text).contains(place), "{text}: {}", fault(text));
        }
        for text in [
            "x = 'a\\eb'\n",
            "x = \"\\\\e\"\n",
            "x = 03:04:05\n",
            "x = { a = [\n1,\n2,\n], b = \"\"\"\n\"\"\" }\n",
            "x = { a = 1, b = ',' }\n",
        ] {
            assert_eq!(fault(text), "", "{text}");
        }
    }

    #[test]
    fn every_newline_becomes_a_line_feed() {
        let mut bytes = b"a\r\nb\rc\n\r\r\n".to_vec();
        universal_newlines(&mut bytes);
        assert_eq!(bytes, b"a\nb\nc\n\n\n");
    }
}
