//! `$NAME`, `${NAME}` and `${NAME:-default}`.

use super::EnvFileReader;
use crate::error::Error;
use crate::secret::SecretValue;
use crate::wanted::Interpolation;

impl EnvFileReader<'_> {
    /// Reads the variable that a `$` refers to. `None`, with nothing read, if the `$` is literal.
    pub(super) fn interpolation(&mut self) -> Result<Option<Interpolation>, Error> {
        let start = self.at;
        let after = &self.rest()[1..];
        match after.chars().next() {
            Some('{') => {}
            Some('(') => {
                let problem = "pfx does not run commands; put a literal `$` in single quotes";
                return Err(self.fault(start, problem));
            }
            Some('$' | '0'..='9') => {
                let problem =
                    "a shell replaces this with something else; put a literal `$` in single quotes";
                return Err(self.fault(start, problem));
            }
            Some(first) if is_initial(first) => {
                let name = &after[..length_of_name(after)];
                self.at += 1 + name.len();
                return Ok(Some(self.named(start, name, None)));
            }
            _ => return Ok(None),
        }
        let inside = &after[1..];
        let name = &inside[..length_of_name(inside)];
        let rest = &inside[name.len()..];
        let fault = || {
            let problem =
                "expected `${NAME}` or `${NAME:-default}`; put a literal `$` in single quotes";
            Err(self.fault(start, problem))
        };
        if !name.starts_with(is_initial) {
            return fault();
        }
        if rest.starts_with('}') {
            self.at += "${}".len() + name.len();
            return Ok(Some(self.named(start, name, None)));
        }
        let Some(rest) = rest.strip_prefix(":-") else { return fault() };
        let Some(length) = rest.find(['}', '\n']) else { return fault() };
        let default = &rest[..length];
        if rest[length..].starts_with('\n') {
            return fault();
        }
        if default.contains(['$', '\'', '"', '`', '\\', '{', '#', '\0']) {
            let problem = "a default must not contain any of $ ' \" ` \\ { and #, which programs read \
                           differently; put it in a variable of its own on an earlier line";
            return Err(self.fault(start, problem));
        }
        self.at += "${:-}".len() + name.len() + length;
        Ok(Some(self.named(start, name, Some(SecretValue::bytes(default)))))
    }

    fn named(&self, start: usize, name: &str, default: Option<SecretValue>) -> Interpolation {
        Interpolation { name: name.to_owned(), default, at: self.lines.position(self.text, start) }
    }
}

const fn is_initial(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_'
}

/// How many bytes of a text are letters, digits and `_`.
fn length_of_name(text: &str) -> usize {
    let end = text.find(|character: char| !(character.is_ascii_alphanumeric() || character == '_'));
    end.unwrap_or(text.len())
}
