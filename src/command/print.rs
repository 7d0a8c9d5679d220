//! What goes to stdout.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write};

use zeroize::Zeroizing;

use crate::error::Error;
use crate::name::{self, Escaped, Shown, in_reference};
use crate::secret::SecretValue;
use crate::source::{NewEntry, Store};

/// A value, byte for byte, and a line feed behind it on a terminal; or its JSON in a line.
///
/// # Errors
/// [`Error::Terminal`]; [`Error::Value`] if it is no UTF-8 and JSON is wanted.
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

/// Bytes as they are; on a terminal what it would act on is escaped, and a line feed stands behind them.
fn bytes(bytes: &[u8], output: &mut dyn Write) -> Result<(), Error> {
    if std::io::stdout().is_terminal() {
        return writeln!(output, "{}", for_terminal(bytes).as_str()).map_err(failed);
    }
    output.write_all(bytes).map_err(failed)
}

/// A value for a person's eyes: whoever may write to a store must not get at the terminal by it. Line feeds
/// and tabs stay, since keys and certificates have lines.
fn for_terminal(bytes: &[u8]) -> Zeroizing<String> {
    let text = Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
    let mut shown = Zeroizing::new(String::with_capacity(text.len()));
    for piece in text.split_inclusive(['\n', '\t']) {
        let end = piece.trim_end_matches(['\n', '\t']).len();
        let _ = write!(shown, "{}{}", Escaped(&piece[..end]), &piece[end..]);
    }
    shown
}

/// Names, one a line, as references to them are written; so they are fit for a terminal too.
///
/// # Errors
/// [`Error::Terminal`].
pub fn references<'a>(
    names: impl Iterator<Item = &'a str>,
    output: &mut dyn Write,
) -> Result<(), Error> {
    // stdout writes line by line, and a store may have a hundred thousand.
    let mut lines = String::new();
    for name in names {
        lines.push_str(&name::for_terminal(&in_reference(name)));
        lines.push('\n');
    }
    text(&lines, output)
}

/// Names as a JSON array in a line.
///
/// # Errors
/// [`Error::Terminal`].
pub fn list(names: &[String], output: &mut dyn Write) -> Result<(), Error> {
    // No value is built of it: there may be a hundred thousand.
    let json = serde_json::to_string(names).unwrap_or_default();
    writeln!(output, "{json}").map_err(failed)
}

/// That a store has got something, and under which name if that is another.
pub fn stored(entry: &NewEntry<'_>, store: &dyn Store) -> String {
    let name = store.stored_name(entry.collection, entry.name).filter(|name| name != entry.name);
    let name = name.map(|name| format!(" as {}", Shown(&name))).unwrap_or_default();
    format!("stored {} in {}{name}", Shown(entry.name), Shown(&place(store)))
}

/// That a store no longer has something.
pub fn deleted(name: &str, store: &dyn Store) -> String {
    format!("deleted {} from {}", Shown(name), Shown(&place(store)))
}

/// What a person calls a store.
pub fn place(store: &dyn Store) -> String {
    store.place().shown.join(", ")
}

/// A text as it is.
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
    fn a_terminal_gets_lines_and_nothing_that_it_acts_on() {
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
