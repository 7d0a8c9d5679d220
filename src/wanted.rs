//! The binding of one variable in a file: a text, or a reference to an item in a source.
//!
//! A reference is a URI: `pfx://secret/NAME`, `pfx://kv/KEY`, `pfx://env/NAME` or `pfx://block/TYPE/NAME`. It
//! may be followed by `?` (optional) and by `#/POINTER`. Names and pointer are percent-encoded as in any URI (RFC 3986, 2.1; RFC
//! 6901, 6). It is read like a reference on the command line, but more strictly: a `/` in a name and every `%` must
//! be encoded.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt as _;

use percent_encoding::percent_decode_str;

use crate::error::{Error, Position};
use crate::name::VariableName;
use crate::reference::{Kind, Pointer, Reference};
use crate::secret::SecretValue;

/// The prefix of a reference.
pub const SCHEME: &str = "pfx://";

/// One variable that a file sets or removes.
#[derive(Debug)]
pub struct WantedVariable {
    pub variable: VariableName,
    pub value: WantedValue,
    /// The line in the file, counted from 1.
    pub line: usize,
}

/// The value that one variable gets.
#[derive(Debug)]
pub enum WantedValue {
    /// A value from a source.
    Lookup(Lookup),
    /// A text, as it is.
    Text(SecretValue),
    /// A text with the values of other variables in it.
    Template(WrittenTemplate),
    /// Nothing: the variable is removed.
    Unset,
}

/// A text in a file that refers to other variables.
#[derive(Debug)]
pub struct WrittenTemplate {
    pub pieces: Vec<TemplatePiece>,
    /// The file, for messages.
    pub place: String,
    /// The variable that gets the text, if it is certain that this is a name.
    pub key: Option<String>,
}

#[derive(Debug)]
pub enum TemplatePiece {
    Text(SecretValue),
    Variable(Interpolation),
}

/// One `$NAME`, `${NAME}` or `${NAME:-default}`.
pub struct Interpolation {
    /// Never shown: it may be a part of a password that contains `$`.
    pub name: String,
    /// The text to use if the variable is not set, or empty.
    pub default: Option<SecretValue>,
    pub at: Position,
}

impl fmt::Debug for Interpolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interpolation").field("at", &self.at).finish_non_exhaustive()
    }
}

impl WrittenTemplate {
    /// The error for a problem where a variable is named.
    pub fn fault(&self, at: Position, problem: &str) -> Error {
        Error::config(&self.place, at, self.key.clone(), problem)
    }
}

/// What replaces a variable in a text: its value, or the default if that is missing or empty.
pub fn or_default<'v>(value: Option<&'v [u8]>, default: Option<&'v [u8]>) -> Option<&'v [u8]> {
    value.filter(|value| default.is_none() || !value.is_empty()).or(default)
}

/// Whether a text contains a reference, in upper or lower case. A reference that is not the whole value would be
/// passed to the command unresolved, which is never intended.
pub fn mentions_reference(text: &[u8]) -> bool {
    text.windows(SCHEME.len()).any(|part| part.eq_ignore_ascii_case(SCHEME.as_bytes()))
}

/// One lookup: an item, and which part of its value.
#[derive(Clone, Debug)]
pub struct Lookup {
    pub reference: Reference,
    pub pointer: Option<Pointer>,
    /// Whether it may be missing.
    pub optional: bool,
    /// What the variable gets if it is missing. Boxed, because most have none and there may be ten thousand.
    pub default: Option<Box<SecretValue>>,
    pub delivery: Delivery,
}

/// How the command gets a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// In a file whose path is the variable's value.
    File,
    /// As the variable's value.
    Variable,
}

impl Lookup {
    /// A lookup of the whole value of an item that must exist.
    pub const fn whole(reference: Reference) -> Self {
        let (pointer, optional, default) = (None, false, None);
        Self { reference, pointer, optional, default, delivery: Delivery::Variable }
    }

    /// Whether both always have the same outcome.
    pub fn is_same(&self, other: &Self) -> bool {
        self.reference == other.reference
            && self.pointer == other.pointer
            && self.optional == other.optional
            && self.default.as_deref().map(SecretValue::expose)
                == other.default.as_deref().map(SecretValue::expose)
    }

