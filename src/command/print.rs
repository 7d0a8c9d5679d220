//! What goes to stdout.

use std::io::{IsTerminal as _, Write};

use crate::error::Error;
use crate::name::{Escaped, Shown};
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
        let json = value.to_json(name)?;
        return writeln!(output, "{json}").map_err(failed);
    }
    output.write_all(value.expose()).map_err(failed)?;
    if std::io::stdout().is_terminal() {
        output.write_all(b"\n").map_err(failed)?;
    }
    Ok(())
}

/// Names, one a line, fit for a terminal.
///
/// # Errors
/// [`Error::Terminal`].
pub fn names<'a>(
    names: impl Iterator<Item = &'a str>,
    output: &mut dyn Write,
) -> Result<(), Error> {
    for name in names {
        writeln!(output, "{}", Escaped(name)).map_err(failed)?;
    }
    Ok(())
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
