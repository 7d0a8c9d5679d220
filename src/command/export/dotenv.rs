//! A dotenv file.

use super::{ExportedVariable, Exporter, Problem, Refusal, SecretText, names};
use crate::shells;

/// `NAME='…'` or `NAME="…"`, in a form that all parsers read alike, since no two of them agree on escapes.
/// python-dotenv expands `${…}` even in single quotes, and has no `\$`. The crate dotenvy and pfx expand `$` in
/// double quotes. npm's dotenv and Node.js end double quotes at `\"`, and unescape only `\n` in them. A shell that
/// sources the file runs commands in backticks in double quotes.
pub struct Dotenv;

impl Exporter for Dotenv {
    fn title(&self) -> &'static str {
        "a dotenv file"
    }

    fn check_name(&self, variable: &str) -> Result<(), Refusal> {
        // A shell may source the file.
        names::not_special(variable, shells::POSIX)
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

/// The quotes in which every parser reads this value unchanged.
///
/// # Errors
/// Why no such quotes exist.
fn quote(value: &str) -> Result<u8, &'static str> {
    if value.contains('\r') {
        return Err("dotenv parsers convert a carriage return to a newline");
    }
    if !value.contains('\'') {
        return match () {
            () if value.contains("${") => Err("dotenv parsers disagree about `${`"),
            // python-dotenv treats both as escapes.
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
