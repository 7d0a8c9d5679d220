//! The value of a secret: bytes that are wiped when dropped and never printed.
//!
//! This does *not* wipe other copies: those in the text of a file, the tables parsed from it, the buffers of TLS and
//! HTTP, and the environment of the started program. A successful exec(2) frees the whole process image, so wiping
//! matters after a failure and in the commands that do not start a program.

use std::fmt;

use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::error::{Error, ValueFault};
use crate::json::{self, Plain};

/// The bytes of a value and their form. Only values from [`SecretValue::bytes`] and [`SecretValue::of_file`] may
/// contain a NUL byte, which a variable cannot hold.
#[derive(Clone)]
pub struct SecretValue {
    bytes: Zeroizing<Vec<u8>>,
    form: Form,
    /// Why the whole value is passed only on explicit request, if so.
    caution: Option<Box<ValueFault>>,
    origin: Origin,
}

/// Where the bytes come from, which decides where the value ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// The bytes of a file. The last `trailing` bytes belong to the file, but not to the value.
    File { trailing: usize },
    /// All bytes are the value.
    Store,
}

/// Whether the bytes are the text itself or a JSON document that represents the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A JSON value other than a string, as its JSON text.
    Json,
    /// A string, byte for byte.
    Text,
}

impl SecretValue {
    /// A string as it is. `name` is the name of the secret, for the error.
    ///
    /// # Errors
    /// [`Error::Value`] if it contains a NUL byte, which an environment variable cannot hold (environ(7)).
    pub fn text(name: &str, bytes: impl Into<Vec<u8>>) -> Result<Self, Error> {
        Self::new(name, bytes.into(), Form::Text)
    }

    /// Any bytes, such as those of a text that a variable may not be able to hold.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: Zeroizing::new(bytes.into()),
            form: Form::Text,
            origin: Origin::Store,
            caution: None,
        }
    }

    /// The bytes of a file. If the value is passed as a file, it has all of them; elsewhere, as in a variable, one
    /// trailing newline is not part of the value unless `keep_newline` is set. A variable may not be able to hold
    /// them.
    pub fn of_file(bytes: Zeroizing<Vec<u8>>, keep_newline: bool) -> Self {
        let trailing = usize::from(!keep_newline && bytes.last() == Some(&b'\n'));
        Self { bytes, form: Form::Text, origin: Origin::File { trailing }, caution: None }
    }

    /// The value, if a variable can hold it. `name` is the name of the secret, for the error.
    ///
    /// # Errors
    /// As [`SecretValue::text`].
    pub fn in_variable(&self, name: &str) -> Result<&Self, Error> {
        if self.bytes.contains(&0) {
            return Err(Error::Value { name: name.to_owned(), fault: ValueFault::NulInVariable });
        }
        Ok(self)
    }

    /// The text of a JSON value other than a string. Its digits and spacing are kept.
    ///
    /// # Errors
    /// As [`SecretValue::text`].
    pub fn json(name: &str, text: impl Into<Vec<u8>>) -> Result<Self, Error> {
        Self::new(name, text.into(), Form::Json)
    }

    /// A string that may be JSON, as the local store of Prefect 1.x holds it (`prefect/client/secrets.py`:
    /// `json.loads`, and the text itself if that fails). A JSON string is unwrapped; any other text stays as it is,
    /// whether it is JSON or not.
    ///
    /// # Errors
    /// As [`SecretValue::text`].
    pub fn maybe_json(name: &str, bytes: impl Into<Vec<u8>>) -> Result<Self, Error> {
        let mut bytes = Zeroizing::new(bytes.into());
        let form = match first_of_json(&bytes) {
            Some(b'"') => {
                if let Ok(unwrapped) = serde_json::from_slice::<String>(&bytes) {
                    return Self::text(name, unwrapped);
                }
                Form::Text
            }
            Some(_) if serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok() => {
                Form::Json
            }
            _ => Form::Text,
        };
        Self::new(name, std::mem::take(&mut *bytes), form)
    }

    /// A decoded JSON value: a string byte for byte, anything else as compact JSON.
    ///
    /// # Errors
    /// As [`SecretValue::text`].
    pub fn of_json(name: &str, value: &serde_json::Value) -> Result<Self, Error> {
        match value {
            serde_json::Value::String(text) => Self::text(name, text.as_bytes()),
            other => Self::json(name, other.to_string()),
        }
    }

    fn new(name: &str, bytes: Vec<u8>, form: Form) -> Result<Self, Error> {
        let bytes = Zeroizing::new(bytes);
        if bytes.contains(&0) {
            return Err(Error::Value { name: name.to_owned(), fault: ValueFault::Nul });
        }
        Ok(Self { bytes, form, origin: Origin::Store, caution: None })
    }

    /// The value as compact JSON. Unlike [`SecretValue::to_json`], this also works for JSON that is nested very
    /// deeply or has unpaired surrogates.
    ///
    /// # Errors
    /// As [`SecretValue::to_json`].
    pub fn json_text(&self, name: &str) -> Result<Zeroizing<String>, Error> {
        let raw = match self.form {
            Form::Json => serde_json::from_slice::<&RawValue>(&self.bytes).ok(),
            Form::Text => None,
        };
        Ok(Zeroizing::new(match raw.and_then(json::plain) {
            Some(Plain::Json(text)) => text,
            Some(Plain::Text(_)) | None => self.to_json(name)?.to_string(),
        }))
    }

    /// A JSON value as it was written: a string byte for byte, anything else as compact JSON.
    ///
    /// # Errors
    /// As [`SecretValue::text`]; [`Error::Value`] for a string with an unpaired surrogate.
    pub fn of_raw_json(name: &str, raw: &RawValue) -> Result<Self, Error> {
        match json::plain(raw) {
            Some(Plain::Text(text)) => Self::text(name, text),
            Some(Plain::Json(text)) => Self::json(name, text),
            None => {
                Err(Error::Value { name: name.to_owned(), fault: ValueFault::UnpairedSurrogate })
            }
        }
    }

    /// The same for a value from a store, which may be one that a variable cannot hold: null, or a text with a NUL
    /// byte. Such a value gets a caution that says so.
    ///
    /// # Errors
    /// [`Error::Value`] for a string with an unpaired surrogate.
    pub fn as_stored(name: &str, raw: &RawValue) -> Result<Self, Error> {
        match json::plain(raw) {
            Some(Plain::Text(text)) => {
                let fault = text.contains('\0').then_some(ValueFault::Nul);
                Ok(Self::bytes(text).with_caution(fault))
            }
            Some(Plain::Json(text)) => {
                let fault = json::is_null(&text).then_some(ValueFault::Null);
                Ok(Self::json(name, text)?.with_caution(fault))
            }
            None => {
                Err(Error::Value { name: name.to_owned(), fault: ValueFault::UnpairedSurrogate })
            }
        }
    }

    /// The same value, which is passed whole only on explicit request if `fault` gives a reason.
    #[must_use]
    pub fn with_caution(self, fault: Option<ValueFault>) -> Self {
        Self { caution: fault.map(Box::new), ..self }
    }

    /// Why the whole value is passed only on explicit request.
    pub fn caution(&self) -> Option<&ValueFault> {
        self.caution.as_deref()
    }

    /// The bytes of the value. Each call is a place where a value may leave pfx: keep them few.
    pub fn expose(&self) -> &[u8] {
        match self.origin {
            Origin::File { trailing } => &self.bytes[..self.bytes.len() - trailing],
            Origin::Store => &self.bytes,
        }
    }

    /// The same, but every byte of the file if the value comes from one.
    pub fn expose_whole(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it comes from a file and ends with a carriage return, as files from Windows do.
    pub fn has_carriage_return(&self) -> bool {
        self.origin != Origin::Store && self.expose().last() == Some(&b'\r')
    }

    pub const fn form(&self) -> Form {
        self.form
    }

    /// The value as JSON: JSON text as that JSON, any other text as a JSON string.
    ///
    /// # Errors
    /// [`Error::Value`] if it is a string that is not valid UTF-8, which JSON cannot hold (RFC 8259, 8.1), or has a
    /// string with an unpaired surrogate.
    pub fn to_json(&self, name: &str) -> Result<serde_json::Value, Error> {
        let fault = |fault| Error::Value { name: name.to_owned(), fault };
        match self.form {
            Form::Json => serde_json::from_slice(&self.bytes)
                .map_err(|_| fault(ValueFault::UnpairedSurrogate)),
            Form::Text => match std::str::from_utf8(self.expose()) {
                Ok(text) => Ok(serde_json::Value::String(text.to_owned())),
                Err(_) => Err(fault(ValueFault::NotUtf8)),
            },
        }
    }
}

