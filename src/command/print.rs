//! What goes to stdout.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write};

use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::error::{Error, ValueFault};
use crate::json::{self, Plain};
use crate::name::{self, Escaped, Shown, in_reference};
use crate::reference::Reference;
use crate::remote::Store;
use crate::secret::SecretValue;

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

/// A JSON value as a store has it: a string byte for byte, any other as compact JSON; or JSON in any case. `name` is
/// whose it is, for the error.
///
/// # Errors
/// [`Error::Terminal`]; [`Error::Value`] for a string that no text can hold.
pub fn raw_json(
    raw: &RawValue,
    name: &str,
    json: bool,
    output: &mut dyn Write,
) -> Result<(), Error> {
    match json::plain(raw) {
        Some(Plain::Text(text)) if json => {
            let text = serde_json::Value::String(text);
            writeln!(output, "{text}").map_err(failed)
        }
        Some(Plain::Json(text)) if json => writeln!(output, "{text}").map_err(failed),
        Some(Plain::Text(text) | Plain::Json(text)) => bytes(text.as_bytes(), output),
        None => Err(Error::Value { name: name.to_owned(), fault: ValueFault::HalfCharacter }),
    }
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

/// Tells that a store has got something, and under which name if that is another.
#[must_use]
pub fn stored(reference: &Reference, store: &dyn Store) -> String {
    let written_as = store.written_as(reference).filter(|name| *name != reference.name());
    let written_as = written_as.map(|name| format!(" as {}", Shown(&name))).unwrap_or_default();
    format!("{} is stored in {}{written_as}", Shown(&reference.name()), Shown(&store.place()))
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
