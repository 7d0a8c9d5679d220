//! The syntax of dotenv files: a text in, variables out. Reads no file and no environment.
//!
//! What python-dotenv, Node.js (`--env-file`) and npm's dotenv read alike is read as they read it. Where one of
//! them, or a shell, makes something else of a text (a `#` inside it, `\t` in double quotes, a backtick), it is
//! an error here that says how to write it. Where pfx does not
//! follow all of them:
//!
//! - `$NAME` and `${NAME}` name other variables, as in a shell; python-dotenv follows `${NAME}` alone, in single
//!   quotes too, and Node.js and npm's dotenv follow nothing.
//! - `\"` in double quotes is `"`, as in python-dotenv and a shell; Node.js ends the value there.
//! - `\\` in single quotes is itself, as in all but python-dotenv, which halves it.
//! - Spaces inside a value without quotes are a part of it, as to all three, though a shell would run what follows.
//! - A byte order mark, blank lines of spaces, and tabs or several spaces before a line, before a comment, behind
//!   `export` and before `=` mean nothing; Node.js makes them a part of a name.
//! - `A=` followed by blanks is empty, and so is `export A=`; Node.js 22 takes the next line for the value of one,
//!   and `export` for a part of the name of the other.

mod expansion;
mod value;

use crate::document::{Lines, position};
use crate::error::Error;
use crate::name::VariableName;
use crate::wanted::WantedVariable;

/// Reads all of `text`. `place` is its path, for messages.
///
/// # Errors
/// [`Error::Config`] with line, column and, where there is one, the variable. Never the text.
pub fn parse(text: &str, place: &str) -> Result<Vec<WantedVariable>, Error> {
    let mut reader = EnvFileReader { text, place, at: 0, key: None, lines: Lines::default() };
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
    lines: Lines,
}

impl EnvFileReader<'_> {
    /// Refuses a carriage return that is not followed by a line feed: it ends a line to some readers,
    /// and Node.js drops it.
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
        // Before what is behind it: lines are counted on.
        let line = self.lines.of(self.text, start);
        let mut name = self.name();
        let after_name = self.at;
        self.skip(is_blank);
        // `export` may also be the variable itself.
        if name == "export" && self.at > after_name {
            if self.peek() == Some('=') {
                let problem = "a blank between `export` and `=`, which programs read differently";
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

    /// What is still to be read.
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

/// Whether messages may show a name. One in letters of both cases, or a long one with digits in it, may be a line of a
/// key in base64, base32 or hexadecimal digits, whose quotes were forgotten.
fn is_surely_a_name(name: &str) -> bool {
    let has = |class: fn(&u8) -> bool| name.as_bytes().iter().any(class);
    let is_word = has(u8::is_ascii_punctuation) || name.len() < 16 || !has(u8::is_ascii_digit);
    is_word && !(has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase))
}

/// Whether a line is padded base64 beyond doubt, and no name with nothing behind its `=`.
fn is_base64(name: &str, padding: &str) -> bool {
    let has = |class: fn(&u8) -> bool| name.as_bytes().iter().any(class);
    matches!(padding, "=" | "==")
        && name.len() >= 16
        && (name.len() + padding.len()).is_multiple_of(4)
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        // Words run together are a name; followed by `==` nothing is.
        && (has(u8::is_ascii_digit) || padding == "==")
}

const fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}