    /// Parses a reference, which begins with [`SCHEME`].
    ///
    /// # Errors
    /// What is wrong with it. The message does not quote any of it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let rest = text.strip_prefix(SCHEME).ok_or("a reference must start with `pfx://`")?;
        let (rest, fragment) = match rest.split_once('#') {
            Some((rest, fragment)) => (rest, Some(fragment)),
            None => (rest, None),
        };
        let (path, optional) = match rest.split_once('?') {
            Some((path, "")) => (path, true),
            Some(_) => return Err("`?` must be directly followed by `#` or by the end"),
            None => (rest, false),
        };
        let (kind, name) = path
            .split_once('/')
            .filter(|(_, name)| !name.is_empty())
            .ok_or("expected `pfx://KIND/NAME`")?;
        let kind = Kind::of(kind)
            .ok_or("expected `pfx://secret/`, `pfx://kv/`, `pfx://env/` or `pfx://block/`")?;
        let reference = match (kind, name.split_once('/')) {
            (Kind::Block, Some((slug, name))) if !name.contains('/') => {
                let (slug, name) = (decoded(slug)?, decoded(name)?);
                if slug.is_empty() || name.is_empty() {
                    return Err("expected `pfx://block/TYPE/NAME`");
                }
                Reference::Block { slug, name }
            }
            (Kind::Block, _) => return Err("expected `pfx://block/TYPE/NAME`"),
            (_, Some(_)) => return Err("a `/` in a name must be written as `%2F`"),
            (Kind::Secret, None) => Reference::Secret(decoded(name)?),
            (Kind::Kv, None) => Reference::Kv(decoded(name)?),
            (Kind::Env, None) => {
                let bytes: Vec<u8> = percent_decode_str(checked(name)?).collect();
                Reference::Env(OsString::from_vec(bytes))
            }
        };
        let pointer = match fragment {
            Some(fragment) => Some(
                Pointer::new(&decoded(fragment)?)
                    .ok_or("expected a JSON Pointer after `#`, such as `/key/0`")?,
            ),
            None => None,
        };
        if pointer.is_some() && matches!(reference, Reference::Env(_)) {
            return Err("an environment variable has no parts to select");
        }
        Ok(Self { pointer, optional, ..Self::whole(reference) })
    }
}

/// Percent-decodes a text.
fn decoded(text: &str) -> Result<String, &'static str> {
    let bytes: Vec<u8> = percent_decode_str(checked(text)?).collect();
    String::from_utf8(bytes).map_err(|_| "its percent-encoded bytes are not valid UTF-8")
}

/// Refuses a `%` that encodes nothing, and a NUL byte: the decoder would accept both.
fn checked(text: &str) -> Result<&str, &'static str> {
    for part in text.split('%').skip(1) {
        let digits = part.as_bytes().get(..2);
        if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return Err("a `%` must be followed by two hexadecimal digits");
        }
        if part.starts_with("00") {
            return Err("a name must not contain a NUL byte");
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let lookup = Lookup::parse(text).unwrap();
        let pointer = lookup.pointer.map(|pointer| format!(" {pointer}")).unwrap_or_default();
        format!("{}{}{pointer}", lookup.reference, if lookup.optional { "?" } else { "" })
    }

    #[test]
    fn a_reference_has_a_kind_a_name_an_option_and_a_pointer() {
        assert_eq!(shown("pfx://secret/A"), "secret `A`");
        assert_eq!(shown("pfx://secret/a%2Fb%3F%23%25?#/x%20y/~1"), "secret `a/b?#%`? /x y/~1");
        assert_eq!(shown("pfx://kv/key?"), "key `key`?");
        let whole = Lookup::parse("pfx://block/secret/db#").unwrap();
        assert!(whole.pointer.is_some_and(|pointer| pointer.is_whole()));
        assert_eq!(shown("pfx://env/HOME"), "environment variable `HOME`");
        assert_eq!(shown("pfx://block/secret/db-pass#/value"), "block `secret/db-pass` /value");
    }

    #[test]
    fn an_invalid_reference_is_refused_and_not_quoted() {
        for text in [
            "pfx://", "pfx://secret", "pfx://secret/", "pfx://CANARY/x", "pfx://secret/a/b",
            "pfx://block/a", "pfx://block/a/", "pfx://block/a/b/c", "pfx://secret/%",
            "pfx://secret/%zz", "pfx://secret/%ff", "pfx://secret/%00", "pfx://secret/a#CANARY",
            "pfx://secret/a?CANARY", "pfx://env/A#/b", "CANARY",
        ] {
            let fault = Lookup::parse(text).unwrap_err();
            assert!(!fault.contains("CANARY"), "{fault}");
        }
    }
}
