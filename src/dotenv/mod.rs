//! The syntax of dotenv files: a text in, variables out. Reads no file and no environment.
//!
//! What the crate dotenvy and python-dotenv agree on is read as they read it. Where a text is one value to one
//! of them and another to the next (a space in an unquoted value, an unset `$VAR`, an unknown escape),
//! it is an error here.

use std::collections::HashMap;

use zeroize::Zeroizing;

use crate::document::{Lines, position};
use crate::error::Error;
use crate::name::{Shown, VariableName};
use crate::secret::SecretValue;
use crate::wanted::{Lookup, SCHEME, Wanted};

/// One line of a dotenv file that says something.
#[derive(Debug)]
pub struct Entry {
    pub variable: VariableName,
    pub wanted: Wanted,
    /// Where it begins, counted from 1.
    pub line: usize,
}

/// Reads all of `text`. `place` is its path, for messages; `environment` has what `$VAR` means where no
/// earlier line says it.
///
/// # Errors
/// [`Error::Config`] with line, column and, where there is one, the variable. Never the text.
pub fn parse(
    text: &str,
    place: &str,
    environment: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Result<Vec<Entry>, Error> {
    let (lines, known) = (Lines::default(), HashMap::new());
    let mut reader = Reader { text, place, at: 0, key: None, environment, lines, known };
    let mut entries = Vec::new();
    while let Some(entry) = reader.entry()? {
        entries.push(entry);
    }
    Ok(entries)
}

struct Reader<'t> {
    text: &'t str,
    place: &'t str,
    /// The next byte to read.
    at: usize,
    /// The variable whose value is being read.
    key: Option<String>,
    environment: &'t dyn Fn(&str) -> Option<Vec<u8>>,
    lines: Lines,
    /// What earlier lines say: the value, or `None` for a reference.
    known: HashMap<String, Option<Zeroizing<Vec<u8>>>>,
}

/// A value as it is put together.
#[derive(Default)]
struct Value {
    bytes: Zeroizing<Vec<u8>>,
    /// Whether some of it comes from another variable.
    expanded: bool,
}

