//! `pfx kv get`: prints one value.

use std::io::Write;

use super::open;
use crate::cli::kv::KvGet;
use crate::command::print;
use crate::environment::Inherited;
use crate::error::{Error, Missing};
use crate::exit::Exit;
use crate::json;
use crate::reference::{self, Kind, Reference};
use crate::secret::SecretValue;
use crate::settings::variable::variable;
use crate::source::FoundValue;

/// Prints a string byte for byte, and anything else as JSON; on a terminal with a newline after it.
///
/// # Errors
/// [`Error::Missing`] with [`Exit::Absent`] if the key does not exist; the errors of the store.
pub fn get(
    arguments: &KvGet,
    inherited: Inherited<'_>,
    output: &mut dyn Write,
) -> Result<Exit, Error> {
    let (key, pointer) = reference::name_and_pointer("the key", &arguments.key)?;
    let json = variable!(arguments.json).flag(inherited);
    let store = open(&arguments.store, inherited)?;
    let reference = Reference::Kv(key.clone());
    let found = store.look_up(&[&reference])?.remove(&reference);
    let missing = || Missing::of(Kind::Kv.noun(), &key, store.place().shown);
    let Some(FoundValue { value, .. }) = found else { return Err(missing().absent()) };
    let Some(pointer) = pointer.filter(|pointer| !pointer.is_whole()) else {
        print::value(&value, &key, json, output)?;
        return Ok(Exit::Done);
    };
    // As in `run`, a string that contains JSON is parsed.
    let part = json::select(value.expose(), &pointer).unwrap_or_default();
    let part =
        part.ok_or_else(|| Missing { pointer: Some(pointer.to_string()), ..missing() }.absent())?;
    let name = format!("{key}#{pointer}");
    print::value(&SecretValue::as_stored(&name, part)?, &name, json, output)?;
    Ok(Exit::Done)
}
