//! `pfx kv set`.

use serde_json::Value;

use super::open;
use crate::cli::kv::KvSet;
use crate::command::{self, input};
use crate::environment::Inherited;
use crate::error::{Error, ValueFault};
use crate::exit::Exit;
use crate::name::Printable;
use crate::reference;
use crate::report::Report;
use crate::source::{Collection, NewEntry};

/// Stores a value: as JSON if it is valid JSON, else as a string.
///
/// # Errors
/// If the value cannot be read; the errors of the store.
pub fn set(
    arguments: &KvSet,
    inherited: Inherited<'_>,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    let key = &reference::name("the key", &arguments.key)?;
    let bytes = match (&arguments.from_file, &arguments.value) {
        (Some(path), _) => input::from_file(path)?,
        (None, Some(value)) if value != "-" => input::from_word(value),
        (None, _) => input::from_stdin(&format!("Value of {}: ", Printable(key)), inherited)?,
    };
    let fault = |fault| Error::Value { name: key.clone(), fault };
    let text = std::str::from_utf8(&bytes).map_err(|_| fault(ValueFault::NotUtf8))?;
    let value = match serde_json::from_str(text) {
        Ok(value) if !arguments.string => value,
        _ => Value::String(text.to_owned()),
    };
    let store = open(&arguments.store, inherited)?;
    let entry = NewEntry { tags: &arguments.tag, ..NewEntry::new(Collection::Kv, key, &value) };
    command::set(&entry, &*store, report)
}
