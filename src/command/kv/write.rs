//! `pfx kv set` and `delete`.

use serde_json::Value;

use super::{absent, key};
use crate::cli::kv::{KvDelete, KvSet};
use crate::command::{input, print};
use crate::environment::Inherited;
use crate::error::{Error, ValueFault};
use crate::exit::Exit;
use crate::name::Shown;
use crate::report::Report;
use crate::source::{Collection, NewEntry, Store};

/// Stores a value: as JSON if it is JSON, else as a string.
///
/// # Errors
/// If there is no value, or what the store gives.
pub fn set(
    arguments: &KvSet,
    inherited: Inherited<'_>,
    open: impl FnOnce() -> Result<Box<dyn Store>, Error>,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    let key = &key(&arguments.key)?;
    let bytes = match (&arguments.from_file, &arguments.value) {
        (Some(path), _) => input::file(path)?,
        (None, Some(value)) if value != "-" => input::word(value),
        (None, _) => input::stdin(&format!("Value of {}: ", Shown(key)), inherited)?,
    };
    let fault = |fault| Error::Value { name: key.clone(), fault };
    let text = std::str::from_utf8(&bytes).map_err(|_| fault(ValueFault::NotUtf8))?;
    let value = match serde_json::from_str(text) {
        Ok(value) if !arguments.string => value,
        _ => Value::String(text.to_owned()),
    };
    let store = open()?;
    let entry = NewEntry { tags: &arguments.tag, ..NewEntry::new(Collection::Kv, key, &value) };
    store.set(&entry)?;
    report.verbose(|| print::stored(&entry, &*store));
    Ok(Exit::Done)
}

/// Deletes a key.
///
/// # Errors
/// [`Error::Missing`] with [`Exit::Absent`] if there is none; what the store gives.
pub fn delete(
    arguments: &KvDelete,
    open: impl FnOnce() -> Result<Box<dyn Store>, Error>,
    report: &mut Report<'_>,
) -> Result<Exit, Error> {
    let key = &key(&arguments.key)?;
    let store = open()?;
    if !store.delete(Collection::Kv, key)? {
        return Err(absent(key, &*store));
    }
    report.verbose(|| print::deleted(key, &*store));
    Ok(Exit::Done)
}
