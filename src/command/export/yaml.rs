//! A YAML mapping.

use super::{ExportedVariable, Exporter, Problem, SecretText};

/// Names and values as double-quoted scalars, so that `NO` and `1` stay strings.
pub struct Yaml;

impl Exporter for Yaml {
    fn title(&self) -> &'static str {
        "YAML"
    }

    fn add(&self, entry: &ExportedVariable<'_>, document: &mut SecretText) -> Result<(), Problem> {
        let value = quoted(entry.text()?);
        document.extend_from_slice(&quoted(entry.variable));
        document.extend_from_slice(b": ");
        document.extend_from_slice(&value);
        document.push(b'\n');
        Ok(())
    }

    fn tail(&self, is_empty: bool) -> &'static str {
        if is_empty { "{}\n" } else { "" }
    }
}

/// A double-quoted scalar on one line. Characters that are not printable in YAML 1.1, its line breaks, and a byte
/// order mark are escaped (YAML 1.2, 5.1 and 5.7).
fn quoted(text: &str) -> SecretText {
    let mut scalar = SecretText::new(b"\"".to_vec());
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                scalar.push(b'\\');
                scalar.push(u8::try_from(character).unwrap_or_default());
            }
            '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                scalar.extend_from_slice(format!("\\u{:04x}", u32::from(character)).as_bytes());
            }
            other => scalar.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    scalar.push(b'"');
    scalar
}
