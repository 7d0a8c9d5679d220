//! The syntax of dotenv files: parses a text into variables. Reads no file and no environment.
//!
//! Where python-dotenv, Node.js (`--env-file`) and npm's dotenv agree, pfx reads a text as they do. Where one of
//! them, or a shell, reads it differently (a `#` inside other text, `\t` in double quotes, a backtick), pfx reports an
//! error that says how to write it. pfx differs from some of them in these points:
//!
//! - `$NAME` and `${NAME}` refer to other variables, as in a shell; python-dotenv expands only `${NAME}`, also in
//!   single quotes, and Node.js and npm's dotenv expand nothing.
//! - `\"` in double quotes is `"`, as in python-dotenv and a shell; Node.js ends the value there.
//! - `\\` in single quotes stays as it is, as in all but python-dotenv, which reads it as one `\`.
//! - Spaces inside a value without quotes are part of it, as for all three; a shell would run the rest as a command.
//! - A byte order mark, lines of spaces, and tabs or several spaces before a line, before a comment, after `export`
//!   and before `=` are ignored; Node.js makes them part of a name.
//! - `A=` followed by blanks is empty, and so is `export A=`; Node.js 22 reads the next line as the value of the
//!   first, and `export` as part of the name of the second.

mod expansion;
mod value;

use crate::document::{LineCounter, position};
use crate::error::Error;
use crate::name::VariableName;
use crate::wanted::WantedVariable;

/// Reads all of `text`. `place` is its path, for messages.
///
/// # Errors
/// [`Error::Config`] with line, column and, if there is one, the variable; never with the text.
pub fn parse(text: &str, place: &str) -> Result<Vec<WantedVariable>, Error> {
    let mut reader = EnvFileReader { text, place, at: 0, key: None, lines: LineCounter::default() };
    reader.refuse_carriage_returns()?;
    let mut entries = Vec::new();
    while let Some(entry) = reader.entry()? {
        entries.push(entry);
    }
    Ok(entries)
}

struct EnvFileReader<'t> {
    text: &'t str,
    place: &'t str,
    /// The next byte to read.
    at: usize,
    /// The variable whose value is being read.
    key: Option<String>,
    lines: LineCounter,
}

impl EnvFileReader<'_> {
    /// Refuses a carriage return that is not followed by a line feed: it ends a line for some programs, and Node.js
    /// drops it.
    fn refuse_carriage_returns(&self) -> Result<(), Error> {
        let bytes = self.text.as_bytes();
        let alone = |&(at, _): &(usize, &str)| bytes.get(at + 1) != Some(&b'\n');
        match self.text.match_indices('\r').find(alone) {
            Some((at, _)) => Err(self.fault(at, "a carriage return without a line feed after it")),
            None => Ok(()),
        }
    }

    fn entry(&mut self) -> Result<Option<WantedVariable>, Error> {
        self.key = None;
        loop {
            self.skip(|character| is_blank(character) || matches!(character, '\r' | '\n'));
            match self.peek() {
                None => return Ok(None),
                Some('#') => self.comment()?,
                Some(_) => break,
            }
        }
        let start = self.at;
        // Determined before the value is read, because line numbers are counted forward.
        let line = self.lines.of(self.text, start);
        let mut name = self.name();
        let after_name = self.at;
        self.skip(is_blank);
        // `export` may also be the name of the variable.
        if name == "export" && self.at > after_name {
            if self.peek() == Some('=') {
                let problem =
                    "white space between `export` and `=`, which programs read differently";
                return Err(self.fault(after_name, problem));
            }
            name = self.name();
            self.skip(is_blank);
        }
        if self.peek() != Some('=') {
            return Err(self.fault(self.at, "expected `NAME=value`"));
        }
        let variable = VariableName::given(name)
            .ok_or_else(|| self.fault(start, "the text before `=` is not a valid variable name"))?;
        if is_base64(name, self.rest_of_line()) {
            let problem =
                "this looks like a line of base64; put a value of several lines in quotes";
            return Err(self.fault(start, problem));
        }
        self.key = is_surely_a_name(name).then(|| name.to_owned());
        self.at += 1;
        Ok(Some(WantedVariable { variable, value: self.wanted()?, line }))
    }
}

impl<'t> EnvFileReader<'t> {
    /// Letters, digits, `_`, `.` and `-`, as many as there are.
    fn name(&mut self) -> &'t str {
        let start = self.at;
        self.skip(|character| {
            character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '-')
        });
        &self.text[start..self.at]
    }

    /// The text that is still to be read.
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn rest_of_line(&self) -> &'t str {
        self.rest().lines().next().unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn is_at_end_of_line(&self) -> bool {
        let rest = self.rest();
        rest.is_empty() || rest.starts_with('\n') || rest.starts_with("\r\n")
    }

    fn skip(&mut self, skipped: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|character| !skipped(character)).unwrap_or(rest.len());
    }

    fn fault(&self, at: usize, problem: &str) -> Error {
        Error::config(self.place, position(self.text, at), self.key.clone(), problem)
    }
}

/// Whether messages may show a name. A name with letters of both cases, or a long one with digits, may be a line of a
/// key in base64, base32 or hexadecimal digits without the quotes that it needs.
fn is_surely_a_name(name: &str) -> bool {
    let has = |class: fn(&u8) -> bool| name.as_bytes().iter().any(class);
    let is_word = has(u8::is_ascii_punctuation) || name.len() < 16 || !has(u8::is_ascii_digit);
    is_word && !(has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase))
}

/// Whether a line is certainly padded base64, and not a name with an empty value.
fn is_base64(name: &str, padding: &str) -> bool {
    let has = |class: fn(&u8) -> bool| name.as_bytes().iter().any(class);
    matches!(padding, "=" | "==")
        && name.len() >= 16
        && (name.len() + padding.len()).is_multiple_of(4)
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        // Letters alone may be words that are run together to a name, but no name is followed by `==`.
        && (has(u8::is_ascii_digit) || padding == "==")
}

const fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}
