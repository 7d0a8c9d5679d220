//! A dotenv file.

use super::{ExportedVariable, Exporter, Problem, Refusal, SecretText, names};
use crate::shells;

/// `NAME='…'` or `NAME="…"`, in the form that all readers read alike, since no two of them agree on
/// escapes: python-dotenv expands `${…}` even in single quotes and knows no `\$`; the crate dotenvy and
/// pfx expand `$` in double quotes; npm's dotenv and Node.js end double quotes at `\"`, and unescape nothing
/// else but `\n` in them; a shell that sources the file runs what is in backticks there.
pub struct Dotenv;

impl Exporter for Dotenv {
    fn title(&self) -> &'static str {
        "a dotenv file"
    }

    fn check_name(&self, variable: &str) -> Result<(), Refusal> {
        // It may be sourced.
        names::without_meaning(variable, shells::POSIX)
    }

    fn add(&self, entry: &ExportedVariable<'_>, document: &mut SecretText) -> Result<(), Problem> {
        let value = entry.text()?;
        let quote = quote(value)?;
        document.extend_from_slice(format!("{}=", entry.variable).as_bytes());
        document.push(quote);
        document.extend_from_slice(value.as_bytes());
        document.extend_from_slice(&[quote, b'\n']);
        Ok(())
    }
}

/// The quotes between which every reader takes this value as it is.
///
/// # Errors
/// Why there are none.
fn quote(value: &str) -> Result<u8, &'static str> {
    if value.contains('\r') {
        return Err("dotenv parsers convert a carriage return to a newline");
    }
    if !value.contains('\'') {
        return match () {
            () if value.contains("${") => Err("dotenv parsers disagree about `${`"),
            // python-dotenv takes both for escapes.
            () if value.contains("\\\\") || value.ends_with('\\') => {
                Err("dotenv parsers disagree about `\\\\`, and about `\\` at the end")
            }
            () => Ok(b'\''),
        };
    }
    if value.contains(['"', '\\', '$', '`']) {
        return Err(
            "dotenv parsers disagree about `'` together with `\"`, `\\`, `$` or a backtick",
        );
    }
    Ok(b'"')
}
