//! JSON as Python's `json.dumps` writes it by default: ASCII only, with a space after `,` and `:`. Prefect sends
//! this form, and counts its characters when it limits the length of a value.

use std::io::{self, Write};

use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// The text of a value. Numbers keep their digits.
///
/// # Panics
/// Never: the keys of a value are strings, writing to a vector cannot fail, and only ASCII is written.
pub fn ascii_json(value: &Value) -> String {
    let mut text = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut text, Ascii);
    value.serialize(&mut serializer).expect("keys are strings, and a vector can be written to");
    String::from_utf8(text).expect("only ASCII is written")
}

struct Ascii;

impl Formatter for Ascii {
    fn begin_array_value<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for character in fragment.chars() {
            if matches!(character, ' '..='~') {
                writer.write_all(&[character as u8])?;
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_output_is_that_of_python() {
        for (value, text) in [
            (json!({"a": [1, null], "b": "x"}), r#"{"a": [1, null], "b": "x"}"#),
            (
                json!("clé \"q\" \\ 🔑\n\u{7f}\u{1}"),
                r#""cl\u00e9 \"q\" \\ \ud83d\udd11\n\u007f\u0001""#,
            ),
            (json!([]), "[]"),
            (json!({}), "{}"),
            (serde_json::from_str("12345678901234567890.50").unwrap(), "12345678901234567890.50"),
        ] {
            assert_eq!(ascii_json(&value), text);
        }
    }
}