impl Reader<'_> {
    fn entry(&mut self) -> Result<Option<Entry>, Error> {
        self.key = None;
        loop {
            self.skip(char::is_whitespace);
            match self.peek() {
                None => return Ok(None),
                Some('#') => self.skip(|character| character != '\n'),
                Some(_) => break,
            }
        }
        let start = self.at;
        let mut name = self.name();
        let after_name = self.at;
        self.skip(is_blank);
        // `export` may also be the variable itself.
        if name == "export" && self.at > after_name && self.peek() != Some('=') {
            name = self.name();
            self.skip(is_blank);
        }
        if self.peek() != Some('=') {
            return Err(self.fault(self.at, "a line is `NAME=value`"));
        }
        let variable = VariableName::new(&name)
            .ok_or_else(|| self.fault(start, "what stands before `=` is no name of a variable"))?;
        self.key = is_surely_a_name(&name).then(|| name.clone());
        self.at += 1;
        self.skip(is_blank);
        let value_start = self.at;
        let value = self.value()?;
        let is_reference = value.bytes.starts_with(SCHEME.as_bytes())
            && self.text[value_start..].trim_start_matches(['"', '\'']).starts_with(SCHEME);
        let wanted = if is_reference {
            if value.expanded {
                return Err(self.fault(value_start, "nothing is expanded in a reference"));
            }
            let text = std::str::from_utf8(&value.bytes).unwrap_or_default();
            Wanted::Look(Lookup::parse(text).map_err(|problem| self.fault(value_start, problem))?)
        } else {
            Wanted::Text(SecretValue::text(&name, value.bytes.to_vec())?)
        };
        self.known.insert(name, (!is_reference).then_some(value.bytes));
        Ok(Some(Entry { variable, wanted, line: self.lines.of(self.text, start) }))
    }

    /// Reads a value and the rest of its line.
    fn value(&mut self) -> Result<Value, Error> {
        let mut value = Value::default();
        if self.peek() == Some('#') {
            if self.text[..self.at].ends_with('=') {
                let problem =
                    "a `#` right behind `=` is text to some and a comment to others; quote it";
                return Err(self.fault(self.at, problem));
            }
            self.skip(|character| character != '\n');
            return Ok(value);
        }
        loop {
            match self.peek() {
                None | Some('\n') => return Ok(value),
                Some('\r') if self.text[self.at..].starts_with("\r\n") => return Ok(value),
                Some('\'') => self.single_quoted(&mut value)?,
                Some('"') => self.double_quoted(&mut value)?,
                Some(character) if is_blank(character) => {
                    self.end_of_line()?;
                    return Ok(value);
                }
                Some(_) => self.character(&mut value)?,
            }
        }
    }

    /// Everything up to the next `'`, as it is.
    fn single_quoted(&mut self, value: &mut Value) -> Result<(), Error> {
        let rest = &self.text[self.at + 1..];
        let Some(length) = rest.find('\'') else {
            return Err(self.fault(self.at, "the quote that opens here is not closed"));
        };
        value.bytes.extend_from_slice(&rest.as_bytes()[..length]);
        self.at += length + 2;
        Ok(())
    }

    fn double_quoted(&mut self, value: &mut Value) -> Result<(), Error> {
        let open = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(self.fault(open, "the quote that opens here is not closed")),
                Some('"') => break,
                Some(_) => self.character(value)?,
            }
        }
        self.at += 1;
        Ok(())
    }

    /// One character, escape or expansion, outside of single quotes.
    fn character(&mut self, value: &mut Value) -> Result<(), Error> {
        match self.peek() {
            Some('\\') => {
                let meant = match self.text[self.at + 1..].chars().next() {
                    Some(same @ ('\\' | '\'' | '"' | '$' | ' ')) => same,
                    Some('n') => '\n',
                    Some('r') => '\r',
                    Some('t') => '\t',
                    _ => {
                        let problem = "`\\` escapes only \\ ' \" $, a space, n, r and t; single quotes take \
                                       everything as it is";
                        return Err(self.fault(self.at, problem));
                    }
                };
                value.bytes.extend_from_slice(meant.encode_utf8(&mut [0; 4]).as_bytes());
                self.at += 2;
            }
            Some('$') => self.expansion(value)?,
            Some(character) => {
                value.bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                self.at += character.len_utf8();
            }
            None => {}
        }
        Ok(())
    }

    /// `$NAME`, `${NAME}` or `${NAME:-default}`; a `$` with none of these behind it is itself.
    fn expansion(&mut self, value: &mut Value) -> Result<(), Error> {
        let start = self.at;
        self.at += 1;
        let (name, default) = if self.peek() == Some('{') {
            self.at += 1;
            let name = self.name();
            let rest = &self.text[self.at..];
            let Some(length) = rest.find(['}', '\n']).filter(|&end| rest[end..].starts_with('}'))
            else {
                return Err(self.fault(start, "the `${` that opens here is not closed"));
            };
            let inside = &rest[..length];
            self.at += length + 1;
            match (inside, inside.strip_prefix(":-")) {
                ("", _) if !name.is_empty() => (name, None),
                (_, Some(default)) if !name.is_empty() => (name, Some(default)),
                _ => return Err(self.fault(start, "`${…}` holds a name, and perhaps `:-default`")),
            }
        } else {
            (self.name(), None)
        };
        if name.is_empty() {
            if self.peek() == Some('(') {
                return Err(self.fault(start, "no command is run; write `\\$(` for the text"));
            }
            value.bytes.push(b'$');
            return Ok(());
        }
        value.expanded = true;
        match self.known.get(&name) {
            Some(Some(known)) if default.is_none() || !known.is_empty() => {
                value.bytes.extend_from_slice(known);
                return Ok(());
            }
            Some(None) => {
                let problem = format!(
                    "`{}` comes from a source, and such a value is never expanded",
                    Shown(&name)
                );
                return Err(self.fault(start, &problem));
            }
            _ => {}
        }
        let inherited = (self.environment)(&name).map(Zeroizing::new);
        match (inherited, default) {
            (Some(inherited), None) => value.bytes.extend_from_slice(&inherited),
            (Some(inherited), Some(_)) if !inherited.is_empty() => {
                value.bytes.extend_from_slice(&inherited);
            }
            (_, Some(default)) => value.bytes.extend_from_slice(default.as_bytes()),
            (None, None) => {
                let problem = format!("`{}` is not set; single quotes keep a `$`", Shown(&name));
                return Err(self.fault(start, &problem));
            }
        }
        Ok(())
    }

    /// Blanks, and perhaps a comment, up to the end of the line.
    fn end_of_line(&mut self) -> Result<(), Error> {
        self.skip(is_blank);
        match self.peek() {
            Some('#') => self.skip(|character| character != '\n'),
            Some('\n') | None => {}
            Some('\r') if self.text[self.at..].starts_with("\r\n") => {}
            Some(_) => {
                return Err(self.fault(self.at, "a value with white space in it needs quotes"));
            }
        }
        Ok(())
    }

    /// Letters, digits and `_`, as many as there are.
    fn name(&mut self) -> String {
        let start = self.at;
        self.skip(|character| character.is_ascii_alphanumeric() || character == '_');
        self.text[start..self.at].to_owned()
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn skip(&mut self, skipped: impl Fn(char) -> bool) {
        let rest = &self.text[self.at..];
        self.at += rest.find(|character| !skipped(character)).unwrap_or(rest.len());
    }

    fn fault(&self, at: usize, problem: &str) -> Error {
        Error::Config {
            place: self.place.to_owned(),
            at: Some(position(self.text, at)),
            key: self.key.clone(),
            problem: problem.to_owned(),
        }
    }
}

/// Whether a name is told in messages. One in letters of both cases may be a line of a key in base64, whose quotes
/// were forgotten and whose end is `=`.
fn is_surely_a_name(name: &str) -> bool {
    let has = |class: fn(&u8) -> bool| name.as_bytes().iter().any(class);
    !(has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase))
}

const fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

#[cfg(test)]
mod tests;
