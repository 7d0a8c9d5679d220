//! Prints to stdout.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write};

use zeroize::Zeroizing;

use crate::error::Error;
use crate::name::{self, Escaped, Printable, in_reference};
use crate::secret::SecretValue;
use crate::source::{NewEntry, Store};

/// Prints a value byte for byte, on a terminal with a newline after it; or as JSON on one line.
///
/// # Errors
/// [`Error::Terminal`]; [`Error::Value`] if JSON is wanted and the value is not UTF-8.
pub fn value(
    value: &SecretValue,
    name: &str,
    json: bool,
    output: &mut dyn Write,
) -> Result<(), Error> {
    if json {
        let json = value.json_text(name)?;
        return writeln!(output, "{}", json.as_str()).map_err(failed);
    }
    bytes(value.expose(), output)
}

/// Prints bytes unchanged; on a terminal, with control characters escaped and a newline after them.
fn bytes(bytes: &[u8], output: &mut dyn Write) -> Result<(), Error> {
    if std::io::stdout().is_terminal() {
        return writeln!(output, "{}", for_terminal(bytes).as_str()).map_err(failed);
    }
    output.write_all(bytes).map_err(failed)
}

/// A value for a terminal: its control characters, which anyone with write access to the store could set, are
/// escaped. Line feeds and tabs are kept, since keys and certificates have several lines.
fn for_terminal(bytes: &[u8]) -> Zeroizing<String> {
    let text = Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
    let mut shown = Zeroizing::new(String::with_capacity(text.len()));
    for piece in text.split_inclusive(['\n', '\t']) {
        let end = piece.trim_end_matches(['\n', '\t']).len();
        let _ = write!(shown, "{}{}", Escaped(&piece[..end]), &piece[end..]);
    }
    shown
}

/// Prints names, one per line, as they are written in references, which is also safe for a terminal.
///
/// # Errors
/// [`Error::Terminal`].
pub fn names<'a>(
    names: impl Iterator<Item = &'a str>,
    output: &mut dyn Write,
) -> Result<(), Error> {
    // stdout is written line by line, and a store may have a hundred thousand names.
    let mut lines = String::new();
    for name in names {
        lines.push_str(&name::for_terminal(&in_reference(name)));
        lines.push('\n');
    }
    text(&lines, output)
}

/// Prints names as a JSON array on one line.
///
/// # Errors
/// [`Error::Terminal`].
pub fn json_names(names: &[String], output: &mut dyn Write) -> Result<(), Error> {
    // Written directly, without a `Value`, since there may be a hundred thousand names.
    let json = serde_json::to_string(names).unwrap_or_default();
    writeln!(output, "{json}").map_err(failed)
}

/// Reports that an entry was stored, and its name in the store if that is different.
pub fn stored(entry: &NewEntry<'_>, store: &dyn Store) -> String {
    let name = store.stored_name(entry.collection, entry.name).filter(|name| name != entry.name);
    let name = name.map(|name| format!(" as {}", Printable(&name))).unwrap_or_default();
    format!("stored {} in {}{name}", Printable(entry.name), Printable(&place(store)))
}

/// Reports that an entry was deleted.
pub fn deleted(name: &str, store: &dyn Store) -> String {
    format!("deleted {} from {}", Printable(name), Printable(&place(store)))
}

/// The name of a store in messages.
pub fn place(store: &dyn Store) -> String {
    store.place().shown.join(", ")
}

/// Prints a text unchanged.
///
/// # Errors
/// [`Error::Terminal`].
pub fn text(text: &str, output: &mut dyn Write) -> Result<(), Error> {
    output.write_all(text.as_bytes()).map_err(failed)
}

const fn failed(cause: std::io::Error) -> Error {
    Error::Terminal { action: "write to stdout", cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_lines_and_no_control_characters() {
        for (value, shown) in [
            (&b"line 1\nline\t2\n\n"[..], "line 1\nline\t2\n\n"),
            (b"a\x1b]0;title\x07b\r", r"a\u{1b}]0;title\u{7}b\u{d}"),
            ("clé".as_bytes(), "clé"),
            (b"\xff", "\u{fffd}"),
        ] {
            assert_eq!(for_terminal(value).as_str(), shown);
        }
    }
}