/// Shows neither the bytes nor their number.
impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue(..)")
    }
}

/// The first byte that is not JSON white space, if a JSON text can begin with it.
fn first_of_json(bytes: &[u8]) -> Option<u8> {
    let first = bytes.iter().copied().find(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))?;
    matches!(first, b'"' | b'{' | b'[' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n').then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> (String, Form) {
        let value = SecretValue::maybe_json("X", text).unwrap();
        (String::from_utf8(value.expose().to_vec()).unwrap(), value.form())
    }

    #[test]
    fn a_json_string_is_unquoted_and_any_other_text_is_unchanged() {
        assert_eq!(local("\n \"P@\\u0024\""), ("P@$".to_owned(), Form::Text));
        assert_eq!(local("\"123\""), ("123".to_owned(), Form::Text));
        for text in
            ["{\"a\": 1.50}", " 5 ", "[1, 2]", "true", "null", "123456789012345678901234567890"]
        {
            assert_eq!(local(text), (text.to_owned(), Form::Json));
        }
        for text in ["", " ", "hello", "007", "nope", "{'a': 1}", "\"open", "\"\\ud800\"", "1,2"] {
            assert_eq!(local(text), (text.to_owned(), Form::Text));
        }
    }

    #[test]
    fn a_nul_is_refused_and_only_the_name_is_shown() {
        let error = SecretValue::text("TOKEN", *b"CANARY\0").unwrap_err().to_string();
        assert!(error.contains("TOKEN") && !error.contains("CANARY"), "{error}");
    }

    #[test]
    fn one_trailing_newline_of_a_file_is_removed() {
        for (bytes, value, carriage_return) in [
            (&b"v\n"[..], &b"v"[..], false),
            (b"v\n\n", b"v\n", false),
            (b"v\r\n", b"v\r", true),
            (b"v", b"v", false),
            (b"\n", b"", false),
            (b"", b"", false),
        ] {
            let of_file = |keep| SecretValue::of_file(Zeroizing::new(bytes.to_vec()), keep);
            assert_eq!(of_file(false).expose(), value);
            assert_eq!(of_file(false).has_carriage_return(), carriage_return);
            assert_eq!(of_file(true).expose(), bytes);
            assert_eq!(of_file(false).expose_whole(), bytes);
        }
        assert!(!SecretValue::text("X", "v\r").unwrap().has_carriage_return());
    }

    #[test]
    fn debug_output_does_not_show_the_value() {
        let value = SecretValue::text("X", "CANARY").unwrap();
        assert_eq!(format!("{value:?}"), "SecretValue(..)");
    }
}
