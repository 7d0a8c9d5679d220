//! A dotenv file.

use super::{Entry, Format, Text, fault, text};
use crate::error::Error;

const FORMAT: &str = "a dotenv file";

/// `NAME='…'` or `NAME="…"`, in the form that all readers read alike, since no two of them agree on
/// escapes: python-dotenv expands `${…}` even in single quotes and knows no `\$`; the crate dotenvy and
/// pfx expand `$` in double quotes; Node.js unescapes nothing in single quotes.
pub struct Dotenv;

impl Format for Dotenv {
    fn document(&self, entries: &[Entry<'_>]) -> Result<Text, Error> {
        let mut document = Text::default();
        for entry in entries {
            let value = text(entry, FORMAT)?;
            document.extend_from_slice(format!("{}=", entry.variable).as_bytes());
            if fits_single_quotes(value) {
                document.push(b'\'');
                document.extend_from_slice(value.as_bytes());
                document.push(b'\'');
            } else if value.contains('$') {
                let problem = "its readers disagree on a `$` beside `'`, `\\` or a carriage return, and on `${`";
                return Err(fault(entry, FORMAT, problem));
            } else {
                double_quoted(value, &mut document);
            }
            document.push(b'\n');
        }
        Ok(document)
    }
}

/// No quote to end it; no `\\` and no `\` at the end, which python-dotenv takes for escapes; no
/// carriage return, which it turns into a line feed.
fn fits_single_quotes(value: &str) -> bool {
    !value.contains(['\'', '\r'])
        && !value.contains("${")
        && !value.contains("\\\\")
        && !value.ends_with('\\')
}

fn double_quoted(value: &str, document: &mut Text) {
    document.push(b'"');
    for byte in value.bytes() {
        match byte {
            b'"' | b'\\' => document.extend_from_slice(&[b'\\', byte]),
            b'\r' => document.extend_from_slice(b"\\r"),
            other => document.push(other),
        }
    }
    document.push(b'"');
}
